"""Measuring: the median of several rounds, the two sides taking turns."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ROUNDS = 7


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        ours: seconds an operation through the bot.
        base: seconds an operation of what it is compared with.
        aim: the ratio base / ours that we want to reach at least; None where none was set.
    """

    name: str
    ours: float
    base: float
    base_name: str
    aim: float | None

    @property
    def ratio(self) -> float:
        """How fast ours is, the other side being 1."""
        return self.base / self.ours

    def line(self) -> str:
        """Return the line for people."""
        return (
            f"{self.name:<46} {self.ours * 1e6:>10.0f} us  {self.base * 1e6:>10.0f} us  "
            f"{self.ratio:>7.2f}  (aim {self._aim})  vs {self.base_name}"
        )

    def markdown(self) -> str:
        """Return the line of a table in Markdown."""
        times = (f"{seconds * 1e3:.2f} ms" for seconds in (self.ours, self.base))
        parts = (self.name, self.base_name, *times, f"{self.ratio:.2f}")
        return f"| {' | '.join(parts)} | {self._aim} |"

    @property
    def _aim(self) -> str:
        if self.aim is None:
            return "—"
        return f"{self.aim:g}, {'met' if self.ratio >= self.aim else 'missed'}"


def each(work: Callable[[int], object], times: int) -> float:
    """Return the seconds that one call of ``work(i)`` takes, over ``times`` calls."""
    started = perf_counter()
    for i in range(times):
        work(i)
    return (perf_counter() - started) / times


def in_turns(times: int, *sides: Callable[[int], object]) -> list[float]:
    """Return the median seconds a call of each side. The sides take turns, so that all see the same
    machine; the first round warms up and is thrown away."""
    rounds = [[each(side, times) for side in sides] for _ in range(ROUNDS + 1)]
    return [median(found) for found in zip(*rounds[1:], strict=True)]
