"""Clients for ``benchmarks.http``: threads that post signed ballots for some seconds, kept alive.

Usage: python -m benchmarks.client PORT POLL CLIENTS SECONDS [MOST], where no client posts more than
MOST. Prints how many ballots were acknowledged, and in how many seconds.
"""

import http.client
import sys
import time
from threading import Thread
from uuid import uuid4

from slack_sdk.signature import SignatureVerifier

from benchmarks.http import ELECTORS, body_of
from benchmarks.rig import SECRET


class Client(Thread):
    """Posts one ballot after another until the time is over, or enough are."""

    def __init__(self, port: int, poll: str, number: int, until: float, most: float) -> None:
        super().__init__()
        self._port, self._poll, self._number = port, poll, number
        self._until, self._most = until, most
        self._signer = SignatureVerifier(SECRET)
        self.acknowledged = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while time.monotonic() < self._until and self.acknowledged < self._most:
            view = f"V{uuid4().hex}"  # a second ballot of one modal would be refused as a replay
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
            said = answer.read()
            assert answer.status == 200
            assert b'"errors"' not in said, said  # a refusal is a 200 as well
            self.acknowledged += 1


if __name__ == "__main__":
    port, poll, clients, seconds = sys.argv[1:5]
    most = float(sys.argv[5]) if len(sys.argv) > 5 else float("inf")
    started = time.monotonic()
    threads = [
        Client(int(port), poll, number, started + float(seconds), most)
        for number in range(int(clients))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - started
    print(sum(thread.acknowledged for thread in threads), took)
