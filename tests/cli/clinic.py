"""A healthy installation for the doctor: every test takes one thing away from it."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from psrt_bot.manifest import SCOPES, manifest
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members, find_person
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.people import Directory
from psrt_bot.runtime.slack import new_client
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.model import Message
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database, prepare_storage
from storage.schema import upgrade
from tests.cli.conftest import Cli, Ran, everything

ROSTER = b"Ana Andrade,ana,Admin\nBen Bright,ben,Admin\nChi Chen,chi,\n"
LOGINS = ("ana", "ben", "chi")
ROOMS = ("team", "admins", "council", "more")
# What the doctor may ask; none of these changes anything.
ASKS = {"auth.test", "conversations.info", "apps.connections.open"}


@dataclass
class Clinic:
    """A workspace, an installation in it, and the command line."""

    cli: Cli
    place: Path
    environment: pytest.MonkeyPatch
    workspace: Workspace
    installation: Installation
    secrets: list[str] = field(default_factory=list)

    def set(self, name: str, value: str | None) -> None:
        """Change a setting; None takes it away."""
        if value is None:
            self.environment.delenv(name)
        else:
            self.environment.setenv(name, value)

    def visit(self, *args: str) -> Ran:
        """Run the doctor; check what holds of every visit."""
        messages, files, asked = self.messages(), everything(self.place), len(self.workspace.calls)
        ran = self.cli("doctor", *args)
        assert self.messages() == messages
        assert everything(self.place) == files
        if "--probe" not in args:
            assert {call.method for call in self.workspace.calls[asked:]} <= ASKS
        for secret in self.secrets:
            assert secret not in ran.text + ran.err
        assert ran.err == ""
        assert (ran.code == 0) == ("BAD" not in ran.text), ran.text
        return ran

    def line(self, word: str, *args: str) -> str:
        """Run the doctor and return its only line with this word."""
        lines = self.visit(*args).text.splitlines()
        # pytest names the folder after the test, so that the word can stand in every path
        (found,) = [line for line in lines if word in line.replace(str(self.place), "")]
        return found

    def messages(self) -> dict[str, list[Message]]:
        """Everything written in the workspace, place by place."""
        channels = self.workspace.state.channels.values()
        return {c.id: list(c.messages.values()) for c in channels if c.messages}

    def channel(self, name: str) -> str:
        """The id of a channel."""
        return self.workspace.state.channel(name).id

    def sql(self, statement: str, **values: Any) -> None:
        """Change the database by hand."""
        database = Database(self.database_url)
        with database.transaction() as session:
            session.connection().exec_driver_sql(statement, values)
        database.close()

    @property
    def database_url(self) -> str:
        """The bot's own database."""
        return f"sqlite:///{self.place / 'data/psrt.db'}"

    def know_people(self) -> None:
        """Fetch everybody from Slack, as the bot does when it starts."""
        database = Database(self.database_url)
        client = new_client(self.installation.bot_token, self.workspace.server.api_url)
        directory = Directory(database, client, [])
        directory.refresh_users(datetime.now(UTC))
        directory.refresh_channels(datetime.now(UTC))
        database.close()


def fictional_workspace() -> Workspace:
    """Build the workspace; made twice it has the same ids."""
    workspace = Workspace(name="Fictional Security")
    for login in (*LOGINS, "oli"):
        workspace.add_user(login)
    for name in ROOMS:
        workspace.add_channel(name, private=True, members=["ana"])
    return workspace


@pytest.fixture(scope="session")
def installation_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as after ``db upgrade``, ``roster import``, three times ``roster link``."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "psrt.csv").write_bytes(ROSTER)
    (folder / "data").mkdir()
    FileKeyStore.open(folder / "data/keys")
    database = Database(f"sqlite:///{folder / 'data/psrt.db'}")
    prepare_storage(database)
    upgrade(database)
    facts, now, workspace = Facts(), datetime.now(UTC), fictional_workspace()
    with database.transaction() as session:
        Lists(facts).import_files(session, now, {"members": ROSTER}, "tests")
        for login in LOGINS:
            user = workspace.as_user(login).id
            Members(facts).link(session, now, find_person(session, login), user, "tests")
    database.close()
    return folder


@contextmanager
def opened_clinic(
    cli: Cli, place: Path, environment: pytest.MonkeyPatch, installed: Path, scopes: list[str]
) -> Iterator[Clinic]:
    """A healthy installation, but for the scopes; the bot has never been started."""
    shutil.copytree(installed, place, dirs_exist_ok=True)
    workspace = fictional_workspace()
    wanted = json.loads(json.dumps(manifest()))
    wanted["oauth_config"]["scopes"]["bot"] = scopes
    installation = workspace.install(wanted)
    for name in ROOMS:
        workspace.invite_bot(name)
    with workspace.serve() as server:
        clinic = Clinic(cli, place, environment, workspace, installation)
        settings = {
            "SLACK_BOT_TOKEN": installation.bot_token,
            "SLACK_APP_TOKEN": installation.app_token,
            "SLACK_SIGNING_SECRET": installation.signing_secret,
            "SLACK_API_URL": server.api_url,
            "PSRT_CHANNEL": clinic.channel("team"),
            "PSRT_ADMIN_CHANNEL": clinic.channel("admins"),
            "PSRT_COUNCIL_CHANNEL": clinic.channel("council"),
            "PSRT_MEMBER_CHANNELS": clinic.channel("more"),
        }
        for name, value in settings.items():
            clinic.set(name, value)
        clinic.secrets = [
            installation.bot_token,
            installation.app_token,
            installation.signing_secret,
        ]
        yield clinic


Opened = Callable[[list[str]], AbstractContextManager[Clinic]]


@pytest.fixture
def open_clinic(
    cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch, installation_folder: Path
) -> Opened:
    """Open an installation whose app has these scopes, before its first start."""
    return lambda scopes: opened_clinic(cli, place, monkeypatch, installation_folder, scopes)


@pytest.fixture
def clinic(open_clinic: Opened) -> Iterator[Clinic]:
    """An installation to which nothing is missing."""
    with open_clinic(list(SCOPES)) as opened:
        opened.know_people()
        yield opened
