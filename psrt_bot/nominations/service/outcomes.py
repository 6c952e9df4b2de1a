"""What a nomination does when its poll tells of itself (handlers of facts), and the bulletin file.

A result is told only after the poll's keys are destroyed (DESIGN section 5): the state changes with
``PollClosed``, the words are owed with ``PollKeysDestroyed``.
"""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.nominations.messages import alarms, posts, results
from psrt_bot.nominations.rules import NominationState
from psrt_bot.nominations.service.asking import ask_admins
from psrt_bot.nominations.service.council import put_before_council
from psrt_bot.nominations.service.reading import Process, move
from psrt_bot.nominations.service.showing import result_of, shown
from psrt_bot.nominations.service.telling import say, send_nominator, tell_ended, update_card
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.facts import (
    PollClosed,
    PollDisputed,
    PollKeysBack,
    PollKeysDestroyed,
    PollKeysLost,
    PollKeysMissing,
    PollNeedsDecision,
    PollVoided,
)
from psrt_bot.runtime.sending import File
from psrt_bot.voting.rules import PollState
from psrt_bot.voting.service.closing import bundle
from storage.nominations import Nomination
from storage.voting import Poll

BUNDLE = "nominations:bundle"


def nomination_of(session: Session, poll_id: str) -> Nomination | None:
    """Return the nomination whose present poll this is; None for another process's poll."""
    return session.scalar(select(Nomination).where(col(Nomination.poll_id) == poll_id))


class Outcomes:
    """Handlers of what polls tell. Each acts in the transaction in which the fact became true."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def closed(self, session: Session, now: datetime, fact: PollClosed) -> None:
        """Decide the nomination by its vote (R3); nothing is said yet."""
        nomination = nomination_of(session, fact.poll_id)
        if nomination is None:
            return
        after = NominationState.AWAITING_NOTICE if fact.passed else NominationState.NOT_PASSED
        audit.hold(session)  # before the nomination, as of ``visible``
        move(session, nomination, after, decided_at=now)
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act="nominations:decided",
            subject=nomination.id,
            details={"passed": fact.passed},
            decides=True,
        )
        update_card(session, now, nomination)

    def keys_gone(
        self, session: Session, now: datetime, fact: PollKeysDestroyed | PollKeysLost
    ) -> None:
        """Tell how a poll ended, now that nobody can find out who voted how."""
        nomination = nomination_of(session, fact.poll_id)
        if nomination is None:
            return
        poll = session.get_one(Poll, fact.poll_id)
        if isinstance(fact, PollKeysDestroyed) and poll.keys_lost_at is not None:
            return  # they turned up; it was told when they were given up
        update_card(session, now, nomination)
        if poll.state == PollState.CLOSED:
            self._tell_result(session, now, nomination, poll)
            if poll.passed:
                put_before_council(session, now, self._process, nomination)
        elif poll.state == PollState.CANCELLED:
            tell_ended(session, now, self._process.policy.channel, nomination)

    def keys_missing(self, session: Session, now: datetime, fact: PollKeysMissing) -> None:
        """Alarm the admins that a poll cannot go on."""
        poll = session.get_one(Poll, fact.poll_id, populate_existing=True)
        nomination = session.get(Nomination, poll.subject)
        if nomination is None:
            return
        view = shown(session, nomination)
        if poll.state == PollState.OPEN:
            message = alarms.keys_away(view, fact.reason)
        elif poll.state in (PollState.CLOSING, PollState.KEYS_MISSING):
            message = alarms.keys_missing(view, fact.reason)
            update_card(session, now, nomination)
        else:
            message = alarms.keys_linger(view, fact.reason)
        self._process.admins.tell(session, now, message, about=nomination.id)

    def keys_back(self, session: Session, now: datetime, fact: PollKeysBack) -> None:
        """Tell the admins that a vote goes on."""
        nomination = nomination_of(session, fact.poll_id)
        if nomination is not None:
            message = alarms.keys_back(shown(session, nomination))
            self._process.admins.tell(session, now, message, about=nomination.id)

    def disputed(self, session: Session, now: datetime, fact: PollDisputed) -> None:
        """Alarm the admins that a poll has no result."""
        nomination = nomination_of(session, fact.poll_id)
        if nomination is not None:
            question = alarms.disputed(shown(session, nomination), fact.rejected)
            ask_admins(session, now, self._process, nomination, question=question)
            update_card(session, now, nomination)

    def voided(self, session: Session, now: datetime, fact: PollVoided) -> None:
        """Tell the team that a vote was given up, and offer the admins to run it again."""
        nomination = nomination_of(session, fact.poll_id)
        if nomination is None:
            return
        poll = session.get_one(Poll, fact.poll_id, populate_existing=True)
        move(session, nomination, NominationState.UNCOUNTED)
        view = shown(session, nomination)
        note = alarms.given_up(view, poll.void_reason or "")
        say(session, now, self._process.policy.channel, nomination, note)
        update_card(session, now, nomination)
        ask_admins(session, now, self._process, nomination)

    def needs_decision(self, session: Session, now: datetime, fact: PollNeedsDecision) -> None:
        """Ask the admins whether to close or to extend after a long absence."""
        nomination = nomination_of(session, fact.poll_id)
        if nomination is None:
            return
        ask_admins(session, now, self._process, nomination)
        update_card(session, now, nomination)

    def bundle_file(self, session: Session, poll_id: str) -> File | None:
        """Return the bulletin of a closed poll as a file (rendered at delivery)."""
        nomination = nomination_of(session, poll_id)
        poll = session.get(Poll, poll_id)
        if nomination is None or poll is None or poll.bundle_sha256 is None:
            return None
        return File(
            name=f"bulletin-{poll_id[:8]}.json",
            title="Bulletin",
            content=bundle(session, poll_id),
            comment=results.bundle_comment(nomination.nominee_name, poll.bundle_sha256),
        )

    def _tell_result(
        self, session: Session, now: datetime, nomination: Nomination, poll: Poll
    ) -> None:
        counted = result_of(nomination, poll)
        message = results.result(counted)
        slot = f"result:{poll.id}"
        channel = self._process.policy.channel
        outbox.post(session, now, channel, message, slot=slot, about=nomination.id)
        if counted.sha256:
            outbox.attach(
                session,
                now,
                channel,
                renderer=BUNDLE,
                argument=poll.id,
                thread_slot=slot,
                about=nomination.id,
            )
        view = shown(session, nomination)
        send_nominator(session, now, nomination, posts.with_nominator_buttons(message, view))
