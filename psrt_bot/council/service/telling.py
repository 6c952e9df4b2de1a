"""How the council is told, and what begins with it: the window and its frozen roll (R4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.council.messages import cards, office
from psrt_bot.council.rules import DecisionState, Recusal, Told, recused, reminder_at
from psrt_bot.council.service.decisions import (
    CHASE,
    CHASE_EVERY,
    END,
    REMIND,
    Office,
    for_recorder,
    mail_slot,
    move,
    update_cards,
)
from psrt_bot.council.service.rolls import (
    council_now,
    kept,
    locked,
    recusals_of,
    roll_of_today,
    shown,
)
from psrt_bot.membership.service.people import with_live_slack
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.facts import CouncilTold, Delivered, DeliveryDied, DeliveryHeld
from psrt_bot.runtime.people import is_in_channel, why_unfit
from psrt_bot.runtime.rules import AlreadyDone
from psrt_bot.runtime.sql import rows
from storage.council import CouncilDecision, CouncilNotice, CouncilSeat
from storage.people import Person

NO_CHANNEL = "there is no channel of the council's"
NOBODY_ELSE = "one of the council may not know of it, and none of the others can be reached here"


@dataclass(frozen=True)
class Matter:
    """What the council may veto.

    Args:
        subject: what the process above calls it.
        title: what it is, in a few words; ``lines``: what the council is told of it.
        recusals: who takes no part.
        details: the action id of the button that shows more, whose value is the subject.
    """

    subject: str
    title: str
    lines: tuple[str, ...] = ()
    recusals: tuple[Recusal, ...] = ()
    details: str = ""


class Telling:
    """Use cases that begin a decision and open its window."""

    def __init__(self, office_: Office) -> None:
        self._office = office_

    def begin(self, session: Session, now: datetime, matter: Matter) -> None:
        """Put something before the council: owe the notice, or ask the admins to write a mail."""
        decision = CouncilDecision(
            subject=matter.subject,
            title=matter.title,
            lines=list(matter.lines),
            details=matter.details,
            recusals=kept(matter.recusals),
            state=DecisionState.AWAITING_NOTICE,
            window_seconds=int(self._office.window.total_seconds()),
            created_at=now,
        )
        session.add(decision)
        session.flush()
        deadlines.schedule(session, CHASE, decision.id, now + CHASE_EVERY)
        if self._hidden_from_one(session, decision):
            self._tell_the_others(session, now, decision)
            return
        channel = self._office.channel
        problem = why_unfit(session, channel) if channel else None
        if channel is None or problem:
            why = f"of its channel, {problem}" if problem else NO_CHANNEL
            self._ask_for_mail(session, now, decision, why)
            return
        slot = f"council:{decision.id}:channel"
        session.add(CouncilNotice(slot=slot, decision_id=decision.id))
        outbox.post(
            session,
            now,
            channel,
            cards.card(shown(session, decision)),
            slot=slot,
            about=decision.subject,
        )

    def _hidden_from_one(self, session: Session, decision: CouncilDecision) -> bool:
        """Whether somebody who may not know of it is in the council, or reads its channel.

        Or did so before: posts about it are neutral there for good, so the council would learn
        nothing of it, and its silence would confirm.
        """
        blind = [one for one in recusals_of(decision) if one.blind]
        if any(recused(blind, p.id, p.slack_user_id) for p in council_now(session)):
            return True
        known = [session.get(Person, one.person_id) for one in blind if one.person_id]
        users = [one.slack_user_id for one in blind] + [p.slack_user_id for p in known if p]
        channel = self._office.channel
        if channel is None:
            return False
        if outbox.tells_nothing(session, decision.subject, channel):
            return True
        return any(is_in_channel(session, channel, user) for user in users if user)

    def _tell_the_others(self, session: Session, now: datetime, decision: CouncilDecision) -> None:
        live, _ = with_live_slack(session, _deciding(session, roll_of_today(session, decision)))
        if not live:
            self._ask_for_mail(session, now, decision, NOBODY_ELSE)
            return
        card = cards.card(shown(session, decision))
        for person, user in live:
            slot = f"council:{decision.id}:{person.id}"
            session.add(CouncilNotice(slot=slot, decision_id=decision.id, person_id=person.id))
            outbox.tell(session, now, user.id, card, slot=slot)

    def _ask_for_mail(
        self, session: Session, now: datetime, decision: CouncilDecision, why: str
    ) -> None:
        message = office.please_mail(shown(session, decision), why)
        self._office.admins.tell(
            session, now, message, slot=mail_slot(decision), about=decision.subject
        )

    def delivered(self, session: Session, now: datetime, fact: Delivered) -> None:
        """Open the window when the notice is delivered (handler)."""
        self._noted(session, now, fact.slot, delivered_at=now, failed=None)

    def died(self, session: Session, now: datetime, fact: DeliveryDied) -> None:
        """Go on without a notice that cannot be delivered (handler)."""
        if fact.slot:
            self._noted(session, now, fact.slot, failed=fact.code)

    def held(self, session: Session, now: datetime, fact: DeliveryHeld) -> None:
        """Ask the admins for a mail when the channel has become unfit since (handler)."""
        notice = session.get(CouncilNotice, fact.slot) if fact.slot else None
        if notice is None:
            return
        decision = locked(session, notice.decision_id)
        if decision is not None and decision.state == DecisionState.AWAITING_NOTICE:
            self._ask_for_mail(session, now, decision, f"of its channel, {fact.reason}")

    def _noted(
        self, session: Session, now: datetime, slot: str, **values: datetime | str | None
    ) -> None:
        """Keep what became of a notice; the window opens once all of them are through."""
        noted = session.execute(
            update(CouncilNotice)
            .where(col(CouncilNotice.slot) == slot)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if rows(noted) == 0:
            return  # another process's message
        notice = session.get_one(CouncilNotice, slot, populate_existing=True)
        decision = locked(session, notice.decision_id)
        if decision is None or decision.state != DecisionState.AWAITING_NOTICE:
            return
        notices = _notices(session, decision)
        if any(one.delivered_at is None and one.failed is None for one in notices):
            return
        if any(one.delivered_at for one in notices):
            told = Told.DIRECT if notice.person_id else Told.CHANNEL
            self.open(session, now, decision, told)
        else:
            self._ask_for_mail(session, now, decision, f"Slack says {notice.failed}")

    def open(
        self,
        session: Session,
        now: datetime,
        decision: CouncilDecision,
        told: Told,
        *,
        by: str | None = None,
    ) -> None:
        """Open the window: freeze the roll, plan end and reminder, tell the process above.

        Args:
            by: the audit name of the admin who said that the council knows.

        Raises:
            AlreadyDone: it is open already, or over.
        """
        ends_at = now + timedelta(seconds=decision.window_seconds)
        move(
            session,
            decision,
            DecisionState.OPEN,
            told=told,
            told_by=by,
            opened_at=now,
            ends_at=ends_at,
        )
        roll = roll_of_today(session, decision)
        session.add_all(roll)
        session.flush()
        deadlines.drop(session, decision.id, [CHASE])
        deadlines.schedule(session, END, decision.id, ends_at)
        if at := reminder_at(now, ends_at):
            deadlines.schedule(session, REMIND, decision.id, at)
        audit.append(
            session,
            now,
            actor=by or audit.SYSTEM,
            act="council:told",
            subject=decision.subject,
            details={"how": told, "roll": sum(not seat.recused for seat in roll)},
        )
        self._office.facts.announce(session, now, CouncilTold(decision.subject))
        update_cards(session, now, decision)
        if told is not Told.RECORD:
            self._tell_admins(session, now, decision, told)

    def _tell_admins(
        self, session: Session, now: datetime, decision: CouncilDecision, told: Told
    ) -> None:
        view = shown(session, decision)
        if not view.deciding:
            self._office.admins.tell(session, now, office.empty_roll(view), about=decision.subject)
        if told is not Told.DIRECT:
            return
        reached = {n.person_id for n in _notices(session, decision) if n.delivered_at}
        missed = [seat.name for seat in view.deciding if seat.person_id not in reached]
        if missed:
            self._office.admins.tell(
                session, now, office.unreached(view, missed), about=decision.subject
            )

    def told_by_mail(
        self, session: Session, now: datetime, slack_user_id: str, decision_id: str
    ) -> None:
        """Open the window because an admin told the council by mail.

        Raises:
            NotAllowed, NotFound, AlreadyDone: no admin, recused, or the council knows already.
        """
        actor, decision = for_recorder(session, self._office, slack_user_id, decision_id, lock=True)
        if decision.state != DecisionState.AWAITING_NOTICE:
            raise AlreadyDone("The council has been told already, or nothing is to be decided.")
        self.open(session, now, decision, Told.MAIL, by=actor.audit_name)
        answer = office.mailed(shown(session, decision), actor.name)
        outbox.change(session, now, mail_slot(decision), answer)

    @staticmethod
    def settle_mail(session: Session, now: datetime, decision: CouncilDecision) -> None:
        """Let the request for a mail say that nothing is to be told any more."""
        outbox.change(session, now, mail_slot(decision), office.settled(shown(session, decision)))

    def chase(self, session: Session, now: datetime, decision_id: str) -> None:
        """Remind the admins of what the council has not been told, every other day (handler)."""
        decision = session.get(CouncilDecision, decision_id)
        if decision is None or decision.state != DecisionState.AWAITING_NOTICE:
            return
        self._office.admins.tell(
            session, now, office.still_waits(decision.title), about=decision.subject
        )
        deadlines.schedule(session, CHASE, decision_id, now + CHASE_EVERY)


def _deciding(session: Session, roll: Sequence[CouncilSeat]) -> list[Person]:
    ids = {seat.person_id for seat in roll if not seat.recused}
    return [person for person in council_now(session) if person.id in ids]


def _notices(session: Session, decision: CouncilDecision) -> list[CouncilNotice]:
    return list(
        session.scalars(select(CouncilNotice).where(col(CouncilNotice.decision_id) == decision.id))
    )
