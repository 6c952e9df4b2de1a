"""The story's first part: the bot comes up, somebody is nominated, the team reads the card."""

import re
from collections.abc import Iterable

from psrt_bot.sandbox.demo.stage import ADMINS, MEMBERS, NOMINEE, Stage, wait_until
from psrt_bot.sandbox.demo.telling import Broken, contains, same
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.seen import SeenMessage

NOMINATOR = "ana"
TEXTS = {
    "Background": "Maintains the fictional parser library.",
    "Security experience": "Handled eleven reports.",
    "Contributions to the ecosystem": "Wrote the fuzzing guide.",
    "How you know them": "Two years of shared reviews.",
    "Conflicts of interest": "none",
}
PROMISES = [
    "They have agreed to be nominated",
    "They have read PEP 811, including review and removal",
]
_DATE = re.compile(r"<!date\^[^|]*\|([^>]*)>")


def name_of(login: str) -> str:
    """Return the full name of a member of the story."""
    return MEMBERS[login][0]


def card_of(person: Person) -> SeenMessage:
    """Return the nomination's card, once it stands in the team's channel."""
    return person.channel("team").wait(lambda m: "Nomination: Nia Novak" in m.rendered)


def read(message: SeenMessage) -> Iterable[str]:
    """The message's blocks as their reader sees them: no marks, dates written out."""
    for line in message.rendered.splitlines()[1:]:
        if line not in message.buttons:
            yield _DATE.sub(r"\1", line).replace("*", "").replace("`", "")


def connect(stage: Stage) -> Iterable[str]:
    """The bot comes up and learns who there is."""
    if not wait_until(lambda: stage.bot.problem() is None):
        raise Broken("a bot that is ready", stage.bot.problem())
    same(1, stage.installation.connections)
    yield f"{len(MEMBERS)} members, {len(ADMINS)} of them admins; SQLite, Socket Mode."


def nominate(stage: Stage) -> Iterable[str]:
    """The nominator goes through the three modals."""
    person = stage.person(NOMINATOR)
    person.command("/nominate", channel="team")
    who = person.wait_modal(title="Nominate: who")
    yield f"{who.title}: {', '.join(who.labels)}"
    who.fill("Slack user", NOMINEE).fill("Standing", "Core developer")
    who.fill("GitHub name", NOMINEE).submit()
    texts = person.wait_modal(title="Nominate: texts")
    yield f"{texts.title}: {', '.join(texts.labels)}"
    for label, text in TEXTS.items():
        texts.fill(label, text)
    texts.fill("You have made sure", PROMISES).submit()
    preview = person.wait_modal(title="Nominate: preview")
    contains("12 members", preview.text)
    yield f"{preview.title}: 12 members will be asked."
    preview.submit()


def card(stage: Stage) -> Iterable[str]:
    """The team sees names and dates; the texts only behind Details; the nominee nothing."""
    reader = stage.person("chi")
    seen = card_of(reader)
    same(["Vote", "Details"], seen.buttons)
    for text in TEXTS.values():
        if len(text) > len("none") and text in seen.rendered:
            raise Broken("a card without the texts", seen.rendered)
    seen.click("Details")
    contains(TEXTS["Background"], reader.wait_modal(title="Nomination").text)
    same([], [m.text for m in stage.person(NOMINEE).inbox])
    # The thread's first message comes after the card; what is counted later must stand still.
    reader.channel("team").wait(lambda m: m.thread_ts == seen.ts and m.ts != seen.ts)
    yield from read(seen)
    yield f"Buttons: {', '.join(seen.buttons)}. The nominee is told nothing."
