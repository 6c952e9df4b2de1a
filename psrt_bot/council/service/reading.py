"""What may be read of the council's decisions, and by whom."""

from collections.abc import Sequence

from sqlmodel import Session

from psrt_bot.council.messages.words import Shown
from psrt_bot.council.rules import DecisionState
from psrt_bot.council.service.decisions import (
    Office,
)
from psrt_bot.council.service.rolls import (
    all_shown,
    latest,
    may_see,
    running,
    seats_of,
    shown,
)
from psrt_bot.membership.permissions import Permission, Role
from psrt_bot.membership.service.people import Actor
from storage.council import CouncilDecision, CouncilSeat


class CouncilReading:
    """Use cases that change nothing."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def for_admin(self, session: Session, slack_user_id: str) -> list[Shown] | None:
        """Return what is to be decided, for an admin; None for one of the council who is none.

        Raises:
            NotAllowed: they are neither.
        """
        actor = self._office.members.require(session, slack_user_id, Permission.COUNCIL_OPEN)
        if Role.ADMIN not in actor.roles:
            return None
        return all_shown(session, [one for one in running(session) if may_see(one, actor)])

    def for_member(self, session: Session, slack_user_id: str) -> list[Shown]:
        """Return what one of the council may answer now.

        Raises:
            NotAllowed: they are not in the council.
        """
        actor = self._office.members.require(session, slack_user_id, Permission.COUNCIL_ANSWER)
        seen = [
            one
            for one in running(session)
            if one.state == DecisionState.OPEN and may_see(one, actor)
        ]
        return [view for view in all_shown(session, seen) if _may_answer(view, actor)]

    def answerable(
        self, session: Session, slack_user_id: str, decisions: Sequence[Shown]
    ) -> frozenset[str]:
        """Return the ids of those of ``decisions`` that an admin, too, may answer in the council.

        Raises:
            NotAllowed: they are neither admin nor of the council.
        """
        actor = self._office.members.require(session, slack_user_id, Permission.COUNCIL_OPEN)
        return frozenset(view.decision_id for view in decisions if _may_answer(view, actor))

    def takes_part(self, session: Session, actor: Actor, subject: str) -> bool:
        """Return whether somebody decides on a subject now, and so may read what it is about."""
        decision = latest(session, subject)
        if decision is None or not decision.running or Role.STEERING_COUNCIL not in actor.roles:
            return False
        return _takes_part(session, decision, actor)

    @staticmethod
    def of_subject(session: Session, subject: str) -> Shown | None:
        """Return the last decision on a subject, for the process that began it."""
        decision = latest(session, subject)
        return shown(session, decision) if decision else None


def _may_answer(view: Shown, actor: Actor) -> bool:
    if view.state is not DecisionState.OPEN or Role.STEERING_COUNCIL not in actor.roles:
        return False
    return actor.person_id in {seat.person_id for seat in view.deciding}


def _takes_part(session: Session, decision: CouncilDecision, actor: Actor) -> bool:
    if actor.person_id is None or not may_see(decision, actor):
        return False
    seat: CouncilSeat | None = next(
        (s for s in seats_of(session, decision) if s.person_id == actor.person_id), None
    )
    return seat is not None and not seat.recused
