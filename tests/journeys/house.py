"""A whole house for a story: a workspace with a fictional team, and the real bot in it.

The bot is the one that ``psrt-bot run`` starts, reached through the sandbox alone; only the clock
is handed in, and the work is done when the story says so (``house.work()``).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from psrt_bot.app import Bot
from psrt_bot.manifest import manifest
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.people import find_person
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.settings import Settings
from storage.engine import Database, prepare_storage
from tests.databases import new_database
from tests.settings import settings_of

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday, mid-morning in most of Europe

MEMBERS = {
    "ana": "Ana Andrade",
    "ben": "Ben Bright",
    "chi": "Chi Chen",
    "dov": "Dov Dahan",
    "eve": "Eve Eriksen",
    "fay": "Fay Falk",
}
ADMINS = ("ana", "ben")
COUNCIL = {
    "cat": "Cat Cole",
    "cem": "Cem Celik",
    "cia": "Cia Costa",
    "col": "Col Cruz",
    "cyn": "Cyn Castle",
}
OUTSIDERS = {"nia": "Nia Novak", "oli": "Oli Okoro"}

ROSTER = "".join(
    f"{name},{login},{'Admin' if login in ADMINS else ''}\n" for login, name in MEMBERS.items()
).encode()

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


@dataclass
class House:
    """What a story plays in."""

    workspace: Workspace
    installation: Installation
    clock: MovableClock
    settings: Settings
    transport: str
    bot: Bot = field(init=False)

    def open(self) -> None:
        """Start the bot, as after a reboot."""
        self.bot = Bot(self.settings, clock=self.clock)
        if self.transport == "http":
            self.bot.start(http=("127.0.0.1", 0), background=False)
            self.installation.deliver_to(f"{self.bot.http_address}/slack/events")
        else:
            self.bot.start(background=False)
            self.installation.wait_connected(timeout=5)
        self.bot.refresh_people()

    def close(self) -> None:
        """Stop the bot."""
        self.bot.stop()

    def work(self) -> None:
        """Do what is due."""
        self.bot.look()

    def pass_time(self, **duration: float) -> None:
        """Move the clock, and do what falls due."""
        self.bot.move_clock(timedelta(**duration))

    def person(self, name: str) -> Person:
        """Act as somebody."""
        return self.workspace.as_user(name)

    def modal(self, by: str) -> Modal:
        """Return the modal before somebody, now; `wait_modal` waits for one that is still to come.

        Raises:
            AssertionError: there is none.
        """
        modal = self.person(by).modal
        assert modal is not None, f"no modal before {by}; {self.workspace.state.story()}"
        return modal

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Look into the database, or prepare what Slack cannot."""
        with self.bot.database.transaction() as session:
            yield session

    def nominate(self, by: str = "ana", nominee: str = "nia") -> None:
        """Nominate somebody, step by step through the modals."""
        person = self.person(by)
        person.command("/nominate", channel="team")
        who = person.wait_modal(title="Nominate: who")
        who.fill("Slack user", nominee).fill("Standing", "Core developer")
        who.fill("GitHub name", nominee).submit()
        texts = person.wait_modal(title="Nominate: texts")
        for label, text in TEXTS.items():
            texts.fill(label, text)
        texts.fill("You have made sure", PROMISES).submit()
        person.wait_modal(title="Nominate: preview").submit()
        self.work()

    def vote(self, by: str, choice: str, check_word: str = "") -> str:
        """Vote, and return the receipt."""
        person = self.person(by)
        person.command("/vote", channel="team")
        ballot = person.wait_modal(title="Vote").fill("Your vote", choice)
        if check_word:
            ballot.fill("Check word", check_word)
        ballot.submit()
        receipt = person.wait_modal(title="Ballot recorded")
        code = receipt.text.split("`")[1]
        receipt.close()
        return code


def people_of(database: Database, workspace: Workspace, clock: MovableClock) -> None:
    """Import the fictional list and link everybody, as ``psrt-bot roster`` does."""
    from psrt_bot.membership.service.people import Members
    from psrt_bot.runtime.facts import Facts

    facts = Facts()
    members = Members(facts)
    with database.transaction() as session:
        Lists(facts).import_files(session, clock.now(), {"members": ROSTER}, "tests")
        for login in MEMBERS:
            person = find_person(session, login)
            user = workspace.as_user(login).user.id
            members.link(session, clock.now(), person, user, "tests")


def council_of(database: Database, workspace: Workspace, clock: MovableClock) -> None:
    """Make the five of the Steering Council known; none of them is a member of the team."""
    from psrt_bot.membership.rules import Role
    from psrt_bot.membership.service.appointing import Appointing
    from psrt_bot.membership.service.people import Members
    from psrt_bot.runtime.facts import Facts

    appointing = Appointing(Members(Facts()))
    with database.transaction() as session:
        for login, name in COUNCIL.items():
            user = workspace.as_user(login).user.id
            role = Role.STEERING_COUNCIL
            appointing.grant(session, clock.now(), user, role, "tests", name=name)


@contextmanager
def built_house(
    path: Path, transport: str, *, council: bool = False, **settings: Any
) -> Iterator[House]:
    """Build a workspace and start the bot in it; everything is closed at the end.

    Args:
        council: there is a Steering Council of five, with a channel of its own.
    """
    clock = MovableClock(START, frozen=True)
    workspace = Workspace(name="Fictional Security", now=clock.now)
    for login, name in {**MEMBERS, **OUTSIDERS}.items():
        workspace.add_user(login, real_name=name, tz="Europe/Berlin")
    team = workspace.add_channel("team", private=True, members=list(MEMBERS))
    admin = workspace.add_channel("admins", private=True, members=list(ADMINS))
    workspace.add_channel("general", private=False, members=[*MEMBERS, *OUTSIDERS])
    if council:
        for login, name in COUNCIL.items():
            workspace.add_user(login, real_name=name, tz="Europe/Berlin")
        channel = workspace.add_channel("council", private=True, members=list(COUNCIL))
        settings["council_channel"] = channel.id
    installation = workspace.install(
        manifest(
            settings.get("command_prefix", ""),
            request_url=None if transport == "socket" else "https://bot.example/slack/events",
        )
    )
    workspace.invite_bot("team")
    workspace.invite_bot("admins")
    if council:
        workspace.invite_bot("council")
    with ExitStack() as stack:
        server = stack.enter_context(workspace.serve())
        # Slack's 3 s are for a machine that does nothing else. That no ack waits for a call of ours
        # is tried with calls that last until they are let go (test_edges.py).
        workspace.courier.ack_seconds = 10
        url = new_database(path / "psrt.db")
        chosen = settings_of(
            slack_bot_token=installation.bot_token,
            slack_app_token=installation.app_token,
            slack_signing_secret=installation.signing_secret,
            slack_api_url=server.api_url,
            team_channel=team.id,
            admin_channel=admin.id,
            database_url=url,
            keys=f"file:{path / 'keys'}",
            **settings,
        )
        database = Database(url)
        prepare_storage(database)
        people_of(database, workspace, clock)
        if council:
            council_of(database, workspace, clock)
        database.close()
        house = House(workspace, installation, clock, chosen, transport)
        house.open()
        stack.callback(house.close)
        yield house
