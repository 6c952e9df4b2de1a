"""``psrt-bot run``: a real process in both transports, ended by signals; and what it refuses."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from psrt_bot.commandline.refusals import CommandError
from psrt_bot.commandline.running import parse_address
from psrt_bot.manifest import manifest
from psrt_bot.membership.service.people import REFUSAL
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.workspace import Workspace
from tests.cli.conftest import ROSTER, Cli, everything, refused

PATIENCE = 60  # it ends in a second; beside other work later, and that is no defect
SECONDS_TO_START = 30  # a cold start on a busy machine


@dataclass
class Slack:
    """A workspace, and the settings by which a bot finds it."""

    workspace: Workspace
    installation: Installation
    settings: dict[str, str]


@pytest.fixture
def slack(cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    """A workspace with one member, whose settings stand in the environment; a new database."""
    workspace = Workspace()
    ana = workspace.add_user("ana")
    workspace.add_user("oli")
    team = workspace.add_channel("team", private=True, members=["ana"])
    workspace.add_channel("general", members=["ana", "oli"])
    installation = workspace.install(manifest())
    workspace.invite_bot("team")
    (place / "psrt.csv").write_bytes(ROSTER)
    assert cli("db", "upgrade").code == 0
    assert cli("roster", "import", "psrt.csv").code == 0
    assert cli("roster", "link", "ana", ana.id).code == 0
    with workspace.serve() as server:
        settings = {
            "SLACK_BOT_TOKEN": installation.bot_token,
            "SLACK_APP_TOKEN": installation.app_token,
            "SLACK_SIGNING_SECRET": installation.signing_secret,
            "SLACK_API_URL": server.api_url,
            "PSRT_CHANNEL": team.id,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield Slack(workspace, installation, settings)


@contextmanager
def running(place: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A bot as a process, listening; killed if it is still there at the end."""
    log = place / "log"
    command = [sys.executable, "-m", "psrt_bot", "run", *args]
    with log.open("w") as stream:
        process = subprocess.Popen(command, stderr=stream, text=True)
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while "listening" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def ended(process: subprocess.Popen[str], place: Path, number: int) -> int:
    """End a process by a signal and return its exit code, once its log says that it stopped."""
    process.send_signal(number)
    code = process.wait(PATIENCE)
    assert "stopped" in (place / "log").read_text()
    return code


def knows_people(slack: Slack) -> None:
    """Wait until a new installation has asked Slack who there is; it asks for channels next."""
    slack.workspace.wait_for(
        lambda: any(call.method == "conversations.info" for call in slack.workspace.calls), 10
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_socket_mode(slack: Slack, place: Path, number: int) -> None:
    """`run` connects, answers a command, and ends with 0 on a signal, the socket closed."""
    with running(place) as process:
        slack.installation.wait_connected()
        knows_people(slack)
        answer = slack.workspace.as_user("ana").command("/nominate", "status", channel="general")
        assert (answer.status, answer.text) == ("ok", "There are no nominations under way.")
        assert ended(process, place, number) == 0
    assert slack.installation.connections == 0
    assert "where='Socket Mode'" in (place / "log").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_http(slack: Slack, place: Path, number: int) -> None:
    """`run --http` tells where it listens, answers signed requests, and ends with 0."""
    with running(place, "--http", "127.0.0.1:0") as process:
        found = re.search(r"where=(http://127\.0\.0\.1:\d+)", (place / "log").read_text())
        assert found is not None
        slack.installation.deliver_to(f"{found[1]}/slack/events")
        answer = slack.workspace.as_user("oli").command("/nominate", "status", channel="general")
        assert (answer.status, answer.text) == ("ok", REFUSAL)
        assert ended(process, place, number) == 0


def test_no_secret_in_the_log(slack: Slack, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even at DEBUG does the log hold a token or the signing secret."""
    monkeypatch.setenv("PSRT_LOG_LEVEL", "debug")
    with running(place) as process:
        slack.workspace.as_user("ana").command("/psrt", channel="general")
        assert ended(process, place, signal.SIGTERM) == 0
    log = (place / "log").read_text()
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        assert slack.settings[name] not in log


def test_a_checklist_that_cannot_be_used(
    slack: Slack, cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that names setting, file and line; nothing is begun."""
    (place / "own.toml").write_text('[[step]]\nkey = "a"\ntitle = "t"\ntext = "x"\nwho = "boss"\n')
    monkeypatch.setenv("PSRT_CHECKLIST", "own.toml")
    before = everything(place)
    refused(cli("run"), "PSRT_CHECKLIST: own.toml: line 5: 'who' is one of newcomer")
    assert everything(place) == before


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_refused_token(slack: Slack, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A token that Slack refuses ends the start with the setting's name, not the token."""
    wrong = f"{slack.settings[name][:4]}-wrong-1"
    monkeypatch.setenv(name, wrong)
    ran = cli("run")
    refused(ran, f"{name}: Slack refuses it (invalid_auth)", after_logs=True)
    assert wrong not in ran.err


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_taken_address(slack: Slack, cli: Cli, host: str) -> None:
    """An address that somebody else has is named."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"{host}:{other.getsockname()[1]}"
        refused(cli("run", "--http", address), address, "in use", after_logs=True)


def test_unreachable_slack(slack: Slack, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage of Slack does not stop a start; the log names it, a signal ends the bot."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: it refuses
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/api/"
        monkeypatch.setenv("SLACK_API_URL", url)
        with running(place) as process:
            assert "socket_mode_unreachable" in (place / "log").read_text()
            assert ended(process, place, signal.SIGTERM) == 0


def test_older_schema(slack: Slack, cli: Cli, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` refuses a database without our tables and one that is not there; both stay so."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///nowhere/psrt.db")
    before = everything(place)
    for args in (("run",), ("run", "--http", "127.0.0.1:0")):
        refused(cli(*args), "does not exist yet", "psrt-bot db upgrade")
    (place / "empty.db").touch()
    monkeypatch.setenv("DATABASE_URL", "sqlite:///empty.db")
    for args in (("run",), ("run", "--http", "127.0.0.1:0")):
        refused(cli(*args), "no tables yet", "psrt-bot db upgrade")
    assert everything(place) == before | {"empty.db": b""}


def test_missing_settings(cli: Cli) -> None:
    """Everything a transport misses is told at once, a line each."""
    names = {"SLACK_BOT_TOKEN:", "SLACK_APP_TOKEN:", "PSRT_CHANNEL:"}
    assert {line.split()[1] for line in cli("run").complaints} == names
    names = {"SLACK_BOT_TOKEN:", "SLACK_SIGNING_SECRET:", "PSRT_CHANNEL:"}
    ran = cli("run", "--http", "127.0.0.1:0")
    assert {line.split()[1] for line in ran.complaints} == names
    assert ran.code == 2


def test_unusable_key_folder(slack: Slack, cli: Cli, place: Path) -> None:
    """A key folder that others can read is refused with the remedy."""
    (place / "data/keys").mkdir()
    (place / "data/keys").chmod(0o750)
    refused(cli("run"), "open to other users", "chmod 700")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:3000", ("127.0.0.1", 3000)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    """HOST:PORT is read, an IPv6 host in brackets."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "3000", ":3000", "host:", "host:x", "host:65536", "::1:3000", "[::1]", "h:٣", "[h]:1"],
)
def test_malformed_addresses(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(CommandError, match="HOST:PORT"):
        parse_address(text)
