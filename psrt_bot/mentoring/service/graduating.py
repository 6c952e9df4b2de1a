"""The end by the mentor's word, or some more time together."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlmodel import Session

from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.mentoring.messages import graduating as messages
from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import Shown
from psrt_bot.mentoring.rules import (
    ASK_MENTOR_AGAIN,
    MentorshipState,
    Side,
    admins_hear,
    extension_problem,
    further_check_ins,
    may_graduate,
    parse_date,
)
from psrt_bot.mentoring.service import schedule
from psrt_bot.mentoring.service.desk import (
    CHECK_IN,
    GRADUATION,
    MISSED,
    MOVED_ON,
    NOT_THERE,
    Desk,
    locked,
    move,
    refresh_homes,
    shown,
    side_of,
    states_of,
    tell,
    tell_pair,
)
from psrt_bot.mentoring.service.pairing import Pairing
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.called import command
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotForYou, NotFound
from storage.mentoring import Mentorship

Steps = Callable[[Session, str], Sequence[str]]
TOO_EARLY = f"There are check-ins still to come; see {command('mentor status')}."


def no_steps(_session: Session, _person_id: str) -> Sequence[str]:
    """Return that nothing else is known of a newcomer."""
    return ()


class Graduating:
    """Use cases of the mentor. Each is one transaction of the caller's.

    Args:
        steps: what else a newcomer has done, as lines of plain text for their summary.
    """

    def __init__(self, desk: Desk, pairing: Pairing, steps: Steps = no_steps) -> None:
        self._desk = desk
        self._pairing = pairing
        self._steps = steps

    def ask_mentor(self, session: Session, now: datetime, mentorship_id: str) -> None:
        """Ask the mentor for their word once the last check-in is over, week by week (handler).

        Admins hear of one who does not say it, and can choose another: the newcomer waits.
        """
        mentorship = locked(session, mentorship_id)
        if mentorship is None or mentorship.state != MentorshipState.PAIRED:
            return
        if may_graduate(states_of(session, mentorship)):
            view = shown(session, mentorship)
            if admins_hear(mentorship.word_asked):
                told = messages.unanswered(view, mentorship.word_asked)
                self._desk.admins.tell(session, now, told)
            tell(session, now, mentorship.mentor_id, messages.asked(view))
            mentorship.word_asked += 1
            session.add(mentorship)
            session.flush()
            schedule.plan_graduation(session, now, mentorship, ASK_MENTOR_AGAIN)

    def graduate(
        self, session: Session, now: datetime, slack_user_id: str, mentorship_id: str
    ) -> Shown:
        """End the first months by the mentor's word; both are thanked, the team is told.

        Raises:
            NotAllowed, NotFound: they are not the mentor. AlreadyDone: too early, or over.
        """
        actor, mentorship = self._own(session, slack_user_id, mentorship_id)
        move(session, mentorship, MentorshipState.GRADUATED, ended_at=now)
        deadlines.drop(session, mentorship.id, [CHECK_IN, MISSED, GRADUATION])
        view = shown(session, mentorship)
        steps = self._steps(session, mentorship.newcomer_id)
        tell(session, now, mentorship.newcomer_id, messages.to_the_newcomer(view, steps))
        tell(session, now, mentorship.mentor_id, messages.to_the_mentor(view))
        if self._desk.team_channel:
            outbox.post(session, now, self._desk.team_channel, messages.to_the_team(view))
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="mentoring:graduate",
            subject=mentorship.newcomer_id,
        )
        refresh_homes(session, now, mentorship.newcomer_id, mentorship.mentor_id)
        self._pairing.volunteers_changed(session, now)  # there is room for somebody else
        return view

    def form(
        self, session: Session, now: datetime, slack_user_id: str, mentorship_id: str
    ) -> tuple[Shown, date, int]:
        """Return what the form of an extension is made from: the pair, today, days so far.

        Raises:
            NotAllowed, NotFound: they are not the mentor. AlreadyDone: too early, or over.
        """
        _, mentorship = self._own(session, slack_user_id, mentorship_id, lock=False)
        today = now.date()
        return shown(session, mentorship), today, mentorship.extended_days

    def extend(
        self, session: Session, now: datetime, slack_user_id: str, mentorship_id: str, until: str
    ) -> Shown:
        """Go on until a day, at most 90 days more in all, with further check-ins.

        Raises:
            NotAllowed, NotFound: they are not the mentor. AlreadyDone: too early, or over.
            FieldProblems: the day cannot be.
        """
        actor, mentorship = self._own(session, slack_user_id, mentorship_id)
        day, today = parse_date(until), now.date()
        if problem := extension_problem(day, today, mentorship.extended_days):
            raise FieldProblems({words.DAY: problem})
        assert day is not None
        days = (day - today).days
        mentorship.extended_days += days
        mentorship.word_asked = 0
        session.add(mentorship)
        session.flush()
        deadlines.drop(session, mentorship.id, [GRADUATION])
        schedule.add(session, now, mentorship, further_check_ins(days))
        view = shown(session, mentorship)
        tell_pair(session, now, mentorship, messages.extended(view))
        schedule.post_calendar(session, now, mentorship)
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="mentoring:extend",
            subject=mentorship.newcomer_id,
            details={"days": days},
        )
        refresh_homes(session, now, mentorship.newcomer_id, mentorship.mentor_id)
        return view

    def _own(
        self, session: Session, slack_user_id: str, mentorship_id: str, *, lock: bool = True
    ) -> tuple[Actor, Mentorship]:
        """Return a mentorship whose mentor asks, once the last check-in is over."""
        wanted = Permission.MENTORING_GRADUATE
        actor = self._desk.members.require(session, slack_user_id, wanted)
        if lock:
            mentorship = locked(session, mentorship_id)
        else:
            mentorship = session.get(Mentorship, mentorship_id)
        if mentorship is None:
            raise NotFound(NOT_THERE)
        if side_of(mentorship, actor.person_id) is not Side.MENTOR:
            raise NotForYou(NOT_THERE)
        if not wanted.fits(mentorship.state):
            raise AlreadyDone(MOVED_ON)
        if not may_graduate(states_of(session, mentorship)):
            raise AlreadyDone(TOO_EARLY)
        return actor, mentorship
