"""The time by which workers lease rows: the machine's, or the database's where several copies run.

A lease is about how long a *process* may be silent, so it never follows the demo's movable clock.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlmodel import Session, SQLModel, col

from psrt_bot.runtime.sql import is_sqlite, rows
from storage.types import new_id

Leased = TypeVar("Leased", bound=SQLModel)
"""A table of rows with ``id``, ``lease_until``, ``token`` and ``attempts``."""

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


def unleased(table: Any, moment: datetime) -> ColumnElement[bool]:
    """Held by no worker, by ``lease_clock``."""
    until = col(table.lease_until)
    return or_(until.is_(None), until < moment)


def claim(
    session: Session, table: type[Leased], *due: ColumnElement[bool], first: Any
) -> Leased | None:
    """Lease one row that is due and held by nobody; it counts as an attempt.

    Args:
        due: what makes a row due; ``first``: by which of them comes first.
    """
    of: Any = table
    moment = lease_clock(session)
    found = (
        select(col(of.id))
        .where(unleased(of, moment), *due)
        .order_by(col(first))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(
        update(table)
        .where(col(of.id) == found.scalar_subquery())
        .values(lease_until=moment + LEASE, token=new_id(), attempts=of.attempts + 1)
        .returning(table)
        .execution_options(synchronize_session=False)
    ).one_or_none()


def change_mine(
    session: Session, row: SQLModel, *still: ColumnElement[bool], **values: datetime | None
) -> bool:
    """Change a claimed row and let go of it; return whether this worker still had it.

    Args:
        still: what else must still hold, such as that it is not finished.
    """
    mine: Any = row
    of: Any = type(row)
    held = update(of).where(col(of.id) == mine.id, col(of.token) == mine.token, *still)
    changed = session.execute(held.values({"lease_until": None, "token": None, **values}))
    return rows(changed) == 1
