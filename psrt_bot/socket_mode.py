"""Socket Mode: Slack's requests over a WebSocket that the bot opens."""

import json
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from threading import Event, Thread
from time import time
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import build_headers, send_response
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from psrt_bot.gate import Gate
from psrt_bot.runtime.slack import FAILURES, UNUSABLE_TOKEN, Failure, judge

log = structlog.get_logger(__name__)

AGAIN_AFTER = 5  # seconds between two tries to reach Slack at the start
TURNED_AWAY_FOR = 60  # seconds; apps.connections.open may be called about once a minute (tier 1)
TOO_MANY = "too_many_websockets"
CONCURRENCY = 16  # requests answered at once on one connection


class SocketMode:
    """The WebSocket connection of one bot. The SDK reconnects by itself.

    Args:
        answered: called by the thread of a request once its answer has been sent.
        again_after: seconds between two tries to reach Slack at the start.
        turned_away_for: seconds to wait where an app has its ten connections already.
    """

    def __init__(
        self,
        bolt: App,
        app_token: str,
        client: WebClient,
        answered: Callable[[], None],
        *,
        again_after: float = AGAIN_AFTER,
        turned_away_for: float = TURNED_AWAY_FOR,
    ) -> None:
        self._again_after = again_after
        self._answered = answered
        self._gate = Gate(bolt)
        self._stopping = Event()
        self._trying: Thread | None = None
        self._client = _Client(
            lambda: self._stopping.wait(turned_away_for),
            app_token=app_token,
            logger=logging.getLogger("slack_bolt"),
            web_client=client,
            concurrency=CONCURRENCY,
        )
        self._client.on_message_listeners.append(self._client.note_refusal)
        self._client.socket_mode_request_listeners.append(self._answer)

    def start(self) -> None:
        """Connect; where Slack cannot be reached, go on trying beside everything else.

        Raises:
            SlackApiError: Slack refused the app token; trying again would not help.
        """
        if not self._try():
            self._trying = Thread(target=self._keep_trying, name="psrt-connect", daemon=True)
            self._trying.start()

    def _try(self) -> bool:
        try:
            self._client.connect()
        except FAILURES as error:
            verdict = judge(error)
            if verdict.failure is Failure.FINAL or verdict.code in UNUSABLE_TOKEN:
                raise
            log.warning("socket_mode_unreachable", code=verdict.code)
            return False
        return True

    def _keep_trying(self) -> None:
        while not self._stopping.wait(self._again_after):
            try:
                if self._try():
                    return
            except FAILURES as error:
                log.error("socket_mode_refused", code=judge(error).code)  # noqa: TRY400 -- no text
                return

    def stop(self) -> None:
        """Answer what is under way, then disconnect; what comes later Slack sends again."""
        self._stopping.set()
        if self._trying is not None:
            self._trying.join()
        client = self._client
        client.auto_reconnect_enabled = False
        client.closed = True  # ends the loop over the queue, which waits for a message up to 1 s
        client.message_queue.put(None)
        client.message_workers.shutdown(wait=True)
        client.hang_up()
        client.close()

    def _answer(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time()
        answer = self._gate.answer(request.payload, build_headers(request))
        if answer.status != HTTPStatus.OK:
            return  # no ack, which is how Slack learns of it here; why, the gate has said
        try:
            send_response(client, request, answer, started)
        finally:
            self._answered()


class _Client(SocketModeClient):
    """The SDK's client, with what it lacks.

    Args:
        pause: waits before another try where Slack turned us away.
    """

    def __init__(self, pause: Callable[[], object], **about: Any) -> None:
        super().__init__(**about)
        self._pause = pause
        self._turned_away = False

    def note_refusal(self, message: str) -> None:
        """Notice that Slack turns this connection away: the app has ten already.

        Slack says so in its first message and closes; the SDK would ask for the next one at once,
        and so on for ever. docs.slack.dev/apis/events-api/using-socket-mode
        """
        if TOO_MANY in message and json.loads(message).get("reason") == TOO_MANY:
            self._turned_away = True

    def connect_to_new_endpoint(self, force: bool = False) -> None:
        if self._turned_away:
            log.warning("socket_mode_turned_away", reason=TOO_MANY)
            self._turned_away = False
            self._pause()
            if self.closed:
                return
        super().connect_to_new_endpoint(force)

    def connect(self) -> None:
        super().connect()
        # Nagle's algorithm would hold an ack back for up to 40 ms; each connection is a new socket.
        if raw := self._socket():
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hang_up(self) -> None:
        """Wake the reading thread, which waits for 3 s at a time, and let it end.

        Told to end first: it would read the closed socket in a tight loop otherwise. Before that
        the monitor ends, whose ping would find a socket that is going, and log an error.
        """
        if self.current_app_monitor.is_alive():
            self.current_app_monitor.shutdown()
        self.current_session_runner.event.set()
        self.current_session_state.terminated = True
        if raw := self._socket():
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)

    def _socket(self) -> socket.socket | None:
        return getattr(self.current_session, "sock", None)
