"""GitHub is asked by a worker, in no transaction; then the answer goes to whoever waits for it.

A row that is owed, a lease, a question, and one transaction for all that follows: a copy of the bot
that dies in between leaves the question to another.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from psrt_bot.access.github_team import GitHubTrouble
from psrt_bot.access.messages import drift as messages
from psrt_bot.access.messages.drift import Report
from psrt_bot.access.rules import GITHUB, Doing, ItemState, next_weekly
from psrt_bot.access.service.checklists import Desk, items_of, locked, move, open_lists, refresh
from psrt_bot.access.service.comparing import Comparing, owe_check
from psrt_bot.membership.permissions import Permission, Role, allowed
from psrt_bot.membership.rules import github_key
from psrt_bot.membership.service.people import holders
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.leases import change_mine, claim, lease_clock, unleased
from storage.access import TeamCheck
from storage.engine import Database, DatabaseBusy
from storage.people import Person

log = structlog.get_logger(__name__)

WEEKLY = "access:weekly"
EVERYTHING = "access"  # the subject of the weekly comparison
AGAIN_AFTER = timedelta(hours=1)
OWED = col(TeamCheck.finished_at).is_(None)
TRIES = 4  # of the weekly one; whoever asked hears at once that GitHub does not answer


class Team(Protocol):
    """Who is in the team; as ``GitHubTeam`` tells it."""

    def members(self) -> frozenset[str]:
        """Return their GitHub names. Raises GitHubTrouble."""


class Weekly:
    """The comparison that nobody has to ask for."""

    def due(self, session: Session, now: datetime, _: str) -> None:
        """Owe a comparison, and plan the next one (handler); not without a list."""
        if holders(session, Role.MEMBER):
            owe_check(session, now, asked_by=None)
        self.arm(session, now)

    @staticmethod
    def arm(session: Session, now: datetime) -> None:
        """Plan the next weekly comparison; planning it twice makes one."""
        deadlines.schedule(session, WEEKLY, EVERYTHING, next_weekly(now))


class Checking:
    """The worker behind comparisons.

    Args:
        team: None where there is no token: then only Slack is compared.
    """

    def __init__(
        self, database: Database, clock: Clock, desk: Desk, comparing: Comparing, team: Team | None
    ) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk
        self._comparing = comparing
        self._team = team

    def run(self) -> int:
        """Make every comparison that is due; return how many were tried."""
        tried = 0
        while (check := self._claim()) is not None:
            tried += 1
            try:
                logins, trouble = self._ask()
                with self._database.transaction() as session:
                    self._conclude(session, self._clock.now(), check, logins, trouble)
            except (DBAPIError, DatabaseBusy):
                raise
            except Exception:
                # A defect of ours. Asked again and again it would keep the sweep from its end.
                log.exception("comparison_failed", check=check.id)
                with self._database.transaction() as session:
                    change_mine(session, check, OWED, finished_at=self._clock.now())
        return tried

    def next_try(self) -> datetime | None:
        """Return when the next comparison is due, or None."""
        with self._database.reading() as session:
            return session.scalar(
                select(col(TeamCheck.try_at))
                .where(OWED, unleased(TeamCheck, lease_clock(session)))
                .order_by(col(TeamCheck.try_at))
                .limit(1)
            )

    def _claim(self) -> TeamCheck | None:
        now = self._clock.now()
        with self._database.transaction() as session:
            due = (OWED, col(TeamCheck.try_at) <= now)
            return claim(session, TeamCheck, *due, first=TeamCheck.asked_at)

    def _ask(self) -> tuple[frozenset[str] | None, GitHubTrouble | None]:
        if self._team is None:
            return None, None
        try:
            return self._team.members(), None
        except GitHubTrouble as trouble:
            log.warning("github_team_not_read", problem=str(trouble))
            return None, trouble

    def _conclude(
        self,
        session: Session,
        now: datetime,
        check: TeamCheck,
        logins: frozenset[str] | None,
        trouble: GitHubTrouble | None,
    ) -> None:
        weekly = check.asked_by is None
        if weekly and trouble and trouble.passing and check.attempts < TRIES:
            change_mine(session, check, OWED, try_at=now + AGAIN_AFTER)
            return
        if not change_mine(session, check, OWED, finished_at=now):
            return  # it took longer than the lease: another copy has answered
        if logins is not None:
            self._tick_what_github_shows(session, now, logins)
        report = Report() if logins is None else self._comparing.of_github(session, logins)
        report = replace(report, trouble=str(trouble) if trouble else None)
        if check.asked_by is not None:
            actor = self._desk.members.who(session, check.asked_by)
            if allowed(Permission.ACCESS_DRIFT, actor.roles):
                outbox.tell(session, now, check.asked_by, messages.answer(report))
            return
        whole = _together(self._comparing.of_slack(session), report)
        if whole.found_anything:
            self._desk.admins.tell(session, now, messages.weekly(whole))

    def _tick_what_github_shows(
        self, session: Session, now: datetime, logins: frozenset[str]
    ) -> None:
        """Tick the rows of open checklists that the team bears out."""
        there = {github_key(login) for login in logins}
        for checklist in open_lists(session):
            person = session.get(Person, checklist.person_id) if checklist.person_id else None
            key = github_key(person.github if person else checklist.name)
            for item in items_of(session, checklist):
                if item.place != GITHUB or item.state != ItemState.OPEN or key is None:
                    continue
                if (key in there) is not (item.doing == Doing.ADD):
                    continue
                held, row = locked(session, item.id)
                if move(session, row, ItemState.OPEN, ItemState.DONE, at=now, by=audit.SYSTEM):
                    refresh(session, now, self._desk, held)


def _together(slack: Report, github: Report) -> Report:
    return replace(
        slack,
        differences=[*slack.differences, *github.differences],
        under_way=slack.under_way | github.under_way,
        team=github.team,
        github=github.github,
        trouble=github.trouble,
    )
