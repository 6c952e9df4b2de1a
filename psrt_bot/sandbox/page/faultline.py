"""The switches that make things go wrong, for everybody in the workspace until switched off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psrt_bot.sandbox import faults
from psrt_bot.sandbox.workspace import Workspace

ALWAYS = 1_000_000_000


@dataclass(frozen=True)
class Switch:
    """One way for things to go wrong, in the words of the page."""

    name: str
    label: str
    hint: str


SWITCHES = (
    Switch("limited", "Rate limit", "Posting is answered with 429, Retry-After: 2"),
    Switch("outage", "Outage", "Every Web API call is answered with 503"),
    Switch("twice", "Duplicate delivery", "Everything reaches the app twice"),
    Switch("lost", "Lost connection", "The app's connection is cut and stays down"),
)


class Faultline:
    """Which switches are on. The workspace's planned faults belong to it: others are cleared."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.on: set[str] = set()

    def turn(self, name: str, on: bool) -> None:
        """Switch one on or off. Raises KeyError for an unknown one."""
        acts: dict[str, Callable[[], None]] = {
            "limited": self._limited,
            "outage": self._outage,
            "twice": self._twice,
            "lost": self._lost,
        }
        _ = acts[name]
        with self._workspace.state.changed():
            self.on = self.on | {name} if on else self.on - {name}
            self._workspace.faults.clear()
            for chosen in self.on:
                acts[chosen]()
        if on and name == "lost":
            self._cut()

    def _limited(self) -> None:
        for method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
            self._workspace.faults.add(method, faults.rate_limited(2), ALWAYS)

    def _outage(self) -> None:
        self._workspace.faults.add("*", faults.server_error(), ALWAYS)

    def _twice(self) -> None:
        self._workspace.faults.add("deliveries", faults.twice(), ALWAYS)

    def _lost(self) -> None:
        self._workspace.faults.add("apps.connections.open", faults.server_error(), ALWAYS)

    def _cut(self) -> None:
        for app_id in list(self._workspace.state.apps):
            self._workspace.server.hub.disconnect(app_id, None)
