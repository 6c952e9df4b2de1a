"""How a request of the app meets a fault: what each field of a `Fault` does to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from psrt_bot.sandbox.faults import Fault, Faults
from psrt_bot.sandbox.model import Json

Cut = Callable[[tuple[str, int]], None]


@dataclass(frozen=True)
class Done:
    """A request that took effect: the answer, and its JSON and page for the record."""

    response: Response
    body: Json | None = None
    docs: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request under way. `effect` carries it out; `note` writes it down as it was answered."""

    request: Request
    effect: Callable[[], Done]
    note: Callable[[Json | None, int, str | None], None] = lambda _body, _status, _docs: None


class Troubles:
    """Lets requests run into the planned faults.

    Args:
        cut: drops a client's connection.
        together: within it nobody sees a part: who sees an effect finds the call on record too.
    """

    def __init__(
        self, faults: Faults, cut: Cut, together: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._faults = faults
        self._cut = cut
        self._together = together

    async def meet(self, name: str, args: Json, asked: Asked) -> Response:
        """Carry a request out, or let it meet the fault that is planned for it."""
        fault = self._faults.take(name, args)
        if fault is None:
            with self._together():
                return _answered(asked, asked.effect())
        await asyncio.sleep(fault.delay)
        if fault.held:
            return await self._late(fault, asked)
        if fault.silent == "before" or fault.cut == "before":
            return await self._unanswered(fault, asked)
        if fault.status and not fault.took_effect:
            return _instead(fault, asked)
        done = asked.effect()
        if fault.silent or fault.cut:
            return await self._unanswered(fault, asked)
        if fault.status:
            return _instead(fault, asked)
        await asyncio.sleep(fault.lag)
        return _answered(asked, done)

    async def _unanswered(self, fault: Fault, asked: Asked) -> Response:
        asked.note(None, 0, None)
        if fault.silent:
            await _until_given_up(fault, asked.request)
        return await self._dropped(asked.request)

    async def _late(self, fault: Fault, asked: Asked) -> Response:
        held = fault.hold.enter()
        if not await asyncio.wrap_future(held.go):
            return await self._dropped(asked.request)
        gone = await asked.request.is_disconnected()
        done = asked.effect()
        asked.note(None if gone else done.body, 0 if gone else 200, None if gone else done.docs)
        held.done.set()
        return done.response

    async def _dropped(self, request: Request) -> Response:
        if request.client:
            self._cut((request.client.host, request.client.port))
        await asyncio.sleep(0)
        return Response()


def _answered(asked: Asked, done: Done) -> Response:
    asked.note(done.body, done.response.status_code, done.docs)
    return done.response


def _instead(fault: Fault, asked: Asked) -> Response:
    status = fault.status or 500
    asked.note(fault.body, status, None)
    content = json.dumps(fault.body) if fault.body else "<html>no JSON here</html>"
    return Response(content, status, fault.headers)


async def _until_given_up(fault: Fault, request: Request) -> None:
    """Wait until the client hangs up, or the server stops."""
    stopped: asyncio.Future[Any] = asyncio.wrap_future(fault.hold.enter().go)
    gone: asyncio.Future[Any] = asyncio.ensure_future(request.receive())
    await asyncio.wait({stopped, gone}, return_when=asyncio.FIRST_COMPLETED)
    for waiting in (stopped, gone):
        waiting.cancel()
