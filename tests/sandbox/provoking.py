"""What brings about each refusal: code and method to a set stage and the arguments."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.sandbox.kit import home, modal, section
from tests.sandbox.stage import NOBODY, NOWHERE, Stage

Args = dict[str, Any]
Provoke = Callable[[Stage], Args]
PROVOKED: dict[tuple[str, str], Provoke] = {}
"""Code and method to what brings it about: it sets the stage, and returns the arguments."""

CHATS = ("chat.postMessage", "chat.postEphemeral", "chat.update")
POSTS = CHATS[:2]
READS = ("conversations.history", "conversations.replies")
PAGED = ("conversations.list", "conversations.members", *READS, "users.list")
VIEWS = ("views.open", "views.push", "views.update", "views.publish")


def by(code: str, provoke: Provoke, *methods: str) -> None:
    for method in methods:
        PROVOKED[code, method] = provoke


def saying(stage: Stage, **args: Any) -> Args:
    """Arguments that suit chat.postMessage, postEphemeral and update alike."""
    return {**stage.posted(), "user": stage.who(), **args}


def place(name: str, **args: Any) -> Provoke:
    return lambda s: {
        "channel": s.place(name) if name != NOWHERE else name,
        "user": s.who(),
        "users": s.who(),
        "ts": "1.0",
        "message_ts": "1.0",
        "text": "x",
        **args,
    }


def inviting(who: Callable[[Stage], str], channel: str = "team") -> Provoke:
    return lambda s: {"channel": s.place(channel), "users": who(s)}


def file(which: Callable[[Stage], str]) -> Provoke:
    def args(stage: Stage) -> Args:
        key = which(stage)
        return {"file": key, "files": [{"id": key}]}

    return args


def gone(stage: Stage) -> str:
    key = stage.uploaded(complete=True)
    stage.call("files.delete", file=key)
    return key


def foreign_file(stage: Stage) -> str:
    key = stage.uploaded(complete=True)
    shared = stage.state.files[key]
    shared.user_id, shared.channels = stage.who(), [stage.place()]
    return key


def triggered(stage: Stage, trigger: str | None = None, **view: Any) -> Args:
    """Arguments that suit all views methods."""
    key = stage.opened()["id"]
    sent = {"trigger_id": trigger or stage.trigger(), "view": modal(**view), "view_id": key}
    return {**sent, "user_id": stage.who()}


def used(stage: Stage) -> Args:
    trigger = stage.trigger()
    stage.call("views.open", trigger_id=trigger, view=modal())
    return triggered(stage, trigger)


def old(stage: Stage) -> Args:
    trigger = stage.trigger()
    stage.state.triggers[trigger].born = time.monotonic() - 4
    return triggered(stage, trigger)


def stacked(stage: Stage) -> Args:
    stage.opened()
    for _ in range(2):
        stage.call("views.push", trigger_id=stage.trigger(), view=modal())
    return {"trigger_id": stage.trigger(), "view": modal()}


def at_home(stage: Stage, **args: Any) -> Args:
    return {"user_id": stage.who(), "view": home(), **args}


def same_external_id(stage: Stage) -> Args:
    other = stage.workspace.add_user("other").id
    trigger = stage.state.new_trigger(stage.installation.app, other)
    stage.call("views.open", trigger_id=trigger, view=modal(external_id="one"))
    return triggered(stage, external_id="one")


def homely(provoke: Provoke) -> Provoke:
    """The same arguments with a Home instead of a modal."""

    def args(stage: Stage) -> Args:
        given = provoke(stage)
        view = {k: v for k, v in given["view"].items() if k in ("external_id", "blocks")}
        return {**given, "view": {"type": "home", **view}}

    return args


def large(stage: Stage) -> Args:
    given = triggered(stage)
    return {**given, "view": modal(*[section("x" * 2900) for _ in range(90)])}


def stale(stage: Stage) -> Args:
    given = {**triggered(stage), "hash": "0.old"}
    stage.call("views.publish", **at_home(stage))
    return given


# conversations
MANAGED = ("conversations.invite", "conversations.kick")
KNOWN = (
    *("conversations.info", "conversations.members", "conversations.join", "conversations.leave"),
    *(*MANAGED, *READS, "chat.postMessage", "chat.postEphemeral"),
    *("chat.update", "chat.delete", "chat.getPermalink"),
)
by("channel_not_found", place("secret"), *KNOWN)
by("channel_not_found", lambda _s: {"channel": NOWHERE}, "conversations.open")
by("not_in_channel", place("lobby"), *POSTS, *MANAGED, *READS)
by(
    "not_in_channel",
    lambda s: {"files": [{"id": s.uploaded()}], "channel_id": s.place("lobby")},
    "files.completeUploadExternal",
)
ARCHIVED = ("conversations.invite", "conversations.kick", "conversations.leave", *POSTS)
by("is_archived", lambda s: place("team")(s.archived()), *ARCHIVED)


def archived_lobby(stage: Stage) -> Args:
    stage.workspace.archive("lobby")
    return place("lobby")(stage)


by("is_archived", archived_lobby, "conversations.join")
by("method_not_supported_for_channel_type", place("team"), "conversations.join")
by(
    "method_not_supported_for_channel_type",
    lambda s: {"channel": s.direct(), "users": s.who("bob"), "user": s.who()},
    *(*MANAGED, "conversations.leave"),
)
RESTRICTED = (*POSTS, *MANAGED, "conversations.create")
by(
    "restricted_action",
    lambda s: {**place("team")(s.restricted("post", "invite", "kick", "create")), "name": "new"},
    *RESTRICTED,
)
by("no_user", lambda s: {"channel": s.place(), "users": " , "}, "conversations.invite")


def a_guest_elsewhere(stage: Stage) -> Args:
    stage.added("guest", single_channel_guest=True)
    stage.workspace.add_member("lobby", "guest")
    return inviting(lambda s: s.who("guest"))(stage)


INVITED: dict[str, Provoke] = {
    "already_in_channel": inviting(lambda s: s.who()),
    "cant_invite_self": inviting(lambda s: s.installation.bot_user_id),
    "cant_invite": inviting(lambda s: s.added("eve", team_id="T0OTHER")),
    "ura_max_channels": a_guest_elsewhere,
    "user_is_restricted": inviting(lambda s: s.added("guest", single_channel_guest=True)),
    "user_not_found": inviting(lambda s: s.added("gone", deleted=True)),
}
for _code, _provoke in INVITED.items():
    by(_code, _provoke, "conversations.invite")
by(
    "cant_kick_self",
    lambda s: {"channel": s.place(), "user": s.installation.bot_user_id},
    "conversations.kick",
)
by("user_not_found", place("team", user=NOBODY), "conversations.kick", "users.info")
OPENED: dict[str, Provoke] = {
    "users_list_not_supplied": lambda _s: {},
    "too_many_users": lambda s: {"users": ",".join(s.added(f"p{n}") for n in range(9))},
    "user_disabled": lambda s: {"users": f"{s.added('gone', deleted=True)},{s.who()}"},
    "cannot_dm_bot": lambda s: {"users": s.added("robot", bot=True)},
    "user_not_found": lambda _s: {"users": NOBODY},
}
for _code, _provoke in OPENED.items():
    by(_code, _provoke, "conversations.open")
CREATED = {"name_taken": "team", "invalid_name_maxlength": "x" * 81, "invalid_name_specials": "A b"}
for _code, _name in CREATED.items():
    by(_code, lambda _s, name=_name: {"name": name}, "conversations.create")  # type: ignore[misc]
by("thread_not_found", place("team"), "conversations.replies")
by("invalid_ts_oldest", lambda s: {**s.posted(), "oldest": "yesterday"}, *READS)
by("invalid_ts_latest", lambda s: {**s.posted(), "latest": "tomorrow"}, *READS)
by("invalid_types", lambda _s: {"types": "rooms"}, "conversations.list")
by("invalid_cursor", lambda s: {**s.posted(), "cursor": "?"}, *PAGED)
by("invalid_limit", lambda s: {**s.posted(), "limit": "1001"}, *PAGED)

# messages
by("no_text", saying, *POSTS)
by("no_text", lambda s: s.posted(), "chat.update")
by("msg_too_long", lambda s: saying(s, text="x" * 40_001), *CHATS)
by("invalid_blocks", lambda s: saying(s, blocks=[section("")]), *CHATS)
by("invalid_blocks_format", lambda s: saying(s, blocks="{"), *CHATS)
WITH_METADATA = ("chat.postMessage", "chat.update")
METADATA: dict[str, Any] = {
    "invalid_metadata_format": "words",
    "invalid_metadata_schema": {"event_type": "x"},
    "metadata_too_large": {"event_type": "x", "event_payload": {"a": "x" * 16_000}},
}
for _code, _wrong in METADATA.items():
    by(
        _code,
        lambda s, wrong=_wrong: saying(s, text="x", metadata=wrong),  # type: ignore[misc]
        *WITH_METADATA,
    )


def tabless(stage: Stage) -> Args:
    channel = stage.direct()
    stage.without("messages_tab_enabled")
    return {"channel": channel, "user": stage.who(), "text": "x"}


by("messages_tab_disabled", tabless, *POSTS)
LOOKED_UP = ("chat.update", "chat.delete", "chat.getPermalink")
by("message_not_found", place("team"), *LOOKED_UP)
by("cant_update_message", lambda s: {**s.foreign(), "text": "x"}, "chat.update")
by("cant_delete_message", lambda s: s.foreign(), "chat.delete")
by("is_inactive", lambda s: {**s.posted(), "text": "x", "_": s.archived()}, "chat.update")
by("user_not_in_channel", place("team", user=NOBODY), "chat.postEphemeral")

# views
OPENING = VIEWS[:2]
by("invalid_trigger_id", lambda s: triggered(s, "1.2.3"), *OPENING)
by("expired_trigger_id", old, *OPENING)
by("exchanged_trigger_id", used, *OPENING)
by("duplicate_external_id", same_external_id, *VIEWS[:3])
by("duplicate_external_id", homely(same_external_id), "views.publish")
by("view_too_large", large, *VIEWS[:3])
by("view_too_large", homely(large), "views.publish")
by("not_found", lambda _s: {"view": modal(), "view_id": "V0NONE"}, "views.update")
by("not_found", lambda s: {"view": modal(), "trigger_id": s.trigger()}, "views.push")
by("hash_conflict", stale, "views.update")
by("hash_conflict", homely(stale), "views.publish")
by("push_limit_reached", stacked, "views.push")
by("not_enabled", lambda s: at_home(s.without("home_tab_enabled")), "views.publish")

# files
by("missing_argument", lambda _s: {"filename": "a", "length": "0"}, "files.getUploadURLExternal")
by("file_not_found", file(lambda _s: "F0NONE"), "files.info", "files.delete")
by("file_not_found", file(lambda s: s.uploaded(complete=True)), "files.completeUploadExternal")
by("file_deleted", file(gone), "files.info", "files.delete")
by("cant_delete_file", file(foreign_file), "files.delete")
by(
    "invalid_channel",
    lambda s: {"files": [{"id": s.uploaded()}], "channel_id": s.place("secret")},
    "files.completeUploadExternal",
)
by(
    "posting_to_channel_denied",
    lambda s: {"files": [{"id": s.uploaded()}], "channel_id": s.archived().place()},
    "files.completeUploadExternal",
)
