"""Deadlines: future work as rows, each done once by whichever copy of the bot claims it.

DESIGN section 4. A handler runs in one transaction with the mark that the deadline is done, so it
takes effect exactly once. It re-reads the state: what has ended meanwhile is simply dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from psrt_bot.runtime.clock import Clock, SystemClock
from psrt_bot.runtime.leases import LEASE, TOLERATED_SKEW, lease_clock, skew, unleased
from psrt_bot.runtime.sql import insert_ignoring, rows
from storage.engine import Database, wake_workers
from storage.runtime import DeadlineRow
from storage.types import new_id

log = structlog.get_logger(__name__)

BATCH = 20
TRY_AGAIN_AFTER = timedelta(seconds=30)
# So often a failing deadline is tried before later ones of its subject go ahead of it: a reminder
# that cannot be planned must not keep a vote from closing.
FAILS_IN_THE_WAY = 5

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


def drop(session: Session, subject: str, kinds: Iterable[str]) -> None:
    """Forget what was planned for a subject that has ended; it may be planned again."""
    session.execute(
        delete(DeadlineRow).where(
            col(DeadlineRow.subject) == subject,
            col(DeadlineRow.kind).in_(list(kinds)),
            col(DeadlineRow.done_at).is_(None),
        )
    )


def is_planned(session: Session, subject: str, kind: str) -> bool:
    """Return whether something of a kind is still to come for a subject."""
    found = select(col(DeadlineRow.id)).where(
        col(DeadlineRow.subject) == subject,
        col(DeadlineRow.kind) == kind,
        col(DeadlineRow.done_at).is_(None),
    )
    return session.scalar(found.limit(1)) is not None


def next_due(session: Session) -> datetime | None:
    """Return when the next deadline may be acted upon, or None.

    One that somebody acts on now, or that waits after a failure, does not count, nor do those that
    wait for it: the scheduler's safety net finds them.
    """
    return session.scalar(
        select(col(DeadlineRow.due_at))
        .where(_open(lease_clock(session)))
        .order_by(col(DeadlineRow.due_at))
        .limit(1)
    )


class Sweep:
    """Finds what is due and does it, item by item; one that fails cannot stop the rest.

    Args:
        clock: by which deadlines are due; the demo's can be moved.
        machine: this machine's own clock, compared with the database's.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        machine: Clock | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers
        self._machine = machine or SystemClock()

    def run(self) -> int:
        """Act on everything that is due now; return how many deadlines were acted upon."""
        done = 0
        while claimed := self._claim():
            done += sum(self._act(row) for row in claimed)
        return done

    def _claim(self) -> list[DeadlineRow]:
        with self._database.transaction() as session:
            if (apart := skew(session, self._machine.now())) > TOLERATED_SKEW:
                log.error(
                    "clock_skew", seconds=apart.total_seconds(), remedy="set this machine's clock"
                )
                return []
            now, moment = self._clock.now(), lease_clock(session)
            self._collapse(session, now)
            due = (
                select(col(DeadlineRow.id))
                .where(
                    _open(moment),
                    col(DeadlineRow.due_at) <= now,
                    col(DeadlineRow.kind).in_(list(self._handlers)),
                )
                .order_by(col(DeadlineRow.due_at))
                .limit(BATCH)
                .with_for_update(skip_locked=True)
                .cte("due")
                .prefix_with("MATERIALIZED")  # looked for once, so that the limit holds
            )
            claimed = session.scalars(
                update(DeadlineRow)
                .where(col(DeadlineRow.id).in_(select(due.c.id)))
                .values(
                    lease_until=moment + LEASE, token=new_id(), attempts=DeadlineRow.attempts + 1
                )
                .returning(DeadlineRow)
                .execution_options(synchronize_session=False)
            ).all()
            return sorted(claimed, key=lambda row: row.due_at)

    def _collapse(self, session: Session, now: datetime) -> None:
        """Let the last of several overdue reminders of one subject stand for all of them."""
        later = aliased(DeadlineRow)
        kinds = [kind for kind, handler in self._handlers.items() if handler.collapses]
        session.execute(
            update(DeadlineRow)
            .where(
                col(DeadlineRow.kind).in_(kinds),
                col(DeadlineRow.done_at).is_(None),
                col(DeadlineRow.due_at) <= now,
                exists().where(
                    col(later.subject) == col(DeadlineRow.subject),
                    col(later.kind) == col(DeadlineRow.kind),
                    col(later.done_at).is_(None),
                    col(later.due_at) > col(DeadlineRow.due_at),
                    col(later.due_at) <= now,
                ),
            )
            .values(done_at=now)
            .execution_options(synchronize_session=False)
        )

    def _act(self, row: DeadlineRow) -> bool:
        try:
            return self._finish(row, self._handlers[row.kind].act)
        except Exception:
            log.exception(
                "deadline_failed", kind=row.kind, subject=row.subject, attempts=row.attempts
            )
            self._postpone(row)
            return False

    def _finish(self, row: DeadlineRow, act: Act) -> bool:
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
            if mine:
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


def _open(moment: datetime) -> ColumnElement[bool]:
    """Not done, held by nobody, and nothing before it for its subject."""
    earlier = aliased(DeadlineRow)
    return and_(
        col(DeadlineRow.done_at).is_(None),
        unleased(DeadlineRow, moment),
        ~exists().where(
            col(earlier.subject) == col(DeadlineRow.subject),
            col(earlier.done_at).is_(None),
            col(earlier.due_at) < col(DeadlineRow.due_at),
            col(earlier.attempts) < FAILS_IN_THE_WAY,
        ),
    )
