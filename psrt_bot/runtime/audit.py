"""The audit log: which governance act was done by whom and when, append-only and hash-chained.

Never a ballot, a choice, a time of casting, or a stranger who was refused (DESIGN section 4).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.runtime import deadlines
from psrt_bot.runtime.chain import GENESIS as GENESIS
from psrt_bot.runtime.chain import ChainCheck as ChainCheck
from psrt_bot.runtime.chain import check_chain as check_chain
from psrt_bot.runtime.chain import contents as contents
from psrt_bot.runtime.chain import link_hash as link_hash
from psrt_bot.runtime.sql import insert_ignoring
from storage.runtime import AuditEntry, AuditHead

SYSTEM = "psrt-bot"  # the actor of what the bot does by itself
HEAD_DUE = "audit:head"  # a deadline: the head is to be posted where nobody can rewrite it
AFTER_DECISION = "decision:"  # its subject after a decision, before the entry's number

Details = Mapping[str, str | int | bool | None]


def append(
    session: Session,
    now: datetime,
    *,
    actor: str,
    act: str,
    subject: str,
    details: Details | None = None,
    decides: bool = False,
) -> str:
    """Append one act and return the new head of the chain.

    The head's row is locked first, so that two writers cannot continue from the same link.

    Args:
        actor: a person's id, ``SYSTEM``, or ``command line``.
        act: ``process:act``, as in ``nominations:withdraw``.
        subject: the id of what was acted upon.
        details: further facts; identifiers and numbers, never the value of a form.
        decides: it is a decision, after which the head is posted to the admins (once for all
            decisions of a moment); docs/operating.md lists which are.
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
    if decides:
        deadlines.schedule(session, HEAD_DUE, f"{AFTER_DECISION}{number}", now)
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


def hold(session: Session) -> None:
    """Wait for the log's head, and hold it until the commit (on SQLite the transaction is that).

    For whoever locks a row first that others change while they hold the head, having recorded
    something: one order for all, or two could wait for each other.
    """
    session.execute(select(col(AuditHead.id)).where(col(AuditHead.id) == 1).with_for_update())


def head(session: Session) -> tuple[int, str]:
    """Return how many entries the log has, and the hash of the last."""
    recorded = session.get(AuditHead, 1)
    return (recorded.number, recorded.hash) if recorded else (0, GENESIS)


def exported(session: Session) -> Iterator[str]:
    """Yield every entry as a line of JSON, the oldest first, with what its hash is made from.

    A row that somebody made unreadable is told by its number and hash alone.
    """
    for entry in sorted(_all_entries(session), key=lambda entry: entry.number):
        links = {"prev_hash": entry.prev_hash, "hash": entry.hash}
        yield json.dumps(contents(entry) | links, ensure_ascii=False, default=repr)


def verify(session: Session, *, expected_head: str | None = None) -> ChainCheck:
    """Walk the whole chain and name the first entry that was changed, removed, inserted or moved.

    Args:
        expected_head: a head noted earlier (posted to the admin channel); it must still be a link.
    """
    recorded_number, recorded_head = head(session)
    return check_chain(
        _all_entries(session),
        recorded_head=recorded_head,
        recorded_number=recorded_number,
        expected_head=expected_head,
    )


def _all_entries(session: Session) -> list[AuditEntry]:
    """Return every entry; of one that cannot even be read there is an empty one without a hash."""
    try:
        return list(session.scalars(select(AuditEntry)))
    except (ValueError, TypeError):  # somebody wrote what is no moment, or no JSON, there
        numbers = session.scalars(select(col(AuditEntry.number))).all()
        return [_entry(session, number) for number in numbers]


def _entry(session: Session, number: int) -> AuditEntry:
    try:
        return session.get_one(AuditEntry, number)
    except (ValueError, TypeError):
        previous = session.scalar(
            select(col(AuditEntry.prev_hash)).where(col(AuditEntry.number) == number)
        )
        return AuditEntry(
            number=number,
            at=datetime.min.replace(tzinfo=UTC),
            actor="",
            act="",
            subject="",
            prev_hash=previous or "",
            hash="",
        )
