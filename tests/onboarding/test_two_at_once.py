"""A form of acceptance submitted from two places at once makes one member, on either database."""

from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr
from sqlmodel import select

from psrt_bot.composition.bindings import wire
from psrt_bot.composition.services import Services
from psrt_bot.membership.rules import Role
from psrt_bot.onboarding.rules import PROMISES
from psrt_bot.onboarding.service.accepting import Acceptance
from psrt_bot.onboarding.service.starting import Newcomer
from psrt_bot.runtime import audit
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, NotForYou, RuleError
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database
from storage.onboarding import Onboarding
from storage.people import Person, RoleHeld
from tests.nominations.test_two_at_once import TEAM, a_team_channel, a_user

FILLED = Acceptance([p.name for p in PROMISES], "nia", "nia@mail.example", "Nia Novak")


def asked(database: Database, clock: MovableClock, path: Path) -> tuple[Services, str]:
    """Nia is asked; return the use cases and the onboarding's id."""
    settings = Settings(slack_bot_token=SecretStr("xoxb-1"), team_channel=TEAM)
    services = wire(settings, FileKeyStore.open(path / "keys"), Facts())
    now = clock.now()
    with database.transaction() as session:
        a_team_channel(session, now)
        a_user(session, now, "UNIA")
        newcomer = Newcomer("a-nomination", "Nia Novak", "nia", slack_user_id="UNIA")
        for _ in range(2):  # a decision begins one onboarding
            services.onboarding.starting.start(session, now, newcomer)
    with database.reading() as session:
        return services, session.scalars(select(Onboarding)).one().id


@pytest.mark.parametrize("second", ["accept", "decline"])
def test_one_member_is_made(
    database: Database, clock: MovableClock, tmp_path: Path, second: str
) -> None:
    """The later submission, or a click on **Decline** meanwhile, finds it settled."""
    services, onboarding_id = asked(database, clock, tmp_path)
    begun = services.onboarding
    now = clock.now()
    refusals: list[RuleError] = []
    started = Event()

    def too() -> None:
        started.set()
        try:
            with database.transaction() as other:
                if second == "accept":
                    begun.accepting.accept(other, now, "UNIA", onboarding_id, FILLED)
                else:
                    begun.starting.decline(other, now, "UNIA", onboarding_id)
        except RuleError as error:
            refusals.append(error)

    with database.transaction() as session:
        begun.accepting.accept(session, now, "UNIA", onboarding_id, FILLED)
        late = Thread(target=too)
        late.start()
        assert started.wait(5)
        late.join(0.4)
        assert late.is_alive()
    late.join(10)
    assert not late.is_alive()
    assert [type(error) for error in refusals] == [AlreadyDone]
    with database.reading() as session:
        held = session.scalars(select(RoleHeld).where(RoleHeld.role == Role.MEMBER)).all()
        assert len(held) == 1
        assert len(session.scalars(select(Person)).all()) == 1
        assert session.scalars(select(Onboarding)).one().state == "checklist"


def test_a_tick_and_a_link_do_not_wait_for_each_other(
    database: Database, clock: MovableClock, tmp_path: Path
) -> None:
    """Both take the audit log's head before the onboarding; the other way round PostgreSQL would
    find two that wait for each other, and end one of them."""
    services, onboarding_id = asked(database, clock, tmp_path)
    begun, now = services.onboarding, clock.now()
    with database.transaction() as session:
        begun.accepting.accept(session, now, "UNIA", onboarding_id, FILLED)
        a_user(session, now, "UNIA2")
    failures: list[Exception] = []
    started = Event()

    def tick() -> None:
        started.set()
        try:
            with database.transaction() as other:
                begun.ticking.tick(other, now, "UNIA", f"{onboarding_id}:guidelines")
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is told below
            failures.append(error)

    with database.transaction() as session:
        person = session.scalars(select(Person)).one()
        audit.append(session, now, actor="tests", act="tests:first", subject=person.id)
        late = Thread(target=tick)
        late.start()
        assert started.wait(5)
        late.join(0.4)  # on PostgreSQL it waits for the head by now, and must not hold the row
        services.members.link(session, now, person, "UNIA2", "tests")
    late.join(10)
    assert not late.is_alive()
    # Who was linked away meanwhile is nobody to the bot, and hears so; nothing else goes wrong.
    assert [type(error) for error in failures] in ([], [NotAllowed], [NotForYou])
    with database.reading() as session:
        assert session.scalars(select(Onboarding)).one().slack_user_id == "UNIA2"
