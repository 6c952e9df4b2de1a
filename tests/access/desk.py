"""Access without Slack: a database, a clock, people by their Slack ids, and what was owed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from psrt_bot.access.github_team import GitHubTrouble
from psrt_bot.access.service import checking, checklists
from psrt_bot.access.service.checking import Checking, Weekly
from psrt_bot.access.service.checklists import Desk
from psrt_bot.access.service.comparing import Comparing
from psrt_bot.access.service.opening import Opening
from psrt_bot.access.service.placing import Placing
from psrt_bot.access.service.ticking import Ticking
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.appointing import Appointing
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members, find_person
from psrt_bot.offboarding.service import Offboarding
from psrt_bot.runtime import facts
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.deadlines import Handler, Sweep
from psrt_bot.runtime.facts import Facts, Invited, PlaceRefused, Removed
from psrt_bot.runtime.outbox import Kind
from storage.access import AccessChecklist, AccessItem, TeamCheck
from storage.engine import Database
from storage.people import Person, SlackChannel, SlackChannelMember, SlackUser
from storage.runtime import AuditEntry, OutboxRow

TEAM, SIDE, ADMINS, COUNCIL = "C0TEAM", "C0SIDE", "C0ADMINS", "C0COUNCIL"
ROOMS = [
    (Role.MEMBER, TEAM),
    (Role.MEMBER, SIDE),
    (Role.ADMIN, ADMINS),
    (Role.STEERING_COUNCIL, COUNCIL),
]
ROSTER = b"Ana Andrade,ana,Admin\nBen Bright,ben,Admin\nChi Chen,chi,\n"


@dataclass
class Team:
    """A GitHub team whose answer is given; what is asked for real is in test_github_team.py."""

    logins: Sequence[str] = ("ana", "ben", "chi")
    trouble: GitHubTrouble | None = None
    asked: int = 0

    def members(self) -> frozenset[str]:
        """As ``GitHubTeam.members``."""
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return frozenset(self.logins)


@dataclass
class Counter:
    """The use cases of access with everything around them, as the bot wires it."""

    database: Database
    clock: MovableClock
    admin_channel: str | None = ADMINS
    team: Team | None = field(default_factory=Team)
    prepared: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = Facts()
        self.members = Members(self.facts)
        admins = Admins(self.admin_channel)
        self.desk = Desk(self.members, admins, ROOMS, "python/psrt")
        opening = Opening(self.desk)
        self.placing = Placing(self.desk, self._prepare)
        self.ticking = Ticking(self.desk, self.placing)
        self.comparing = Comparing(self.desk, self.placing, asks_github=self.team is not None)
        self.checking = Checking(self.database, self.clock, self.desk, self.comparing, self.team)
        self.joining, self.appointing = Joining(self.members), Appointing(self.members)
        self.offboarding = Offboarding(self.members, admins, self.facts, TEAM)
        self.lists = Lists(self.facts, self.offboarding.leave)
        self.facts.bind(facts.MemberJoined, opening.joined)
        self.facts.bind(facts.MemberLeft, opening.left)
        self.facts.bind(facts.RolesChanged, opening.roles_changed)
        self.facts.bind(facts.PersonLinked, opening.linked)
        self.facts.bind(facts.PersonChanged, opening.changed)
        self.facts.bind(Invited, self.placing.invited)
        self.facts.bind(Removed, self.placing.removed)
        self.facts.bind(PlaceRefused, self.placing.refused)
        self.sweep = Sweep(
            self.database,
            self.clock,
            {
                checklists.PLACE: Handler(self.placing.place),
                checklists.REMIND: Handler(self.ticking.plan_reminder, collapses=True),
                checking.WEEKLY: Handler(Weekly().due, collapses=True),
            },
        )
        with self.database.transaction() as session:
            for name in ("ana", "ben", "chi", "nia", "oli"):
                self.account(session, name)
            for channel in (TEAM, SIDE, ADMINS, COUNCIL):
                self.room(session, channel)
            self.lists.import_files(session, self.clock.now(), {"members": ROSTER}, "tests")
            for name in ("ana", "ben", "chi"):
                self.link(session, name)
                self.inside(session, name, TEAM, SIDE)
            self.inside(session, "ana", ADMINS)
            self.inside(session, "ben", ADMINS)
        self.clock.move(timedelta(minutes=1))

    def _prepare(self, _s: Session, _now: object, person_id: str) -> None:
        self.prepared.append(person_id)

    def account(self, session: Session, name: str, **flags: bool) -> None:
        """Let Slack have told of somebody."""
        values: dict[str, Any] = {"is_bot": False, "is_deleted": False, "is_guest": False} | flags
        session.add(
            SlackUser(
                id=user(name),
                team_id="T1",
                name=name,
                real_name=f"{name.title()} of Slack",
                time_zone="",
                seen_at=self.clock.now(),
                **values,
            )
        )
        session.flush()

    def room(self, session: Session, channel: str, **flags: bool) -> None:
        """Let Slack have told of a channel."""
        values: dict[str, Any] = {"is_inside": True} | flags
        session.merge(
            SlackChannel(
                id=channel,
                name=channel.lower(),
                is_private=True,
                is_shared=False,
                is_archived=False,
                seen_at=self.clock.now(),
                **values,
            )
        )

    def inside(self, session: Session, name: str, *channels: str) -> None:
        """Let somebody be in channels."""
        session.add_all(SlackChannelMember(channel_id=c, user_id=user(name)) for c in channels)

    def link(self, session: Session, who: str, name: str | None = None) -> None:
        """Say which Slack user somebody is."""
        person = find_person(session, who)
        self.members.link(session, self.clock.now(), person, user(name or who), "tests")

    def known(self, name: str, *, linked: bool = True, github: str | None = None) -> None:
        """Put somebody on no list into the tables."""
        login = name if github is None else github
        with self.database.transaction() as session:
            person = Person(
                name=f"{name.title()} Novak",
                github=login,
                github_key=login or None,
                slack_user_id=user(name) if linked else None,
                created_at=self.clock.now(),
            )
            session.add(person)

    def join(self, name: str, *, linked: bool = True, github: str | None = None) -> None:
        """Begin a membership; of somebody new if need be."""
        with self.database.reading() as session:
            there = session.scalar(select(Person).where(col(Person.slack_user_id) == user(name)))
        if there is None:
            self.known(name, linked=linked, github=github)
        with self.database.transaction() as session:
            person = self.find(session, name)
            self.joining.join(session, self.clock.now(), person, "tests")

    def find(self, session: Session, name: str) -> Person:
        """Return somebody by their first name."""
        wanted = select(Person).where(col(Person.name).startswith(name.title()))
        return session.scalars(wanted).one()

    def leave(self, name: str) -> None:
        """End a membership by the one door."""
        with self.database.transaction() as session:
            person = self.find(session, name)
            self.offboarding.leave(session, self.clock.now(), person, "tests", reason="Why")

    def appoint(self, name: str, role: Role) -> None:
        """Give somebody a role."""
        with self.database.transaction() as session:
            person = self.find(session, name)
            now = self.clock.now()
            self.appointing.appoint(session, now, person, role, "tests", decision="2026-1")

    def dismiss(self, name: str, role: Role) -> None:
        """Take a role from somebody."""
        with self.database.transaction() as session:
            person = self.find(session, name)
            now = self.clock.now()
            self.appointing.dismiss(session, now, person, role, "tests", confirmed=True)

    def work(self, **time: float) -> None:
        """Let time pass; do what is due."""
        self.clock.move(timedelta(**time))
        self.sweep.run()

    def settled(self, fact: object) -> None:
        """Let delivery tell how an invitation or a removal ended."""
        with self.database.transaction() as session:
            self.facts.announce(session, self.clock.now(), fact)

    def owed(self, kind: Kind) -> list[tuple[str, str]]:
        """Whom the bot is to invite (or remove) where, and has not yet."""
        with self.database.reading() as session:
            waiting = session.scalars(
                select(OutboxRow).where(
                    col(OutboxRow.kind) == kind, col(OutboxRow.finished_at).is_(None)
                )
            )
            return sorted((row.payload["channel"], row.payload["user"]) for row in waiting)

    def lists_of(self, name: str) -> list[AccessChecklist]:
        """Somebody's checklists, in order."""
        with self.database.reading() as session:
            person = self.find(session, name)
            return list(
                session.scalars(
                    select(AccessChecklist)
                    .where(col(AccessChecklist.person_id) == person.id)
                    .order_by(col(AccessChecklist.began_at), col(AccessChecklist.cause))
                )
            )

    def items(self, name: str) -> dict[str, AccessItem]:
        """The rows of somebody's open checklist, or else of their newest one, by place."""
        lists = self.lists_of(name)
        chosen = [one for one in lists if one.state == "open"] or lists
        with self.database.reading() as session:
            found = session.scalars(
                select(AccessItem)
                .where(col(AccessItem.checklist_id) == chosen[-1].id)
                .order_by(col(AccessItem.position))
            )
            return {item.place: item for item in found}

    def states(self, name: str) -> dict[str, str]:
        """The same rows, as ``doing state``."""
        return {place: f"{item.doing} {item.state}" for place, item in self.items(name).items()}

    def said(self, conversation: str = ADMINS, kind: Kind = Kind.MESSAGE) -> list[str]:
        """What is owed to a conversation."""
        with self.database.reading() as session:
            rows = session.scalars(
                select(OutboxRow)
                .where(
                    col(OutboxRow.conversation) == conversation,
                    col(OutboxRow.kind) == kind,
                    col(OutboxRow.outcome).is_(None),
                )
                .order_by(col(OutboxRow.seq))
            )
            return [str(row.payload) for row in rows]

    def acts(self) -> list[str]:
        """What of access the audit log has."""
        with self.database.reading() as session:
            entries = session.scalars(select(AuditEntry).order_by(col(AuditEntry.number)))
            return [entry.act for entry in entries if entry.act.startswith("access:")]

    def checks(self) -> list[TeamCheck]:
        """Every comparison that was owed."""
        with self.database.reading() as session:
            return list(session.scalars(select(TeamCheck).order_by(col(TeamCheck.asked_at))))


def user(name: str) -> str:
    """Somebody's Slack id."""
    return f"U{name.upper()}"
