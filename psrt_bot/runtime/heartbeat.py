"""The heartbeat: how the bot knows, after a start, how long nobody was there to close a vote."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.runtime.rules import Absent, absence
from psrt_bot.runtime.sql import insert_ignoring
from storage.runtime import Absence, Heartbeat


def beat(session: Session, now: datetime, *, absent: bool = True) -> Absent | None:
    """Be alive now; return and record the absence that ends with it, if there was one.

    At a start, and later too: a machine that slept was away.

    Args:
        absent: False when time was moved on purpose (the demo's clock) and nobody was away.
    """
    insert_ignoring(session, Heartbeat, {"id": 1, "beat_at": now})  # two may start at once
    heart = session.get_one(Heartbeat, 1, with_for_update=True, populate_existing=True)
    gap = absence(heart.beat_at, now) if absent else None
    heart.beat_at = max(heart.beat_at, now)
    session.add(heart)
    if gap is not None:
        session.add(Absence(away_from=gap.since, away_until=gap.until))
    return gap


def absences(session: Session, since: datetime, until: datetime) -> list[Absent]:
    """Return the absences that overlap the time from ``since`` to ``until``."""
    found = session.scalars(
        select(Absence).where(col(Absence.away_until) > since, col(Absence.away_from) < until)
    )
    return [Absent(row.away_from, row.away_until) for row in found]
