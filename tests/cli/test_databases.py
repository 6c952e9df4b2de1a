"""``psrt-bot db``, and what every command says of a database it cannot use."""

import json
import os
import socket
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from storage.schema import head
from tests.cli.conftest import ROSTER, Cli, everything, refused

NEEDS_DATABASE = [
    ("db", "check"),
    ("roster", "export"),
    ("roster", "import", "psrt.csv"),
    ("roster", "link", "ana", "U0123ABCD"),
    ("roster", "grant", "ana", "admin"),
    ("roster", "revoke", "ana", "admin"),
    ("audit", "verify"),
]


@pytest.mark.parametrize("args", NEEDS_DATABASE)
def test_no_database_yet(cli: Cli, place: Path, args: tuple[str, ...]) -> None:
    """Where there is no database a command names the remedy and creates no file."""
    (place / "psrt.csv").write_bytes(ROSTER)
    before = everything(place)
    refused(cli(*args), "does not exist yet", "psrt-bot db upgrade")
    assert everything(place) == before
    assert not (place / "data").exists()


@pytest.mark.parametrize("args", NEEDS_DATABASE)
def test_older_schema(cli: Cli, place: Path, args: tuple[str, ...]) -> None:
    """A database without our tables is refused with the remedy, and left as it was."""
    (place / "data").mkdir()
    (place / "psrt.csv").write_bytes(ROSTER)
    sqlite3.connect(place / "data/psrt.db").execute("CREATE TABLE other (id)").connection.close()
    before = everything(place)
    refused(cli(*args), "psrt-bot db upgrade")
    assert everything(place) == before


def test_upgrade_twice(cli: Cli, place: Path) -> None:
    """db upgrade makes the database, private to the bot's user; again it changes nothing."""
    first = cli("db", "upgrade")
    assert (first.code, first.err) == (0, "")
    assert head() in first.text
    assert stat.S_IMODE(os.stat(place / "data/psrt.db").st_mode) == 0o600
    assert "already" in cli("db", "upgrade").text
    assert cli("db", "check").code == 0


def test_newer_schema(installed: Cli, place: Path) -> None:
    """A database that a newer version has used is neither run on nor upgraded."""
    with sqlite3.connect(place / "data/psrt.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    connection.close()
    before = everything(place)
    refused(installed("db", "check"), "from-the-future", "update psrt-bot")
    refused(installed("db", "upgrade"), "from-the-future", "update psrt-bot")
    assert everything(place) == before


def test_no_database_file(cli: Cli, place: Path) -> None:
    """A file that is no database is named, and left as it was."""
    (place / "data").mkdir()
    (place / "data/psrt.db").write_text("a letter to the team " * 100)
    before = everything(place)
    for args in (("db", "check"), ("db", "upgrade"), ("audit", "verify")):
        refused(cli(*args), "data/psrt.db", "not an SQLite database")
    assert everything(place) == before


def test_locked_database(installed: Cli, place: Path) -> None:
    """A database in which somebody else writes is told as busy, and nothing changes."""
    other = sqlite3.connect(place / "data/psrt.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    before = installed("roster", "export").out
    refused(installed("roster", "grant", "chi", "admin"), "busy", "try again")
    other.close()
    assert installed("roster", "export").out == before


def test_unreachable_server(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not there is named without user and password."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: it refuses
        port = taken.getsockname()[1]
        url = f"postgresql+psycopg://somebody:hunter2@127.0.0.1:{port}/psrt"
        monkeypatch.setenv("DATABASE_URL", url)
        for args in (("db", "check"), ("db", "upgrade"), ("roster", "export")):
            ran = cli(*args)
            refused(ran, f"127.0.0.1:{port}/psrt", "cannot be reached")
            assert "hunter2" not in ran.err
            assert "somebody" not in ran.err


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@h/d", "postgresql+psycopg://u:hunter2@h:port/d", "nonsense hunter2"]
)
def test_malformed_url(cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A database URL that cannot be read is refused by name, its password not repeated."""
    monkeypatch.setenv("DATABASE_URL", url)
    ran = cli("db", "upgrade")
    refused(ran, "DATABASE_URL")
    assert "hunter2" not in ran.err
    assert everything(place) == {}


def test_every_settings_problem_has_its_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several wrong settings are told at once, one line each."""
    monkeypatch.setenv("PSRT_VOTE_DURATION", "a week")
    monkeypatch.setenv("PSRT_PASS", "most")
    ran = cli("db", "check")
    assert ran.code == 2
    named = [line.split()[1] for line in ran.complaints]
    assert named == ["PSRT_PASS:", "PSRT_VOTE_DURATION:"]
    assert all(line.startswith("psrt-bot: ") for line in ran.complaints)


def test_audit_log_tells_the_broken_link(installed: Cli, place: Path) -> None:
    """audit verify holds at first, knows a noted head, and names the entry that was changed."""
    sound = installed("audit", "verify")
    assert sound.code == 0
    noted = sound.text.splitlines()[-1].split()[-1]
    assert installed("roster", "revoke", "chi", "release-manager").code == 0
    assert installed("audit", "verify", "--head", noted).code == 0
    assert installed("audit", "verify", "--head", "1" * 64).code == 1
    refused(installed("audit", "verify", "--head", "abc"), "--head")
    engine = create_engine(f"sqlite:///{place / 'data/psrt.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'x' WHERE number = 1")
    engine.dispose()
    broken = installed("audit", "verify")
    assert broken.code == 1
    assert "entry 1 was changed" in broken.text


def test_audit_log_is_exported(installed: Cli, place: Path) -> None:
    """audit export writes every entry with its hashes, to stdout or a new file for us alone."""
    said = installed("audit", "export")
    assert (said.code, said.err) == (0, "")
    lines = [json.loads(line) for line in said.text.splitlines()]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    keys = {"number", "at", "actor", "act", "subject", "details", "prev_hash", "hash"}
    assert {frozenset(line) for line in lines} == {frozenset(keys)}
    written = installed("audit", "export", "log.jsonl")
    assert (written.code, written.out) == (0, b"")
    assert lines[-1]["hash"] in written.err
    file = place / "log.jsonl"
    assert file.read_bytes() == said.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_export_overwrites_nothing(installed: Cli, place: Path) -> None:
    """A file that is there stays as it is; a place that cannot be written to is named."""
    (place / "log.jsonl").write_text("mine")
    refused(installed("audit", "export", "log.jsonl"), "log.jsonl", "not overwritten")
    assert (place / "log.jsonl").read_text() == "mine"
    refused(installed("audit", "export", "nowhere/log.jsonl"), "nowhere/log.jsonl")
