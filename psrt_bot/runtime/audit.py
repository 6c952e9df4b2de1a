"""The audit log: which governance act was done by whom and when, append-only and hash-chained.

Never a ballot, a choice, a time of casting, or a stranger who was refused (DESIGN section 4).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.runtime.sql import insert_ignoring
from storage.runtime import AuditEntry, AuditHead

GENESIS = "0" * 64
SYSTEM = "psrt-bot"  # the actor of what the bot does by itself

Details = Mapping[str, str | int | bool | None]


def append(
    session: Session,
    now: datetime,
    *,
    actor: str,
    act: str,
    subject: str,
    details: Details | None = None,
) -> str:
    """Append one act and return the new head of the chain.

    The head's row is locked first, so that two writers cannot continue from the same link.

    Args:
        actor: a person's id, ``SYSTEM``, or ``command line``.
        act: ``process:act``, as in ``nominations:withdraw``.
        subject: the id of what was acted upon.
        details: further facts; identifiers and numbers, never the value of a form.
    """
    number, previous = _lock_head(session)
    entry = AuditEntry(
        number=number,
        at=now,
        actor=actor,
        act=act,
        subject=subject,
        details=dict(details or {}),
        prev_hash=previous,
        hash="",
    )
    entry.hash = link_hash(entry)
    session.add(entry)
    session.execute(update(AuditHead).where(col(AuditHead.id) == 1).values(hash=entry.hash))
    return entry.hash


def _lock_head(session: Session) -> tuple[int, str]:
    """Take the next number and the hash to continue from; holds the head's row until the commit."""
    insert_ignoring(session, AuditHead, {"id": 1, "number": 0, "hash": GENESIS})
    taken = session.execute(
        update(AuditHead)
        .where(col(AuditHead.id) == 1)
        .values(number=AuditHead.number + 1)
        .returning(col(AuditHead.number), col(AuditHead.hash))
    ).one()
    return taken[0], taken[1]


def link_hash(entry: AuditEntry) -> str:
    """Return SHA-256 over the previous hash and the entry's canonical JSON, in hexadecimal."""
    body = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "details": entry.details,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{entry.prev_hash}{canonical}".encode()).hexdigest()


@dataclass(frozen=True)
class ChainCheck:
    """What a check of the chain found: ``problem`` is empty when every link holds."""

    entries: int
    head: str
    problem: str = ""


def verify(session: Session, *, expected_head: str | None = None) -> ChainCheck:
    """Walk the whole chain and name the first broken link.

    Args:
        expected_head: a head noted earlier (posted to the admin channel); it must still be a link.
    """
    entries = session.scalars(select(AuditEntry).order_by(col(AuditEntry.number)))
    recorded = session.get(AuditHead, 1)
    return check_chain(
        entries,
        recorded_head=recorded.hash if recorded else GENESIS,
        expected_head=expected_head,
    )


def check_chain(
    entries: Iterable[AuditEntry], *, recorded_head: str, expected_head: str | None = None
) -> ChainCheck:
    """Check links in order: numbers without a gap, each continuing the one before (pure)."""
    previous, count, expected_seen = GENESIS, 0, expected_head in (None, GENESIS)
    for entry in entries:
        if entry.number != count + 1:
            return ChainCheck(count, previous, f"entry {count + 1} is missing or out of order")
        if entry.prev_hash != previous:
            return ChainCheck(
                count, previous, f"entry {entry.number} does not continue entry {count}"
            )
        if link_hash(entry) != entry.hash:
            return ChainCheck(count, previous, f"entry {entry.number} was changed")
        previous, count = entry.hash, entry.number
        expected_seen = expected_seen or previous == expected_head
    if previous != recorded_head:
        problem = f"the chain does not end at the recorded head: entry {count} was changed, or "
        return ChainCheck(count, previous, f"{problem}entries after it were removed or added")
    if not expected_seen:
        return ChainCheck(count, previous, "the given head is no link of this chain")
    return ChainCheck(count, previous)
