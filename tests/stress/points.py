"""The named points of a process's work, at which it can be killed, held, or told of.

Counted at the edges alone: SQLAlchemy's events for statements, the begin and the commit of
transactions; the interpreter's audit hooks for the key folder's files and for requests to Slack.
Nothing of the bot is replaced, and nothing waits for time to pass.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

STATEMENT, BEGIN, COMMIT, FILE, WEB, ANSWER = (
    "statement",
    "begin",
    "commit",
    "file",
    "web",
    "answer",
)
# One point for each state that the outside world can be left in: what a transaction did before its
# commit is undone together, so a kill at any of its statements equals the kill before its commit.
DURABLE = (COMMIT, FILE, WEB, ANSWER)
# Where no transaction of this process is under way, so that others are not held up with it.
BETWEEN = (BEGIN, FILE, WEB, ANSWER)

_TABLE = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|BEGIN|PRAGMA)\b(?:.*?\b(?:FROM|INTO|UPDATE)\s+(\w+))?",
    re.DOTALL,
)
_UPDATED = re.compile(r"\s*UPDATE\s+(\w+)")


@dataclass(frozen=True)
class Plan:
    """What to do at the ``at``-th point of ``kinds`` (counted from 1), before it happens.

    Args:
        how: ``kill``, ``hold`` (say so, and wait for a word), ``tell`` (say so at every one of the
            kinds and go on), or ``trace`` (only list them).
        at: 0 for none.
    """

    how: str = "trace"
    at: int = 0
    kinds: tuple[str, ...] = (STATEMENT, *DURABLE)


@dataclass
class Points:
    """Counts the points of the main thread while a plan is set.

    Args:
        meet: called for ``hold`` and ``tell`` with the point's name, its number, and the
            transaction that is open ("read", "write" or ""); returns when the process may go on.
    """

    meet: Callable[[str, int, str], None]
    names: list[str] = field(default_factory=list)
    _plan: Plan | None = None
    _transaction: str = ""
    _written: str = ""

    def attach(self) -> None:
        """Listen at the edges; once in a process's life."""
        event.listen(Engine, "begin", self._begin)
        event.listen(Engine, "commit", self._commit)
        event.listen(Engine, "rollback", self._rollback)
        event.listen(Engine, "before_cursor_execute", self._statement)
        sys.addaudithook(self._audit)

    def begin_counting(self, plan: Plan) -> None:
        """Count from 1 by this plan."""
        self.names, self._plan = [], plan

    def stop_counting(self) -> list[str]:
        """Return the names of the points that were passed."""
        self._plan = None
        return self.names

    def reach(self, kind: str, name: str) -> None:
        """A point is reached; what it stands before has not happened yet."""
        plan = self._plan
        if plan is None or kind not in plan.kinds:
            return
        if threading.current_thread() is not threading.main_thread():
            return
        self.names.append(name)
        number = len(self.names)
        if plan.how == "tell":
            self.meet(name, number, self._transaction)
        elif number != plan.at:
            return
        elif plan.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif plan.how == "hold":
            self._plan = None  # what looks around while we are held is not counted
            self.meet(name, number, self._transaction)
            self._plan = plan

    def _begin(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        kind = "write" if options.get("psrt_write") else "read"
        if options.get("psrt_glance"):
            kind = ""  # no transaction: each statement sees, and holds up, nothing but itself
        self.reach(BEGIN, f"begin {kind or 'glance'}")
        self._transaction, self._written = kind, ""

    def _commit(self, _connection: Connection) -> None:
        self.reach(COMMIT, f"commit {self._written}".strip())
        self._transaction = ""

    def _rollback(self, _connection: Connection) -> None:
        self._transaction = ""

    def _statement(self, _c: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        name = _spoken(statement)
        self.reach(STATEMENT, name)
        if name.startswith(("INSERT", "UPDATE", "DELETE")):
            self._written = name

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self._plan is None:
            return
        if name == "urllib.Request":
            address = str(arguments[0])
            upload = "/upload/" in address  # whose last part is a key, another each time
            self.reach(WEB, "call upload" if upload else f"call {address.rpartition('/')[2]}")
        elif name in ("open", "os.remove", "os.link", "os.rename"):
            path = os.fspath(arguments[0]) if isinstance(arguments[0], str | os.PathLike) else ""
            file = os.path.basename(path)
            if file == "keys" or ".keys" in file:
                kind = "folder" if file == "keys" else ".tmp" if ".tmp." in file else "keys"
                self.reach(FILE, f"{name} {kind}")


def _spoken(statement: str) -> str:
    """Return what a statement does to which table, without any value."""
    if found := _UPDATED.match(statement):
        return f"UPDATE {found[1]}"
    found = _TABLE.match(statement)
    return " ".join(part for part in found.groups() if part) if found else statement.split()[0]
