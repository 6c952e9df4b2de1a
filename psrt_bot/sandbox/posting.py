"""Messages: posting, editing, deleting, whispering, and the blocks' ids that Slack fills in."""

from __future__ import annotations

import copy
from typing import Any

from psrt_bot.sandbox import events
from psrt_bot.sandbox.model import App, Channel, Json, Message
from psrt_bot.sandbox.state import SLACKBOT, State
from psrt_bot.sandbox.surfaces import elements_of


def completed(state: State, blocks: list[Json]) -> list[Json]:
    """A copy of blocks with the ids and flags that Slack adds to what an app leaves out."""
    copied = copy.deepcopy(blocks)
    for block in copied:
        block.setdefault("block_id", state.new_id("b"))
        for element in elements_of(block):
            element.setdefault("action_id", state.new_id("a"))
        _spell_out(block)
    return copied


def _spell_out(part: Any) -> None:
    """Slack's answers say `emoji` of plain text and `verbatim` of mrkdwn, given or not."""
    if isinstance(part, list):
        for item in part:
            _spell_out(item)
    elif isinstance(part, dict):
        if part.get("type") == "plain_text":
            part.setdefault("emoji", True)
        elif part.get("type") == "mrkdwn":
            part.setdefault("verbatim", False)
        for item in part.values():
            _spell_out(item)


def post(
    state: State,
    channel: Channel,
    user_id: str,
    text: str,
    *,
    app: App | None = None,
    blocks: list[Json] | None = None,
    **fields: Any,
) -> Message:
    """Add a message to a conversation and tell the apps that listen."""
    with state.changed():
        message = _message(state, channel, user_id, text, app, blocks, fields)
        if message.thread_ts:
            parent = channel.messages.get(message.thread_ts)
            message.thread_ts = (parent.thread_ts or parent.ts) if parent else message.thread_ts
        channel.messages[message.ts] = message
        events.message_posted(state, channel, message)
    return message


def whisper(
    state: State,
    channel: Channel,
    reader: str,
    text: str,
    *,
    app: App | None = None,
    blocks: list[Json] | None = None,
    thread_ts: str | None = None,
) -> Message:
    """An ephemeral message: one person sees it, no history holds it. Without an app: Slackbot."""
    with state.changed():
        author = app.bot_user_id if app else SLACKBOT
        fields = {"ephemeral_to": reader, "thread_ts": thread_ts}
        message = _message(state, channel, author, text, app, blocks, fields)
        state.ephemerals.append(message)
    return message


def _message(
    state: State,
    channel: Channel,
    user_id: str,
    text: str,
    app: App | None,
    blocks: list[Json] | None,
    fields: dict[str, Any],
) -> Message:
    return Message(
        channel_id=channel.id,
        ts=state.new_ts(),
        user_id=user_id,
        text=text,
        blocks=completed(state, blocks or []),
        bot_id=app.bot_id if app else None,
        app_id=app.id if app else None,
        **fields,
    )


def edit(
    state: State,
    message: Message,
    *,
    text: str | None = None,
    blocks: list[Json] | None = None,
    metadata: Json | None = None,
) -> None:
    """Change a message; None keeps what was there (https://docs.slack.dev/reference/methods/chat.update)."""
    with state.changed():
        message.text = message.text if text is None else text
        message.blocks = message.blocks if blocks is None else completed(state, blocks)
        if metadata is not None:
            message.metadata = metadata or None
        message.edited_ts = state.new_ts()
        message.version += 1


def remove(state: State, message: Message) -> None:
    """Delete a message; one that has replies leaves a tombstone."""
    with state.changed():
        if message.ephemeral_to:
            state.ephemerals = [m for m in state.ephemerals if m is not message]
            return
        channel = state.channels[message.channel_id]
        if any(m.thread_ts == message.ts and m is not message for m in channel.messages.values()):
            message.text, message.subtype = "This message was deleted.", "tombstone"
            message.blocks, message.metadata, message.files = [], None, []
            message.version += 1
        else:
            del channel.messages[message.ts]
