"""Mentorships as they stand: found, moved, shown (R11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Actor, Members
from psrt_bot.mentoring.messages.words import CheckInShown, Shown
from psrt_bot.mentoring.rules import (
    TRANSITIONS,
    CheckInState,
    MentorshipState,
    Side,
    is_running,
    may_graduate,
    topics,
)
from psrt_bot.runtime import audit, homes, outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.called import command
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import AlreadyDone, NotForYou, NotFound
from psrt_bot.runtime.sql import rows
from psrt_bot.runtime.waking import zone
from storage.mentoring import CheckIn, Mentor, Mentorship
from storage.people import Person, SlackUser

# Kinds of deadlines; the subject of each is a mentorship, but of the last.
ASK_ADMINS = "mentoring:ask-admins"
CHECK_IN = "mentoring:check-in"
MISSED = "mentoring:missed"
GRADUATION = "mentoring:graduation"
WATCH = "mentoring:watch"

NOT_THERE = "There is nothing like that, or it is not yours."
MOVED_ON = f"This has moved on meanwhile; look at {command('mentor status')}."


@dataclass(frozen=True)
class Desk:
    """What the use cases of mentoring stand on.

    Args:
        check_ins: how long after the pairing each comes (PSRT_CHECK_INS).
        team_channel: where the team is told of a graduation; None for nowhere.
    """

    members: Members
    admins: Admins
    facts: Facts
    check_ins: tuple[timedelta, ...]
    team_channel: str | None


def move(session: Session, mentorship: Mentorship, after: MentorshipState, **values: Any) -> None:
    """Change a mentorship's state, if it is still what it was when it was read.

    Raises:
        AlreadyDone: the step is not possible (any more).
    """
    before = MentorshipState(mentorship.state)
    if after not in TRANSITIONS[before]:
        raise AlreadyDone(MOVED_ON)
    changed = session.execute(
        update(Mentorship)
        .where(col(Mentorship.id) == mentorship.id, col(Mentorship.state) == before)
        .values(state=after, running=is_running(after), **values)
        .execution_options(synchronize_session=False)
    )
    if rows(changed) == 0:
        raise AlreadyDone(MOVED_ON)
    session.refresh(mentorship)


def locked(session: Session, mentorship_id: str, *, hold: bool = True) -> Mentorship | None:
    """Return a mentorship as it is now, held until the end of this transaction; None for none.

    Args:
        hold: hold the audit log's head before it, as whoever ends a membership does when they come
            to the mentorship: one order for all, or two could wait for each other. Not needed for
            what touches this pair alone and records nothing.
    """
    if hold:
        audit.hold(session)
    return session.get(Mentorship, mentorship_id, with_for_update=True, populate_existing=True)


def own_check_in(
    session: Session, actor: Actor, check_in_id: str, *, lock: bool = True
) -> tuple[CheckIn, Mentorship, Side]:
    """Return a check-in of a pair that ``actor`` is one of, and who of the two they are.

    Args:
        lock: hold the pair until the end of this transaction.

    Raises:
        NotFound: there is none, or it is not theirs (any more); the text is the same.
    """
    found = session.get(CheckIn, check_in_id)
    if found is None:
        raise NotFound(NOT_THERE)
    if lock:
        mentorship = locked(session, found.mentorship_id, hold=False)
    else:
        mentorship = session.get(Mentorship, found.mentorship_id)
    assert mentorship is not None
    side = side_of(mentorship, actor.person_id)
    if side is None or mentorship.state != MentorshipState.PAIRED:
        raise NotForYou(NOT_THERE)
    session.refresh(found)
    return found, mentorship, side


def side_of(mentorship: Mentorship, person_id: str | None) -> Side | None:
    """Return who somebody is in a mentorship, or None for neither of the two."""
    if person_id is None:
        return None
    if person_id == mentorship.newcomer_id:
        return Side.NEWCOMER
    return Side.MENTOR if person_id == mentorship.mentor_id else None


def running_of(session: Session, newcomer_id: str) -> Mentorship | None:
    """Return a newcomer's mentorship, or None where there is none (any more)."""
    return session.scalar(
        select(Mentorship)
        .where(col(Mentorship.newcomer_id) == newcomer_id, col(Mentorship.running).is_(True))
        .execution_options(populate_existing=True)
    )


def mentored_by(session: Session, mentor_id: str) -> list[Mentorship]:
    """Return somebody's mentees, the longest first."""
    return list(
        session.scalars(
            select(Mentorship)
            .where(
                col(Mentorship.mentor_id) == mentor_id,
                col(Mentorship.state) == MentorshipState.PAIRED,
            )
            .order_by(col(Mentorship.mentor_since), col(Mentorship.id))
            .execution_options(populate_existing=True)
        )
    )


def check_ins_of(session: Session, mentorship: Mentorship) -> list[CheckIn]:
    """Return a mentorship's check-ins in their order, those left out too."""
    return list(
        session.scalars(
            select(CheckIn)
            .where(col(CheckIn.mentorship_id) == mentorship.id)
            .order_by(col(CheckIn.number))
            .execution_options(populate_existing=True)
        )
    )


def states_of(session: Session, mentorship: Mentorship) -> list[CheckInState]:
    """Return how a mentorship's check-ins stand, in their order."""
    return [CheckInState(one.state) for one in check_ins_of(session, mentorship)]


def name_of(session: Session, person_id: str | None) -> str:
    """Return somebody's name; empty for nobody."""
    return session.get_one(Person, person_id).name if person_id else ""


def slack_of(session: Session, person_id: str | None) -> SlackUser | None:
    """Return somebody's Slack user, or None where they cannot be reached there."""
    person = session.get(Person, person_id) if person_id else None
    if person is None or person.slack_user_id is None:
        return None
    return live_users(session, [person.slack_user_id]).get(person.slack_user_id)


def zone_of(session: Session, person_id: str) -> ZoneInfo:
    """Return somebody's time zone, as Slack has it; UTC where they are not in Slack."""
    user = slack_of(session, person_id)
    return zone(user.time_zone if user else "")


def pair_of(session: Session, mentorship: Mentorship) -> tuple[str, str] | None:
    """Return the Slack ids of newcomer and mentor, or None where one cannot be reached."""
    newcomer = slack_of(session, mentorship.newcomer_id)
    mentor = slack_of(session, mentorship.mentor_id)
    return (newcomer.id, mentor.id) if newcomer and mentor else None


def tell(session: Session, now: datetime, person_id: str | None, message: Message) -> None:
    """Send somebody a message, if they can be reached in Slack."""
    if user := slack_of(session, person_id):
        outbox.tell(session, now, user.id, message)


def tell_pair(session: Session, now: datetime, mentorship: Mentorship, message: Message) -> None:
    """Send a message to both together, if both can be reached in Slack."""
    if pair := pair_of(session, mentorship):
        outbox.gather(session, now, pair, message)


def refresh_homes(session: Session, now: datetime, *people: str | None) -> None:
    """Owe fresh App Homes to some people, since their mentoring shows something else now."""
    users = [user.id for one in people if (user := slack_of(session, one))]
    homes.changed(session, now, users)


def shown(session: Session, mentorship: Mentorship) -> Shown:
    """Return a mentorship as those whom it concerns may see it."""
    check_ins = check_ins_of(session, mentorship)
    return Shown(
        mentorship_id=mentorship.id,
        newcomer=name_of(session, mentorship.newcomer_id),
        mentor=name_of(session, mentorship.mentor_id),
        proposed=name_of(session, mentorship.proposed_id),
        state=MentorshipState(mentorship.state),
        begun_at=mentorship.begun_at,
        mentor_since=mentorship.mentor_since,
        topics=topics(mentorship.topics),
        check_ins=[check_in_shown(one, check_ins) for one in check_ins],
        over=may_graduate(CheckInState(one.state) for one in check_ins),
        ended_at=mentorship.ended_at,
    )


def check_in_shown(check_in: CheckIn, all_of_them: Sequence[CheckIn]) -> CheckInShown:
    """Return a check-in as those whom it concerns may see it."""
    sides = {Side.NEWCOMER: check_in.newcomer_at, Side.MENTOR: check_in.mentor_at}
    return CheckInShown(
        check_in_id=check_in.id,
        number=check_in.number,
        of=len(all_of_them),
        due_at=check_in.due_at,
        state=CheckInState(check_in.state),
        answered=frozenset(side for side, at in sides.items() if at is not None),
    )


def volunteers(session: Session, *, paused: bool = False) -> list[Mentor]:
    """Return who volunteers, and does not pause; or who pauses."""
    found = select(Mentor).where(col(Mentor.paused).is_(paused)).order_by(col(Mentor.person_id))
    return list(session.scalars(found.execution_options(populate_existing=True)))
