"""What a demo hands to the page: who is who, the time machine, the tour, what to mask.

The page knows a workspace and these plain values and callables; it knows no bot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Deadline:
    """Something that falls due at a moment; `what` says it to people."""

    at: datetime
    what: str


@dataclass(frozen=True)
class TimeMachine:
    """`move` lets time pass, for the app too, and returns once it has begun what fell due.

    `deadlines` lists what is still to come, soonest first.
    """

    move: Callable[[timedelta], None]
    deadlines: Callable[[], Sequence[Deadline]] = lambda: ()


@dataclass(frozen=True)
class Go:
    """A button of the tour: look at a place (a channel's or an app's name) as somebody."""

    label: str
    person: str
    place: str = ""


@dataclass(frozen=True)
class TourStep:
    """A step of the tour. `text` is mrkdwn; it is done once `done` has come to `of`."""

    title: str
    text: str
    go: Sequence[Go]
    done: Callable[[], int]
    of: int = 1

    def progress(self) -> tuple[int, int]:
        """How far it has come, of how much."""
        return min(self.done(), self.of), self.of


@dataclass(frozen=True)
class FileCheck:
    """A check that readers can make of a file: a label for what they type, and what it answers.

    `fits` says by its name whether a file can be checked; `run` takes the bytes and what was typed
    and answers lines, with whether all is well.
    """

    label: str
    button: str
    fits: Callable[[str], bool]
    run: Callable[[bytes, str], tuple[bool, Sequence[str]]]


@dataclass(frozen=True)
class PageConfig:
    """Everything the page can be given beside its workspace.

    Args:
        start: the channel a newcomer sees first, by name.
        person: who a newcomer is first.
        notes: a few words about people, by name ("admin", "candidate").
        groups: headings in the list of people, each with names; who is in none comes last.
        mask: takes any JSON the under-the-hood pane shows and returns it without secrets.
        show_hood: whether there is such a pane at all.
    """

    start: str = ""
    person: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[tuple[str, Sequence[str]]] = ()
    time: TimeMachine | None = None
    tour: Sequence[TourStep] = ()
    file_check: FileCheck | None = None
    mask: Callable[[Any], Any] = lambda value: value
    show_hood: bool = True
