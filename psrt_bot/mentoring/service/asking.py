"""Who is asked to check in is written to in their own waking hours, and once a day (DESIGN 2).

What is written is worked out at delivery: whoever has answered meanwhile is not asked.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlmodel import Session, col, select

from psrt_bot.mentoring.messages import checking as messages
from psrt_bot.mentoring.messages.words import CheckInShown, Shown
from psrt_bot.mentoring.rules import CheckInState, MentorshipState, Side
from psrt_bot.mentoring.service.desk import (
    check_in_shown,
    check_ins_of,
    mentored_by,
    running_of,
    shown,
    slack_of,
)
from psrt_bot.runtime import once, outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.rules import next_waking
from psrt_bot.runtime.waking import zone
from storage.mentoring import CheckIn, Mentorship
from storage.people import Person

EXPANDER = "mentoring:check-ins"
# A check-in is asked for when it opens and once more when it is missed, not each time somebody is
# written to for another one; so long after, delivery may still be late.
FRESH = timedelta(days=2)


def ask(session: Session, now: datetime, people: Iterable[str]) -> None:
    """Owe each of some people a message with what waits for them, unless one is owed already.

    Whoever was written to today hears of it tomorrow morning, with all that waits then.
    """
    for person_id in people:
        user = slack_of(session, person_id)
        if user is None or outbox.is_waiting(session, slot := f"{EXPANDER}:{user.id}"):
            continue
        where = zone(user.time_zone)
        at = next_waking(now, where)
        tomorrow = at.astimezone(where).date() + timedelta(days=1)
        morning = next_waking(datetime.combine(tomorrow, time(0), tzinfo=where), where)
        for moment in (at, morning):
            day = moment.astimezone(where).date().isoformat()
            if once.first_time(session, moment, f"{slot}:{day}"):
                users = [user.id]
                outbox.fan_out(session, now, expander=EXPANDER, users=users, at=moment, slot=slot)
                break


def expand(session: Session, now: datetime, users: list[str]) -> dict[str, Message]:
    """Return the messages to those of ``users`` for whom something waits (expander)."""
    found: dict[str, Message] = {}
    people = session.scalars(select(Person).where(col(Person.slack_user_id).in_(users))).all()
    for person in people:
        assert person.slack_user_id is not None
        if waiting := _waiting(session, now, person.id):
            found[person.slack_user_id] = messages.asked(waiting)
    return found


def _waiting(
    session: Session, now: datetime, person_id: str
) -> list[tuple[Shown, CheckInShown, Side]]:
    own = running_of(session, person_id)
    pairs: list[tuple[Mentorship, Side]] = [
        (m, Side.MENTOR) for m in mentored_by(session, person_id)
    ]
    if own and own.state == MentorshipState.PAIRED:
        pairs.insert(0, (own, Side.NEWCOMER))
    found = []
    for mentorship, side in pairs:
        check_ins = check_ins_of(session, mentorship)
        for check_in in check_ins:
            line = check_in_shown(check_in, check_ins)
            if line.waits_for(side) and _is_fresh(check_in, now):
                found.append((shown(session, mentorship), line, side))
    return found


def _is_fresh(check_in: CheckIn, now: datetime) -> bool:
    is_open = check_in.state == CheckInState.OPEN
    since = check_in.opened_at if is_open else check_in.missed_at
    return since is not None and now - since < FRESH
