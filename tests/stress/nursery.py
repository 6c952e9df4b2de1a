"""Real processes for a few milliseconds each: forked from one that has imported everything.

The nursery is a process of its own with one thread, so that a fork copies no lock that another
thread holds (the test process serves the sandbox in threads).
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds; a test that waits longer hangs


class Killed(Exception):
    """The process died while it was to answer."""


class Process:
    """One driver process, and the way to speak with it."""

    def __init__(self, nursery: "Nursery", pid: int, connection: socket.socket, log: Path) -> None:
        self.pid = pid
        self.log = log
        self._nursery = nursery
        self._ended: int | None = None
        connection.settimeout(PATIENCE)
        self._connection = connection
        self._reader = connection.makefile("r")

    def send(self, do: str, plan: Json | None = None, /, **arguments: Any) -> None:
        """Give a command without waiting for its answer."""
        self._write({"do": do, "plan": plan, "with": arguments})

    def receive(self) -> Json:
        """Return the next line: a point that was reached, or the answer.

        Raises:
            Killed: it died instead.
        """
        try:
            line = self._reader.readline()
        except ConnectionResetError:
            line = ""
        except TimeoutError:
            raise AssertionError(f"process {self.pid} says nothing; {self.story()}") from None
        if not line:
            raise Killed
        said: Json = json.loads(line)
        return said

    def ask(self, do: str, plan: Json | None = None, /, **arguments: Any) -> Any:
        """Give a command and return its result.

        Raises:
            Killed: it died instead of answering.
            AssertionError: it raised.
        """
        self.send(do, plan, **arguments)
        return self.result()

    def result(self) -> Any:
        """Return the result of the command that is under way, with its points in ``points``."""
        said = self.receive()
        assert "point" not in said, f"unexpectedly at {said}"
        assert "error" not in said, f"{said['error']}; {self.story()}"
        self.points: list[str] = said["points"]
        return said["result"]

    def says_something(self, within: float) -> bool:
        """Wait at most so many seconds; return whether ``receive`` would return at once."""
        return bool(select.select([self._connection], [], [], within)[0])

    def go_on(self) -> None:
        """Let a process that was held or told of a point go on."""
        self._write({})

    def kill(self) -> None:
        """SIGKILL, from outside."""
        os.kill(self.pid, signal.SIGKILL)

    def gone(self) -> int:
        """Wait for its end and return how it ended: minus the signal, or the exit code."""
        if self._ended is None:
            self._reader.close()
            self._connection.close()
            self._ended = self._nursery.wait(self.pid)
        return self._ended

    def story(self) -> str:
        """What it said on stderr."""
        return self.log.read_text(errors="replace")[-3000:]

    def _write(self, said: Json) -> None:
        self._connection.sendall((json.dumps(said) + "\n").encode())


class Nursery:
    """Forks driver processes."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        # The nursery is no part of what is measured, and half as fast when it is.
        quiet = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_PROCESS")}
        self._control = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.stress.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env=quiet,
        )
        theirs.close()
        self._answers = ours.makefile("r")

    def fork(self, spec: Json, log: Path) -> Process:
        """Start a process whose stdout and stderr go to ``log``."""
        ours, theirs = socket.socketpair()
        order = json.dumps({"spec": spec, "log": str(log)}).encode()
        socket.send_fds(self._control, [len(order).to_bytes(4, "big") + order], [theirs.fileno()])
        theirs.close()
        return Process(self, int(self._answers.readline()), ours, log)

    def wait(self, pid: int) -> int:
        """Return how a process ended, once it has."""
        order = json.dumps({"wait": pid}).encode()
        self._control.sendall(len(order).to_bytes(4, "big") + order)
        return int(self._answers.readline())

    def close(self) -> None:
        """End the nursery; its processes end with their connections."""
        self._answers.close()
        self._control.close()
        self._process.wait(timeout=PATIENCE)


def _serve(control: socket.socket) -> None:
    while True:
        head, fds, _flags, _address = socket.recv_fds(control, 4, 1)
        if not head:
            return
        order = json.loads(control.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        if "wait" in order:
            _pid, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                control.close()
                _live(socket.socket(fileno=fds[0]), order)
            os.close(fds[0])
        control.sendall(f"{answer}\n".encode())


def _live(connection: socket.socket, order: Json) -> None:
    from tests.stress import driver

    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        driver.run(connection, order["spec"])
        os._exit(0)
    except BaseException:  # noqa: BLE001 -- whatever it was, no fork may return into the nursery
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _warm_up() -> None:
    """Build a bot once, so that whatever is imported late is imported before the forks."""
    from tempfile import TemporaryDirectory

    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 -- SQLAlchemy imports it when used

    from psrt_bot.app import Bot
    from psrt_bot.runtime.clock import MovableClock
    from storage.engine import Database
    from storage.schema import upgrade
    from tests.settings import settings_of
    from tests.stress import driver  # noqa: F401 -- what a process runs

    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/warm.db"
        database = Database(url)
        upgrade(database)
        database.close()
        settings = settings_of(
            slack_bot_token="xoxb-warm",
            slack_signing_secret="0" * 32,
            slack_api_url="http://127.0.0.1:9/api/",
            team_channel="C0WARM",
            database_url=url,
            keys=f"file:{folder}/keys",
        )
        bot = Bot(settings, clock=MovableClock(frozen=True))
        bot.start(http=("127.0.0.1", 0), background=False)
        bot.look()
        bot.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the tests' affair
    _warm_up()
    _serve(socket.socket(fileno=int(sys.argv[1])))
