"""The HTTP and WebSocket side: Starlette on uvicorn, in a thread, on the loopback address."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.exceptions import InvalidState

from psrt_bot.sandbox.courier import Courier
from psrt_bot.sandbox.endpoints import Endpoints
from psrt_bot.sandbox.sockets import SocketHub
from psrt_bot.sandbox.state import State

START_SECONDS = 5.0
STOP_SECONDS = 0.5


class _Uvicorn(uvicorn.Server):
    """Uvicorn without its 0.1 s polling: started and stopped by events, connections cut."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        if self._stop:
            await self._stop.wait()

    def stop(self) -> None:
        """End the main loop; from any thread."""
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        for bound in sockets or []:
            bound.close()
        for connection in list(self.server_state.connections):
            with suppress(InvalidState):  # a WebSocket that its client is closing just now
                connection.shutdown()
        if tasks := list(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(self.server_state.connections):
            if transport := getattr(connection, "transport", None):
                transport.abort()
        await asyncio.sleep(0)

    def cut(self, client: tuple[str, int]) -> None:
        """Drop the connection of this client without a word."""
        for connection in list(self.server_state.connections):
            if getattr(connection, "client", None) == client:
                connection.transport.abort()


def dated(app: ASGIApp, state: State) -> ASGIApp:
    """The app with a Date header by Slack's clock, which a test may put wrong."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                moment = format_datetime(datetime.now(UTC) + state.clock_off, usegmt=True)
                message["headers"] = [*message["headers"], (b"date", moment.encode())]
            await send(message)

        await app(scope, receive, stamped)

    return answered


class Server:
    """A workspace being served. Use it as a context manager; `api_url` is a bot's base URL."""

    def __init__(self, state: State, port: int = 0, routes: Sequence[BaseRoute] = ()) -> None:
        self._state = state
        self._port = port
        self._routes = routes
        self.hub = SocketHub(state)
        self.courier = Courier(state, self.hub.send)
        self._endpoints = Endpoints(state, self._cut)
        self._uvicorn: _Uvicorn | None = None
        self._thread: threading.Thread | None = None

    @property
    def api_url(self) -> str:
        """`http://127.0.0.1:PORT/api/`: what the bot gets as the base of the Web API."""
        return f"{self._state.base_url}api/"

    def start(self) -> None:
        """Bind, serve in a thread, and return once connections are taken (some milliseconds)."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._state.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        config = uvicorn.Config(
            dated(self._app(), self._state),
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            ws="websockets-sansio",
            http="h11",
            loop="asyncio",
        )
        server = self._uvicorn = _Uvicorn(config)
        self._thread = threading.Thread(
            target=lambda: server.run([listener]), name="sandbox-server", daemon=True
        )
        self._thread.start()
        if not server.ready.wait(START_SECONDS):
            raise RuntimeError("the sandbox did not start")
        self._state.emit = self.courier.emit

    def stop(self) -> None:
        """Close every connection, and end the threads."""
        self._state.emit = lambda _app, _event: None
        self._state.faults.abandon()
        if self._uvicorn and self._thread:
            self._uvicorn.stop()
            self._thread.join(START_SECONDS)
        self.courier.close()
        self._state.base_url = ""

    def _app(self) -> Starlette:
        ends = self._endpoints
        return Starlette(
            routes=[
                Route("/api/{method}", ends.web_api, methods=["GET", "POST"]),
                Route("/upload/v1/{key}", ends.upload, methods=["POST"]),
                Route("/files-pri/{file}/{rest:path}", ends.download),
                Route("/hooks/{key:path}", ends.hook, methods=["POST"]),
                WebSocketRoute("/link/", self.hub.serve),
                *self._routes,
            ]
        )

    def _cut(self, client: tuple[str, int]) -> None:
        if self._uvicorn:
            self._uvicorn.cut(client)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
