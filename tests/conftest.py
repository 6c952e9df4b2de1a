"""What every test may stand on: a database on both kinds, a clock, and no way outside."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from psrt_bot.runtime.clock import MovableClock
from storage.engine import WORKER_PATIENCE, Database, prepare_storage
from storage.schema import upgrade
from tests.databases import new_database
from tests.postgres import TEMPLATE, NoServer, Server

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday

# The machine is shared: how long one example takes says nothing about the code.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")


class OutsideWorld(BaseException):
    """A test tried to reach beyond this machine. No ``except Exception`` may swallow that."""


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # A tuple is an internet address; anything else is a path on this machine.
        if isinstance(address, tuple) and address and not _is_here(address[0]):
            raise OutsideWorld(f"{event} to {address[0]!r}: tests reach the loopback address alone")
    elif event == "socket.getaddrinfo" and not _is_here(arguments[0]):
        raise OutsideWorld(f"the name {arguments[0]!r} was looked up: tests ask no name server")


sys.addaudithook(_guard)  # below the socket module, so that no import order gets round it


@pytest.fixture
def clock() -> MovableClock:
    """A clock that stands still until it is moved, on a Monday at 10:00 UTC."""
    return MovableClock(START, frozen=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server a session (and a worker of pytest-xdist), with a migrated template."""
    try:
        server = Server()
    except NoServer as error:
        if os.environ.get("PSRT_REQUIRE_POSTGRES") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    try:
        template = Database(server.create(TEMPLATE))
        upgrade(template)
        template.close()
        yield server
    finally:
        server.stop()


_numbers = count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    """Either kind of database; what uses this runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = f"empty_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the newest schema, without a row."""
    if backend == "sqlite":
        yield new_database(tmp_path / "psrt.db")
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = f"psrt_{next(_numbers)}"
    yield server.create(name, template=TEMPLATE)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of the newest schema, on SQLite and on PostgreSQL."""
    # A worker's patience: many who race for one database take turns, some of them late.
    opened = Database(database_url, patience=WORKER_PATIENCE)
    prepare_storage(opened)
    yield opened
    opened.close()
