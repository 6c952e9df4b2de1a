"""Slash commands, buttons in messages and response_url."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from psrt_bot.sandbox.courier import ACK_SECONDS
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import Clock
from tests.sandbox.kit import actions, button, option, section, select
from tests.sandbox.scripted import Reply, ScriptedApp

CONFIRM = {
    "title": {"type": "plain_text", "text": "Sure?"},
    "text": {"type": "plain_text", "text": "Really?"},
    "confirm": {"type": "plain_text", "text": "Yes"},
    "deny": {"type": "plain_text", "text": "No"},
}


def test_payload(
    workspace: Workspace, installation: Installation, scripted: ScriptedApp, alice: Person
) -> None:
    """A command carries the fields the real payload has, all of them text."""
    alice.command("/order", "two teas", channel="team")
    sent = scripted.last
    assert sent["command"] == "/order"
    assert sent["text"] == "two teas"
    assert sent["channel_id"] == workspace.state.channel("team").id
    assert sent["channel_name"] == "privategroup"
    assert (sent["user_id"], sent["user_name"]) == (alice.id, "alice")
    assert sent["api_app_id"] == installation.app_id
    assert sent["is_enterprise_install"] == "false"
    assert {"team_id", "team_domain", "token", "trigger_id", "response_url"} <= set(sent)
    alice.command("/order", channel="general")
    assert scripted.last["channel_name"] == "general"
    alice.command("/order")
    assert scripted.last["channel_name"] == "directmessage"


def test_replies(scripted: ScriptedApp, alice: Person, bob: Person) -> None:
    """An ack's text is whispered unless it says in_channel; an empty ack says nothing."""
    scripted.answers("Plain words")
    assert alice.command("/order", channel="team").text == "Plain words"
    scripted.answers({"text": "Blocks", "blocks": [section("Inside")]})
    assert alice.command("/order", channel="team").blocks
    assert [m.text for m in alice.ephemerals] == ["Plain words", "Blocks"]
    assert "Inside" in alice.ephemerals[-1].rendered
    assert bob.ephemerals == []
    scripted.answers({"text": "For all", "response_type": "in_channel"})
    alice.command("/order", channel="team")
    assert [m.text for m in bob.channel("team").messages] == ["For all"]
    scripted.answers()
    assert alice.command("/order", channel="team").text is None


def test_refused_by_the_client(scripted: ScriptedApp, alice: Person) -> None:
    """Unknown commands, and any command in a thread, never reach the app."""
    assert alice.command("/nonsense", channel="team").status == "unknown_command"
    message = alice.say("team", "hello")
    outcome = alice.command("/order", channel="team", thread=message)
    assert outcome.status == "not_in_thread"
    assert "not supported in threads" in str(outcome.text)
    assert scripted.received == []
    with pytest.raises(PermissionError):
        alice.command("/order", channel="secret")


def test_failures(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """No ack in time is operation_timeout, an HTTP error dispatch_failed; Slackbot says so."""
    workspace.courier.ack_seconds = 0.1
    scripted.reply = lambda _payload: Reply(delay=1)
    assert alice.command("/order", channel="team").status == "operation_timeout"
    workspace.courier.ack_seconds = ACK_SECONDS
    scripted.answers(status=500)
    outcome = alice.command("/order", channel="team")
    assert outcome.status == "dispatch_failed"
    assert outcome.text == '/order failed with the error "dispatch_failed"'
    assert alice.ephemerals[-1].author == "slackbot"
    scripted.answers({"text": "x", "blocks": [section("")]})
    assert alice.command("/order", channel="team").status == "dispatch_failed"


def test_nobody_connected(workspace: Workspace, alice: Person) -> None:
    """In Socket Mode without a connection a command fails at once."""
    with workspace.serve():
        assert alice.command("/order", channel="team").status == "dispatch_failed"


def test_button_payload(
    scripted: ScriptedApp, client: WebClient, alice: Person, carol: Person
) -> None:
    """A button in a message sends who, where, what; only who sees it can press it."""
    client.chat_postMessage(
        channel="team", text="card", blocks=[actions(button("Vote", value="7"), block_id="b")]
    )
    (card,) = alice.channel("team").messages
    assert alice.click(card, "Vote").status == "ok"
    sent = scripted.last
    assert (sent["type"], sent["user"]["id"]) == ("block_actions", alice.id)
    assert sent["message"]["ts"] == sent["container"]["message_ts"] == card.ts
    action = sent["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("press", "b", "7")
    assert action["action_ts"]
    with pytest.raises(PermissionError):
        card.click("Vote", by=carol)
    with pytest.raises(AssertionError, match="Vote"):
        card.click("Veto")


def test_confirm(scripted: ScriptedApp, client: WebClient, alice: Person) -> None:
    """A dismissed dialog sends nothing; a confirmed one does."""
    blocks = [actions(button("Delete", confirm=CONFIRM))]
    client.chat_postMessage(channel="team", text="x", blocks=blocks)
    (message,) = alice.channel("team").messages
    assert message.click("Delete", confirm=False).status == "dismissed"
    assert scripted.received == []
    assert message.click("Delete").status == "ok"


def test_choose(scripted: ScriptedApp, client: WebClient, alice: Person) -> None:
    """A select in a message sends the chosen option, in the action and in the state."""
    blocks = [actions(select(option("Tea"), option("Milk")), block_id="b")]
    client.chat_postMessage(channel="team", text="x", blocks=blocks)
    alice.channel("team").messages[0].choose("choice", "Milk")
    assert scripted.last["actions"][0]["selected_option"]["value"] == "milk"
    assert scripted.last["state"]["values"]["b"]["choice"]["selected_option"]["value"] == "milk"


def test_ephemeral_button(scripted: ScriptedApp, alice: Person, bob: Person) -> None:
    """Of an ephemeral message Slack sends the place only; response_url replaces it."""
    scripted.answers({"text": "Sure?", "blocks": [actions(button("Yes"))]})
    alice.command("/order", channel="team")
    (whisper,) = alice.ephemerals
    with pytest.raises(PermissionError):
        whisper.click("Yes", by=bob)
    scripted.answers()
    whisper.click("Yes")
    sent = scripted.last
    assert sent["container"]["is_ephemeral"] is True
    assert "message" not in sent
    hook = WebhookClient(sent["response_url"])
    assert hook.send(text="Done", replace_original=True).body == "ok"
    assert [m.text for m in alice.ephemerals] == ["Done"]
    assert hook.send(delete_original=True).status_code == 200
    assert alice.ephemerals == []


def respond(scripted: ScriptedApp, **body: Any) -> tuple[int, str]:
    """Post to the last response_url."""
    answer = WebhookClient(scripted.last["response_url"]).send_dict(body)
    return answer.status_code, answer.body


def test_response_url(clock: Clock, scripted: ScriptedApp, alice: Person, bob: Person) -> None:
    """A response_url works five times within thirty minutes, whispering unless told otherwise."""
    alice.command("/order", channel="team")
    for _ in range(4):
        assert respond(scripted, text="Quiet") == (200, "ok")
    assert respond(scripted, text="Loud", response_type="in_channel") == (200, "ok")
    assert respond(scripted, text="Too many")[0] == 404
    assert [m.text for m in alice.ephemerals] == ["Quiet"] * 4
    assert [m.text for m in bob.channel("team").messages] == ["Loud"]
    alice.command("/order", channel="team")
    assert respond(scripted, text="") == (400, "no_text")
    clock.forward(minutes=31)
    status, body = respond(scripted, text="Late")
    assert (status, "expired_url" in body) == (404, True)


def test_replace_message(scripted: ScriptedApp, client: WebClient, alice: Person) -> None:
    """replace_original changes the message a button stood in, for everybody."""
    client.chat_postMessage(channel="team", text="old", blocks=[actions(button("Go"))])
    (message,) = alice.channel("team").messages
    message.click("Go")
    respond(scripted, text="new", replace_original=True)
    assert (message.text, message.buttons) == ("new", [])


def test_privacy(workspace: Workspace, alice: Person, bob: Person, carol: Person) -> None:
    """People see what they may: public channels all, private ones and DMs as members."""
    alice.say("team", "inside")
    assert [m.text for m in bob.channel("#team").messages] == ["inside"]
    with pytest.raises(PermissionError):
        carol.channel("team")
    view = bob.channel("team")
    workspace.remove_member("team", "bob")
    with pytest.raises(PermissionError):
        _ = view.messages
    with pytest.raises(KeyError):
        alice.channel("nowhere")
    with pytest.raises(PermissionError):
        carol.say("team", "x")
