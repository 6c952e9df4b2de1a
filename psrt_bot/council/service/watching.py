"""What time brings: the end of a window, reminders, a new term; and who leaves the council."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlmodel import Session, col

from psrt_bot.council.messages import cards, office
from psrt_bot.council.messages.words import Shown
from psrt_bot.council.rules import DecisionState, next_term, verdict_at_end
from psrt_bot.council.service.decisions import (
    END,
    Office,
    decide,
    prolong,
    update_cards,
)
from psrt_bot.council.service.rolls import (
    council_now,
    count_of,
    locked,
    running,
    seats_of,
    shown,
)
from psrt_bot.membership.permissions import Role
from psrt_bot.runtime import deadlines
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.facts import RolesChanged
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.waking import remind_when_awake
from storage.council import CouncilDecision, CouncilSeat
from storage.people import Person, RoleHeld

TERM = "council:term"
COUNCIL = "council"  # the subject of what concerns the council and no decision
EXPANDER = "council:reminder"
ASK_AGAIN = timedelta(days=7)


class Watching:
    """Handlers of deadlines and facts. Each acts in one transaction of the caller's."""

    def __init__(self, office_: Office) -> None:
        self._office = office_

    def end_when_due(self, session: Session, now: datetime, decision_id: str) -> None:
        """Decide at a window's end, unless the bot's absence moved it (handler).

        For an empty roll nobody has decided anything: the admins are asked, week after week.
        """
        decision = locked(session, decision_id)
        if decision is None or decision.state != DecisionState.OPEN:
            return
        if prolong(session, decision, now):
            update_cards(session, now, decision)
        assert decision.ends_at is not None
        if now < decision.ends_at:
            return
        verdict = verdict_at_end(count_of(session, decision))
        if verdict is None:
            self._office.admins.tell(
                session, now, office.empty_roll(shown(session, decision)), about=decision.subject
            )
            deadlines.schedule(session, END, decision.id, now + ASK_AGAIN)
            return
        decide(session, now, self._office, decision, verdict, "at the end")

    def plan_reminder(self, session: Session, now: datetime, decision_id: str) -> None:
        """Owe a reminder to the council a day before the end (handler)."""
        decision = session.get(CouncilDecision, decision_id)
        if decision is None or decision.state != DecisionState.OPEN or decision.ends_at is None:
            return
        people = [session.get_one(Person, s.person_id) for s in _silent(session, decision)]
        users = live_users(session, [p.slack_user_id for p in people if p.slack_user_id])
        remind_when_awake(session, now, users.values(), EXPANDER, before=decision.ends_at)

    def expand_reminder(
        self, session: Session, now: datetime, users: list[str]
    ) -> dict[str, Message]:
        """Return the messages to those of ``users`` who still have not answered."""
        missing: dict[str, list[Shown]] = defaultdict(list)
        present = {p.id: p.slack_user_id for p in council_now(session)}
        for decision in running(session):
            if decision.ends_at is None or decision.ends_at <= now:
                continue
            view = shown(session, decision)
            for seat in _silent(session, decision):
                user = present.get(seat.person_id)
                if user in users and user is not None:
                    missing[user].append(view)
        return {user: cards.reminder(decisions) for user, decisions in missing.items()}

    def roles_changed(self, session: Session, now: datetime, fact: RolesChanged) -> None:
        """Show who left the council during a window, or came back, and tell the admins (handler).

        Whether somebody may answer is asked when they do; nothing here takes or gives that right.
        """
        held = _changed_now(session, now, fact.person_id)
        if held is None:
            return
        for decision in running(session):
            seats = {seat.person_id: seat for seat in seats_of(session, decision)}
            seat = seats.get(fact.person_id)
            if seat is None or seat.recused:
                continue
            update_cards(session, now, decision)
            if not held:
                name = session.get_one(Person, fact.person_id).name
                left = office.left_during(shown(session, decision), name)
                self._office.admins.tell(session, now, left, about=decision.subject)

    def new_term(self, session: Session, now: datetime, _: str) -> None:
        """Ask the admins to renew the council's roles, and plan the next time (handler)."""
        names = [person.name for person in council_now(session)]
        self._office.admins.tell(session, now, office.renew_roles(names))
        self.arm(session, now)

    @staticmethod
    def arm(session: Session, now: datetime) -> None:
        """Plan the next reminder of a term; planning it twice makes one."""
        deadlines.schedule(session, TERM, COUNCIL, next_term(now))


def _changed_now(session: Session, now: datetime, person_id: str) -> bool | None:
    """Return whether somebody is in the council after a change of this moment; None without one."""
    began, ended = col(RoleHeld.since) == now, col(RoleHeld.until) == now
    changed = session.scalars(
        select(RoleHeld).where(
            col(RoleHeld.person_id) == person_id,
            col(RoleHeld.role) == Role.STEERING_COUNCIL,
            or_(began, ended),
        )
    ).all()
    return any(role.until is None for role in changed) if changed else None


def _silent(session: Session, decision: CouncilDecision) -> list[CouncilSeat]:
    return [s for s in seats_of(session, decision) if not s.recused and s.answer is None]
