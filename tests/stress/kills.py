"""Running a step in a process that is killed at one point, or on one of its calls to Slack."""

import signal
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from psrt_bot.sandbox.faults import Fault, When
from psrt_bot.sandbox.holding import Held, Hold
from tests.stress.nursery import Killed, Process
from tests.stress.plans import KILLS, chosen, plan, trace
from tests.stress.scene import Scene, Try

Order = tuple[str, dict[str, Any]]
LOOK: Order = ("look", {})


class _Deadly(Hold):
    """Kills a process when its request arrives here, instead of letting it wait."""

    def __init__(self, victim: Process) -> None:
        super().__init__()
        self._victim = victim

    def enter(self) -> Held:
        """The request has come this far, and its sender no further."""
        self._victim.kill()
        return super().enter()


def die_on_call(
    this: Try, victim: Process, number: int, *, effect: bool, method: str = "*"
) -> None:
    """Let Slack's ``number``-th request of now on kill its sender, before or after its effect."""
    arrived = count(1)
    when: When = "after" if effect else "before"
    fault = Fault(f"killed {when}", silent=when, hold=_Deadly(victim))
    this.scene.workspace.faults.add(method, fault, when=lambda _args: next(arrived) == number)


def survives(victim: Process, order: Order, orders: dict[str, Any]) -> bool:
    """Give a command; return whether its process lived to answer it. It died by SIGKILL else."""
    do, arguments = order
    try:
        victim.ask(do, orders, **arguments)
    except Killed:
        assert victim.gone() == -signal.SIGKILL, victim.story()
        return False
    return True


def names_of(scene: Scene, now: datetime, order: Order, kinds: tuple[str, ...]) -> list[str]:
    """Run a command undisturbed and return the points it passed."""
    with scene.a_try() as this:
        this.jump(now)
        process = this.process(now)
        process.ask(order[0], trace(kinds), **order[1])
        return process.points


def killed_everywhere(
    scene: Scene, now: datetime, order: Order, covering: tuple[str, ...]
) -> Iterator[tuple[Try, str]]:
    """Yield a try for each point to be tried, with the point's name, after a kill just before it.

    Args:
        covering: the points that are tried by default.
    """
    names = names_of(scene, now, order, KILLS)
    for number in chosen(names, covering):
        with scene.a_try() as this:
            name = f"{number} of {len(names)}: {names[number - 1]}"
            assert killed_at(this, now, order, number, KILLS), f"not killed at {name}"
            yield this, name
    with scene.a_try() as this:
        assert not killed_at(this, now, order, len(names) + 1, KILLS), "points were left out"


def killed_at(this: Try, now: datetime, order: Order, number: int, kinds: tuple[str, ...]) -> bool:
    """Run a command that dies at its ``number``-th point; False when it has no so many."""
    this.jump(now)
    victim = this.process(now)
    this.arrivals.watch()
    return not survives(victim, order, plan("kill", number, kinds))


def killed_on_call(
    this: Try, now: datetime, order: Order, number: int, *, effect: bool, method: str = "*"
) -> bool:
    """Run a command that dies with its ``number``-th call; False when it makes no so many.

    Args:
        method: count the calls of this one alone.
    """
    this.jump(now)
    victim = this.process(now)
    this.arrivals.watch()  # first: of several faults that fit, the first one counts
    die_on_call(this, victim, number, effect=effect, method=method)
    return not survives(victim, order, trace(()))
