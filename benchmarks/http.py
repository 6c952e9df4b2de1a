"""(d) Casting over HTTP with 1, 8 and 32 clients against a stock Bolt app in its own dev server.

The stock app does the same write with the sqlite3 module and nothing else: no permission, no
sealing, no secrecy. Clients are processes of their own, each with threads that post signed ballots.
Both servers run all the time, are warmed up with as many ballots, and take turns.
"""

import gc
import json
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks.measure import Row
from benchmarks.rig import SECRET, bot, open_poll, user_id
from psrt_bot.voting.messages import CAST
from psrt_bot.web import WebServer, wsgi_app

ROUNDS = 3
SECONDS = 2.0
WARM_UP = 100  # ballots of each of 8 clients: a new SQLite file's first 500 commits are slower
ELECTORS = 200
AIMS = {1: 8.0, 8: None, 32: 10.0}

STOCK = """
import sqlite3, sys, threading, os
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
path, secret = sys.argv[1:]
app = App(signing_secret=secret, authorize=lambda: AuthorizeResult(
    enterprise_id=None, team_id=None, bot_token="xoxb-bench"))
local = threading.local()
def database():
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(path, isolation_level=None, timeout=10)
        local.db.execute("PRAGMA synchronous=FULL")
    return local.db
@app.view("voting.cast")
def cast(ack, body):
    db = database()
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO ballot VALUES (?, ?) ON CONFLICT (voter) DO UPDATE SET "
               "sealed = excluded.sealed", (body["user"]["id"], os.urandom(304)))
    db.execute("COMMIT")
    ack()
from http.server import HTTPServer
from slack_bolt.app.app import SlackAppDevelopmentServer
server = SlackAppDevelopmentServer(0, "/slack/events", app)
print(server._server.server_address[1], flush=True)
server._server.serve_forever()
"""


def body_of(number: int, poll: str, view: str) -> bytes:
    """Return the form-encoded submission of one elector."""
    payload = {
        "type": "view_submission",
        "team": {"id": "T0"},
        "user": {"id": user_id(number)},
        "view": {
            "id": view,
            "type": "modal",
            "callback_id": CAST,
            "private_metadata": poll,
            "state": {
                "values": {
                    "choice": {
                        "choice": {"type": "radio_buttons", "selected_option": {"value": "yes"}}
                    },
                    "check_word": {"check_word": {"type": "plain_text_input", "value": None}},
                }
            },
        },
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


@contextmanager
def ours() -> Iterator[tuple[int, str]]:
    """Yield the port of the bot's own server, and an open poll."""
    with bot(ELECTORS) as built:
        poll = open_poll(built, ELECTORS)
        server = WebServer(wsgi_app(built.bolt, SECRET, lambda: None), "127.0.0.1", 0)
        server.start()
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # as `psrt-bot run` has it
        gc.collect()
        gc.freeze()  # as `psrt-bot run` does
        try:
            yield int(server.address.rsplit(":", 1)[1]), poll
        finally:
            gc.unfreeze()
            server.stop()


@contextmanager
def stock() -> Iterator[tuple[int, str]]:
    """Yield the port of a stock Bolt app in its own dev server."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stock.db"
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE ballot (voter TEXT PRIMARY KEY, sealed BLOB)")
        process = subprocess.Popen(
            [sys.executable, "-c", STOCK, str(path), SECRET],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), "poll"
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def post(port: int, poll: str, clients: int, seconds: float, *most: str) -> tuple[int, float]:
    """Return how many ballots were acknowledged to so many clients, and in how many seconds.

    Args:
        most: how many each client posts at most, if that is limited.
    """
    command = [sys.executable, "-m", "benchmarks.client", str(port), poll, str(clients)]
    done = subprocess.run(
        [*command, str(seconds), *most], capture_output=True, text=True, check=True, timeout=90
    )
    count, took = done.stdout.split()
    return int(count), float(took)


def warm_up(port: int, poll: str) -> None:
    """Cast as many ballots on either side, however long it takes."""
    count, _ = post(port, poll, 8, 60, str(WARM_UP))
    assert count == 8 * WARM_UP


def seconds_a_ballot(port: int, poll: str, clients: int) -> float:
    """Return what a ballot takes while so many clients post."""
    count, took = post(port, poll, clients, SECONDS)
    return took / count


def measure() -> list[Row]:
    """Return a row for each number of clients: the median of rounds, the sides taking turns."""
    rows = []
    with ours() as mine, stock() as theirs:
        warm_up(*mine)
        warm_up(*theirs)
        for clients, aim in AIMS.items():
            rounds = [
                [seconds_a_ballot(*side, clients) for side in (mine, theirs)] for _ in range(ROUNDS)
            ]
            our_time, base = (median(found) for found in zip(*rounds, strict=True))
            name = f"casting over HTTP, {clients} client{'' if clients == 1 else 's'}"
            rows.append(Row(name, our_time, base, "a stock Bolt app, dev server", aim))
    return rows
