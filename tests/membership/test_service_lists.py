"""The public lists in the database: import all or nothing, export to the byte (R5)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import Session, col, select

from psrt_bot.membership import roster
from psrt_bot.membership.roster import RosterError
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.lines import LISTED_ROLES, stored
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members, find_person, roles_of
from psrt_bot.offboarding.service import Offboarding
from psrt_bot.runtime import audit
from psrt_bot.runtime.facts import Facts, MemberJoined, MemberLeft, RolesChanged
from storage.engine import Database
from storage.people import Person, Publication, RoleHeld, RosterLine, RosterStyle
from storage.runtime import AuditEntry
from tests.conftest import START

LATER = START + timedelta(days=1)
LIST = (
    b"Ana Andrade,ana,Admin\r\n"
    b'"Ben Bright",ben,"Admin, Release Manager"\r\n'
    b"Chi Chen, chi ,on leave\r\n"
    b"\xc5\x81ukasz \xc3\x96z,lukasz,\r\n"
)


class Team:
    """The use cases with what they announced."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.left: list[str] = []
        self.heard: list[tuple[str, set[Role]]] = []
        facts = Facts()
        facts.bind(MemberJoined, self._hear)
        facts.bind(RolesChanged, self._hear)
        facts.bind(MemberLeft, lambda _s, _now, fact: self.left.append(fact.person_id))
        self.members = Members(facts)
        self.offboarding = Offboarding(self.members, Admins("C1"), facts, "C2")
        self.lists = Lists(facts, self.offboarding.leave)

    def _hear(self, session: Session, _: datetime, fact: MemberJoined | RolesChanged) -> None:
        self.heard.append((type(fact).__name__, set(roles_of(session, fact.person_id))))

    def load(self, members: bytes | None = None, emeriti: bytes | None = None) -> None:
        """Import files."""
        files = {"members": members, "emeriti": emeriti}
        given = {listing: data for listing, data in files.items() if data is not None}
        with self.database.transaction() as session:
            self.lists.import_files(session, LATER, given, "tests", decision="SC 7", alone=True)

    def export(self, listing: str = "members") -> bytes:
        """Export a list."""
        with self.database.reading() as session:
            return roster.export_csv(stored(session, listing))

    def ids(self) -> dict[str, str]:
        """Everybody's id by GitHub name."""
        with self.database.reading() as session:
            return {person.github: person.id for person in session.exec(select(Person))}

    def roles(self, who: str) -> frozenset[Role]:
        """Somebody's roles."""
        with self.database.reading() as session:
            return roles_of(session, find_person(session, who).id)

    def link(self, who: str, user: str) -> None:
        """Link somebody."""
        with self.database.transaction() as session:
            self.members.link(session, START, find_person(session, who), user, "tests")

    def linked(self, user: str) -> str:
        """The name of whoever a Slack user is."""
        with self.database.reading() as session:
            return find_person(session, user).name


@pytest.fixture
def team(database: Database) -> Team:
    return Team(database)


def test_export_is_identical_to_the_byte(team: Team) -> None:
    """Quotes, spaces, line endings and letters come back as they were imported."""
    team.load(LIST, b"\xef\xbb\xbfOld One,,\nOld Two,,Release Manager")
    assert team.export() == LIST
    assert team.export("emeriti") == b"\xef\xbb\xbfOld One,,\nOld Two,,Release Manager"


def test_import_again_changes_nothing(team: Team) -> None:
    """The same file again keeps everybody, ends nothing and begins nothing."""
    team.load(LIST)
    before = team.ids()
    with team.database.reading() as session:
        held = len(session.exec(select(RoleHeld)).all())
    team.load(LIST)
    assert team.ids() == before
    assert team.left == []
    with team.database.reading() as session:
        assert len(session.exec(select(RoleHeld)).all()) == held


def test_roles_follow_the_list(team: Team) -> None:
    """Notes give roles and take them; other notes and other roles are left alone."""
    team.load(LIST, b"Old One,old,Release Manager\n")
    assert team.roles("ana") == {Role.MEMBER, Role.ADMIN}
    assert team.roles("ben") == {Role.MEMBER, Role.ADMIN, Role.RELEASE_MANAGER}
    assert team.roles("chi") == {Role.MEMBER}
    assert team.roles("old") == {Role.EMERITUS, Role.RELEASE_MANAGER}
    with team.database.transaction() as session:
        chi = find_person(session, "chi")
        team.members.grant(session, START, chi, Role.STEERING_COUNCIL, "tests")
    team.load(b"Ana Andrade,ana,\nBen Bright,ben,Admin\nChi Chen,chi,Release Manager\n")
    assert team.roles("ana") == {Role.MEMBER}
    assert team.roles("ben") == {Role.MEMBER, Role.ADMIN}
    assert team.roles("chi") == {Role.MEMBER, Role.RELEASE_MANAGER, Role.STEERING_COUNCIL}


def test_who_vanishes_has_left(team: Team) -> None:
    """Off the list of members means no member and no admin any more; that is announced once."""
    team.load(LIST)
    ben = team.ids()["ben"]
    team.load(LIST.replace(b'"Ben Bright",ben,"Admin, Release Manager"\r\n', b""))
    assert team.left == [ben]
    assert team.roles("ben") == {Role.EMERITUS, Role.RELEASE_MANAGER}
    assert team.export("emeriti") == b"Ben Bright,ben,Release Manager\n"


def test_leaving_for_the_other_list(team: Team) -> None:
    """Somebody who moves between the lists stays the same person, and has left or come back."""
    team.load(LIST, b"Old One,old,\n")
    ids = team.ids()
    without_ben = LIST.replace(b'"Ben Bright",ben,"Admin, Release Manager"\r\n', b"")
    team.load(without_ben, b"Old One,old,\nBen Bright,ben,Release Manager\n")
    assert team.roles("ben") == {Role.EMERITUS, Role.RELEASE_MANAGER}
    assert team.left == [ids["ben"]]
    team.load(without_ben + b"Old One,old,\r\n", b"Ben Bright,ben,Release Manager\n")
    assert team.roles("old") == {Role.MEMBER}
    assert team.ids() == ids
    assert team.left == [ids["ben"]]


def test_an_emeritus_is_no_admin(team: Team) -> None:
    """The note Admin on the list of former members gives no role."""
    team.load(LIST, b"Old One,old,Admin\n")
    assert team.roles("old") == {Role.EMERITUS}


def test_a_new_github_name_keeps_the_person(team: Team) -> None:
    """Who changed the GitHub name keeps id, roles and Slack link; nobody has left."""
    team.load(LIST)
    team.link("ana", "U1")
    before = team.ids()["ana"]
    team.load(LIST.replace(b",ana,", b",ana-new,"))
    assert team.ids()["ana-new"] == before
    assert team.linked("U1") == "Ana Andrade"
    assert team.roles("ana-new") == {Role.MEMBER, Role.ADMIN}
    assert team.left == []


def test_a_new_name_keeps_the_person(team: Team) -> None:
    """Who changed the name is known by the GitHub name, in any case."""
    team.load(LIST)
    team.link("ana", "U1")
    team.load(LIST.replace(b"Ana Andrade,ana", b"Anna Smith,ANA"))
    assert team.linked("U1") == "Anna Smith"
    assert team.left == []


def test_swapped_names(team: Team) -> None:
    """When two exchange names, the GitHub account says who is who: nobody gets another's link."""
    team.load(b"Ana,ana,Admin\nBen,ben,\n")
    team.link("ana", "U1")
    before = team.ids()
    team.load(b"Ben,ana,Admin\nAna,ben,\n")
    assert team.ids() == before
    assert team.linked("U1") == "Ben"
    assert team.roles("ana") == {Role.MEMBER, Role.ADMIN}


def test_two_of_one_name_are_never_mistaken(team: Team) -> None:
    """Where a name is not the only one, a changed GitHub name is a new person, not a guess."""
    team.load(b"Ann,one,Admin\nAnn,two,\nBen,ben,\n")
    team.link("one", "U1")
    team.link("two", "U2")
    ids = team.ids()
    team.load(b"Ann,three,Admin\nAnn,two,\nBen,ben,\n")
    assert team.ids()["two"] == ids["two"]
    assert team.ids()["three"] == ids["one"], "the only Ann that is left on either side"
    team.load(b"Ann,four,Admin\nAnn,five,\nBen,ben,\n")
    now = team.ids()
    assert {now["four"], now["five"]}.isdisjoint(ids.values())
    assert sorted(team.left) == sorted([ids["one"], ids["two"]])


def test_equal_lines_without_github(team: Team) -> None:
    """Emeriti without a GitHub name stay who they are, also two of one name."""
    old = b"Ann,,\nAnn,,\nBen,,\n"
    team.load(LIST, old)
    with team.database.reading() as session:
        before = set(session.exec(select(Person.id)))
    team.load(emeriti=b"Ben,,\nAnn,,\nAnn,,\n")
    with team.database.reading() as session:
        assert set(session.exec(select(Person.id))) == before


BAD = {
    "a malformed line": b"Ana,ana\n",
    "nobody": b"",
    "no admin": b"Ana Andrade,ana,\n",
    "twice the same": b"Ana,ana,Admin\nAna,ANA,\n",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_list_changes_nothing(team: Team, bad: bytes) -> None:
    """Whatever is wrong with one file, neither list nor any role is touched."""
    team.load(LIST, b"Old One,old,\n")
    with pytest.raises(RosterError):
        team.load(bad, b"New Old,new,\n")
    with pytest.raises(RosterError):
        team.load(LIST + b"Fay,fay,\r\n", b"broken\n")
    assert team.export() == LIST
    assert team.export("emeriti") == b"Old One,old,\n"
    assert team.left == []
    assert "fay" not in team.ids()


def test_nobody_stands_in_both_lists(team: Team) -> None:
    """A GitHub name in both lists is refused, also when only one of the files is given."""
    with pytest.raises(RosterError, match="stands in both lists"):
        team.load(LIST, b"Ana,ANA,\n")
    team.load(LIST, b"Old One,old,\n")
    with pytest.raises(RosterError, match="stands in both lists"):
        team.load(emeriti=b"Ana,ana,\n")
    with pytest.raises(RosterError, match="stands in both lists"):
        team.load(LIST + b"Old One,old,\r\n")
    assert team.roles("ana") == {Role.MEMBER, Role.ADMIN}


def test_an_import_stands_in_the_audit_log(team: Team) -> None:
    """The log says who imported how many lines, and each role that began or ended with it."""
    team.load(LIST, b"Old One,old,\n")
    with team.database.reading() as session:
        entry, *grants = session.exec(select(AuditEntry)).all()
        assert audit.verify(session).problem == ""
        began = session.exec(select(RoleHeld)).all()
    assert (entry.act, entry.actor) == ("membership:import", "tests")
    assert entry.details == {"members": 4, "emeriti": 1}
    assert {grant.act for grant in grants} == {"membership:grant"}
    told = sorted((grant.subject, grant.details["role"]) for grant in grants)
    assert told == sorted((held.person_id, held.role) for held in began)


def test_a_membership_that_an_import_ends_stands_in_the_audit_log(team: Team) -> None:
    """Whoever is no longer on the list is named in the log with the roles they lost."""
    team.load(LIST + b"Old One,old,\r\n")
    with team.database.reading() as session:
        gone = find_person(session, "old").id
    team.load(LIST)
    with team.database.reading() as session:
        acts = session.exec(select(AuditEntry).where(AuditEntry.subject == gone)).all()
    assert [(act.act, act.details) for act in acts] == [
        ("membership:grant", {"role": "member"}),
        ("membership:revoke", {"role": "member"}),
        ("membership:grant", {"role": "emeritus"}),
    ]


def test_an_import_says_what_it_did_to_whom(team: Team) -> None:
    """Lists and roles, also of the list that was not given: what a dry run shows before."""
    team.load(LIST)
    new = LIST.replace(b"Chi Chen, chi ,on leave\r\n", b"").replace(b"lukasz,", b"lukasz,Admin")
    with team.database.transaction() as session:
        files = {"members": new + b"Fay,fay,\r\n"}
        done = team.lists.import_files(session, LATER, files, "tests", decision="SC 7")
    assert [entry.name for entry in done.changes["members"].added] == ["Fay"]
    assert [entry.name for entry in done.changes["emeriti"].added] == ["Chi Chen"]
    assert done.began == [
        ("Chi Chen", Role.EMERITUS),
        ("Łukasz Öz", Role.ADMIN),
        ("Fay", Role.MEMBER),
    ]
    assert done.ended == [("Chi Chen", Role.MEMBER)]


def test_who_comes_by_the_list_is_announced_once_all_roles_stand(team: Team) -> None:
    """Others hear of a new member, and of changed roles, when these are as the list says.

    The first list tells of nobody who joined: they were members before the bot knew them.
    """
    team.load(LIST)
    assert [kind for kind, _ in team.heard] == ["RolesChanged"] * 4
    team.heard.clear()
    team.load(LIST.replace(b"lukasz,", b"lukasz,Admin") + b"Fay,fay,Release Manager\r\n")
    assert team.heard == [
        ("MemberJoined", {Role.MEMBER, Role.RELEASE_MANAGER}),
        ("RolesChanged", {Role.MEMBER, Role.ADMIN}),
        ("RolesChanged", {Role.MEMBER, Role.RELEASE_MANAGER}),
    ]


def test_without_the_door_nobody_leaves(team: Team) -> None:
    """Lists that were built without ``offboarding/`` refuse an import that ends a membership."""
    team.load(LIST)
    closed = Lists(Facts())
    shorter = LIST.replace(b"Chi Chen, chi ,on leave\r\n", b"")
    with pytest.raises(RosterError, match="Chi Chen"), team.database.transaction() as session:
        closed.import_files(session, LATER, {"members": shorter}, "tests")
    assert team.roles("chi") == {Role.MEMBER}


def test_who_has_no_github_name_is_the_same_person_among_the_former(team: Team) -> None:
    """Moved between the files by hand, a line without a GitHub name stays its person's."""
    team.load(LIST + b"Old One,,\r\n")
    team.link("Old One", "U1")
    team.load(LIST, b"Old One,,\n")
    assert team.linked("U1") == "Old One"
    assert team.roles("U1") == {Role.EMERITUS}


def test_a_granted_role_is_exported(team: Team) -> None:
    """After a grant that one line is written anew, in its place; all others stay to the byte."""
    team.load(LIST)
    with team.database.transaction() as session:
        chi = find_person(session, "chi")
        team.members.grant(session, START, chi, Role.ADMIN, "tests")
    assert team.export() == LIST.replace(
        b"Chi Chen, chi ,on leave\r\n", b'Chi Chen,chi,"on leave, Admin"\r\n'
    )


def clear(session: Session) -> None:
    for table in (RosterLine, RosterStyle, RoleHeld, Publication, Person):
        session.execute(delete(table))


NAMES = st.sampled_from(["Ann", "Ben", "Chi", "Dov", "Łukasz"])
GITHUBS = st.sampled_from(["", "a", "b", "c", "d", "e"])


def _listable(drawn: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """What makes a list: each GitHub name once, and an admin."""
    kept = {
        github or str(place): (name, github, notes)
        for place, (name, github, notes) in enumerate(drawn)
    }
    (name, github, _), *rest = kept.values()
    return [(name, github, "Admin"), *rest]


ENTRIES = st.lists(
    st.tuples(NAMES, GITHUBS, st.sampled_from(["", "Admin"])), min_size=1, max_size=6
).map(_listable)


def csv_of(entries: list[tuple[str, str, str]]) -> bytes:
    return "".join(f"{','.join(entry)}\n" for entry in entries).encode()


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(old=ENTRIES, new=ENTRIES)
def test_any_list_after_any_other(
    team: Team, old: list[tuple[str, str, str]], new: list[tuple[str, str, str]]
) -> None:
    """However a list changes, members are those on it, and a GitHub account stays its person's."""
    with team.database.transaction() as session:
        clear(session)
    team.left.clear()
    team.load(csv_of(old))
    before = team.ids()
    team.load(csv_of(new))
    assert team.export() == csv_of(new)
    after = team.ids()
    for _, github, _ in new:
        if github and github in before:
            assert after[github] == before[github]
    for listing, role in LISTED_ROLES.items():
        with team.database.reading() as session:
            lines = select(RosterLine.person_id).where(RosterLine.listing == listing)
            on_list = session.exec(lines).all()
            query = select(RoleHeld.person_id).where(
                RoleHeld.role == role, col(RoleHeld.until).is_(None)
            )
            holding = session.exec(query).all()
        assert len(on_list) == len(set(on_list)), "two lines are two people"
        assert sorted(holding) == sorted(on_list)
    assert len(team.left) == len(set(team.left))
    assert sorted(team.left) == sorted(on_list), "whoever left stands among the former members"
