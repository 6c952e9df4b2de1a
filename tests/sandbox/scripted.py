"""An app reduced to its request URL: it records what comes and answers what a test wants."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Request:
    """One request as it came."""

    headers: dict[str, str]
    raw: bytes
    payload: dict[str, Any]


@dataclass
class Reply:
    """One answer: `body` a dict for JSON, or text."""

    status: int = 200
    body: dict[str, Any] | str = ""
    delay: float = 0.0


def parsed(raw: bytes, content_type: str) -> dict[str, Any]:
    """The payload of any request of Slack's."""
    if "json" in content_type:
        answer: dict[str, Any] = json.loads(raw)
        return answer
    form = {name: values[0] for name, values in parse_qs(raw.decode(), True).items()}
    return json.loads(form["payload"]) if "payload" in form else form


@dataclass
class ScriptedApp:
    """`reply` decides each answer; `received` keeps the requests."""

    reply: Callable[[dict[str, Any]], Reply] = lambda _payload: Reply()
    received: list[Request] = field(default_factory=list)

    @property
    def last(self) -> dict[str, Any]:
        return self.received[-1].payload

    def answers(self, body: dict[str, Any] | str = "", status: int = 200) -> None:
        """Answer everything like this from now on."""
        self.reply = lambda _payload: Reply(status, body)

    def start(self) -> str:
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                payload = parsed(raw, self.headers["Content-Type"])
                app.received.append(Request(dict(self.headers), raw, payload))
                reply = app.reply(payload)
                time.sleep(reply.delay)
                is_json = isinstance(reply.body, dict)
                content = json.dumps(reply.body) if is_json else str(reply.body)
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json" if is_json else "text/plain")
                self.end_headers()
                with suppress(BrokenPipeError):  # who asked may have given up
                    self.wfile.write(content.encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}/slack/events"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
