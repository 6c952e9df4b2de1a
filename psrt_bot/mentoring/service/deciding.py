"""An admin decides who mentors whom; then the two meet, and their check-ins are planned."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.mentoring.messages import pairing as messages
from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import Shown
from psrt_bot.mentoring.rules import MentorshipState, Volunteer, ranked
from psrt_bot.mentoring.rules import topics as known_topics
from psrt_bot.mentoring.service import schedule
from psrt_bot.mentoring.service.candidates import candidates, zone_offset
from psrt_bot.mentoring.service.desk import (
    ASK_ADMINS,
    MOVED_ON,
    NOT_THERE,
    Desk,
    locked,
    move,
    name_of,
    pair_of,
    refresh_homes,
    shown,
    slack_of,
)
from psrt_bot.mentoring.service.pairing import Pairing, question_slot
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotForYou, NotFound, RuleError
from storage.mentoring import Mentorship

UNREACHABLE = "{} cannot be reached in Slack; link them first, or choose somebody else."
NO_VOLUNTEER = "They do not volunteer any more. Please choose somebody else."


class Deciding:
    """Use cases of admins. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk, pairing: Pairing) -> None:
        self._desk = desk
        self._pairing = pairing

    def confirm(
        self, session: Session, now: datetime, slack_user_id: str, mentorship_id: str
    ) -> Shown:
        """Pair a newcomer with who is proposed.

        Raises:
            NotAllowed, NotFound: not an admin, or there is nothing like that for them.
            AlreadyDone: it is decided. RuleError: one of the two cannot be reached.
        """
        actor, mentorship = self._asked(session, slack_user_id, mentorship_id)
        if mentorship.state != MentorshipState.PROPOSED or mentorship.proposed_id is None:
            raise AlreadyDone(MOVED_ON)
        self._pair(session, now, actor, mentorship, mentorship.proposed_id)
        return shown(session, mentorship)

    def choices(
        self, session: Session, now: datetime, slack_user_id: str, mentorship_id: str
    ) -> tuple[Shown, list[Volunteer]]:
        """Return whom an admin can choose from, the best first.

        Raises:
            NotAllowed, NotFound: not an admin, or there is nothing like that for them.
        """
        _, mentorship = self._asked(session, slack_user_id, mentorship_id, lock=False)
        offset = zone_offset(session, now, mentorship.newcomer_id)
        found = candidates(session, now, mentorship)
        return shown(session, mentorship), ranked(offset, known_topics(mentorship.topics), found)

    def choose(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        mentorship_id: str,
        mentor_id: str,
    ) -> Shown:
        """Pair a newcomer with somebody whom an admin chose; the mentor before hands over.

        Raises:
            NotAllowed, NotFound: not an admin, or there is nothing like that for them.
            FieldProblems: whoever was chosen does not volunteer. RuleError: cannot be reached.
        """
        actor, mentorship = self._asked(session, slack_user_id, mentorship_id)
        found = candidates(session, now, mentorship)
        if mentor_id not in {one.person_id for one in found}:
            raise FieldProblems({words.MENTOR: NO_VOLUNTEER})
        if mentorship.state == MentorshipState.PAIRED:
            self._pairing.hand_over(session, now, mentorship)
        self._pair(session, now, actor, mentorship, mentor_id)
        return shown(session, mentorship)

    def _asked(
        self, session: Session, slack_user_id: str, mentorship_id: str, *, lock: bool = True
    ) -> tuple[Actor, Mentorship]:
        """Return a mentorship for an admin who decides on it."""
        wanted = Permission.MENTORING_PAIR
        actor = self._desk.members.require(session, slack_user_id, wanted)
        if lock:
            mentorship = locked(session, mentorship_id)
        else:
            mentorship = session.get(Mentorship, mentorship_id)
        if mentorship is None:
            raise NotFound(NOT_THERE)
        if not wanted.theirs(own=False, about=mentorship.newcomer_id == actor.person_id):
            raise NotForYou(NOT_THERE)
        if not wanted.fits(mentorship.state):
            raise AlreadyDone(MOVED_ON)
        return actor, mentorship

    def _pair(
        self, session: Session, now: datetime, actor: Actor, mentorship: Mentorship, mentor_id: str
    ) -> None:
        for person_id in (mentorship.newcomer_id, mentor_id):
            if slack_of(session, person_id) is None:
                raise RuleError(UNREACHABLE.format(name_of(session, person_id)))
        first = mentorship.paired_at is None
        move(
            session,
            mentorship,
            MentorshipState.PAIRED,
            mentor_id=mentor_id,
            proposed_id=None,
            mentor_since=now,
            paired_at=mentorship.paired_at or now,
        )
        deadlines.drop(session, mentorship.id, [ASK_ADMINS])
        if first:
            schedule.add(session, now, mentorship, self._desk.check_ins)
        else:
            schedule.take_up(session, now, mentorship)
        schedule.plan_graduation(session, now, mentorship)
        self._introduce(session, now, mentorship, anew=not first)
        answer = messages.settled(shown(session, mentorship), actor.name)
        outbox.change(session, now, question_slot(mentorship), answer)
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="mentoring:pair",
            subject=mentorship.newcomer_id,
            details={"mentor": mentor_id},
        )
        refresh_homes(session, now, mentorship.newcomer_id, mentor_id)
        self._pairing.volunteers_changed(
            session, now
        )  # whoever was proposed to others may be full now

    def _introduce(
        self, session: Session, now: datetime, mentorship: Mentorship, *, anew: bool
    ) -> None:
        pair = pair_of(session, mentorship)
        assert pair is not None
        view = shown(session, mentorship)
        outbox.gather(session, now, pair, messages.introduction(view, *pair, anew=anew))
        schedule.post_calendar(session, now, mentorship)
