"""Looking at a key store without making one."""

from pathlib import Path

import pytest

from psrt_bot.voting.keystore import FileKeyStore, NoStoreYet


def test_looking_makes_nothing(tmp_path: Path) -> None:
    """Neither a folder nor an id comes into being by a look; a store that is there is opened."""
    place = tmp_path / "keys"
    with pytest.raises(NoStoreYet, match="is not there"):
        FileKeyStore.open(place, make=False)
    assert not place.exists()
    place.mkdir(mode=0o700)
    with pytest.raises(NoStoreYet, match="is empty"):
        FileKeyStore.open(place, make=False)
    assert list(place.iterdir()) == []
    made = FileKeyStore.open(place)
    assert FileKeyStore.open(place, make=False).id == made.id
