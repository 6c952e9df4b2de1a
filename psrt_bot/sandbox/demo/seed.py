"""What has happened before somebody looks: a vote that is decided, and one that is under way.

Everything is done through Slack, as the fictional people would do it; nothing is written into the
bot's database from the side.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from psrt_bot.sandbox.demo.stage import PATIENCE, Stage
from psrt_bot.sandbox.person import Person

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
UNDER_WAY: Mapping[str, str] = {"fay": "Yes", "gus": "No", "hana": "Yes", "ivo": "Abstain"}

AGO = timedelta(days=10)
"""How long before the present the seed's first nomination was."""
TALK: Sequence[tuple[str, str, str]] = (
    ("general", "kim", "Welcome, Rosa! :wave: Good to have you here."),
    ("general", "rosa", "Thank you! The fuzzing harness is green again, by the way :tada:"),
    (
        "team",
        "ben",
        "Reminder: triage rota for this month is in the handbook. _Eve_ and *Jun* are on.",
    ),
    ("team", "eve", "Noted. I can swap the second week if anybody needs it."),
)


def nominate(stage: Stage, by: str, nominee: str, texts: Mapping[str, str], standing: str) -> None:
    """Nominate somebody of the workspace, step by step through the modals."""
    person = stage.person(by)
    person.command("/nominate", channel="team")
    who = person.wait_modal(title="Nominate: who")
    who.fill("Slack user", nominee).fill("Standing", standing)
    who.fill("GitHub name", f"{nominee}-fictional").submit()
    form = person.wait_modal(title="Nominate: texts")
    for label, text in texts.items():
        form.fill(label, text)
    form.fill("You have made sure", PROMISES).submit()
    person.wait_modal(title="Nominate: preview").submit()
    name = stage.person(nominee).user.real_name
    _wait(person, f"Nomination: {name}")


def _wait(person: Person, words: str) -> None:
    person.channel("team").wait(lambda m: words in m.rendered, timeout=PATIENCE.total_seconds())


def vote(stage: Stage, ballots: Mapping[str, str]) -> None:
    """Let people vote; nobody writes their receipts down."""
    for login, choice in ballots.items():
        person = stage.person(login)
        person.command("/vote", channel="team")
        ballot = person.wait_modal(title="Vote")
        ballot.fill("Your vote", choice).submit()
        person.wait_modal(title="Ballot recorded").close()


def people(stage: Stage) -> None:
    """Somebody whom nobody has nominated yet, for newcomers to try it with."""
    stage.workspace.add_user(CANDIDATE, real_name="Rosa Romero", tz="Europe/Madrid")
    stage.workspace.add_member("general", CANDIDATE)
    for channel, topic in (
        ("team", "Members only. How a vote stands is told at its close."),
        ("admins", "Go-aheads, lost keys, undeliverable messages"),
        ("general", "Everybody at Fictional Security"),
    ):
        stage.workspace.state.channel(channel).topic = topic


def seed(stage: Stage) -> None:
    """Bring the workspace from ten days ago to now; `people` has been called."""
    _say(stage, TALK[:2])
    nominate(stage, "ben", "oli", FIRST, "Triager")
    vote(stage, DECIDED)
    stage.bot.move_clock(timedelta(days=7, minutes=5))
    _wait(stage.person("ben"), "The vote on Oli Okoro has")
    stage.bot.move_clock(timedelta(hours=20))
    _say(stage, TALK[2:])
    stage.bot.move_clock(timedelta(hours=2))
    nominate(stage, "ana", "nia", SECOND, "Core developer")
    vote(stage, UNDER_WAY)
    stage.bot.move_clock(AGO - timedelta(days=7, hours=22, minutes=5))


def _say(stage: Stage, talk: Sequence[tuple[str, str, str]]) -> None:
    for channel, who, text in talk:
        stage.person(who).say(channel, text)
