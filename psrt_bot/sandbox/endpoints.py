"""The HTTP endpoints: Web API, upload URL, private files, response_url."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from psrt_bot.sandbox import filing, hooks
from psrt_bot.sandbox.api import dispatch
from psrt_bot.sandbox.faults import Fault
from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.state import State

NO_FAULT = Fault("none")
Cut = Callable[[tuple[str, int]], None]


class Endpoints:
    """Handlers bound to one workspace. `cut` drops a client's connection."""

    def __init__(self, state: State, cut: Cut) -> None:
        self._state = state
        self._cut = cut

    async def web_api(self, request: Request) -> Response:
        """POST /api/METHOD with a form or JSON; a planned fault strikes here."""
        method = request.path_params["method"]
        args = await _arguments(request)
        if args is None:
            return JSONResponse(Refusal("invalid_json").answer())
        token = _bearer(request) or str(args.get("token") or "")
        args.pop("token", None)
        fault = self._state.faults.take(method, args) or NO_FAULT
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.cut == "before":
            return await self._dropped(request, method, token, args)
        if fault.status:
            dispatch.record(self._state, method, token, args, fault.body, fault.status, None)
            content = json.dumps(fault.body) if fault.body else "<html>no JSON here</html>"
            return Response(content, fault.status, fault.headers)
        body, docs = dispatch.answer(self._state, method, token, args)
        if fault.cut == "after":
            return await self._dropped(request, method, token, args)
        dispatch.record(self._state, method, token, args, body, 200, docs)
        return JSONResponse(body)

    async def _dropped(self, request: Request, method: str, token: str, args: Json) -> Response:
        dispatch.record(self._state, method, token, args, None, 0, None)
        if request.client:
            self._cut((request.client.host, request.client.port))
        await asyncio.sleep(0)
        return Response()

    async def upload(self, request: Request) -> Response:
        """POST of a file's bytes to the address files.getUploadURLExternal gave."""
        if "multipart/form-data" in request.headers.get("content-type", ""):
            async with request.form() as form:
                parts = [await p.read() for p in form.values() if not isinstance(p, str)]
            content = parts[0] if parts else b""
        else:
            content = await request.body()
        if filing.receive(self._state, request.path_params["key"], content):
            return PlainTextResponse(f"OK - {len(content)}")
        return PlainTextResponse("invalid upload", 400)

    async def download(self, request: Request) -> Response:
        """GET of url_private. Without a token that may read it Slack shows its sign-in page."""
        app = dispatch.app_of_token(self._state, _bearer(request))
        file = self._state.files.get(request.path_params["file"])
        if app is None or "files:read" not in app.scopes:
            return HTMLResponse("<html>Sign in to Slack</html>")
        if file is None or file.content is None:
            return Response(status_code=404)
        if not filing.readable(self._state, file, app.bot_user_id):
            return HTMLResponse("<html>Sign in to Slack</html>")
        return Response(file.content, media_type="application/octet-stream")

    async def hook(self, request: Request) -> Response:
        """POST to a response_url."""
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        status, text = hooks.use(self._state, request.path_params["key"], body)
        return PlainTextResponse(text, status)


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""


async def _arguments(request: Request) -> Json | None:
    """The arguments of a call from query, form or JSON; None when the JSON is none."""
    args: Json = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    if "json" in content_type:
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return None
        return args | body if isinstance(body, dict) else None
    async with request.form() as form:
        return args | dict(form)
