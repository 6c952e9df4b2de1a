"""``psrt-bot roster``: import all or nothing, export to the byte, links and roles."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from psrt_bot.membership.service.people import find_person
from psrt_bot.voting.rules import PollState
from storage.engine import Database
from storage.voting import Elector, Poll
from tests.cli.conftest import EMERITI, ROSTER, Cli, everything, refused

FILES = [
    ROSTER,
    ROSTER.replace(b"\n", b"\r\n"),
    b"\xef\xbb\xbf" + ROSTER,
    ROSTER.rstrip(b"\n"),
    b'"Ana ""A"" Andrade", ana ,"Admin, Release Manager"\r\nBen Bright,ben,Admin\n',
    "Łucja Ż,lucja,Admin\nBen Bright,,Admin\n".encode(),
]


@pytest.mark.parametrize("data", FILES)
def test_export_is_byte_identical(cli: Cli, place: Path, data: bytes) -> None:
    """What was imported is exported to the byte: line endings, byte order mark, quotes, spaces."""
    (place / "psrt.csv").write_bytes(data)
    assert cli("db", "upgrade").code == 0
    assert cli("roster", "import", "psrt.csv").code == 0
    assert cli("roster", "export").out == data
    assert cli("roster", "export", "--format", "csv").out == data


def test_export_of_emeriti_and_other_formats(installed: Cli) -> None:
    """Both lists can be exported, as csv, JSON and Markdown."""
    assert installed("roster", "export", "--emeritus").out == EMERITI
    people = json.loads(installed("roster", "export", "--format", "json").out)
    assert [one["github"] for one in people] == ["ana", "ben", "chi", ""]
    shown = installed("roster", "export", "--format", "markdown", "--emeritus").text
    assert "| Fay Falk | [fay](https://github.com/fay) | Release Manager |" in shown


def test_import_tells_what_changes_and_dry_run_changes_nothing(installed: Cli, place: Path) -> None:
    """A dry run tells the same changes as the import, and leaves the list as it was."""
    (place / "new.csv").write_bytes(ROSTER.replace(b"Dov Dahan,,\n", b"Gus Georgiou,gus,\n"))
    dry = installed("roster", "import", "new.csv", "--dry-run")
    assert installed("roster", "export").out == ROSTER
    real = installed("roster", "import", "new.csv")
    assert (dry.code, real.code) == (0, 0)
    assert "+ Gus Georgiou (gus)" in real.text
    assert "- Dov Dahan" in real.text
    assert dry.text.startswith(real.text)
    assert installed("roster", "export").out == (place / "new.csv").read_bytes()


@pytest.mark.parametrize(
    ("members", "emeriti", "lines"),
    [
        (b"Ana,ana,Admin\nBen,ANA,\n", None, ["psrt2.csv: "]),
        (b'Ana,"ana\n', None, ["psrt2.csv: "]),
        (b"Ana,a na,Admin\nBen,-,Admin\n", None, ["psrt2.csv: ", "psrt2.csv: "]),
        (b"Ana,ana,Admin\xff\n", None, ["psrt2.csv: "]),
        (b"", None, ["the list of members is empty"]),
        (b"Ana,ana,\n", None, ["no member has the note Admin"]),
        (ROSTER, b"Fay,f ay,\n", ["emeritus2.csv: "]),
        (ROSTER, b"Ana Andrade,ana,\n", ["line 1 of the former members: Ana Andrade (ana) "]),
    ],
)
def test_import_is_all_or_nothing(
    installed: Cli, place: Path, members: bytes, emeriti: bytes | None, lines: list[str]
) -> None:
    """Every problem of both files is told with its file, and nothing at all is changed."""
    (place / "psrt2.csv").write_bytes(members)
    args = ["roster", "import", "psrt2.csv"]
    if emeriti is not None:
        (place / "emeritus2.csv").write_bytes(emeriti)
        args += ["--emeritus", "emeritus2.csv"]
    before = everything(place)
    for extra in ([], ["--dry-run"]):
        ran = installed(*args, *extra)
        assert (ran.code, ran.out) == (2, b"")
        assert len(ran.complaints) == len(lines)
        for line, start in zip(ran.complaints, lines, strict=True):
            assert line.startswith(f"psrt-bot: {start}")
    assert everything(place) == before


def test_each_problem_of_a_file_names_its_line(installed: Cli, place: Path) -> None:
    """Columns, a header, a GitHub name twice, bytes that are no text, a long name: all at once."""
    rows = [
        b"Name,GitHub username,Notes",
        b"Ana,ana,Admin",
        b"Ben,ben",
        b"Cyd,ANA,",
        b"D\xffv,dov,",
        b"E" * 201 + b",eve,",
        b"",
    ]
    (place / "bad.csv").write_bytes(b"\n".join(rows) + b"\n")
    before = everything(place)
    for extra in ([], ["--dry-run"]):
        ran = installed("roster", "import", "bad.csv", *extra)
        assert (ran.code, ran.out) == (2, b"")
        told = ["header", "2 columns", "already stands on line 2", "byte 2 (0xFF)", "201", "blank"]
        lines = [1, 3, 4, 5, 6, 7]
        for complaint, line, why in zip(ran.complaints, lines, told, strict=True):
            assert complaint.startswith(f"psrt-bot: bad.csv: line {line}: ")
            assert why in complaint
    assert everything(place) == before


def test_files_that_cannot_be_read(installed: Cli, place: Path) -> None:
    """A missing file and a folder are named with what is wrong."""
    refused(installed("roster", "import", "nowhere.csv"), "nowhere.csv", "No such file")
    refused(installed("roster", "import", "data"), "data", "directory")
    missing = installed("roster", "import", "psrt.csv", "--emeritus", "nowhere.csv")
    refused(missing, "nowhere.csv")


def test_what_a_list_says_of_admins_is_to_be_confirmed(installed: Cli, place: Path) -> None:
    """One admin left wants --yes and is noted; a new one wants the council's decision (R6), which
    the audit log keeps. Otherwise nothing is changed; a dry run tells it all the same."""
    (place / "psrt.csv").write_bytes(ROSTER.replace(b"ben,Admin", b"ben,"))
    before = installed("roster", "export").out
    refused(installed("roster", "import", "psrt.csv"), "without Ben Bright one admin is left")
    assert installed("roster", "import", "psrt.csv", "--dry-run").code == 0
    assert installed("roster", "export").out == before
    ran = installed("roster", "import", "psrt.csv", "--yes")
    assert ran.code == 0
    assert "at least 2 admins" in ran.err
    (place / "psrt.csv").write_bytes(ROSTER)
    refused(installed("roster", "import", "psrt.csv"), "Ben Bright: the council determines")
    assert installed("roster", "import", "psrt.csv", "--decision", "SC 2026-03").code == 0
    assert "SC 2026-03" in installed("audit", "export").text


def _open_poll_with(place: Path, github: str) -> None:
    """An open vote whose only elector is one member, as a running bot would have written it."""
    database = Database(f"sqlite:///{place / 'data/psrt.db'}")
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with database.transaction() as session:
        person = find_person(session, github)
        session.add(
            Poll(
                id="p1",
                subject="s",
                title="t",
                state=PollState.OPEN,
                threshold="2/3",
                duration_seconds=1,
                created_at=now,
            )
        )
        session.flush()
        session.add(Elector(poll_id="p1", person_id=person.id, slack_user_id="U0000000C"))
    database.close()


def test_who_leaves_the_list_may_not_vote_on(installed: Cli, place: Path) -> None:
    """An import that ends a membership takes the right to vote in an open poll with it."""
    _open_poll_with(place, "chi")
    (place / "psrt.csv").write_bytes(ROSTER.replace(b"Chi Chen,chi,Release Manager\n", b""))
    assert installed("roster", "import", "psrt.csv").code == 0
    connection = sqlite3.connect(place / "data/psrt.db")
    (left_at,) = connection.execute("SELECT left_at FROM elector").fetchone()
    (left,) = connection.execute("SELECT left_during FROM poll").fetchone()
    connection.close()
    assert left_at is not None
    assert left == 1


def test_link(installed: Cli) -> None:
    """A person is linked by GitHub name or full name; a taken or malformed user id is refused."""
    assert installed("roster", "link", "ANA", "U0000000A").code == 0
    assert installed("roster", "link", "Dov Dahan", "U0000000D").code == 0
    refused(installed("roster", "link", "ben", "U0000000A"), "already linked to Ana Andrade")
    refused(installed("roster", "link", "ben", "@ben"), "@ben", "U0123ABCD")
    refused(installed("roster", "link", "nobody", "U0000000N"), "nobody", "roster export")
    assert installed("roster", "grant", "U0000000D", "steering-council").code == 0


DECIDED = ("--decision", "SC decision of 2026-02-27")


def test_grant_and_revoke_stand_in_the_list(installed: Cli) -> None:
    """Admin and Release Manager appear in and vanish from the public list; the rest stays."""
    assert installed("roster", "grant", "chi", "admin", *DECIDED).code == 0
    shown = installed("roster", "export").out
    assert shown == ROSTER.replace(b"chi,Release", b'chi,"Admin, Release').replace(
        b"Manager\n", b'Manager"\n'
    )
    refused(installed("roster", "grant", "chi", "admin", *DECIDED), "Chi Chen already holds")
    assert installed("roster", "revoke", "chi", "admin").code == 0
    assert installed("roster", "export").out == ROSTER
    refused(installed("roster", "revoke", "chi", "admin"), "does not hold")


def test_two_admins(installed: Cli) -> None:
    """The last but one admin is removed only with --yes, the last never (R6)."""
    refused(installed("roster", "revoke", "ana", "admin"), "one admin is left", "--yes")
    assert installed("roster", "export").out == ROSTER
    assert installed("roster", "revoke", "ana", "admin", "--yes").code == 0
    refused(installed("roster", "revoke", "ben", "admin", "--yes"), "last admin")
    assert b"Ben Bright,ben,Admin" in installed("roster", "export").out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("grant", "ana", "member"), ("psrt.csv", "roster import")),
        (("revoke", "ana", "emeritus"), ("psrt.csv", "roster import")),
        (("grant", "ana", "king"), ("king", "steering-council")),
        (("grant", "nobody", "admin"), ("nobody", "--name")),
        (("grant", "fay", "admin"), ("Fay Falk is no member",)),
        (("grant", "not a name", "steering-council", "--name", "Gus"), ("not a name",)),
        (("grant", "U0000000G", "steering-council", "--name", " "), ("name is empty",)),
        (("grant", "U0000000G", "admin", "--name", "Gus"), ("Gus is no member",)),
    ],
)
def test_roles_that_are_not_given(
    installed: Cli, place: Path, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """What cannot be granted or revoked is refused with the way that leads there."""
    before = everything(place)
    refused(installed("roster", *args), *words)
    assert everything(place) == before


def test_council_member_who_is_on_no_list(installed: Cli) -> None:
    """A council member is added by Slack user or GitHub name, and stands on no public list."""
    name = ("--name", "Gus Georgiou")
    assert installed("roster", "grant", "U0000000G", "steering-council", *name).code == 0
    assert installed("roster", "grant", "hana", "steering-council", "--name", "Hana H").code == 0
    assert installed("roster", "link", "hana", "U0000000H").code == 0
    assert installed("roster", "export").out == ROSTER
    assert installed("roster", "revoke", "U0000000G", "steering-council").code == 0
    assert installed("audit", "verify").code == 0


def test_acts_are_audited(installed: Cli, place: Path) -> None:
    """What the command line did stands in the audit log under its name."""
    installed("roster", "link", "ana", "U0000000A")
    installed("roster", "grant", "chi", "admin", *DECIDED)
    installed("roster", "end", "Dov Dahan", "--reason", "Moved on to gardening")
    connection = sqlite3.connect(place / "data/psrt.db")
    query = "SELECT act, actor, details FROM audit_entry ORDER BY number"
    acts = [(act, actor, json.loads(told)) for act, actor, told in connection.execute(query)]
    connection.close()
    assert {actor for _, actor, _ in acts} == {"command line"}
    assert acts[0][::2] == ("membership:import", {"members": 4, "emeriti": 2})
    assert [entry[::2] for entry in acts[-4:]] == [
        ("membership:link", {"slack_user_id": "U0000000A"}),
        ("membership:grant", {"role": "admin", "decision": "SC decision of 2026-02-27"}),
        ("membership:revoke", {"role": "member"}),
        ("membership:grant", {"role": "emeritus"}),
    ]
    assert "gardening" not in repr(acts)
    assert installed("audit", "verify").code == 0


def test_an_admin_is_the_councils_choice(installed: Cli) -> None:
    """Nobody becomes admin without a reference to the council's decision (R6)."""
    refused(installed("roster", "grant", "chi", "admin"), "council", "--decision")
    refused(installed("roster", "grant", "chi", "admin", "--decision", " "), "--decision")
    assert installed("roster", "export").out == ROSTER


def test_the_end_of_a_membership(installed: Cli, place: Path) -> None:
    """The line moves to the former members as R5 says, and a reason is asked for."""
    refused(installed("roster", "end", "chi", "--reason", " "), "--reason", "say why")
    refused(installed("roster", "end", "fay", "--reason", "Left"), "no member")
    refused(installed("roster", "end", "ana", "--reason", "Left"), "one admin is left", "--yes")
    assert installed("roster", "end", "chi", "--reason", "Left").code == 0
    assert installed("roster", "end", "ana", "--reason", "Left", "--yes").code == 0
    refused(installed("roster", "end", "ben", "--reason", "Left", "--yes"), "last admin")
    assert installed("roster", "export").out == b"Ben Bright,ben,Admin\nDov Dahan,,\n"
    assert installed("roster", "export", "--emeritus").out == (
        b"Ana Andrade,ana,\nChi Chen,chi,Release Manager\n" + EMERITI
    )
    connection = sqlite3.connect(place / "data/psrt.db")
    told = connection.execute("SELECT DISTINCT end_reason FROM role_held").fetchall()
    connection.close()
    assert sorted(told, key=str) == [("Left",), (None,)]


def test_an_import_ends_memberships_by_the_same_door(installed: Cli, place: Path) -> None:
    """Whoever is missing moves to the former members; both commands say so, roles included."""
    (place / "new.csv").write_bytes(ROSTER.replace(b"Chi Chen,chi,Release Manager\n", b""))
    dry = installed("roster", "import", "new.csv", "--dry-run")
    assert installed("roster", "export", "--emeritus").out == EMERITI
    for line in ("+ Chi Chen (chi), Release Manager", "+ Chi Chen: emeritus", "- Chi Chen: member"):
        assert f"  {line}\n" in dry.text
    assert dry.text.startswith(installed("roster", "import", "new.csv").text)
    after = installed("roster", "export", "--emeritus").out
    assert after == b"Chi Chen,chi,Release Manager\n" + EMERITI


def test_a_link_can_be_taken(installed: Cli) -> None:
    """A wrong link is taken, once."""
    installed("roster", "link", "ana", "U0000000A")
    assert installed("roster", "unlink", "ana").code == 0
    refused(installed("roster", "unlink", "ana"), "Ana Andrade", "no Slack user")
