"""Delivery: takes what the outbox owes and carries it out, in order per conversation.

Rows are leased with a token that the finishing update checks, so that a worker which was held up
cannot finish what another has taken over. DESIGN section 4 says what can be promised of each kind.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.facts import DeliveryDied, Facts
from psrt_bot.runtime.leases import LEASE, lease_clock
from psrt_bot.runtime.outbox import DIRECT, Kind
from psrt_bot.runtime.rules import GIVE_UP_AFTER, Outcome, retry_delay
from psrt_bot.runtime.sending import Sender, Sent
from psrt_bot.runtime.slack import FAILURES, Failure, Verdict, judge
from psrt_bot.runtime.sql import rows
from storage.engine import Database
from storage.runtime import OutboxRow, Posted
from storage.types import new_id

log = structlog.get_logger(__name__)

BATCH = 20
LOOK_AFTER = timedelta(seconds=60)  # a call whose answer was lost may still take effect late
HELD_FOR = timedelta(minutes=10)

MayPost = Callable[[Session, str], bool]


class Delivery:
    """The worker behind the outbox.

    Args:
        may_post: tells whether a channel is fit to be posted to; rows for an unfit one wait.
    """

    def __init__(
        self, database: Database, clock: Clock, sender: Sender, facts: Facts, may_post: MayPost
    ) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender
        self._facts = facts
        self._may_post = may_post

    def run(self) -> int:
        """Deliver everything that is due now; return how many rows were finished."""
        finished = 0
        while claimed := self._claim():
            finished += sum(self._deliver(row) for row in claimed)
        return finished

    def next_try(self) -> datetime | None:
        """Return when the next waiting row may be tried, or None when nothing is owed."""
        with self._database.reading() as session:
            return session.scalar(
                select(col(OutboxRow.try_at))
                .where(col(OutboxRow.finished_at).is_(None))
                .order_by(col(OutboxRow.try_at))
                .limit(1)
            )

    def _claim(self) -> list[OutboxRow]:
        """Lease the first waiting row of each conversation."""
        with self._database.transaction() as session:
            moment = lease_clock(session)
            before = aliased(OutboxRow)
            due = (
                select(col(OutboxRow.seq))
                .where(
                    col(OutboxRow.finished_at).is_(None),
                    col(OutboxRow.try_at) <= self._clock.now(),
                    or_(col(OutboxRow.lease_until).is_(None), col(OutboxRow.lease_until) < moment),
                    ~exists().where(
                        col(before.conversation) == col(OutboxRow.conversation),
                        col(before.finished_at).is_(None),
                        col(before.seq) < col(OutboxRow.seq),
                    ),
                )
                .order_by(col(OutboxRow.seq))
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            claimed = session.scalars(
                update(OutboxRow)
                .where(col(OutboxRow.seq).in_(due.scalar_subquery()))
                .values(lease_until=moment + LEASE, token=new_id(), attempts=OutboxRow.attempts + 1)
                .returning(OutboxRow)
                .execution_options(synchronize_session=False)
            ).all()
            return sorted(claimed, key=lambda row: row.seq or 0)

    def _deliver(self, row: OutboxRow) -> bool:
        now = self._clock.now()
        if self._held(row):
            self._postpone(row, now + HELD_FOR)
            return False
        try:
            sent = self._sender.send(row, now, lambda progress: self._save(row, progress))
        except FAILURES as error:
            return self._failed(row, now, judge(error))
        except Exception:
            log.exception("delivery_error", kind=row.kind, outbox_id=row.id)
            return self._failed(row, now, Verdict(Failure.LATER, "internal"))
        self._finish(row, now, Outcome.DROPPED if sent.dropped else Outcome.SENT, sent)
        return True

    def _held(self, row: OutboxRow) -> bool:
        if row.kind == Kind.HOME or ":" in row.conversation:
            return False
        with self._database.reading() as session:
            return not self._may_post(session, row.conversation)

    def _failed(self, row: OutboxRow, now: datetime, verdict: Verdict) -> bool:
        too_old = now - max(row.created_at, row.try_at - GIVE_UP_AFTER) > GIVE_UP_AFTER
        if verdict.failure is Failure.FINAL or too_old:
            log.error("delivery_dead", kind=row.kind, outbox_id=row.id, code=verdict.code)
            self._finish(row, now, Outcome.DEAD, code=verdict.code)
            return True
        log.warning("delivery_failed", kind=row.kind, outbox_id=row.id, code=verdict.code)
        delay = verdict.wait or retry_delay(row.attempts, random.random())  # noqa: S311 -- jitter
        is_direct = row.conversation.startswith(DIRECT)
        ambiguous = verdict.failure is Failure.AMBIGUOUS and is_direct and row.kind == Kind.MESSAGE
        if ambiguous:
            delay = max(delay, LOOK_AFTER)
        self._postpone(row, now + delay, ambiguous_at=now if ambiguous else row.ambiguous_at)
        return False

    def _save(self, row: OutboxRow, progress: dict[str, object]) -> None:
        with self._database.transaction() as session:
            session.execute(_mine(row).values(progress=progress))

    def _postpone(
        self, row: OutboxRow, until: datetime, ambiguous_at: datetime | None = None
    ) -> None:
        with self._database.transaction() as session:
            session.execute(
                _mine(row).values(
                    try_at=until, lease_until=None, token=None, ambiguous_at=ambiguous_at
                )
            )

    def _finish(
        self,
        row: OutboxRow,
        now: datetime,
        outcome: Outcome,
        sent: Sent | None = None,
        code: str = "",
    ) -> None:
        # The content is not kept once it is delivered: Slack has it, the database need not.
        values = {"finished_at": now, "outcome": outcome, "lease_until": None, "payload": {}}
        with self._database.transaction() as session:
            if rows(session.execute(_mine(row).values(**values))) == 0:
                return
            if row.kind == Kind.MESSAGE and row.slot and sent and sent.ts and sent.channel:
                session.merge(Posted(slot=row.slot, channel=sent.channel, ts=sent.ts))
            if outcome is Outcome.DEAD:
                fact = DeliveryDied(row.kind, row.conversation, code)
                self._facts.announce(session, now, fact)


def _mine(row: OutboxRow):  # type: ignore[no-untyped-def]  # SQLAlchemy's own type is private
    return update(OutboxRow).where(
        col(OutboxRow.seq) == row.seq,
        col(OutboxRow.token) == row.token,
        col(OutboxRow.finished_at).is_(None),
    )
