"""The folder in which a demo goes on where it was left: database, keys, workspace, clock."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from psrt_bot.commandline.refusals import CommandError
from psrt_bot.sandbox import saving
from psrt_bot.sandbox.page.routes import Page
from psrt_bot.sandbox.workspace import Workspace

WORKSPACE = "workspace.json"
OURS = ("psrt.db", "psrt.db-wal", "psrt.db-shm", WORKSPACE, f"{WORKSPACE}.new", "lock")
KEYS = "keys"
SAVE_SECONDS = 0.5
SLACK = timedelta(seconds=SAVE_SECONDS + 1)
"""The clock goes on from a little after the last save, so that it never goes back."""


@dataclass(frozen=True)
class Kept:
    """What was found in the folder."""

    now: datetime
    state: dict[str, Any]
    reads: list[tuple[str, str, float]]
    tour: dict[str, Any]


def clear(folder: Path) -> None:
    """Remove what a demo left in the folder, and nothing else."""
    for name in OURS:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / KEYS, ignore_errors=True)


def load(folder: Path) -> Kept | None:
    """What was kept, or None in a folder without. Raises CommandError for what cannot be read."""
    file = folder / WORKSPACE
    if not file.exists():
        if (folder / "psrt.db").exists():  # it ended before its first save
            clear(folder)
        return None
    try:
        data = json.loads(file.read_text())
        return Kept(
            datetime.fromisoformat(data["now"]) + SLACK,
            data["state"],
            [(user, channel, at) for user, channel, at in data["reads"]],
            data["tour"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise CommandError(f"{file} cannot be read; start anew with: --reset") from None


def save(folder: Path, workspace: Workspace, page: Page) -> None:
    """Write everything down, all or nothing."""
    state, tour = workspace.state, page.desk.tour
    with state.reading():
        data = {
            "now": state.now().isoformat(),
            "state": saving.saved(state),
            "reads": page.desk.reads.saved(),
            "tour": {"index": tour.index, "open": tour.open},
        }
    new = folder / f"{WORKSPACE}.new"
    with open(new, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(data, file)
    new.replace(folder / WORKSPACE)


@contextmanager
def saving_along(folder: Path, workspace: Workspace, page: Page) -> Iterator[None]:
    """Save soon after each change, and at the end."""
    changed, ending = Event(), Event()

    def go_on() -> None:
        while not ending.is_set():
            changed.wait()
            ending.wait(SAVE_SECONDS)
            changed.clear()
            save(folder, workspace, page)

    thread = Thread(target=go_on, name="demo-saving", daemon=True)
    workspace.state.listeners.append(changed.set)
    changed.set()
    thread.start()
    try:
        yield
    finally:
        ending.set()
        changed.set()
        thread.join()
        workspace.state.listeners.remove(changed.set)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one demo. Raises CommandError when another one has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / "lock").open("w")
    except OSError as error:
        raise CommandError(f"{folder}: {error.strerror}; name another one with: --folder") from None
    with file:
        try:
            import fcntl
        except ImportError:  # not on Windows: there two demos must be kept apart by hand
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            said = f"a demo is running in {folder} already; end it, or name another: --folder"
            raise CommandError(said) from None
        yield
