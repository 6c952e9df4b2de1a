"""Delivery: takes what the outbox owes and carries it out, in order per conversation.

Rows are leased with a token that the finishing update checks, so that a worker which was held up
cannot finish what another has taken over. DESIGN section 4 says what can be promised of each kind.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Update, and_, case, exists, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.facts import (
    Delivered,
    DeliveryDied,
    DeliveryHeld,
    Facts,
    Invited,
    PlaceRefused,
    PostLingers,
    Removed,
)
from psrt_bot.runtime.leases import LEASE, TakenOver, lease_clock, unleased
from psrt_bot.runtime.neutral import WITHDRAWALS, lingers
from psrt_bot.runtime.outbox import GROUP, Kind
from psrt_bot.runtime.people import note_joined, note_left
from psrt_bot.runtime.rules import GIVE_UP_AFTER, Outcome, retry_delay
from psrt_bot.runtime.sending import Sender, Sent
from psrt_bot.runtime.slack import (
    FAILURES,
    UNFIT_CHANNEL,
    UNFIT_DIRECT,
    WAITS_FOR_ADMINS,
    Failure,
    Verdict,
    judge,
    place_refusal,
)
from psrt_bot.runtime.sql import rows
from storage.engine import Database, DatabaseBusy
from storage.people import SlackChannel
from storage.runtime import OutboxRow, Posted
from storage.types import new_id

log = structlog.get_logger(__name__)

LOOK_AFTER = timedelta(seconds=60)  # a call whose answer was lost may still take effect late
HELD_FOR = timedelta(minutes=10)
BUDGET = timedelta(seconds=20)  # of real time; then whoever called may look at deadlines first

LINGERS = "a post about them is still there; remove it by hand, press Try again, then invite them"
PLACES = frozenset({Kind.INVITE, Kind.KICK})

UnfitReason = Callable[[Session, str], str | None]
Look = Callable[[datetime, str], None]


class Delivery:
    """The worker behind the outbox.

    Args:
        unfit: tells why a channel may not be posted to, or None; rows for an unfit one wait.
        look: asks Slack how a channel is, before something about somebody is posted there, and
            of a channel that Slack has not told of: right after a start that is no news.
        budget: how long one run may take in real time before it begins no further row.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sender: Sender,
        facts: Facts,
        unfit: UnfitReason,
        *,
        look: Look | None = None,
        budget: timedelta = BUDGET,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender
        self._facts = facts
        self._unfit = unfit
        self._look = look
        self._budget = budget

    def run(self) -> int:
        """Deliver what is due now, as far as the budget goes; return how many rows were finished.

        What is left is due still: ``next_try`` says so.
        """
        finished = 0
        until = time.monotonic() + self._budget.total_seconds()
        while (row := self._claim()) is not None:
            finished += self._deliver(row)
            if time.monotonic() >= until:
                break
        return finished

    def next_try(self) -> datetime | None:
        """Return when the next row may be tried, or None when nothing can be done now or later.

        Rows that wait for their turn, or that another worker has, do not count.
        """
        with self._database.reading() as session:
            return session.scalar(
                select(col(OutboxRow.try_at))
                .where(_first_in_line(), unleased(OutboxRow, lease_clock(session)))
                .order_by(col(OutboxRow.try_at))
                .limit(1)
            )

    def _claim(self) -> OutboxRow | None:
        """Lease the next row that is the first of its conversation.

        One at a time, so that no lease runs out while other rows are being delivered. Whoever had
        the row before and let the lease run out may have died in the middle of a call.
        """
        now = self._clock.now()
        with self._database.transaction() as session:
            moment = lease_clock(session)
            due = (
                select(col(OutboxRow.seq))
                .where(_first_in_line(), unleased(OutboxRow, moment), col(OutboxRow.try_at) <= now)
                .order_by(col(OutboxRow.seq))
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            abandoned = col(OutboxRow.lease_until).is_not(None)
            return session.scalars(
                update(OutboxRow)
                .where(col(OutboxRow.seq) == due.scalar_subquery())
                .values(
                    lease_until=moment + LEASE,
                    token=new_id(),
                    ambiguous_at=case((abandoned, now), else_=OutboxRow.ambiguous_at),
                )
                .returning(OutboxRow)
                .execution_options(synchronize_session=False)
            ).one_or_none()

    def _deliver(self, row: OutboxRow) -> bool:
        if self._look is not None and self._must_look(row):
            try:
                self._look(self._clock.now(), row.conversation)
            except FAILURES as error:  # nothing was posted: whatever it was, it may be tried again
                seen = judge(error)
                return self._failed(row, Verdict(Failure.LATER, seen.code, seen.wait))
        if reason := self._held(row):
            return self._hold(row, reason)
        if reason := self._closed(row):
            log.error("delivery_dead", kind=row.kind, outbox_id=row.id, code="unfit_channel")
            self._finish(row, Outcome.DEAD, why=reason)
            return True
        try:
            sent = self._sender.send(
                row, self._clock.now(), lambda progress=None: self._keep(row, progress)
            )
        except TakenOver:
            log.warning("delivery_taken_over", kind=row.kind, outbox_id=row.id)
            return False
        except FAILURES as error:
            return self._failed(row, judge(error))
        except Exception:
            log.exception("delivery_error", kind=row.kind, outbox_id=row.id)
            return self._failed(row, Verdict(Failure.AMBIGUOUS, "internal"))
        if sent.rest_at is not None:
            return self._put_off(row, sent.rest_at)
        self._finish(row, Outcome.DROPPED if sent.dropped else Outcome.SENT, sent)
        return True

    def _must_look(self, row: OutboxRow) -> bool:
        if not _is_channel(row):
            return False
        if row.about is not None:
            return True
        with self._database.reading() as session:
            return session.get(SlackChannel, row.conversation) is None

    def _put_off(self, row: OutboxRow, until: datetime) -> bool:
        """Let a row wait for those it has not reached yet; that is no failure."""
        with self._database.transaction() as session:
            session.execute(_mine(row).values(failing_since=None, **_released(until)))
        return False

    def _held(self, row: OutboxRow) -> str | None:
        if not _is_channel(row):
            return None
        with self._database.reading() as session:
            return self._unfit(session, row.conversation)

    def _closed(self, row: OutboxRow) -> str | None:
        """Why nobody may be invited or removed now, or None.

        Nobody is invited to an unfit channel. A removal is tried wherever the bot is inside: that
        a channel became public or shared makes it no less due. From outside, Slack's answer
        ("not in the channel") would be that the bot is not, and pass for a removal.
        """
        if row.kind not in PLACES:
            return None
        channel = row.payload["channel"]
        with self._database.reading() as session:
            if row.kind == Kind.INVITE:
                lingering = lingers(session, channel, row.payload["user"])
                return LINGERS if lingering else self._unfit(session, channel)
            known = session.get(SlackChannel, channel)
            return UNFIT_CHANNEL["not_in_channel"] if known and not known.is_inside else None

    def _hold(self, row: OutboxRow, reason: str) -> bool:
        """Let a row wait for its conversation to be fit, and tell admins the first time."""
        now = self._clock.now()
        since = row.held_since or now
        values = _released(now + HELD_FOR) | {"held_since": since}
        with self._database.transaction() as session:
            mine = rows(session.execute(_mine(row).values(**values)))
            if mine and row.held_since is None:
                log.error("delivery_held", channel=row.conversation, reason=reason)
                held = DeliveryHeld(row.conversation, reason, row.slot)
                self._facts.announce(session, now, held)
        return False

    def _failed(self, row: OutboxRow, verdict: Verdict) -> bool:
        now = self._clock.now()
        # A scope that only invitations need holds up no more than themselves: a human can do it.
        place_scope = row.kind in PLACES and verdict.code == "missing_scope"
        final = verdict.failure is Failure.FINAL or place_scope
        if final and _is_channel(row) and (reason := UNFIT_CHANNEL.get(verdict.code)):
            return self._hold(row, reason)
        if not _is_channel(row) and (reason := UNFIT_DIRECT.get(verdict.code)):
            return self._hold(row, reason)
        since = row.failing_since
        if final or verdict.code not in WAITS_FOR_ADMINS:
            since = since or now
            if final or now - since > GIVE_UP_AFTER:
                log.error("delivery_dead", kind=row.kind, outbox_id=row.id, code=verdict.code)
                self._finish(row, Outcome.DEAD, code=verdict.code)
                return True
        log.warning("delivery_failed", kind=row.kind, outbox_id=row.id, code=verdict.code)
        failures = row.attempts + 1
        delay = verdict.wait or retry_delay(failures, random.random())  # noqa: S311 -- jitter
        values: dict[str, Any] = {"attempts": failures, "failing_since": since}
        if verdict.failure is Failure.AMBIGUOUS:
            values["ambiguous_at"] = now
            if not (_is_unread(row) and row.kind == Kind.MESSAGE):
                delay = max(delay, LOOK_AFTER)
        with self._database.transaction() as session:
            session.execute(_mine(row).values(**_released(now + delay), **values))
        return False

    def _keep(self, row: OutboxRow, progress: dict[str, Any] | None) -> None:
        with self._database.transaction() as session:
            values: dict[str, Any] = {"lease_until": lease_clock(session) + LEASE}
            if progress is not None:
                values["progress"] = progress
            if rows(session.execute(_mine(row).values(**values))) == 0:
                raise TakenOver

    def _finish(
        self,
        row: OutboxRow,
        outcome: Outcome,
        sent: Sent | None = None,
        *,
        code: str = "",
        why: str = "",
    ) -> None:
        with self._database.transaction() as session:
            if not self._mark_finished(session, row, outcome, sent):
                return
            if row.kind in PLACES:
                refusal = (why or place_refusal(code)) if outcome is Outcome.DEAD else None
                self._settle_place(session, self._clock.now(), row, refusal)
                return
            if row.kind in WITHDRAWALS:
                if outcome is Outcome.DEAD:
                    lingers = PostLingers(row.about or "", row.conversation, code)
                    self._facts.announce(session, self._clock.now(), lingers)
                return
            codes = {code} if outcome is Outcome.DEAD else set(sent.refused if sent else ())
            facts: list[object] = [
                DeliveryDied(row.kind, row.conversation, said, row.slot) for said in sorted(codes)
            ]
            if row.kind == Kind.MESSAGE and row.slot and sent and sent.ts:
                facts.append(Delivered(row.slot))
            self._announce(session, row, facts)

    def _announce(self, session: Session, row: OutboxRow, facts: Sequence[object]) -> None:
        """Tell what became of a row, in the transaction that finishes it."""
        try:
            with session.begin_nested():
                for fact in facts:
                    self._facts.announce(session, self._clock.now(), fact)
        except (DBAPIError, DatabaseBusy):
            raise
        except Exception:
            # A defect of whoever listens. What was sent stays finished: undone, it would be sent
            # again and again.
            log.exception("delivery_fact_failed", kind=row.kind, outbox_id=row.id)

    def _mark_finished(
        self, session: Session, row: OutboxRow, outcome: Outcome, sent: Sent | None
    ) -> bool:
        """Finish a row that this worker still has, and remember where its message stands."""
        # The content is not kept once it is delivered: Slack has it, the database need not.
        values: dict[str, Any] = {"outcome": outcome, "lease_until": None, "payload": {}}
        finished = _mine(row).values(finished_at=self._clock.now(), **values)
        if rows(session.execute(finished)) == 0:
            return False
        if row.kind == Kind.MESSAGE and row.slot and sent and sent.ts and sent.channel:
            session.merge(Posted(slot=row.slot, channel=sent.channel, ts=sent.ts))
        return True

    def _settle_place(
        self, session: Session, now: datetime, row: OutboxRow, refusal: str | None
    ) -> None:
        """Keep who is in the channel now, and announce how an invitation or a removal ended."""
        channel, user = row.payload["channel"], row.payload["user"]
        if refusal is not None:
            fact: object = PlaceRefused(row.kind, channel, user, refusal)
        elif row.kind == Kind.INVITE:
            note_joined(session, channel, user)
            fact = Invited(channel, user)
        else:
            note_left(session, channel, user)
            fact = Removed(channel, user)
        self._facts.announce(session, now, fact)


def _is_channel(row: OutboxRow) -> bool:
    """Whether a row goes to a channel; all else is told by a prefix (``dm:``, ``fan:``, …)."""
    return ":" not in row.conversation


def _is_unread(row: OutboxRow) -> bool:
    """Whether a row goes where the bot cannot look for its own message: waiting is of no use."""
    return _is_channel(row) or row.conversation.startswith(GROUP)


@cache  # asked before every row, and building it takes longer than the database's answer
def _first_in_line() -> ColumnElement[bool]:
    """Not done, and nothing before it in its conversation or in the one it comes after."""
    return and_(
        col(OutboxRow.finished_at).is_(None),
        *(_nothing_before(queue) for queue in (OutboxRow.conversation, OutboxRow.after)),
    )


def _nothing_before(queue: str | None) -> ColumnElement[bool]:
    before = aliased(OutboxRow)
    return ~exists().where(
        col(before.conversation) == queue,
        col(before.finished_at).is_(None),
        col(before.seq) < col(OutboxRow.seq),
    )


def _mine(row: OutboxRow) -> Update:
    """Change a row, if this worker still has it."""
    return update(OutboxRow).where(
        col(OutboxRow.seq) == row.seq,
        col(OutboxRow.token) == row.token,
        col(OutboxRow.finished_at).is_(None),
    )


def _released(try_at: datetime) -> dict[str, Any]:
    return {"try_at": try_at, "lease_until": None, "token": None}
