"""One process of the bot under test, obeying simple commands, one JSON line each.

It builds ``psrt_bot.app.Bot`` with a given database, key folder and sandbox address. It is forked
by ``nursery.py``; by hand: ``python -m tests.stress.driver '{"settings": …}'`` reads them on stdin.
"""

import json
import socket
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from slack_bolt import BoltRequest

from psrt_bot.app import Bot
from psrt_bot.runtime import audit
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.rules import RuleError
from psrt_bot.settings import Settings
from psrt_bot.voting.messages import CAST, CHECK_WORD_FIELD, CHOICE_FIELD
from psrt_bot.voting.service.polls import Candidate
from storage.voting import Poll
from tests.stress.points import ANSWER, Plan, Points

Json = dict[str, Any]


class Channel:
    """Lines of JSON over a socket, or over stdin and stdout."""

    def __init__(self, reader: Any, writer: Any) -> None:
        self._reader, self._writer = reader, writer

    def read(self) -> Json | None:
        """Return the next line, or None at the end."""
        line = self._reader.readline()
        return json.loads(line) if line else None

    def write(self, said: Json) -> None:
        """Send a line."""
        self._writer.write(json.dumps(said) + "\n")
        self._writer.flush()


class Driver:
    """A bot and the commands it obeys: each method named ``do_…`` is one."""

    def __init__(self, channel: Channel, spec: Json) -> None:
        self._channel = channel
        self.points = Points(self._meet)
        self.points.attach()
        clock = MovableClock(datetime.fromisoformat(spec["now"]), frozen=True)
        self.bot = Bot(Settings(**spec["settings"]), clock=clock)

    def obey(self) -> None:
        """Carry out commands until there are no more."""
        while (order := self._channel.read()) is not None:
            self._channel.write(self._answer(order))

    def _answer(self, order: Json) -> Json:
        act: Callable[..., Any] = getattr(self, f"do_{order['do']}")
        if plan := order.get("plan"):
            self.points.begin_counting(Plan(plan["how"], plan["at"], tuple(plan["kinds"])))
        try:
            answer: Json = {"result": act(**order.get("with", {}))}
        except Exception as error:  # noqa: BLE001 -- told to the test, which judges it
            answer = {"error": f"{type(error).__name__}: {error}"}
        self.points.reach(ANSWER, "answer")
        return answer | {"points": self.points.stop_counting()}

    def _meet(self, name: str, number: int, transaction: str) -> None:
        self._channel.write({"point": name, "number": number, "transaction": transaction})
        self._channel.read()

    # the commands

    def do_start(self) -> None:
        """Start as after a reboot, with the way in of HTTP mode."""
        self.bot.start(http=("127.0.0.1", 0), background=False)

    def do_look(self) -> None:
        """Do everything that is due."""
        self.bot.look()

    def do_refresh(self) -> str | None:
        """Fetch people and channels; return the problem."""
        self.bot.refresh_people()
        return self.bot.problem()

    def do_move(self, seconds: float) -> None:
        """Let time pass, without looking."""
        assert isinstance(self.bot.clock, MovableClock)
        self.bot.clock.move(timedelta(seconds=seconds))

    def do_cast(self, user: str, poll: str, view: str, choice: str, word: str = "") -> Json:
        """Submit a ballot as Slack would; return the receipt, or the refusal's text."""
        values = {
            CHOICE_FIELD: {"a": {"type": "radio_buttons", "selected_option": {"value": choice}}},
            CHECK_WORD_FIELD: {"a": {"type": "plain_text_input", "value": word}},
        }
        view_sent = {
            "id": view,
            "type": "modal",
            "callback_id": CAST,
            "private_metadata": poll,
            "state": {"values": values},
        }
        body = {
            "type": "view_submission",
            "team": {"id": "T0"},
            "user": {"id": user},
            "view": view_sent,
        }
        response = self.bot.bolt.dispatch(BoltRequest(mode="socket_mode", body=body))
        said = json.loads(response.body or "{}")
        if said.get("response_action") == "update":
            text = json.dumps(said["view"])
            if text.count("`") == 2:
                return {"receipt": text.split("`")[1]}
        return {"refusal": said, "status": response.status}

    def do_ballot(self, user: str, poll: str) -> str:
        """Open somebody's ballot; return "opened", or the refusal."""
        with self.bot.database.reading() as session:
            try:
                self.bot.services.voting.ballot(session, self.bot.clock.now(), user, poll)
            except RuleError as error:
                return str(error)
        return "opened"

    def do_storm(self, users: list[str], poll: str, mark: str, limit: int = 1000) -> Json:
        """Cast for everybody in turn until the vote is over; return each one's last receipt."""
        last: Json = {}
        refusals: list[Json] = []
        choices = ("yes", "no", "abstain", "yes")
        for number in range(limit):
            user = users[number % len(users)]
            answer = self.do_cast(user, poll, f"V{mark}{number}", choices[number % 4])
            if "receipt" in answer:
                last[user] = answer["receipt"]
            else:
                refusals.append(answer)
                if len(refusals) == len(users):
                    break
        return {"last": last, "refusals": refusals}

    def do_append(self, times: int, actor: str) -> None:
        """Append to the audit log, a transaction each."""
        for number in range(times):
            with self.bot.database.transaction() as session:
                audit.append(
                    session, self.bot.clock.now(), actor=actor, act="tests:act", subject=str(number)
                )

    def do_verify(self) -> str:
        """Check the audit chain as ``psrt-bot audit verify`` does; return its problem."""
        with self.bot.database.reading() as session:
            return audit.verify(session).problem

    def do_open(
        self, poll: str, electors: list[tuple[str, str]], may_fail: bool = False
    ) -> str | None:
        """Open a planned poll, as an admin's go-ahead does; return the refusal, where it may be."""
        try:
            self._open(poll, electors)
        except RuleError as error:
            if not may_fail:
                raise
            return str(error)
        return None

    def _open(self, poll: str, electors: list[tuple[str, str]]) -> None:
        with self.bot.database.transaction() as session:
            row = session.get_one(Poll, poll)
            candidates = [Candidate(person, user) for person, user in electors]
            self.bot.services.polls.open(session, self.bot.clock.now(), row, candidates)


def run(connection: socket.socket, spec: Json) -> None:
    """Obey whoever holds the other end."""
    channel = Channel(connection.makefile("r"), connection.makefile("w"))
    Driver(channel, spec).obey()


if __name__ == "__main__":
    Driver(Channel(sys.stdin, sys.stdout), json.loads(sys.argv[1])).obey()
