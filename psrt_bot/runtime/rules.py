"""The one root of every refusal, and the pure decisions of delivery and time.

Each error's text is written for the person who will read it and is safe to show: it holds no
value of a form, no choice, no receipt, no token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum, unique


class RuleError(Exception):
    """Something the rules do not allow; ``str(error)`` says what and what to do instead."""


class NotAllowed(RuleError):
    """The person may not do this. The text reveals nothing about what there is.

    Args:
        lacking: the permission that none of their roles has; empty where it is not for want of one.
    """

    def __init__(self, text: str, *, lacking: str = "") -> None:
        super().__init__(text)
        self.lacking = lacking


class NotFound(RuleError):
    """What was asked for does not exist, or not for this person."""


class NotForYou(NotFound):
    """It exists, but not for this person; in the words of ``NotFound``, so that nobody can tell."""


class AlreadyDone(RuleError):
    """The state has moved on since the person saw it: nothing was changed now."""


class FieldProblems(RuleError):
    """One or more fields of a form are wrong.

    Args:
        problems: what is wrong, by the field's name (a modal's block id).
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


class Unavailable(RuleError):
    """Something the act needs cannot be reached now; nothing was changed, trying again is right."""


BASE_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=3)  # longer than a week-end's outage, shorter than a vote


def retry_delay(attempts: int, jitter: float) -> timedelta:
    """Return how long to wait after the ``attempts``-th failure: doubling, capped, spread out.

    Args:
        attempts: failures so far, at least 1.
        jitter: a random number from 0 to 1; the delay lies between one half and all of the step.
    """
    step: timedelta = min(BASE_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY)
    return step * (0.5 + jitter / 2)


@unique
class Outcome(StrEnum):
    """How an outbox row ended."""

    SENT = "sent"
    SUPERSEDED = "superseded"
    DROPPED = "dropped"
    DEAD = "dead"


@dataclass(frozen=True)
class Absent:
    """A time during which no bot was alive."""

    since: datetime
    until: datetime


ALIVE_WITHIN = timedelta(minutes=5)  # the heart beats every minute; a slow restart is no absence


def absence(last_beat: datetime, now: datetime) -> Absent | None:
    """Return the absence that a beat at ``now`` ends, or None when the bot was hardly away."""
    if now - last_beat <= ALIVE_WITHIN:
        return None
    return Absent(last_beat, now)


WAKING = (time(9), time(18))  # in the person's own zone (DESIGN section 2)


def next_waking(now: datetime, zone: tzinfo) -> datetime:
    """Return the first moment from ``now`` on that lies between 09:00 and 18:00 in ``zone``."""
    local = now.astimezone(zone)
    begin, end = WAKING
    if begin <= local.timetz().replace(tzinfo=None) < end:
        return now
    day = local.date() if local.time() < begin else local.date() + timedelta(days=1)
    return datetime.combine(day, begin, tzinfo=zone).astimezone(UTC)
