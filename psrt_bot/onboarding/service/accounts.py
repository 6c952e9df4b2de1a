"""Whether the GitHub name that a newcomer gave is an account: GitHub is asked by a worker (R11).

Owed as a deadline that no handler acts upon: the worker claims it, asks in no transaction, and
tells in one. A copy of the bot that dies in between leaves the question to another.
"""

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlmodel import Session, col

from psrt_bot.access.github_team import GitHubTrouble
from psrt_bot.onboarding.messages import accounts as messages
from psrt_bot.onboarding.service.desk import Desk, find
from psrt_bot.runtime import deadlines, outbox
from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.leases import LEASE, lease_clock
from psrt_bot.runtime.sql import rows
from storage.engine import Database
from storage.onboarding import Onboarding
from storage.runtime import DeadlineRow
from storage.types import new_id

log = structlog.get_logger(__name__)

ACCOUNT = "onboarding:account"
AGAIN_AFTER = timedelta(hours=1)
TRIES = 24  # a day's outage


class Accounts(Protocol):
    """Which GitHub names are somebody's; as ``GitHubAccounts`` tells it."""

    def is_persons(self, login: str) -> bool:
        """Say whether it is. Raises GitHubTrouble."""


def owe(session: Session, now: datetime, onboarding: Onboarding) -> None:
    """Have GitHub asked about a newcomer's name."""
    # A subject of its own: a question that GitHub does not answer holds up no reminder.
    deadlines.schedule(session, ACCOUNT, _subject(onboarding.id), now)


def _subject(onboarding_id: str) -> str:
    return f"account:{onboarding_id}"


class AccountChecking:
    """The worker behind these questions.

    Args:
        accounts: None where there is no token: then nobody asks, nothing is owed, and what was owed
            while there was one is let go.
    """

    def __init__(
        self, database: Database, clock: Clock, desk: Desk, accounts: Accounts | None
    ) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk
        self._accounts = accounts
        self._let_go = False

    def run(self) -> int:
        """Ask everything that is due; return how many questions were tried."""
        if self._accounts is None:
            self._forget()
            return 0
        tried = 0
        while (row := self._claim()) is not None:
            tried += 1
            self._ask(row, self._accounts)
        return tried

    def _forget(self) -> None:
        """Let go of what nobody can ask any more; once, at the first look."""
        if not self._let_go:
            with self._database.transaction() as session:
                owed = (col(DeadlineRow.kind) == ACCOUNT, col(DeadlineRow.done_at).is_(None))
                now = self._clock.now()
                session.execute(update(DeadlineRow).where(*owed).values(done_at=now))
            self._let_go = True

    def _claim(self) -> DeadlineRow | None:
        now = self._clock.now()
        with self._database.transaction() as session:
            moment = lease_clock(session)
            due = (
                select(col(DeadlineRow.id))
                .where(_free(moment), col(DeadlineRow.due_at) <= now)
                .order_by(col(DeadlineRow.due_at))
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            return session.scalars(
                update(DeadlineRow)
                .where(col(DeadlineRow.id) == due.scalar_subquery())
                .values(
                    lease_until=moment + LEASE, token=new_id(), attempts=DeadlineRow.attempts + 1
                )
                .returning(DeadlineRow)
                .execution_options(synchronize_session=False)
            ).one_or_none()

    def _ask(self, row: DeadlineRow, accounts: Accounts) -> None:
        with self._database.reading() as session:
            onboarding = find(session, row.subject.removeprefix("account:"))
            login = onboarding.github if onboarding else ""
        there: bool | None = None
        try:
            there = accounts.is_persons(login) if login else None
        except GitHubTrouble as trouble:
            log.warning("github_account_not_read", problem=str(trouble))
            if trouble.passing and row.attempts < TRIES:
                self._later(row)
                return
        with self._database.transaction() as session:
            now = self._clock.now()
            if self._mine(session, row, done_at=now, lease_until=None) and there is False:
                self._tell(session, now, row)

    def _later(self, row: DeadlineRow) -> None:
        with self._database.transaction() as session:
            self._mine(session, row, lease_until=lease_clock(session) + AGAIN_AFTER)

    def _mine(self, session: Session, row: DeadlineRow, **values: datetime | None) -> bool:
        """Change a question, if this worker still has it."""
        mine = update(DeadlineRow).where(
            col(DeadlineRow.id) == row.id,
            col(DeadlineRow.token) == row.token,
            col(DeadlineRow.done_at).is_(None),
        )
        return rows(session.execute(mine.values(**values))) == 1

    def _tell(self, session: Session, now: datetime, row: DeadlineRow) -> None:
        onboarding = find(session, row.subject.removeprefix("account:"))
        if onboarding is None:
            return
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, messages.told_admins(shown))
        if onboarding.slack_user_id:
            outbox.tell(session, now, onboarding.slack_user_id, messages.told_them(shown))


def _free(moment: datetime) -> ColumnElement[bool]:
    """Not answered, and asked by no other worker just now."""
    return and_(
        col(DeadlineRow.kind) == ACCOUNT,
        col(DeadlineRow.done_at).is_(None),
        or_(col(DeadlineRow.lease_until).is_(None), col(DeadlineRow.lease_until) < moment),
    )
