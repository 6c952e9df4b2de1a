"""What has happened before somebody looks: a vote that is decided, and one that is under way.

Everything is done through Slack, as the fictional people would do it; nothing is written into the
bot's database from the side. The past is a list: to let more have happened, add to ``PAST``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from psrt_bot.sandbox.demo.stage import PATIENCE, Stage

CANDIDATE = "rosa"
PROMISES = [
    "They have agreed to be nominated",
    "They have read PEP 811, including review and removal",
]
FIRST = {
    "Background": "Oli has looked after packaging tools of several distributions for six years.",
    "Security experience": "Reported four vulnerabilities in archive handling, two with patches.",
    "Contributions to the ecosystem": "Maintains a fuzzing corpus that three projects use.",
    "How you know them": "We mentored together at two sprints.",
    "Conflicts of interest": "None that I know of.",
}
SECOND = {
    "Background": "Nia works on the parser and reviews about a hundred changes a year.",
    "Security experience": "Coordinated the repair of a denial of service in the tokenizer.",
    "Contributions to the ecosystem": "Wrote the chapter on fuzzing for contributors.",
    "How you know them": "We share the review queue of the parser.",
    "Conflicts of interest": "We worked for the same employer until last year.",
}
DECIDED: Mapping[str, str] = {
    "ben": "Yes",
    "chi": "Yes",
    "dov": "Yes",
    "eve": "No",
    "fay": "Yes",
    "gus": "Abstain",
    "hana": "Yes",
    "ivo": "Yes",
    "jun": "Yes",
    "kim": "No",
}
OBJECTS_NOT = "tam"
MENTOR = "eve"
UNDER_WAY: Mapping[str, str] = {"fay": "Yes", "gus": "No", "hana": "Yes", "ivo": "Abstain"}

TOPICS = {
    "team": "Members only. How a vote stands is told at its close.",
    "admins": "Go-aheads, lost keys, undeliverable messages",
    "council": "What needs the Steering Council's answer (PEP 811)",
    "general": "Everybody at Fictional Security",
}


class Happening(Protocol):
    """Something that happened."""

    def play(self, stage: Stage) -> None:
        """Let it happen."""


@dataclass(frozen=True)
class Said:
    """Somebody wrote something in a channel."""

    channel: str
    who: str
    text: str

    def play(self, stage: Stage) -> None:
        """Write it."""
        stage.person(self.who).say(self.channel, self.text)


@dataclass(frozen=True)
class Nominated:
    """A member nominated somebody of the workspace, step by step through the modals."""

    by: str
    nominee: str
    standing: str
    texts: Mapping[str, str]

    def play(self, stage: Stage) -> None:
        """Nominate, and wait for the card."""
        person = stage.person(self.by)
        person.command("/nominate", channel="team")
        who = person.wait_modal(title="Nominate: who")
        who.fill("Slack user", self.nominee).fill("Standing", self.standing)
        who.fill("GitHub name", f"{self.nominee}-fictional").submit()
        form = person.wait_modal(title="Nominate: texts")
        for label, text in self.texts.items():
            form.fill(label, text)
        form.fill("You have made sure", PROMISES).submit()
        person.wait_modal(title="Nominate: preview").submit()
        _wait(stage, f"Nomination: {stage.person(self.nominee).user.real_name}")


@dataclass(frozen=True)
class Voted:
    """People voted on somebody, from the card; nobody wrote their receipts down."""

    nominee: str
    ballots: Mapping[str, str]

    def play(self, stage: Stage) -> None:
        """Cast these ballots."""
        name = stage.person(self.nominee).user.real_name
        for login, choice in self.ballots.items():
            person = stage.person(login)
            card = person.channel("team").wait(lambda m: f"Nomination: {name}" in m.rendered)
            card.click("Vote")
            person.wait_modal(title="Vote").fill("Your vote", choice).submit()
            person.wait_modal(title="Ballot recorded").close()


@dataclass(frozen=True)
class Answered:
    """Somebody of the council answered on a nominee, from the card in the council's channel."""

    who: str
    nominee: str
    label: str

    def play(self, stage: Stage) -> None:
        """Press the button, and wait for the answer."""
        name = stage.person(self.nominee).user.real_name
        person = stage.person(self.who)
        person.channel("council").wait(lambda m: name in m.rendered).click(self.label)
        stage.workspace.wait_for(lambda: bool(person.ephemerals))


@dataclass(frozen=True)
class Volunteered:
    """A member volunteered as a mentor."""

    who: str

    def play(self, stage: Stage) -> None:
        """Type the command, and save the form as it is."""
        person = stage.person(self.who)
        person.command("/mentor", channel="team")
        person.wait_modal(title="Mentoring").submit()
        person.wait_modal(title="Note").close()


@dataclass(frozen=True)
class Passed:
    """Time passed; `told` is what stands in #team afterwards."""

    by: timedelta
    told: str = ""

    def play(self, stage: Stage) -> None:
        """Move the clock, and wait."""
        stage.bot.move_clock(self.by)
        if self.told:
            _wait(stage, self.told)


def _wait(stage: Stage, words: str) -> None:
    team = stage.person("ana").channel("team")
    team.wait(lambda m: words in m.rendered, timeout=PATIENCE.total_seconds())


PAST: Sequence[Happening] = (
    Said("general", "kim", "Welcome, Rosa! :wave: Good to have you here."),
    Said("general", "rosa", "Thank you! The fuzzing harness is green again, by the way :tada:"),
    Nominated("ben", "oli", "Triager", FIRST),
    Voted("oli", DECIDED),
    Passed(timedelta(days=7, minutes=5), "The vote on Oli Okoro has"),
    Passed(timedelta(hours=20)),
    Answered(OBJECTS_NOT, "oli", "No objection"),
    Said(
        "team",
        "ben",
        "Reminder: triage rota for this month is in the handbook. _Eve_ and *Jun* are on.",
    ),
    Said("team", "eve", "Noted. I can swap the second week if anybody needs it."),
    Volunteered(MENTOR),
    Passed(timedelta(hours=2)),
    Nominated("ana", "nia", "Core developer", SECOND),
    Voted("nia", UNDER_WAY),
    Passed(timedelta(days=2, hours=1, minutes=55)),
)
AGO = sum((step.by for step in PAST if isinstance(step, Passed)), timedelta())
"""How long before the present all this began."""
NOMINEES = tuple(step.nominee for step in PAST if isinstance(step, Nominated))


def people(stage: Stage) -> None:
    """Somebody whom nobody has nominated yet, for newcomers to try it with."""
    stage.workspace.add_user(CANDIDATE, real_name="Rosa Romero", tz="Europe/Madrid")
    stage.workspace.add_member("general", CANDIDATE)
    for channel, topic in TOPICS.items():
        stage.workspace.state.channel(channel).topic = topic


def seed(stage: Stage) -> None:
    """Bring the workspace from its beginning to now; `people` has been called."""
    for step in PAST:
        step.play(stage)
