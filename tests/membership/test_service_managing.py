"""Admins who change the same people at once: one wins, the other's form changes nothing (R6)."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, col, select

from psrt_bot.membership import people_forms as forms
from psrt_bot.membership.browsing import Filter, LinkState, Place
from psrt_bot.membership.rules import ClaimState, Role
from psrt_bot.membership.service import claiming
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.claiming import Claiming
from psrt_bot.membership.service.directory import Directory
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.managing import Called, Changed, Managing, Newcomer, Wanted
from psrt_bot.membership.service.people import Members, find_person, holders
from psrt_bot.runtime.facts import Facts, MemberLeft, PersonChanged
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotFound, RuleError
from storage.engine import Database
from storage.people import GithubClaim, Person
from storage.runtime import OutboxRow
from tests.conftest import START
from tests.membership.test_service_people import slack_user

LATER = START + timedelta(hours=1)
LIST = b"Ana Andrade,ana,Admin\nBen Bright,ben,Admin\nChi Chen,chi,\n"
PEOPLE = {"ana": "U1", "ben": "U2", "chi": "U3"}


class Desk:
    """The use cases, and what they announced."""

    def __init__(self, database: Database) -> None:
        self.database = database
        facts = Facts()
        self.heard: list[object] = []
        facts.bind(PersonChanged, lambda _s, _n, fact: self.heard.append(fact))
        members = Members(facts)
        self.directory = Directory(members)
        admins = Admins(None)
        self.managing = Managing(members, admins, Joining(members), facts, None)
        self.claiming = Claiming(members, admins, facts)
        with database.transaction() as session:
            Lists(Facts()).import_files(session, START, {"members": LIST}, "tests")
            for login, user in PEOPLE.items():
                session.add(slack_user(user))
                members.link(session, START, find_person(session, login), user, "tests")

    def place(self, login: str) -> Place:
        """A form about somebody, made now."""
        with self.database.reading() as session:
            place = Place(person_id=find_person(session, login).id)
            return self.directory.card(session, "U1", place).place

    def together(self, *acts: Callable[[Session], object]) -> list[str]:
        """Do several things at the same time; return which errors there were."""
        start = Barrier(len(acts))
        refused: list[str] = []

        def go(act: Callable[[Session], object]) -> None:
            start.wait()
            try:
                with self.database.transaction() as session:
                    act(session)
            except RuleError as error:
                refused.append(type(error).__name__)

        threads = [Thread(target=go, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return refused


@pytest.fixture
def desk(database: Database) -> Desk:
    """Two admins and a member."""
    return Desk(database)


def test_two_forms_at_once(desk: Desk) -> None:
    """Two admins save another name for the same person: one is told, one stands."""
    place = desk.place("chi")

    def save(name: str, user: str) -> Callable[[Session], object]:
        typed = Called(name, "chi", "")
        return lambda session: desk.managing.edit(session, LATER, user, place, typed)

    assert desk.together(save("One", "U1"), save("Two", "U2")) == ["Changed"]
    with desk.database.reading() as session:
        assert find_person(session, "chi").name in ("One", "Two")
    assert len(desk.heard) == 1


def test_one_github_name_for_two_people_at_once(desk: Desk) -> None:
    """One is added with it, the other refused at its field."""

    def add(name: str, user: str) -> Callable[[Session], object]:
        newcomer = Newcomer(Called(name, "newname"), "", [], "")
        return lambda session: desk.managing.add(session, LATER, user, newcomer)

    assert desk.together(add("New One", "U1"), add("New Two", "U2")) == ["FieldProblems"]


def test_admins_who_take_each_other_the_role(desk: Desk) -> None:
    """Both confirmed, at once: one admin is left."""
    places = {login: desk.place(login) for login in ("ana", "ben")}

    def dismiss(by: str, login: str) -> Callable[[Session], object]:
        wanted = Wanted([], "", alone=True)
        return lambda s: desk.managing.set_roles(s, LATER, by, places[login], wanted)

    refused = desk.together(dismiss("U1", "ben"), dismiss("U2", "ana"))
    assert len(refused) == 1
    with desk.database.reading() as session:
        assert len(holders(session, Role.ADMIN)) == 1


def test_a_claim_is_decided_once(desk: Desk) -> None:
    """Confirmed and declined at the same time: one of both."""
    with desk.database.transaction() as session:
        desk.claiming.claim(session, LATER, "U3", "elsewhere")
        asked = session.scalars(select(GithubClaim)).one().id
    refused = desk.together(
        lambda session: desk.claiming.confirm(session, LATER, "U1", asked),
        lambda session: desk.claiming.decline(session, LATER, "U2", asked),
    )
    assert refused == ["AlreadyDone"]
    with desk.database.reading() as session:
        claim = session.get_one(GithubClaim, asked)
        stands = session.get_one(Person, claim.person_id).github
        assert stands == ("elsewhere" if claim.state == ClaimState.CONFIRMED else "chi")


def test_two_claims_of_one_person_at_once(desk: Desk) -> None:
    """One is open, whichever came later; the admins have its question without a channel, too."""
    claims = [
        lambda session: desk.claiming.claim(session, LATER, "U3", "first"),
        lambda session: desk.claiming.claim(session, LATER, "U3", "second"),
    ]
    assert desk.together(*claims) == []
    with desk.database.reading() as session:
        states = sorted(one.state for one in session.scalars(select(GithubClaim)))
        asked = session.scalars(
            select(OutboxRow).where(col(OutboxRow.conversation).in_(["dm:U1", "dm:U2"]))
        ).all()
    assert states == ["open", "replaced"]
    assert len(asked) == 4


def test_the_use_cases_ask_for_the_role_themselves(desk: Desk) -> None:
    """A member and a stranger are refused before anything is looked at."""
    place = desk.place("chi")
    called = Called("Chi", "chi")
    for user in ("U3", "UNOBODY"):
        with desk.database.transaction() as session:
            for act in (
                lambda s, u: desk.managing.add(s, LATER, u, Newcomer(called, "", [], "")),
                lambda s, u: desk.managing.edit(s, LATER, u, place, called),
                lambda s, u: desk.managing.link(s, LATER, u, place, ""),
                lambda s, u: desk.managing.set_roles(s, LATER, u, place, Wanted([], "", False)),
                lambda s, u: desk.managing.make_member(s, LATER, u, place, ""),
                lambda s, u: desk.claiming.confirm(s, LATER, u, "x"),
                lambda s, u: desk.claiming.decline(s, LATER, u, "x"),
                lambda s, u: desk.directory.card(s, u, place),
                lambda s, u: desk.directory.history(s, u, place, 0),
            ):
                with pytest.raises(NotAllowed):
                    act(session, user)


def test_a_member_sees_members_alone_whatever_they_forge(desk: Desk) -> None:
    """Neither everybody known, nor who is linked to whom, by a filter that admins alone have."""
    with desk.database.transaction() as session:
        newcomer = Newcomer(Called("Dov Dahan", ""), "", ["steering-council"], "")
        desk.managing.add(session, LATER, "U1", newcomer)
    forged = Place(Filter("", None, LinkState.NONE), page=7)
    with desk.database.reading() as session:
        seen = desk.directory.page(session, "U3", forged)
        theirs = desk.directory.page(session, "U1", forged)
        with pytest.raises(NotAllowed):
            desk.directory.page(session, "UNOBODY", forged)
    assert [line.name for line in seen.lines] == ["Ana Andrade", "Ben Bright", "Chi Chen"]
    assert {(line.slack_user_id, line.link) for line in seen.lines} == {(None, LinkState.NONE)}
    assert [line.name for line in theirs.lines] == ["Dov Dahan"]


def test_what_is_not_there(desk: Desk) -> None:
    """Ids of nothing, and a form from before."""
    gone = Place(person_id="nobody")
    with desk.database.transaction() as session:
        with pytest.raises(NotFound):
            desk.directory.card(session, "U1", gone)
        with pytest.raises(NotFound):
            desk.directory.history(session, "U1", gone, 0)
        with pytest.raises(NotFound):
            desk.managing.link(session, LATER, "U1", gone, "U9")
        with pytest.raises(NotFound):
            desk.claiming.confirm(session, LATER, "U1", "no-claim")
        place = Place(person_id=desk.place("chi").person_id, stamp="old")
        with pytest.raises(Changed):
            desk.managing.make_member(session, LATER, "U1", place, "why")
        desk.claiming.ask_again(session, LATER, "no-claim")
        left = MemberLeft(find_person(session, "chi").id)
        claiming.member_left(session, LATER, left)
        assert session.scalars(select(GithubClaim)).all() == []


def test_a_member_is_not_made_one_again(desk: Desk) -> None:
    """Their form is about somebody who is a member: the door behind it says so."""
    with desk.database.transaction() as session:
        with pytest.raises(AlreadyDone):
            desk.managing.make_member(session, LATER, "U1", desk.place("chi"), "why")
        with pytest.raises(FieldProblems) as caught:
            desk.managing.make_member(session, LATER, "U1", desk.place("chi"), " ")
        assert forms.REASON in caught.value.problems
