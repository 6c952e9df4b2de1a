"""Either of the two moves a check-in to another day; calendars follow."""

from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission
from psrt_bot.mentoring.messages import checking as messages
from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import CheckInShown
from psrt_bot.mentoring.rules import MOVABLE, CheckInState, Side, move_problem, parse_date
from psrt_bot.mentoring.service import schedule
from psrt_bot.mentoring.service.desk import (
    Desk,
    check_in_shown,
    check_ins_of,
    name_of,
    own_check_in,
    refresh_homes,
    tell_pair,
    zone_of,
)
from psrt_bot.runtime.called import command
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems
from psrt_bot.runtime.sql import rows
from storage.mentoring import CheckIn, Mentorship

NOT_NOW = f"This check-in cannot be moved any more; see {command('mentor status')}."


class Moving:
    """Use cases of the pair. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def form(
        self, session: Session, now: datetime, slack_user_id: str, check_in_id: str
    ) -> tuple[CheckInShown, date]:
        """Return a check-in, and the day that is offered for it.

        Raises:
            NotAllowed, NotFound: there is nothing like that for them. AlreadyDone: it is over.
        """
        check_in, mentorship, _ = self._own(session, slack_user_id, check_in_id, lock=False)
        zone = zone_of(session, mentorship.newcomer_id)
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return self._shown(session, check_in, mentorship), tomorrow

    def move(
        self, session: Session, now: datetime, slack_user_id: str, check_in_id: str, day: str
    ) -> CheckInShown:
        """Give a check-in another day: from tomorrow on, within two weeks, before the next one.

        Days are those where the newcomer is. Both are asked then, whoever has answered already.

        Raises:
            NotAllowed, NotFound: there is nothing like that for them. AlreadyDone: it is over.
            FieldProblems: the day cannot be.
        """
        check_in, mentorship, side = self._own(session, slack_user_id, check_in_id)
        zone = zone_of(session, mentorship.newcomer_id)
        later = (
            one.due_at.astimezone(zone).date()
            for one in check_ins_of(session, mentorship)
            if one.number > check_in.number and schedule.is_planned(one)
        )
        chosen, today = parse_date(day), now.astimezone(zone).date()
        if problem := move_problem(chosen, today, next(later, None)):
            raise FieldProblems({words.DAY: problem})
        assert chosen is not None
        self._put(session, now, check_in, schedule.on_day(check_in.due_at, chosen, zone))
        schedule.plan(session, mentorship)
        schedule.stop_waiting(session, mentorship)
        who = mentorship.newcomer_id if side is Side.NEWCOMER else mentorship.mentor_id
        moved = self._shown(session, check_in, mentorship)
        tell_pair(session, now, mentorship, messages.moved(moved, name_of(session, who)))
        schedule.post_calendar(session, now, mentorship)
        refresh_homes(session, now, mentorship.newcomer_id, mentorship.mentor_id)
        return moved

    def _own(
        self, session: Session, slack_user_id: str, check_in_id: str, *, lock: bool = True
    ) -> tuple[CheckIn, Mentorship, Side]:
        wanted = Permission.MENTORING_CHECK_IN
        actor = self._desk.members.require(session, slack_user_id, wanted)
        check_in, mentorship, side = own_check_in(session, actor, check_in_id, lock=lock)
        if CheckInState(check_in.state) not in MOVABLE:
            raise AlreadyDone(NOT_NOW)
        return check_in, mentorship, side

    @staticmethod
    def _put(session: Session, now: datetime, check_in: CheckIn, due_at: datetime) -> None:
        moved = session.execute(
            update(CheckIn)
            .where(col(CheckIn.id) == check_in.id, col(CheckIn.state).in_(sorted(MOVABLE)))
            .values(
                state=CheckInState.PLANNED,
                due_at=due_at,
                sequence=CheckIn.sequence + 1,
                changed_at=now,
                opened_at=None,
                newcomer_at=None,
                mentor_at=None,
            )
            .execution_options(synchronize_session=False)
        )
        if rows(moved) == 0:
            raise AlreadyDone(NOT_NOW)
        session.refresh(check_in)

    @staticmethod
    def _shown(session: Session, check_in: CheckIn, mentorship: Mentorship) -> CheckInShown:
        return check_in_shown(check_in, check_ins_of(session, mentorship))
