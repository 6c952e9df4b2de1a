"""A council without Slack: a database, a clock, people by their Slack ids, and what was owed."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from psrt_bot.council.rules import Answer, DecisionState, Recusal
from psrt_bot.council.service import decisions, watching
from psrt_bot.council.service.answering import Answering
from psrt_bot.council.service.decisions import Office
from psrt_bot.council.service.reading import CouncilReading
from psrt_bot.council.service.recording import Mail, Recording
from psrt_bot.council.service.telling import Matter, Telling
from psrt_bot.council.service.watching import Watching
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Members
from psrt_bot.runtime import facts
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.deadlines import Handler, Sweep
from psrt_bot.runtime.facts import Delivered, DeliveryDied, Facts
from storage.council import CouncilDecision, CouncilSeat
from storage.engine import Database
from storage.people import Person, RoleHeld, SlackChannel, SlackUser
from storage.runtime import Absence, AuditEntry, OutboxRow

CHANNEL, ADMINS = "C0COUNCIL", "C0ADMINS"
COUNCIL = ("cat", "cem", "cia", "col", "cyn")
DAY = timedelta(days=1)
WEEK = 7 * DAY


@dataclass
class Chamber:
    """What a service-level test plays with. `told` are the facts that the council announced."""

    database: Database
    clock: MovableClock
    channel: str | None = CHANNEL
    told: list[object] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = Facts()
        self.members = Members(self.facts)
        office = Office(self.members, Admins(ADMINS), self.facts, self.channel, WEEK)
        self.telling = Telling(office)
        self.answering = Answering(office)
        self.recording = Recording(office, self.telling)
        self.watching = Watching(office)
        self.reading = CouncilReading(office)
        for fact in (facts.CouncilTold, facts.CouncilDecided):
            self.facts.bind(fact, lambda _session, _now, heard: self.told.append(heard))
        self.facts.bind(facts.RolesChanged, self.watching.roles_changed)
        self.sweep = Sweep(
            self.database,
            self.clock,
            {
                decisions.END: Handler(self.watching.end_when_due),
                decisions.REMIND: Handler(self.watching.plan_reminder),
                decisions.CHASE: Handler(self.telling.chase),
                watching.TERM: Handler(self.watching.new_term),
            },
        )
        with self.database.transaction() as session:
            for name in COUNCIL:
                self.person(session, name, Role.STEERING_COUNCIL)
            self.person(session, "ana", Role.MEMBER, Role.ADMIN)
            self.person(session, "ben", Role.MEMBER, Role.ADMIN)
            self.person(session, "dov", Role.MEMBER)
            for channel in (CHANNEL, ADMINS):
                self.room(session, channel)

    def person(self, session: Session, name: str, *roles: Role) -> None:
        """Put somebody and their Slack user into the tables."""
        now = self.clock.now()
        user = SlackUser(
            id=f"U{name}", team_id="T1", name=name, real_name=name.title(), time_zone="UTC",
            seen_at=now, is_bot=False, is_deleted=False, is_guest=False,
        )  # fmt: skip
        person = Person(name=name.title(), slack_user_id=user.id, created_at=now)
        session.add_all([user, person])
        session.flush()
        self.ids[name] = person.id
        held = [RoleHeld(person_id=person.id, role=r, since=now, granted_by="tests") for r in roles]
        session.add_all(held)

    def room(self, session: Session, channel: str, **changes: Any) -> None:
        """Say what Slack says of a channel."""
        fit: dict[str, Any] = {"is_private": True, "is_inside": True}
        fit |= {"is_shared": False, "is_archived": False}
        session.merge(
            SlackChannel(id=channel, name=channel, seen_at=self.clock.now(), **(fit | changes))
        )

    def begin(self, *recusals: Recusal) -> None:
        """Put something before the council."""
        with self.database.transaction() as session:
            matter = Matter("thing", "A thing", ("Of note.",), recusals)
            self.telling.begin(session, self.clock.now(), matter)

    def deliver(self, died: tuple[str, ...] = ()) -> None:
        """As if every notice were delivered now, but those to these people refused."""
        for slot in self.slots():
            with self.database.transaction() as session:
                person = next((n for n, i in self.ids.items() if slot.endswith(i)), "")
                if person in died:
                    dead = DeliveryDied("message", f"dm:U{person}", "account_inactive", slot)
                    self.telling.died(session, self.clock.now(), dead)
                else:
                    self.telling.delivered(session, self.clock.now(), Delivered(slot))

    def slots(self) -> list[str]:
        """The names of the notices that were owed."""
        with self.database.reading() as session:
            owed = session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "message"))
            found = [row.slot for row in owed if row.slot and row.slot.startswith("council:")]
        return [slot for slot in found if not slot.startswith("council:mail:")]

    def open(self, *recusals: Recusal) -> None:
        """Put something before the council, and let it be told."""
        self.begin(*recusals)
        self.deliver()

    def answer(self, name: str, answer: Answer, reason: str = "") -> None:
        """Let one of the council answer."""
        with self.database.transaction() as session:
            now = self.clock.now()
            self.answering.answer(
                session, now, f"U{name}", self.decision.id, answer, reason=reason, sure=True
            )

    def veto(self, *names: str) -> None:
        """Let these veto."""
        for name in names:
            self.answer(name, Answer.VETO, f"{name} says no")

    def fine(self, *names: str) -> None:
        """Let these not object."""
        for name in names:
            self.answer(name, Answer.NO_OBJECTION)

    def mail(self, answer: str = "no_objection", **changes: str) -> Mail:
        """An answer by mail that is complete, but for the changes."""
        whole = {"received": self.clock.now().date().isoformat(), "reference": "mail of today"}
        return Mail(answer=answer, **(whole | changes))

    def pass_time(self, duration: timedelta, *, away: bool = False) -> None:
        """Move the clock, perhaps with the bot away, and do what is due."""
        since = self.clock.now()
        self.clock.move(duration)
        if away:
            with self.database.transaction() as session:
                session.add(Absence(away_from=since, away_until=self.clock.now()))
        self.sweep.run()

    @property
    def decision(self) -> CouncilDecision:
        """The only decision."""
        with self.database.reading() as session:
            return session.scalars(select(CouncilDecision)).one()

    def state(self) -> DecisionState:
        """How it stands now; no property, since mypy takes one to stay what it was found to be."""
        return DecisionState(self.decision.state)

    def seat(self, name: str) -> CouncilSeat | None:
        """Somebody's seat."""
        with self.database.reading() as session:
            return session.get(CouncilSeat, (self.decision.id, self.ids[name]))

    def owed(self, conversation: str) -> list[str]:
        """What was owed to a conversation, as text, the oldest first."""
        with self.database.reading() as session:
            found = session.scalars(
                select(OutboxRow)
                .where(col(OutboxRow.conversation) == conversation)
                .order_by(col(OutboxRow.seq))
            )
            return [json.dumps(row.payload) for row in found]

    def reminded(self) -> list[list[str]]:
        """Whom reminders were owed to, the oldest first."""
        with self.database.reading() as session:
            owed = session.scalars(
                select(OutboxRow)
                .where(col(OutboxRow.kind) == "fan_out")
                .order_by(col(OutboxRow.seq))
            )
            return [row.payload["users"] for row in owed]

    def audited(self, act: str) -> list[AuditEntry]:
        """The audit log's entries of an act."""
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry).where(col(AuditEntry.act) == act)))


def nominee(name: str) -> Recusal:
    """Somebody who may not even see it."""
    return Recusal("the nominee", slack_user_id=f"U{name}", blind=True)
