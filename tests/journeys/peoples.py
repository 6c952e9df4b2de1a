"""What the stories of people, roles and lists have in common."""

from sqlmodel import col, select

from psrt_bot.membership import roster
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.lines import stored
from psrt_bot.membership.service.people import find_person, roles_of
from psrt_bot.sandbox.modal import Modal
from storage.runtime import AuditEntry
from tests.journeys.house import House

PERSON = "Person"


def listed(house: House, by: str = "ana", text: str = "") -> Modal:
    """Type /psrt members."""
    house.person(by).command("/psrt", f"members {text}".strip())
    return house.person(by).wait_modal(title="Members")


def shown(house: House, who: str, by: str = "ana") -> Modal:
    """Look for somebody, and open them."""
    return becomes(house, listed(house, by, who), "Open", PERSON, by)


def becomes(house: House, modal: Modal, button: str, title: str, by: str = "ana") -> Modal:
    """Press a button of a modal, whose place another one takes."""
    modal.click(button)
    house.workspace.wait_for(lambda: house.modal(by).title == title)
    return house.modal(by)


def sent(house: House, form: Modal, by: str = "ana") -> Modal:
    """Submit a form that is accepted: the person as they are then."""
    form.submit()
    house.work()
    after = house.modal(by)
    assert after.title == PERSON, (after.text, after.errors)
    return after


def csv(house: House, listing: str = "members") -> str:
    """A public list as it stands."""
    with house.session() as session:
        return roster.export_csv(stored(session, listing)).decode()


def roles(house: House, login: str) -> set[Role]:
    """What somebody is now."""
    with house.session() as session:
        return set(roles_of(session, find_person(session, login).id))


def everything_audited(house: House) -> str:
    """The audit log's acts with their details, as text."""
    with house.session() as session:
        entries = session.scalars(select(AuditEntry).where(col(AuditEntry.act).like("membership%")))
        return "\n".join(f"{e.actor} {e.act} {e.subject} {e.details}" for e in entries)


def wait_text(house: House, text: str, by: str = "ana") -> None:
    """Wait until the modal on top says something."""
    person = house.person(by)
    house.workspace.wait_for(lambda: person.modal is not None and text in person.modal.text)


def form_boxes(form: Modal) -> list[str]:
    """Every box that can be ticked."""
    return [
        option["text"]["text"]
        for block in form.view.blocks
        if block["type"] == "input" and block["element"]["type"] == "checkboxes"
        for option in block["element"]["options"]
    ]
