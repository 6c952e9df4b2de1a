"""A GitHub of one's own."""

from collections.abc import Iterator

import pytest

from psrt_bot.runtime.clock import MovableClock
from storage.engine import Database
from tests.access.desk import Counter
from tests.access.github_server import GitHub, serving


@pytest.fixture
def github() -> Iterator[GitHub]:
    """GitHub, with an empty team."""
    with serving(GitHub()) as served:
        yield served


@pytest.fixture
def counter(database: Database, clock: MovableClock) -> Counter:
    """A team of three with two admins, on both databases."""
    return Counter(database, clock)
