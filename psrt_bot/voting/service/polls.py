"""Polls: planned, opened with a frozen electorate and fresh keys, ended early, given up, asked for.

DESIGN section 5. Every change of state is one guarded update whose row count decides; what comes
after the close is in ``closing.py``, casting in ``casting.py``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Session, col

from psrt_bot.runtime import deadlines
from psrt_bot.runtime.facts import (
    Facts,
    MemberLeft,
    PollKeysLost,
    PollNeedsDecision,
    PollOpened,
    PollVoided,
)
from psrt_bot.runtime.heartbeat import absences
from psrt_bot.runtime.rules import AlreadyDone, RuleError
from psrt_bot.runtime.sql import rows
from psrt_bot.voting import ballot
from psrt_bot.voting.keystore import KeyStore, KeyStoreError
from psrt_bot.voting.rules import (
    PollState,
    Threshold,
    electorate_hash,
    may_become,
    outage_blocks_close,
    reminder_times,
)
from storage.engine import wake_workers
from storage.voting import Elector, Poll, SealedBallot, SpentSubmission

CLOSE = "voting:close"
REMIND = "voting:remind"

DECIDED = "This has been decided already."
NOT_LOST = "The keys of this vote have been destroyed meanwhile, or given up for lost already."
NOT_STUCK = "This vote need not be given up (any more)."

# Built once: every `/vote` asks it, and building it costs more than asking (PERFORMANCE.md).
_OPEN_FOR = (
    select(Poll)
    .join(Elector, col(Elector.poll_id) == col(Poll.id))
    .where(
        col(Elector.slack_user_id) == bindparam("user"),
        col(Elector.person_id) == bindparam("person"),
        col(Elector.left_at).is_(None),
        col(Poll.state) == PollState.OPEN,
        col(Poll.closes_at) > bindparam("now"),
    )
    .order_by(col(Poll.closes_at), col(Poll.id))
)


@dataclass(frozen=True)
class Candidate:
    """Somebody who is to be an elector."""

    person_id: str
    slack_user_id: str


class Polls:
    """Use cases of the secret poll.

    Args:
        keys: where the keys of polls live; not the database.
        reminders: how long before the close those who have not voted are reminded.
    """

    def __init__(self, keys: KeyStore, facts: Facts, reminders: Sequence[timedelta] = ()) -> None:
        self.keys = keys
        self.facts = facts
        self._reminders = reminders

    def plan(
        self,
        session: Session,
        now: datetime,
        *,
        subject: str,
        title: str,
        threshold: Threshold,
        duration: timedelta,
    ) -> Poll:
        """Record a poll that waits to be opened.

        Args:
            subject: what the process above calls it; ``title`` is what voters read.
        """
        poll = Poll(
            subject=subject,
            title=title,
            state=PollState.WAITING,
            threshold=str(threshold),
            duration_seconds=int(duration.total_seconds()),
            created_at=now,
        )
        session.add(poll)
        session.flush()
        return poll

    def open(
        self, session: Session, now: datetime, poll: Poll, electorate: Iterable[Candidate]
    ) -> None:
        """Freeze the electorate, make the keys and begin (DESIGN section 5, Opening).

        The keys are written and synced before the caller's transaction commits: a crash in between
        leaves keys of a poll that never was, never a poll without keys.

        Raises:
            RuleError: nobody may vote, or the key store cannot be used; nothing was opened.
            AlreadyDone: the poll is not waiting any more.
        """
        electors = list(electorate)
        if not electors:
            raise RuleError(
                "Nobody could vote: no member has a live Slack link. Link members first."
            )
        frozen = electorate_hash(poll.id, [(e.person_id, e.slack_user_id) for e in electors])
        keys = ballot.PollKeys.generate(ballot.terms(poll.threshold, len(electors), frozen))
        closes_at = now + timedelta(seconds=poll.duration_seconds)
        move(
            session,
            poll.id,
            PollState.WAITING,
            PollState.OPEN,
            opened_at=now,
            closes_at=closes_at,
            public_key=keys.public_key,
            key_store_id=self.keys.id,
            electorate_size=len(electors),
            electorate_hash=frozen,
        )
        session.add_all(
            Elector(poll_id=poll.id, person_id=e.person_id, slack_user_id=e.slack_user_id)
            for e in electors
        )
        deadlines.schedule(session, CLOSE, poll.id, closes_at)
        for due in reminder_times(now, closes_at, self._reminders):
            deadlines.schedule(session, REMIND, poll.id, due)
        self.facts.announce(session, now, PollOpened(poll.id))
        try:
            # Whoever moves the poll from waiting is alone with it: what the store has of it was
            # left by an opening that died before its commit, and has sealed no ballot.
            self.keys.destroy(poll.id)
            self.keys.put(poll.id, keys)
        except KeyStoreError as error:
            raise RuleError(f"The vote cannot be opened: {error}") from None
        session.refresh(poll)

    def close_when_due(self, session: Session, now: datetime, poll_id: str) -> None:
        """Stop taking ballots, unless the bot was away for so long that admins decide (handler)."""
        poll = session.get(Poll, poll_id, with_for_update=True)
        if poll is None or poll.state != PollState.OPEN:
            return
        assert poll.opened_at is not None
        assert poll.closes_at is not None
        if now < poll.closes_at:
            deadlines.schedule(session, CLOSE, poll_id, poll.closes_at)  # it was extended
            return
        gaps = [(gap.since, gap.until) for gap in absences(session, poll.opened_at, poll.closes_at)]
        if not poll.close_confirmed and outage_blocks_close(poll.opened_at, poll.closes_at, gaps):
            if not poll.awaits_close_decision:
                poll.awaits_close_decision = True
                session.add(poll)
                self.facts.announce(session, now, PollNeedsDecision(poll_id))
            return
        move(session, poll_id, PollState.OPEN, PollState.CLOSING)
        deadlines.drop(session, poll_id, [REMIND])
        wake_workers(session)

    def decide_close(
        self, session: Session, now: datetime, poll_id: str, *, extend_by: timedelta | None
    ) -> None:
        """Carry out what an admin decided after a long absence: close now, or extend.

        Raises:
            AlreadyDone: somebody decided before.
        """
        poll = session.get(Poll, poll_id, with_for_update=True)
        if poll is None or poll.state != PollState.OPEN or not poll.awaits_close_decision:
            raise AlreadyDone(DECIDED)
        poll.awaits_close_decision = False
        poll.close_confirmed = True
        poll.closes_at = now + extend_by if extend_by else now
        session.add(poll)
        session.flush()
        deadlines.drop(session, poll_id, [REMIND])
        if extend_by is None:
            move(session, poll_id, PollState.OPEN, PollState.CLOSING)
            wake_workers(session)
            return
        deadlines.schedule(session, CLOSE, poll_id, poll.closes_at)
        for due in reminder_times(now, poll.closes_at, self._reminders):
            deadlines.schedule(session, REMIND, poll_id, due)

    def cancel(self, session: Session, now: datetime, poll_id: str) -> None:
        """End a poll without a result; ballots and keys are destroyed by the next sweep.

        Raises:
            AlreadyDone: the poll has been counted or is being counted.
        """
        poll = session.get(Poll, poll_id, with_for_update=True)
        state = PollState(poll.state) if poll else PollState.VOID
        target = PollState.CANCELLED if state is PollState.WAITING else PollState.CANCELLING
        if not may_become(state, target):
            raise AlreadyDone("The vote is over; it cannot be taken back any more.")
        move(session, poll_id, state, target, ended_at=now)
        deadlines.drop(session, poll_id, [CLOSE, REMIND])
        wake_workers(session)

    def void(self, session: Session, now: datetime, poll_id: str, reason: str) -> None:
        """Give up a poll whose keys are lost or whose ballots do not add up.

        Also one that cannot be counted because its whole key store is away: it may be lost too.
        Should its keys turn up again, they are destroyed.

        Raises:
            AlreadyDone: the poll is in no such state (any more).
        """
        poll = session.get(Poll, poll_id, with_for_update=True)
        if poll is None or not may_become(PollState(poll.state), PollState.VOID):
            raise AlreadyDone(NOT_STUCK)
        if poll.state == PollState.CLOSING and poll.alarmed_at is None:
            raise AlreadyDone(NOT_STUCK)  # it is just being counted
        move(
            session,
            poll_id,
            PollState(poll.state),
            PollState.VOID,
            ended_at=now,
            void_reason=reason,
        )
        delete_ballots(session, poll_id)  # whether or not the keys can be reached
        self.facts.announce(session, now, PollVoided(poll_id))
        wake_workers(session)

    def give_up_keys(self, session: Session, now: datetime, poll_id: str) -> None:
        """Record that the keys of an ended poll are lost, so that its end can be told.

        Should they turn up again, they are destroyed.

        Raises:
            AlreadyDone: there is no such trouble (any more).
        """
        given_up = session.execute(
            update(Poll)
            .where(
                col(Poll.id) == poll_id,
                col(Poll.state).in_([PollState.CLOSED, PollState.CANCELLED]),
                col(Poll.keys_destroyed_at).is_(None),
                col(Poll.keys_lost_at).is_(None),
                col(Poll.alarmed_at).is_not(None),
            )
            .values(keys_lost_at=now)
            .execution_options(synchronize_session="fetch")
        )
        if rows(given_up) == 0:
            raise AlreadyDone(NOT_LOST)
        self.facts.announce(session, now, PollKeysLost(poll_id))

    @staticmethod
    def member_left(session: Session, now: datetime, fact: MemberLeft) -> None:
        """Take the right to vote from somebody who left; a ballot already cast counts (handler)."""
        running = select(col(Poll.id)).where(col(Poll.state) == PollState.OPEN)
        polls = session.scalars(
            update(Elector)
            .where(
                col(Elector.person_id) == fact.person_id,
                col(Elector.left_at).is_(None),
                col(Elector.poll_id).in_(running),
            )
            .values(left_at=now)
            .returning(col(Elector.poll_id))
        ).all()
        session.execute(
            update(Poll).where(col(Poll.id).in_(polls)).values(left_during=Poll.left_during + 1)
        )

    def open_for(
        self, session: Session, now: datetime, slack_user_id: str, person_id: str | None
    ) -> list[Poll]:
        """Return the polls in which somebody may vote now, the one that closes first at the top.

        Args:
            person_id: who the Slack user is now; in a poll where they were somebody else when its
                electorate was frozen they may not vote.
        """
        asked = {"user": slack_user_id, "person": person_id, "now": now}
        return list(session.scalars(_OPEN_FOR, asked))

    def electors(self, session: Session, poll_id: str) -> list[Elector]:
        """Return those who may still vote in a poll."""
        return list(
            session.scalars(
                select(Elector).where(
                    col(Elector.poll_id) == poll_id, col(Elector.left_at).is_(None)
                )
            )
        )


def move(
    session: Session, poll_id: str, before: PollState, after: PollState, **values: Any
) -> None:
    """Change a poll's state, if it is still what it was.

    Raises:
        AlreadyDone: the state moved on meanwhile.
    """
    assert may_become(before, after)  # a wrong arrow is a defect of the caller
    changed = session.execute(
        update(Poll)
        .where(col(Poll.id) == poll_id, col(Poll.state) == before)
        .values(state=after, **values)
        .execution_options(synchronize_session="fetch")
    )
    if rows(changed) == 0:
        raise AlreadyDone("This vote has moved on meanwhile; look at it again.")


def delete_ballots(session: Session, poll_id: str) -> None:
    """Delete a poll's sealed rows and the marks of its submissions."""
    session.execute(delete(SealedBallot).where(col(SealedBallot.poll_id) == poll_id))
    session.execute(delete(SpentSubmission).where(col(SpentSubmission.poll_id) == poll_id))
