"""Socket Mode: connections, hello, envelopes and their acks, disconnects.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from psrt_bot.sandbox.courier import Ack
from psrt_bot.sandbox.model import App, Json
from psrt_bot.sandbox.state import State

MOST_SOCKETS = 10


@dataclass(eq=False)
class Socket:
    """One WebSocket of an app, and the acks it still owes."""

    app_id: str
    websocket: WebSocket
    loop: asyncio.AbstractEventLoop
    number: Callable[[], int]
    owed: dict[str, Future[Ack]] = field(default_factory=dict)
    greeted: bool = False
    leaving: bool = False
    warned: bool = False

    def send(self, message: Json) -> Future[None]:
        """Send from any thread."""
        sending = self.websocket.send_text(json.dumps(message))
        try:
            return asyncio.run_coroutine_threadsafe(sending, self.loop)
        except RuntimeError:  # the server has stopped
            sending.close()
            raise

    def received(self, text: str) -> None:
        """An ack: the envelope's id, and perhaps a payload."""
        message = json.loads(text)
        owed = self.owed.pop(message.get("envelope_id", ""), None)
        if owed and not owed.done():
            owed.set_result(Ack("ok", message.get("payload") or None, number=self.number()))

    def lost(self) -> None:
        """The connection is gone: nothing that is owed will come."""
        for owed in self.owed.values():
            if not owed.done():
                owed.set_result(Ack("dispatch_failed", reason="connection_lost"))


class SocketHub:
    """The Socket Mode connections of a workspace's apps."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sockets: list[Socket] = []
        self._turn = 0

    def of(self, app_id: str) -> list[Socket]:
        """The live connections of an app: those that had their hello."""
        with self._state.reading():
            return [s for s in self._held(app_id) if s.greeted]

    def _held(self, app_id: str) -> list[Socket]:
        """The places an app's connections hold, some perhaps not greeted yet."""
        return [s for s in self._sockets if s.app_id == app_id and not s.leaving]

    def _take_place(self, socket: Socket) -> int | None:
        """Hold a place, before anything is awaited: which it is, or None where all are taken."""
        with self._state.changed():
            place = len(self._held(socket.app_id)) + 1
            if place > MOST_SOCKETS:
                return None
            self._sockets.append(socket)
            return place

    async def serve(self, websocket: WebSocket) -> None:
        """One connection from the handshake to its end."""
        app = self._admitted(websocket.query_params.get("ticket", ""))
        if app is None:
            await websocket.close(4001)
            return
        await websocket.accept()
        socket = Socket(app.id, websocket, asyncio.get_running_loop(), self._state.serial)
        place = self._take_place(socket)
        if place is None:
            await websocket.send_text(json.dumps(disconnect("too_many_websockets")))
            await websocket.close()
            return
        try:
            await self._converse(socket, place)
        finally:
            with self._state.changed():
                self._sockets.remove(socket)
            socket.lost()

    async def _converse(self, socket: Socket, place: int) -> None:
        try:
            await socket.websocket.send_text(json.dumps(hello(socket.app_id, place)))
            with self._state.changed():
                socket.greeted = True
            while True:
                socket.received(await socket.websocket.receive_text())
        except WebSocketDisconnect:
            return
        except RuntimeError:  # starlette's, for a read after a close of ours that an ack crossed
            if not socket.leaving:
                raise

    def _admitted(self, ticket: str) -> App | None:
        """The app a ticket of apps.connections.open belongs to; each ticket admits once."""
        with self._state.changed():
            return self._state.apps.get(self._state.tickets.pop(ticket, ""))

    def send(self, app: App, envelope: Json, seconds: float, cut: bool = False) -> Ack:
        """Send an envelope over one of the app's connections, in turn, and wait for its ack.

        `cut` closes that connection once the envelope is out; an ack that comes in before the close
        counts for nothing, as over HTTP.
        """
        sockets = self.of(app.id)
        if not sockets:
            return Ack("dispatch_failed", reason="not_connected")
        self._turn += 1
        socket = sockets[self._turn % len(sockets)]
        owed: Future[Ack] = Future()
        socket.owed[envelope["envelope_id"]] = owed
        try:
            socket.send(envelope).result(seconds)
            if cut:
                socket.owed.pop(envelope["envelope_id"], None)
                self._close(socket)
                return Ack("dispatch_failed", reason="connection_lost")
            return owed.result(seconds)
        except NotInTime:
            socket.owed.pop(envelope["envelope_id"], None)
            return Ack("operation_timeout", reason="timeout")
        except (RuntimeError, WebSocketDisconnect):
            return Ack("dispatch_failed", reason="connection_lost")

    def warn(self, app_id: str) -> None:
        """Tell the app's clients to reconnect; the old connections stay up for now."""
        for socket in self.of(app_id):
            socket.warned = True
            socket.send(disconnect("warning")).result(1)

    def disconnect(self, app_id: str, reason: str | None, warned: bool = False) -> None:
        """Ask the app's clients to reconnect (not without a reason), then close the connections.

        `warned`: only those that were warned.
        """
        for socket in self.of(app_id):
            if warned and not socket.warned:
                continue
            socket.leaving = True
            if reason:
                socket.send(disconnect(reason)).result(1)
            self._close(socket)

    @staticmethod
    def _close(socket: Socket) -> None:
        socket.leaving = True
        asyncio.run_coroutine_threadsafe(socket.websocket.close(), socket.loop).result(1)


def hello(app_id: str, connections: int) -> Json:
    """The first message of a connection."""
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {
            "host": "applink-sandbox",
            "build_number": 1,
            "approximate_connection_time": 18060,
        },
        "connection_info": {"app_id": app_id},
    }


def disconnect(reason: str) -> Json:
    """The last one: `warning`, `refresh_requested` or `link_disabled`."""
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
