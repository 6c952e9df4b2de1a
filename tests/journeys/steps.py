"""Steps that several stories of nominations share."""

from collections.abc import Callable
from typing import Any

from sqlmodel import select

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import Members, begin_role, end_role, find_person
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.people import is_in_channel
from psrt_bot.sandbox import interactions, payloads, reading
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.nominations import Nomination
from storage.people import Person as Known
from tests.journeys.house import PROMISES, TEXTS, House

STRANGERS_ARE_TOLD = (
    "This is for members of the Python Security Response Team. "
    "If you are one, ask an admin to link your Slack account."
)


def open_form(house: House, by: str = "ana") -> Modal:
    """Type /nominate without drafts: step 1."""
    person = house.person(by)
    person.command("/nominate", channel="team" if by not in ("nia", "oli") else None)
    return person.wait_modal(title="Nominate: who")


def is_known_inside(house: House, who: str) -> bool:
    """Whether the bot has heard that somebody is in the team's channel."""
    team = house.workspace.state.channel("team").id
    with house.bot.database.reading() as session:
        return is_in_channel(session, team, house.person(who).id)


def refused(house: House, by: str = "ana", **fields: Any) -> dict[str, str]:
    """Fill step 1 and return the errors under its fields; fields by their label's first word."""
    form = open_form(house, by)
    labels = {"user": "Slack user", "name": "Name", "email": "E-mail", "github": "GitHub name"}
    for name, value in fields.items():
        form.fill(labels[name], value)
    form.fill("Standing", "Triager").submit()
    return form.errors


def to_texts(house: House, by: str = "ana", nominee: str = "nia") -> Modal:
    """Go through step 1."""
    form = open_form(house, by)
    form.fill("Slack user", nominee).fill("Standing", "Core developer").submit()
    return house.person(by).wait_modal(title="Nominate: texts")


def fill_texts(form: Modal) -> Modal:
    """Fill step 2 completely."""
    for label, text in TEXTS.items():
        form.fill(label, text)
    return form.fill("You have made sure", PROMISES)


def to_preview(house: House, by: str = "ana", nominee: str = "nia") -> Modal:
    """Go through steps 1 and 2."""
    fill_texts(to_texts(house, by, nominee)).submit()
    return house.person(by).wait_modal(title="Nominate: preview")


def card(house: House, name: str = "Nia Novak", reader: str = "chi") -> SeenMessage:
    """Return the card of a nomination, as a member sees it."""
    return house.person(reader).channel("team").wait(lambda m: f"Nomination: {name}" in m.rendered)


def thread(house: House, name: str = "Nia Novak", reader: str = "chi") -> str:
    """Return everything said in the card's thread."""
    said = house.person(reader).channel("team").thread(card(house, name, reader))
    return "\n".join(message.rendered for message in said)


def nominations(house: House) -> list[Nomination]:
    """Return every nomination there is."""
    with house.session() as session:
        return list(session.scalars(select(Nomination)))


def make_member(house: House, login: str, name: str, github: str = "") -> None:
    """Put somebody on the list of members and link their Slack user, as admins will."""
    members = Members(Facts())
    with house.session() as session:
        now = house.clock.now()
        person = Known(name=name, github=github, github_key=github.lower() or None, created_at=now)
        session.add(person)
        session.flush()
        members.link(session, now, person, house.person(login).id, "tests")
        members.grant(session, now, person, Role.MEMBER, "tests")


def change_role(house: House, login: str, role: Role, *, held: bool) -> None:
    """Give a role to one of the team, or take it; nobody is told."""
    with house.session() as session:
        person = find_person(session, login)
        change = begin_role if held else end_role
        assert change(session, house.clock.now(), person.id, role, "tests")


def unlink(house: House, login: str) -> None:
    """Take the Slack link from one of the team."""
    with house.session() as session:
        person = find_person(session, login)
        person.slack_user_id = None
        session.add(person)


def views_opened(house: House) -> int:
    """Return how many modals the bot has opened by itself."""
    methods = ("views.open", "views.push")
    return sum(call.method in methods for call in house.workspace.calls)


def without_checks(form: Modal) -> Modal:
    """Make the person's client send what Slack's own would refuse."""
    for block in form.view.blocks:
        if block["type"] == "input":
            block["optional"] = True
            if block["element"]["type"] == "plain_text_input":
                block["element"]["max_length"] = 10**6
    return form


def forge_metadata(form: Modal, metadata: str) -> Modal:
    """Make the client send another private metadata than the bot gave it."""
    form.view.source["private_metadata"] = metadata
    return form


def forge_value(place: Any, label: str, value: str) -> None:
    """Make a button of a message or modal send another value than the bot gave it."""
    blocks = place.view.blocks if isinstance(place, Modal) else place.blocks
    reading.button_named(blocks, label)[1]["value"] = value


def whispered(house: House, by: str, act: Callable[[], object]) -> str:
    """Do something and return what the bot then tells this person alone."""
    person = house.person(by)
    before = len(person.ephemerals)
    act()
    house.workspace.wait_for(lambda: len(person.ephemerals) > before)
    return str(person.ephemerals[-1].text)


def press_anothers(house: House, by: str, message: SeenMessage, label: str) -> str:
    """Press a button of a message that one does not see; return what one is told."""
    person, state = house.person(by), house.workspace.state
    block, element = reading.button_named(message.blocks, label)
    action = payloads.action(state, block["block_id"], element, None)
    courier = house.workspace.courier

    def press() -> None:
        interactions.act_on_message(state, courier, person.user, message.message, {}, action)

    return whispered(house, by, press)
