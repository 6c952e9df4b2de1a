"""The only door that ends a membership: lists, roles, facts, words, and two admins (R5, R6)."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, select

from psrt_bot.membership import roster
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.appointing import Appointing, TooFewAdmins
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.lines import stored
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import Members, find_person, holders, roles_of
from psrt_bot.offboarding.service import Asked, Offboarding
from psrt_bot.runtime.facts import Facts, MemberLeft, RolesChanged
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, RuleError
from storage.engine import Database
from storage.people import Person, RoleHeld, SlackUser
from storage.runtime import AuditEntry, OutboxRow
from tests.conftest import START

LATER = START + timedelta(days=1)
MEMBERS = (
    b"Ana Andrade,ana,Admin\r\n"
    b'Ben Bright,ben,"Admin, Release Manager"\r\n'
    b"Chi Chen,chi,on leave\r\n"
    b"Dov Dahan,dov,Admin\r\n"
)
EMERITI = b"Emma Esel,,\nZoe Zander,zoe,"
WHY = "A reason for admins' eyes"
SURE = Asked(WHY, sure=True, alone=False)


class Office:
    """The use cases with what they announced, and what roles stood then."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.heard: list[tuple[str, frozenset[Role]]] = []
        facts = Facts()
        facts.bind(MemberLeft, self._hear)
        facts.bind(RolesChanged, self._hear)
        self.members = Members(facts)
        self.joining, self.appointing = Joining(self.members), Appointing(self.members)
        self.offboarding = Offboarding(self.members, Admins("CADMIN"), facts, "CTEAM")
        lists = Lists(Facts(), self.offboarding.leave)
        with database.transaction() as session:
            lists.import_files(session, START, {"members": MEMBERS, "emeriti": EMERITI}, "tests")
            for number, login in enumerate(("ana", "ben", "chi", "dov"), start=1):
                user = f"U{number}"
                session.add(_slack_user(user))
                self.members.link(session, START, find_person(session, login), user, "tests")

    def _hear(self, session: Session, _: datetime, fact: MemberLeft | RolesChanged) -> None:
        self.heard.append((type(fact).__name__, roles_of(session, fact.person_id)))

    def end(self, by: str, login: str, asked: Asked = SURE) -> None:
        with self.database.transaction() as session:
            person = find_person(session, login)
            self.offboarding.end(session, LATER, by, person.id, asked)

    def export(self, listing: str) -> bytes:
        with self.database.reading() as session:
            return roster.export_csv(stored(session, listing))

    def roles(self, login: str) -> frozenset[Role]:
        with self.database.reading() as session:
            return roles_of(session, find_person(session, login).id)


def _slack_user(user: str) -> SlackUser:
    return SlackUser(
        id=user,
        team_id="T1",
        name=user.lower(),
        real_name="",
        is_bot=False,
        is_deleted=False,
        is_guest=False,
        time_zone="",
        seen_at=START,
    )


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_the_line_moves_and_release_manager_stays(office: Office) -> None:
    """Admin goes from roles and notes, the line stands by first name among the former members."""
    office.end("U1", "ben")
    assert office.roles("ben") == {Role.EMERITUS, Role.RELEASE_MANAGER}
    assert office.export("members") == MEMBERS.replace(
        b'Ben Bright,ben,"Admin, Release Manager"\r\n', b""
    )
    assert office.export("emeriti") == b"Ben Bright,ben,Release Manager\n" + EMERITI
    assert office.heard == [
        (name, frozenset({Role.EMERITUS, Role.RELEASE_MANAGER}))
        for name in ("MemberLeft", "RolesChanged")
    ]


def test_the_reason_is_recorded_and_told_to_nobody(office: Office) -> None:
    """It stands in the history of the roles that ended; neither log nor message holds it."""
    office.end("U1", "ben")
    with office.database.reading() as session:
        ended = session.exec(select(RoleHeld).where(RoleHeld.end_reason == WHY)).all()
        log = [repr(entry.details) for entry in session.exec(select(AuditEntry))]
        owed = {row.conversation: repr(row.payload) for row in session.exec(select(OutboxRow))}
    assert {held.role for held in ended} == {Role.MEMBER, Role.ADMIN}
    assert not any(WHY in text for text in [*log, *owed.values()])
    assert "no longer a member" in owed["CTEAM"]
    assert "Ana Andrade ended the membership of Ben Bright" in owed["CADMIN"]
    assert "You remain: Release Manager" in owed["dm:U2"]


def test_who_may_and_what_is_asked(office: Office) -> None:
    """Admins alone; a reason and a tick; once."""
    with pytest.raises(NotAllowed):
        office.end("U3", "ben")
    with pytest.raises(NotAllowed), office.database.reading() as session:
        office.offboarding.outlook(session, "U3", find_person(session, "ben").id)
    with pytest.raises(FieldProblems) as caught:
        office.end("U1", "chi", Asked(" ", sure=False, alone=False))
    assert set(caught.value.problems) == {"reason", "sure"}
    office.end("U1", "chi")
    with pytest.raises(AlreadyDone):
        office.end("U1", "chi")
    with pytest.raises(AlreadyDone), office.database.transaction() as session:
        office.offboarding.end(session, LATER, "U1", "nobody", SURE)
    assert office.roles("chi") == {Role.EMERITUS}


def test_two_admins_at_least(office: Office) -> None:
    """The last but one leaves with a confirmation, the last never, not even oneself (R6)."""
    office.end("U1", "ben")
    with pytest.raises(TooFewAdmins):
        office.end("U1", "dov")
    office.end("U1", "dov", Asked(WHY, sure=True, alone=True))
    with pytest.raises(RuleError, match="last admin"):
        office.end("U1", "ana", Asked(WHY, sure=True, alone=True))
    assert office.roles("ana") == {Role.MEMBER, Role.ADMIN}
    assert b"Ana Andrade,ana,Admin" in office.export("members")


def test_admins_who_go_at_the_same_time_leave_one(office: Office) -> None:
    """Three at once, by end and by revocation, all confirmed: one is refused and stays (R6)."""
    together = Barrier(3)
    refused: list[str] = []

    def go(login: str, *, leaves: bool) -> None:
        together.wait()
        try:
            with office.database.transaction() as session:
                person = find_person(session, login)
                if leaves:
                    asked = Asked(WHY, sure=True, alone=True)
                    office.offboarding.end(session, LATER, "U1", person.id, asked)
                else:
                    office.appointing.dismiss(
                        session, LATER, person, Role.ADMIN, "tests", confirmed=True
                    )
        except RuleError:
            refused.append(login)

    plans = (("ben", True), ("dov", True), ("ana", False))
    threads = [Thread(target=go, args=(who,), kwargs={"leaves": how}) for who, how in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.database.reading() as session:
        left = [person.github for person in holders(session, Role.ADMIN)]
    assert left
    assert sorted(left) == sorted(refused)


def test_out_and_in_again_is_the_same_to_the_byte(office: Office) -> None:
    """Who comes back stands where they stood, without Admin, and the former list is as before."""
    office.end("U1", "ben")
    with office.database.transaction() as session:
        office.joining.join(session, LATER, find_person(session, "ben"), "tests")
    assert office.roles("ben") == {Role.MEMBER, Role.RELEASE_MANAGER}
    assert office.export("members") == MEMBERS.replace(
        b'"Admin, Release Manager"', b"Release Manager"
    )
    assert office.export("emeriti") == EMERITI


def test_a_member_without_a_line_gets_one_among_the_former(office: Office) -> None:
    """A membership that stands on no line ends as any other, with what the roles say."""
    with office.database.transaction() as session:
        person = Person(name="Gus Georgiou", created_at=START)
        session.add(person)
        session.flush()
        office.members.grant(session, START, person, Role.MEMBER, "tests")
        office.members.grant(session, START, person, Role.RELEASE_MANAGER, "tests")
        office.offboarding.leave(session, LATER, person, "tests")
    assert b"Gus Georgiou,,Release Manager\n" in office.export("emeriti")


def test_what_leaving_means_is_told_before(office: Office) -> None:
    """The form says what is lost and kept, for whoever is a member, and refuses anybody else."""
    with office.database.reading() as session:
        ben = find_person(session, "ben")
        person, leaving = office.offboarding.outlook(session, "U1", ben.id)
        assert person.name == "Ben Bright"
        assert leaving.ended == (Role.MEMBER, Role.ADMIN)
        assert (leaving.kept, leaving.notes) == ((Role.RELEASE_MANAGER,), "Release Manager")
        with pytest.raises(AlreadyDone):
            office.offboarding.outlook(session, "U1", find_person(session, "zoe").id)
