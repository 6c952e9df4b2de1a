"""Tells open windows that something has changed, so that they look again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from psrt_bot.sandbox.page.guard import admitted
from psrt_bot.sandbox.state import State

TOGETHER_SECONDS = 0.01
"""Changes so close to each other are told as one."""


class Live:
    """The WebSockets of all windows. A WebSocket, because browsers open six SSE streams at most."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        state.listeners.append(self._changed)

    def _changed(self) -> None:
        # With the state's lock held, from any thread: wake the loops and return.
        for event, loop in list(self._waiting.items()):
            with suppress(RuntimeError):  # that loop has ended
                loop.call_soon_threadsafe(event.set)

    async def serve(self, socket: WebSocket) -> None:
        """One window, from opening to closing."""
        if not admitted(socket):
            await socket.close(4003)
            return
        await socket.accept()
        event = asyncio.Event()
        self._waiting[event] = asyncio.get_running_loop()
        telling = asyncio.create_task(self._tell(socket, event))
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            del self._waiting[event]
            telling.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await telling

    async def _tell(self, socket: WebSocket, event: asyncio.Event) -> None:
        while True:
            await event.wait()
            event.clear()
            await socket.send_text("changed")
            await asyncio.sleep(TOGETHER_SECONDS)
