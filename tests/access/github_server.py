"""A small GitHub: a team's members as its REST API documents them, and everything that goes wrong.

Shapes are those of docs.github.com/en/rest: teams/members ("list team members"), using the REST
API: pagination, rate limits, troubleshooting. Real HTTP on the loopback address.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

DOCS = "https://docs.github.com/rest"


@dataclass
class GitHub:
    """What the server holds; tests change it.

    Args:
        accounts: names of accounts, by the kind that GitHub calls type.
        page: how many it gives at most, whatever is asked for.
        broken: what is answered instead: status, headers, body.
        broken_at: the page from which on it is broken.
    """

    team: str = "python/psrt"
    token: str = "github_pat_11CANARYCANARYCANARY"
    logins: Sequence[str] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    page: int = 100
    broken: tuple[int, Mapping[str, str], bytes] | None = None
    broken_at: int = 1
    delay: float = 0
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    url: str = ""

    def breaks(self, status: int, message: str = "", **headers: str) -> None:
        """Answer with an error of GitHub's shape from now on."""
        body = {"message": message, "documentation_url": DOCS, "status": str(status)}
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.broken = (status, told, json.dumps(body).encode())

    def says(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer with anything."""
        self.broken = (status, {n.replace("_", "-"): v for n, v in headers.items()}, body)

    def answer(self, path: str, sent: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer one request."""
        self.asked.append((path, sent))
        parts = urlsplit(path)
        asked = parse_qs(parts.query)
        number = int(asked.get("page", ["1"])[0])
        time.sleep(self.delay)
        if self.broken is not None and number >= self.broken_at:
            return self.broken
        if sent.get("authorization") not in (f"Bearer {self.token}", f"token {self.token}"):
            return 401, {}, _error("Bad credentials", 401)
        if parts.path.startswith("/api/v3/users/"):
            return self._account(parts.path.removeprefix("/api/v3/users/"))
        organisation, _, slug = self.team.partition("/")
        if parts.path != f"/api/v3/orgs/{organisation}/teams/{slug}/members":
            return 404, {}, _error("Not Found", 404)
        size = min(int(asked.get("per_page", ["30"])[0]), self.page)
        begin = (number - 1) * size
        some = self.logins[begin : begin + size]
        return (
            200,
            self._links(parts.path, number, size),
            json.dumps([_user(one) for one in some]).encode(),
        )

    def _account(self, login: str) -> tuple[int, Mapping[str, str], bytes]:
        """Answer "get a user": the name as its owner writes it, whatever case was asked for."""
        found = next((name for name in self.accounts if name.lower() == login.lower()), None)
        if found is None:
            return 404, {}, _error("Not Found", 404)
        return 200, {}, json.dumps(_user(found) | {"type": self.accounts[found]}).encode()

    def _links(self, path: str, number: int, size: int) -> dict[str, str]:
        last = max(1, -(-len(self.logins) // size))
        host = self.url.partition("/api/")[0]

        def link(page: int, rel: str) -> str:
            return f'<{host}{path}?per_page={size}&page={page}>; rel="{rel}"'

        links = [link(number - 1, "prev"), link(1, "first")] if number > 1 else []
        if number < last:
            links += [link(number + 1, "next"), link(last, "last")]
        return {"Link": ", ".join(links)} if links else {}


def _user(login: str) -> dict[str, Any]:
    address = f"https://api.github.com/users/{login}"
    return {
        "login": login,
        "id": abs(hash(login)) % 10**8,
        "node_id": "MDQ6VXNlcjE=",
        "avatar_url": "",
        "url": address,
        "html_url": f"https://github.com/{login}",
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def _error(message: str, status: int) -> bytes:
    return json.dumps(
        {"message": message, "documentation_url": DOCS, "status": str(status)}
    ).encode()


@contextmanager
def serving(github: GitHub) -> Iterator[GitHub]:
    """Serve it; ``url`` is the base to be asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            sent = {name.lower(): value for name, value in self.headers.items()}
            status, headers, body = github.answer(self.path, sent)
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    github.url = f"http://127.0.0.1:{server.server_port}/api/v3/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
