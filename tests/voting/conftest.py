"""What the tests of the poll's use cases stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database, prepare_storage
from storage.schema import upgrade
from tests.voting.urn import Urn


@pytest.fixture
def urn(tmp_path: Path) -> Iterator[Urn]:
    """An empty database and an empty key folder."""
    database = Database(f"sqlite:///{tmp_path / 'psrt.db'}")
    prepare_storage(database)
    upgrade(database)
    yield Urn(database, FileKeyStore.open(tmp_path / "keys"))
    database.close()
