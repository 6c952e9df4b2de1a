"""A fictional workspace, an ordinary Bolt app, and both ways to reach it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from waitress.server import create_server

from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import Server
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.listening import Listener
from tests.sandbox.scripted import ScriptedApp

SCOPES = [
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:read",
    "groups:write",
    "im:history",
    "im:read",
    "im:write",
    "metadata.message:read",
    "users:read",
]
EVENTS = [
    "app_home_opened",
    "channel_shared",
    "member_joined_channel",
    "member_left_channel",
    "message.im",
    "team_join",
    "user_change",
]


def make_manifest(**changes: Any) -> dict[str, Any]:
    """A manifest as Slack takes it; `scopes` and `events` replace the lists above."""
    return {
        "display_information": {"name": "Plain App"},
        "features": {
            "bot_user": {"display_name": "plainbot"},
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "slash_commands": [{"command": "/order", "description": "Order"}],
        },
        "oauth_config": {"scopes": {"bot": changes.get("scopes", SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": changes.get("events", EVENTS)},
            "socket_mode_enabled": True,
        },
    }


class Clock:
    """The workspace's time, moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def forward(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    """alice and bob in the private #team, carol outside, everybody in #general."""
    made = Workspace(name="Fictional Security", now=clock.now)
    made.add_user("alice", real_name="Alice Adams", tz="Europe/Berlin", email="a@example.org")
    made.add_user("bob", real_name="Bob Brown")
    made.add_user("carol", real_name="Carol Cole")
    made.add_channel("team", private=True, members=["alice", "bob"])
    made.add_channel("secret", private=True, members=["bob"])
    made.add_channel("general", members=["alice", "bob", "carol"])
    return made


@pytest.fixture
def installation(workspace: Workspace) -> Installation:
    installed = workspace.install(make_manifest())
    workspace.invite_bot("team")
    workspace.invite_bot("general")
    return installed


@pytest.fixture
def server(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[Server]:
    """The workspace served, after the app was installed: the events of that are nobody's."""
    if "installation" in request.fixturenames:
        request.getfixturevalue("installation")
    with workspace.serve() as running:
        yield running


@pytest.fixture
def client(installation: Installation, server: Server) -> WebClient:
    """slack_sdk's own client with the bot's token."""
    return WebClient(installation.bot_token, base_url=server.api_url)


Listeners = Callable[[App], object]
RunApp = Callable[[Listeners], AbstractContextManager[App]]


def bolt_app(server: Server, installation: Installation) -> App:
    """An ordinary Bolt app, its default settings."""
    return App(
        client=WebClient(installation.bot_token, base_url=server.api_url),
        signing_secret=installation.signing_secret,
    )


@contextmanager
def over_socket(server: Server, installation: Installation, listeners: Listeners) -> Iterator[App]:
    """Socket Mode with slack_sdk's builtin client."""
    app = bolt_app(server, installation)
    listeners(app)
    handler = SocketModeHandler(app, installation.app_token)
    handler.connect()
    try:
        installation.wait_connected()
        yield app
    finally:
        hang_up(handler.client, installation)
        app.listener_runner.listener_executor.shutdown()


def hang_up(client: SocketModeClient, installation: Installation) -> None:
    """Close slack_sdk's client without waiting for its reads (3 s) and its queue (1 s)."""
    client.auto_reconnect_enabled = False
    installation.disconnect(reason=None)
    for _ in range(200):  # its reader closes the socket; closing it from two sides would race
        if not client.is_connected():
            break
        time.sleep(0.005)
    client.closed = True
    client.message_queue.put(None)
    client.close()


@contextmanager
def over_http(server: Server, installation: Installation, listeners: Listeners) -> Iterator[App]:
    """Signed HTTP requests to waitress."""
    app = bolt_app(server, installation)
    listeners(app)
    web = create_server(SlackRequestHandler(app), host="127.0.0.1", port=0)
    thread = Thread(target=web.run)
    thread.start()
    installation.deliver_to(f"http://127.0.0.1:{web.effective_port}/slack/events")
    try:
        yield app
    finally:
        web.task_dispatcher.shutdown()
        with suppress(OSError):  # the loop, awake already, may have closed before it is woken
            web.trigger.pull_trigger(web.close)
        thread.join()
        app.listener_runner.listener_executor.shutdown()


@pytest.fixture(params=[over_socket, over_http], ids=["socket", "http"])
def run_app(request: pytest.FixtureRequest, server: Server, installation: Installation) -> RunApp:
    """Run a Bolt app with these listeners, once over each transport."""
    return lambda listeners: request.param(server, installation, listeners)


@pytest.fixture
def run_socket_app(server: Server, installation: Installation) -> RunApp:
    """Run a Bolt app in Socket Mode only, where the transport does not matter."""
    return lambda listeners: over_socket(server, installation, listeners)


@pytest.fixture
def scripted(server: Server, installation: Installation) -> Iterator[ScriptedApp]:
    """An app that answers what the test wants, over signed HTTP."""
    app = ScriptedApp()
    installation.deliver_to(app.start())
    yield app
    app.stop()


@pytest.fixture
def listener(server: Server, installation: Installation) -> Iterator[Listener]:
    made = Listener(server, installation)
    made.client.connect()
    installation.wait_connected()
    yield made
    hang_up(made.client, installation)


@pytest.fixture
def alice(workspace: Workspace, installation: Installation) -> Person:
    return workspace.as_user("alice")


@pytest.fixture
def bob(workspace: Workspace, installation: Installation) -> Person:
    return workspace.as_user("bob")


@pytest.fixture
def carol(workspace: Workspace, installation: Installation) -> Person:
    return workspace.as_user("carol")


@pytest.fixture
def open_modal(
    workspace: Workspace, scripted: ScriptedApp, client: WebClient, alice: Person
) -> Callable[..., Modal]:
    """Let alice type /order, and open this view before her."""

    def opened(view: dict[str, Any]) -> Modal:
        alice.command("/order", channel="team")
        client.views_open(trigger_id=scripted.last["trigger_id"], view=view)
        return alice.wait_modal()

    return opened
