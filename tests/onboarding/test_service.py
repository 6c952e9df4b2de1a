"""Onboarding's use cases without Slack, on either database: who may what, and the rarer ways."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select

from psrt_bot.composition.bindings import wire
from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import begin_role, roles_of
from psrt_bot.onboarding.messages import start, words
from psrt_bot.onboarding.rules import EMAIL, GITHUB, PROMISES, OnboardingState
from psrt_bot.onboarding.service.accepting import Acceptance
from psrt_bot.onboarding.service.starting import Newcomer
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotFound
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database
from storage.onboarding import Onboarding
from storage.people import Person
from storage.runtime import OutboxRow
from tests.nominations.test_two_at_once import TEAM, a_team_channel, a_user

FILLED = Acceptance([p.name for p in PROMISES], "nia", "nia@mail.example", "Nia Novak")
NIA = Newcomer("a-nomination", "Nia Novak", "nia", "nia@mail.example", "UNIA")
OUTSIDE = replace(NIA, slack_user_id=None)


@dataclass
class Bureau:
    """The use cases, a database, and people by their Slack ids."""

    database: Database
    clock: MovableClock
    path: Path

    def __post_init__(self) -> None:
        settings = Settings(slack_bot_token=SecretStr("xoxb-1"), team_channel=TEAM)
        keys = FileKeyStore.open(self.path / "keys")
        self.services = wire(settings, keys, Facts())
        self.begun = self.services.onboarding
        with self.database.transaction() as session:
            a_team_channel(session, self.clock.now())
            for user in ("UNIA", "UANA", "UBEN", "UOLI"):
                a_user(session, self.clock.now(), user)
            self.person(session, "UANA", Role.MEMBER, Role.ADMIN)
            self.person(session, "UBEN", Role.MEMBER)

    def join(self, user: str) -> None:
        """Let Slack tell of somebody."""
        with self.database.transaction() as session:
            a_user(session, self.clock.now(), user)

    def person(self, session: Session, user: str | None, *roles: Role, github: str = "") -> str:
        """Put somebody on our list who holds roles."""
        now = self.clock.now()
        person = Person(
            name=f"Person {user or github}",
            github=github,
            github_key=github or None,
            slack_user_id=user,
            created_at=now,
        )
        session.add(person)
        session.flush()
        for role in roles:
            begin_role(session, now, person.id, role, "tests")
        return person.id

    def start(self, newcomer: Newcomer = NIA) -> str:
        """Begin; return the onboarding's id, empty for none."""
        with self.database.transaction() as session:
            self.begun.starting.start(session, self.clock.now(), newcomer)
            found = session.scalar(
                select(Onboarding).where(
                    col(Onboarding.subject) == newcomer.subject, col(Onboarding.running).is_(True)
                )
            )
            return found.id if found else ""

    def accept(self, onboarding: str, filled: Acceptance = FILLED, user: str = "UNIA") -> None:
        """Submit the form."""
        with self.database.transaction() as session:
            now = self.clock.now()
            self.begun.accepting.accept(session, now, user, onboarding, filled)

    def all(self) -> list[Onboarding]:
        """Every onboarding."""
        with self.database.reading() as session:
            return list(session.scalars(select(Onboarding).order_by(col(Onboarding.begun_at))))

    @property
    def newest(self) -> Onboarding:
        """The last one that began."""
        return self.all()[-1]

    def told(self, user: str) -> str:
        """What was owed to somebody in direct messages."""
        with self.database.reading() as session:
            owed = session.scalars(
                select(OutboxRow).where(col(OutboxRow.conversation) == f"dm:{user}")
            )
            return "\n".join(str(row.payload) for row in owed)


@pytest.fixture
def bureau(database: Database, clock: MovableClock, tmp_path: Path) -> Bureau:
    """An admin, a member, a newcomer and somebody else; no channel of the admins."""
    return Bureau(database, clock, tmp_path)


def test_whoever_is_known_by_their_slack_user_stays_who_they_are(bureau: Bureau) -> None:
    """Somebody of the council, or a former member: role added, GitHub name as they say."""
    with bureau.database.transaction() as session:
        nia = bureau.person(session, "UNIA", Role.STEERING_COUNCIL)
        bureau.person(session, None, Role.EMERITUS, github="old")
    begun = bureau.start()
    with pytest.raises(FieldProblems) as told:
        bureau.accept(begun, replace(FILLED, github="OLD"))
    assert told.value.problems == {GITHUB: start.TAKEN}
    bureau.accept(begun)
    with bureau.database.reading() as session:
        assert roles_of(session, nia) == {Role.MEMBER, Role.STEERING_COUNCIL}
        person = session.get_one(Person, nia)
        assert (person.github, person.name) == ("nia", "Nia Novak")


def test_a_member_is_not_asked(bureau: Bureau) -> None:
    """By Slack user or by GitHub name: whoever was taken in by another way meanwhile."""
    with bureau.database.transaction() as session:
        bureau.person(session, None, Role.MEMBER, github="nia")
    assert bureau.start(OUTSIDE) == ""
    assert bureau.start(replace(NIA, slack_user_id="UBEN", github="")) == ""


def test_the_name_of_another_who_is_expected_is_refused(bureau: Bureau) -> None:
    """Else whoever accepts first could take another's place: theirs would count as settled."""
    begun = bureau.start()
    bureau.start(Newcomer("another", "Oli Okoro", "oli", slack_user_id="UOLI"))
    with pytest.raises(FieldProblems) as told:
        bureau.accept(begun, replace(FILLED, github="OLI"))
    assert told.value.problems == {GITHUB: start.TAKEN}
    bureau.accept(begun)
    assert sorted(one.state for one in bureau.all()) == ["asked", "checklist"]


def test_without_address_and_channel_each_admin_hears_of_it(bureau: Bureau) -> None:
    """A nominee whose account is gone by now, and of whom no address is known."""
    bureau.start(replace(NIA, slack_user_id="UGONE", email=None))
    assert bureau.newest.state == OnboardingState.OUTSIDE
    assert "no address was given" in bureau.told("UANA")
    assert bureau.told("UBEN") == ""


@pytest.mark.parametrize("user", ["UBEN", "UOLI", "UNIA"])
def test_what_admins_do_is_for_admins(bureau: Bureau, user: str) -> None:
    """The use cases refuse by themselves whoever is none."""
    begun, now = bureau.start(OUTSIDE), bureau.clock.now()
    with bureau.database.transaction() as session:
        for act in (
            lambda: bureau.begun.starting.expected(session, user, begun),
            lambda: bureau.begun.starting.here(session, now, user, begun, "UNIA"),
            lambda: bureau.begun.starting.ask_again(session, now, user, begun),
            lambda: bureau.begun.ticking.end(session, now, user, begun),
        ):
            with pytest.raises(NotAllowed) as told:
                act()
            assert told.value.lacking == Permission.ONBOARDING_MANAGE


def test_what_there_is_not_and_what_is_over(bureau: Bureau) -> None:
    """Forged ids and second clicks of an admin change nothing."""
    now = bureau.clock.now()
    starting, ticking = bureau.begun.starting, bureau.begun.ticking
    begun = bureau.start(OUTSIDE)
    with bureau.database.transaction() as session:
        for act in (
            lambda: starting.here(session, now, "UANA", "made-up", "UNIA"),
            lambda: starting.ask_again(session, now, "UANA", "made-up"),
            lambda: ticking.end(session, now, "UANA", "made-up"),
            lambda: ticking.open(session, "UANA", "made-up"),
        ):
            with pytest.raises(NotFound, match=words.NOT_FOR_YOU):
                act()
        with pytest.raises(AlreadyDone):  # it is under way
            starting.ask_again(session, now, "UANA", begun)
        starting.here(session, now, "UANA", begun, "UNIA")
        with pytest.raises(AlreadyDone):
            starting.here(session, now, "UANA", begun, "UOLI")
        ticking.end(session, now, "UANA", begun)
        with pytest.raises(AlreadyDone):
            ticking.end(session, now, "UANA", begun)
    with pytest.raises(AlreadyDone):
        bureau.accept(begun)
    assert "Nothing is asked of you here any more" in bureau.told("UNIA")


def test_whoever_declined_long_ago_is_asked_once_more_only(bureau: Bureau) -> None:
    """Of several that ended the newest alone offers it, and none once they are a member."""
    begun, now = bureau.start(), bureau.clock.now()
    starting = bureau.begun.starting
    with bureau.database.transaction() as session:
        starting.decline(session, now, "UNIA", begun)
        with pytest.raises(AlreadyDone):
            starting.decline(session, now, "UNIA", begun)
        assert len(bureau.begun.ticking.overview(session, "UANA").past) == 1
        starting.ask_again(session, now, "UANA", begun)
        assert bureau.begun.ticking.overview(session, "UANA").past == []
        with pytest.raises(AlreadyDone):
            starting.ask_again(session, now, "UANA", begun)
    again = next(o.id for o in bureau.all() if o.running)
    bureau.accept(again)
    with bureau.database.transaction() as session:
        assert bureau.begun.ticking.overview(session, "UANA").past == []
        with pytest.raises(AlreadyDone):
            starting.ask_again(session, now, "UANA", begun)


def test_whoever_is_asked_finds_it_in_their_home(bureau: Bureau) -> None:
    """With its buttons; nobody else's Home tells of it but an admin's."""
    bureau.start()
    with bureau.database.reading() as session:
        homes = {
            user: str(bureau.services.home.render(session, bureau.clock.now(), user))
            for user in ("UNIA", "UANA", "UBEN", "UOLI")
        }
    assert words.BEGIN in homes["UNIA"]
    assert "asked; has not answered yet" in homes["UANA"]
    assert words.BEGIN not in homes["UANA"]
    for other in ("UBEN", "UOLI"):
        assert "Nia" not in homes[other]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"github": ""}, GITHUB),
        ({"email": ""}, EMAIL),
        ({"listed_name": " \u202e "}, "listed_name"),
        ({"listed_name": ""}, "listed_name"),
    ],
)
def test_what_is_missing_is_told_at_its_field(
    bureau: Bureau, wrong: dict[str, str], field: str
) -> None:
    """Whatever the client lets through; what was typed is repeated nowhere but to them."""
    begun = bureau.start()
    with pytest.raises(FieldProblems) as told:
        bureau.accept(begun, replace(FILLED, **wrong))
    assert set(told.value.problems) == {field}
    assert bureau.newest.state == OnboardingState.ASKED
