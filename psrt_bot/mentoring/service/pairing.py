"""A mentor for a newcomer: sought, proposed to the admins, and handed over by who cannot go on."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.mentoring.messages import pairing as messages
from psrt_bot.mentoring.messages import volunteering
from psrt_bot.mentoring.rules import (
    CheckInState,
    MentorshipState,
    Volunteer,
    proposal,
    stays_proposed,
)
from psrt_bot.mentoring.rules import topics as known_topics
from psrt_bot.mentoring.service.candidates import candidates, zone_offset
from psrt_bot.mentoring.service.desk import (
    ASK_ADMINS,
    CHECK_IN,
    GRADUATION,
    MISSED,
    Desk,
    check_ins_of,
    locked,
    mentored_by,
    move,
    name_of,
    pair_of,
    refresh_homes,
    running_of,
    shown,
    tell,
    tell_pair,
)
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.facts import MentorUnavailable
from storage.mentoring import Mentorship

ASK_AGAIN = timedelta(days=1)
SEEK_AGAIN = timedelta(days=7)  # nobody volunteers: asking daily would bring nobody sooner
DROPPED_WITH_A_MENTOR = [CHECK_IN, MISSED, GRADUATION]


def question_slot(mentorship: Mentorship) -> str:
    """Return the name under which the question to the admins is remembered."""
    return f"mentoring:pair:{mentorship.id}"


class Pairing:
    """Use cases of pairs. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(
        self, session: Session, now: datetime, person_id: str, nominator_id: str | None
    ) -> None:
        """Look for a mentor for a newcomer; nothing happens if they have one, or are to have one.

        Args:
            nominator_id: who nominated them; another mentors, if another can.
        """
        if running_of(session, person_id) is not None:
            return
        mentorship = Mentorship(
            newcomer_id=person_id,
            nominator_id=nominator_id,
            state=MentorshipState.SEEKING,
            begun_at=now,
        )
        session.add(mentorship)
        session.flush()
        tell(session, now, person_id, volunteering.welcome(()))
        self.reconsider(session, now, mentorship, ask=True)
        refresh_homes(session, now, person_id)

    def reconsider(
        self, session: Session, now: datetime, mentorship: Mentorship, *, ask: bool = False
    ) -> None:
        """Propose whoever fits best now, or nobody; admins hear of it when that is another.

        Args:
            ask: ask the admins even if nothing has changed.
        """
        best = proposal(
            zone_offset(session, now, mentorship.newcomer_id),
            known_topics(mentorship.topics),
            candidates(session, now, mentorship),
        )
        before = mentorship.proposed_id
        self._propose(session, mentorship, best)
        if ask or mentorship.proposed_id != before:
            self._ask(session, now, mentorship, again=False)

    @staticmethod
    def _propose(session: Session, mentorship: Mentorship, best: Volunteer | None) -> None:
        if best is None and mentorship.state == MentorshipState.PROPOSED:
            move(session, mentorship, MentorshipState.SEEKING, proposed_id=None)
        elif best is not None and mentorship.state == MentorshipState.SEEKING:
            move(session, mentorship, MentorshipState.PROPOSED, proposed_id=best.person_id)
        elif best is not None:
            mentorship.proposed_id = best.person_id
            session.add(mentorship)
            session.flush()

    def volunteers_changed(self, session: Session, now: datetime) -> None:
        """Propose anew where nobody was proposed, or who was does not stay (`stays_proposed`)."""
        undecided = (MentorshipState.SEEKING, MentorshipState.PROPOSED)
        waiting = session.scalars(
            select(Mentorship)
            .where(col(Mentorship.state).in_(undecided))
            .order_by(col(Mentorship.begun_at), col(Mentorship.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        for mentorship in waiting:
            if not self._stays(session, now, mentorship):
                self.reconsider(session, now, mentorship)

    @staticmethod
    def _stays(session: Session, now: datetime, mentorship: Mentorship) -> bool:
        return stays_proposed(mentorship.proposed_id, candidates(session, now, mentorship))

    def mentor_unavailable(self, session: Session, now: datetime, fact: MentorUnavailable) -> None:
        """Let everybody's mentees be handed over who cannot go on (handler)."""
        for mentorship in mentored_by(session, fact.person_id):
            self.hand_over(session, now, mentorship)
            self.reconsider(session, now, mentorship, ask=True)
        self.volunteers_changed(session, now)

    def hand_over(self, session: Session, now: datetime, mentorship: Mentorship) -> None:
        """Take a mentor from a pair. Their check-ins go on with the next one."""
        before = mentorship.mentor_id
        name = name_of(session, before)
        if pair_of(session, mentorship):
            tell_pair(session, now, mentorship, messages.hands_over(name))
        else:
            tell(session, now, mentorship.newcomer_id, messages.hands_over(name))
        told = messages.handed_over(shown(session, mentorship), name, "hands over")
        self._desk.admins.tell(session, now, told)
        nobody = {"mentor_id": None, "mentor_since": None, "word_asked": 0}
        move(session, mentorship, MentorshipState.SEEKING, **nobody)
        deadlines.drop(session, mentorship.id, DROPPED_WITH_A_MENTOR)
        for check_in in check_ins_of(session, mentorship):
            if check_in.state == CheckInState.OPEN:
                check_in.state = CheckInState.PLANNED
                check_in.opened_at = check_in.newcomer_at = check_in.mentor_at = None
                session.add(check_in)
        session.flush()
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act="mentoring:hand-over",
            subject=mentorship.newcomer_id,
            details={"mentor": before},
        )
        refresh_homes(session, now, mentorship.newcomer_id, before)

    def ask_again(self, session: Session, now: datetime, mentorship_id: str) -> None:
        """Ask the admins again what nobody has decided, of who can be proposed now (handler)."""
        mentorship = locked(session, mentorship_id)
        if mentorship is None:
            return
        if mentorship.state in (MentorshipState.SEEKING, MentorshipState.PROPOSED):
            before = mentorship.proposed_id
            if not self._stays(session, now, mentorship):  # say, an account came back meanwhile
                self.reconsider(session, now, mentorship)
            if mentorship.proposed_id != before:
                return  # asked just now
            self._ask(session, now, mentorship, again=True)

    def _ask(self, session: Session, now: datetime, mentorship: Mentorship, *, again: bool) -> None:
        deadlines.drop(session, mentorship.id, [ASK_ADMINS])
        found = {one.person_id: one for one in candidates(session, now, mentorship)}
        view = shown(session, mentorship)
        slot = question_slot(mentorship)
        outbox.change(session, now, slot, messages.asked_below())
        proposed = found.get(mentorship.proposed_id or "")
        if proposed is None:
            question, wait = messages.nobody(view, any_volunteer=bool(found)), SEEK_AGAIN
        else:
            others = any(one.has_room for one in found.values() if one is not proposed)
            question = messages.proposed(view, proposed, others_have_room=others)
            wait = ASK_AGAIN
        if again:
            question = messages.asked_again(question)
        self._desk.admins.tell(session, now, question, slot=slot)
        deadlines.schedule(session, ASK_ADMINS, mentorship.id, now + wait)

    def settle_question(self, session: Session, now: datetime, mentorship: Mentorship) -> None:
        """Let the question to the admins say that it needs no answer any more."""
        answer = messages.settled(shown(session, mentorship), "")
        outbox.change(session, now, question_slot(mentorship), answer)
