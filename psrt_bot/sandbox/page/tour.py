"""The tour: where a newcomer is in it. One for the whole page; it can be dismissed and reopened."""

from __future__ import annotations

from collections.abc import Sequence

from psrt_bot.sandbox.page.config import TourStep


class Tour:
    """The steps, the one shown, and whether it is shown at all."""

    def __init__(self, steps: Sequence[TourStep]) -> None:
        self.steps = tuple(steps)
        self.index = 0
        self.open = bool(self.steps)

    @property
    def step(self) -> TourStep | None:
        """The step shown now."""
        return self.steps[self.index] if self.open and self.steps else None

    def go(self, where: str) -> None:
        """`next`, `back`, `dismiss` or `reopen`. Raises KeyError for anything else."""
        moves = {"next": 1, "back": -1, "dismiss": 0, "reopen": 0}
        last = len(self.steps) - 1
        if where == "next" and self.index == last:
            self.open, self.index = False, 0
            return
        self.index = min(max(self.index + moves[where], 0), max(last, 0))
        self.open = bool(self.steps) and where != "dismiss"
