"""What the stories of a vote have in common: finding its parts, joining, leaving, disturbing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel, col

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.reading import buttons_of
from psrt_bot.sandbox.seen import SeenMessage
from storage import people
from storage.voting import Poll
from tests.journeys.house import House

TEAM, ADMINS = "team", "admins"


def poll_of(house: House) -> Poll:
    """The newest poll's row, as it is now."""
    with house.bot.database.reading() as session:
        return session.scalars(select(Poll).order_by(col(Poll.created_at).desc())).first()  # type: ignore[return-value]


def open_ballot(house: House, by: str) -> Modal:
    """Type /vote and look at the ballot."""
    person = house.person(by)
    person.command("/vote", channel=TEAM)
    return person.wait_modal(title="Vote")


def receipt_of(person: Person) -> str:
    """Read the receipt that a person is shown, and close the window."""
    shown = person.wait_modal(title="Ballot recorded")
    code = shown.text.split("`")[1]
    shown.close()
    return code


def refused(modal: Modal) -> str:
    """Submit a ballot that is not taken; return what stands under its first field."""
    outcome = modal.submit()
    assert outcome.status == "errors", outcome
    assert modal.is_open
    return modal.errors["Your vote"]


def votes(house: House, **choices: str) -> dict[str, str]:
    """Let people vote; return their receipts."""
    return {voter: house.vote(voter, choice) for voter, choice in choices.items()}


def press(modal: Modal, person: Person, number: int) -> None:
    """Press one of several buttons of the same label, counted from 0."""
    person.press(modal.view, *buttons_of(modal.view.blocks)[number], confirm=True)


def card(house: House, reader: str = "chi") -> SeenMessage:
    """The nomination's card."""
    return house.person(reader).channel(TEAM).wait(lambda m: "Nomination: Nia" in m.rendered)


def posted(house: House, words: str, *, to: str = TEAM, reader: str = "ana") -> SeenMessage:
    """The newest message of a channel that holds these words."""
    return house.person(reader).channel(to).wait(lambda m: words in m.rendered)


def said(house: House, words: str, *, to: str = TEAM, reader: str = "ana") -> list[SeenMessage]:
    """Every message of a channel that holds these words."""
    return [m for m in house.person(reader).channel(to).everything if words in m.rendered]


def whispered(person: Person, words: str) -> SeenMessage:
    """What only this person sees, once it holds these words."""
    return person.wait_ephemeral(lambda m: words in m.rendered)


def bundle(house: House, result: SeenMessage) -> bytes:
    """The bulletin below a result."""
    (answer,) = [m for m in house.person("chi").channel(TEAM).thread(result) if m.files]
    return answer.files[0].download()


def leave(house: House, login: str) -> None:
    """Somebody's membership ends."""
    with house.session() as session:
        person = find_person(session, login)
        house.bot.services.people.offboarding.leave(session, house.clock.now(), person, "tests")


def join(house: House, login: str, name: str) -> None:
    """Somebody becomes a member, linked to Slack, and comes into the channel."""
    with house.session() as session:
        now, members = house.clock.now(), house.bot.services.members
        person = people.Person(name=name, github=login, github_key=login, created_at=now)
        session.add(person)
        session.flush()
        members.grant(session, now, person, Role.MEMBER, "tests")
        members.link(session, now, person, house.person(login).id, "tests")
    house.workspace.add_member(TEAM, login)


def away(house: House, **duration: float) -> None:
    """The bot is down for a while."""
    house.close()
    house.clock.move(timedelta(**duration))
    house.open()


def key_folder(house: House) -> Path:
    """Where the keys are."""
    return house.settings.keys_path


def contents(house: House, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Every table as text, by its name."""
    with house.bot.database.reading() as session:
        return {
            name: json.dumps([list(row) for row in session.execute(select(table))], default=_shown)
            for name, table in SQLModel.metadata.tables.items()
            if name not in without
        }


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
