"""Check-ins: asked for, answered, missed. What is said goes to the pair and is kept nowhere."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission
from psrt_bot.mentoring.messages import checking as messages
from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import CheckInShown, Shown
from psrt_bot.mentoring.rules import (
    ANSWERABLE,
    MISSED_AFTER,
    TOLD_AFTER,
    CheckInState,
    MentorshipState,
    Report,
    Side,
    is_missed,
    missed_in_a_row,
    report_problems,
)
from psrt_bot.mentoring.service import asking, schedule
from psrt_bot.mentoring.service.desk import (
    MISSED,
    Desk,
    check_in_shown,
    check_ins_of,
    locked,
    name_of,
    own_check_in,
    pair_of,
    refresh_homes,
    shown,
    states_of,
    tell_pair,
)
from psrt_bot.mentoring.service.presence import Presence
from psrt_bot.runtime import deadlines
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, Unavailable
from psrt_bot.runtime.sql import rows
from storage.mentoring import CheckIn, Mentorship

ANSWERED = "You have answered already, or this check-in waits for no answer. Thank you."
ALONE = "The other one cannot be reached in Slack just now, so nothing was sent or kept."
CHOOSE = "Please choose."


class Checking:
    """Use cases of the pair, and handlers of deadlines. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk, presence: Presence) -> None:
        self._desk = desk
        self._presence = presence

    def open_when_due(self, session: Session, now: datetime, mentorship_id: str) -> None:
        """Ask both how it is going (handler).

        Of several that fell due while the bot was away only the last is asked for; the others
        count as left out, not as missed.
        """
        mentorship = locked(session, mentorship_id)
        if mentorship is None or mentorship.state != MentorshipState.PAIRED:
            return
        due = [
            one
            for one in check_ins_of(session, mentorship)
            if schedule.is_planned(one) and one.due_at <= now
        ]
        if not due or not self._presence.has_mentor(session, now, mentorship):
            return
        together = self._presence.has_newcomer(session, now, mentorship)
        for check_in in due if not together else due[:-1]:
            check_in.state = CheckInState.SKIPPED
        if together:
            due[-1].state, due[-1].opened_at = CheckInState.OPEN, now
        session.add_all(due)
        session.flush()
        if together:
            asking.ask(session, now, [mentorship.newcomer_id, str(mentorship.mentor_id)])
            deadlines.schedule(session, MISSED, mentorship.id, now + MISSED_AFTER)
        else:
            schedule.plan_graduation(session, now, mentorship)
        refresh_homes(session, now, mentorship.newcomer_id, mentorship.mentor_id)

    def missed_when_due(self, session: Session, now: datetime, mentorship_id: str) -> None:
        """Remind, once, whoever has not answered; tell admins of two missed in a row (handler)."""
        mentorship = locked(session, mentorship_id)
        if mentorship is None or mentorship.state != MentorshipState.PAIRED:
            return
        silent: set[str] = set()
        for check_in in check_ins_of(session, mentorship):
            if _is_missed(check_in, now):
                check_in.state, check_in.missed_at = CheckInState.MISSED, now
                session.add(check_in)
                silent |= _silent(check_in, mentorship)
        session.flush()
        if not silent:
            return
        asking.ask(session, now, sorted(silent))
        count = missed_in_a_row(states_of(session, mentorship))
        if count >= TOLD_AFTER:
            self._desk.admins.tell(session, now, messages.missed(shown(session, mentorship), count))
        schedule.plan_graduation(session, now, mentorship)
        refresh_homes(session, now, mentorship.newcomer_id, mentorship.mentor_id)

    def form(
        self, session: Session, slack_user_id: str, check_in_id: str
    ) -> tuple[Shown, CheckInShown, Side]:
        """Return what the form of one of the two is made from.

        Raises:
            NotAllowed, NotFound: there is nothing like that for them.
            AlreadyDone: they have answered, or it waits for no answer.
        """
        check_in, mentorship, side = self._own(session, slack_user_id, check_in_id, lock=False)
        return shown(session, mentorship), self._shown(session, check_in, mentorship), side

    def submit(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        check_in_id: str,
        report: Report,
    ) -> CheckInShown:
        """Send somebody's words to the pair, and keep that they checked in.

        Raises:
            NotAllowed, NotFound: there is nothing like that for them.
            AlreadyDone: they have answered, or it waits for no answer.
            FieldProblems: the report is not complete. Unavailable: the other cannot be reached.
        """
        check_in, mentorship, side = self._own(session, slack_user_id, check_in_id)
        problems = report_problems(report)
        if side is Side.MENTOR and report.ready is None:
            problems[words.READY] = CHOOSE
        if problems:
            raise FieldProblems(problems)
        if pair_of(session, mentorship) is None:
            raise Unavailable(ALONE)
        _answer(session, now, check_in, side)
        check_in_now = self._shown(session, check_in, mentorship)
        who = name_of(
            session, mentorship.newcomer_id if side is Side.NEWCOMER else mentorship.mentor_id
        )
        tell_pair(session, now, mentorship, messages.said(check_in_now, who, report))
        if report.raised:
            told = messages.raised(shown(session, mentorship), who, report.blocked.strip())
            self._desk.admins.tell(session, now, told)
        if check_in.state == CheckInState.HELD:
            schedule.stop_waiting(session, mentorship)
            schedule.plan_graduation(session, now, mentorship)
        refresh_homes(session, now, mentorship.newcomer_id, mentorship.mentor_id)
        return check_in_now

    def _own(
        self, session: Session, slack_user_id: str, check_in_id: str, *, lock: bool = True
    ) -> tuple[CheckIn, Mentorship, Side]:
        wanted = Permission.MENTORING_CHECK_IN
        actor = self._desk.members.require(session, slack_user_id, wanted)
        check_in, mentorship, side = own_check_in(session, actor, check_in_id, lock=lock)
        answered = check_in.newcomer_at if side is Side.NEWCOMER else check_in.mentor_at
        if CheckInState(check_in.state) not in ANSWERABLE or answered is not None:
            raise AlreadyDone(ANSWERED)
        return check_in, mentorship, side

    @staticmethod
    def _shown(session: Session, check_in: CheckIn, mentorship: Mentorship) -> CheckInShown:
        return check_in_shown(check_in, check_ins_of(session, mentorship))


def _is_missed(check_in: CheckIn, now: datetime) -> bool:
    if check_in.state != CheckInState.OPEN or check_in.opened_at is None:
        return False
    return is_missed(
        now - check_in.opened_at,
        newcomer=check_in.newcomer_at is not None,
        mentor=check_in.mentor_at is not None,
    )


def _silent(check_in: CheckIn, mentorship: Mentorship) -> set[str]:
    waited = {
        mentorship.newcomer_id: check_in.newcomer_at,
        mentorship.mentor_id: check_in.mentor_at,
    }
    return {person for person, answered in waited.items() if person and answered is None}


def _answer(session: Session, now: datetime, check_in: CheckIn, side: Side) -> None:
    """Keep that somebody answered; with the other's answer the check-in took place."""
    column = CheckIn.newcomer_at if side is Side.NEWCOMER else CheckIn.mentor_at
    theirs = session.execute(
        update(CheckIn)
        .where(
            col(CheckIn.id) == check_in.id,
            col(CheckIn.state).in_(sorted(ANSWERABLE)),
            col(column).is_(None),
        )
        .values({col(column): now})
        .execution_options(synchronize_session=False)
    )
    if rows(theirs) == 0:
        raise AlreadyDone(ANSWERED)
    session.execute(
        update(CheckIn)
        .where(
            col(CheckIn.id) == check_in.id,
            col(CheckIn.newcomer_at).is_not(None),
            col(CheckIn.mentor_at).is_not(None),
        )
        .values(state=CheckInState.HELD)
        .execution_options(synchronize_session=False)
    )
    session.refresh(check_in)
