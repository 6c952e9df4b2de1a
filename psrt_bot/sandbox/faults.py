"""Faults on demand: what goes wrong, with which Web API method, how often, on what condition.

A new kind of fault is a new `Fault` value; the server alone knows what each field means.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """What happens to one call.

    `delay` is in real seconds and comes before the effect; `cut` drops the connection without an
    answer, before or after the effect; `status` answers with an HTTP error instead of the effect.
    """

    name: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    delay: float = 0.0
    cut: str | None = None


def rate_limited(retry_after: int = 1) -> Fault:
    """429 with `Retry-After` in seconds: https://docs.slack.dev/apis/web-api/rate-limits"""
    body = {"ok": False, "error": "ratelimited"}
    return Fault("rate_limited", 429, {"Retry-After": str(retry_after)}, body)


def server_error(status: int = 503) -> Fault:
    """A 5xx without effect; the body is not JSON, as from a proxy in front of Slack."""
    return Fault("server_error", status)


def cut_before() -> Fault:
    """The connection is cut and nothing happened."""
    return Fault("cut_before", cut="before")


def cut_after() -> Fault:
    """The call took effect, and its answer is lost."""
    return Fault("cut_after", cut="after")


def delayed(seconds: float) -> Fault:
    """The call takes effect after so many real seconds, and is answered then."""
    return Fault("delayed", delay=seconds)


@dataclass
class _Planned:
    method: str
    fault: Fault
    left: int
    when: Callable[[dict[str, Any]], bool]


class Faults:
    """The faults still to come, in order. Safe to use from several threads."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def add(
        self,
        method: str,
        fault: Fault,
        times: int = 1,
        when: Callable[[dict[str, Any]], bool] = lambda _args: True,
    ) -> None:
        """Plan a fault for the next `times` calls of a method (`*` for any) whose arguments fit."""
        with self._lock:
            self._planned.append(_Planned(method, fault, times, when))

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, args: dict[str, Any]) -> Fault | None:
        """The fault this call meets, counted down; None when it meets none."""
        with self._lock:
            for planned in self._planned:
                fits = planned.method in (method, "*") and planned.left > 0
                if fits and planned.when(args):
                    planned.left -= 1
                    return planned.fault
        return None
