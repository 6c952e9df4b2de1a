"""Requests that hang until a test lets them go on."""

from __future__ import annotations

import threading
from concurrent.futures import Future

EFFECT_SECONDS = 5.0


class Held:
    """One request that hangs."""

    def __init__(self) -> None:
        self.go: Future[bool] = Future()
        """True: take effect now; False: the server stops, take none."""
        self.done = threading.Event()
        """The effect has happened."""

    def end(self, *, effect: bool) -> None:
        """Let it go on; only the first word counts."""
        if not self.go.done():
            self.go.set_result(effect)


class Hold:
    """The requests that one fault holds, oldest first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._held: list[Held] = []
        self._met = 0
        self._condition = threading.Condition()

    def enter(self) -> Held:
        """A request arrives, and is held."""
        held = Held()
        with self._condition:
            self._held.append(held)
            self._met += 1
            self._condition.notify_all()
        return held

    def wait(self, count: int, timeout: float) -> None:
        """Wait until `count` requests have arrived in all. Raises AssertionError."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._met >= count, timeout):
                raise AssertionError(f"{self._met} of {count} requests arrived in {timeout} s")

    def _leave(self) -> list[Held]:
        with self._condition:
            held, self._held = self._held, []
        return held

    def release(self) -> None:
        """Let them take effect one after the other. Raises AssertionError for one that does not."""
        for held in self._leave():
            held.end(effect=True)
            if not held.done.wait(EFFECT_SECONDS):
                raise AssertionError("a released request took no effect")

    def abandon(self) -> None:
        """Let them end without effect."""
        for held in self._leave():
            held.end(effect=False)
