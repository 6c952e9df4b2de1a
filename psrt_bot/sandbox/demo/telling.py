"""How a story is told: steps that hold or break, a line for each."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

from psrt_bot.sandbox.demo.stage import Stage


class Broken(Exception):
    """A step did not hold."""

    def __init__(self, expected: object, seen: object) -> None:
        super().__init__(f"expected {expected}; seen {seen}")
        self.expected = expected
        self.seen = seen


@dataclass(frozen=True)
class Step:
    """One step of the story.

    Args:
        title: what happens.
        act: does it, and returns what was seen, in lines. Raises Broken.
    """

    title: str
    act: Callable[[Stage], Iterable[str]]


def same(expected: object, seen: object) -> None:
    """Check that what is seen is what was expected. Raises Broken."""
    if expected != seen:
        raise Broken(expected, seen)


def contains(expected: str, text: str) -> None:
    """Check that a text holds another. Raises Broken."""
    if expected not in text:
        raise Broken(f"the words {expected!r}", text)


def tell(steps: Iterable[Step], stage: Stage, out: TextIO) -> bool:
    """Play the steps in order until one breaks; return whether all held."""
    began = time.monotonic()
    count = 0
    for step in steps:
        try:
            seen = list(step.act(stage))
        except Exception as error:  # noqa: BLE001 -- whatever it is, this step did not hold
            _tell_broken(step, error, out)
            return False
        print(f"✓ {step.title}", file=out, flush=True)
        for line in seen:
            print(f"    {line}", file=out, flush=True)
        count += 1
    print(f"All {count} steps held, in {time.monotonic() - began:.1f} s.", file=out, flush=True)
    return True


def _tell_broken(step: Step, error: Exception, out: TextIO) -> None:
    print(f"✗ {step.title}", file=out)
    if isinstance(error, Broken):
        print(f"    expected: {error.expected}", file=out)
        print(f"    seen:     {error.seen}", file=out)
    else:
        print("    expected: no error", file=out)
        print(f"    seen:     {type(error).__name__}: {error}", file=out)
    out.flush()
