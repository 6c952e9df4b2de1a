"""chat.*: https://docs.slack.dev/reference/methods?family=chat"""

from __future__ import annotations

from typing import Any

from psrt_bot.sandbox import posting, rooms
from psrt_bot.sandbox.api.call import Call, Method
from psrt_bot.sandbox.model import Channel, Json, Message, User
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.surfaces import (
    MESSAGE_TEXT,
    UPDATED_TEXT,
    check_message_blocks,
    check_metadata,
)
from psrt_bot.sandbox.wire import message_json


def _blocks(call: Call) -> list[Json] | None:
    blocks = call.parsed("blocks", "invalid_blocks_format")
    if blocks is not None:
        check_message_blocks(blocks)
    found: list[Json] | None = blocks
    return found


def _metadata(call: Call) -> Any:
    metadata = call.parsed("metadata", "invalid_metadata_format")
    if metadata:
        check_metadata(metadata)
    return metadata


def _content(call: Call) -> tuple[str, list[Json] | None]:
    text, blocks = call.text("text"), _blocks(call)
    if not text and not blocks:
        raise Refusal("no_text")
    if len(text) > MESSAGE_TEXT:
        raise Refusal("msg_too_long")
    return text, blocks


def _destination(call: Call) -> Channel:
    """Where a post goes: a conversation by id or name, or a person, whose DM opens by itself."""
    state, app = call.state, call.app
    named = call.required("channel")
    if named in state.users:
        channel = _direct(call, state.users[named])
    else:
        try:
            channel = state.channel(named)
        except KeyError:
            raise Refusal("channel_not_found") from None
    if not rooms.visible(channel, app.bot_user_id):
        raise Refusal("channel_not_found")
    if app.bot_user_id not in channel.members and "chat:write.public" not in app.scopes:
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    _check_open(call, channel)
    return channel


def _direct(call: Call, user: User) -> Channel:
    """The DM with somebody. Of the deactivated only one that was open before.

    Source: https://github.com/slackapi/python-slack-sdk/issues/1156 (posting there succeeds)
    """
    there = rooms.existing(call.state, call.app.bot_user_id, user.id)
    if user.is_bot or (user.deleted and there is None):
        raise Refusal("channel_not_found")
    return there or rooms.direct(call.state, call.app.bot_user_id, user.id)


def _check_open(call: Call, channel: Channel) -> None:
    """Refuses to post where a preference of the workspace, or of the app, forbids it."""
    if channel.kind == "im" and not call.app.messages_enabled:
        raise Refusal("messages_tab_disabled")
    if "post" in call.state.restricted and channel.kind in ("channel", "group"):
        raise Refusal("restricted_action")


def post_message(call: Call) -> Json:
    """chat.postMessage"""
    channel = _destination(call)
    text, blocks = _content(call)
    message = posting.post(
        call.state,
        channel,
        call.app.bot_user_id,
        text,
        app=call.app,
        blocks=blocks,
        metadata=_metadata(call) or None,
        thread_ts=call.text("thread_ts") or None,
        broadcast=call.flag("reply_broadcast"),
        client_msg_id=call.text("client_msg_id") or None,
        unfurl_links=call.flag("unfurl_links", default=True),
    )
    shown = message_json(call.state, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral: answers with the ts of something that no method can read again."""
    channel = call.member_channel()
    if (reader := call.required("user")) not in channel.members:
        raise Refusal("user_not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    _check_open(call, channel)
    text, blocks = _content(call)
    thread_ts = call.text("thread_ts") or None
    message = posting.whisper(
        call.state, channel, reader, text, app=call.app, blocks=blocks, thread_ts=thread_ts
    )
    return {"message_ts": message.ts}


def _own(call: Call, code: str) -> Message:
    message = call.channel().messages.get(call.required("ts"))
    if message is None or message.subtype == "tombstone":
        raise Refusal("message_not_found")
    if message.app_id != call.app.id:
        raise Refusal(code)
    return message


def update(call: Call) -> Json:
    """chat.update: what is not given stays as it was."""
    message = _own(call, "cant_update_message")
    if call.channel().is_archived:
        raise Refusal("is_inactive")
    text = call.text("text") if call.args.get("text") is not None else None
    blocks, metadata = _blocks(call), _metadata(call)
    if text is None and blocks is None and metadata is None:
        raise Refusal("no_text")
    if text is not None and len(text) > UPDATED_TEXT:
        raise Refusal("msg_too_long")
    posting.edit(call.state, message, text=text, blocks=blocks, metadata=metadata)
    return {
        "channel": message.channel_id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(call.state, message, metadata=True),
    }


def delete(call: Call) -> Json:
    """chat.delete: a bot deletes its own messages only."""
    message = _own(call, "cant_delete_message")
    posting.remove(call.state, message)
    return {"channel": message.channel_id, "ts": message.ts}


def permalink(call: Call) -> Json:
    """chat.getPermalink"""
    channel = call.channel()
    message = channel.messages.get(call.required("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    url = f"https://{call.state.domain}.slack.com/archives/{channel.id}/p{message.ts}"
    link = url.replace(message.ts, message.ts.replace(".", ""))
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(permalink),
}
