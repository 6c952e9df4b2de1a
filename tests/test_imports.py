"""Nothing happens at import (STYLE, house habit 1)."""

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("psrt_bot", "commands", "storage")
ROOT = Path(__file__).parent.parent

# Alembic's env.py is a script that Alembic runs inside a migration, not a module.
SCRIPTS = ("storage.migrations.env",)

IMPORT_ALL = """
import importlib, logging, signal, sys, threading

ACTS = (
    "socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "_thread.start_new_thread"
)

def state():
    return (
        signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT),
        logging.root.level, list(logging.root.handlers),
        sys.excepthook, threading.excepthook, threading.active_count(),
    )

def watch(event, args):
    if watching and event in ACTS:
        print("an import does", event, args[:1], file=sys.stderr)
    if watching and event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        print("an import writes", args[0], file=sys.stderr)

watching = True
sys.dont_write_bytecode = True
before = state()
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
watching = False
assert state() == before, (before, state())
"""


def modules() -> list[str]:
    """Every module of ours, by walking the folders."""
    paths = [str(ROOT / package) for package in PACKAGES]
    names = list(PACKAGES)
    for package, path in zip(PACKAGES, paths, strict=True):
        names += [found.name for found in pkgutil.walk_packages([path], f"{package}.")]
    return [name for name in names if name not in SCRIPTS and not name.endswith("__main__")]


def test_every_module_imports_in_an_empty_environment(tmp_path: Path) -> None:
    """Every module imports with no setting, from an empty folder, and does nothing there."""
    names = modules()
    assert {"psrt_bot.app", "psrt_bot.sandbox.demo.play", "commands.vote", "storage.tables"} <= set(
        names
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_ALL, *names],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_packages_do_not_run_code() -> None:
    """Every ``__init__.py`` is empty."""
    for package in PACKAGES:
        for init in (ROOT / package).rglob("__init__.py"):
            assert init.read_bytes() == b"", init
