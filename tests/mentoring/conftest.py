"""A school for the tests of mentoring's use cases."""

import pytest

from psrt_bot.runtime.clock import MovableClock
from storage.engine import Database
from tests.mentoring.school import School


@pytest.fixture
def school(database: Database, clock: MovableClock) -> School:
    """Two admins, four members, nobody who volunteers; on SQLite and on PostgreSQL."""
    return School(database, clock)
