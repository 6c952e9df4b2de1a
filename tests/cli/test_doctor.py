"""``psrt-bot doctor`` names each thing that is missing, with its remedy, and changes nothing."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from psrt_bot.manifest import SCOPES
from psrt_bot.sandbox import faults
from psrt_bot.voting.ballot import PollKeys
from psrt_bot.voting.keystore import FileKeyStore
from psrt_bot.voting.rules import PollState
from storage.engine import Database
from storage.voting import Poll
from tests.cli.clinic import Clinic, Opened
from tests.cli.clinic import clinic as clinic  # the fixtures
from tests.cli.clinic import installation_folder as installation_folder
from tests.cli.clinic import open_clinic as open_clinic
from tests.cli.conftest import everything, refused

KEYS = PollKeys(b"a" * 32, b"b" * 32, b"c" * 32)


def test_all_is_well(clinic: Clinic) -> None:
    """Where nothing is missing each thing has its line, every line is ok, the exit code is 0."""
    ran = clinic.visit()
    assert ran.code == 0
    lines = ran.text.splitlines()
    assert [line for line in lines if not line.startswith("ok   ")] == []
    for word in (
        "schema current",
        "3 members, 2 admins",
        "the key folder",
        "bot token is of Fictional Security",
        "exactly the scopes that are used",
        "clock agrees with Slack's",
        "signing secret is set",
        "app token opens Socket Mode",
        f"PSRT_CHANNEL {clinic.channel('team')} is private and the bot is inside",
        f"PSRT_ADMIN_CHANNEL {clinic.channel('admins')} is private",
        f"PSRT_COUNCIL_CHANNEL {clinic.channel('council')} is private",
        f"PSRT_MEMBER_CHANNELS {clinic.channel('more')} is private",
    ):
        assert sum(word in line for line in lines) == 1, word
    assert len(lines) == 12


def test_as_a_process(clinic: Clinic) -> None:
    """The installed command ends with 0 when all is well, with 1 when not, and logs nothing."""
    command = [sys.executable, "-m", "psrt_bot", "doctor"]
    well = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (well.returncode, well.stderr) == (0, "")
    clinic.workspace.faults.add("auth.test", faults.server_error(200))
    ill = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ill.returncode, ill.stderr) == (1, "")
    assert f"BAD  what answers at {clinic.workspace.server.api_url} is not Slack" in ill.stdout


def test_settings_that_cannot_be_read(clinic: Clinic) -> None:
    """A bad setting ends with 2 and its line, before anything is asked."""
    clinic.set("PSRT_CHANNEL", "#team")
    refused(clinic.cli("doctor"), "PSRT_CHANNEL")
    assert clinic.workspace.calls[-1].method != "auth.test"


# the checklist


def test_a_checklist_of_ones_own(clinic: Clinic) -> None:
    """How many steps it has; or each mistake with its line; one that is not there is named."""
    own = clinic.place / "own.toml"
    step = '[[step]]\nkey = "a"\ntitle = "t"\ntext = "x"\nwho = "newcomer"\n'
    own.write_text(step)
    clinic.set("PSRT_CHECKLIST", str(own))
    assert clinic.line("1 step").startswith("ok   checklist ")
    own.write_text(step.replace("newcomer", "boss") + "more = 1\n")
    told = clinic.visit().text
    assert f"BAD  PSRT_CHECKLIST: {own}: line 5: 'who' is one of" in told
    assert f"BAD  PSRT_CHECKLIST: {own}: line 6: 'more' is none of" in told
    own.unlink()
    assert "No such file" in clinic.line("PSRT_CHECKLIST")


# tokens and the way in


def test_no_bot_token(clinic: Clinic) -> None:
    """Without a bot token the app token is still tried; channels cannot be."""
    clinic.set("SLACK_BOT_TOKEN", None)
    ran = clinic.visit()
    assert "BAD  SLACK_BOT_TOKEN is not set -> put the app's bot token into .env" in ran.text
    assert "ok   app token opens Socket Mode" in ran.text


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_refused_token(clinic: Clinic, name: str) -> None:
    """A token Slack does not take is named, not shown, and the other one is tried all the same."""
    token = {"SLACK_BOT_TOKEN": "xoxb-1-wrong", "SLACK_APP_TOKEN": "xapp-1-wrong"}[name]
    clinic.secrets.append(token)
    clinic.set(name, token)
    assert clinic.line("is refused") == (
        f"BAD  {name} is refused (invalid_auth) -> copy it anew from the app's page"
    )
    other = "app token opens" if name == "SLACK_BOT_TOKEN" else "bot token is of"
    assert clinic.line(other).startswith("ok")


def test_no_way_in(clinic: Clinic) -> None:
    """One of app token and signing secret is enough; without both Slack cannot reach the bot."""
    clinic.set("SLACK_APP_TOKEN", None)
    assert clinic.visit().code == 0
    clinic.set("SLACK_SIGNING_SECRET", None)
    told = clinic.line("SLACK_SIGNING_SECRET")
    assert told.startswith("BAD  neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set -> ")
    assert "`run --http`" in told


@pytest.mark.parametrize("scope", SCOPES)
def test_missing_scope(open_clinic: Opened, scope: str) -> None:
    """Each scope of the manifest is missed by name, and nothing else is blamed for it."""
    with open_clinic([s for s in SCOPES if s != scope]) as clinic:
        ran = clinic.visit()
    assert f"BAD  scopes missing: {scope} -> add them (psrt-bot manifest)" in ran.text
    bad = [line for line in ran.text.splitlines() if line.startswith("BAD")]
    assert "is public" not in ran.text
    assert len(bad) == (5 if scope == "groups:read" else 1)  # no channel can be looked at


def test_scopes_nobody_needs(open_clinic: Opened) -> None:
    """What a thief of the token could use and the bot does not is named; it does not fail."""
    more = [*SCOPES, "groups:history", "channels:read"]
    with open_clinic(more) as clinic:
        told = clinic.line("scopes")
        assert told.startswith("note scopes nobody needs: channels:read, groups:history -> ")
        assert clinic.visit().code == 0


# channels

CHANNELS = {
    "PSRT_CHANNEL": "team",
    "PSRT_ADMIN_CHANNEL": "admins",
    "PSRT_COUNCIL_CHANNEL": "council",
    "PSRT_MEMBER_CHANNELS": "more",
}


@pytest.mark.parametrize("name", CHANNELS)
def test_channel_not_there(clinic: Clinic, name: str) -> None:
    """An id that the bot cannot see, of each setting: wrong, or the bot was never invited."""
    clinic.set(name, "C0NOWHERE1")
    expected = f"BAD  {name} C0NOWHERE1: there is no such channel, or the bot is not inside"
    assert clinic.line("C0NOWHERE1") == f"{expected} -> check the id; type /invite @psrt-bot there"


@pytest.mark.parametrize("name", CHANNELS)
def test_bot_not_inside(clinic: Clinic, name: str) -> None:
    """A private channel that the bot has left is told with what to type there."""
    clinic.workspace.remove_member(CHANNELS[name], clinic.installation.bot_user_id)
    told = clinic.line(f"{name} ")
    assert told.startswith("BAD")
    assert "the bot is not inside" in told
    assert told.endswith("type /invite @psrt-bot there")


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("may_ask", [True, False])
def test_public_channel(open_clinic: Opened, inside: bool, may_ask: bool) -> None:
    """A public channel is named as one, whether or not the bot is inside or may look at it."""
    scopes = [*SCOPES, "channels:read"] if may_ask else list(SCOPES)
    with open_clinic(scopes) as clinic:
        public = clinic.workspace.add_channel("general").id
        if inside:
            clinic.workspace.invite_bot("general")
        clinic.set("PSRT_CHANNEL", public)
        assert clinic.line(public) == (
            f"BAD  PSRT_CHANNEL {public} is public -> name a private channel"
        )


def test_shared_and_archived_channels(clinic: Clinic) -> None:
    """A channel that others see, or that nobody can write to, is named."""
    clinic.workspace.share("council")
    clinic.workspace.archive("more")
    lines = [line for line in clinic.visit().text.splitlines() if "BAD" in line]
    assert [line.split(" -> ")[0] for line in lines] == [
        f"BAD  PSRT_COUNCIL_CHANNEL {clinic.channel('council')} is shared with another workspace",
        f"BAD  PSRT_MEMBER_CHANNELS {clinic.channel('more')} is archived",
    ]


def test_channels_that_are_not_set(clinic: Clinic) -> None:
    """The bot needs the team's channel; without the admins' it writes to each of them."""
    for name in CHANNELS:
        clinic.set(name, None)
    lines = [line for line in clinic.visit().text.splitlines() if "CHANNEL" in line]
    assert lines == [
        "BAD  PSRT_CHANNEL is not set -> name the team's private channel",
        "note PSRT_ADMIN_CHANNEL is not set: admins hear everything by direct message"
        " -> name the admins' private channel",
    ]


# Slack away, slow, wrong


def test_slack_unreachable(clinic: Clinic) -> None:
    """Nothing that only Slack can tell is guessed at: one line with the address that is silent."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: it refuses
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/api/"
        clinic.set("SLACK_API_URL", url)
        ran = clinic.visit()
    assert f"BAD  Slack cannot be reached at {url} (ConnectionRefusedError)" in ran.text
    assert ran.text.splitlines()[-1].endswith("-> see the network, SLACK_API_URL")
    assert ran.text.count("BAD") == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.cut_before(), "Slack cannot be reached at"),
        (faults.rate_limited(7), "Slack cannot answer just now (ratelimited)"),
        (faults.server_error(), "Slack cannot answer just now (http_503)"),
        (faults.refused("internal_error"), "Slack cannot answer just now (internal_error)"),
        (faults.refused("org_login_required"), "cannot be checked (org_login_required)"),
        (faults.server_error(200), "is not Slack"),
    ],
)
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
def test_slack_in_trouble(clinic: Clinic, method: str, fault: faults.Fault, words: str) -> None:
    """An outage is not taken for a wrong token, whichever call meets it."""
    clinic.workspace.faults.add(method, fault)
    told = clinic.line("BAD")
    assert words in told
    assert "is refused" not in told
    assert " -> " in told


def test_a_channel_in_trouble(clinic: Clinic) -> None:
    """A look at one channel that fails says so, and the others are looked at."""
    for fault in (faults.cut_before(), faults.refused("fatal_error")):
        clinic.workspace.faults.add("conversations.info", fault)
    lines = [line for line in clinic.visit().text.splitlines() if "CHANNEL" in line]
    assert [line[:4] for line in lines] == ["BAD ", "BAD ", "ok  ", "ok  "]
    assert all("cannot be looked at" in line for line in lines[:2])


def test_a_workspace_that_does_not_tell_scopes(clinic: Clinic) -> None:
    """Without the header the doctor says that it does not know, and how to compare."""
    answer = {"ok": True, "team": "x"}
    told = faults.Fault("bare", 200, {"Content-Type": "application/json"}, answer)
    clinic.workspace.faults.add("auth.test", told)
    assert clinic.line("scopes").startswith("note Slack did not tell the token's scopes -> ")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_clock_off_slacks(clinic: Clinic, minutes: int) -> None:
    """A clock that Slack's signatures would not survive is told with its distance."""
    clinic.workspace.clock_off = timedelta(minutes=minutes)
    told = clinic.line("clock")
    assert told.startswith("BAD  clock is 3")
    assert "s off Slack's -> synchronise it (NTP)" in told
    clinic.workspace.clock_off = timedelta(seconds=20)
    assert clinic.line("clock").startswith("ok")


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgresql"])
def test_clock_off_the_databases(clinic: Clinic, database_url: str, database: Database) -> None:
    """On PostgreSQL leases follow the server's clock: another one than ours is told."""
    clinic.set("DATABASE_URL", database_url)
    slow = "SELECT pg_catalog.clock_timestamp() - interval '9.5 seconds'"
    made = "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
    with database.writing() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f"{made} $${slow}$$")
        connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog'  # ours comes first
        )
    assert clinic.line("off the database") == (
        "BAD  clock is 10 s off the database's -> synchronise both (NTP)"
    )


# database and people


def test_database_missing(clinic: Clinic) -> None:
    """The file is named with the command that makes it, and is not made by looking for it."""
    clinic.set("DATABASE_URL", "sqlite:///elsewhere/psrt.db")
    told = "BAD  database sqlite:///elsewhere/psrt.db does not exist -> run: psrt-bot db upgrade"
    assert clinic.line("database") == told
    assert not (clinic.place / "elsewhere").exists()


def test_older_schema(clinic: Clinic) -> None:
    """An empty file is told to be upgraded, and stays empty."""
    (clinic.place / "empty.db").touch()
    clinic.set("DATABASE_URL", "sqlite:///empty.db")
    assert clinic.line("database") == (
        "BAD  the database has no tables yet -> run: psrt-bot db upgrade"
    )


def test_newer_schema(clinic: Clinic) -> None:
    """A database of a newer bot is not to be upgraded, but the bot."""
    clinic.sql("UPDATE alembic_version SET version_num = 'ffff'")
    told = clinic.line("version ffff")
    assert told.startswith("BAD")
    assert told.endswith("-> update psrt-bot")


def test_not_a_database(clinic: Clinic) -> None:
    """A file of another kind is named as one, and kept."""
    (clinic.place / "notes.db").write_bytes(b"these are notes, not a database" * 50)
    clinic.set("DATABASE_URL", "sqlite:///notes.db")
    assert "BAD  database sqlite:///notes.db is not an SQLite database" in clinic.line("notes.db")


def test_unreachable_server(clinic: Clinic) -> None:
    """PostgreSQL that does not listen is named without user and password."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{bound.getsockname()[1]}/psrt"
        clinic.set("DATABASE_URL", f"postgresql+psycopg://bot:hunter2secret@{where}")
        clinic.secrets += ["hunter2secret", "bot:"]
        told = clinic.line(where)
    assert "cannot be reached: nothing listens there -> see that the server runs" in told


def test_locked_database(clinic: Clinic) -> None:
    """A database that somebody holds for themselves is told as busy."""
    other = sqlite3.connect(clinic.place / "data/psrt.db")
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    try:
        ran = clinic.cli("doctor")
    finally:
        other.close()
    assert ran.code == 1
    assert "is busy: another process is writing -> try again" in ran.text


def test_a_database_at_work(clinic: Clinic) -> None:
    """While the bot writes, the doctor reads beside it and leaves its files alone."""
    other = sqlite3.connect(clinic.place / "data/psrt.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert clinic.visit().code == 0
    finally:
        other.close()


def test_fewer_than_two_admins(clinic: Clinic) -> None:
    """R6 wants two; one is told with the command, and is no reason to stop."""
    assert clinic.cli("roster", "revoke", "ben", "admin", "--yes").code == 0
    assert clinic.line("admin;") == (
        "note 1 admin; there should be at least 2 (R6) -> psrt-bot roster grant GITHUB-OR-ID admin"
        " --decision REFERENCE"
    )


def test_nobody_yet(clinic: Clinic) -> None:
    """Before the first import the doctor says what to import."""
    (clinic.place / "psrt.db").touch()
    clinic.set("DATABASE_URL", "sqlite:///psrt.db")
    assert clinic.cli("db", "upgrade").code == 0
    assert "note nobody is a member yet -> psrt-bot roster import" in clinic.visit().text


def test_members_without_a_live_slack_link(clinic: Clinic) -> None:
    """Who cannot vote is named: never linked, or linked to an account that is gone."""
    clinic.sql("UPDATE person SET slack_user_id = NULL WHERE name = 'Chi Chen'")
    assert clinic.line("Chi Chen").startswith("note without a Slack link: Chi Chen -> psrt-bot")
    clinic.workspace.change_user("ben", deleted=True)
    clinic.know_people()
    told = clinic.line("Ben Bright")
    assert told.startswith("note linked to a Slack account that is gone or a guest's: Ben Bright")
    assert told.endswith("they cannot vote")


def test_links_before_the_first_start(open_clinic: Opened) -> None:
    """As long as the bot has asked Slack for nobody, no link is called dead."""
    with open_clinic(list(SCOPES)) as clinic:
        assert "Slack link" not in clinic.visit().text
        assert "Slack account" not in clinic.visit().text


# keys


def open_vote(clinic: Clinic, store_id: str) -> None:
    """Put the row of an open vote into the database, as if it had been opened with that store."""
    database = Database(clinic.database_url)
    with database.transaction() as session:
        session.add(
            Poll(
                id="poll1",
                subject="s",
                title="Nomination of Nia Novak",
                state=PollState.OPEN,
                threshold="2/3",
                duration_seconds=600,
                created_at=datetime.now(UTC),
                key_store_id=store_id,
            )
        )
    database.close()


def test_keys_of_an_open_vote(clinic: Clinic) -> None:
    """Keys that are there are well; a file that is away is missed, with what can be done."""
    store = FileKeyStore.open(clinic.place / "data/keys")
    store.put("poll1", KEYS)
    open_vote(clinic, store.id)
    assert clinic.visit().code == 0
    store.destroy("poll1")
    told = clinic.line("lacks the keys of an open vote")
    assert told.startswith("BAD")
    assert "bring the file back" in told


def test_another_key_store(clinic: Clinic) -> None:
    """A folder in which the vote was not opened is not the one to close it with."""
    FileKeyStore.open(clinic.place / "data/keys").put("poll1", KEYS)
    open_vote(clinic, "f" * 32)
    told = clinic.line("in another store")
    assert told.startswith("BAD")
    assert "mount the folder with which the vote was opened" in told


@pytest.mark.parametrize("empty", [True, False])
def test_key_folder_away_during_a_vote(clinic: Clinic, empty: bool) -> None:
    """A volume that is not mounted is not replaced by a new store, which could close nothing."""
    store = FileKeyStore.open(clinic.place / "data/keys")
    open_vote(clinic, store.id)
    shutil.rmtree(clinic.place / "data/keys")
    if empty:
        (clinic.place / "data/keys").mkdir(mode=0o700)
    told = clinic.line("and a vote is open")
    assert told.startswith(f"BAD  {clinic.place / 'data/keys'} is ")
    assert told.endswith("if it is a volume, mount it") if empty else "if the folder is" in told
    assert os.listdir(clinic.place / "data").count("keys") == int(empty)


@pytest.mark.parametrize("empty", [True, False])
def test_key_folder_before_the_first_start(clinic: Clinic, empty: bool) -> None:
    """Without a vote a missing folder is no trouble, and looking does not make it."""
    shutil.rmtree(clinic.place / "data/keys")
    if empty:
        (clinic.place / "data/keys").mkdir(mode=0o700)
    assert (
        clinic.line("key folder") == "ok   the key folder data/keys will be made at the first start"
    )


@pytest.mark.parametrize(
    ("what", "mode"), [("", 0o750), ("store-id", 0o644), ("poll1.keys", 0o640)]
)
def test_keys_open_to_others(clinic: Clinic, what: str, mode: int) -> None:
    """Folder and files that other users could read are named with the command that closes them."""
    FileKeyStore.open(clinic.place / "data/keys").put("poll1", KEYS)
    path = clinic.place / "data/keys" / what
    path.chmod(mode)
    right = "600" if what else "700"
    told = f"BAD  {path} is open to other users -> run: chmod {right} {path}"
    assert clinic.line("open to other users") == told


def test_keys_without_their_store_id(clinic: Clinic) -> None:
    """A folder that lost its id gets no new one: that would disown the votes in it."""
    FileKeyStore.open(clinic.place / "data/keys").put("poll1", KEYS)
    (clinic.place / "data/keys/store-id").unlink()
    assert clinic.line("store-id").endswith("holds keys but no store-id -> bring it back")


def test_everything_at_once(clinic: Clinic) -> None:
    """One visit tells all of it: the first thing that is wrong hides no other."""
    (clinic.place / "data/keys").chmod(0o755)
    clinic.set("DATABASE_URL", "sqlite:///gone.db")
    clinic.set("SLACK_APP_TOKEN", "xapp-1-wrong")
    clinic.workspace.archive("council")
    clinic.workspace.clock_off = timedelta(minutes=9)
    told = clinic.visit().text
    for word in ("gone.db", "open to other users", "SLACK_APP_TOKEN", "archived", "off Slack's"):
        assert word in told
    assert everything(clinic.place)
