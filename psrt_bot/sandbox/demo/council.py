"""The story's part after the vote: the Steering Council may veto, and does not (R4)."""

from collections.abc import Iterable

from psrt_bot.sandbox.demo.nominating import read
from psrt_bot.sandbox.demo.stage import COUNCIL, NOMINEE, Stage
from psrt_bot.sandbox.demo.telling import contains, same
from psrt_bot.sandbox.seen import SeenMessage

FIRST, SECOND, _ = COUNCIL


def _card(stage: Stage, reader: str) -> SeenMessage:
    channel = stage.person(reader).channel("council")
    return channel.wait(lambda m: "a veto is possible until" in m.text, timeout=5)


def told(stage: Stage) -> Iterable[str]:
    """The council's channel gets a card, and its window begins."""
    card = _card(stage, FIRST)
    contains(stage.person(NOMINEE).user.real_name, card.rendered)
    same(["Veto…", "No objection", "Abstain"], card.buttons[:3])
    yield from read(card)
    yield f"Buttons: {', '.join(card.buttons)}"


def decided(stage: Stage) -> Iterable[str]:
    """Two of three have no objection: no answer still missing could change it."""
    for login in (FIRST, SECOND):
        person = stage.person(login)
        _card(stage, login).click("No objection")
        contains("Your answer is recorded", person.wait_ephemeral().text)
        yield f"{person.user.real_name} presses No objection."
    name = stage.person(NOMINEE).user.real_name
    outcome = f"The nomination of {name} is confirmed: the Steering Council did not veto."
    seen = stage.person("chi").channel("team").wait(lambda m: outcome in m.text, timeout=5)
    yield f"{seen.text} Nobody waits for the third."
