"""A vote under way, prepared once on a kind of database, and copied for every try.

The sandbox runs in the test process and survives every kill, as Slack does. Its messages are put
back to the prepared moment between tries.
"""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import text, update
from sqlmodel import col, select

from psrt_bot.manifest import manifest
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting.keystore import FileKeyStore
from psrt_bot.voting.rules import Threshold
from storage.engine import Database, prepare_storage
from storage.runtime import DeadlineRow, Heartbeat, OutboxRow
from storage.schema import upgrade
from storage.voting import Elector, Poll
from tests.journeys.house import ADMINS, MEMBERS, OUTSIDERS, START, House, people_of
from tests.postgres import Server
from tests.settings import settings_of
from tests.stress.arrivals import Arrivals
from tests.stress.nursery import Nursery, Process

VOTES = {"ana": "Yes", "ben": "Yes", "chi": "No"}
"""What is cast, and acknowledged, while the scene is prepared."""
REMINDER = START + timedelta(days=4, hours=1)
CLOSE = START + timedelta(days=7, seconds=1)
DURING = START + timedelta(days=1)
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_numbers = count(1)


class Store:
    """Where the tries' databases come from: copies of a prepared one."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self._server = server
        self._file = folder / "prepared.db"
        self._name = f"stress_prepared_{next(_numbers)}"
        self.url = server.create(self._name) if server else f"sqlite:///{self._file}"

    @property
    def is_sqlite(self) -> bool:
        """Whether the tries run on SQLite."""
        return self._server is None

    @contextmanager
    def copied(self, folder: Path) -> Iterator[str]:
        """Yield the address of a copy; nobody may be connected to the prepared one."""
        if self._server is None:
            for part in self._file.parent.glob(f"{self._file.name}*"):
                shutil.copy(part, folder / part.name.replace("prepared", "psrt"))
            yield f"sqlite:///{folder / 'psrt.db'}"
            return
        name = f"stress_{next(_numbers)}"
        url = self._server.create(name, template=self._name)
        try:
            yield url
        finally:
            self._server.drop(name)


@dataclass
class Scene:
    """A workspace with a team of six, a vote of whom three have voted, and a planned poll.

    Args:
        receipts: of the prepared ballots, by login.
        waiting: a poll that waits for an admin's go-ahead.
    """

    folder: Path
    store: Store
    nursery: Nursery
    workspace: Workspace
    settings: dict[str, Any]
    poll: str = ""
    waiting: str = ""
    receipts: dict[str, str] = field(default_factory=dict)
    electors: list[tuple[str, str]] = field(default_factory=list)
    outcomes: dict[str, object] = field(default_factory=dict)
    memory: tuple[Any, ...] = ()

    def user(self, login: str) -> str:
        """Return somebody's Slack user id."""
        return self.workspace.as_user(login).id

    def remember(self) -> None:
        """Keep Slack's messages and files as they are now."""
        state = self.workspace.state
        with state.reading():
            self.memory = copy.deepcopy((state.channels, state.files))

    def put_back(self) -> None:
        """Put Slack back to what was remembered."""
        state: State = self.workspace.state
        with state.changed():
            state.channels, state.files = copy.deepcopy(self.memory)
            state.recorded.clear()
            state.faults.clear()

    @contextmanager
    def a_try(self) -> Iterator["Try"]:
        """Yield a fresh copy of everything; its processes end with it."""
        folder = self.folder / f"try-{next(_numbers)}"
        folder.mkdir()
        shutil.copytree(self.folder / "keys", folder / "keys")
        self.put_back()
        with self.store.copied(folder) as url:
            database = Database(url)
            this = Try(self, folder, url, database)
            try:
                yield this
            finally:
                this.end()
                database.close()
        shutil.rmtree(folder)  # kept, with the logs, when a claim failed


@dataclass
class Try:
    """One run: processes of the bot on one database and one key folder."""

    scene: Scene
    folder: Path
    url: str
    database: Database
    _processes: list[Process] = field(default_factory=list)
    arrivals: Arrivals = field(init=False)

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(
            self.scene.workspace, self.database, self.scene.poll, self.folder / "keys"
        )

    def process(self, now: datetime, *, start: bool = True) -> Process:
        """Start a process of the bot, whose clock stands at ``now``."""
        settings = self.scene.settings | {
            "database_url": self.url,
            "keys": f"file:{self.folder / 'keys'}",
        }
        log = self.folder / f"process-{len(self._processes)}.log"
        process = self.scene.nursery.fork({"settings": settings, "now": now.isoformat()}, log)
        self._processes.append(process)
        if start:
            process.ask("start")
        return process

    @property
    def keys(self) -> FileKeyStore:
        """The key folder."""
        return FileKeyStore.open(self.folder / "keys")

    def jump(self, now: datetime) -> None:
        """Let time pass during which a bot was alive and nothing fell due."""
        with self.database.transaction() as session:
            session.execute(update(Heartbeat).values(beat_at=now))

    def outwait_leases(self) -> None:
        """Let a minute pass for the leases, which follow the machine's clock and not the bot's."""
        with self.database.transaction() as session:
            for table in (DeadlineRow, OutboxRow):
                session.execute(
                    update(table)
                    .where(col(table.lease_until).is_not(None))
                    .values(lease_until=START - timedelta(days=1))
                )

    def waits_for_a_lock(self) -> bool:
        """Whether some process waits for another's lock (PostgreSQL alone can tell)."""
        if self.database.is_sqlite:
            return False
        with self.database.reading() as session:
            waiting = session.execute(text(_WAITING)).scalar_one()
        return bool(waiting)

    def end(self) -> None:
        """End every process; the bot needs no farewell."""
        for process in self._processes:
            process.gone()
        self._processes.clear()

    def logs(self) -> str:
        """Return what all processes have said."""
        return "".join(log.read_text() for log in sorted(self.folder.glob("process-*.log")))


@contextmanager
def prepared(folder: Path, nursery: Nursery, server: Server | None) -> Iterator[Scene]:
    """Prepare a scene through Slack, with the bot in this process, and serve its workspace."""
    clock = MovableClock(START, frozen=True)
    workspace = _workspace(clock.now)
    installation = workspace.install(manifest(request_url="https://bot.example/slack/events"))
    workspace.invite_bot("team")
    workspace.invite_bot("admins")
    store = Store(folder, server)
    with workspace.serve() as serving:
        settings = {
            "slack_bot_token": installation.bot_token,
            "slack_app_token": installation.app_token,
            "slack_signing_secret": installation.signing_secret,
            "slack_api_url": serving.api_url,
            "team_channel": workspace.state.channel("team").id,
            "admin_channel": workspace.state.channel("admins").id,
            "database_url": store.url,
            "keys": f"file:{folder / 'keys'}",
        }
        scene = Scene(folder, store, nursery, workspace, settings)
        with closing(Database(store.url)) as database:
            prepare_storage(database)
            upgrade(database)
            people_of(database, workspace, clock)
            _play(scene, House(workspace, installation, clock, settings_of(**settings), "http"))
            _look_up(scene, database)
        scene.remember()
        yield scene


def _workspace(now: Callable[[], datetime]) -> Workspace:
    workspace = Workspace(name="Fictional Security", now=now)
    for login, name in {**MEMBERS, **OUTSIDERS}.items():
        workspace.add_user(login, real_name=name, tz="Europe/Berlin")
    workspace.add_channel("team", private=True, members=list(MEMBERS))
    workspace.add_channel("admins", private=True, members=list(ADMINS))
    return workspace


def _play(scene: Scene, house: House) -> None:
    """Nominate, vote, and plan a second poll."""
    house.open()
    house.nominate(by="ana", nominee="nia")
    house.work()
    for login, choice in VOTES.items():
        scene.receipts[login] = house.vote(login, choice)
    with house.session() as session:
        planned = house.bot.services.polls.plan(
            session,
            house.clock.now(),
            subject="stress",
            title="A poll that waits",
            threshold=Threshold.parse("2/3"),
            duration=timedelta(days=7),
        )
        scene.waiting = planned.id
    house.close()


def _look_up(scene: Scene, database: Database) -> None:
    with database.reading() as session:
        scene.poll = session.exec(select(Poll.id).where(col(Poll.opened_at).is_not(None))).one()
        found = session.exec(select(Elector).where(col(Elector.poll_id) == scene.poll))
        scene.electors = [(e.person_id, e.slack_user_id) for e in found]
