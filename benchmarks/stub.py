"""A stand-in for Slack at the edge: answers every call of the Web API with ``ok`` and keeps it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread


class StubSlack:
    """Where it is, and the calls that came.

    Args:
        url: what goes into ``slack_api_url``.
        calls: method and body of each call, oldest first.
    """

    def __init__(self, url: str, calls: SimpleQueue[tuple[str, str]]) -> None:
        self.url = url
        self.calls = calls


@contextmanager
def stub_slack() -> Iterator[StubSlack]:
    """Yield a Slack on a free port."""
    calls: SimpleQueue[tuple[str, str]] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            calls.put((self.path.rpartition("/")[2], self.rfile.read(length).decode()))
            body = b'{"ok": true}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield StubSlack(f"http://127.0.0.1:{server.server_address[1]}/api/", calls)
        finally:
            server.shutdown()
            thread.join()
