"""Two processes at once: one is held at a point, the other works until it is done or must wait."""

from dataclasses import dataclass
from typing import Any

from tests.stress.kills import Order
from tests.stress.nursery import Json, Process
from tests.stress.plans import plan
from tests.stress.points import BEGIN
from tests.stress.scene import Try

LISTEN = 0.02  # seconds between two questions whether the other waits for a lock
QUESTIONS = 500


@dataclass(frozen=True)
class Held:
    """A process at a point, before what the point names.

    Args:
        transaction: the one it is in, "read", "write" or "".
    """

    process: Process
    point: str
    transaction: str


def hold(process: Process, order: Order, number: int, kinds: tuple[str, ...]) -> Held:
    """Give a command and return once its process stands at the ``number``-th point."""
    process.send(order[0], plan("hold", number, kinds), **order[1])
    said = process.receive()
    assert "point" in said, f"it passed no {number} points: {said}"
    return Held(process, said["point"], said["transaction"])


def meanwhile(this: Try, held: Held, other: Process, order: Order) -> tuple[Any, Any, bool]:
    """Let another process work while the first is held, then let both go on.

    It works until its command is done, or until it waits for the held one: PostgreSQL tells who
    waits; on SQLite whoever begins to write waits while another writes.

    Returns:
        the held command's result, the other's, and whether the other had to wait.
    """
    other.send(order[0], plan("tell", 0, (BEGIN,)), **order[1])
    answer = _until_done_or_waiting(this, held, other)
    waited = answer is None
    held.process.go_on()
    first = held.process.result()
    return first, _result(answer) if answer else _finish(other), waited


def _until_done_or_waiting(this: Try, held: Held, other: Process) -> Json | None:
    for _ in range(QUESTIONS):
        if other.says_something(LISTEN):
            said = other.receive()
            if "point" not in said:
                return said
            other.go_on()
            if this.scene.store.is_sqlite and held.transaction and said["point"] == "begin write":
                return None
        elif this.waits_for_a_lock():
            return None
    raise AssertionError(f"neither done nor waiting: {other.story()}")


def _finish(other: Process) -> Any:
    while "point" in (said := other.receive()):
        other.go_on()
    return _result(said)


def _result(said: Json) -> Any:
    assert "error" not in said, said["error"]
    return said["result"]
