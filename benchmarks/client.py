"""Clients for ``benchmarks.http``: threads that post signed ballots for some seconds, kept alive.

Usage: python -m benchmarks.client PORT POLL CLIENTS SECONDS. Prints acknowledged ballots a second.
"""

import http.client
import sys
import time
from threading import Thread

from slack_sdk.signature import SignatureVerifier

from benchmarks.http import ELECTORS, body_of
from benchmarks.rig import SECRET


class Client(Thread):
    """Posts one ballot after another until the time is over."""

    def __init__(self, port: int, poll: str, number: int, until: float) -> None:
        super().__init__()
        self._port, self._poll, self._number, self._until = port, poll, number, until
        self._signer = SignatureVerifier(SECRET)
        self.acknowledged = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while time.monotonic() < self._until:
            view = f"V{self._number}.{self.acknowledged}"
            body = body_of((self._number * 31 + self.acknowledged) % ELECTORS, self._poll, view)
            stamp = str(int(time.time()))
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": self._signer.generate_signature(timestamp=stamp, body=body)
                or "",
            }
            connection.request("POST", "/slack/events", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            self.acknowledged += 1


if __name__ == "__main__":
    port, poll, clients, seconds = sys.argv[1:]
    started = time.monotonic()
    threads = [
        Client(int(port), poll, number, started + float(seconds)) for number in range(int(clients))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(thread.acknowledged for thread in threads) / (time.monotonic() - started))
