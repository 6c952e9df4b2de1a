"""Scenes for the tests under stress: one a session and kind of database."""

from collections.abc import Iterator

import pytest

from tests.postgres import Server
from tests.stress.nursery import Nursery
from tests.stress.scene import Scene, prepared


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where the bot's processes are forked."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_scene(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A vote under way on SQLite."""
    with prepared(tmp_path_factory.mktemp("sqlite"), nursery, None) as scene:
        yield scene


@pytest.fixture(scope="session")
def postgres_scene(
    nursery: Nursery, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A vote under way on PostgreSQL."""
    with prepared(tmp_path_factory.mktemp("postgres"), nursery, postgres_server) as scene:
        yield scene


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def scene(request: pytest.FixtureRequest) -> Scene:
    """A vote under way, on both kinds of database."""
    made: Scene = request.getfixturevalue(f"{request.param}_scene")
    return made
