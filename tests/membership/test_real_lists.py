"""The team's real lists, given from outside the repository, survive import and export (R5)."""

import os
from pathlib import Path

import pytest

from psrt_bot.membership import roster
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.lines import stored
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members
from psrt_bot.offboarding.service import Offboarding
from psrt_bot.runtime.facts import Facts
from storage.engine import Database
from tests.conftest import START

VARIABLE = "PSRT_REAL_LISTS"
FILES = {"members": "psrt.csv", "emeriti": "psrt-emeritus.csv"}
REMEDY = f"put psrt.csv and psrt-emeritus.csv into a folder and name it in {VARIABLE}"
INVENTED = {
    "members": b'Ana Andrade,ana,"Admin, Release Manager"\nBen Bright,ben,Admin\n',
    "emeriti": b"Emma Esel,,\nZoe Zander,zoe,Release Manager\n",
}


def real_lists(folder: str | None) -> dict[str, bytes]:
    """Return the published files; without any, the test is skipped with the remedy."""
    if not folder:
        pytest.skip(f"the real lists are not in the repository: {REMEDY}")
    paths = {listing: Path(folder) / name for listing, name in FILES.items()}
    missing = [path.name for path in paths.values() if not path.is_file()]
    assert not missing, f"{missing} not in the folder of {VARIABLE}: {REMEDY}"
    return {listing: path.read_bytes() for listing, path in paths.items()}


def survive(database: Database, files: dict[str, bytes]) -> None:
    """Import both lists, twice, and find every byte in the export each time."""
    facts = Facts()
    leave = Offboarding(Members(facts), Admins(None), facts, None).leave
    for time in range(2):
        with database.transaction() as session:
            done = Lists(facts, leave).import_files(session, START, files, "tests")
            if time:
                assert (done.began, done.ended) == ([], [])
        with database.reading() as session:
            for listing, data in files.items():
                assert roster.export_csv(stored(session, listing)) == data


def test_the_published_lists_survive(database: Database) -> None:
    """As they are on the web: no byte changes, and importing them again changes nobody."""
    survive(database, real_lists(os.environ.get(VARIABLE)))


def test_how_that_is_checked(database: Database, tmp_path: Path) -> None:
    """The check above runs with files from a folder; without one it says what to do."""
    with pytest.raises(pytest.skip.Exception, match="name it in PSRT_REAL_LISTS"):
        real_lists(None)
    (tmp_path / "psrt.csv").write_bytes(INVENTED["members"])
    with pytest.raises(AssertionError, match=r"psrt-emeritus\.csv"):
        real_lists(str(tmp_path))
    (tmp_path / "psrt-emeritus.csv").write_bytes(INVENTED["emeriti"])
    survive(database, real_lists(str(tmp_path)))
