"""The bulletin bundle: what a closed poll publishes, and its offline recount (DESIGN 5).

Not checked, because nobody can from the file alone: that each ballot is an elector's, and that no
voter's ballot is missing; each voter looks for their own receipt.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psrt_bot.voting.ballot import RECEIPT, Ballot, normalise_receipt
from psrt_bot.voting.rules import (
    CHECK_WORD,
    MIN_BULLETIN,
    Choice,
    Tally,
    Threshold,
    bulletin_published,
    passes,
)

FORMAT = "psrt-bot/bulletin/1"
MAX_BYTES = 5 * 1024 * 1024
"""Largest bundle that is read: about 45,000 ballots; a bigger file is a mistake or mischief."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_POLL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UTC_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}/[1-9][0-9]{0,5}")
_CHOICE = re.compile("|".join(Choice))
_SHA256 = re.compile(r"[0-9a-f]{64}")

_MISSING = (
    "Your receipt is not in this bundle. Check the typing, and that the bundle is of your vote. If "
    "you voted more than once, only your last ballot counts: use the receipt of that one. If it "
    "is still missing, tell the admins that your ballot is, but show nobody the receipt: "
    "mistyped or of another vote, it may still show how you voted."
)


class BundleError(ValueError):
    """The bytes are no bundle of this format; one line naming the field, without its value."""


@dataclass(frozen=True)
class Verification:
    """What a recount found. `problems` are sentences for people; empty means that all holds.

    `tally` and `passed` are recounted, not believed. `found` is the ballot of the receipt asked
    for, when exactly one carries it; repr hides it.
    """

    problems: tuple[str, ...]
    poll_id: str
    threshold: Threshold
    tally: Tally
    passed: bool
    electorate_size: int
    electorate_hash: str
    found: Ballot | None = field(repr=False)
    receipt_missing: bool

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems


@dataclass(frozen=True)
class _Bundle:
    poll_id: str
    opened_at: datetime
    closed_at: datetime
    threshold: Threshold
    electorate_size: int
    electorate_hash: str
    tally: Tally
    passed: bool
    ballots: tuple[Ballot, ...] = field(repr=False)


def build(
    *,
    poll_id: str,
    opened_at: datetime,
    closed_at: datetime,
    threshold: Threshold,
    electorate_size: int,
    electorate_hash: str,
    ballots: Iterable[Ballot],
) -> bytes:
    """The bundle of a closed poll: canonical JSON, the same bytes for the same poll (DESIGN 5).

    Times are aware and cut to seconds; tally and result come from the ballots, in any order.
    Raises BundleError for what `verify` would refuse, so that no such bundle is ever published.
    """
    ordered = sorted(ballots, key=lambda b: b.receipt)
    tally = _recount(ordered)
    document = {
        "format": FORMAT,
        "poll_id": poll_id,
        "opened_at": _time_text(opened_at),
        "closed_at": _time_text(closed_at),
        "threshold": str(threshold),
        "electorate": {"size": electorate_size, "hash": electorate_hash},
        "tally": {"yes": tally.yes, "no": tally.no, "abstain": tally.abstain},
        "passed": passes(tally, threshold),
        "ballots": [
            {"receipt": b.receipt, "check_word": b.check_word, "choice": b.choice.value}
            for b in ordered
        ],
    }
    data = json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"
    problems = verify(data).problems
    if problems:
        raise BundleError(problems[0])
    return data


def sha256(data: bytes) -> str:
    """The hex SHA-256 that the result message and the audit log carry."""
    return hashlib.sha256(data).hexdigest()


def verify(data: bytes, *, receipt: str | None = None, sha256: str | None = None) -> Verification:
    """Recount a bundle, and look for a receipt as typed and compare a hex SHA-256 when given.

    Raises BundleError when the bytes are no bundle; what is wrong with one is in `problems`.
    """
    bundle = _parse(data)
    tally = _recount(bundle.ballots)
    problems = _contradictions(bundle, tally)
    if sha256 is not None and sha256.strip().lower() != hashlib.sha256(data).hexdigest():
        problems.append("The file's SHA-256 is not the one given: it is not the file published.")
    mine = () if receipt is None else _carrying(bundle.ballots, receipt)
    receipt_missing = receipt is not None and not mine
    if receipt_missing:
        problems.append(_MISSING)
    return Verification(
        problems=tuple(problems),
        poll_id=bundle.poll_id,
        threshold=bundle.threshold,
        tally=tally,
        passed=passes(tally, bundle.threshold),
        electorate_size=bundle.electorate_size,
        electorate_hash=bundle.electorate_hash,
        found=mine[0] if len(mine) == 1 else None,
        receipt_missing=receipt_missing,
    )


def _recount(ballots: Iterable[Ballot]) -> Tally:
    said = Counter(b.choice for b in ballots)
    return Tally(said[Choice.YES], said[Choice.NO], said[Choice.ABSTAIN])


def _carrying(ballots: Iterable[Ballot], receipt: str) -> tuple[Ballot, ...]:
    try:
        wanted = normalise_receipt(receipt)
    except ValueError:
        return ()
    return tuple(b for b in ballots if b.receipt == wanted)


def _contradictions(bundle: _Bundle, tally: Tally) -> list[str]:
    """What a well-formed bundle says that cannot be true."""
    receipts = [b.receipt for b in bundle.ballots]
    size = bundle.electorate_size
    checks = {
        "The poll closed before it opened.": bundle.opened_at <= bundle.closed_at,
        "Two ballots carry the same receipt.": len(set(receipts)) == len(receipts),
        "The ballots are not ordered by receipt.": receipts == sorted(receipts),
        f"There are {len(receipts)} ballots, more than the {size} electors.": len(receipts) <= size,
        f"Fewer than {MIN_BULLETIN} ballots are never published.": bulletin_published(
            len(receipts)
        ),
        "The tally is not what the ballots say.": bundle.tally == tally,
        f"The result does not follow from the ballots and the threshold {bundle.threshold}.": (
            bundle.passed == passes(tally, bundle.threshold)
        ),
    }
    return [problem for problem, holds in checks.items() if not holds]


def _parse(data: bytes) -> _Bundle:
    """Read strictly: no field more, less or of another type. Raises BundleError."""
    top = _object(
        _json(data),
        "the bundle",
        "format poll_id opened_at closed_at threshold electorate tally passed ballots",
    )
    if top["format"] != FORMAT:
        raise BundleError(f"format is not {FORMAT}")
    electorate = _object(top["electorate"], "electorate", "size hash")
    tally = _object(top["tally"], "tally", "yes no abstain")
    if not isinstance(top["passed"], bool):
        raise BundleError("passed is neither true nor false")
    if not isinstance(top["ballots"], list):
        raise BundleError("ballots is not a list")
    return _Bundle(
        poll_id=_text(top["poll_id"], "poll_id", _POLL_ID),
        opened_at=_time(top["opened_at"], "opened_at"),
        closed_at=_time(top["closed_at"], "closed_at"),
        threshold=_threshold(top["threshold"]),
        electorate_size=_number(electorate["size"], "electorate.size"),
        electorate_hash=_text(electorate["hash"], "electorate.hash", _SHA256),
        tally=Tally(**{name: _number(value, f"tally.{name}") for name, value in tally.items()}),
        passed=top["passed"],
        ballots=tuple(_ballot(b, f"ballots[{i}]") for i, b in enumerate(top["ballots"])),
    )


def _json(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise BundleError(f"the bundle is larger than {MAX_BYTES} bytes")
    try:
        return json.loads(data.decode(), object_pairs_hook=_without_duplicates)
    except BundleError:
        raise
    except (ValueError, RecursionError):
        # Not chained: the decoder's error carries the whole text.
        pass
    raise BundleError("the bundle is not JSON in UTF-8")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Python would silently take the last, another reader the first.
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise BundleError(f"the field {_shown(name)} stands twice in one object")
        fields[name] = value
    return fields


def _shown(name: str) -> str:
    """A field's name from a file, harmless on a terminal."""
    return ascii(name[:40])


def _object(value: Any, place: str, names: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BundleError(f"{place} is not an object")
    for name in names.split():
        if name not in value:
            raise BundleError(f"{place} has no field {name}")
    if unknown := value.keys() - set(names.split()):
        raise BundleError(f"{place} has an unknown field {_shown(min(unknown))}")
    return value


def _text(value: Any, place: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise BundleError(f"{place} is not as this format writes it")
    return value


def _number(value: Any, place: str) -> int:
    if type(value) is not int or not 0 <= value < 10**9:  # a bool is an int to isinstance
        raise BundleError(f"{place} is not a whole number from 0")
    return value


def _time(value: Any, place: str) -> datetime:
    text = _text(value, place, _UTC_TIME)
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise BundleError(f"{place} is no time") from None


def _threshold(value: Any) -> Threshold:
    text = _text(value, "threshold", _THRESHOLD)
    try:
        return Threshold.parse(text)
    except ValueError as error:
        raise BundleError(f"threshold: {error}") from None


def _ballot(value: Any, place: str) -> Ballot:
    fields = _object(value, place, "receipt check_word choice")
    word = fields["check_word"]
    return Ballot(
        choice=Choice(_text(fields["choice"], f"{place}.choice", _CHOICE)),
        receipt=_text(fields["receipt"], f"{place}.receipt", RECEIPT),
        check_word=None if word is None else _text(word, f"{place}.check_word", CHECK_WORD),
    )


def _time_text(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise BundleError("a time needs a time zone")
    return moment.astimezone(UTC).strftime(_TIME)
