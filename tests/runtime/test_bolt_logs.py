"""Whatever Bolt and the SDK log, at any level, tells no form value, receipt or token.

A real Bolt app and real clients run here; the control test shows that they would tell.
"""

import io
import json
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace

import pytest
import structlog
from slack_bolt import Ack, App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode.internals import send_response
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackRequestError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.web import WebClient
from slack_sdk.webhook import WebhookClient

from tests.runtime.captured_logs import (
    CANARY,
    FORMATS,
    HOOK,
    RECEIPT,
    TOKEN,
    Format,
    assert_safe,
    logged,
)


def make_app(logger: logging.Logger | None = None, *, verify: bool = False) -> App:
    def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T1", bot_token=TOKEN, bot_id="B1", bot_user_id="U1"
        )

    app = App(
        logger=logger,
        authorize=authorize,
        signing_secret="canarysecret",
        request_verification_enabled=verify,
        process_before_response=True,
    )

    def cast(ack: Ack) -> None:
        ack(response_action="update", view={"type": "modal", "title": RECEIPT})

    def refuse(body: dict[str, object]) -> None:
        raise ValueError(f"unexpected {body}")

    app.view("cast")(cast)
    app.view("raise")(refuse)
    app.view("silent")(lambda body: None)  # noqa: ARG005  (Bolt injects by name)
    return app


def submission(callback_id: str, **view: object) -> dict[str, object]:
    state = {"values": {"choice": {"pick": {"type": "plain_text_input", "value": CANARY}}}}
    modal = {"type": "modal", "id": "V1", "callback_id": callback_id, "state": state} | view
    return {
        "type": "view_submission",
        "token": TOKEN,
        "team": {"id": "T1"},
        "user": {"id": "U2", "name": CANARY},
        "response_urls": [{"response_url": HOOK, "channel_id": "C1"}],
        "view": modal,
    }


PAYLOADS: dict[str, dict[str, object]] = {
    "handled": submission("cast"),
    "raising": submission("raise"),
    "silent": submission("silent"),
    "unhandled": submission(CANARY),
    "unhandled dialog": {
        "type": "dialog_submission",
        "callback_id": CANARY,
        "submission": {"choice": CANARY},
        "user": {"id": "U2"},
        "team": {"id": "T1"},
        "response_url": HOOK,
    },
    "unhandled command": {
        "command": "/" + CANARY,
        "text": CANARY,
        "team_id": "T1",
        "user_id": "U2",
    },
    "unhandled suggestion": {
        "type": "block_suggestion",
        "action_id": "a",
        "block_id": "b",
        "value": CANARY,
        "user": {"id": "U2"},
        "team": {"id": "T1"},
    },
    "unhandled event": {
        "type": "event_callback",
        "team_id": "T1",
        "event": {"type": "message", "text": CANARY, "user": "U2", "channel": "C1"},
    },
    "without view type": submission("cast", type=None),
    "view is text": {"type": "view_submission", "view": CANARY, "user": {"id": "U2"}},
    "actions are none": {"type": "block_actions", "actions": [], "user": {"id": CANARY}},
    "event is a list": {"type": "event_callback", "event": [CANARY]},
    "empty": {},
}
TOLD = {
    "raising": "Failed to run listener function",
    "silent": "Unhandled request",  # Bolt's words where a listener did not ack
    "unhandled": "Unhandled request",
    "unhandled dialog": "Unhandled request",
    "unhandled command": "Unhandled request",
    "unhandled suggestion": "Unhandled request",
    "unhandled event": "Unhandled request",
}


def dispatch(app: App, payload: dict[str, object], **headers: str) -> BoltResponse | None:
    """Bolt's answer as over HTTP, or None where Bolt itself falls over; that is logged then."""
    try:
        body = json.dumps(payload)
        all_headers: dict[str, str | Sequence[str]] = {
            "content-type": "application/json",
            **headers,
        }
        return app.dispatch(BoltRequest(body=body, headers=all_headers))
    except Exception:  # noqa: BLE001  (as the process's outermost frame would)
        structlog.stdlib.get_logger("web").exception("request_failed")
        return None


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("case", PAYLOADS)
def test_bolt_tells_no_payload(case: str, fmt: Format) -> None:
    """Handled, raising, unhandled or malformed, at DEBUG: no form value, receipt or token."""
    with logged(fmt) as stream:
        answer = dispatch(make_app(), PAYLOADS[case])
    text = stream.getvalue()
    assert_safe(text)
    assert TOLD.get(case, "") in text
    assert "debug" not in text
    if case == "handled":
        assert answer is not None
        assert RECEIPT in answer.body
    if answer is None:
        assert "request_failed" in text
    for line in text.splitlines() if fmt == "json" else ():
        assert {"event", "level", "logger", "timestamp"} <= json.loads(line).keys()


def test_a_line_is_bolts_by_its_file_and_by_its_logger() -> None:
    """Neither a logger of another name nor a caller outside the package lets text through."""
    with logged() as stream:
        scripts = logging.getLogger("cli.py:App")
        dispatch(make_app(scripts), PAYLOADS["unhandled"])
        with suppress(SlackRequestError):
            WebClient(base_url="ftp://canary/", logger=scripts).auth_test()
        logging.getLogger("slack_sdk.web").error(f"Unhandled by {CANARY}")  # noqa: G004  (as theirs)
    assert_safe(stream.getvalue())
    assert "[cli.py:App]" in stream.getvalue()
    assert "(text withheld)" in stream.getvalue()


def test_the_same_stories_leak_through_plain_logging() -> None:
    """The control: without our handler the canary, the token's use and the receipt are told."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    with logged():
        logging.root.handlers = [handler]
        for payload in PAYLOADS.values():
            dispatch(make_app(), payload)
    assert CANARY in stream.getvalue()
    assert RECEIPT in stream.getvalue()


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_raising_listener_leaves_its_trace_without_its_text(fmt: Format) -> None:
    """The frames lead to the line that raised; the exception's text stays untold."""
    with logged(fmt) as stream:
        dispatch(make_app(), PAYLOADS["raising"])
    text = stream.getvalue()
    assert_safe(text)
    assert "ValueError" in text
    assert "in refuse" in text
    assert "listener_error_handler:" in text


def test_a_wrong_signature_is_told_without_the_body() -> None:
    """Bolt logs signature, time and body at INFO; we log that it happened."""
    with logged() as stream:
        now = str(int(time.time()))
        headers = {"x-slack-signature": "v0=canary", "x-slack-request-timestamp": now}
        answer = dispatch(make_app(verify=True), PAYLOADS["handled"], **headers)
    assert answer is not None
    assert answer.status == 401
    assert_safe(stream.getvalue())
    assert "Invalid request signature detected" in stream.getvalue()


def test_the_web_and_webhook_clients_tell_no_request() -> None:
    """Arguments, tokens, URLs and the error's text stay out; that sending failed does not."""
    nowhere = "http://127.0.0.1:9/"
    with logged() as stream:
        with suppress(OSError):
            WebClient(TOKEN, base_url=nowhere).chat_postMessage(channel="C1", text=CANARY)
        with suppress(OSError):
            WebhookClient(nowhere + "canaryhook").send(text=CANARY)
    assert_safe(stream.getvalue())
    assert stream.getvalue().count("Failed to send a request to Slack API server") >= 2


def test_the_socket_tells_no_envelope() -> None:
    """Messages that fail to be processed and answers that are no 200 stay without their body."""

    def refuse(*_: object) -> None:
        raise ValueError(CANARY)

    with logged() as stream:
        client = SocketModeClient(app_token="xapp-1-canary")
        client.message_listeners.append(refuse)
        envelope = {"type": "interactive", "envelope_id": "E1", "payload": PAYLOADS["handled"]}
        client.run_message_listeners(envelope, json.dumps(envelope))
        client._on_error(ValueError(CANARY))
        request = SimpleNamespace(envelope_id="E1")
        send_response(client, request, BoltResponse(status=500, body=CANARY), 0.0)  # type: ignore[arg-type]
        client.close()
    assert_safe(stream.getvalue())
    assert "Failed to run a message listener" in stream.getvalue()
    assert "on_error invoked" in stream.getvalue()
    assert "Unsuccessful Bolt execution result" in stream.getvalue()


def test_a_start_with_the_token_in_the_environment_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bolt warns that a token is unused which it found by itself; nobody can act on that."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    with logged() as stream:
        App(
            client=WebClient(),
            signing_secret="canarysecret",
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        )
        make_app()
    assert stream.getvalue() == ""
