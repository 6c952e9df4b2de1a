"""Delivery to the app: a signed HTTP request or a Socket Mode envelope, and what came back.

Sources: https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.slack.dev/apis/events-api (retries), https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import copy
import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from slack_sdk.signature import SignatureVerifier

from psrt_bot.sandbox.faults import Mishap
from psrt_bot.sandbox.model import App, Delivered, Json
from psrt_bot.sandbox.state import State

ACK_SECONDS = 3.0
MOST_KEPT = 2000
"""So many deliveries can be read back; a benchmark must not fill the memory."""
Kind = Literal["slash_commands", "interactive", "events_api"]
Status = Literal["ok", "operation_timeout", "dispatch_failed"]


@dataclass(frozen=True)
class Ack:
    """What the app said: the status of the delivery, the body of the ack, how long it took."""

    status: Status
    body: Any = None
    ms: float = 0.0
    reason: str = ""
    """Why it failed, as in X-Slack-Retry-Reason."""
    number: int | None = None
    """Its place in the order of everything, taken when it arrived (Socket Mode)."""


@dataclass(frozen=True)
class Parcel:
    """Something delivered, kept so that it can be delivered again word for word."""

    app_id: str
    kind: Kind
    payload: Json


SocketSend = Callable[[App, Json, float, bool], Ack]
NO_MISHAP = Mishap("none")


class Courier:
    """Carries payloads to the apps of a served workspace. `by_socket` is the socket hub's send."""

    def __init__(self, state: State, by_socket: SocketSend) -> None:
        self._state = state
        self._by_socket = by_socket
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="sandbox-events")
        self._closing = False
        self.ack_seconds = ACK_SECONDS
        """How long to wait for an ack; tests of time-outs shorten it."""
        self.last: Parcel | None = None
        self.unacked: list[Parcel] = []
        """Events given up for now: Slack would try again after one and after five minutes."""

    def close(self) -> None:
        """Deliver nothing more, and wait for what is under way."""
        self._closing = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def deliver(
        self, app: App, kind: Kind, payload: Json, attempt: int = 0, reason: str = ""
    ) -> Ack:
        """Deliver now, and wait for the ack at most three seconds. Hold no lock meanwhile."""
        self.last = parcel = Parcel(app.id, kind, payload)
        mishap = self._state.faults.take_mishap(_names(kind, payload), payload) or NO_MISHAP
        if mishap.never:
            return Ack("operation_timeout", reason="never_delivered")
        time.sleep(mishap.seconds)
        begun = time.monotonic()

        def carry() -> Ack:
            return self._carry(app, parcel, attempt, reason, mishap.cut)

        again = threading.Thread(target=carry)  # of its own: the pool's may all be waiting here
        if mishap.copies > 1 and mishap.at_once:
            again.start()
        ack = carry()
        if mishap.copies > 1:
            if not mishap.at_once:
                again.start()
            again.join()
        if mishap.ack_lost:
            ack = Ack("operation_timeout", reason="ack_lost")
        return Ack(ack.status, ack.body, (time.monotonic() - begun) * 1000, ack.reason)

    def _carry(self, app: App, parcel: Parcel, attempt: int, reason: str, cut: bool) -> Ack:
        kind, payload, state = parcel.kind, parcel.payload, self._state
        kept = copy.deepcopy(payload)  # a view's values go on changing
        record = Delivered(state.serial(), app.id, kind, kept, state.now(), attempt)
        with state.changed():
            state.delivered = [*state.delivered[1 - MOST_KEPT :], record]
        begun = time.monotonic()
        if app.deliver_url:
            ack = self._by_http(app, app.deliver_url, parcel, attempt, reason, cut)
        else:
            sent = envelope(state, kind, payload, attempt, reason)
            ack = self._by_socket(app, sent, self.ack_seconds, cut)
        with state.changed():
            record.acked = ack.number
            record.ack = Ack(ack.status, ack.body, (time.monotonic() - begun) * 1000, ack.reason)
        return ack

    def emit(self, app: App, event: Json) -> None:
        """Deliver an event soon, in the background; tried again once when it is not acked."""
        payload = event_callback(self._state, app, event)
        if not self._closing:
            self._pool.submit(self.deliver_event, app, payload)

    def deliver_event(self, app: App, payload: Json) -> Ack:
        """Deliver an event now, once more at once if need be, and else keep it as unacked."""
        ack = self.deliver(app, "events_api", payload)
        if ack.status != "ok" and not self._closing and ack.reason != "not_connected":
            ack = self.deliver(app, "events_api", payload, 1, ack.reason)
        if ack.status != "ok":
            with self._state.changed():
                self.unacked.append(Parcel(app.id, "events_api", payload))
        return ack

    def redeliver_unacked(self) -> list[Ack]:
        """The later retries of events: what Slack does after one and after five minutes."""
        with self._state.changed():
            parcels, self.unacked = self.unacked, []
        acks = []
        for parcel in parcels:
            app = self._state.apps[parcel.app_id]
            acks.append(self.deliver(app, parcel.kind, parcel.payload, 2, "timeout"))
            if acks[-1].status != "ok":
                self.unacked.append(parcel)
        return acks

    def _by_http(
        self, app: App, url: str, parcel: Parcel, attempt: int, reason: str, cut: bool
    ) -> Ack:
        body, headers = http_body(parcel.kind, parcel.payload)
        off = self._state.clock_off.total_seconds()
        headers |= signature_headers(app.signing_secret, body, off)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        try:
            if cut:
                send_and_hang_up(url, body, headers)
                return Ack("dispatch_failed", reason="connection_failed")
            status, content_type, answer = post(url, body, headers, self.ack_seconds)
        except TimeoutError:
            return Ack("operation_timeout", reason="http_timeout")
        except (OSError, http.client.HTTPException):
            return Ack("dispatch_failed", reason="connection_failed")
        if status != 200:
            return Ack("dispatch_failed", reason="http_error")
        return Ack("ok", _parsed(answer, content_type))


def post(
    url: str, body: bytes, headers: dict[str, str], seconds: float = ACK_SECONDS
) -> tuple[int, str, str]:
    """One POST within so many seconds: status, content type and text of the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, response.headers.get("Content-Type", ""), text
    finally:
        connection.close()


def send_and_hang_up(url: str, body: bytes, headers: dict[str, str]) -> None:
    """One POST whose answer nobody waits for."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=ACK_SECONDS)
    connection.request("POST", parts.path or "/", body, headers)
    connection.close()


def _names(kind: Kind, payload: Json) -> set[str]:
    """What a delivery may be called when a mishap is planned for it."""
    event = payload.get("event") if kind == "events_api" else None
    inner = event.get("type") if isinstance(event, dict) else None
    said = (kind, payload.get("type"), payload.get("command"), inner)
    return {str(name) for name in said if name}


def _parsed(text: str, content_type: str) -> Any:
    if not text:
        return None
    if "json" in content_type:
        return json.loads(text)
    return {"text": text}


def signature_headers(secret: str, body: bytes, off: float = 0) -> dict[str, str]:
    """Slack's v0 signature of a body, over the real time (`off` by so many seconds)."""
    stamp = str(int(time.time() + off))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or ""}


def http_body(kind: Kind, payload: Json) -> tuple[bytes, dict[str, str]]:
    """Commands are forms, interactions a form with one JSON field, events are JSON."""
    if kind == "events_api":
        return json.dumps(payload).encode(), {"Content-Type": "application/json"}
    form = {"payload": json.dumps(payload)} if kind == "interactive" else payload
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return urlencode(form).encode(), headers


def envelope(state: State, kind: Kind, payload: Json, attempt: int, reason: str) -> Json:
    """A Socket Mode envelope."""
    accepts = kind == "slash_commands" or payload.get("type") == "view_submission"
    made: Json = {
        "envelope_id": state.new_id("envelope-"),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": accepts,
    }
    if kind == "events_api":
        made |= {"retry_attempt": attempt, "retry_reason": reason}
    return made


def event_callback(state: State, app: App, event: Json) -> Json:
    """The outer event: https://docs.slack.dev/apis/events-api/#callback-field"""
    return {
        "token": app.verification_token,
        "team_id": state.team_id,
        "context_team_id": state.team_id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": state.new_id("Ev"),
        "event_time": int(state.now().timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": state.team_id,
                "user_id": app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": state.new_id("4-"),
    }
