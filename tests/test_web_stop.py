"""Stopping the HTTP server: what is under way is answered whole, and nobody is waited for long."""

import os
import socket
import stat
import time
from collections.abc import Callable, Iterable
from http.client import HTTPResponse
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from psrt_bot.web import WebServer

LONG = b"x" * 8_000_000  # more than the buffers of two sockets hold
HEADERS = [("Content-Length", str(len(LONG)))]


class Held:
    """A server whose answer waits until it is let go, and one who asked it."""

    def __init__(self) -> None:
        self.asked, self.may_answer = Event(), Event()
        self.server = WebServer(self._answer, "127.0.0.1", 0)
        self.server.start()
        self.client = socket.socket()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.client.settimeout(10)
        address = urlsplit(self.server.address)
        self.client.connect((address.hostname, address.port))
        self.client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert self.asked.wait(10)
        self.stopping = Thread(target=self.server.stop)
        self.stopping.start()

    def _answer(self, _environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.set()
        assert self.may_answer.wait(10)
        start("200 OK", HEADERS)
        return [LONG]


@pytest.fixture
def held() -> Iterable[Held]:
    made = Held()
    yield made
    made.may_answer.set()
    made.stopping.join()
    made.client.close()


def test_an_answer_under_way_comes_whole(held: Held) -> None:
    assert held.stopping.is_alive()
    held.may_answer.set()
    answer = HTTPResponse(held.client)
    answer.begin()
    assert len(answer.read()) == len(LONG)
    held.stopping.join(10)
    assert not held.stopping.is_alive()


def test_a_stop_that_is_slow_to_tell_writes_to_nobody_elses_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop may wake by itself and end while stop() is about to wake it: its pipe stays open."""
    server = WebServer(lambda _environ, _start: [], "127.0.0.1", 0)
    server.start()
    pull = server._server.trigger.pull_trigger

    def slowly() -> None:
        pull()
        server._thread.join(0.5)  # long enough for a loop that waits for nobody
        pull()

    monkeypatch.setattr(server._server.trigger, "pull_trigger", slowly)
    server.stop()
    assert not server._thread.is_alive()
    server.stop()  # a second time it pulls nothing


def test_a_request_that_goes_on_for_ever_writes_to_nobody_elses_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not waited for; when it ends after all, the pipe it pulls is still that pipe."""
    monkeypatch.setattr("psrt_bot.web.LAST_ANSWERS", 0.1)
    held = Held()
    held.stopping.join(10)
    assert not held.stopping.is_alive()
    trigger = held.server._server.trigger
    assert stat.S_ISFIFO(os.fstat(trigger.trigger).st_mode)
    held.may_answer.set()
    deadline = time.monotonic() + 10
    while held.server._server.task_dispatcher.threads and time.monotonic() < deadline:
        time.sleep(0.01)
    held.client.close()
    trigger._closed = False
    trigger.close()
    assert not held.server._server.task_dispatcher.threads


def test_who_reads_nothing_is_left_after_a_while(held: Held) -> None:
    held.may_answer.set()
    held.stopping.join(30)
    assert not held.stopping.is_alive()
