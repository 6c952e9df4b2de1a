"""``psrt-bot roster`` and somebody in the middle of an onboarding: the bot would do the same."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from psrt_bot.composition.bindings import wire
from psrt_bot.membership.service.people import find_person
from psrt_bot.onboarding.rules import PROMISES
from psrt_bot.onboarding.service.accepting import Acceptance
from psrt_bot.onboarding.service.starting import Newcomer
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database
from storage.onboarding import Onboarding
from storage.runtime import DeadlineRow, OutboxRow
from tests.cli.conftest import EMERITI, ROSTER, Cli
from tests.nominations.test_two_at_once import TEAM, a_team_channel, a_user

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
NIA = Newcomer("a-nomination", "Nia Novak", "nia", "nia@mail.example", "UNIA0001")
FILLED = Acceptance([p.name for p in PROMISES], "nia", "nia@mail.example", "Nia Novak")


@dataclass
class Running:
    """What a running bot has written, and what stands there since."""

    place: Path
    cli: Cli

    def __post_init__(self) -> None:
        settings = Settings(slack_bot_token=SecretStr("xoxb-1"), team_channel=TEAM)
        keys = FileKeyStore.open(self.place / "keys")
        begun = wire(settings, keys, Facts()).onboarding
        database = self.database()
        with database.transaction() as session:
            a_team_channel(session, NOW)
            for user in ("UNIA0001", "UNIA0002"):
                a_user(session, NOW, user)
            begun.starting.start(session, NOW, NIA)
        database.close()
        self.begun = begun

    def database(self) -> Database:
        """The database that the command line uses."""
        return Database(f"sqlite:///{self.place / 'data/psrt.db'}")

    def accept(self) -> None:
        """Let Nia accept."""
        database = self.database()
        with database.transaction() as session:
            asked = session.scalars(select(Onboarding)).one()
            self.begun.accepting.accept(session, NOW, "UNIA0001", asked.id, FILLED)
        database.close()

    def onboarding(self) -> Onboarding:
        """The onboarding's row."""
        database = self.database()
        with database.reading() as session:
            found = session.scalars(select(Onboarding)).one()
        database.close()
        return found

    def planned(self) -> list[str]:
        """What is still to come of the onboarding."""
        database = self.database()
        with database.reading() as session:
            subject = session.scalars(select(Onboarding)).one().id
            rows = session.scalars(
                select(DeadlineRow).where(
                    col(DeadlineRow.subject) == subject, col(DeadlineRow.done_at).is_(None)
                )
            ).all()
        database.close()
        return [row.kind for row in rows]

    def told(self, user: str) -> str:
        """What is owed to somebody in direct messages, or changed of them."""
        database = self.database()
        with database.reading() as session:
            rows = session.scalars(select(OutboxRow)).all()
        database.close()
        return "\n".join(
            str(row.payload)
            for row in rows
            if row.conversation == f"dm:{user}" or (row.slot or "").endswith(user)
        )

    def import_(self, data: bytes, former: bytes = EMERITI) -> None:
        """Import both lists."""
        (self.place / "new.csv").write_bytes(data)
        (self.place / "old.csv").write_bytes(former)
        assert self.cli("roster", "import", "new.csv", "--emeritus", "old.csv").code == 0


@pytest.fixture
def running(installed: Cli, place: Path) -> Running:
    """A team with a list, and Nia asked whether she accepts."""
    return Running(place, installed)


@pytest.mark.parametrize("way", ["import", "end"])
def test_a_newcomer_who_leaves_by_the_command_line_is_reminded_of_nothing(
    running: Running, way: str
) -> None:
    """A list without them, or the end of their membership: the checklist ends as well."""
    running.accept()
    assert running.planned()
    if way == "import":
        running.import_(ROSTER)
    else:
        assert running.cli("roster", "end", "nia", "--reason", "Left").code == 0
    assert running.onboarding().state == "ended"
    assert running.planned() == []
    assert "Your onboarding has ended" in running.told("UNIA0001")


def test_a_link_at_the_command_line_takes_the_checklist_along(running: Running) -> None:
    """The newcomer goes on where they are now."""
    running.accept()
    assert running.cli("roster", "link", "nia", "UNIA0002").code == 0
    assert running.onboarding().slack_user_id == "UNIA0002"
    assert running.onboarding().state == "checklist"
    assert "Your checklist: 0 of" in running.told("UNIA0002")


def test_an_import_of_somebody_linked_withdraws_the_question(running: Running) -> None:
    """Known by their Slack user, though the list has another GitHub name than the nomination."""
    database = running.database()
    with database.transaction() as session:
        fay = find_person(session, "Fay Falk")
        fay.slack_user_id = "UNIA0001"
        session.add(fay)
    database.close()
    running.import_(ROSTER + b"Fay Falk,fay,\n", former=b"Eve Eriksen,,\n")
    assert running.onboarding().state == "ended"
    assert running.planned() == []
    assert "Nothing is asked of you here any more" in running.told("UNIA0001")
