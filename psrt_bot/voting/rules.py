"""The decisions of the secret poll, pure: states, the threshold, what may be said and when."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique

MIN_BULLETIN = 3
"""Fewest ballots published one by one (DESIGN 5): two would tell each voter the other's."""

OUTAGE_SHARE = 7
"""Away for more than a seventh of the vote, a day of a week, and admins decide (DESIGN 4)."""


@unique
class Choice(StrEnum):
    """What a ballot says (R2). An abstention is a ballot, but not a vote (R3)."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


@unique
class PollState(StrEnum):
    """Where a poll stands (DESIGN 5); `TRANSITIONS` says where it may go."""

    WAITING = "waiting"  # for an admin's go-ahead: small electorate, or members without Slack
    OPEN = "open"
    CLOSING = "closing"  # no ballot is taken any more; the count may be repeated until it is stored
    CLOSED = "closed"
    CANCELLING = "cancelling"  # rows and keys are being destroyed
    CANCELLED = "cancelled"
    DISPUTED = "disputed"  # rows that no elector can have cast: no result
    KEYS_MISSING = "keys_missing"  # the right key store answers and does not hold the keys
    VOID = "void"


TRANSITIONS: Mapping[PollState, frozenset[PollState]] = {
    PollState.WAITING: frozenset({PollState.OPEN, PollState.CANCELLED}),
    PollState.OPEN: frozenset({PollState.CLOSING, PollState.CANCELLING}),
    PollState.CLOSING: frozenset(
        {PollState.CLOSED, PollState.DISPUTED, PollState.KEYS_MISSING, PollState.VOID}
    ),
    PollState.KEYS_MISSING: frozenset({PollState.CLOSING, PollState.VOID, PollState.CANCELLING}),
    PollState.CANCELLING: frozenset({PollState.CANCELLED}),
    PollState.DISPUTED: frozenset({PollState.VOID}),
    PollState.CLOSED: frozenset(),
    PollState.CANCELLED: frozenset(),
    PollState.VOID: frozenset(),
}
"""Every permitted step. A waiting poll has neither keys nor ballots, so it is cancelled at once."""


def may_become(before: PollState, after: PollState) -> bool:
    """Whether a poll may go from `before` to `after` in one step (DESIGN 5)."""
    return after in TRANSITIONS[before]


@dataclass(frozen=True)
class Tally:
    """How many ballots said what. Raises ValueError for a negative number."""

    yes: int
    no: int
    abstain: int

    def __post_init__(self) -> None:
        if min(self.yes, self.no, self.abstain) < 0:
            raise ValueError("a tally has no negative numbers")

    @property
    def ballots(self) -> int:
        """All ballots, abstentions too."""
        return self.yes + self.no + self.abstain


_FRACTION = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Threshold:
    """The share of positive votes that passes a poll, as a fraction (R3: 2/3).

    Raises ValueError unless 0 < numerator/denominator <= 1.
    """

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if not 0 < self.numerator <= self.denominator:
            raise ValueError("a threshold is above 0 and at most 1, for instance 2/3")

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Read `"2/3"`: integers of at most six digits. Raises ValueError saying what is wrong."""
        match = _FRACTION.fullmatch(text.strip())
        if match is None:
            raise ValueError("a threshold is a fraction of two whole numbers, for instance 2/3")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


def passes(tally: Tally, threshold: Threshold) -> bool:
    """Whether the poll passes (R3): someone said yes, and yes reaches its share of yes and no.

    In integers, so that exactly two thirds pass. Abstentions are not votes; without a vote nothing
    passes.
    """
    votes = tally.yes + tally.no
    return tally.yes >= 1 and threshold.denominator * tally.yes >= threshold.numerator * votes


def bulletin_published(ballots: int) -> bool:
    """Whether ballots are published one by one, or only passed / not passed (DESIGN 5)."""
    return ballots >= MIN_BULLETIN


# ASCII alone: the bulletin is compared by eye, and many letters of Unicode look alike.
CHECK_WORD = re.compile(r"[A-Za-z0-9]{2,16}")

# Letters that NFKD leaves alone, so that "Lukasz" is found in "Łukasz".
_PLAIN = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_NAME_TOKEN = re.compile(r"[^\W\d_]+|\d+")


def check_word_problem(word: str, *, own_names: Iterable[str]) -> str | None:
    """Why `word` cannot be a check word, as a sentence to show; None when it can (DESIGN 5).

    It will be published, so it must not be a part of the voter's `own_names` (display name, user
    name, GitHub name ...) in any case: one word, or neighbouring words run together.
    The sentence does not repeat the word.
    """
    if CHECK_WORD.fullmatch(word) is None:
        return "A check word is 2 to 16 letters (A to Z) or digits, without spaces or accents."
    if any(word.lower() in _name_parts(name) for name in own_names):
        return "Please choose another check word: it is published, and this is part of your name."
    return None


def _name_parts(name: str) -> set[str]:
    """Every run of neighbouring words of a name with two letters or more, in plain lower case."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    tokens = _NAME_TOKEN.findall("".join(c for c in decomposed if not unicodedata.combining(c)))
    runs = ("".join(tokens[i:j]) for i in range(len(tokens)) for j in range(i + 1, len(tokens) + 1))
    return {run for run in runs if sum(map(str.isalpha, run)) >= 2}


def reminder_times(
    opens_at: datetime, closes_at: datetime, before: Sequence[timedelta]
) -> list[datetime]:
    """When to remind those who have not voted: UTC, ascending, each time once, while it is open.

    `before` holds distances from the close; what does not lie strictly between is
    left out. Raises ValueError as `_window` does.
    """
    opens, closes = _window(opens_at, closes_at)
    return sorted({closes - d for d in before if timedelta(0) < d < closes - opens})


def electorate_hash(poll_id: str, electors: Iterable[tuple[str, str]]) -> str:
    """Hex SHA-256 of the frozen electorate, pairs of person id and Slack user id (DESIGN 5).

    Over canonical JSON, sorted, so that neither the order nor a separator in an id matters.
    Raises ValueError for an empty electorate, or when a person or a Slack user stands in it twice:
    that would be somebody with two ballots.
    """
    pairs = sorted(electors)
    if not pairs:
        raise ValueError("an electorate has at least one elector")
    if any(len(set(column)) != len(pairs) for column in zip(*pairs, strict=True)):
        raise ValueError("an elector stands in the electorate twice")
    canonical = json.dumps(
        {"electors": pairs, "poll_id": poll_id},
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def outage_blocks_close(
    opens_at: datetime, closes_at: datetime, gaps: Iterable[tuple[datetime, datetime]]
) -> bool:
    """Whether the bot was away so long that admins decide instead of the deadline (DESIGN 4).

    `gaps` are (from, until) when it was away, in any order; what overlaps counts once, what lies
    outside the vote not at all. More than a seventh of the vote blocks, exactly a seventh does not.
    Raises ValueError as `_window` does.
    """
    opens, closes = _window(opens_at, closes_at)
    away, seen_until = timedelta(0), opens
    for start, end in sorted((_utc(start), _utc(end)) for start, end in gaps):
        start, end = max(start, seen_until), min(end, closes)
        if start < end:
            away += end - start
            seen_until = end
    return OUTAGE_SHARE * away > closes - opens


def _window(opens_at: datetime, closes_at: datetime) -> tuple[datetime, datetime]:
    """Both in UTC. Raises ValueError for a time without zone, or a close not after the opening."""
    opens, closes = _utc(opens_at), _utc(closes_at)
    if opens >= closes:
        raise ValueError("a poll closes after it opens")
    return opens, closes


def _utc(moment: datetime) -> datetime:
    # Differences within one zone ignore its clock changes, so everything is brought to UTC first.
    if moment.utcoffset() is None:
        raise ValueError("a time needs a time zone")
    return moment.astimezone(UTC)
