"""slack_sdk's own Socket Mode client, listening."""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.server import Server


class Listener:
    """slack_sdk's builtin Socket Mode client that acks everything, or nothing."""

    def __init__(self, server: Server, installation: Installation) -> None:
        web = WebClient(installation.bot_token, base_url=server.api_url)
        self.client = SocketModeClient(installation.app_token, web_client=web)
        self.client.socket_mode_request_listeners.append(self.handle)
        self.received: list[SocketModeRequest] = []
        self.acking = True
        self.body: dict[str, Any] | None = None

    def handle(self, client: Any, request: SocketModeRequest) -> None:
        self.received.append(request)
        if self.acking:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, self.body))
