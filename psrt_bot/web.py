"""HTTP mode: Slack's requests on ``/slack/events``, and the few public routes.

Waitress embedded (DESIGN section 8): threads, so that a slow listener holds up nobody else, with
limits on body size and time.
"""

import json
import socket
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from threading import Event, Thread
from typing import Any

import structlog
from slack_bolt import App, BoltResponse
from slack_sdk.signature import SignatureVerifier
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from psrt_bot.gate import Gate, read_form

log = structlog.get_logger(__name__)

SLACK_PATH = "/slack/events"
THREADS = 16
LAST_ANSWERS = 5  # seconds for what is under way when the server is stopped
LAST_BYTES = 1  # seconds more for who reads slowly
MAX_BODY = 1024 * 1024  # bytes; Slack's largest payload, a full modal, is well below

Environ = dict[str, Any]
StartResponse = Any  # PEP 3333; its type lives in the type checker alone


def wsgi_app(
    bolt: App,
    signing_secret: str,
    ready: Callable[[], str | None],
    answered: Callable[[], None] = lambda: None,
) -> Callable[..., Iterable[bytes]]:
    """Return the WSGI application.

    Args:
        signing_secret: with which Slack signs its requests; anything else gets a 401.
        ready: what is wrong, or None; answered at ``/readyz``.
        answered: called by the thread of a request of Slack's once its answer has been sent.
    """
    gate = Gate(bolt)
    verifier = SignatureVerifier(signing_secret)

    def slack(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        body = environ["wsgi.input"].read(int(length))
        stamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
        signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
        if not _is_utf8(body):  # the verifier would raise, and Slack sends nothing else
            log.warning("malformed_payload", problem="the body is no UTF-8")
            return _json(start_response, "400 Bad Request", {"ok": False})
        # It raises, too, on a stamp that is no number and on a signature beyond ASCII.
        readable = stamp.isascii() and stamp.isdecimal() and signature.isascii()
        if not (readable and verifier.is_valid(body, stamp, signature)):
            log.warning("unsigned_request")
            return _json(start_response, "401 Unauthorized", {"ok": False})
        payload = read_form(body, environ.get("CONTENT_TYPE", ""))
        answer = gate.answer(payload, _retry_headers(environ))
        try:
            _send(start_response, answer)
        finally:
            answered()
        return ()

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
            case "POST", path if path == SLACK_PATH:
                return slack(environ, start_response)
            case "GET", "/healthz":
                return _json(start_response, "200 OK", {"ok": True})
            case "GET", "/readyz":
                problem = ready()
                status = "503 Service Unavailable" if problem else "200 OK"
                return _json(start_response, status, {"ok": not problem, "problem": problem})
        return _json(start_response, "404 Not Found", {"ok": False})

    return application


class WebServer:
    """The HTTP server. ``port`` 0 takes a free one, which ``address`` then tells."""

    def __init__(self, application: Callable[..., Iterable[bytes]], host: str, port: int) -> None:
        self._server = create_server(
            application,
            host=_one_address(host),
            port=port,
            threads=THREADS,
            max_request_body_size=MAX_BODY,
            channel_timeout=30,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._server.effective_port}"
        self._stopping, self._told = Event(), Event()
        self._thread = Thread(target=self._run, name="psrt-http", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, then end. Once; what was stopped is not stopped again."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.trigger.pull_trigger()
        self._told.set()
        self._thread.join()

    def _run(self) -> None:
        # Waitress's own run() ends only with the process; this is its loop with an end.
        channels = self._server._map
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1, map=channels, use_poll=True, count=1)
        self._server.task_dispatcher.shutdown(timeout=LAST_ANSWERS)
        until = time.monotonic() + LAST_BYTES
        open_ones = [one for one in list(channels.values()) if isinstance(one, HTTPChannel)]
        while any(one.total_outbufs_len for one in open_ones) and time.monotonic() < until:
            wasyncore.loop(timeout=0.05, map=channels, use_poll=True, count=1)
        for one in open_ones:
            one.handle_close()  # closes what it buffered in a file too
        # Whoever pulls a closed trigger writes to a file descriptor that may be another file's by
        # then: not before stop() has pulled, and never while a request goes on.
        self._told.wait()
        if self._server.task_dispatcher.threads:
            self._server.trigger._closed = True  # its close() does nothing now
        wasyncore.close_all(channels)


def _one_address(host: str) -> str:
    """Return one address of a host, IPv4 before IPv6. Raises OSError for an unknown host.

    Of a name with several (localhost, on many machines) waitress makes a server of another class,
    without the trigger by which ours is stopped.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    return str(found[0][4][0])


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _retry_headers(environ: Environ) -> dict[str, str]:
    names = {"x-slack-retry-num": "HTTP_X_SLACK_RETRY_NUM"}
    return {name: environ[key] for name, key in names.items() if key in environ}


def _send(start_response: StartResponse, answer: BoltResponse) -> None:
    """Send an answer at once: of an empty one waitress would else send nothing before we return."""
    data = (answer.body or "").encode()
    headers = [
        (name, value)
        for name, values in answer.headers.items()
        for value in values
        if name.lower() != "content-length"
    ]
    write = start_response(
        f"{answer.status} {HTTPStatus(answer.status).phrase}",
        [*headers, ("Content-Length", str(len(data)))],
    )
    write(data)


def _json(start_response: StartResponse, status: str, body: dict[str, Any]) -> Iterable[bytes]:
    data = json.dumps(body).encode()
    start_response(
        status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    )
    return [data]
