"""What the stories of newcomers have in common."""

from collections.abc import Iterable

from sqlmodel import select

from psrt_bot.onboarding.rules import PROMISES
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.onboarding import Onboarding, OnboardingStep
from tests.journeys.councils import answer, pass_the_vote
from tests.journeys.house import House
from tests.journeys.steps import fill_texts, open_form

MAIL = "uma@mail.example"


def confirm(house: House, nominee: str = "nia", by: str = "ana") -> None:
    """Nominate, vote, and let the council not object."""
    pass_the_vote(house, by, nominee)
    decide(house)


def decide(house: House) -> None:
    """Let the council not object: three of five are enough."""
    for member in ("cat", "cem", "cia"):
        answer(house, member, "No objection")
    house.work()


def confirm_outsider(house: House, email: str = MAIL) -> None:
    """The same with somebody who is not in the workspace."""
    form = open_form(house)
    form.fill("Name", "Nia Novak").fill("E-mail", email).fill("Standing", "Triager").submit()
    fill_texts(house.person("ana").wait_modal(title="Nominate: texts")).submit()
    house.person("ana").wait_modal(title="Nominate: preview").submit()
    house.work()
    for voter in ("ana", "ben", "chi"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)
    decide(house)


def question(house: House, who: str = "nia") -> SeenMessage:
    """The message with which it begins."""
    return next(m for m in house.person(who).inbox if "Congratulations" in m.rendered)


def form(house: House, who: str = "nia") -> Modal:
    """Press **Begin**."""
    question(house, who).click("Begin", by=house.person(who))
    return house.person(who).wait_modal(title="Joining the team")


def tick_promises(shown: Modal, leave: Iterable[str] = ()) -> Modal:
    """Tick every responsibility but some."""
    for promise in PROMISES:
        shown.fill(promise.label, [] if promise.name in leave else [promise.tick])
    return shown


def filled(shown: Modal, github: str = "nia", email: str = "nia@mail.example") -> Modal:
    """Fill the form of acceptance."""
    return tick_promises(shown).fill("GitHub name", github).fill("E-mail", email)


def accept(house: House, who: str = "nia", github: str = "nia") -> None:
    """Accept by the form."""
    filled(form(house, who), github).submit()
    assert "You are a member" in house.person(who).wait_modal(title="Welcome").text
    house.work()


def checklist(house: House, who: str = "nia") -> SeenMessage:
    """The newcomer's checklist."""
    return house.person(who).wait_inbox(lambda m: "checklist: " in m.text)


def onboardings(house: House) -> list[Onboarding]:
    """Every onboarding's row."""
    with house.bot.database.reading() as session:
        return list(session.scalars(select(Onboarding).order_by(Onboarding.begun_at)))  # type: ignore[arg-type]


def state(house: House) -> str:
    """The newest onboarding's state."""
    return onboardings(house)[-1].state


def steps(house: House) -> list[OnboardingStep]:
    """Every step's row."""
    with house.bot.database.reading() as session:
        return list(session.scalars(select(OnboardingStep)))
