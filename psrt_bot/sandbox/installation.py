"""An app as installed in a workspace: what its operator holds, and how it is reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from psrt_bot.sandbox import courier
from psrt_bot.sandbox.courier import Ack
from psrt_bot.sandbox.model import PATIENCE, App, Json

if TYPE_CHECKING:
    from psrt_bot.sandbox.workspace import Workspace


class Installation:
    """The credentials of an installed app, its delivery and its connections."""

    def __init__(self, workspace: Workspace, app: App) -> None:
        self._workspace = workspace
        self.app = app
        self.app_id = app.id
        self.bot_id = app.bot_id
        self.bot_user_id = app.bot_user_id
        self.bot_token = app.bot_token
        self.app_token = app.app_token
        self.signing_secret = app.signing_secret

    def deliver_to(self, url: str | None) -> None:
        """Send everything to this address as signed HTTP requests; None is Socket Mode again."""
        self.app.deliver_url = url

    @property
    def connections(self) -> int:
        """How many Socket Mode connections are up."""
        return len(self._workspace.server.hub.of(self.app_id))

    def wait_connected(self, timeout: float = PATIENCE, connections: int = 1) -> None:
        """Wait for Socket Mode connections, `timeout` real seconds. Raises AssertionError."""
        state = self._workspace.state
        if not state.wait_for(lambda: self.connections >= connections, timeout):
            raise AssertionError(f"{self.app.name} did not connect; {state.story()}")

    def disconnect(self, reason: str | None = "refresh_requested") -> None:
        """Tell the app's sockets to go and close them, as Slack does every few hours.

        Without a reason they are closed and nothing is said. A bot that stops right after that
        (with `auto_reconnect_enabled` off) stops at once: slack_sdk's builtin client holds its
        lock while it reads, three seconds at a time.
        """
        self._workspace.server.hub.disconnect(self.app_id, reason)

    def warn(self) -> None:
        """Say that the connections will go soon, as Slack does; `close_warned` lets them go."""
        self._workspace.server.hub.warn(self.app_id)

    def close_warned(self) -> None:
        """Close the connections that were warned; newer ones stay."""
        self._workspace.server.hub.disconnect(self.app_id, None, warned=True)

    @property
    def last_payload(self) -> Json | None:
        """What was delivered last."""
        last = self._workspace.courier.last
        return last.payload if last else None

    def redeliver_last(self) -> Ack:
        """Deliver the last payload a second time, word for word."""
        last = self._workspace.courier.last
        if last is None:
            raise LookupError("nothing was delivered yet")
        return self._workspace.courier.deliver(self.app, last.kind, last.payload, 1, "timeout")

    def redeliver_unacked(self) -> list[Ack]:
        """The later retries of events that were not acked (Slack: after one and five minutes)."""
        return self._workspace.courier.redeliver_unacked()

    def verify_url(self) -> bool:
        """The `url_verification` handshake: whether the app's address answers the challenge.

        Source: https://docs.slack.dev/reference/events/url_verification
        """
        if self.app.deliver_url is None:
            raise LookupError("the app has no request URL; call deliver_to first")
        challenge = self._workspace.state.new_id("challenge")
        asked = {
            "token": self.app.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        body = json.dumps(asked).encode()
        headers = courier.signature_headers(self.signing_secret, body)
        headers["Content-Type"] = "application/json"
        status, _, text = courier.post(self.app.deliver_url, body, headers)
        return status == 200 and challenge in text
