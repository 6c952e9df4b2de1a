"""Every door, tried by everybody who may not pass it: all hear the same, and nothing comes of it.

In process, from the payload that Slack would send to the answer it would get: what is told to
strangers cannot depend on what there is, since every one of them tries real ids and made-up ones.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col

from commands.answers import Answer, Done, FieldErrors, Replace, Say, Show
from commands.asked import Asked
from commands.doors import Door, Kind
from psrt_bot.membership.permissions import Permission, Role, Whose
from psrt_bot.membership.service.people import FOR_ADMINS, REFUSAL
from psrt_bot.oversight.service.refusals import REFUSED
from psrt_bot.runtime.rules import NotAllowed
from psrt_bot.voting.service.casting import NOT_YOURS
from storage.nominations import Draft, Nomination
from storage.oversight import RefusalCount
from storage.people import Person, RoleHeld, SlackUser
from storage.runtime import AuditEntry, DeadlineRow, OutboxRow
from storage.types import new_id
from tests.commands.conftest import Built
from tests.databases import new_database
from tests.nominations.test_two_at_once import a_member_with_a_draft, a_team_channel, a_user

FLAGS = ("is_guest", "is_deleted", "is_bot", "is_foreign")
FLAGGED = tuple(f"U{flag.upper()}" for flag in FLAGS)
KNOWN: dict[str, set[Role]] = {
    "UEMERITUS": {Role.EMERITUS, Role.RELEASE_MANAGER},
    "UCOUNCIL": {Role.STEERING_COUNCIL},
}
NOBODIES = ("UNOBODY", "UOUTSIDE", *FLAGGED)
STRANGERS = (*NOBODIES, *KNOWN)
# What opens without a use case: an empty form, which the next step refuses. Nothing else may.
EMPTY_FORMS = {"nominations.start"}


class World(Built):
    """A team with a vote under way on Nia, who is a member and an admin herself by now."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        now = self.clock.now()
        with self.database.transaction() as session:
            a_team_channel(session, now)
            a_user(session, now, "UNIA")
            draft = a_member_with_a_draft(session, now, "UANA")
            for number in range(6):
                a_member_with_a_draft(session, now, f"UMEMBER{number}")
            nomination = self.services.nominating.nominate(session, now, "UANA", draft)
            self.nomination, self.poll = nomination.id, nomination.poll_id or ""
            self.person(session, "UNIA", Role.MEMBER, Role.ADMIN)
            a_user(session, now, "UOUTSIDE")
            for user, roles in KNOWN.items():
                a_user(session, now, user)
                self.person(session, user, *roles)
            for user, flag in zip(FLAGGED, FLAGS, strict=True):
                a_user(session, now, user)
                session.flush()
                setattr(session.get_one(SlackUser, user), flag, True)
                self.person(session, user, *Role)
            self.draft = session.scalars(select(col(Draft.id))).first() or ""

    def person(self, session: Session, user: str, *roles: Role) -> str:
        """Link a Slack user to somebody who holds roles."""
        now = self.clock.now()
        person = Person(name=f"Person {user}", slack_user_id=user, created_at=now)
        session.add(person)
        session.flush()
        for role in roles:
            session.add(RoleHeld(person_id=person.id, role=role, since=now, granted_by="tests"))
        return person.id

    def ids(self) -> tuple[str, ...]:
        """Everything that a leaked button or a forged form could name."""
        return (self.nomination, self.poll, self.draft)

    def answer(self, door: Door, user: str, value: str = "") -> Answer:
        """What the surface answers to somebody who comes through a door."""
        assert door.listener is not None
        kind = Kind.COMMAND if door.kind is Kind.WORD else door.kind
        body = payload(door, user, value)
        return self.surface.answer(body, kind, door.permission, door.listener)[1]

    def written(self) -> list[int]:
        """How many rows there are of what a use case would leave."""
        tables = (Nomination, Draft, OutboxRow, AuditEntry, DeadlineRow)
        with self.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(t)) or 0 for t in tables]


def payload(door: Door, user: str, value: str) -> dict[str, Any]:
    """What Slack would send, with ``value`` wherever the door could look for an id."""
    if door.kind in (Kind.COMMAND, Kind.WORD):
        return {"user_id": user, "trigger_id": "1.1", "text": "", "response_url": ""}
    fields = ("nomination", "reason", "text", "nominee", "name", "choice", "person", "checkbox")
    typed = {f: {"it": {"type": "plain_text_input", "value": value or "none"}} for f in fields}
    view = {
        "id": "VFORGED",
        "type": "modal",
        "private_metadata": value,
        "state": {"values": typed},
    }
    body = {"user": {"id": user, "team_id": "TOTHER"}, "trigger_id": "1.1", "view": view}
    return body | {"actions": [{"action_id": door.name, "value": value}]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all: whoever may not pass a door changes nothing in it."""
    path = tmp_path_factory.mktemp("strangers")
    new_database(path / "psrt.db")
    made = World(path)
    yield made
    made.surface.close()
    made.database.close()


def doors(world: World, permission_of: Any) -> list[Door]:
    """The doors of people whose permission is of a kind."""
    return [
        door
        for door in world.surface.doors
        if door.kind is not Kind.EVENT and permission_of(door.permission)
    ]


def texts(answer: Answer) -> str:
    """Everything that an answer shows."""
    match answer:
        case Say():
            return answer.text + "".join(str(block.to_dict()) for block in answer.blocks)
        case Show() | Replace():
            return str(answer.view.to_dict())
        case FieldErrors():
            return "\n".join(sorted(answer.problems.values()))
    return type(answer).__name__


@pytest.mark.parametrize("user", STRANGERS)
def test_strangers_hear_the_same_at_every_door(world: World, user: str) -> None:
    """Whoever lacks the role gets one text at all doors, whatever ids they know or forge."""
    before = world.written()
    closed = doors(world, lambda p: not p.audience.includes(KNOWN.get(user, set())))
    assert len(closed) > 25
    values = ("", "no-such-id", *world.ids())
    for door in closed:
        for value in values[2:3] if user in KNOWN else values:  # theirs are counted, each a commit
            told = texts(world.answer(door, user, value))
            assert REFUSAL in told, door
            assert FOR_ADMINS not in told
            assert len(told) < len(REFUSAL) + 300, door  # a notice around it at most
    after = world.written()
    # Known people's refusals leave one deadline a day, at which their counts enter the audit log.
    assert [b - a for a, b in zip(before, after, strict=True)][:4] == [0, 0, 0, 0]


def test_open_doors_show_all_strangers_the_same(world: World) -> None:
    """What everybody may open tells nobody whether a nomination exists, or who they are."""
    values = ("", "no-such-id", *world.ids())
    for door in doors(world, lambda p: p.audience.strangers):
        # The council has a word of its own in the hub, so it is compared with itself.
        for users in (sorted({*STRANGERS} - {"UCOUNCIL"}), ["UCOUNCIL"]):
            shown = {texts(world.answer(door, u, value)) for u in users for value in values}
            assert len(shown) == 1, door
            assert "Nia" not in shown.pop()


@pytest.mark.parametrize("user", STRANGERS)
def test_the_use_case_refuses_by_itself(world: World, user: str) -> None:
    """Were the check at a door forgotten, what stands behind it would refuse all the same."""
    before = world.written()
    for door in doors(world, lambda p: not p.audience.includes(KNOWN.get(user, set()))):
        asked = Asked(
            user_id=user,
            value=world.nomination,
            view_id=f"V{new_id()}",
            metadata=world.nomination,
            values={"nomination": world.nomination, "reason": "a forged reason"},
        )
        assert door.listener is not None
        if door.name in EMPTY_FORMS:
            assert "Nia" not in texts(door.listener(asked))
            continue
        with pytest.raises(NotAllowed):
            door.listener(replace(asked, text="" if door.kind is Kind.COMMAND else asked.text))
    assert world.written() == before


def test_the_nominee_hears_what_there_is_not(world: World) -> None:
    """A member and admin presses every leaked button of their own nomination: there is no such."""
    before = world.written()
    about = doors(world, lambda p: p.whose is not Whose.ANY)
    assert {d.permission for d in about} >= {Permission.NOMINATIONS_READ, Permission.VOTING_VOTE}
    for door in about:
        made_up = [texts(world.answer(door, "UNIA", f"{n:032x}")) for n in range(2)]
        real = [texts(world.answer(door, "UNIA", real)) for real in world.ids()]
        mine = {text.replace(i, "ID") for text, i in zip(real, world.ids(), strict=True)}
        theirs = {text.replace(f"{n:032x}", "ID") for n, text in enumerate(made_up)}
        assert mine == theirs, door
        assert "Nia" not in "".join(real)
    assert world.written()[:4] == before[:4]


def test_strangers_leave_no_trace_and_known_people_a_count_a_day(world: World) -> None:
    """Of strangers no row; of somebody known one a day and act, in the log when the day is over."""
    door = next(d for d in world.surface.doors if d.permission is Permission.NOMINATIONS_CANCEL)
    with world.database.transaction() as session:
        session.execute(RefusalCount.__table__.delete())  # type: ignore[attr-defined]
        known = world.services.members.who(session, "UEMERITUS").person_id
        day = world.clock.now().date().isoformat()
    for user in NOBODIES:
        world.answer(door, user)
    for _ in range(3):
        world.answer(door, "UEMERITUS", world.nomination)
    with world.database.transaction() as session:
        counted = session.scalars(select(RefusalCount)).all()
        assert [(c.day, c.person_id, c.permission, c.times) for c in counted] == [
            (day, known, "nominations:cancel", 3)
        ]
        due = session.scalars(select(DeadlineRow).where(col(DeadlineRow.subject) == day)).one()
        assert (due.due_at - world.clock.now()).days == 0
        entries = session.scalar(select(func.count()).select_from(AuditEntry))
        world.services.refusals.day_ended(session, due.due_at, day)
        world.services.refusals.day_ended(session, due.due_at, day)
        added = session.scalars(select(AuditEntry).where(col(AuditEntry.number) > entries)).all()
        assert [(e.actor, e.act, e.subject, e.details) for e in added] == [
            (known, REFUSED, "nominations:cancel", {"day": day, "times": 3})
        ]


def test_an_electors_own_refusal_is_not_counted(world: World) -> None:
    """The nominee at the urn, or whoever left during the vote: no count tells on which day."""
    vote = next(d for d in world.surface.doors if d.name == "voting.vote")
    with world.database.transaction() as session:
        session.execute(RefusalCount.__table__.delete())  # type: ignore[attr-defined]
    assert NOT_YOURS in texts(world.answer(vote, "UNIA", world.poll))
    with world.database.reading() as session:
        assert session.scalars(select(RefusalCount)).all() == []


def test_an_old_button_after_the_state_changed(world: World) -> None:
    """An admin's button of yesterday says that it is over, and changes nothing."""
    with world.database.transaction() as session:
        a_user(session, world.clock.now(), "UADMIN")
        world.person(session, "UADMIN", Role.MEMBER, Role.ADMIN)
    before = world.written()
    for name in ("nominations.go_ahead", "nominations.rerun", "nominations.close_now"):
        door = next(d for d in world.surface.doors if d.name == name)
        answer = world.answer(door, "UADMIN", world.nomination)
        assert any(word in texts(answer) for word in ("already", "decided")), name
    assert world.written() == before


def test_a_payload_without_a_person_does_nothing(world: World) -> None:
    """What is not of Slack's shape is answered with nothing."""
    door = next(d for d in world.surface.doors if d.name == "nominations.cancel")
    assert door.listener is not None
    body: dict[str, Any] = {"view": {"id": "VFORGED"}, "user": {}}
    answer = world.surface.answer(body, Kind.FORM, door.permission, door.listener)
    assert answer == (None, Done())
