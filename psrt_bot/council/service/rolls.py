"""Decisions of the Steering Council as they stand: found, counted, shown (R4)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.council.messages.words import Recorded, SeatLine, Shown
from psrt_bot.council.rules import Answer, Count, DecisionState, Recusal, recused
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import Actor, holders
from psrt_bot.runtime import audit
from psrt_bot.runtime.rules import NotForYou, NotFound
from storage.council import CouncilDecision, CouncilSeat
from storage.people import Person

NOT_THERE = "There is nothing like that before the council, or it is not for you to see."


def council_now(session: Session) -> list[Person]:
    """Return who is in the council now; they need not be members of the team."""
    return holders(session, Role.STEERING_COUNCIL)


def recusals_of(decision: CouncilDecision) -> list[Recusal]:
    """Return who takes no part."""
    return [Recusal(**kept) for kept in decision.recusals]


def kept(recusals: Collection[Recusal]) -> list[dict[str, Any]]:
    """Return recusals as they are stored."""
    return [asdict(one) for one in recusals]


def may_see(decision: CouncilDecision, actor: Actor) -> bool:
    """Return whether somebody is not kept from knowing of a decision (R12)."""
    found = recused(recusals_of(decision), actor.person_id, actor.slack_user_id)
    return found is None or not found.blind


def locked(session: Session, decision_id: str) -> CouncilDecision | None:
    """Return a decision as it is now, held until the commit, or None.

    After the audit log's head: whoever withdraws or cancels what it is about holds that when they
    come to the decision, and whoever decides comes from here to what it is about.
    """
    audit.hold(session)
    return session.get(CouncilDecision, decision_id, with_for_update=True, populate_existing=True)


def visible(
    session: Session, actor: Actor, decision_id: str, *, lock: bool = False
) -> CouncilDecision:
    """Return a decision that ``actor`` may see.

    Raises:
        NotFound: there is none, or it is about them; the text is the same.
    """
    decision = locked(session, decision_id) if lock else session.get(CouncilDecision, decision_id)
    if decision is None:
        raise NotFound(NOT_THERE)
    if not may_see(decision, actor):
        raise NotForYou(NOT_THERE)
    return decision


def latest(session: Session, subject: str) -> CouncilDecision | None:
    """Return the last decision on a subject, or None."""
    return session.scalar(
        select(CouncilDecision)
        .where(col(CouncilDecision.subject) == subject)
        .order_by(col(CouncilDecision.created_at).desc())
        .limit(1)
    )


def latest_of(session: Session, subjects: Collection[str]) -> dict[str, CouncilDecision]:
    """Return the last decision on each of these subjects that was ever put to the council."""
    found = session.scalars(
        select(CouncilDecision)
        .where(col(CouncilDecision.subject).in_(subjects))
        .order_by(col(CouncilDecision.created_at))
    )
    return {decision.subject: decision for decision in found}  # a later one replaces


def running(session: Session) -> list[CouncilDecision]:
    """Return what is to be decided, the oldest first."""
    return list(
        session.scalars(
            select(CouncilDecision)
            .where(col(CouncilDecision.running).is_(True))
            .order_by(col(CouncilDecision.created_at), col(CouncilDecision.id))
        )
    )


def seats_of(session: Session, decision: CouncilDecision) -> list[CouncilSeat]:
    """Return a decision's frozen roll."""
    return list(
        session.scalars(
            select(CouncilSeat)
            .where(col(CouncilSeat.decision_id) == decision.id)
            .execution_options(populate_existing=True)
        )
    )


def roll_of_today(session: Session, decision: CouncilDecision) -> list[CouncilSeat]:
    """Return the roll as it would be frozen now."""
    return _roll(decision, council_now(session))


def _roll(decision: CouncilDecision, council: Collection[Person]) -> list[CouncilSeat]:
    recusals = recusals_of(decision)
    roll = []
    for person in council:
        why = recused(recusals, person.id, person.slack_user_id)
        roll.append(
            CouncilSeat(
                decision_id=decision.id, person_id=person.id, recused=why.reason if why else None
            )
        )
    return roll


def count_of(session: Session, decision: CouncilDecision) -> Count:
    """Return the answers so far; recused members do not count."""
    return Count.of(
        Answer(seat.answer) if seat.answer else None
        for seat in seats_of(session, decision)
        if not seat.recused
    )


def shown(session: Session, decision: CouncilDecision) -> Shown:
    """Return a decision as council and admins may see it."""
    return all_shown(session, [decision])[0]


def all_shown(session: Session, decisions: Sequence[CouncilDecision]) -> list[Shown]:
    """Return decisions as council and admins may see them; one query a table for all of them."""
    if not decisions:
        return []
    council = council_now(session)
    rolls: dict[str, list[CouncilSeat]] = defaultdict(list)
    for seat in session.scalars(
        select(CouncilSeat)
        .where(col(CouncilSeat.decision_id).in_([decision.id for decision in decisions]))
        .execution_options(populate_existing=True)
    ):
        rolls[seat.decision_id].append(seat)
    for decision in decisions:
        if decision.state == DecisionState.AWAITING_NOTICE:
            rolls[decision.id] = _roll(decision, council)
    seated = {seat.person_id for seats in rolls.values() for seat in seats}
    recorders = {decision.recorded_by for decision in decisions if decision.recorded_by}
    names = _names(session, seated | recorders)
    present = {person.id for person in council}
    return [_shown(decision, rolls[decision.id], names, present) for decision in decisions]


def _shown(
    decision: CouncilDecision,
    seats: Sequence[CouncilSeat],
    names: Mapping[str, str],
    present: Collection[str],
) -> Shown:
    lines = [_line(seat, names[seat.person_id], present) for seat in seats]
    return Shown(
        decision_id=decision.id,
        subject=decision.subject,
        title=decision.title,
        lines=decision.lines,
        details=decision.details,
        state=DecisionState(decision.state),
        window=timedelta(seconds=decision.window_seconds),
        ends_at=decision.ends_at,
        seats=sorted(lines, key=lambda line: line.name),
        recorded=_recorded(decision, names),
        reasons=_reasons(decision, seats, names),
    )


def _names(session: Session, ids: Collection[str]) -> dict[str, str]:
    found = session.execute(
        select(col(Person.id), col(Person.name)).where(col(Person.id).in_(list(ids)))
    )
    return {row[0]: row[1] for row in found}


def _line(seat: CouncilSeat, name: str, present: Collection[str]) -> SeatLine:
    return SeatLine(
        person_id=seat.person_id,
        name=name,
        answer=Answer(seat.answer) if seat.answer else None,
        recused=seat.recused,
        by_mail=seat.recorded_by is not None,
        gone=seat.person_id not in present,
    )


def _recorded(decision: CouncilDecision, names: Mapping[str, str]) -> Recorded | None:
    if decision.received_on is None:
        return None
    return Recorded(
        admin=names.get(decision.recorded_by or "", "an admin"),
        written_by=decision.written_by or "",
        received_on=decision.received_on,
        reference=decision.reference or "",
    )


def _reasons(
    decision: CouncilDecision, seats: Collection[CouncilSeat], names: Mapping[str, str]
) -> list[tuple[str, str]]:
    if decision.state != DecisionState.VETOED:
        return []
    given = [(names[seat.person_id], seat.reason) for seat in seats if seat.reason]
    if decision.reason:
        given.append((decision.written_by or "", decision.reason))
    return sorted(given)
