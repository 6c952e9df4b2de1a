"""The command line in a folder of its own: real files, a real SQLite database, no settings."""

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from psrt_bot.cli import main
from psrt_bot.runtime.logs import configure_logging

ROSTER = b"Ana Andrade,ana,Admin\nBen Bright,ben,Admin\nChi Chen,chi,Release Manager\nDov Dahan,,\n"
EMERITI = b"Eve Eriksen,,\nFay Falk,fay,Release Manager\n"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What it said on stdout."""
        return self.out.decode()

    @property
    def complaints(self) -> list[str]:
        """The lines on stderr."""
        return self.err.splitlines()


Cli = Callable[..., Ran]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no setting set."""
    for name in list(os.environ):
        if name.startswith(("PSRT_", "SLACK_", "GITHUB_", "DATABASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(place: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[Cli]:
    """Run commands as the entry point does."""
    restore_logging = configure_logging("WARNING", "console", io.StringIO())

    def run(*args: str) -> Ran:
        capsysbinary.readouterr()
        code = main(args)
        said = capsysbinary.readouterr()
        return Ran(code, said.out, said.err.decode())

    yield run
    restore_logging()


@pytest.fixture
def installed(cli: Cli, place: Path) -> Cli:
    """A database with four members and two emeriti."""
    (place / "psrt.csv").write_bytes(ROSTER)
    (place / "psrt-emeritus.csv").write_bytes(EMERITI)
    assert cli("db", "upgrade").code == 0
    assert cli("roster", "import", "psrt.csv", "--emeritus", "psrt-emeritus.csv").code == 0
    return cli


def everything(place: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def refused(ran: Ran, *words: str, after_logs: bool = False) -> None:
    """Check a refusal: exit code 2, one line on stderr that holds the words, nothing on stdout.

    With ``after_logs`` log lines may stand before it.
    """
    lines = ran.complaints[-1:] if after_logs else ran.complaints
    assert (ran.code, len(lines), ran.out) == (2, 1, b""), ran
    assert lines[0].startswith("psrt-bot: ")
    assert ran.err.count("psrt-bot: ") == 1
    for word in words:
        assert word in lines[0]
