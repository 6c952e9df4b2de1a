"""What the demo plays in: a local Slack with a fictional team, and the real bot in it.

The names are invented; no real person is meant.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from starlette.routing import BaseRoute

from psrt_bot.app import Bot
from psrt_bot.composition.bindings import bind_people
from psrt_bot.composition.people import build_people
from psrt_bot.manifest import manifest
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts
from psrt_bot.sandbox import saving
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.settings import Settings
from storage.engine import Database, prepare_storage
from storage.schema import upgrade

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday, in the waking hours of every zone below
PATIENCE = timedelta(seconds=5)

MEMBERS = {
    "ana": ("Ana Andrade", "Europe/Lisbon"),
    "ben": ("Ben Bright", "Europe/London"),
    "chi": ("Chi Chukwu", "Africa/Lagos"),
    "dov": ("Dov Dahan", "Europe/Berlin"),
    "eve": ("Eve Eriksen", "Europe/Oslo"),
    "fay": ("Fay Falk", "Europe/Stockholm"),
    "gus": ("Gus Georgiou", "Europe/Athens"),
    "hana": ("Hana Horák", "Europe/Prague"),
    "ivo": ("Ivo Ivanov", "Europe/Sofia"),
    "jun": ("Jun Jansen", "Europe/Amsterdam"),
    "kim": ("Kim Kowalska", "Europe/Warsaw"),
    "lea": ("Lea Łuczak", "Europe/Warsaw"),
}
ADMINS = ("ana", "ben")
NOMINEE, OUTSIDER = "nia", "oli"
COUNCIL = {
    "sol": ("Sol Sørensen", "Europe/Copenhagen"),
    "tam": ("Tam Tran", "Europe/Paris"),
    "uma": ("Uma Urban", "Europe/Vienna"),
}
"""The Steering Council; it need not be of the team (R4)."""
OTHERS = {NOMINEE: ("Nia Novak", "Europe/Ljubljana"), OUTSIDER: ("Oli Okoro", "Africa/Lagos")}


@dataclass
class Stage:
    """The workspace, the bot, and what the story's people remember.

    Args:
        folder: holds the database and the key folder, and nothing else.
        receipts: the receipt of each voter's last ballot, as they wrote it down.
        replaced: the receipt of a ballot that was replaced.
        keys: the poll's key material as it was while the vote was open.
        bundle: the bulletin as it was downloaded.
    """

    workspace: Workspace
    installation: Installation
    clock: MovableClock
    settings: Settings
    folder: Path
    bot: Bot
    receipts: dict[str, str] = field(default_factory=dict, repr=False)
    replaced: str = field(default="", repr=False)
    keys: list[bytes] = field(default_factory=list, repr=False)
    bundle: bytes = b""

    def person(self, name: str) -> Person:
        """Act as somebody."""
        return self.workspace.as_user(name)

    @property
    def database_file(self) -> Path:
        """The database; its write-ahead log stands beside it."""
        return self.folder / "psrt.db"

    @property
    def key_folder(self) -> Path:
        """The key store."""
        return self.settings.keys_path


def wait_until(holds: Callable[[], bool]) -> bool:
    """Return whether something comes to hold, on the machine's own clock."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return held


Routes = Callable[[Workspace], Sequence[BaseRoute]]


@contextmanager
def staged(
    folder: Path,
    *,
    clock: MovableClock | None = None,
    port: int = 0,
    routes: Routes = lambda _workspace: (),
    kept: Json | None = None,
) -> Iterator[Stage]:
    """Build the workspace and start the bot in it; everything is closed at the end.

    Args:
        folder: where the database and the keys are.
        clock: the workspace's and the bot's; by default one that begins at ``START``.
        port: where the workspace is served; 0 for any free one.
        routes: what else is served there, such as the page.
        kept: the workspace as ``saving.saved`` wrote it down; the folder holds what belongs to it.
    """
    clock = clock or MovableClock(START)
    workspace = Workspace(name="Fictional Security", now=clock.now)
    installation = _restored(workspace, kept) if kept else _populate(workspace)
    with ExitStack() as stack:
        server = stack.enter_context(workspace.serve(port, routes(workspace)))
        settings = Settings(
            slack_bot_token=SecretStr(installation.bot_token),
            slack_app_token=SecretStr(installation.app_token),
            slack_api_url=server.api_url,
            team_channel=workspace.state.channel("team").id,
            admin_channel=workspace.state.channel("admins").id,
            council_channel=workspace.state.channel("council").id,
            database_url=SecretStr(f"sqlite:///{folder / 'psrt.db'}"),
            keys=f"file:{folder / 'keys'}",
        )
        _upgrade(settings)
        if kept is None:
            _seed(settings, workspace, clock)
        bot = Bot(settings, clock=clock)
        stack.callback(bot.stop)
        bot.start()
        yield Stage(workspace, installation, clock, settings, folder, bot)


def _populate(workspace: Workspace) -> Installation:
    for login, (name, zone) in {**MEMBERS, **COUNCIL, **OTHERS}.items():
        workspace.add_user(login, real_name=name, tz=zone)
    workspace.add_channel("team", private=True, members=list(MEMBERS))
    workspace.add_channel("admins", private=True, members=list(ADMINS))
    workspace.add_channel("council", private=True, members=list(COUNCIL))
    workspace.add_channel("general", members=[*MEMBERS, *COUNCIL, *OTHERS])
    installation = workspace.install(manifest())
    for channel in ("team", "admins", "council"):
        workspace.invite_bot(channel)
    return installation


def _restored(workspace: Workspace, kept: Json) -> Installation:
    saving.restore(workspace.state, kept)
    app = workspace.state.only_app()
    app.manifest = manifest()  # the program may be newer than what was kept
    app.scopes = frozenset(app.manifest["oauth_config"]["scopes"]["bot"])
    return Installation(workspace, app)


def _upgrade(settings: Settings) -> None:
    """What ``psrt-bot db upgrade`` does."""
    database = Database(settings.database_url.get_secret_value())
    prepare_storage(database)
    upgrade(database)
    database.close()


def _seed(settings: Settings, workspace: Workspace, clock: MovableClock) -> None:
    """What ``psrt-bot roster import``, ``roster link`` and ``roster grant`` do."""
    lines = [
        f"{name},{login},{'Admin' * (login in ADMINS)}" for login, (name, _) in MEMBERS.items()
    ]
    facts = Facts()
    people = build_people(settings, facts)
    bind_people(facts, people)
    database = Database(settings.database_url.get_secret_value())
    with database.transaction() as session:
        files = {"members": "".join(f"{line}\n" for line in lines).encode()}
        people.lists.import_files(session, clock.now(), files, "demo")
        for login in MEMBERS:
            user = workspace.as_user(login).id
            people.members.link(session, clock.now(), find_person(session, login), user, "demo")
        for login, (name, _) in COUNCIL.items():
            user = workspace.as_user(login).id
            role = Role.STEERING_COUNCIL
            people.appointing.grant(session, clock.now(), user, role, "demo", name=name)
    database.close()
