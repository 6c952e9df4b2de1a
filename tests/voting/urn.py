"""A poll without Slack: a database, a key folder, a clock, and electors by their Slack ids."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from psrt_bot.runtime import facts
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.deadlines import Handler, Sweep
from psrt_bot.runtime.facts import Facts
from psrt_bot.voting.keystore import FileKeyStore
from psrt_bot.voting.rules import PollState, Threshold
from psrt_bot.voting.service import polls
from psrt_bot.voting.service.casting import (
    Receipt,
    SealedVote,
    SeenPoll,
    Submission,
    record,
    seal,
)
from psrt_bot.voting.service.closing import Closing
from psrt_bot.voting.service.polls import Candidate, Polls
from psrt_bot.voting.service.reminding import Reminding
from storage.engine import Database
from storage.voting import Poll, SealedBallot

WEEK = timedelta(days=7)
ELECTORS = ("U1", "U2", "U3", "U4", "U5")

Row = TypeVar("Row")


def candidates(users: Iterable[str]) -> list[Candidate]:
    """People who are to be electors, by their Slack ids."""
    return [Candidate(f"person-{user}", user) for user in users]


@dataclass
class Urn:
    """What a service-level test plays with. `told` are the facts that polls announced."""

    database: Database
    keys: FileKeyStore
    clock: MovableClock
    facts: Facts = field(default_factory=Facts)
    told: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        reminders = (timedelta(days=3), timedelta(days=1))
        self.polls = Polls(self.keys, self.facts, reminders)
        self.closing = Closing(self.database, self.clock, self.polls)
        self.reminding = Reminding(self.polls)
        self.sweep = Sweep(
            self.database,
            self.clock,
            {
                polls.CLOSE: Handler(self.polls.close_when_due),
                polls.REMIND: Handler(self.reminding.plan, collapses=True),
            },
        )
        for fact in (
            *(facts.PollClosed, facts.PollKeysDestroyed, facts.PollDisputed, facts.PollVoided),
            *(facts.PollKeysMissing, facts.PollKeysBack, facts.PollNeedsDecision),
        ):
            self.facts.bind(fact, lambda _session, _now, told: self.told.append(told))

    def plan(self, session: Session) -> Poll:
        """Plan a poll of a week."""
        return self.polls.plan(
            session,
            self.clock.now(),
            subject="test",
            title="A test",
            threshold=Threshold.parse("2/3"),
            duration=WEEK,
        )

    def open(self, electors: Iterable[str] = ELECTORS) -> str:
        """Open a poll for a week and return its id."""
        with self.database.transaction() as session:
            poll = self.plan(session)
            self.polls.open(session, self.clock.now(), poll, candidates(electors))
            return poll.id

    def vote(
        self, poll_id: str, user: str, choice: str = "yes", view: str = "V1", word: str = ""
    ) -> Receipt:
        """Cast a ballot as the listener does: sealed first, then recorded."""
        sealed = self.seal(Submission(poll_id, user, view, choice, word))
        with self.database.writing() as connection:
            return record(connection, self.clock.now(), sealed)

    def seal(self, submission: Submission, keys: FileKeyStore | None = None) -> SealedVote:
        """Seal a ballot, with the right keys or others."""
        with self.database.reading() as session:
            found = session.get(Poll, submission.poll_id)
        poll = SeenPoll(found.id, found.state, found.key_store_id) if found else None
        with self.database.glancing() as connection:
            return seal(connection, self.clock.now(), keys or self.keys, submission, poll)

    def pass_time(self, time: timedelta) -> None:
        """Move the clock and act on the deadlines that fell due; the count is a step of its own."""
        self.clock.move(time)
        self.sweep.run()

    def poll(self, poll_id: str) -> Poll:
        """The poll's row as it is now."""
        with self.database.reading() as session:
            return session.get_one(Poll, poll_id)

    def state(self, poll_id: str) -> PollState:
        """The poll's state as it is now."""
        return PollState(self.poll(poll_id).state)

    def all(self, table: type[Row]) -> list[Row]:
        """Every row of a table."""
        with self.database.reading() as session:
            return list(session.scalars(select(table)).all())

    def ballots(self, poll_id: str) -> dict[bytes, bytes]:
        """The sealed rows of a poll."""
        return {b.nullifier: b.sealed for b in self.all(SealedBallot) if b.poll_id == poll_id}

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, by the table's name."""
        with self.database.reading() as session:
            return {
                name: [tuple(row) for row in session.execute(select(table)).all()]
                for name, table in SQLModel.metadata.tables.items()
            }

    def write(self, statement: Any) -> None:
        """Write straight into the database, as somebody does who got hold of it."""
        with self.database.transaction() as session:
            session.execute(statement)

    def facts_of(self, kind: type) -> list[Any]:
        """What was announced of one kind."""
        return [fact for fact in self.told if isinstance(fact, kind)]
