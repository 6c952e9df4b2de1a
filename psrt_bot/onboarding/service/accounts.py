"""Whether the GitHub name that a newcomer gave is an account: GitHub is asked by a worker (R11).

Owed as a deadline that no handler acts upon: the worker claims it, asks in no transaction, and
tells in one. A copy of the bot that dies in between leaves the question to another.
"""

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from psrt_bot.access.github_team import GitHubTrouble
from psrt_bot.onboarding.messages import accounts as messages
from psrt_bot.onboarding.service.desk import Desk, find
from psrt_bot.runtime import deadlines, outbox
from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.leases import change_mine, claim, lease_clock
from storage.engine import Database, DatabaseBusy
from storage.onboarding import Onboarding
from storage.runtime import DeadlineRow

log = structlog.get_logger(__name__)

ACCOUNT = "onboarding:account"
SUBJECT = "account:"
AGAIN_AFTER = timedelta(hours=1)
TRIES = 24  # a day's outage
OWED = (col(DeadlineRow.kind) == ACCOUNT, col(DeadlineRow.done_at).is_(None))


class Accounts(Protocol):
    """Which GitHub names are somebody's; as ``GitHubAccounts`` tells it."""

    def is_persons(self, login: str) -> bool:
        """Say whether it is. Raises GitHubTrouble."""


def owe(session: Session, now: datetime, onboarding: Onboarding) -> None:
    """Have GitHub asked about a newcomer's name."""
    # A subject of its own: a question that GitHub does not answer holds up no reminder.
    deadlines.schedule(session, ACCOUNT, _subject(onboarding.id), now)


def _subject(onboarding_id: str) -> str:
    return f"{SUBJECT}{onboarding_id}"


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
            try:
                self._ask(row, self._accounts)
            except (DBAPIError, DatabaseBusy):
                raise
            except Exception:
                # A defect of ours. Asked again and again it would keep the sweep from its end.
                log.exception("account_check_failed", deadline=row.id)
                with self._database.transaction() as session:
                    change_mine(session, row, *OWED, done_at=self._clock.now())
        return tried

    def _forget(self) -> None:
        """Let go of what nobody can ask any more; once, at the first look."""
        if not self._let_go:
            with self._database.transaction() as session:
                now = self._clock.now()
                session.execute(update(DeadlineRow).where(*OWED).values(done_at=now))
            self._let_go = True

    def _claim(self) -> DeadlineRow | None:
        now = self._clock.now()
        with self._database.transaction() as session:
            due = (*OWED, col(DeadlineRow.due_at) <= now)
            return claim(session, DeadlineRow, *due, first=DeadlineRow.due_at)

    def _ask(self, row: DeadlineRow, accounts: Accounts) -> None:
        with self._database.reading() as session:
            onboarding = find(session, row.subject.removeprefix(SUBJECT))
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
            mine = change_mine(session, row, *OWED, done_at=now)
            if mine and there is False:
                self._tell(session, now, row)

    def _later(self, row: DeadlineRow) -> None:
        with self._database.transaction() as session:
            again = lease_clock(session) + AGAIN_AFTER
            change_mine(session, row, *OWED, lease_until=again)

    def _tell(self, session: Session, now: datetime, row: DeadlineRow) -> None:
        onboarding = find(session, row.subject.removeprefix(SUBJECT))
        if onboarding is None:
            return
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, messages.told_admins(shown))
        if onboarding.slack_user_id:
            outbox.tell(session, now, onboarding.slack_user_id, messages.told_them(shown))
