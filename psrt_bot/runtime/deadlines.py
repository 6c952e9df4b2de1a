"""Deadlines: future work as rows, each done once by whichever copy of the bot claims it.

DESIGN section 4. A handler runs in one transaction with the mark that the deadline is done, so it
takes effect exactly once. It re-reads the state: what has ended meanwhile is simply dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.leases import LEASE, TOLERATED_SKEW, lease_clock, skew
from psrt_bot.runtime.rules import latest_of_each
from psrt_bot.runtime.sql import insert_ignoring, rows
from storage.engine import Database, wake_workers
from storage.runtime import DeadlineRow
from storage.types import new_id

log = structlog.get_logger(__name__)

BATCH = 20
TRY_AGAIN_AFTER = timedelta(seconds=30)

Act = Callable[[Session, datetime, str], None]


@dataclass(frozen=True)
class Handler:
    """What to do when a deadline of one kind is due.

    Args:
        act: called with the session, now, and the subject.
        collapses: several overdue ones of one subject count as the last (reminders).
    """

    act: Act
    collapses: bool = False


def schedule(session: Session, kind: str, subject: str, due_at: datetime) -> None:
    """Plan ``kind`` for ``subject`` at ``due_at``; planning the same twice makes one."""
    values = {"id": new_id(), "kind": kind, "subject": subject, "due_at": due_at, "attempts": 0}
    if insert_ignoring(session, DeadlineRow, values):
        wake_workers(session)


def drop(session: Session, now: datetime, subject: str, kinds: Iterable[str]) -> None:
    """Forget what was planned for a subject that has ended."""
    session.execute(
        update(DeadlineRow)
        .where(
            col(DeadlineRow.subject) == subject,
            col(DeadlineRow.kind).in_(list(kinds)),
            col(DeadlineRow.done_at).is_(None),
        )
        .values(done_at=now)
    )


def next_due(session: Session) -> datetime | None:
    """Return when the next open deadline is due, or None."""
    return session.scalar(
        select(col(DeadlineRow.due_at))
        .where(col(DeadlineRow.done_at).is_(None))
        .order_by(col(DeadlineRow.due_at))
        .limit(1)
    )


class Sweep:
    """Finds what is due and does it, item by item; one that fails cannot stop the rest."""

    def __init__(self, database: Database, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers

    def run(self) -> int:
        """Act on everything that is due now; return how many deadlines were acted upon."""
        done = 0
        while claimed := self._claim():
            todo, overtaken = self._collapse(claimed)
            for row in overtaken:
                self._finish(row)
            done += sum(self._act(row) for row in todo)
        return done

    def _claim(self) -> list[DeadlineRow]:
        with self._database.transaction() as session:
            if (apart := skew(session)) > TOLERATED_SKEW:
                log.error(
                    "clock_skew", seconds=apart.total_seconds(), remedy="set this machine's clock"
                )
                return []
            moment = lease_clock(session)
            earlier = aliased(DeadlineRow)
            due = (
                select(col(DeadlineRow.id))
                .where(
                    col(DeadlineRow.done_at).is_(None),
                    col(DeadlineRow.due_at) <= self._clock.now(),
                    col(DeadlineRow.kind).in_(list(self._handlers)),
                    or_(
                        col(DeadlineRow.lease_until).is_(None),
                        col(DeadlineRow.lease_until) < moment,
                    ),
                    ~exists().where(
                        col(earlier.subject) == col(DeadlineRow.subject),
                        col(earlier.kind) != col(DeadlineRow.kind),
                        col(earlier.done_at).is_(None),
                        col(earlier.due_at) < col(DeadlineRow.due_at),
                    ),
                )
                .order_by(col(DeadlineRow.due_at))
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            claimed = session.scalars(
                update(DeadlineRow)
                .where(col(DeadlineRow.id).in_(due.scalar_subquery()))
                .values(
                    lease_until=moment + LEASE, token=new_id(), attempts=DeadlineRow.attempts + 1
                )
                .returning(DeadlineRow)
                .execution_options(synchronize_session=False)
            ).all()
            return sorted(claimed, key=lambda row: row.due_at)

    def _collapse(self, claimed: list[DeadlineRow]) -> tuple[list[DeadlineRow], list[DeadlineRow]]:
        collapsing = [row for row in claimed if self._handlers[row.kind].collapses]
        single = [row for row in claimed if not self._handlers[row.kind].collapses]
        last, overtaken = latest_of_each(
            [((row.kind, row.subject), row.due_at, row) for row in collapsing]
        )
        return sorted(single + last, key=lambda row: row.due_at), overtaken

    def _act(self, row: DeadlineRow) -> bool:
        try:
            return self._finish(row, self._handlers[row.kind].act)
        except Exception:
            log.exception(
                "deadline_failed", kind=row.kind, subject=row.subject, attempts=row.attempts
            )
            self._postpone(row)
            return False

    def _finish(self, row: DeadlineRow, act: Act | None = None) -> bool:
        now = self._clock.now()
        with self._database.transaction() as session:
            mine = rows(
                session.execute(
                    update(DeadlineRow)
                    .where(
                        col(DeadlineRow.id) == row.id,
                        col(DeadlineRow.token) == row.token,
                        col(DeadlineRow.done_at).is_(None),
                    )
                    .values(done_at=now, lease_until=None)
                )
            )
            if mine and act is not None:
                act(session, now, row.subject)
        return mine == 1

    def _postpone(self, row: DeadlineRow) -> None:
        with self._database.transaction() as session:
            later = lease_clock(session) + TRY_AGAIN_AFTER
            session.execute(
                update(DeadlineRow)
                .where(col(DeadlineRow.id) == row.id, col(DeadlineRow.token) == row.token)
                .values(lease_until=later)
            )
