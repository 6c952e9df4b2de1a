"""``psrt-bot demo``: the local Slack in the browser, until Ctrl-C."""

import socket
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.routing import BaseRoute

from psrt_bot.commandline.refusals import CommandError
from psrt_bot.commandline.signals import Ending, until_signalled
from psrt_bot.commandline.verifying import told
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.logs import configure_logging
from psrt_bot.sandbox.demo import keeping
from psrt_bot.sandbox.demo.falling_due import falling_due
from psrt_bot.sandbox.demo.masking import masked
from psrt_bot.sandbox.demo.seed import AGO, people, seed
from psrt_bot.sandbox.demo.stage import ADMINS, COUNCIL, MEMBERS, Stage, staged, wait_until
from psrt_bot.sandbox.demo.touring import steps
from psrt_bot.sandbox.page.config import Deadline, FileCheck, PageConfig, TimeMachine
from psrt_bot.sandbox.page.routes import Page
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting import bulletin
from psrt_bot.voting.bulletin import BundleError

PORT = 8765
PORTS = 50
FOLDER = Path("data/demo")
NOTES = {
    **dict.fromkeys(MEMBERS, "member"),
    **dict.fromkeys(ADMINS, "member and admin"),
    **dict.fromkeys(COUNCIL, "Steering Council"),
    "nia": "not a member",
    "oli": "not a member",
    "rosa": "not a member",
}
GROUPS = (
    ("Members", list(MEMBERS)),
    ("Steering Council", list(COUNCIL)),
    ("Not members", [name for name, note in NOTES.items() if note == "not a member"]),
)


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for."""

    port: int = PORT
    open_browser: bool = True
    empty: bool = False
    reset: bool = False
    folder: Path = FOLDER


def show(wishes: Wishes) -> None:
    """Serve the page until SIGINT or SIGTERM.

    Raises:
        CommandError: the folder is in use, cannot be read, or holds a workspace although an
            empty one is wished for; or no port is free.
    """
    restore_logging = configure_logging("WARNING", "console")
    try:
        with until_signalled() as ending, keeping.locked(wishes.folder), ExitStack() as stack:
            if wishes.reset:
                keeping.clear(wishes.folder)
            kept = keeping.load(wishes.folder)
            if kept and wishes.empty:
                said = f"{wishes.folder} holds a workspace; an empty one needs: --empty --reset"
                raise CommandError(said)
            _open(stack, wishes, kept, ending)
            print("Ending …", flush=True)
    finally:
        restore_logging()


def _open(stack: ExitStack, wishes: Wishes, kept: keeping.Kept | None, ending: Ending) -> None:
    house = House(wishes.empty)
    now = datetime.now(UTC)
    clock = MovableClock(kept.now if kept else now if wishes.empty else now - AGO)
    port = free_port(wishes.port)
    stage = stack.enter_context(
        staged(
            wishes.folder,
            clock=clock,
            port=port,
            routes=house.routes,
            kept=kept.state if kept else None,
        )
    )
    address = f"http://127.0.0.1:{port}/"
    print(f"The local Slack is at {address}", flush=True)
    print(f"Its state is in {wishes.folder}; Ctrl-C ends it.", flush=True)
    if wishes.open_browser:
        webbrowser.open(address)
    house.set_scene(stage, kept)
    stack.enter_context(keeping.saving_along(wishes.folder, stage.workspace, house.page))
    ending.wait()


def free_port(wanted: int) -> int:
    """The wanted port, or the next free one, told in one line. 0 is any. Raises CommandError."""
    if wanted == 0:
        return _bound(0) or 0
    for port in range(wanted, min(wanted + PORTS, 65536)):
        if _bound(port) is not None:
            if port != wanted:
                print(f"Port {wanted} is taken; using {port}.", file=sys.stderr, flush=True)
            return port
    raise CommandError(f"no port from {wanted} on is free; name another one with: --port")


def _bound(port: int) -> int | None:
    try:
        with socket.create_server(("127.0.0.1", port)) as server:
            bound: int = server.getsockname()[1]
            return bound
    except OSError:
        return None


class House:
    """The page and the bot behind it, brought together by plain callables.

    Args:
        empty: begin with people and channels only.
    """

    def __init__(self, empty: bool = False) -> None:
        self._empty = empty
        self._stage: Stage | None = None
        self.page: Page

    def routes(self, workspace: Workspace) -> Sequence[BaseRoute]:
        """The page's addresses; the bot comes later."""
        config = PageConfig(
            start="team",
            person="ana",
            notes=NOTES,
            groups=GROUPS,
            time=TimeMachine(self._move, self._deadlines),
            tour=() if self._empty else steps(workspace, self._checked),
            file_check=FileCheck(
                "Check a receipt", "Check", lambda name: name.endswith(".json"), check_bulletin
            ),
            mask=masked,
        )
        self.page = Page(workspace, config)
        self.page.desk.preparing = "The fictional team is moving in."
        return self.page.routes

    def set_scene(self, stage: Stage, kept: keeping.Kept | None) -> None:
        """Let the bot come up and the past happen, or go on where it was left."""
        self._stage = stage
        wait_until(lambda: stage.bot.problem() is None)
        desk = self.page.desk
        if kept:
            desk.reads.restore(kept.reads)
            desk.tour.index = min(kept.tour["index"], max(len(desk.tour.steps) - 1, 0))
            desk.tour.open = kept.tour["open"] and bool(desk.tour.steps)
        else:
            self._begin(stage)
        with stage.workspace.state.changed():
            desk.preparing = ""

    def _begin(self, stage: Stage) -> None:
        desk, state = self.page.desk, stage.workspace.state
        people(stage)
        if not self._empty:
            desk.preparing = "The fictional team is voting on last week’s nomination."
            seed(stage)
        for channel in state.channels.values():
            if channel.kind in ("channel", "group"):
                for user_id in channel.members:
                    desk.reads.mark(user_id, channel)
        with state.changed():
            state.delivered, state.recorded, state.ephemerals = [], [], []

    def _move(self, by: timedelta) -> None:
        if self._stage:
            self._stage.bot.move_clock(by)

    def _checked(self) -> bool:
        return any(good for good, _ in self.page.desk.checks.values())

    def _deadlines(self) -> list[Deadline]:
        if self._stage is None:
            return []
        with self._stage.bot.database.reading() as session:
            return falling_due(session)


def check_bulletin(content: bytes, receipt: str) -> tuple[bool, Sequence[str]]:
    """What ``psrt-bot verify FILE --receipt CODE`` answers."""
    try:
        found = bulletin.verify(content, receipt=receipt.strip() or None)
    except (BundleError, ValueError) as error:
        return False, [f"{str(error).capitalize()}."]
    lines = told(found, bulletin.sha256(content), compared=False)
    if not receipt.strip():
        lines.append("No receipt was given: this is the recount alone.")
    return found.ok and found.found is not None, lines
