"""Who could mentor a newcomer now, with what counts for the choice."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
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
    taken = loads(session, without=mentorship.id)
    return [
        Volunteer(
            person_id=person.id,
            name=person.name,
            room=offers[person.id].room,
            mentees=taken.get(person.id, 0),
            offset=_offset(now, user.time_zone),
            topics=known_topics(offers[person.id].topics),
            nominated_them=person.id == mentorship.nominator_id,
        )
        for person, user in live
        if person.id in offers and person.id not in other
    ]


def loads(session: Session, *, without: str = "", proposed: bool = True) -> dict[str, int]:
    """Return how many mentees everybody has who has any, by one query.

    Args:
        without: a mentorship that does not count.
        proposed: count those for whom they are only proposed as well.
    """
    # Of the two at most one is set: who is proposed, until somebody is the mentor.
    whose = func.coalesce(Mentorship.mentor_id, Mentorship.proposed_id)
    states = [MentorshipState.PAIRED, *([MentorshipState.PROPOSED] if proposed else [])]
    counted = session.execute(
        select(whose, func.count())
        .where(col(Mentorship.state).in_(states), col(Mentorship.id) != without)
        .group_by(whose)
    )
    return {row[0]: row[1] for row in counted}


def _offset(now: datetime, time_zone: str) -> timedelta:
    return now.astimezone(zone(time_zone)).utcoffset() or timedelta(0)


def zone_offset(session: Session, now: datetime, person_id: str) -> timedelta:
    """Return how far somebody's clock is from UTC now."""
    return now.astimezone(zone_of(session, person_id)).utcoffset() or timedelta(0)
