"""The post office that tests of delivery share."""

from collections.abc import Iterator

import pytest

from psrt_bot.runtime.clock import MovableClock
from storage.engine import Database
from tests.runtime.office import Office, opened_office


@pytest.fixture
def office(database: Database, clock: MovableClock) -> Iterator[Office]:
    """An outbox on either database, delivered to the sandbox."""
    with opened_office(database, clock) as opened:
        yield opened
