"""What the stories of newcomers and their mentors have in common."""

from datetime import timedelta

from sqlmodel import col, select

from psrt_bot.membership.service.people import find_person
from psrt_bot.nominations.rules import NominationState
from psrt_bot.runtime.facts import NewcomerAccepted
from psrt_bot.sandbox import rooms
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.mentoring import CheckIn, Mentorship
from storage.nominations import Nomination
from storage.people import Person
from tests.journeys.house import House


def newcomer(house: House, login: str = "nia", name: str = "Nia Novak", by: str = "ana") -> None:
    """Make somebody a member who was confirmed and has accepted; the way there is onboarding's."""
    now = house.clock.now()
    user = house.person(login).id
    with house.session() as session:
        person = Person(
            name=name, github=login, github_key=login, slack_user_id=user, created_at=now
        )
        nomination = Nomination(
            state=NominationState.CONFIRMED,
            running=False,
            nominee_key=f"slack:{user}",
            nominator_id=find_person(session, by).id,
            nominee_slack_user_id=user,
            nominee_name=name,
            nominee_github=login,
            standing="triager",
            nominated_at=now,
        )
        session.add_all([person, nomination])
        session.flush()
        house.bot.services.people.joining.join(session, now, person, "tests")
        house.bot.facts.announce(session, now, NewcomerAccepted(person.id, nomination.id))
    house.work()


def volunteer(house: House, login: str, room: str = "1 newcomer", *topics: str) -> Modal:
    """Volunteer with /mentor."""
    person = house.person(login)
    person.command("/mentor")
    form = person.wait_modal(title="Mentoring").fill("At a time", room)
    if topics:
        form.fill("Topics you know", list(topics))
    form.submit()
    told = person.wait_modal(title="Note")
    house.work()
    return told


def question(house: House, who: str = "Nia Novak", by: str = "ben") -> SeenMessage:
    """The newest question to the admins about a newcomer's mentor."""
    return house.person(by).channel("admins").wait(lambda m: f"mentor for *{who}*" in m.rendered)


def asked_of_admins(house: House) -> list[SeenMessage]:
    """Everything that admins read of mentoring, the oldest first; other processes speak as well."""
    said = house.person("ben").channel("admins").everything
    ours = ("mentor", "check-in", "What stood here is asked again below.")
    return [m for m in said if any(word in m.rendered for word in ours) and "/psrt" not in m.text]


def posted_of_mentoring(house: House, since: int) -> list[str]:
    """The texts that were posted anywhere about mentoring since so many calls."""
    posted = [c.args for c in house.workspace.calls[since:] if c.method == "chat.postMessage"]
    texts = [str(one["text"]) for one in posted]
    return [text for text in texts if "mentor" in text or "heck-in" in text]


def confirm(house: House, by: str = "ben", who: str = "Nia Novak") -> str:
    """Confirm the pair that is proposed; return what the admin is told."""
    person = house.person(by)
    before = len(person.ephemerals)
    question(house, who, by=by).click("Confirm")
    house.workspace.wait_for(lambda: len(person.ephemerals) > before)
    house.work()
    return str(person.ephemerals[-1].text)


def choose(house: House, message: SeenMessage, whom: str, by: str = "ben") -> Modal:
    """Choose somebody else, as an admin."""
    label = next(label for label in message.buttons if label.startswith("Choose another"))
    message.click(label)
    form = house.person(by).wait_modal(title="Choose a mentor")
    form.fill("Who", whom).submit()
    house.work()
    return form


def paired(house: House, mentor: str = "dov") -> None:
    """A newcomer, Nia, with a mentor."""
    volunteer(house, mentor)
    newcomer(house)
    confirm(house)


def together(house: House, one: str = "nia", other: str = "dov") -> list[SeenMessage]:
    """The messages of the two and the bot, the oldest first."""
    state = house.workspace.state
    ids = [house.person(one).id, house.person(other).id, state.only_app().bot_user_id]
    place = rooms.existing(state, *ids)
    return house.person(one).channel(place.id).everything if place else []


def said_together(house: House, one: str = "nia", other: str = "dov") -> str:
    """The same as one text."""
    return "\n".join(message.rendered for message in together(house, one, other))


def asked(house: House, who: str) -> SeenMessage:
    """The newest request to check in."""
    return house.person(who).wait_inbox(lambda m: "Check in…" in m.buttons)


def check_in(house: House, who: str, *, ready: str = "", **fields: str) -> Modal:
    """Fill in the short form and send it; return what stands there then."""
    asked(house, who).click("Check in…")
    form = house.person(who).wait_modal(title="Check-in")
    form.fill("How is it going?", fields.get("going", "Well"))
    form.fill("The next step", fields.get("step", f"The next step of {who}"))
    if blocked := fields.get("blocked"):
        form.fill("What blocks?", blocked)
    if ready:
        form.fill("Ready for coordinating alone?", ready)
    if fields.get("raised"):
        form.fill("Does it take an admin?", ["Tell the admins what blocks, with my name"])
    form.submit()
    house.work()
    return form


def both_check_in(house: House, newcomer_: str = "nia", mentor: str = "dov") -> None:
    """Both answer."""
    check_in(house, newcomer_)
    check_in(house, mentor, ready="Not yet")


def mentorship(house: House) -> Mentorship:
    """The only mentorship's row."""
    with house.bot.database.reading() as session:
        return session.scalars(select(Mentorship)).one()


def check_ins(house: House) -> list[CheckIn]:
    """The check-ins' rows, in their order."""
    with house.bot.database.reading() as session:
        return list(session.scalars(select(CheckIn).order_by(col(CheckIn.number))))


def states(house: House) -> list[str]:
    """How the check-ins stand."""
    return [one.state for one in check_ins(house)]


def days_after(house: House) -> list[int]:
    """How many days after the pairing the check-ins are."""
    paired_at = mentorship(house).paired_at
    assert paired_at is not None
    return [round((one.due_at - paired_at) / timedelta(days=1)) for one in check_ins(house)]


def inbox(house: House, who: str) -> str:
    """Everything in somebody's direct messages with the bot."""
    return "\n".join(message.rendered for message in house.person(who).inbox)


def in_channel(house: House, channel: str, reader: str = "ben") -> str:
    """Everything in a channel."""
    return "\n".join(m.rendered for m in house.person(reader).channel(channel).everything)
