"""What the stories of the Steering Council have in common."""

from sqlmodel import col, select

from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.council import CouncilDecision
from storage.nominations import Nomination
from storage.runtime import AuditEntry
from tests.journeys.house import House

COUNCIL = "council"
CARD = "For the Steering Council: Nia Novak"


def pass_the_vote(house: House, by: str = "ana", nominee: str = "nia") -> None:
    """Nominate somebody, and let the vote pass."""
    house.nominate(by=by, nominee=nominee)
    for voter in ("ana", "ben", "chi"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)


def notice(house: House, reader: str = "cat") -> SeenMessage:
    """The card in the council's channel."""
    return house.person(reader).channel(COUNCIL).wait(lambda m: CARD in m.rendered)


def answer(house: House, by: str, label: str) -> str:
    """Press a button of the card, and return what one is told."""
    person = house.person(by)
    before = len(person.ephemerals)
    notice(house, by).click(label)
    house.workspace.wait_for(lambda: len(person.ephemerals) > before)
    house.work()
    return str(person.ephemerals[-1].rendered)


def veto(house: House, by: str, reason: str, card: SeenMessage | None = None) -> Modal:
    """Veto by the form, confirmed."""
    (card or notice(house, by)).click("Veto…", by=house.person(by))
    form = house.person(by).wait_modal(title="Veto")
    form.fill("Reason", reason).fill("Please confirm", ["Yes, I veto this"]).submit()
    house.work()
    return form


def decision(house: House) -> CouncilDecision:
    """The only decision's row."""
    with house.bot.database.reading() as session:
        return session.scalars(select(CouncilDecision)).one()


def state(house: House) -> str:
    """The only nomination's state."""
    with house.bot.database.reading() as session:
        return session.scalars(select(Nomination)).one().state


def audited(house: House, act: str) -> list[AuditEntry]:
    """The audit log's entries of one act."""
    with house.bot.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(col(AuditEntry.act) == act)))


def office(house: House, by: str = "ben") -> Modal:
    """Type /psrt council."""
    house.person(by).command("/psrt", "council")
    return house.person(by).wait_modal(title="Council")


def told(house: House, who: str) -> str:
    """Everything in somebody's direct messages with the bot."""
    return "\n".join(message.rendered for message in house.person(who).inbox)


def said(house: House, channel: str, reader: str) -> str:
    """Everything in a channel."""
    return "\n".join(m.rendered for m in house.person(reader).channel(channel).everything)
