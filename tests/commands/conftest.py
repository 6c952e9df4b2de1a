"""The bot's listeners, built as the bot builds them, on a Bolt app that reaches nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from commands.surface import Surface
from psrt_bot.composition.bindings import wire
from psrt_bot.composition.listeners import listen
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database

TEAM = "C0TEAM001"


class Built:
    """All listeners on a Bolt app that reaches nobody."""

    def __init__(self, path: Path, prefix: str = "") -> None:
        settings = Settings(slack_bot_token=SecretStr("xoxb-1"), team_channel=TEAM)
        self.services = services = wire(settings, FileKeyStore.open(path / "keys"), Facts())
        client = WebClient(base_url="http://127.0.0.1:1/")
        self.bolt = App(
            client=client,
            signing_secret="0" * 32,
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        )
        self.database = Database(f"sqlite:///{path / 'psrt.db'}")
        self.clock = MovableClock()
        self.surface = Surface(
            self.bolt,
            client,
            self.database,
            self.clock,
            services.members,
            services.refusals,
            prefix=prefix,
        )
        listen(self.surface, services, prefix)


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    """The bot's listeners."""
    made = Built(tmp_path)
    yield made
    made.surface.close()
    made.database.close()
