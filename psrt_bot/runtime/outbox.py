"""The outbox: side effects owed to Slack, written in the transaction of the state they announce.

Rows are delivered by ``runtime/delivery.py`` in order per conversation. A *slot* is a name under
which a posted message is remembered, so that it can be updated or answered in its thread.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum, unique
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select, update
from sqlmodel import Session, col

from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.rules import Outcome
from storage.engine import wake_workers
from storage.runtime import NeutralSubject, OutboxRow, Posted
from storage.types import new_id

DIRECT = "dm:"  # a conversation named by the Slack user whose direct message it is
GROUP = "group:"  # one named by the Slack users who are in it besides the bot, in order
MOST_IN_A_GROUP = 8  # docs.slack.dev/reference/methods/conversations.open


@unique
class Kind(StrEnum):
    """What a row asks of Slack."""

    MESSAGE = "message"
    UPDATE = "update"
    FILE = "file"
    FAN_OUT = "fan_out"  # one row, many direct messages, worked out in memory at delivery
    HOME = "home"
    INVITE = "invite"
    KICK = "kick"
    NEUTRAL = "neutral"  # a post becomes a line that tells nothing
    FILE_GONE = "file_gone"  # a file is deleted, with the message that shared it


def post(
    session: Session,
    now: datetime,
    channel: str,
    message: Message,
    *,
    slot: str | None = None,
    thread_slot: str | None = None,
    about: str | None = None,
) -> str:
    """Owe a message to a channel; return the row's id.

    Args:
        slot: remember the message under this name.
        thread_slot: answer in the thread of the message remembered under this name.
        about: whom or what it is about, if it is to be neutral once they come into the channel
            (``runtime/neutral.py``); where they are in it already, it is neutral at once.
    """
    payload = _neutral_payload(session, about, channel) or message.payload()
    if about is not None:
        slot = slot or f"post:{new_id()}"
    return add(session, now, channel, Kind.MESSAGE, payload, slot, thread_slot, about=about)


def tell(
    session: Session,
    now: datetime,
    slack_user_id: str,
    message: Message,
    *,
    slot: str | None = None,
) -> str:
    """Owe a direct message to one person; return the row's id."""
    return add(session, now, DIRECT + slack_user_id, Kind.MESSAGE, message.payload(), slot)


def group(users: Iterable[str]) -> str:
    """Return the conversation of the group message of these Slack users and the bot.

    Raises:
        ValueError: they are fewer than two, or more than Slack allows.
    """
    people = sorted(set(users))
    if not 2 <= len(people) <= MOST_IN_A_GROUP:
        raise ValueError(f"a group message is for 2 to {MOST_IN_A_GROUP} people")
    return GROUP + ",".join(people)


def gather(
    session: Session,
    now: datetime,
    users: Iterable[str],
    message: Message,
    *,
    slot: str | None = None,
) -> str:
    """Owe a message to a few people together; return the row's id.

    It comes at least once: the bot cannot read what people say in their group, so it cannot look
    whether a message whose answer was lost is there (decision 0004).
    """
    return add(session, now, group(users), Kind.MESSAGE, message.payload(), slot)


def change(session: Session, now: datetime, slot: str, message: Message) -> str | None:
    """Owe a new version of a remembered message; older versions not yet sent are dropped.

    Returns:
        the row's id, or None when nothing was ever owed under this slot, or it is neutral by now.
    """
    first = session.execute(
        select(col(OutboxRow.conversation), col(OutboxRow.about))
        .where(col(OutboxRow.slot) == slot, col(OutboxRow.kind) == Kind.MESSAGE)
        .limit(1)
    ).first()
    if first is None or _neutral_payload(session, first.about, first.conversation) is not None:
        return None
    conversation: str = first.conversation
    older = (col(OutboxRow.slot) == slot, col(OutboxRow.kind) == Kind.UPDATE)
    at = _after(now, supersede(session, now, *older))
    return add(
        session,
        now,
        conversation,
        Kind.UPDATE,
        message.payload(),
        slot,
        try_at=at,
        about=first.about,
    )


def attach(
    session: Session,
    now: datetime,
    conversation: str,
    *,
    renderer: str,
    argument: str,
    thread_slot: str | None = None,
    about: str | None = None,
) -> str | None:
    """Owe a file that is rendered at delivery and never stored in a row.

    Args:
        conversation: a channel id, ``DIRECT`` and a user id, or what ``group`` returns.
        renderer: the name under which ``app.py`` bound the function that makes the file.
        argument: what it is made from, an id.
        about: as of ``post``.

    Returns:
        the row's id, or None where posts about it are neutral: then there is no file.
    """
    if _neutral_payload(session, about, conversation) is not None:
        return None
    payload = {"renderer": renderer, "argument": argument}
    return add(session, now, conversation, Kind.FILE, payload, None, thread_slot, about=about)


def fan_out(
    session: Session,
    now: datetime,
    *,
    expander: str,
    users: Sequence[str],
    at: datetime,
    slot: str | None = None,
) -> str:
    """Owe direct messages to some of ``users``: to whom and what is worked out at delivery.

    So the row does not tell who is concerned (a reminder concerns those who have not voted).

    Args:
        slot: a name by which ``is_waiting`` finds it; nothing is remembered under it.
    """
    payload = {"expander": expander, "users": sorted(users)}
    return add(session, now, f"fan:{new_id()}", Kind.FAN_OUT, payload, slot, try_at=at)


def is_waiting(session: Session, slot: str) -> bool:
    """Return whether something owed under ``slot`` has not begun to be sent.

    Nobody begins it until the end of this transaction, so what is written now is in it.
    """
    owed = select(col(OutboxRow.seq)).where(
        col(OutboxRow.slot) == slot,
        col(OutboxRow.finished_at).is_(None),
        col(OutboxRow.token).is_(None),
    )
    return session.scalars(owed.with_for_update()).first() is not None


def publish_home(
    session: Session, now: datetime, slack_user_id: str, *, not_before: datetime | None = None
) -> datetime:
    """Owe somebody a fresh App Home, rendered at delivery; return when it may be sent.

    An older one not yet sent is dropped, and this one takes its turn. Whose Homes there are and how
    often they are published: ``runtime/homes.py``.
    """
    conversation = f"home:{slack_user_id}"
    dropped = supersede(session, now, col(OutboxRow.conversation) == conversation)
    at = max([now, *(one.try_at for one in dropped)]) if dropped else max(now, not_before or now)
    add(session, now, conversation, Kind.HOME, {"user": slack_user_id}, try_at=at)
    return at


def invite(session: Session, now: datetime, channel: str, user: str) -> str:
    """Owe somebody an invitation to a channel; return the row's id.

    It is sent after what was owed to the channel before it, so that a post that a newcomer must not
    find is changed first. Whoever is in the channel already counts as invited. How it ended is
    announced: ``facts.Invited`` or ``facts.PlaceRefused``.
    """
    return _place(session, now, Kind.INVITE, channel, user, after=channel)


def kick(session: Session, now: datetime, channel: str, user: str) -> str:
    """Owe somebody's removal from a channel; return the row's id.

    It waits for nothing but an invitation of theirs that is under way; one that has not begun is
    dropped. Whoever is not in the channel counts as removed. How it ended is announced:
    ``facts.Removed`` or ``facts.PlaceRefused``.
    """
    return _place(session, now, Kind.KICK, channel, user)


def uninvite(session: Session, now: datetime, channel: str, user: str) -> None:
    """Drop an invitation that is owed; one that has begun is followed by a removal.

    A removal that is owed already stays. Where no invitation is owed nothing happens.
    """
    here = col(OutboxRow.conversation) == f"place:{channel}:{user}"
    dropped = supersede(session, now, here, col(OutboxRow.kind) == Kind.INVITE)
    last = session.scalar(
        select(col(OutboxRow.kind))
        .where(here, col(OutboxRow.finished_at).is_(None))
        .order_by(col(OutboxRow.seq).desc())
        .limit(1)
    )
    lost = last is None and any(one.ambiguous_at is not None for one in dropped)
    if last == Kind.INVITE or lost:
        payload = {"channel": channel, "user": user}
        at = _after(now, dropped)
        add(session, now, f"place:{channel}:{user}", Kind.KICK, payload, try_at=at)


def _place(
    session: Session, now: datetime, kind: Kind, channel: str, user: str, after: str | None = None
) -> str:
    """Owe a change of who is in a channel; of several not yet sent only the last is."""
    conversation = f"place:{channel}:{user}"
    at = _after(now, supersede(session, now, col(OutboxRow.conversation) == conversation))
    payload = {"channel": channel, "user": user}
    return add(session, now, conversation, kind, payload, try_at=at, after=after)


class _Dropped(NamedTuple):
    ambiguous_at: datetime | None
    try_at: datetime


def _neutral_payload(
    session: Session, about: str | None, conversation: str
) -> dict[str, Any] | None:
    """Return what stands for posts about somebody in a conversation, None where they may tell."""
    subject = session.get(NeutralSubject, (about, conversation)) if about else None
    return subject.payload if subject else None


def supersede(session: Session, now: datetime, *older: ColumnElement[bool]) -> list[_Dropped]:
    """Drop what a newer version replaces; return what was dropped."""
    replaced = session.execute(
        update(OutboxRow)
        .where(*older, col(OutboxRow.finished_at).is_(None), col(OutboxRow.token).is_(None))
        .values(finished_at=now, outcome=Outcome.SUPERSEDED, payload={})
        .returning(col(OutboxRow.ambiguous_at), col(OutboxRow.try_at))
        .execution_options(synchronize_session=False)
    )
    return [_Dropped(*row) for row in replaced]


def _after(now: datetime, dropped: list[_Dropped]) -> datetime:
    """Return when a newer version may be sent.

    That is now, except where an older one was sent and its answer lost: it may take effect late,
    and would then stand over the newer one.
    """
    return max([now, *(one.try_at for one in dropped if one.ambiguous_at is not None)])


def add(
    session: Session,
    now: datetime,
    conversation: str,
    kind: Kind,
    payload: dict[str, Any],
    slot: str | None = None,
    thread_slot: str | None = None,
    try_at: datetime | None = None,
    after: str | None = None,
    about: str | None = None,
) -> str:
    """Owe a row; for this module and ``runtime/neutral.py``."""
    row = OutboxRow(
        conversation=conversation,
        after=after,
        kind=kind,
        payload=payload,
        slot=slot,
        thread_slot=thread_slot,
        about=about,
        created_at=now,
        try_at=try_at or now,
    )
    session.add(row)
    session.flush()
    wake_workers(session)
    return row.id


def tells_nothing(session: Session, about: str, conversation: str) -> bool:
    """Say whether posts about somebody are neutral in a conversation, and so tell nobody there."""
    return _neutral_payload(session, about, conversation) is not None


def resume(session: Session, now: datetime, conversation: str) -> None:
    """Let what was held for a conversation go out now: it is fit again."""
    held = session.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.conversation) == conversation,
            col(OutboxRow.finished_at).is_(None),
            col(OutboxRow.token).is_(None),
            col(OutboxRow.held_since).is_not(None),
        )
        .values(try_at=now)
        .returning(col(OutboxRow.seq))
        .execution_options(synchronize_session=False)
    )
    if held.all():
        wake_workers(session)


def link_to(session: Session, slot: str) -> str | None:
    """Return the address of a remembered message, or None while it is not posted.

    Slack redirects it to the reader's own workspace, so that no address of ours need be known.
    """
    place = session.get(Posted, slot)
    if place is None:
        return None
    return f"https://slack.com/archives/{place.channel}/p{place.ts.replace('.', '')}"
