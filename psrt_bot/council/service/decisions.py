"""Decisions of the Steering Council: moved, prolonged, made, taken back (R4).

What a decision is about belongs to the process above, which names it by a *subject*, begins it,
and hears of it by ``CouncilTold`` and ``CouncilDecided``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.council.messages import cards, office
from psrt_bot.council.rules import (
    TRANSITIONS,
    DecisionState,
    early_verdict,
    is_running,
    recused,
    reminder_at,
    window_end,
)
from psrt_bot.council.service.rolls import count_of, latest, recusals_of, shown, visible
from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Actor, Members
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.facts import CouncilDecided, Facts
from psrt_bot.runtime.heartbeat import absences
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed
from psrt_bot.runtime.sql import rows
from storage.council import CouncilDecision, CouncilNotice, CouncilSeat

END = "council:end"
REMIND = "council:remind"
CHASE = "council:chase"
CHASE_EVERY = timedelta(days=2)

MOVED_ON = "This decision has moved on meanwhile; look at it again."
OTHERS_RECORD = (
    "You are recused from this decision; another admin records what the council was told and says."
)


@dataclass(frozen=True)
class Office:
    """What the use cases of the council stand on.

    Args:
        channel: the council's channel, or None.
        window: how long it may veto (R4, o).
    """

    members: Members
    admins: Admins
    facts: Facts
    channel: str | None
    window: timedelta


def for_recorder(
    session: Session, office_: Office, slack_user_id: str, decision_id: str, *, lock: bool
) -> tuple[Actor, CouncilDecision]:
    """Return an admin who may record something of a decision, and the decision.

    One who is recused may not, however few the others are: silence confirms, so a nominator who
    says that the council was told could confirm alone. There are to be two admins (R6).

    Args:
        lock: as of ``visible``; not for what only shows a form.

    Raises:
        NotAllowed, NotFound: no admin, recused, or it is not theirs to see.
    """
    actor = office_.members.require(session, slack_user_id, Permission.COUNCIL_RECORD)
    decision = visible(session, actor, decision_id, lock=lock)
    if recused(recusals_of(decision), actor.person_id, actor.slack_user_id):
        raise NotAllowed(OTHERS_RECORD)
    return actor, decision


def move(session: Session, decision: CouncilDecision, after: DecisionState, **values: Any) -> None:
    """Change a decision's state, if it is still what it was when it was read.

    Raises:
        AlreadyDone: the step is not possible (any more).
    """
    before = DecisionState(decision.state)
    if after not in TRANSITIONS[before]:
        raise AlreadyDone(MOVED_ON)
    changed = session.execute(
        update(CouncilDecision)
        .where(col(CouncilDecision.id) == decision.id, col(CouncilDecision.state) == before)
        .values(state=after, running=is_running(after), **values)
        .execution_options(synchronize_session=False)
    )
    if rows(changed) == 0:
        raise AlreadyDone(MOVED_ON)
    session.refresh(decision)


def mail_slot(decision: CouncilDecision) -> str:
    """Return the name under which the request to the admins to write a mail is remembered."""
    return f"council:mail:{decision.id}"


def update_cards(session: Session, now: datetime, decision: CouncilDecision) -> None:
    """Owe the cards as they are now, wherever the council was told."""
    slots = session.scalars(
        select(col(CouncilNotice.slot)).where(col(CouncilNotice.decision_id) == decision.id)
    ).all()
    card = cards.card(shown(session, decision))
    for slot in sorted(slots):
        outbox.change(session, now, slot, card)


def prolong(session: Session, decision: CouncilDecision, now: datetime) -> bool:
    """Move a window's end by what the bot was away in it; return whether it moved.

    The silent consent, so a time in which nobody could answer must not count against a veto; and
    they are reminded of the new end, whether or not the old one's reminder reached anybody.
    """
    assert decision.opened_at is not None
    gaps = [(gap.since, gap.until) for gap in absences(session, decision.opened_at, now)]
    end = window_end(decision.opened_at, timedelta(seconds=decision.window_seconds), gaps)
    if end == decision.ends_at:
        return False
    decision.ends_at = end
    session.add(decision)
    session.flush()
    deadlines.schedule(session, END, decision.id, end)
    if at := reminder_at(now, end):
        deadlines.schedule(session, REMIND, decision.id, at)
    return True


def settle(session: Session, now: datetime, office_: Office, decision: CouncilDecision) -> None:
    """Decide as soon as no answer still missing could change it; else show how it stands."""
    verdict = early_verdict(count_of(session, decision))
    if verdict is None:
        update_cards(session, now, decision)
    else:
        decide(session, now, office_, decision, verdict, "early")


def decide(
    session: Session,
    now: datetime,
    office_: Office,
    decision: CouncilDecision,
    verdict: DecisionState,
    how: str,
) -> None:
    """Make a decision final, and tell whoever is to know.

    Args:
        how: for the audit log: early, at the end, or recorded.
    """
    move(session, decision, verdict, decided_at=now)
    deadlines.drop(session, decision.id, [END, REMIND, CHASE])
    if verdict is not DecisionState.VETOED:
        _forget_reasons(session, decision)
    confirmed = verdict is DecisionState.CONFIRMED
    audit.append(
        session,
        now,
        actor=audit.SYSTEM,
        act="council:decided",
        subject=decision.subject,
        details={"confirmed": confirmed, "how": how},
        decides=True,
    )
    office_.facts.announce(session, now, CouncilDecided(decision.subject, confirmed))
    update_cards(session, now, decision)
    office_.admins.tell(
        session, now, office.outcome(shown(session, decision)), about=decision.subject
    )


def stop(session: Session, now: datetime, subject: str) -> None:
    """End what is decided about a subject that was taken back; nothing happens if there is none."""
    decision = latest(session, subject)
    if decision is None or not decision.running:
        return
    move(session, decision, DecisionState.ENDED, decided_at=now)
    deadlines.drop(session, decision.id, [END, REMIND, CHASE])
    _forget_reasons(session, decision)
    update_cards(session, now, decision)
    outbox.change(session, now, mail_slot(decision), office.settled(shown(session, decision)))


def _forget_reasons(session: Session, decision: CouncilDecision) -> None:
    """Drop the reasons of vetoes that did not carry: nobody is to read them (R4)."""
    session.execute(
        update(CouncilSeat)
        .where(col(CouncilSeat.decision_id) == decision.id)
        .values(reason=None)
        .execution_options(synchronize_session=False)
    )
