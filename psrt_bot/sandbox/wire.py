"""How the records look on the wire: users, conversations, messages, views and files as JSON.

Sources: https://docs.slack.dev/reference/objects and the examples of each method's page.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from psrt_bot.sandbox.model import Channel, File, Json, Message, User, View
from psrt_bot.sandbox.state import State


def user_json(state: State, user: User) -> Json:
    """https://docs.slack.dev/reference/objects/user-object"""
    local = state.now().astimezone(ZoneInfo(user.tz))
    offset = local.utcoffset()
    answer: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": local.tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": {
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.display_name,
            "display_name_normalized": user.display_name,
            "team": user.team_id,
            "fields": None,
        },
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": int(state.now().timestamp()),
    }
    if user.email:
        answer["profile"]["email"] = user.email
    if user.team_id != state.team_id:
        answer["is_stranger"] = True
    return answer


def channel_json(state: State, channel: Channel, viewer: str) -> Json:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    answer: Json = {
        "id": channel.id,
        "created": int(channel.created.timestamp()),
        "creator": channel.creator,
        "is_archived": channel.is_archived,
        "is_channel": channel.kind in ("channel", "group"),
        "is_group": False,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.is_private,
        "is_member": viewer in channel.members,
        "is_ext_shared": channel.is_ext_shared,
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_general": False,
        "context_team_id": state.team_id,
        "updated": int(channel.created.timestamp() * 1000),
    }
    if channel.kind == "im":
        answer["user"] = next((m for m in channel.members if m != viewer), viewer)
        return answer
    answer |= {
        "name": channel.name,
        "name_normalized": channel.name,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }
    return answer


_SHELF = {"channel": "channels", "group": "groups", "im": "ims", "mpim": "groups"}
"""Under which name a file lists the conversations it is shared in."""


def file_json(state: State, file: File) -> Json:
    """https://docs.slack.dev/reference/objects/file-object"""
    if file.deleted:
        return {"id": file.id, "mode": "tombstone"}
    kind = file.name.rpartition(".")[2].lower() if "." in file.name else "text"
    created = int(file.created.timestamp())
    places: dict[str, list[str]] = {}
    for key in file.channels:
        places.setdefault(_SHELF[state.channels[key].kind], []).append(key)
    return {
        "id": file.id,
        "created": created,
        "timestamp": created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": {"json": "application/json", "csv": "text/csv"}.get(kind, "text/plain"),
        "filetype": kind,
        "user": file.user_id,
        "user_team": state.team_id,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": f"{state.base_url}files-pri/{file.id}/{file.name}",
        "url_private_download": f"{state.base_url}files-pri/{file.id}/download/{file.name}",
        "permalink": f"{state.base_url}files/{file.user_id}/{file.id}/{file.name}",
        **{shelf: places.get(shelf, []) for shelf in ("channels", "groups", "ims")},
        "shares": _shares(state, file),
    }


def _shares(state: State, file: File) -> Json:
    """The messages that share a file, by the conversation's kind and id."""
    found: Json = {}
    for key in dict.fromkeys(file.channels):
        channel = state.channels[key]
        shared = [{"ts": m.ts} for m in channel.messages.values() if file in m.files]
        if shared:
            found.setdefault("private" if channel.is_private else "public", {})[key] = shared
    return found


def message_json(state: State, message: Message, *, metadata: bool = False) -> Json:
    """A message as in https://docs.slack.dev/reference/methods/conversations.history"""
    answer: Json = {
        "type": "message",
        "user": message.user_id,
        "ts": message.ts,
        "text": message.text,
        "team": state.team_id,
    }
    optional: dict[str, Any] = {
        "subtype": message.subtype,
        "bot_id": message.bot_id,
        "app_id": message.app_id,
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "client_msg_id": message.client_msg_id,
        "files": [file_json(state, f) for f in message.files],
    }
    answer |= {name: value for name, value in optional.items() if value}
    if message.edited_ts:
        answer["edited"] = {"user": message.user_id, "ts": message.edited_ts}
    if metadata and message.metadata:
        answer["metadata"] = message.metadata
    replies = _replies(state, message)
    if replies:
        answer |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users_count": len({r.user_id for r in replies}),
            "latest_reply": replies[-1].ts,
        }
    if message.thread_ts and message.thread_ts != message.ts:
        parent = state.channels[message.channel_id].messages.get(message.thread_ts)
        answer["parent_user_id"] = parent.user_id if parent else ""
    return answer


def _replies(state: State, message: Message) -> list[Message]:
    channel = state.channels.get(message.channel_id)
    found = channel.messages.values() if channel and not message.ephemeral_to else ()
    return [m for m in found if m.thread_ts == message.ts and m.ts != message.ts]


def view_json(state: State, view: View) -> Json:
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""
    source = view.source
    app = state.apps[view.app_id]
    return {
        "id": view.id,
        "team_id": state.team_id,
        "type": view.type,
        "blocks": source["blocks"],
        "private_metadata": source.get("private_metadata") or "",
        "callback_id": source.get("callback_id") or "",
        "state": {"values": view.values},
        "hash": view.hash,
        "title": source.get("title"),
        "clear_on_close": bool(source.get("clear_on_close")),
        "notify_on_close": bool(source.get("notify_on_close")),
        "close": source.get("close"),
        "submit": source.get("submit"),
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": view.app_id,
        "external_id": source.get("external_id") or "",
        "app_installed_team_id": state.team_id,
        "bot_id": app.bot_id,
    }
