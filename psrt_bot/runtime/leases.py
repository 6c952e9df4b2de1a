"""The time by which workers lease rows: the machine's, or the database's where several copies run.

A lease is about how long a *process* may be silent, so it never follows the demo's movable clock.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session

from psrt_bot.runtime.sql import is_sqlite

LEASE = timedelta(seconds=60)  # three times the longest Slack call with its time-out
TOLERATED_SKEW = timedelta(seconds=2)


class TakenOver(Exception):
    """The lease ran out meanwhile: another worker has the row, and this one must stop."""


def lease_clock(session: Session) -> datetime:
    """Return the moment that leases are compared with, in UTC."""
    if is_sqlite(session):
        return datetime.now(UTC)
    moment = session.scalar(select(func.clock_timestamp()))
    assert isinstance(moment, datetime)  # PostgreSQL always answers with one
    return moment.astimezone(UTC)


def skew(session: Session, machine: datetime | None = None) -> timedelta:
    """Return how far this machine's clock is from the database's (zero on SQLite, which has none).

    Args:
        machine: what this machine's clock says; asked here where it is not given.
    """
    return (
        timedelta(0)
        if is_sqlite(session)
        else abs(lease_clock(session) - (machine or datetime.now(UTC)))
    )
