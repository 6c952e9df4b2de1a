"""What follows an answer waits for it, and never for another request's."""

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from psrt_bot.runtime.afterwards import Afterwards
from psrt_bot.runtime.slack import new_client
from psrt_bot.sandbox.courier import signature_headers
from psrt_bot.socket_mode import SocketMode
from psrt_bot.web import SLACK_PATH, WebServer, wsgi_app
from tests.runtime.captured_logs import CANARY, logged


@pytest.fixture
def afterwards() -> Iterator[Afterwards]:
    """Two workers."""
    made = Afterwards(2)
    yield made
    made.close()


def test_a_call_waits_for_the_answer(afterwards: Afterwards) -> None:
    """Kept, it is not made; released, it is made once, on another thread."""
    made = Event()
    afterwards.begin()
    afterwards.keep(made.set)
    assert not made.wait(0.05)
    afterwards.release()
    assert made.wait(5)
    made.clear()
    afterwards.release()
    afterwards.close()
    assert not made.is_set()


def test_each_request_has_its_own(afterwards: Afterwards) -> None:
    """A thread that answers somebody else releases nothing of ours; a new request forgets."""
    made: list[str] = []
    afterwards.begin()
    afterwards.keep(lambda: made.append("ours"))
    other = Thread(target=afterwards.release)
    other.start()
    other.join()
    afterwards.begin()
    afterwards.keep(lambda: made.append("the next one's"))
    afterwards.release()
    afterwards.close()
    assert made == ["the next one's"]


def test_a_call_that_fails_is_told_without_its_text(afterwards: Afterwards) -> None:
    """Nobody waits for its result, so the log has its traceback; the worker goes on."""

    def fail() -> None:
        raise ValueError(CANARY)

    with logged() as log:
        afterwards.keep(fail)
        afterwards.release()
        afterwards.close()
    assert "afterwards_failed" in log.getvalue()
    assert "ValueError" in log.getvalue()
    assert CANARY not in log.getvalue()


SECRET = "s" * 32


def bolt() -> App:
    """A Bolt app without any listener."""
    return App(
        signing_secret=SECRET,
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        process_before_response=True,
    )


def test_over_http_it_waits_until_the_bytes_are_out() -> None:
    """The client has the whole answer, and only then is the request called answered."""
    received, order = Event(), list[str]()

    def answered() -> None:
        assert received.wait(5)  # would never come, if the answer waited for us
        order.append("answered")

    server = WebServer(wsgi_app(bolt(), SECRET, lambda: None, answered), "127.0.0.1", 0)
    server.start()
    body = b"ssl_check=1"
    headers = signature_headers(SECRET, body)
    request = urllib.request.Request(server.address + SLACK_PATH, body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 -- our own server
        answer.read()
    order.append("received")
    received.set()
    server.stop()
    assert order == ["received", "answered"]


class Wire(BaseSocketModeClient):
    """The sending half of a connection, which may be gone."""

    def __init__(self, order: list[str], *, gone: bool) -> None:
        self.order, self.gone = order, gone

    def send_message(self, message: str) -> None:  # noqa: ARG002 -- theirs
        """Write down that a message was sent."""
        if self.gone:
            raise BrokenPipeError
        self.order.append("sent")


@pytest.mark.parametrize("gone", [False, True])
def test_over_a_socket_it_waits_until_the_answer_is_sent(gone: bool) -> None:
    """Or until it is sure that it cannot be: a window that was asked for opens all the same."""
    order: list[str] = []
    transport = SocketMode(
        bolt(), "xapp-1", new_client("xoxb-1", "http://127.0.0.1:9/"), lambda: order.append("done")
    )
    request = SocketModeRequest(type="slash_commands", envelope_id="E1", payload={"ssl_check": "1"})
    wire = Wire(order, gone=gone)
    wire.logger = logging.getLogger("slack_bolt")
    with suppress(BrokenPipeError):
        transport._answer(wire, request)
    transport.stop()
    assert order == (["done"] if gone else ["sent", "done"])
