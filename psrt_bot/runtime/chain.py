"""The audit log's chain: how entries are linked, and what a broken link tells (pure).

An entry's hash holds its number, so an entry that was moved still tells where it belongs. That is
how a removed, an inserted and an exchanged entry are told apart from a changed one.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from storage.runtime import AuditEntry

GENESIS = "0" * 64
NO_LINK = (
    "the given head is no link of this chain: if it is one that was posted, entries were changed "
    "or removed since and the log was written anew, or this is another log"
)


@dataclass(frozen=True)
class ChainCheck:
    """What a check of the chain found: ``problem`` is empty when every link holds."""

    entries: int
    head: str
    problem: str = ""


def contents(entry: AuditEntry) -> dict[str, Any]:
    """Return what an entry says, as it is hashed."""
    return {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "details": entry.details,
    }


def link_hash(entry: AuditEntry, number: int | None = None) -> str:
    """Return SHA-256 over the previous hash and the entry's canonical JSON, in hexadecimal.

    Canonical: keys sorted, no spaces, UTF-8, nothing escaped that JSON does not demand.

    Args:
        number: the entry as it would be under another number.
    """
    body = contents(entry) | ({} if number is None else {"number": number})
    canonical = json.dumps(
        body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr
    )
    told = f"{entry.prev_hash}{canonical}"
    # What a tampered row holds may be no text at all; it has a hash all the same, a wrong one.
    return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()


def check_chain(
    entries: Iterable[AuditEntry],
    *,
    recorded_head: str,
    recorded_number: int | None = None,
    expected_head: str | None = None,
) -> ChainCheck:
    """Check links in order and name the first entry that was changed, removed, inserted or moved.

    Args:
        recorded_head: the hash that the head's row holds; ``recorded_number``: its number.
        expected_head: a head noted earlier; it must still be a link.
    """
    rows = sorted(entries, key=lambda entry: entry.number)
    previous, count = GENESIS, 0
    for entry in rows:
        if (entry.number, entry.prev_hash) != (count + 1, previous) or (
            link_hash(entry) != entry.hash
        ):
            return ChainCheck(count, previous, _diagnosed(rows, count, previous))
        previous, count = entry.hash, entry.number
    if previous != recorded_head:
        return ChainCheck(count, previous, _at_the_end(rows, recorded_head, recorded_number))
    if expected_head not in (None, GENESIS, *(entry.hash for entry in rows)):
        return ChainCheck(count, previous, NO_LINK)
    return ChainCheck(count, previous)


def _diagnosed(rows: Sequence[AuditEntry], count: int, previous: str) -> str:
    """Say what happened where the chain first breaks: behind entry ``count``, which still holds.

    What holds may be forged: whoever inserts or rewrites an entry can compute its hash, but the
    entry behind it still continues the one that stood there.
    """
    place = count + 1
    row = rows[count]
    there = row.number == place
    moved_to = next(
        (r.number for r in rows[count:] if r.prev_hash == previous and _was(r, place)), None
    )
    if not there:
        return _elsewhere(place, moved_to) or f"entry {place} was removed"
    if link_hash(row) == row.hash:  # written for this place, behind another entry than this one
        return _replaced(count)
    original = _number_of(row, len(rows) + 1)
    if original is not None and original < place:
        return f"entry {original} was inserted: what stood there is entry {place} now"
    if moved_to is not None and original is None:
        return f"entry {place} was inserted: what stood there is entry {moved_to} now"
    if moved_to is not None:
        return f"{_elsewhere(place, moved_to)}; in its place stands what was entry {original}"
    if original is not None:
        return f"entry {place} was removed: in its place stands what was entry {original}"
    return f"entry {place} was changed"


def _elsewhere(place: int, moved_to: int | None) -> str:
    return f"entry {place} was moved: it stands as entry {moved_to}" if moved_to else ""


def _replaced(count: int) -> str:
    if not count:
        return "entry 1 was changed: nothing can stand before it"
    return (
        f"entry {count} was changed, and its hash computed anew: "
        f"entry {count + 1} continues another"
    )


def _at_the_end(rows: Sequence[AuditEntry], recorded_head: str, recorded_number: int | None) -> str:
    """Say what happened when every link holds but the last is not the recorded head."""
    ends = next((entry.number for entry in rows if entry.hash == recorded_head), None)
    if recorded_head == GENESIS:
        ends = 0
    if ends is not None:
        return f"entry {ends + 1} was inserted: the recorded head is entry {ends}"
    if recorded_number is not None and recorded_number > len(rows):
        return f"entry {len(rows) + 1} was removed: the recorded head is entry {recorded_number}"
    return (
        f"entry {len(rows)} was changed, and its hash computed anew: it is not the recorded head "
        "(or the head's row was changed)"
    )


def _was(row: AuditEntry, number: int) -> bool:
    """Whether an entry was written for this number."""
    return link_hash(row, number) == row.hash


def _number_of(row: AuditEntry, up_to: int) -> int | None:
    """Return for which number an entry was written; None where it is no entry as it was written."""
    return next((number for number in range(1, up_to + 1) if _was(row, number)), None)
