"""What members of the council answer (R4)."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from psrt_bot.council.messages.words import (
    Shown,
)
from psrt_bot.council.rules import (
    Answer,
    DecisionState,
    reason_problem,
)
from psrt_bot.council.service.decisions import (
    Office,
    prolong,
    settle,
)
from psrt_bot.council.service.rolls import (
    shown,
    visible,
)
from psrt_bot.membership.permissions import Permission
from psrt_bot.runtime import audit
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed
from storage.council import CouncilDecision, CouncilSeat

NOT_ON_THE_ROLL = (
    "You were not in the council when it was told of this; who was in it then decides (R4)."
)
OVER = "The council's window is over, or it has decided already; nothing was changed."
NOT_YET = "The council's window is about to open; please try again in a minute."
NOT_SURE = "Please tick the box: a veto has to be confirmed."


class Answering:
    """Use cases of the council's members. Each is one transaction of the caller's."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def answer(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        decision_id: str,
        answer: Answer,
        *,
        reason: str = "",
        sure: bool = False,
    ) -> Shown:
        """Give one's answer, or change it; the decision becomes final as soon as it can.

        Args:
            sure: the tick by which a veto is confirmed.

        Raises:
            FieldProblems: a veto without reason or tick.
            NotAllowed, NotFound, AlreadyDone: not on the roll, recused, or it is over.
        """
        seat, decision = self._seat(session, now, slack_user_id, decision_id)
        problems = {}
        if problem := reason_problem(answer, reason):
            problems["reason"] = problem
        if answer is Answer.VETO and not sure:
            problems["sure"] = NOT_SURE
        if problems:
            raise FieldProblems(problems)
        said = reason.strip() if answer is Answer.VETO else None
        if (seat.answer, seat.reason, seat.recorded_by) == (answer, said, None):
            return shown(session, decision)  # the same again: a second click, a lost ack
        keep_answer(session, now, seat, answer, said)
        audit.append(
            session,
            now,
            actor=seat.person_id,
            act="council:answer",
            subject=decision.subject,
            details={"answer": answer},
        )
        settle(session, now, self._office, decision)
        return shown(session, decision)

    def own(
        self, session: Session, now: datetime, slack_user_id: str, decision_id: str
    ) -> tuple[Shown, str]:
        """Return a decision that somebody may answer now, and the reason they gave before.

        Raises:
            NotAllowed, NotFound, AlreadyDone: as of ``answer``.
        """
        seat, decision = self._seat(session, now, slack_user_id, decision_id)
        return shown(session, decision), seat.reason or ""

    def _seat(
        self, session: Session, now: datetime, slack_user_id: str, decision_id: str
    ) -> tuple[CouncilSeat, CouncilDecision]:
        actor = self._office.members.require(session, slack_user_id, Permission.COUNCIL_ANSWER)
        decision = visible(session, actor, decision_id, lock=True)
        if decision.state == DecisionState.AWAITING_NOTICE:
            raise AlreadyDone(NOT_YET)
        seat = session.get(CouncilSeat, (decision_id, actor.known_id), populate_existing=True)
        if seat is None:
            raise NotAllowed(NOT_ON_THE_ROLL)
        if seat.recused:
            raise NotAllowed(f"You are recused from this decision as {seat.recused}.")
        must_be_open(session, now, decision)
        return seat, decision


def must_be_open(session: Session, now: datetime, decision: CouncilDecision) -> None:
    """Refuse what comes before the window or after it.

    Raises:
        AlreadyDone: with words that say which.
    """
    if decision.state == DecisionState.AWAITING_NOTICE:
        raise AlreadyDone("The council has not been told yet; it can still decide as a whole.")
    if decision.state != DecisionState.OPEN:
        raise AlreadyDone(OVER)
    assert decision.ends_at is not None
    if now >= decision.ends_at and not (prolong(session, decision, now) and now < decision.ends_at):
        raise AlreadyDone(OVER)


def keep_answer(
    session: Session,
    now: datetime,
    seat: CouncilSeat,
    answer: Answer,
    reason: str | None,
    **mail: Any,
) -> None:
    """Write an answer and where it came from; an earlier one leaves no trace in the seat."""
    values = {"recorded_by": None, "received_on": None, "reference": None} | mail
    session.execute(
        update(CouncilSeat)
        .where(
            col(CouncilSeat.decision_id) == seat.decision_id,
            col(CouncilSeat.person_id) == seat.person_id,
        )
        .values(answer=answer, answered_at=now, reason=reason, **values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(seat)
