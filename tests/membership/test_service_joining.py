"""A membership that begins by the bot: role and line in the public list, together (R5)."""

import pytest
from sqlmodel import Session, select

from psrt_bot.membership import roster
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.lines import stored
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members, find_person, roles_of
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts, MemberJoined, RolesChanged
from psrt_bot.runtime.rules import AlreadyDone, RuleError
from storage.engine import Database
from storage.people import Person, RosterLine

MEMBERS = b"Ana Andrade,ana,Admin\r\nChi Chen,chi,\r\nFay Falk,fay,Release Manager\r\n"
EMERITI = b"Bea Berg,bea,Release Manager\r\nEmma Esel,,\r\n"


def newcomer(session: Session, clock: MovableClock, name: str, github: str = "") -> Person:
    """Make somebody known who is on no list."""
    person = Person(name=name, github=github, github_key=github or None, created_at=clock.now())
    session.add(person)
    session.flush()
    return person


class Heard:
    """Facts, and which were announced."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.said: list[object] = []
        for kind in (MemberJoined, RolesChanged):
            self.facts.bind(kind, lambda _s, _n, fact: self.said.append(fact))
        self.joining = Joining(Members(self.facts))


def imported(database: Database, clock: MovableClock) -> Heard:
    """Import the lists."""
    with database.transaction() as session:
        files = {"members": MEMBERS, "emeriti": EMERITI}
        Lists(Facts()).import_files(session, clock.now(), files, "tests")
    return Heard()


def test_a_newcomer_is_inserted_by_first_name_and_nothing_else_moves(
    database: Database, clock: MovableClock
) -> None:
    """The csv gains one line in its place, with the ending of the others; the facts are told."""
    heard = imported(database, clock)
    with database.transaction() as session:
        dov = newcomer(session, clock, "Dov", "dov")
        heard.joining.join(session, clock.now(), dov, "tests", listed_name="Dov Dahan")
        assert roles_of(session, dov.id) == {Role.MEMBER}
        assert heard.said == [MemberJoined(dov.id), RolesChanged(dov.id)]
    with database.reading() as session:
        assert roster.export_csv(stored(session, "members")) == MEMBERS.replace(
            b"Fay", b"Dov Dahan,dov,\r\nFay", 1
        )
        lines = session.scalars(select(RosterLine).where(RosterLine.listing == "members")).all()
        owners = {line.name: line.person_id for line in lines}
        assert owners["Fay Falk"] == find_person(session, "fay").id
        assert owners["Dov Dahan"] == find_person(session, "dov").id


def test_who_comes_back_leaves_the_former_members_with_their_notes(
    database: Database, clock: MovableClock
) -> None:
    """An emeritus who was release manager is one again in the list of members."""
    heard = imported(database, clock)
    with database.transaction() as session:
        bea = find_person(session, "bea")
        heard.joining.join(session, clock.now(), bea, "tests")
        assert roles_of(session, bea.id) == {Role.MEMBER, Role.RELEASE_MANAGER}
    with database.reading() as session:
        assert roster.export_csv(stored(session, "emeriti")) == b"Emma Esel,,\r\n"
        assert b"Bea Berg,bea,Release Manager\r\nChi" in roster.export_csv(
            stored(session, "members")
        )


@pytest.mark.parametrize(
    ("name", "github"), [("Ann Other", "FAY"), ("Two\nLines", "two"), ("", "empty")]
)
def test_a_line_the_list_cannot_hold_is_refused_and_nothing_changes(
    database: Database, clock: MovableClock, name: str, github: str
) -> None:
    """A GitHub name of somebody else, a bad name: the whole act is undone."""
    heard = imported(database, clock)
    with database.transaction() as session:
        person = newcomer(session, clock, name or " ")
    person.github = github
    with pytest.raises(RuleError), database.transaction() as session:
        heard.joining.join(session, clock.now(), person, "tests")
    with database.reading() as session:
        assert roster.export_csv(stored(session, "members")) == MEMBERS


def test_nobody_joins_twice(database: Database, clock: MovableClock) -> None:
    """A member is told so, and stands in the list once."""
    heard = imported(database, clock)
    with pytest.raises(AlreadyDone), database.transaction() as session:
        heard.joining.join(session, clock.now(), find_person(session, "chi"), "tests")
    with database.reading() as session:
        assert roster.export_csv(stored(session, "members")) == MEMBERS
