"""conversations.*: https://docs.slack.dev/reference/methods?family=conversations"""

from __future__ import annotations

import re

from psrt_bot.sandbox import rooms
from psrt_bot.sandbox.api.call import KINDS, Call, Method
from psrt_bot.sandbox.events import FAMILY
from psrt_bot.sandbox.model import Channel, Json, Kind, Message
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.wire import channel_json, message_json

MOST_PARTNERS = 8  # https://docs.slack.dev/reference/methods/conversations.open
MOST_NAME = 80  # https://docs.slack.dev/reference/methods/conversations.create
ANY_READ = ("channels:read", "groups:read", "im:read", "mpim:read")


def _readable(call: Call) -> Channel:
    """A conversation whose facts the app may read; without any scope Slack names them all."""
    if not any(scope in call.app.scopes for scope in ANY_READ):
        call.need(*ANY_READ)
    channel = call.channel()
    call.need_for(channel, "read")
    return channel


def listing(call: Call) -> Json:
    """conversations.list: every public channel, and the private ones the bot sits in."""
    types = [t.strip() for t in call.text("types", "public_channel").split(",") if t.strip()]
    if any(t not in KINDS for t in types):
        raise Refusal("invalid_types")
    kinds = [KINDS[t] for t in types]
    call.need(*(f"{FAMILY[kind]}:read" for kind in kinds))
    skip_archived = call.flag("exclude_archived")
    rows = [
        channel_json(call.state, c, call.app.bot_user_id)
        for c in call.state.channels.values()
        if c.kind in kinds
        and rooms.visible(c, call.app.bot_user_id)
        and not (skip_archived and c.is_archived)
    ]
    page, more = call.page(rows)
    return {"channels": page, **more}


def info(call: Call) -> Json:
    """conversations.info"""
    channel = _readable(call)
    answer = channel_json(call.state, channel, call.app.bot_user_id)
    if not call.flag("include_num_members"):
        answer.pop("num_members", None)
    return {"channel": answer}


def members(call: Call) -> Json:
    """conversations.members"""
    page, more = call.page(_readable(call).members)
    return {"members": page, **more}


def open_direct(call: Call) -> Json:
    """conversations.open: the DM with one person, or a group DM with several."""
    ids = [u.strip() for u in call.text("users").split(",") if u.strip()]
    if not ids:
        if not call.text("channel"):
            raise Refusal("users_list_not_supplied")
        channel = call.channel()
    else:
        call.need("mpim:write" if len(ids) > 1 else "im:write")
        _check_partners(call, ids)
        channel = rooms.direct(call.state, call.app.bot_user_id, *ids)
    if call.flag("return_im"):
        return {"channel": channel_json(call.state, channel, call.app.bot_user_id)}
    return {"channel": {"id": channel.id}}


def _check_partners(call: Call, ids: list[str]) -> None:
    if len(ids) > MOST_PARTNERS:
        raise Refusal("too_many_users")
    for key in ids:
        user = call.state.users.get(key)
        if user is None:
            raise Refusal("user_not_found")
        if user.deleted:
            raise Refusal("user_disabled")
        if user.is_bot and len(ids) == 1:
            raise Refusal("cannot_dm_bot")


def _moment(call: Call, name: str, default: str) -> float:
    try:
        return float(call.text(name) or default)
    except ValueError:
        raise Refusal(f"invalid_ts_{name}") from None


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest = _moment(call, "oldest", "0")
    latest = _moment(call, "latest", "inf")
    if call.flag("inclusive"):
        return [m for m in messages if oldest <= float(m.ts) <= latest]
    return [m for m in messages if oldest < float(m.ts) < latest]


def _answer(call: Call, messages: list[Message], default: int) -> Json:
    """Metadata shows to whom asks for it and has the scope to read it.

    Source: https://docs.slack.dev/messaging/message-metadata
    """
    shown = call.flag("include_all_metadata") and "metadata.message:read" in call.app.scopes
    page, more = call.page(_between(call, messages), default)
    answer: Json = {"messages": [message_json(call.state, m, metadata=shown) for m in page]}
    answer["has_more"] = bool(more["response_metadata"]["next_cursor"])
    return answer | (more if answer["has_more"] else {})


def _historic(call: Call) -> Channel:
    channel = call.channel()
    call.need_for(channel, "history")
    if call.app.bot_user_id not in channel.members:
        raise Refusal("not_in_channel")
    return channel


def history(call: Call) -> Json:
    """conversations.history: newest first, without replies that were not broadcast."""
    found = [
        m for m in _historic(call).messages.values() if m.thread_ts in (None, m.ts) or m.broadcast
    ]
    return _answer(call, found[::-1], 100) | {"pin_count": 0}


def replies(call: Call) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel, parent = _historic(call), call.required("ts")
    if parent not in channel.messages:
        raise Refusal("thread_not_found")
    found = [m for m in channel.messages.values() if parent in (m.ts, m.thread_ts)]
    return _answer(call, found, 1000)


def _managed(call: Call, *rights: str) -> Channel:
    """A channel the app sits in, to be changed; any of these scopes of its kind will do."""
    channel = call.member_channel()
    if channel.kind not in ("channel", "group"):
        raise Refusal("method_not_supported_for_channel_type")
    family = FAMILY[channel.kind]
    wanted = [f"{family}:{right}" for right in rights]
    if not any(scope in call.app.scopes for scope in wanted):
        call.need(wanted[0])
    if channel.is_archived:
        raise Refusal("is_archived")
    return channel


def invite(call: Call) -> Json:
    """conversations.invite"""
    channel = _managed(call, "write.invites", "write", "manage")
    if "invite" in call.state.restricted:
        raise Refusal("restricted_action")
    ids = [u.strip() for u in call.text("users").split(",") if u.strip()]
    if not ids:
        raise Refusal("no_user")
    objections = {key: code for key in ids if (code := _objection(call, channel, key))}
    if objections and not (call.flag("force") and len(objections) < len(ids)):
        each = [{"user": key, "ok": False, "error": code} for key, code in objections.items()]
        raise Refusal(next(iter(objections.values())), errors=each)
    for key in ids:
        if key not in objections:
            rooms.join(call.state, channel, key, inviter=call.app.bot_user_id)
    return {"channel": channel_json(call.state, channel, call.app.bot_user_id)}


def _objection(call: Call, channel: Channel, key: str) -> str | None:
    """Why somebody cannot be invited, as a code; None when they can."""
    state = call.state
    user = state.users.get(key)
    if user is None or user.deleted:
        return "user_not_found"
    if key == call.app.bot_user_id:
        return "cant_invite_self"
    if key in channel.members:
        return "already_in_channel"
    if user.team_id != state.team_id and not channel.is_ext_shared:
        return "cant_invite"
    if user.is_ultra_restricted:
        places = (c for c in state.channels.values() if c.kind in ("channel", "group"))
        return "ura_max_channels" if any(key in c.members for c in places) else "user_is_restricted"
    if user.is_restricted and "invite_guests" in state.restricted:
        return "user_is_restricted"
    return None


def kick(call: Call) -> Json:
    """conversations.kick"""
    channel = _managed(call, "write", "manage")
    if "kick" in call.state.restricted:
        raise Refusal("restricted_action")
    user = call.user()
    if user.id == call.app.bot_user_id:
        raise Refusal("cant_kick_self")
    if user.id not in channel.members:
        raise Refusal("not_in_channel")
    rooms.leave(call.state, channel, user.id)
    return {"errors": {}}


def join(call: Call) -> Json:
    """conversations.join: public channels only; a private one is not found."""
    channel = call.channel()
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    rooms.join(call.state, channel, call.app.bot_user_id)
    return {"channel": channel_json(call.state, channel, call.app.bot_user_id)}


def leave(call: Call) -> Json:
    """conversations.leave"""
    channel = call.channel()
    if call.app.bot_user_id not in channel.members:
        return {"not_in_channel": True}
    _managed(call, "write", "manage")
    rooms.leave(call.state, channel, call.app.bot_user_id)
    return {}


def create(call: Call) -> Json:
    """conversations.create: the bot is its first member."""
    private, name = call.flag("is_private"), call.required("name")
    call.need("groups:write" if private else "channels:manage")
    if "create" in call.state.restricted:
        raise Refusal("restricted_action")
    if len(name) > MOST_NAME:
        raise Refusal("invalid_name_maxlength")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise Refusal("invalid_name_specials")
    if any(c.name == name for c in call.state.channels.values()):
        raise Refusal("name_taken")
    kind: Kind = "group" if private else "channel"
    channel = rooms.create(call.state, name, kind, [call.app.bot_user_id])
    return {"channel": channel_json(call.state, channel, call.app.bot_user_id)}


METHODS = {
    "conversations.list": Method(listing),
    "conversations.info": Method(info),
    "conversations.members": Method(members),
    "conversations.open": Method(open_direct),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
    "conversations.invite": Method(invite),
    "conversations.kick": Method(kick),
    "conversations.join": Method(join, ("channels:join",)),
    "conversations.leave": Method(leave),
    "conversations.create": Method(create),
}
