"""A nomination is taken back while the council decides on it, on SQLite and on PostgreSQL.

Both go by the audit log's head first; the other way round PostgreSQL would find two that wait for
each other, and end one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr
from sqlmodel import Session, select

from psrt_bot.composition.bindings import wire
from psrt_bot.composition.services import Services
from psrt_bot.council.rules import Answer, Recusal
from psrt_bot.council.service.telling import Matter
from psrt_bot.membership.rules import Role
from psrt_bot.nominations.rules import NominationState
from psrt_bot.runtime import audit
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Delivered, Facts
from psrt_bot.runtime.rules import AlreadyDone
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.council import CouncilDecision
from storage.engine import Database
from storage.nominations import Nomination
from storage.people import Person, RoleHeld, SlackChannel
from tests.nominations.test_two_at_once import TEAM, a_team_channel, a_user

COUNCIL = "C0COUNCIL"


@dataclass
class Passed:
    """Ana's nomination of Nia, whose vote passed; Cat, Cem and Cia are the council."""

    database: Database
    services: Services
    now: datetime
    failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.database.transaction() as session:
            a_team_channel(session, self.now)
            told = {"is_private": True, "is_shared": False, "is_archived": False, "is_inside": True}
            session.add(SlackChannel(id=COUNCIL, name="council", seen_at=self.now, **told))
            a_user(session, self.now, "UNIA")
            ana = self._holder(session, "UANA", Role.MEMBER)
            for user in ("UCAT", "UCEM", "UCIA"):
                self._holder(session, user, Role.STEERING_COUNCIL)
            nomination = Nomination(
                state=NominationState.AWAITING_NOTICE,
                nominee_key="slack:UNIA",
                nominator_id=ana,
                nominee_slack_user_id="UNIA",
                nominee_name="Nia Novak",
                standing="triager",
                nominated_at=self.now,
            )
            session.add(nomination)
            session.flush()
            audit.append(
                session, self.now, actor=ana, act="nominations:nominate", subject=nomination.id
            )
            recusals = (Recusal("the nominator", person_id=ana),)
            matter = Matter(nomination.id, "Nia Novak", recusals=recusals)
            self.services.council.telling.begin(session, self.now, matter)

    def _holder(self, session: Session, user: str, role: Role) -> str:
        a_user(session, self.now, user)
        person = Person(name=user, slack_user_id=user, created_at=self.now)
        session.add(person)
        session.flush()
        held = RoleHeld(person_id=person.id, role=role, since=self.now, granted_by="tests")
        session.add(held)
        return person.id

    @property
    def nomination(self) -> Nomination:
        """The only one."""
        with self.database.reading() as session:
            return session.scalars(select(Nomination)).one()

    @property
    def decision(self) -> CouncilDecision:
        """The only one."""
        with self.database.reading() as session:
            return session.scalars(select(CouncilDecision)).one()

    def tell(self, session: Session) -> None:
        """As if the notice were delivered."""
        delivered = Delivered(f"council:{self.decision.id}:channel")
        self.services.council.telling.delivered(session, self.now, delivered)

    def fine(self, session: Session, user: str) -> None:
        """Let one of the council not object."""
        answering, decision_id = self.services.council.answering, self.decision.id
        answering.answer(session, self.now, user, decision_id, Answer.NO_OBJECTION)

    def end(self, session: Session) -> None:
        """Let the window's time be over."""
        later = self.now + timedelta(days=7)
        self.services.council.watching.end_when_due(session, later, self.decision.id)

    def withdraw(self, session: Session) -> None:
        """Let Ana take it back."""
        self.services.ending.withdraw(session, self.now, "UANA", self.nomination.id, "")

    def meanwhile(self, act: Callable[[Session], None]) -> Thread:
        """Begin an act in a transaction of its own, and return when it waits."""
        begun = Event()

        def do() -> None:
            begun.set()
            try:
                with self.database.transaction() as other:
                    act(other)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is told below
                self.failures.append(error)

        late = Thread(target=do)
        late.start()
        assert begun.wait(5)
        late.join(0.4)  # on PostgreSQL it waits for the head by now, and must not hold a row
        assert late.is_alive()
        return late


@pytest.fixture
def passed(database: Database, clock: MovableClock, tmp_path: Path) -> Passed:
    """A nomination that waits for the council to be told."""
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"), team_channel=TEAM, council_channel=COUNCIL
    )
    services = wire(settings, FileKeyStore.open(tmp_path / "keys"), Facts())
    return Passed(database, services, clock.now())


def test_taking_back_waits_for_the_answer_that_decides(passed: Passed) -> None:
    """The answer that came first decides; the nominator hears that it has moved on."""
    with passed.database.transaction() as session:
        passed.tell(session)
    with passed.database.transaction() as session:
        passed.fine(session, "UCAT")
        late = passed.meanwhile(passed.withdraw)
        passed.fine(session, "UCEM")
    late.join(10)
    assert [type(error) for error in passed.failures] == [AlreadyDone]
    assert passed.nomination.state == NominationState.CONFIRMED
    assert passed.decision.state == "confirmed"


@pytest.mark.parametrize("meanwhile", ["told", "answered", "ended"])
def test_whatever_the_council_does_waits_for_taking_back(passed: Passed, meanwhile: str) -> None:
    """A notice delivered, an answer, the window's end: each finds nothing to decide any more."""
    acts: dict[str, Callable[[Session], None]] = {
        "told": passed.tell,
        "answered": lambda other: passed.fine(other, "UCAT"),
        "ended": passed.end,
    }
    if meanwhile != "told":
        with passed.database.transaction() as session:
            passed.tell(session)
    with passed.database.transaction() as session:
        audit.append(session, passed.now, actor="tests", act="tests:first", subject="tests")
        late = passed.meanwhile(acts[meanwhile])
        passed.withdraw(session)
    late.join(10)
    expected = [AlreadyDone] if meanwhile == "answered" else []
    assert [type(error) for error in passed.failures] == expected
    assert passed.nomination.state == NominationState.WITHDRAWN
    assert passed.decision.state == "ended"
