"""Where HTTP mode listens: the address it tells can be called."""

import socket
import urllib.request

import pytest

from psrt_bot.web import WebServer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_address_told_answers(host: str) -> None:
    """By name, IPv4 or IPv6 address: the URL in the log is one that a browser understands."""
    if host == "::1" and not socket.has_ipv6:
        host = "127.0.0.1"  # a machine without IPv6 has nothing to prove here

    def application(_environ: object, start_response: object) -> list[bytes]:
        assert callable(start_response)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server = WebServer(application, host, 0)
    server.start()
    with urllib.request.urlopen(server.address, timeout=5) as answer:  # noqa: S310 -- our own
        assert answer.read() == b"ok"
    server.stop()
