"""A healthy installation for the doctor: every test takes one thing away from it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from psrt_bot.manifest import SCOPES, manifest
from psrt_bot.runtime.people import Directory
from psrt_bot.runtime.slack import new_client
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.model import Message
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database
from tests.cli.conftest import Cli, Ran, everything

ROSTER = b"Ana Andrade,ana,Admin\nBen Bright,ben,Admin\nChi Chen,chi,\n"
LOGINS = ("ana", "ben", "chi")
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
        Directory(database, client, []).refresh(datetime.now(UTC))
        database.close()


@contextmanager
def opened_clinic(
    cli: Cli, place: Path, environment: pytest.MonkeyPatch, scopes: list[str]
) -> Iterator[Clinic]:
    """A healthy installation, but for the scopes."""
    workspace = Workspace(name="Fictional Security")
    for login in (*LOGINS, "oli"):
        workspace.add_user(login)
    for name in ("team", "admins", "council", "more"):
        workspace.add_channel(name, private=True, members=["ana"])
    wanted = json.loads(json.dumps(manifest()))
    wanted["oauth_config"]["scopes"]["bot"] = scopes
    installation = workspace.install(wanted)
    for name in ("team", "admins", "council", "more"):
        workspace.invite_bot(name)
    (place / "psrt.csv").write_bytes(ROSTER)
    assert cli("db", "upgrade").code == 0
    assert cli("roster", "import", "psrt.csv").code == 0
    for login in LOGINS:
        assert cli("roster", "link", login, workspace.as_user(login).id).code == 0
    FileKeyStore.open(place / "data/keys")
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


@pytest.fixture
def clinic(cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    """An installation to which nothing is missing."""
    with opened_clinic(cli, place, monkeypatch, list(SCOPES)) as opened:
        opened.know_people()
        yield opened
