"""Which points are tried: every one of them under ``make stress``, some by name otherwise."""

import os
from collections import Counter
from typing import Any

from tests.stress.points import ANSWER, BEGIN, COMMIT, DURABLE, FILE, STATEMENT, WEB

ALL = os.environ.get("PSRT_STRESS") == "all"
EVERYTHING = (STATEMENT, BEGIN, COMMIT, FILE, WEB, ANSWER)
KILLS = (STATEMENT, *DURABLE)


def plan(how: str, at: int, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Return a plan as a command carries it."""
    return {"how": how, "at": at, "kinds": list(kinds)}


def trace(kinds: tuple[str, ...]) -> dict[str, Any]:
    """Return the plan that only lists the points."""
    return plan("trace", 0, kinds)


def chosen(names: list[str], covering: tuple[str, ...]) -> list[int]:
    """Return the numbers of the points to try, of those that an undisturbed run passed.

    Args:
        covering: those to try by default, by name; ``name#2`` is the second of that name. Each
            must be there: a part that is left out by mistake would say nothing.
    """
    if ALL:
        return list(range(1, len(names) + 1))
    seen: Counter[str] = Counter()
    numbers: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        seen[name] += 1
        numbers[name if seen[name] == 1 else f"{name}#{seen[name]}"] = number
    missing = [name for name in covering if name not in numbers]
    assert missing == [], f"no such points: {missing}; there are {list(numbers)}"
    return sorted(numbers[name] for name in covering)
