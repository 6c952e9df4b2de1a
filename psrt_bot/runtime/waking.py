"""Reminders wait for the morning of whom they go to and merge into one a day (DESIGN 2)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.runtime import once, outbox
from psrt_bot.runtime.rules import next_waking
from storage.people import SlackUser


def remind_when_awake(
    session: Session, now: datetime, users: Iterable[SlackUser], expander: str, *, before: datetime
) -> None:
    """Owe a reminder to each of ``users`` at their waking hour, one of a kind a day and person.

    Args:
        expander: the kind; it works out at delivery who of them needs it, and what it says.
        before: whose hour comes only then is not reminded, and keeps the day's for something else.
    """
    groups: dict[datetime, list[str]] = defaultdict(list)
    for user in users:
        at = next_waking(now, zone(user.time_zone))
        if at >= before:
            continue
        day = at.astimezone(zone(user.time_zone)).date().isoformat()
        if once.first_time(session, at, f"{expander}:{user.id}:{day}"):
            groups[at].append(user.id)
    for at, ids in sorted(groups.items()):
        outbox.fan_out(session, now, expander=expander, users=ids, at=at)


def those_awake(
    session: Session, now: datetime, users: Sequence[str]
) -> tuple[list[str], datetime | None]:
    """Return who of ``users`` may be written to now, and when the next of the others wakes.

    Delivery can be late (an outage, a rate limit). Whom Slack has not told of counts as awake.
    """
    known = session.scalars(select(SlackUser).where(col(SlackUser.id).in_(users)))
    mornings = {user.id: next_waking(now, zone(user.time_zone)) for user in known}
    asleep = {user: morning for user, morning in mornings.items() if morning > now}
    return [user for user in users if user not in asleep], min(asleep.values(), default=None)


def zone(name: str) -> ZoneInfo:
    """Return a time zone by the name that Slack gives it; UTC for one that is unknown here."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
