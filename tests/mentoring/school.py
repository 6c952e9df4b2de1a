"""Mentoring without Slack: a database, a clock, people by their Slack ids, and what was owed."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Members
from psrt_bot.mentoring.rules import Going, Report
from psrt_bot.mentoring.service import asking, desk
from psrt_bot.mentoring.service.checking import Checking
from psrt_bot.mentoring.service.deciding import Deciding
from psrt_bot.mentoring.service.desk import Desk
from psrt_bot.mentoring.service.graduating import Graduating
from psrt_bot.mentoring.service.moving import Moving
from psrt_bot.mentoring.service.pairing import Pairing
from psrt_bot.mentoring.service.presence import Presence
from psrt_bot.mentoring.service.reading import MentoringReading
from psrt_bot.mentoring.service.volunteering import Volunteering
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.deadlines import Handler, Sweep
from psrt_bot.runtime.facts import Facts, MemberLeft, MentorUnavailable
from storage.engine import Database
from storage.mentoring import CheckIn, Mentorship
from storage.people import Person, RoleHeld, SlackUser
from storage.runtime import AuditEntry, OutboxRow

ADMINS, TEAM = "C0ADMINS", "C0TEAM"
DAY = timedelta(days=1)
WORDS = Report(going=Going.WELL, blocked="", next_step="Go on")
MENTORS_WORDS = Report(going=Going.WELL, blocked="", next_step="Go on", ready=True)


@dataclass
class School:
    """What a service-level test plays with."""

    database: Database
    clock: MovableClock
    check_ins: tuple[timedelta, ...] = (7 * DAY, 14 * DAY, 30 * DAY)
    admin_channel: str | None = ADMINS
    team_channel: str | None = TEAM
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = Facts()
        members = Members(self.facts)
        admins = Admins(self.admin_channel)
        where = Desk(members, admins, self.facts, self.check_ins, self.team_channel)
        self.pairing = Pairing(where)
        self.presence = Presence(where, self.pairing)
        self.deciding = Deciding(where, self.pairing)
        self.volunteering = Volunteering(where, self.pairing)
        self.checking = Checking(where, self.presence)
        self.moving = Moving(where)
        self.graduating = Graduating(where, self.pairing, lambda _session, _who: ["Read <it>"])
        self.reading = MentoringReading(where)
        self.facts.bind(MentorUnavailable, self.pairing.mentor_unavailable)
        self.facts.bind(MemberLeft, self.presence.member_left)
        self.sweep = Sweep(
            self.database,
            self.clock,
            {
                desk.ASK_ADMINS: Handler(self.pairing.ask_again, collapses=True),
                desk.CHECK_IN: Handler(self.checking.open_when_due, collapses=True),
                desk.MISSED: Handler(self.checking.missed_when_due, collapses=True),
                desk.GRADUATION: Handler(self.graduating.ask_mentor, collapses=True),
                desk.WATCH: Handler(self.presence.look, collapses=True),
            },
        )
        with self.database.transaction() as session:
            self.person(session, "ana", Role.MEMBER, Role.ADMIN)
            self.person(session, "ben", Role.MEMBER, Role.ADMIN)
            for name in ("dov", "eve", "nia", "oli"):
                self.person(session, name, Role.MEMBER)

    def person(self, session: Session, name: str, *roles: Role, zone: str = "UTC") -> None:
        """Put somebody and their Slack user into the tables."""
        now = self.clock.now()
        user = SlackUser(
            id=f"U{name}", team_id="T1", name=name, real_name=name.title(), time_zone=zone,
            seen_at=now, is_bot=False, is_deleted=False, is_guest=False,
        )  # fmt: skip
        person = Person(name=name.title(), slack_user_id=user.id, created_at=now)
        session.add_all([user, person])
        session.flush()
        self.ids[name] = person.id
        held = [RoleHeld(person_id=person.id, role=r, since=now, granted_by="tests") for r in roles]
        session.add_all(held)

    def change(self, name: str, **values: object) -> None:
        """Let Slack say something else of somebody."""
        with self.database.transaction() as session:
            user = session.get_one(SlackUser, f"U{name}")
            for key, value in values.items():
                setattr(user, key, value)
            session.add(user)

    def volunteer(self, name: str, room: int = 1, *topics: str) -> None:
        """Volunteer."""
        with self.database.transaction() as session:
            now = self.clock.now()
            self.volunteering.volunteer(session, now, f"U{name}", str(room), topics)

    def begin(self, name: str = "nia", nominator: str | None = "ana") -> None:
        """Look for a mentor for somebody."""
        with self.database.transaction() as session:
            by = self.ids[nominator] if nominator else None
            self.pairing.begin(session, self.clock.now(), self.ids[name], by)

    def confirm(self, by: str = "ben") -> None:
        """Confirm the pair that is proposed."""
        with self.database.transaction() as session:
            self.deciding.confirm(session, self.clock.now(), f"U{by}", self.mentorship.id)

    def choose(self, whom: str, by: str = "ben", name: str = "nia") -> None:
        """Choose somebody as an admin."""
        mentorship = self.of(name)
        with self.database.transaction() as session:
            now = self.clock.now()
            self.deciding.choose(session, now, f"U{by}", mentorship.id, self.ids[whom])

    def pair(self, mentor: str = "dov") -> None:
        """Nia, with a mentor."""
        self.volunteer(mentor)
        self.begin()
        self.confirm()

    def answer(self, name: str, report: Report = WORDS, number: int = 1) -> None:
        """Check in."""
        check_in = self.check_ins_now[number - 1]
        with self.database.transaction() as session:
            self.checking.submit(session, self.clock.now(), f"U{name}", check_in.id, report)

    def hold(self, number: int) -> None:
        """Both check in."""
        self.answer("nia", number=number)
        self.answer("dov", MENTORS_WORDS, number)

    def move(self, name: str, day: str, number: int = 1) -> None:
        """Move a check-in."""
        check_in = self.check_ins_now[number - 1]
        with self.database.transaction() as session:
            self.moving.move(session, self.clock.now(), f"U{name}", check_in.id, day)

    def pass_time(self, duration: timedelta) -> None:
        """Move the clock, and do what is due."""
        self.clock.move(duration)
        self.sweep.run()

    def of(self, name: str) -> Mentorship:
        """Somebody's running mentorship."""
        with self.database.reading() as session:
            found = desk.running_of(session, self.ids[name])
            assert found is not None
            return found

    @property
    def mentorship(self) -> Mentorship:
        """The only mentorship."""
        with self.database.reading() as session:
            return session.scalars(select(Mentorship)).one()

    @property
    def check_ins_now(self) -> list[CheckIn]:
        """The check-ins, in their order."""
        with self.database.reading() as session:
            return list(session.scalars(select(CheckIn).order_by(col(CheckIn.number))))

    @property
    def states(self) -> list[str]:
        """How the check-ins stand."""
        return [one.state for one in self.check_ins_now]

    def owed(self, conversation: str) -> list[str]:
        """What was owed to a conversation, as text, the oldest first."""
        with self.database.reading() as session:
            found = session.scalars(
                select(OutboxRow)
                .where(col(OutboxRow.conversation) == conversation)
                .order_by(col(OutboxRow.seq))
            )
            return [json.dumps(row.payload) for row in found]

    def asked(self) -> list[tuple[datetime, list[str]]]:
        """When who is to be asked to check in, in the order in which it was planned."""
        with self.database.reading() as session:
            rows = session.scalars(
                select(OutboxRow)
                .where(col(OutboxRow.kind) == "fan_out")
                .order_by(col(OutboxRow.seq))
            )
            return [(row.try_at, row.payload["users"]) for row in rows]

    def delivered(self) -> None:
        """As if everything that may be sent by now were."""
        with self.database.transaction() as session:
            now = self.clock.now()
            waiting = select(OutboxRow).where(
                col(OutboxRow.finished_at).is_(None), col(OutboxRow.try_at) <= now
            )
            for row in session.scalars(waiting):
                row.finished_at = now
                session.add(row)

    def expand(self, *names: str) -> dict[str, Message]:
        """What these would be asked now."""
        with self.database.reading() as session:
            return asking.expand(session, self.clock.now(), [f"U{name}" for name in names])

    def audited(self, act: str) -> list[AuditEntry]:
        """The audit log's entries of an act."""
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry).where(col(AuditEntry.act) == act)))
