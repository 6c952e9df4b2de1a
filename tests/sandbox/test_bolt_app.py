"""An ordinary Bolt app runs on the sandbox, in both transports."""

from __future__ import annotations

from typing import Any

from slack_bolt import App

from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import RunApp

MODAL = {
    "type": "modal",
    "callback_id": "order",
    "title": {"type": "plain_text", "text": "Your order"},
    "submit": {"type": "plain_text", "text": "Order"},
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What?"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def ordering(app: App) -> None:
    @app.command("/order")
    def order(ack: Any, body: dict[str, Any], client: Any) -> None:
        ack("One moment")
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("order")
    def submitted(ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        ack()
        what = view["state"]["values"]["what"]["text"]["value"]
        button = {
            "type": "button",
            "action_id": "thanks",
            "text": {"type": "plain_text", "text": "Thanks"},
        }
        client.chat_postMessage(
            channel=body["user"]["id"],
            text=f"You ordered {what}",
            blocks=[{"type": "actions", "elements": [button]}],
        )

    @app.action("thanks")
    def thanks(ack: Any, respond: Any) -> None:
        ack()
        respond(text="You are welcome", replace_original=True)


def test_command_modal_submission_message(workspace: Workspace, run_app: RunApp) -> None:
    """A plain Bolt app's whole round works: command, modal, submission, message, button."""
    with run_app(ordering):
        alice = workspace.as_user("alice")
        outcome = alice.command("/order", channel="team")
        assert (outcome.status, outcome.text) == ("ok", "One moment")
        modal = alice.wait_modal()
        assert modal.title == "Your order"
        modal.fill("What?", "tea")
        assert modal.submit().status == "ok"
        message = alice.wait_inbox(lambda m: "tea" in m.text)
        assert message.buttons == ["Thanks"]
        assert message.click("Thanks").status == "ok"
        alice.wait_inbox(lambda m: m.text == "You are welcome")
    assert alice.modal is None
