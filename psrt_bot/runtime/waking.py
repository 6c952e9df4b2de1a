"""Reminders wait for the morning of whom they go to and merge into one a day (DESIGN 2)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

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


def zone(name: str) -> ZoneInfo:
    """Return a time zone by the name that Slack gives it; UTC for one that is unknown here."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
