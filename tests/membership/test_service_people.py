"""Who somebody is and what they may do; how roles begin and end (R5, R6)."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from psrt_bot.membership.rules import Permission, Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import (
    FOR_ADMINS,
    REFUSAL,
    Members,
    begin_role,
    end_role,
    find_person,
    holders,
    roles_of,
    with_live_slack,
)
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.facts import Facts, PersonLinked
from psrt_bot.runtime.people import note_user
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, NotFound, RuleError
from psrt_bot.voting.rules import check_word_problem
from storage.engine import Database
from storage.people import Person, RoleHeld, RosterLine, SlackUser
from storage.runtime import AuditEntry, OutboxRow
from tests.conftest import START

LATER = START + timedelta(days=1)
FLAGS = ("is_deleted", "is_bot", "is_guest", "is_foreign")


def slack_user(user: str, **flags: bool) -> SlackUser:
    values: dict[str, Any] = {"is_bot": False, "is_deleted": False, "is_guest": False, **flags}
    return SlackUser(
        id=user,
        team_id="T1",
        name=user.lower(),
        real_name="",
        time_zone="",
        seen_at=START,
        **values,
    )


def add(
    session: Session, name: str, *roles: Role, user: str | None = None, github: str = ""
) -> Person:
    person = Person(
        name=name,
        github=github,
        github_key=github.lower() or None,
        slack_user_id=user,
        created_at=START,
    )
    session.add(person)
    session.flush()
    for role in roles:
        begin_role(session, START, person.id, role, "tests")
    return person


@pytest.fixture
def members() -> Members:
    """The use cases, with one first admin named in the settings."""
    return Members(Facts(), ["UFIRST"])


def who(database: Database, members: Members, user: str) -> frozenset[Role]:
    with database.reading() as session:
        return members.who(session, user).roles


def test_whoever_shows_another_name_is_known_by_their_handle_too(
    database: Database, members: Members
) -> None:
    """A ballot's check word is not part of one's name; the login is one, shown or not."""
    profile = {"display_name": "Nita", "real_name": "Ana A."}
    with database.transaction() as session:
        note_user(session, START, {"id": "U1", "name": "aandrade", "profile": profile})
        names = members.who(session, "U1").names
    assert set(names) == {"Nita", "Ana A.", "aandrade"}
    assert check_word_problem("aandrade", own_names=names) is not None


def test_a_member_is_known_with_all_their_names(database: Database, members: Members) -> None:
    """Somebody linked and alive has the roles they hold now, and every name they go by."""
    with database.transaction() as session:
        session.add(slack_user("U1"))
        person = add(session, "Ana", Role.MEMBER, Role.ADMIN, user="U1", github="ana-gh")
        begin_role(session, START, person.id, Role.STEERING_COUNCIL, "tests")
        end_role(session, LATER, person.id, Role.STEERING_COUNCIL, "tests")
    with database.reading() as session:
        actor = members.who(session, "U1")
    assert actor.roles == {Role.MEMBER, Role.ADMIN}
    assert (actor.person_id, actor.known_id, actor.audit_name) == (person.id,) * 3
    assert (actor.name, actor.github) == ("Ana", "ana-gh")
    assert set(actor.names) == {"Ana", "ana-gh", "u1"}


def test_unknown_to_slack_is_nobody(database: Database, members: Members) -> None:
    """Somebody linked of whom Slack has not told holds no role: they could be anybody."""
    with database.transaction() as session:
        add(session, "Ana", Role.MEMBER, Role.ADMIN, user="U1")
    assert who(database, members, "U1") == frozenset()
    assert who(database, members, "U0NOBODY") == frozenset()


@pytest.mark.parametrize("flag", FLAGS)
def test_who_is_not_a_person_of_ours_is_nobody(
    database: Database, members: Members, flag: str
) -> None:
    """A deactivated account, a bot, a guest, a stranger holds no role, whoever it is linked to."""
    with database.transaction() as session:
        session.add(slack_user("U1", **{flag: True}))
        session.add(slack_user("UFIRST", **{flag: True}))
        add(session, "Ana", Role.MEMBER, Role.ADMIN, user="U1")
    assert who(database, members, "U1") == frozenset()
    assert who(database, members, "UFIRST") == frozenset()


def test_an_emeritus_may_do_what_everybody_may(database: Database, members: Members) -> None:
    """Former members have no say: nothing that members or admins may do."""
    with database.transaction() as session:
        session.add(slack_user("U1"))
        add(session, "Ana", Role.EMERITUS, Role.RELEASE_MANAGER, user="U1")
    with database.reading() as session:
        for permission in Permission:
            if permission.audience.strangers:
                members.require(session, "U1", permission)
            else:
                with pytest.raises(NotAllowed):
                    members.require(session, "U1", permission)


def test_first_admins_until_there_ever_was_one(database: Database, members: Members) -> None:
    """Who the settings name is admin of an empty installation; once there was one, never again."""
    with database.transaction() as session:
        session.add_all([slack_user("UFIRST"), slack_user("U2")])
    assert who(database, members, "UFIRST") == {Role.ADMIN}
    assert who(database, members, "U2") == frozenset()
    with database.transaction() as session:
        person = add(session, "Ana", Role.MEMBER, user="UFIRST")
    assert who(database, members, "UFIRST") == {Role.MEMBER, Role.ADMIN}, "also once on the list"
    with database.transaction() as session:
        begin_role(session, START, person.id, Role.ADMIN, "tests")
        end_role(session, LATER, person.id, Role.ADMIN, "tests")
    assert who(database, members, "UFIRST") == {Role.MEMBER}


def test_the_first_admin_is_nobody_on_the_list(database: Database, members: Members) -> None:
    """What only people on the list can do is refused to a first admin who is not on it."""
    with database.transaction() as session:
        session.add(slack_user("UFIRST"))
    with database.reading() as session:
        actor = members.require(session, "UFIRST", Permission.MEMBERS_MANAGE)
    assert actor.audit_name == "slack:UFIRST"
    with pytest.raises(NotAllowed, match="This is for members"):
        _ = actor.known_id


def test_refusals_tell_nothing(database: Database, members: Members) -> None:
    """Outsiders read one and the same text for everything; members hear what takes an admin."""
    with database.transaction() as session:
        session.add_all([slack_user("U1"), slack_user("U2")])
        add(session, "Ana", Role.MEMBER, user="U1")
    for permission in (Permission.NOMINATIONS_READ, Permission.VOTING_VOTE, Permission.VOTING_VOID):
        with database.reading() as session, pytest.raises(NotAllowed) as caught:
            members.require(session, "U2", permission)
        assert str(caught.value) == REFUSAL
    with database.reading() as session, pytest.raises(NotAllowed) as caught:
        members.require(session, "U1", Permission.VOTING_VOID)
    assert str(caught.value) == FOR_ADMINS


def acts(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        assert audit.verify(session).problem == ""
        rows = session.exec(select(AuditEntry).order_by(col(AuditEntry.number)))
        return [(row.act, row.actor) for row in rows]


def notes(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(RosterLine.notes)))


def listed(session: Session, name: str, said: str, *roles: Role) -> Person:
    person = add(session, name, *roles)
    session.add(
        RosterLine(
            listing="members",
            position=0,
            person_id=person.id,
            raw=f"{name},,{said}\n",
            name=name,
            github="",
            notes=said,
        )
    )
    return person


@pytest.mark.parametrize(
    ("role", "before", "after"),
    [
        (Role.ADMIN, "", "Admin"),
        (Role.ADMIN, "Release Manager", "Admin, Release Manager"),
        (Role.RELEASE_MANAGER, "Admin", "Admin, Release Manager"),
        (Role.ADMIN, "on leave", "on leave, Admin"),
        (Role.STEERING_COUNCIL, "on leave", "on leave"),
    ],
)
def test_notes_keep_step(
    database: Database, members: Members, role: Role, before: str, after: str
) -> None:
    """Granting writes the note, revoking takes it back; roles without a note leave it alone."""
    with database.transaction() as session:
        person = listed(session, "Ana", before, Role.MEMBER)
        members.grant(session, START, person, role, "tests")
    assert notes(database) == [after]
    with database.transaction() as session:
        members.revoke(session, LATER, person, role, "tests")
        assert roles_of(session, person.id) == {Role.MEMBER}
    assert notes(database) == [before]
    assert acts(database) == [("membership:grant", "tests"), ("membership:revoke", "tests")]


def test_a_role_is_held_once(database: Database, members: Members) -> None:
    """Granting what is held is refused, revoking what is not as well; nothing is recorded."""
    with database.transaction() as session:
        person = add(session, "Ana", Role.MEMBER)
    with pytest.raises(AlreadyDone, match="Ana already holds"), database.transaction() as session:
        members.grant(session, START, person, Role.MEMBER, "tests")
    with pytest.raises(NotFound, match="does not hold"), database.transaction() as session:
        members.revoke(session, START, person, Role.ADMIN, "tests")
    assert acts(database) == []


def test_a_role_can_come_back(database: Database, members: Members) -> None:
    """Held, ended, held again: the history keeps both times."""
    with database.transaction() as session:
        person = add(session, "Ana", Role.MEMBER)
        members.grant(session, START, person, Role.ADMIN, "one")
        members.revoke(session, LATER, person, Role.ADMIN, "two")
        members.grant(session, LATER, person, Role.ADMIN, "three")
    with database.reading() as session:
        query = select(RoleHeld).where(RoleHeld.role == Role.ADMIN)
        held = {(r.granted_by, r.ended_by, r.until) for r in session.exec(query)}
    assert held == {("one", "two", LATER), ("three", None, None)}


def test_a_role_granted_by_two_at_once(database: Database, members: Members) -> None:
    """Of two who grant the same role together one does it, the other hears that it is done."""
    with database.transaction() as session:
        person = add(session, "Ana", Role.MEMBER)
    together = Barrier(2)
    heard: list[type[BaseException] | None] = []

    def grant() -> None:
        together.wait()
        try:
            with database.transaction() as session:
                members.grant(session, START, person, Role.ADMIN, "tests")
        except BaseException as error:  # noqa: BLE001 -- told by the assertion below
            heard.append(type(error))
        else:
            heard.append(None)

    threads = [Thread(target=grant) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(heard) == {None, AlreadyDone}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.EMERITUS])
def test_a_membership_does_not_end_here(database: Database, members: Members, role: Role) -> None:
    """There is one door out, ``offboarding/``: what lists give is not taken like any role."""
    with database.transaction() as session:
        person = add(session, "Ana", role)
        with pytest.raises(ValueError, match="ends with its line"):
            members.revoke(session, LATER, person, role, "tests")
        assert roles_of(session, person.id) == {role}


def test_links(database: Database, members: Members) -> None:
    """A Slack user is one person; a second link of it is refused by name, the same one is not."""
    with database.transaction() as session:
        session.add_all([slack_user("U1"), slack_user("U2")])
        ana, ben = add(session, "Ana", Role.MEMBER), add(session, "Ben", Role.MEMBER)
        members.link(session, START, ana, "U1", "tests")
    with pytest.raises(RuleError, match="already linked to Ana"), database.transaction() as session:
        members.link(session, START, ben, "U1", "tests")
    with database.transaction() as session:
        members.link(session, START, ana, "U1", "tests")
        members.link(session, START, ana, "U2", "tests")
        members.link(session, START, ben, "U1", "tests")
    with database.reading() as session:
        assert members.who(session, "U1").name == "Ben"
        assert members.who(session, "U2").name == "Ana"


def test_a_link_is_taken_once(database: Database) -> None:
    """Whoever was linked is told of, so that their Home changes; twice is refused."""
    facts, heard = Facts(), []
    facts.bind(PersonLinked, lambda _s, _now, fact: heard.append(fact))
    members = Members(facts)
    with database.transaction() as session:
        session.add(slack_user("U1"))
        ana = add(session, "Ana", Role.MEMBER, user="U1")
        members.unlink(session, LATER, ana, "tests")
    assert heard == [PersonLinked(ana.id, ("U1",))]
    with database.reading() as session:
        assert members.who(session, "U1").roles == frozenset()
    with pytest.raises(AlreadyDone, match="no Slack user"), database.transaction() as session:
        members.unlink(session, LATER, ana, "tests")
    assert acts(database) == [("membership:unlink", "tests")]


def test_the_database_refuses_a_second_link(database: Database) -> None:
    """Not even two transactions at once can link one Slack user twice."""
    with database.transaction() as session:
        add(session, "Ana", user="U1")
    with pytest.raises(IntegrityError), database.transaction() as session:
        add(session, "Ben", user="U1")


def test_finding_somebody(database: Database) -> None:
    """By GitHub name or full name in any case and script, by Slack user, by id; never a guess."""
    with database.transaction() as session:
        lukasz = add(session, "Łukasz Öz", github="Ambv", user="U1")
        add(session, "Ann Lee", github="ann1")
        add(session, "ann lee", github="ann2")
    for key in ("ambv", "AMBV", "U1", lukasz.id, "Łukasz Öz", "łukasz öz", " ambv "):
        with database.reading() as session:
            assert find_person(session, key).id == lukasz.id, key
    with database.reading() as session:
        with pytest.raises(NotFound, match="is 2 people; name the GitHub user"):
            find_person(session, "Ann Lee")
        with pytest.raises(NotFound, match="is nobody on the list"):
            find_person(session, "")
        with pytest.raises(NotFound, match="is nobody on the list"):
            find_person(session, "U2")


def test_holders_and_their_links(database: Database) -> None:
    """Members are told by name, with those whose Slack account can be reached apart."""
    with database.transaction() as session:
        session.add_all([slack_user("U1"), slack_user("U2", is_deleted=True)])
        add(session, "Chi", Role.MEMBER, user="U1")
        add(session, "Ben", Role.MEMBER, user="U2")
        add(session, "Ana", Role.MEMBER)
        add(session, "Old", Role.EMERITUS)
    with database.reading() as session:
        live, others = with_live_slack(session, holders(session, Role.MEMBER))
    assert [(person.name, user.id) for person, user in live] == [("Chi", "U1")]
    assert [person.name for person in others] == ["Ana", "Ben"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_admins_are_told_where_they_are(database: Database) -> None:
    """In their channel, or each by direct message; the first admins while there is none."""
    with database.transaction() as session:
        session.execute(text("DELETE FROM outbox"))
        Admins("C9").tell(session, START, Message("in the channel"))
        Admins(None, ["UFIRST"]).tell(session, START, Message("to the first"))
        session.add(slack_user("U1"))
        add(session, "Ana", Role.MEMBER, Role.ADMIN, user="U1")
        add(session, "Ben", Role.MEMBER, Role.ADMIN)
        Admins(None, ["UFIRST"]).tell(session, START, Message("to each"))
    with database.reading() as session:
        owed = [(row.conversation, row.payload["text"]) for row in session.exec(select(OutboxRow))]
    assert sorted(owed) == [
        ("C9", "in the channel"),
        (f"{outbox.DIRECT}U1", "to each"),
        (f"{outbox.DIRECT}UFIRST", "to the first"),
    ]
