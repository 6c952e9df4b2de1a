"""Events and both transports: signatures, acks, redelivery, disconnects, faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from psrt_bot.sandbox.courier import ACK_SECONDS
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import Server
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import hang_up, make_manifest
from tests.sandbox.kit import home, section
from tests.sandbox.listening import Listener
from tests.sandbox.scripted import Reply, ScriptedApp


def test_socket_mode_client(listener: Listener, alice: Person, workspace: Workspace) -> None:
    """The builtin client gets envelopes and its ack's payload arrives."""
    listener.body = {"text": "Hello"}
    outcome = alice.command("/order", "tea", channel="team")
    assert (outcome.status, outcome.text) == ("ok", "Hello")
    (request,) = listener.received
    assert (request.type, request.accepts_response_payload) == ("slash_commands", True)
    assert request.payload["text"] == "tea"
    listener.acking = False
    workspace.courier.ack_seconds = 0.1
    assert alice.command("/order", channel="team").status == "operation_timeout"


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: the browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_event_redelivered(
    workspace: Workspace, installation: Installation, listener: Listener
) -> None:
    """An event that is not acked comes again with the same id and says so; later ones on demand."""
    listener.acking = False
    workspace.courier.ack_seconds = 0.1
    workspace.add_member("team", "carol", inviter="alice")
    workspace.wait_for(lambda: bool(workspace.courier.unacked) and len(listener.received) == 2)
    first, second = sorted(listener.received, key=lambda request: request.retry_attempt or 0)
    assert first.payload["event_id"] == second.payload["event_id"]
    assert (first.retry_attempt, second.retry_attempt, second.retry_reason) == (0, 1, "timeout")
    event = first.payload["event"]
    assert (event["type"], event["inviter"]) == (
        "member_joined_channel",
        workspace.state.user("alice").id,
    )
    listener.acking = True
    workspace.courier.ack_seconds = ACK_SECONDS
    assert [a.status for a in installation.redeliver_unacked()] == ["ok"]
    assert listener.received[-1].retry_attempt == 2


def test_reconnect(installation: Installation, listener: Listener, alice: Person) -> None:
    """After a disconnect message the client comes back by itself, with a new ticket."""
    installation.disconnect()
    installation.wait_connected()
    assert alice.command("/order", channel="team").status == "ok"


def test_one_of_several_sockets(
    server: Server, installation: Installation, listener: Listener, alice: Person
) -> None:
    """With two connections each envelope goes to one of them, in turn."""
    second = Listener(server, installation)
    second.client.connect()
    installation.wait_connected(connections=2)
    for _ in range(4):
        assert alice.command("/order", channel="team").status == "ok"
    assert (len(listener.received), len(second.received)) == (2, 2)
    listener.client.auto_reconnect_enabled = False
    hang_up(second.client, installation)


def test_eleventh_socket(installation: Installation, server: Server) -> None:
    """Ten connections of an app are welcomed; the eleventh is told why not, and closed."""
    web = WebClient(base_url=server.api_url)

    def said(stack: ExitStack) -> dict[str, Any]:
        url = web.apps_connections_open(app_token=installation.app_token)["url"]
        first: dict[str, Any] = json.loads(stack.enter_context(connect(url)).recv(timeout=3))
        return first

    with ExitStack() as stack:
        welcomed = [said(stack)["num_connections"] for _ in range(10)]
        installation.wait_connected(connections=10)
        turned_away = said(stack)
    assert welcomed == list(range(1, 11))
    assert (turned_away["type"], turned_away["reason"]) == ("disconnect", "too_many_websockets")


def test_eleven_sockets_at_once(installation: Installation, server: Server) -> None:
    """Eleven whose handshakes are all under way before one is over: one is turned away."""
    web = WebClient(base_url=server.api_url)
    tokens = [installation.app_token] * 11
    urls = [web.apps_connections_open(app_token=token)["url"] for token in tokens]

    async def said(url: str, meeting: asyncio.Barrier) -> dict[str, Any]:
        heard: list[str] = []
        coming = iter(["websocket.connect", "websocket.disconnect"])

        async def receive() -> Message:
            return {"type": next(coming), "code": 1000}

        async def send(message: Message) -> None:
            if message["type"] == "websocket.send":
                heard.append(message["text"])
                await meeting.wait()  # a slow network: nobody's first message is out before all are

        scope = {"type": "websocket", "query_string": urlsplit(url).query.encode(), "headers": []}
        await server.hub.serve(WebSocket(scope, receive, send))
        first: dict[str, Any] = json.loads(heard[0])
        return first

    async def at_once() -> list[dict[str, Any]]:
        meeting = asyncio.Barrier(len(urls))
        talks = asyncio.gather(*(said(url, meeting) for url in urls))
        return await asyncio.wait_for(talks, timeout=3)

    told = apart(at_once())
    assert [h["num_connections"] for h in told if h["type"] == "hello"] == list(range(1, 11))
    assert [h["reason"] for h in told if h["type"] == "disconnect"] == ["too_many_websockets"]
    assert installation.connections == 0, "each place is free again"


def test_warned(installation: Installation, server: Server) -> None:
    """A warned connection stays up until it is closed; one opened after the warning stays."""
    web = WebClient(base_url=server.api_url)

    def opened() -> ClientConnection:
        url = web.apps_connections_open(app_token=installation.app_token)["url"]
        return connect(url)

    with opened() as old:
        assert json.loads(old.recv())["type"] == "hello"
        installation.wait_connected()
        installation.warn()
        warning = json.loads(old.recv())
        assert (warning["type"], warning["reason"]) == ("disconnect", "warning")
        with opened() as new:
            installation.wait_connected(connections=2)
            installation.close_warned()
            with pytest.raises(ConnectionClosed):
                old.recv(timeout=3)
            assert json.loads(new.recv())["type"] == "hello"
            assert installation.connections == 1


def test_signature(installation: Installation, scripted: ScriptedApp, alice: Person) -> None:
    """Every HTTP request carries a signature that slack_sdk's verifier accepts."""
    alice.command("/order", channel="team")
    alice.open_home(timeout=0)
    verifier = SignatureVerifier(installation.signing_secret)
    for request in scripted.received:
        assert verifier.is_valid_request(request.raw, request.headers)
        assert not SignatureVerifier("other").is_valid_request(request.raw, request.headers)
    assert len(scripted.received) == 2


def test_url_verification(installation: Installation, scripted: ScriptedApp) -> None:
    """The challenge must come back."""
    assert not installation.verify_url()
    scripted.reply = lambda payload: Reply(body={"challenge": payload["challenge"]})
    assert installation.verify_url()


def test_http_retry(workspace: Workspace, scripted: ScriptedApp) -> None:
    """A failed event comes again with the retry headers and the same event id."""
    scripted.answers(status=500)
    workspace.change_user("carol", tz="Asia/Tokyo")
    workspace.wait_for(lambda: len(scripted.received) >= 2)
    first, second = scripted.received
    assert "X-Slack-Retry-Num" not in first.headers
    assert second.headers["X-Slack-Retry-Num"] == "1"
    assert second.headers["X-Slack-Retry-Reason"] == "http_error"
    assert first.payload["event_id"] == second.payload["event_id"]


def test_duplicate(installation: Installation, scripted: ScriptedApp, alice: Person) -> None:
    """The last delivery can be repeated word for word."""
    alice.command("/order", channel="team")
    assert installation.redeliver_last().status == "ok"
    first, second = scripted.received
    assert first.payload == second.payload


def events_of(scripted: ScriptedApp) -> list[str]:
    return [r.payload["event"]["type"] for r in scripted.received]


def test_events(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """Apps hear what they subscribed to, where they are members."""
    workspace.add_user("dave")
    workspace.add_member("team", "dave")
    workspace.add_member("secret", "dave")
    workspace.remove_member("team", "dave")
    workspace.share("team")
    alice.say(None, "hello app")
    expected = [
        "channel_shared",
        "member_joined_channel",
        "member_left_channel",
        "message",
        "team_join",
    ]
    workspace.wait_for(lambda: len(scripted.received) >= len(expected))
    assert sorted(events_of(scripted)) == expected
    outer = scripted.last
    assert (outer["type"], outer["team_id"]) == ("event_callback", workspace.state.team_id)


def test_what_becomes_of_a_channel_is_told(workspace: Workspace) -> None:
    """Archived, renamed, unshared, an app's removal, each by its event; becoming public by none."""
    app = ScriptedApp()
    told = ["group_archive", "group_unarchive", "group_rename", "channel_unshared", "group_left"]
    installed = workspace.install(make_manifest(events=told, scopes=["groups:read"]))
    with workspace.serve():
        installed.deliver_to(app.start())
        workspace.add_channel("den", private=True)
        workspace.add_member("den", installed.app.bot_user_id)
        workspace.archive("den")
        workspace.unarchive("den")
        workspace.share("den")
        workspace.unshare("den")
        workspace.rename("den", "lair")
        workspace.make_public("lair")
        workspace.remove_member("lair", installed.app.bot_user_id)  # channel_left: not subscribed
        workspace.add_channel("nest", private=True)
        workspace.add_member("nest", installed.app.bot_user_id)
        workspace.remove_member("nest", installed.app.bot_user_id)
        workspace.wait_for(lambda: len(app.received) >= len(told))
        assert sorted(events_of(app)) == sorted(told)
    app.stop()


def test_no_subscription(workspace: Workspace) -> None:
    """Without a subscription, or without the scope, nothing is sent."""
    app = ScriptedApp()
    installed = workspace.install(make_manifest(events=["user_change"], scopes=["chat:write"]))
    with workspace.serve():
        installed.deliver_to(app.start())
        workspace.invite_bot("team")
        workspace.change_user("carol", tz="Asia/Tokyo")
        workspace.add_member("team", "carol")
        workspace.courier.close()
    app.stop()
    assert app.received == []


def test_home_opened(scripted: ScriptedApp, client: WebClient, alice: Person) -> None:
    """Opening the Home tells the app, with the view as it stands; what is published shows."""

    def publish(payload: dict[str, Any]) -> Reply:
        client.views_publish(user_id=payload["event"]["user"], view=home(section("Hi")))
        return Reply()

    scripted.reply = publish
    assert "Hi" in alice.open_home().rendered
    assert "view" not in scripted.last["event"]
    alice.open_home()
    assert scripted.last["event"]["view"]["type"] == "home"
    assert scripted.last["event"]["tab"] == "home"


def test_serving_again(workspace: Workspace, installation: Installation) -> None:
    """A workspace can be served, stopped and served again, keeping its state; never twice."""
    for _ in range(2):
        with workspace.serve() as server:
            WebClient(installation.bot_token, base_url=server.api_url).chat_postMessage(
                channel="team", text="x"
            )
            with pytest.raises(RuntimeError), workspace.serve():
                pass
    assert len(workspace.as_user("alice").channel("team").messages) == 2
    with pytest.raises(RuntimeError):
        _ = workspace.courier
