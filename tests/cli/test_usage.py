"""How the program answers what it does not understand, and what nobody foresaw."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, everything, refused


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), ("Missing command", "psrt-bot --help")),
        (("nonsense",), ("nonsense", "psrt-bot --help")),
        (("run", "--nonsense"), ("--nonsense", "psrt-bot run --help")),
        (("roster",), ("Missing command", "psrt-bot roster --help")),
        (("roster", "export", "--format", "xml"), ("xml", "psrt-bot roster export --help")),
        (("verify",), ("Missing argument", "psrt-bot verify --help")),
    ],
)
def test_usage_errors(cli: Cli, place: Path, args: tuple[str, ...], words: tuple[str, ...]) -> None:
    """A mistyped command line is one line on stderr that names the mistake and where help is."""
    refused(cli(*args), *words)
    assert everything(place) == {}


def test_help_of_everything(cli: Cli) -> None:
    """--help shows every command of the contract, and of each what it does."""
    shown = cli("--help")
    assert shown.code == 0
    for command in ("run", "demo", "manifest", "doctor", "verify", "roster", "db", "audit"):
        assert f"\n  {command} " in shown.text
        assert cli(command, "--help").code == 0


def test_help_imports_nothing_heavy() -> None:
    """--help answers without loading database, Slack or cryptography."""
    code = (
        "import sys; from psrt_bot.cli import main; assert main(['--help']) == 0;"
        "heavy = {'sqlalchemy', 'slack_sdk', 'slack_bolt', 'nacl', 'pydantic', 'uvicorn'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_unexpected_error(place: Path) -> None:
    """What nobody foresaw is one line with a reference, its traceback logged without values."""
    code = (
        "import sys, typer\n"
        "from psrt_bot import cli\n"
        "@cli.app.command()\n"
        "def broken() -> None:\n"
        "    raise LookupError('XXXX-a-secret')\n"
        "sys.exit(cli.main(['broken']))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("psrt-bot: ")
    assert last.split()[-1] in ran.stderr.splitlines()[0]  # the reference leads to the log line
    assert "LookupError" in ran.stderr
    assert "XXXX-a-secret" not in ran.stderr


def test_terminal_that_knows_ascii_alone(installed: Cli, place: Path) -> None:
    """Names a terminal cannot show do not break a command."""
    (place / "psrt.csv").write_text("Ana Łuczak,ana,Admin\nBen Bright,ben,Admin\n")
    ran = subprocess.run(
        [sys.executable, "-m", "psrt_bot", "roster", "import", "psrt.csv", "--dry-run"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert r"Ana \u0141uczak" in ran.stdout


def test_demo_without_its_extra() -> None:
    """Where the packages of the demo are not installed, the remedy is named."""
    code = (
        "import sys\n"
        "sys.modules['uvicorn'] = None  # as Python marks a module that cannot be found\n"
        "from psrt_bot import cli\n"
        "sys.exit(cli.main(['demo', '--headless']))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == "psrt-bot: uvicorn is not installed; run: pip install 'psrt-bot[demo]'\n"


def test_interrupted(place: Path) -> None:
    """Ctrl-C ends a command with 130, as shells have it, and no traceback."""
    os.mkfifo(place / "bundle.json")  # a command that waits for its input
    code = (
        "import signal, sys\n"
        # As in a terminal: who runs the tests in the background hands on a SIGINT that is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from psrt_bot.cli import main\n"
        "sys.exit(main(['verify', 'bundle.json']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True
    ) as process:
        writer = os.open(place / "bundle.json", os.O_WRONLY)  # opens once the command reads
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
            os.close(writer)
    assert (process.returncode, err.strip()) == (130, "")
