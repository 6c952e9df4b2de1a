"""What the page lets in, and what it lets the browser load: this machine's own, nothing else.

A page on the loopback address can be reached by any site that is open in the same browser; so a
foreign Host (DNS rebinding) and a foreign Origin are refused, and changes come as JSON only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response

Handler = Callable[[Request], Awaitable[Response]]

OURS = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def admitted(connection: HTTPConnection) -> bool:
    """Whether a request comes from this machine's own page."""
    host = connection.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in OURS:
        return False
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host


def guarded(handler: Handler) -> Handler:
    """A handler that refuses strangers and adds the headers above."""

    async def handle(request: Request) -> Response:
        is_json = "json" in request.headers.get("content-type", "")
        if not admitted(request) or (request.method == "POST" and not is_json):
            return PlainTextResponse("This page answers its own machine only.", 403)
        response = await handler(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return handle
