"""Who could mentor a newcomer now, with what counts for the choice."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import holders, with_live_slack
from psrt_bot.mentoring.rules import MentorshipState, Volunteer
from psrt_bot.mentoring.rules import topics as known_topics
from psrt_bot.mentoring.service.desk import volunteers, zone_of
from psrt_bot.runtime.waking import zone
from storage.mentoring import Mentorship


def candidates(session: Session, now: datetime, mentorship: Mentorship) -> list[Volunteer]:
    """Return who volunteers, could be reached, and is not of this pair already."""
    offers = {one.person_id: one for one in volunteers(session)}
    live, _ = with_live_slack(session, holders(session, Role.MEMBER))
    other = {mentorship.newcomer_id, mentorship.mentor_id}
    return [
        Volunteer(
            person_id=person.id,
            name=person.name,
            room=offers[person.id].room,
            mentees=mentees_of(session, person.id, without=mentorship.id),
            offset=_offset(now, user.time_zone),
            topics=known_topics(offers[person.id].topics),
            nominated_them=person.id == mentorship.nominator_id,
        )
        for person, user in live
        if person.id in offers and person.id not in other
    ]


def mentees_of(
    session: Session, person_id: str, *, without: str = "", proposed: bool = True
) -> int:
    """Return how many mentees somebody has.

    Args:
        without: a mentorship that does not count.
        proposed: count those for whom they are only proposed as well.
    """
    count = select(func.count()).where(col(Mentorship.id) != without)
    paired = and_(
        col(Mentorship.mentor_id) == person_id, col(Mentorship.state) == MentorshipState.PAIRED
    )
    asked = and_(
        col(Mentorship.proposed_id) == person_id, col(Mentorship.state) == MentorshipState.PROPOSED
    )
    return session.scalar(count.where(or_(paired, asked) if proposed else paired)) or 0


def _offset(now: datetime, time_zone: str) -> timedelta:
    return now.astimezone(zone(time_zone)).utcoffset() or timedelta(0)


def zone_offset(session: Session, now: datetime, person_id: str) -> timedelta:
    """Return how far somebody's clock is from UTC now."""
    return now.astimezone(zone_of(session, person_id)).utcoffset() or timedelta(0)
