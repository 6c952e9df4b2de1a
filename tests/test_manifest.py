"""The manifest asks for exactly what is used: compared with the listeners and with the source.

Which scope a call needs is asked of the sandbox, which refuses with ``missing_scope`` as Slack
does: with all scopes nothing may be missing, without any one of them something must be.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from commands import nominate, vote
from commands.surface import Door, Kind
from psrt_bot.app import Bot
from psrt_bot.manifest import EVENTS, SCOPES, manifest
from psrt_bot.sandbox import rooms
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.settings import Settings
from storage.engine import Database
from storage.schema import upgrade

ROOT = Path(__file__).parent.parent
PREFIX = "x-"

# docs.slack.dev/reference/events: the scope by which an app hears of each.
SCOPE_OF_EVENT: dict[str, str | None] = {
    "user_change": "users:read",
    "team_join": "users:read",
    "member_joined_channel": "groups:read",  # of private channels, the only ones the bot is in
    "member_left_channel": "groups:read",
    **dict.fromkeys(("channel_shared", "channel_unshared"), "groups:read"),
    **dict.fromkeys(
        ("group_archive", "group_unarchive", "group_left", "group_rename"), "groups:read"
    ),
    "app_home_opened": None,
}
SCOPE_OF_COMMANDS = "commands"
SCOPE_OF_ADDRESSES = "users:read.email"  # without it Slack leaves addresses out
SCOPE_OF_METADATA = "metadata.message:read"  # without it Slack leaves the metadata out


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[list[Door]]:
    """What the bot registers at Bolt."""
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        team_channel="C0TEAM",
        command_prefix=PREFIX,
        database_url=SecretStr(f"sqlite:///{tmp_path / 'psrt.db'}"),
        keys=f"file:{tmp_path / 'keys'}",
    )
    database = Database(settings.database_url.get_secret_value())
    upgrade(database)
    database.close()
    bot = Bot(settings)
    yield bot.surface.doors
    bot.stop()


def test_commands_and_events_are_those_registered(doors: list[Door]) -> None:
    """Slack is told of every command and event that has a listener, and of no other."""
    commands = [one["command"] for one in manifest(PREFIX)["features"]["slash_commands"]]
    assert sorted(commands) == sorted(f"/{PREFIX}{d.name}" for d in doors if d.kind is Kind.COMMAND)
    assert sorted(EVENTS) == sorted(d.name for d in doors if d.kind is Kind.EVENT)


# Words after /psrt that its usage hint leaves out, each with the reason.
UNHINTED: dict[str, str] = {}


def test_hints_name_every_word(doors: list[Door]) -> None:
    """What Slack shows while somebody types has every word, and none that does not exist."""
    hints = {
        one["command"].removeprefix(f"/{PREFIX}"): one["usage_hint"].strip("[]").split("|")
        for one in manifest(PREFIX)["features"]["slash_commands"]
    }
    words = {door.name for door in doors if door.kind is Kind.WORD}
    assert sorted(hints["psrt"]) == sorted(words - UNHINTED.keys() | {"help"})
    assert set(UNHINTED) <= words
    assert set(hints["vote"]) == vote.WORDS.keys() - {""}
    assert set(hints["nominate"]) == nominate.WORDS.keys() - {""}


def _is_method(name: str) -> bool:
    """Whether a name is a method's; what is called by its text cannot be seen here."""
    assert name != "api_call", "call the method by its own name, so that its scope is seen"
    return re.fullmatch(r"[a-z]+_[A-Za-z_]+", name) is not None and name in dir(WebClient)


def used_methods() -> set[str]:
    """The names of WebClient's methods that stand in the application's source."""
    found = set()
    for package in ("psrt_bot", "commands", "storage"):
        for file in (ROOT / package).rglob("*.py"):
            if "sandbox" in file.parts:
                continue
            tree = ast.parse(file.read_text())
            found |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return {name for name in found if _is_method(name)}


class World:
    """A workspace whose app has these scopes, and what the bot's calls are about."""

    def __init__(self, scopes: set[str]) -> None:
        self.workspace = Workspace()
        self.user = self.workspace.add_user("ana").id
        self.other = self.workspace.add_user("ben").id
        self.team = self.workspace.add_channel("team", private=True, members=["ana"]).id
        told: dict[str, Any] = manifest()
        told["oauth_config"]["scopes"]["bot"] = sorted(scopes)
        self.installation = self.workspace.install(told)
        self.workspace.invite_bot("team")


# Each method as the bot calls it: on the team's private channel, or in somebody's direct messages.
CALLS: dict[str, Callable[[WebClient, World], Any]] = {
    "apps_connections_open": lambda client, world: client.apps_connections_open(
        app_token=world.installation.app_token
    ),
    "auth_test": lambda client, _: client.auth_test(),
    "chat_delete": lambda client, world: client.chat_delete(channel=world.team, ts="1.1"),
    "chat_postMessage": lambda client, world: client.chat_postMessage(channel=world.team, text="x"),
    "chat_update": lambda client, world: client.chat_update(channel=world.team, ts="1.1", text="x"),
    "conversations_history": lambda client, world: client.conversations_history(
        channel=rooms.direct(world.workspace.state, world.user, world.installation.bot_user_id).id,
        include_all_metadata=True,
    ),
    "conversations_info": lambda client, world: client.conversations_info(channel=world.team),
    "conversations_invite": lambda client, world: client.conversations_invite(
        channel=world.team, users=world.user
    ),
    "conversations_kick": lambda client, world: client.conversations_kick(
        channel=world.team, user=world.user
    ),
    "conversations_members": lambda client, world: client.conversations_members(channel=world.team),
    "conversations_open": lambda client, world: client.conversations_open(users=world.user),
    "files_completeUploadExternal": lambda client, world: client.files_completeUploadExternal(
        files=[{"id": "F1"}], channel_id=world.team
    ),
    "files_delete": lambda client, _: client.files_delete(file="F1"),
    "files_getUploadURLExternal": lambda client, _: client.files_getUploadURLExternal(
        filename="x", length=1
    ),
    "files_info": lambda client, _: client.files_info(file="F1"),
    "users_list": lambda client, _: client.users_list(),
    "views_open": lambda client, _: client.views_open(trigger_id="1", view={}),
    "views_publish": lambda client, world: client.views_publish(user_id=world.user, view={}),
    "views_push": lambda client, _: client.views_push(trigger_id="1", view={}),
    "views_update": lambda client, _: client.views_update(view_id="V1", view={}),
}

# The same methods, asked for something that needs another scope.
CALLS_AGAIN: dict[str, Callable[[WebClient, World], Any]] = {
    "conversations_open, a group": lambda client, world: client.conversations_open(
        users=[world.user, world.other]
    ),
}


def asked_for(world: World) -> set[str]:
    """The scopes the sandbox misses when the bot's calls are made."""
    missing: set[str] = set()
    refusals: dict[str, SlackApiError] = {}
    with world.workspace.serve() as server:
        client = WebClient(
            token=world.installation.bot_token, base_url=server.api_url, retry_handlers=[]
        )
        calls = {name: CALLS[name] for name in sorted(used_methods())} | CALLS_AGAIN
        for name, call in calls.items():
            try:
                call(client, world)
            except SlackApiError as error:
                refusals[name] = error
    for name, refusal in refusals.items():
        assert refusal.response["error"] != "unknown_method", name
        if refusal.response["error"] == "missing_scope":
            missing |= set(refusal.response["needed"].split(","))
    return missing


def test_every_method_of_the_source_is_tried() -> None:
    """A newly used method of the Web API must be added to the table above."""
    assert used_methods() == set(CALLS)


def test_scopes_suffice() -> None:
    """With the manifest's scopes no call of the source and no event misses one."""
    assert asked_for(World(set(SCOPES))) == set()
    assert {SCOPE_OF_EVENT[name] for name in EVENTS} - {None} <= set(SCOPES)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_no_scope_is_too_much(scope: str) -> None:
    """Without any one of the manifest's scopes a call is refused, or something is not shown."""
    world = World(set(SCOPES) - {scope})
    if scope == SCOPE_OF_COMMANDS:
        assert manifest()["features"]["slash_commands"]
    elif scope == SCOPE_OF_METADATA:
        assert not _metadata_is_shown(world)
        assert _metadata_is_shown(World(set(SCOPES)))
    elif scope == SCOPE_OF_ADDRESSES:
        assert not _addresses_are_shown(world)
        assert _addresses_are_shown(World(set(SCOPES)))
    else:
        assert scope in asked_for(world)


def _addresses_are_shown(world: World) -> bool:
    """Whether the bot can read the address by which an invited newcomer is known."""
    world.workspace.change_user("ana", email="ana@mail.example")
    with world.workspace.serve() as server:
        client = WebClient(token=world.installation.bot_token, base_url=server.api_url)
        return any("email" in user["profile"] for user in client.users_list()["members"])


def _metadata_is_shown(world: World) -> bool:
    """Whether the bot can read the mark of a message it wrote to somebody."""
    mark = {"event_type": "mark", "event_payload": {"id": "1"}}
    with world.workspace.serve() as server:
        client = WebClient(token=world.installation.bot_token, base_url=server.api_url)
        channel = client.conversations_open(users=world.user)["channel"]["id"]
        client.chat_postMessage(channel=channel, text="x", metadata=mark)
        (message,) = client.conversations_history(channel=channel, include_all_metadata=True)[
            "messages"
        ]
    return "metadata" in message


def test_no_scope_reads_the_team() -> None:
    """A stolen token cannot read the team's private channels or group messages (DESIGN 4)."""
    assert not {"groups:history", "mpim:history", "channels:history"} & set(SCOPES)


@pytest.mark.parametrize("url", [None, "https://bot.example.org/slack/events"])
def test_sandbox_installs_the_manifest(url: str | None) -> None:
    """The sandbox installs it, and its commands and events arrive under the names told."""
    installation = Workspace().install(manifest(PREFIX, url))
    assert set(installation.app.commands) == {
        f"/{PREFIX}{n}" for n in ("mentor", "nominate", "psrt", "vote")
    }
    assert set(installation.app.events) == set(EVENTS)
    told = manifest(PREFIX, url)
    assert told["settings"]["socket_mode_enabled"] is (url is None)
    urls = [
        *(one.get("url") for one in told["features"]["slash_commands"]),
        told["settings"]["interactivity"].get("request_url"),
        told["settings"]["event_subscriptions"].get("request_url"),
    ]
    assert set(urls) == {url}
