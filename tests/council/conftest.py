"""A council for the tests of its use cases."""

import pytest

from psrt_bot.runtime.clock import MovableClock
from storage.engine import Database
from tests.council.chamber import Chamber


@pytest.fixture
def chamber(database: Database, clock: MovableClock) -> Chamber:
    """A council of five with a channel, and two admins."""
    return Chamber(database, clock)
