"""(d) Casting over HTTP with 1, 8 and 32 clients against a stock Bolt app in its own dev server.

The stock app does the same write with the sqlite3 module and nothing else: no permission, no
sealing, no secrecy. Clients are processes of their own, each with threads that post signed ballots.
"""

import gc
import json
import logging
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks.measure import Row
from benchmarks.rig import SECRET, bot, open_poll, user_id
from psrt_bot.voting.messages import CAST
from psrt_bot.web import WebServer, wsgi_app

SECONDS = 3.0
ELECTORS = 200
AIMS = {1: 8.0, 8: 9.0, 32: 10.0}

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


def rate(port: int, poll: str, clients: int) -> float:
    """Return how many ballots a second are acknowledged to so many clients."""
    command = [sys.executable, "-m", "benchmarks.client", str(port), poll, str(clients)]
    done = subprocess.run(
        [*command, str(SECONDS)], capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


def measure() -> list[Row]:
    """Return a row for each number of clients."""
    mine, theirs = {}, {}
    with ours() as (port, poll):
        rate(port, poll, 8)  # warms the database up
        for clients in AIMS:
            mine[clients] = rate(port, poll, clients)
    with stock() as (port, poll):
        rate(port, poll, 1)
        for clients in AIMS:
            theirs[clients] = rate(port, poll, clients)
            time.sleep(0.2)
    return [
        Row(
            f"casting over HTTP, {clients} clients",
            1 / mine[clients],
            1 / theirs[clients],
            "a stock Bolt app, dev server",
            aim,
        )
        for clients, aim in AIMS.items()
    ]
