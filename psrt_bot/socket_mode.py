"""Socket Mode: Slack's requests over a WebSocket that the bot opens."""

import logging
import socket
from contextlib import suppress
from time import time

from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

CONCURRENCY = 16  # requests answered at once on one connection


class SocketMode:
    """The WebSocket connection of one bot. The SDK reconnects by itself."""

    def __init__(self, bolt: App, app_token: str, client: WebClient) -> None:
        self._bolt = bolt
        self._client = _Client(
            app_token=app_token,
            logger=logging.getLogger("slack_bolt"),
            web_client=client,
            concurrency=CONCURRENCY,
        )
        self._client.socket_mode_request_listeners.append(self._answer)

    def start(self) -> None:
        """Connect.

        Raises:
            SlackApiError, OSError: Slack refused the app token, or cannot be reached.
        """
        self._client.connect()

    def stop(self) -> None:
        """Answer what is under way, then disconnect; what comes later Slack sends again."""
        client = self._client
        client.auto_reconnect_enabled = False
        client.closed = True  # ends the loop over the queue, which waits for a message up to 1 s
        client.message_queue.put(None)
        client.message_workers.shutdown(wait=True)
        client.hang_up()
        client.close()

    def _answer(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time()
        send_response(client, request, run_bolt_app(self._bolt, request), started)


class _Client(SocketModeClient):
    def connect(self) -> None:
        super().connect()
        # Nagle's algorithm would hold an ack back for up to 40 ms; each connection is a new socket.
        if raw := self._socket():
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hang_up(self) -> None:
        """Wake the reading thread, which waits for 3 s at a time, and let it end.

        Told to end first: it would read the closed socket in a tight loop otherwise.
        """
        self.current_session_runner.event.set()
        self.current_session_state.terminated = True
        if raw := self._socket():
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)

    def _socket(self) -> socket.socket | None:
        return getattr(self.current_session, "sock", None)
