"""What is true at the very moment at which a call of the bot arrives at Slack."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psrt_bot.sandbox.faults import Fault
from psrt_bot.sandbox.workspace import Workspace
from storage.engine import Database
from storage.voting import Poll


@dataclass
class Arrivals:
    """Looks at database and key folder at the moment each call of a bot arrives at Slack.

    Args:
        early: the calls that came before the poll's keys were destroyed, and recorded as such.
    """

    workspace: Workspace
    database: Database
    poll: str
    keys: Path
    seen: int = 0
    early: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Look at every call from now on; nothing is disturbed."""
        self.workspace.faults.add("*", Fault("watched"), when=self._look)

    def _look(self, args: dict[str, Any]) -> bool:
        self.seen += 1
        with self.database.reading() as session:
            poll = session.get_one(Poll, self.poll)
        if poll.keys_destroyed_at is None or list(self.keys.glob(f"*{poll.id}.keys*")):
            self.early.append(str(args.get("text", "a call without text"))[:80])
        return False
