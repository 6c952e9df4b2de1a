"""Whether the two of a pair are there: who left, paused, or cannot be reached in Slack."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.mentoring.messages import pairing as messages
from psrt_bot.mentoring.rules import MentorshipState
from psrt_bot.mentoring.service.desk import (
    ASK_ADMINS,
    CHECK_IN,
    GRADUATION,
    MISSED,
    WATCH,
    Desk,
    move,
    refresh_homes,
    running_of,
    shown,
    slack_of,
    tell,
    volunteers,
)
from psrt_bot.mentoring.service.pairing import Pairing
from psrt_bot.runtime import audit, deadlines
from psrt_bot.runtime.facts import MemberLeft, MentorUnavailable
from storage.mentoring import Mentor, Mentorship
from storage.people import Person

EVERYBODY = "mentoring"  # the subject of what concerns all pairs
LOOK_AT = time(7)  # UTC, each day


class Presence:
    """Handlers of facts and of the daily look. Each acts in one transaction of the caller's."""

    def __init__(self, desk: Desk, pairing: Pairing) -> None:
        self._desk = desk
        self._pairing = pairing

    def member_left(self, session: Session, now: datetime, fact: MemberLeft) -> None:
        """Hand over a mentor's mentees, and end a newcomer's own time (handler)."""
        mentor = session.get(Mentor, fact.person_id)
        if mentor is not None:
            session.delete(mentor)
            session.flush()
            self._desk.facts.announce(session, now, MentorUnavailable(fact.person_id))
        own = running_of(session, fact.person_id)
        if own is not None:
            self._end(session, now, own)

    def _end(self, session: Session, now: datetime, mentorship: Mentorship) -> None:
        undecided = mentorship.state != MentorshipState.PAIRED
        mentor_id = mentorship.mentor_id
        move(session, mentorship, MentorshipState.ENDED, ended_at=now, proposed_id=None)
        deadlines.drop(session, mentorship.id, [ASK_ADMINS, CHECK_IN, MISSED, GRADUATION])
        if undecided:
            self._pairing.settle_question(session, now, mentorship)
        tell(session, now, mentor_id, messages.ended(shown(session, mentorship)))
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act="mentoring:end",
            subject=mentorship.newcomer_id,
        )
        refresh_homes(session, now, mentor_id)
        self._pairing.volunteers_changed(session, now)  # there is room for somebody else

    def seen(self, session: Session, now: datetime, users: Iterable[Mapping[str, Any]]) -> None:
        """Act at once where Slack says that an account is gone, once that is kept."""
        gone = [user["id"] for user in users if user.get("deleted")]
        if not gone:
            return
        audit.hold(session)  # as of `desk.locked`
        people = select(col(Person.id)).where(col(Person.slack_user_id).in_(gone))
        for mentor in session.scalars(
            select(Mentor).where(col(Mentor.person_id).in_(people), col(Mentor.paused).is_(False))
        ).all():
            if slack_of(session, mentor.person_id) is None:
                self._pause(session, now, mentor.person_id)
        for mentorship in session.scalars(
            select(Mentorship).where(
                col(Mentorship.newcomer_id).in_(people), col(Mentorship.running).is_(True)
            )
        ).all():
            self.has_newcomer(session, now, mentorship)

    def look(self, session: Session, now: datetime, _: str) -> None:
        """See, once a day, who cannot be reached any more, whatever the reason (handler)."""
        audit.hold(session)  # as of `desk.locked`
        for mentor in volunteers(session):
            if slack_of(session, mentor.person_id) is None:
                self._pause(session, now, mentor.person_id)
        for mentorship in session.scalars(
            select(Mentorship)
            .where(col(Mentorship.running).is_(True))
            .order_by(col(Mentorship.begun_at), col(Mentorship.id))
            .execution_options(populate_existing=True)
        ).all():
            self.has_newcomer(session, now, mentorship)
        self._pairing.volunteers_changed(session, now)
        self.arm(session, now)

    @staticmethod
    def arm(session: Session, now: datetime) -> None:
        """Plan the next daily look; planning it twice makes one."""
        tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
        moment = datetime.combine(tomorrow, LOOK_AT, tzinfo=UTC)
        deadlines.schedule(session, WATCH, EVERYBODY, moment)

    def has_mentor(self, session: Session, now: datetime, mentorship: Mentorship) -> bool:
        """Return whether a pair's mentor can be reached; if not, they hand over."""
        if slack_of(session, mentorship.mentor_id) is not None:
            return True
        assert mentorship.mentor_id is not None
        self._pause(session, now, mentorship.mentor_id)
        return False

    def has_newcomer(self, session: Session, now: datetime, mentorship: Mentorship) -> bool:
        """Return whether a newcomer can be reached; admins hear once that one cannot."""
        is_there = slack_of(session, mentorship.newcomer_id) is not None
        if is_there and mentorship.resting_since is not None:
            mentorship.resting_since = None
        elif not is_there and mentorship.resting_since is None:
            mentorship.resting_since = now
            self._desk.admins.tell(session, now, messages.rests(shown(session, mentorship)))
        session.add(mentorship)
        session.flush()
        return is_there

    def _pause(self, session: Session, now: datetime, mentor_id: str) -> None:
        """Let somebody who cannot be reached hand over; they resume by themselves."""
        session.execute(
            update(Mentor)
            .where(col(Mentor.person_id) == mentor_id)
            .values(paused=True)
            .execution_options(synchronize_session=False)
        )
        self._desk.facts.announce(session, now, MentorUnavailable(mentor_id))
