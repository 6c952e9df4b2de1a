"""The page's addresses. Give `Page(...).routes` to `workspace.serve`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import BaseRoute, Route, WebSocketRoute

from psrt_bot.sandbox.model import User
from psrt_bot.sandbox.page import places, spot, window
from psrt_bot.sandbox.page.acts import Acts
from psrt_bot.sandbox.page.config import PageConfig
from psrt_bot.sandbox.page.guard import guarded
from psrt_bot.sandbox.page.live import Live
from psrt_bot.sandbox.page.window import Desk
from psrt_bot.sandbox.workspace import Workspace

STATIC = Path(__file__).parent / "static"
KEPT = ("hood", "words", "kinds")
"""What of an address goes along from place to place."""


class Page:
    """A workspace in the browser. Every window is a person, by its address: `/as/NAME/PLACE`."""

    def __init__(self, workspace: Workspace, config: PageConfig | None = None) -> None:
        self.desk = Desk(workspace, config or PageConfig())
        self._acts = Acts(self.desk)
        self._live = Live(workspace.state)
        self._templates = Environment(
            loader=PackageLoader("psrt_bot.sandbox.page"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = self._templates.get_template("page.html")
        self._preparing = self._templates.get_template("preparing.html")

    @property
    def routes(self) -> list[BaseRoute]:
        """To be served beside Slack's own addresses."""
        return [
            Route("/", guarded(self.enter)),
            Route("/go/{person}/{name:path}", guarded(self.go)),
            Route("/as/{person}/", guarded(self.go)),
            Route("/as/{person}", guarded(self.go)),
            Route("/as/{person}/file/{file}", guarded(self.file)),
            Route("/as/{person}/do/{act}", guarded(self.act), methods=["POST"]),
            Route("/as/{person}/{place}", guarded(self.show)),
            Route("/hood/{key}", guarded(self.hood)),
            Route("/page/{name}", guarded(self.static)),
            WebSocketRoute("/live", self._live.serve),
        ]

    def _user(self, request: Request) -> User | None:
        name = request.path_params["person"]
        return next((u for u in places.people(self.desk.state) if u.name == name), None)

    async def enter(self, request: Request) -> Response:
        """The front door: the first person's first place."""
        config = self.desk.config
        first = config.person or next(u.name for u in places.people(self.desk.state))
        return RedirectResponse(f"/as/{quote(first)}{_tail(request)}")

    async def go(self, request: Request) -> Response:
        """Somebody's place by a channel's name; without one, where they begin."""
        user = self._user(request)
        if user is None:
            return PlainTextResponse("There is nobody of this name here.", 404)
        wanted = request.path_params.get("name") or self.desk.config.start
        with self.desk.state.reading():
            found = places.sidebar(self.desk.state, self.desk.reads, user)
            key = wanted if wanted.startswith("app-") else spot.first(found, wanted)
        return RedirectResponse(f"/as/{quote(user.name)}/{key}{_tail(request)}")

    async def show(self, request: Request) -> Response:
        """A window, whole. Asked with the tag of what it shows: 304 when that is still so."""
        user = self._user(request)
        if user is None:
            return PlainTextResponse("There is nobody of this name here.", 404)
        if self.desk.preparing:
            waiting = self._preparing.render(said=self.desk.preparing)
            return HTMLResponse(waiting, headers={"Cache-Control": "no-store"})
        html = await run_in_threadpool(self._html, request, user)
        if html is None:  # a place this person does not see
            return RedirectResponse(f"/as/{quote(user.name)}{_tail(request)}")
        tag = hashlib.sha256(html.encode()).hexdigest()[:24]
        headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
        if request.headers.get("x-shown") == tag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(html, headers=headers | {"X-Shown": tag})

    def _html(self, request: Request, user: User) -> str | None:
        key, query = request.path_params["place"], request.query_params
        made = window.context(self.desk, user, key, query)
        if made is None:
            return None
        with self.desk.state.reading():
            places_all = made["sidebar"].all
            return self._template.render(
                made,
                unread=sum(p.unread for p in places_all),
                query_tail=_tail(request),
                link=lambda **changes: _link(request, **changes),
            )

    async def act(self, request: Request) -> Response:
        """Something that somebody does."""
        user, act = self._user(request), self._acts.all.get(request.path_params["act"])
        try:
            body = await request.json()
        except ValueError:
            body = None
        if user is None or act is None or not isinstance(body, dict):
            return JSONResponse({"problem": "unknown"}, 404)
        try:
            answer = await run_in_threadpool(act, user, body)
        except (LookupError, ValueError, TypeError):
            # The window is older than the workspace: it looks again and finds what there is now.
            return JSONResponse({"problem": "gone"}, 409)
        return JSONResponse(answer)

    async def file(self, request: Request) -> Response:
        """A file's bytes, for who may read it; always as a download, but pictures."""
        user, key = self._user(request), request.path_params["file"]
        state = self.desk.state
        with state.reading():
            if user is None or not window.may_read(state, user, key):
                return PlainTextResponse("There is no such file for you.", 404)
            file = state.files[key]
            content, name = file.content or b"", file.name
        kinds = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}
        kind = kinds.get(name.rpartition(".")[2].lower())
        if kind and "inline" in request.query_params:
            return Response(content, media_type=kind)
        disposition = f"attachment; filename*=UTF-8''{quote(name)}"
        return Response(
            content,
            media_type="application/octet-stream",
            headers={"Content-Disposition": disposition},
        )

    async def hood(self, request: Request) -> Response:
        """One entry of the under-the-hood pane, whole and masked."""
        if not self.desk.config.show_hood:
            return PlainTextResponse("", 404)
        try:
            return PlainTextResponse(self.desk.hood.text(request.path_params["key"]))
        except (LookupError, ValueError):
            return PlainTextResponse("It is no longer kept.", 404)

    async def static(self, request: Request) -> Response:
        """Style sheet, scripts, icon."""
        path = STATIC / request.path_params["name"]
        if path.parent != STATIC or not path.is_file():
            return PlainTextResponse("", 404)
        return FileResponse(path, headers={"Cache-Control": "no-cache"})


def _tail(request: Request) -> str:
    kept = {name: request.query_params[name] for name in KEPT if name in request.query_params}
    return f"?{urlencode(kept)}" if kept else ""


def _link(request: Request, *, hood: bool | None = None, tab: str | None = None) -> str:
    query = dict(request.query_params)
    if hood is False:
        for name in KEPT:
            query.pop(name, None)
    elif hood:
        query["hood"] = "1"
    if tab:
        query["tab"] = tab
    return f"?{urlencode(query)}" if query else request.url.path
