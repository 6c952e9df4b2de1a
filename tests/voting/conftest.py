"""What the tests of the poll's use cases stand on."""

from pathlib import Path

import pytest

from psrt_bot.runtime.clock import MovableClock
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database
from tests.voting.urn import Urn


@pytest.fixture
def urn(database: Database, clock: MovableClock, tmp_path: Path) -> Urn:
    """An empty database, on SQLite and on PostgreSQL, and an empty key folder."""
    return Urn(database, FileKeyStore.open(tmp_path / "keys"), clock)
