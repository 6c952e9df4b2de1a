"""What admins record of the council's answers that came by mail (R4)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from psrt_bot.council.messages import cards
from psrt_bot.council.messages.words import (
    ANSWER_FIELD,
    MEMBER_FIELD,
    RECEIVED_FIELD,
    REFERENCE_FIELD,
    WRITER_FIELD,
    Shown,
)
from psrt_bot.council.rules import (
    VERDICTS,
    Answer,
    DecisionState,
    Told,
    line_problem,
    parse_date,
    reason_problem,
    received_problem,
)
from psrt_bot.council.service.answering import OVER, keep_answer, must_be_open
from psrt_bot.council.service.decisions import (
    Office,
    decide,
    for_recorder,
    settle,
)
from psrt_bot.council.service.rolls import (
    council_now,
    shown,
)
from psrt_bot.council.service.telling import Telling
from psrt_bot.membership.service.people import Actor, with_live_slack
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems
from storage.council import CouncilDecision, CouncilSeat
from storage.people import Person


@dataclass(frozen=True)
class Mail:
    """An answer that came by mail, as an admin typed it.

    Args:
        answer: as the form sends it; ``received``: the day, as ``2026-03-09``.
        member: whose it is, a person's id; empty for the council as a whole.
        written_by: who wrote for the council as a whole.
    """

    answer: str
    received: str
    reference: str
    reason: str = ""
    member: str = ""
    written_by: str = ""


class Recording:
    """Use cases of admins: what came by mail. Each is one transaction of the caller's."""

    def __init__(self, office: Office, telling: Telling) -> None:
        self._office = office
        self._telling = telling

    def open(self, session: Session, slack_user_id: str, decision_id: str) -> Shown:
        """Return a decision for whose council an admin may record something.

        Raises:
            NotAllowed, NotFound, AlreadyDone: no admin, recused, or it is over.
        """
        _, decision = for_recorder(session, self._office, slack_user_id, decision_id, lock=False)
        if not decision.running:
            raise AlreadyDone(OVER)
        return shown(session, decision)

    def record_answer(
        self, session: Session, now: datetime, slack_user_id: str, decision_id: str, mail: Mail
    ) -> tuple[str, Answer]:
        """Record one member's answer; return whose, and what. They are told, and can change it.

        Raises:
            FieldProblems: by the form's fields.
            NotAllowed, NotFound, AlreadyDone: no admin, recused, or it is over.
        """
        actor, decision = for_recorder(session, self._office, slack_user_id, decision_id, lock=True)
        must_be_open(session, now, decision)
        problems, answer, received = _checked(mail, now)
        seat = session.get(CouncilSeat, (decision_id, mail.member), populate_existing=True)
        if seat is None or seat.recused:
            problems[MEMBER_FIELD] = "Please choose somebody of the council's roll."
        elif seat.answer and seat.recorded_by is None:
            problems[MEMBER_FIELD] = "They have answered in Slack; only they can change it."
        elif seat.person_id not in {person.id for person in council_now(session)}:
            problems[MEMBER_FIELD] = "They have left the council; their seat stays silent."
        if problems or seat is None or answer is None or received is None:
            raise FieldProblems(problems)
        said = mail.reason.strip() if answer is Answer.VETO else None
        keep_answer(
            session,
            now,
            seat,
            answer,
            said,
            recorded_by=actor.audit_name,
            received_on=received,
            reference=mail.reference.strip(),
        )
        _audit_mail(session, now, actor, "council:record-answer", decision, answer, received, seat)
        settle(session, now, self._office, decision)
        member = session.get_one(Person, seat.person_id)
        self._tell_member(session, now, member, actor, decision, answer)
        return member.name, answer

    def record_decision(
        self, session: Session, now: datetime, slack_user_id: str, decision_id: str, mail: Mail
    ) -> Shown:
        """Record the decision of the council as a whole; it is final.

        A council that decides has been told, whatever became of our notice.

        Raises:
            FieldProblems: by the form's fields.
            NotAllowed, NotFound, AlreadyDone: no admin, recused, or it is over.
        """
        actor, decision = for_recorder(session, self._office, slack_user_id, decision_id, lock=True)
        if not decision.running:
            raise AlreadyDone(OVER)
        problems, answer, received = _checked(mail, now)
        if answer is not None and answer not in VERDICTS:
            problems[ANSWER_FIELD] = "The council as a whole vetoes or does not."
        if problem := line_problem(mail.written_by):
            problems[WRITER_FIELD] = problem
        if problems or answer is None or received is None:
            raise FieldProblems(problems)
        if decision.state == DecisionState.AWAITING_NOTICE:
            self._telling.open(session, now, decision, Told.RECORD, by=actor.audit_name)
        decision.recorded_by = actor.audit_name
        decision.written_by = mail.written_by.strip()
        decision.received_on = received
        decision.reference = mail.reference.strip()
        decision.reason = mail.reason.strip() if answer is Answer.VETO else None
        session.add(decision)
        session.flush()
        _audit_mail(session, now, actor, "council:record-decision", decision, answer, received)
        decide(session, now, self._office, decision, VERDICTS[answer], "recorded")
        self._telling.settle_mail(session, now, decision)
        return shown(session, decision)

    def _tell_member(
        self,
        session: Session,
        now: datetime,
        member: Person,
        admin: Actor,
        decision: CouncilDecision,
        answer: Answer,
    ) -> None:
        live, _ = with_live_slack(session, [member])
        for _, user in live:
            message = cards.recorded_for(shown(session, decision), answer, admin.name)
            outbox.tell(session, now, user.id, message)


def _checked(mail: Mail, now: datetime) -> tuple[dict[str, str], Answer | None, date | None]:
    """Return what is wrong with what an admin typed, by field, and what could be read of it."""
    problems = {}
    answer = Answer(mail.answer) if mail.answer in set(Answer) else None
    if answer is None:
        problems[ANSWER_FIELD] = "Please choose what was answered."
    elif problem := reason_problem(answer, mail.reason):
        problems["reason"] = problem
    received = parse_date(mail.received)
    if problem := received_problem(received, now):
        problems[RECEIVED_FIELD] = problem
    if problem := line_problem(mail.reference):
        problems[REFERENCE_FIELD] = problem
    return problems, answer, received


def _audit_mail(
    session: Session,
    now: datetime,
    actor: Actor,
    act: str,
    decision: CouncilDecision,
    answer: Answer,
    received: date,
    seat: CouncilSeat | None = None,
) -> None:
    """Put into the audit log what was recorded; whose words and where they are stay in our rows."""
    details: dict[str, str | int | bool | None] = {
        "answer": answer,
        "received": received.isoformat(),
    }
    if seat is not None:
        details["member"] = seat.person_id
    audit.append(
        session, now, actor=actor.audit_name, act=act, subject=decision.subject, details=details
    )
