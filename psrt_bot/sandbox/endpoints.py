"""The HTTP endpoints: Web API, upload URL, private files, response_url."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from psrt_bot.sandbox import filing, hooks
from psrt_bot.sandbox.api import dispatch
from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.trouble import Asked, Cut, Done, Troubles


class Endpoints:
    """Handlers bound to one workspace. `cut` drops a client's connection."""

    def __init__(self, state: State, cut: Cut) -> None:
        self._state = state
        self._troubles = Troubles(state.faults, cut, state.reading)

    async def web_api(self, request: Request) -> Response:
        """POST /api/METHOD with a form or JSON; a planned fault strikes here."""
        number = self._state.serial()
        method = request.path_params["method"]
        args = await _arguments(request)
        if args is None:
            return JSONResponse(Refusal("invalid_json").answer())
        token = _bearer(request) or str(args.get("token") or "")
        args.pop("token", None)

        def note(body: Json | None, status: int, docs: str | None) -> None:
            dispatch.record(self._state, method, token, args, body, status, docs, number)

        def effect() -> Done:
            if (seconds := dispatch.too_soon(self._state, method, token, args)) is not None:
                refusal = Refusal("ratelimited").of(method)
                headers = {"Retry-After": str(seconds)}
                answer = refusal.answer()
                return Done(JSONResponse(answer, 429, headers), answer, refusal.docs)
            body, docs = dispatch.answer(self._state, method, token, args)
            headers = dispatch.scopes_told(self._state, method, token)
            return Done(JSONResponse(body, headers=headers), body, docs)

        return await self._troubles.meet(method, args, Asked(request, effect, note))

    async def upload(self, request: Request) -> Response:
        """POST of a file's bytes to the address files.getUploadURLExternal gave."""
        if "multipart/form-data" in request.headers.get("content-type", ""):
            async with request.form() as form:
                parts = [await p.read() for p in form.values() if not isinstance(p, str)]
            content = parts[0] if parts else b""
        else:
            content = await request.body()

        def effect() -> Done:
            if filing.receive(self._state, request.path_params["key"], content):
                return Done(PlainTextResponse(f"OK - {len(content)}"))
            return Done(PlainTextResponse("invalid upload", 400))

        return await self._troubles.meet("upload", {"length": len(content)}, Asked(request, effect))

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

        def effect() -> Done:
            status, text = hooks.use(self._state, request.path_params["key"], body)
            return Done(PlainTextResponse(text, status))

        args = body if isinstance(body, dict) else {}
        return await self._troubles.meet("response_url", args, Asked(request, effect))


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
