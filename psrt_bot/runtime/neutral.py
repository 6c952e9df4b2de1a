"""Posts that become neutral before somebody whom they are about can read them (DESIGN section 2).

A new member of a private channel can read its past. So what the bot said there about them is owed a
neutral line, and its files are deleted, ahead of their invitation in the channel's queue. From then
on nothing that is said about them there tells anything, whoever says it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import exists, select, update
from sqlmodel import Session, col

from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.outbox import Kind
from psrt_bot.runtime.rules import Outcome
from psrt_bot.runtime.slack import judge
from psrt_bot.runtime.sql import insert_ignoring
from storage.runtime import NeutralSubject, OutboxRow, Posted

WITHDRAWALS = frozenset({Kind.NEUTRAL, Kind.FILE_GONE})
GONE = frozenset({"message_not_found", "file_not_found", "file_deleted", "thread_not_found"})
# Slack lets nobody edit any more (a setting of the workspace); a message can still be deleted.
NOT_EDITABLE = frozenset({"edit_window_closed", "cant_update_message", "is_inactive"})

Keep = Callable[[dict[str, Any]], None]


def neutralise(
    session: Session,
    now: datetime,
    about: str,
    conversation: str,
    message: Message,
    *,
    slack_user_id: str | None,
) -> bool:
    """Owe a neutral line for each post about somebody in a channel, and the end of its files.

    Done again, it owes what resisted before. What was never sent is dropped.

    Args:
        about: what the posts were marked with (``outbox.post``).
        slack_user_id: who is to come; their invitation is refused while a post resists.

    Returns:
        whether a post may stand there twice (its answer was lost once): one copy is unknown.
    """
    values = {
        "about": about,
        "conversation": conversation,
        "slack_user_id": slack_user_id or "",
        "payload": message.payload(),
        "since": now,
    }
    insert_ignoring(session, NeutralSubject, values)
    here = (col(OutboxRow.about) == about, col(OutboxRow.conversation) == conversation)
    told = col(OutboxRow.kind).in_([Kind.MESSAGE, Kind.UPDATE, Kind.FILE])
    outbox.supersede(session, now, *here, told, col(OutboxRow.ambiguous_at).is_(None))
    session.execute(
        update(OutboxRow)
        .where(*here, col(OutboxRow.kind).in_(WITHDRAWALS), col(OutboxRow.outcome) == Outcome.DEAD)
        .values(outcome=Outcome.SUPERSEDED)
    )
    rows = session.scalars(select(OutboxRow).where(*here).order_by(col(OutboxRow.seq))).all()
    done = {row.slot for row in rows if row.kind in WITHDRAWALS and _stands(row)}
    twice = False
    for row in rows:
        if not _stands(row) or row.kind not in (Kind.MESSAGE, Kind.FILE):
            continue
        twice = twice or (row.kind == Kind.MESSAGE and row.ambiguous_at is not None)
        slot = row.slot if row.kind == Kind.MESSAGE else f"file:{row.id}"
        if slot in done:
            continue
        kind = Kind.NEUTRAL if row.kind == Kind.MESSAGE else Kind.FILE_GONE
        payload = message.payload() if kind is Kind.NEUTRAL else {"row": row.id}
        outbox.add(session, now, conversation, kind, payload, slot, about=about)
    return twice


def lingers(session: Session, conversation: str, slack_user_id: str) -> bool:
    """Say whether a post about somebody could not be withdrawn from a channel.

    One about somebody whose Slack user was not known then could be about anybody.
    """
    subject = NeutralSubject
    resisted = exists().where(
        col(OutboxRow.about) == col(subject.about),
        col(OutboxRow.conversation) == col(subject.conversation),
        col(OutboxRow.kind).in_(WITHDRAWALS),
        col(OutboxRow.outcome) == Outcome.DEAD,
    )
    found = session.scalar(
        select(col(subject.about))
        .where(
            col(subject.conversation) == conversation,
            col(subject.slack_user_id).in_([slack_user_id, ""]),
            resisted,
        )
        .limit(1)
    )
    return found is not None


def replacement(session: Session, row: OutboxRow) -> dict[str, Any] | None:
    """Return what a row about somebody may say at its delivery, or None where it may tell.

    Asked then as well: somebody may have come while it was being written.
    """
    if row.about is None or row.kind in WITHDRAWALS:
        return None
    subject = session.get(NeutralSubject, (row.about, row.conversation))
    return subject.payload if subject else None


def make_neutral(client: WebClient, place: Posted, payload: dict[str, Any]) -> bool:
    """Put a neutral line in the place of a message, or delete what cannot be edited any more.

    Returns:
        False where somebody deleted it already.
    """
    try:
        client.chat_update(channel=place.channel, ts=place.ts, **payload)
    except SlackApiError as error:
        code = judge(error).code
        if code in GONE:
            return False
        if code not in NOT_EDITABLE:
            raise
        return _delete_message(client, place.channel, place.ts)
    return True


def delete_file(client: WebClient, file_id: str, progress: dict[str, Any], keep: Keep) -> bool:
    """Delete a file and the messages that shared it; each step is safe to repeat.

    Args:
        progress: what an earlier try kept; the shares cannot be asked for once the file is gone.

    Returns:
        False where somebody deleted it already.
    """
    shares = progress.get("shares")
    if shares is None:
        try:
            shared = client.files_info(file=file_id)["file"].get("shares", {})
        except SlackApiError as error:
            if judge(error).code in GONE:
                return False
            raise
        shares = [
            [channel, message["ts"]]
            for kind in shared.values()
            for channel, messages in kind.items()
            for message in messages
        ]
        keep({"shares": shares})
    try:
        client.files_delete(file=file_id)
    except SlackApiError as error:
        if judge(error).code not in GONE:
            raise
    for channel, ts in shares:
        _delete_message(client, channel, ts)
    return True


def _delete_message(client: WebClient, channel: str, ts: str) -> bool:
    try:
        client.chat_delete(channel=channel, ts=ts)
    except SlackApiError as error:
        if judge(error).code not in GONE:
            raise
        return False
    return True


def _stands(row: OutboxRow) -> bool:
    """Whether a row has been delivered, or may still be."""
    return row.outcome in (None, Outcome.SENT) or (
        row.outcome == Outcome.DROPPED and row.kind in WITHDRAWALS
    )
