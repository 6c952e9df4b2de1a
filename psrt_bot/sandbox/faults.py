"""Faults on demand: what goes wrong, with which request or delivery, how often, on what condition.

Two kinds. A `Fault` strikes a request of the app: a Web API method by name, `upload` (the address
of files.getUploadURLExternal), `response_url`, or `*` for all of these. A `Mishap` strikes a
delivery to the app: `slash_commands`, `interactive`, `events_api`, a payload's or an event's type,
a command (`/vote`), or `deliveries` for all.

    workspace.faults.add("chat.postMessage", faults.rate_limited(7), times=2)
    workspace.faults.add("view_submission", faults.ack_lost())

A new kind of fault is a new value; `trouble.py` and `courier.py` know what each field means. The
table of docs/sandbox-fidelity.md lists them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from psrt_bot.sandbox.holding import Hold
from psrt_bot.sandbox.model import PATIENCE

When = Literal["before", "after"]
"""Before the effect (which then never happens) or after it."""
REQUESTS = frozenset({"*", "upload", "response_url"})


@dataclass(frozen=True)
class Fault:
    """What happens to one request of the app.

    `delay` and `lag` are real seconds before the effect and between effect and answer; `cut` drops
    the connection without an answer; `status` answers with this instead of the effect, or
    (`took_effect`) after it; `silent` never answers; `hold` waits for `release()`.
    """

    name: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    delay: float = 0.0
    cut: When | None = None
    took_effect: bool = False
    lag: float = 0.0
    silent: When | None = None
    hold: Hold = field(default_factory=Hold, compare=False, repr=False)
    held: bool = False

    def wait_held(self, count: int = 1, timeout: float = PATIENCE) -> None:
        """Wait until so many requests have met this fault. Raises AssertionError."""
        self.hold.wait(count, timeout)

    def release(self) -> None:
        """Let the held requests take effect, in their order; returns once they have.

        Raises LookupError when the fault holds nothing.
        """
        if not self.held:
            raise LookupError(f"the fault {self.name} holds nothing")
        self.hold.release()


@dataclass(frozen=True)
class Mishap:
    """What happens to one delivery to the app. `seconds` are real, and come before it."""

    name: str
    ack_lost: bool = False
    never: bool = False
    cut: bool = False
    copies: int = 1
    at_once: bool = False
    seconds: float = 0.0


def rate_limited(retry_after: int = 1) -> Fault:
    """429 with `Retry-After` in seconds: https://docs.slack.dev/apis/web-api/rate-limits"""
    body = {"ok": False, "error": "ratelimited"}
    return Fault("rate_limited", 429, {"Retry-After": str(retry_after)}, body)


def server_error(status: int = 503, took_effect: bool = False) -> Fault:
    """A 5xx, without effect or after it; the body is no JSON, as from a proxy before Slack."""
    return Fault("server_error", status, took_effect=took_effect)


def refused(code: str = "internal_error", took_effect: bool = False, **extra: Any) -> Fault:
    """HTTP 200 with an error of Slack's; `internal_error` and `fatal_error` may follow an effect.

    Source: the list of errors on every method's page.
    """
    body = {"ok": False, "error": code, **extra}
    return Fault(
        "refused", 200, {"Content-Type": "application/json"}, body, took_effect=took_effect
    )


def cut_before() -> Fault:
    """The connection is cut and nothing happened."""
    return Fault("cut_before", cut="before")


def cut_after() -> Fault:
    """The call took effect, and its answer is lost."""
    return Fault("cut_after", cut="after")


def timed_out(took_effect: bool = False) -> Fault:
    """No answer ever comes, until the client gives up; without effect, or after it."""
    return Fault("timed_out", silent="after" if took_effect else "before")


def late() -> Fault:
    """The request hangs until `release()`, and takes effect then, client or no client."""
    return Fault("late", held=True)


def delayed(seconds: float) -> Fault:
    """The call takes effect after so many real seconds, and is answered then."""
    return Fault("delayed", delay=seconds)


def slow_answer(seconds: float) -> Fault:
    """The call takes effect at once; the answer follows after so many real seconds."""
    return Fault("slow_answer", lag=seconds)


def ack_lost() -> Mishap:
    """The app acknowledges, and Slack never hears of it: the person sees a time-out at once."""
    return Mishap("ack_lost", ack_lost=True)


def never_delivered() -> Mishap:
    """It gets lost on the way: the app hears nothing, the person sees a time-out at once."""
    return Mishap("never_delivered", never=True)


def cut_off() -> Mishap:
    """The connection to the app is closed right after the payload was sent."""
    return Mishap("cut_off", cut=True)


def twice(at_once: bool = False) -> Mishap:
    """Delivered twice, word for word: one after the other, or both at once. The first ack counts.

    A redelivery is not marked as one, as after a reconnect of Slack's own.
    """
    return Mishap("twice", copies=2, at_once=at_once)


def delivered_late(seconds: float) -> Mishap:
    """Delivered so many real seconds late; its trigger ages meanwhile."""
    return Mishap("delivered_late", seconds=seconds)


Trouble = Fault | Mishap


@dataclass
class _Planned:
    name: str
    fault: Trouble
    left: int
    when: Callable[[dict[str, Any]], bool]


class Faults:
    """The faults still to come, in order. Safe to use from several threads."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._holds: list[Hold] = []
        self._lock = threading.Lock()

    def add(
        self,
        method: str,
        fault: Trouble,
        times: int = 1,
        when: Callable[[dict[str, Any]], bool] = lambda _args: True,
    ) -> None:
        """Plan a fault for the next `times` requests, or deliveries, of this name that fit.

        `when` is given the arguments of the call, or the payload. Raises TypeError for a Fault on
        a delivery and for a Mishap on a request.
        """
        if isinstance(fault, Fault) != ("." in method or method in REQUESTS):
            raise TypeError(f"{fault.name} cannot strike {method}")
        with self._lock:
            self._planned.append(_Planned(method, fault, times, when))
            if isinstance(fault, Fault):
                self._holds.append(fault.hold)

    def clear(self) -> None:
        """Everything works again; what is held stays held."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, args: dict[str, Any]) -> Fault | None:
        """The fault this request meets, counted down; None when it meets none."""
        met = self._take({method, "*"}, args)
        return met if isinstance(met, Fault) else None

    def take_mishap(self, names: set[str], payload: dict[str, Any]) -> Mishap | None:
        """The mishap this delivery meets, counted down; None when it meets none."""
        met = self._take(names | {"deliveries"}, payload)
        return met if isinstance(met, Mishap) else None

    def _take(self, names: set[str], args: dict[str, Any]) -> Trouble | None:
        with self._lock:
            for planned in self._planned:
                if planned.name in names and planned.left > 0 and planned.when(args):
                    planned.left -= 1
                    return planned.fault
        return None

    def abandon(self) -> None:
        """The server stops: whatever is held ends without effect."""
        with self._lock:
            holds = list(self._holds)
        for hold in holds:
            hold.abandon()
