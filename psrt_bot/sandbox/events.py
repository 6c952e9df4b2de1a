"""Which events an app hears of: it subscribed, has the scope, and sits in the conversation.

Sources: https://docs.slack.dev/apis/events-api and https://docs.slack.dev/reference/events
"""

from __future__ import annotations

from psrt_bot.sandbox.model import App, Channel, Json, Message, User
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.wire import message_json, user_json, view_json

FAMILY = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
"""Kind of conversation to the name of its scopes, and of its message events."""
_LETTER = {"channel": "C", "group": "G", "im": "I", "mpim": "G"}


def _send(
    state: State,
    channel: Channel | None,
    scope: str,
    event: Json,
    name: str = "",
    only: App | None = None,
) -> None:
    for app in [only] if only else state.apps.values():
        inside = channel is None or app.bot_user_id in channel.members
        subscribed = (name or event["type"]) in app.events
        if subscribed and inside and (not scope or scope in app.scopes):
            state.emit(app, {**event, "event_ts": state.new_ts()})


def membership(state: State, channel: Channel, user_id: str, inviter: str | None = None) -> None:
    """Somebody joined, or left, a channel: compares with the members as they are now."""
    if channel.kind not in ("channel", "group"):
        return
    joined = user_id in channel.members
    event: Json = {
        "type": "member_joined_channel" if joined else "member_left_channel",
        "user": user_id,
        "channel": channel.id,
        "channel_type": _LETTER[channel.kind],
        "team": state.team_id,
    }
    if joined and inviter:
        event["inviter"] = inviter
    _send(state, channel, f"{FAMILY[channel.kind]}:read", event)


def user_changed(state: State, user: User, *, joined: bool = False) -> None:
    """A person came to the workspace (`team_join`) or changed (`user_change`).

    The e-mail address stands in it with the scope users:read.email alone:
    https://docs.slack.dev/reference/scopes/users.read.email
    """
    kind = "team_join" if joined else "user_change"
    for app in state.apps.values():
        told = user_json(state, user)
        if "users:read.email" not in app.scopes:
            told["profile"].pop("email", None)
        _send(state, None, "users:read", {"type": kind, "user": told}, only=app)


def channel_shared(state: State, channel: Channel, team_id: str) -> None:
    """A channel is shared with another workspace from now on."""
    event = {"type": "channel_shared", "connected_team_id": team_id, "channel": channel.id}
    _send(state, channel, f"{FAMILY[channel.kind]}:read", event)


def channel_unshared(state: State, channel: Channel, team_id: str) -> None:
    """A channel is no longer shared with another workspace, perhaps still with others.

    Source: https://docs.slack.dev/reference/events/channel_unshared
    """
    event = {
        "type": "channel_unshared",
        "previously_connected_team_id": team_id,
        "channel": channel.id,
        "is_ext_shared": channel.is_ext_shared,
    }
    _send(state, channel, f"{FAMILY[channel.kind]}:read", event)


def channel_archived(state: State, channel: Channel, user_id: str) -> None:
    """`group_archive`, `channel_unarchive`, ...: compares with the channel as it is now."""
    what = "archive" if channel.is_archived else "unarchive"
    event = {"type": f"{channel.kind}_{what}", "channel": channel.id, "user": user_id}
    _send(state, channel, f"{FAMILY[channel.kind]}:read", event)


def channel_renamed(state: State, channel: Channel) -> None:
    """`group_rename` or `channel_rename`.

    Source: https://docs.slack.dev/reference/events/group_rename
    """
    told = {"id": channel.id, "name": channel.name, "created": int(channel.created.timestamp())}
    event = {"type": f"{channel.kind}_rename", "channel": told}
    _send(state, channel, f"{FAMILY[channel.kind]}:read", event)


def app_left(state: State, channel: Channel, user_id: str) -> None:
    """`group_left` or `channel_left`: an app's own bot user is not inside any more.

    Source: https://docs.slack.dev/reference/events/group_left
    """
    event = {"type": f"{channel.kind}_left", "channel": channel.id}
    for app in state.apps.values():
        if app.bot_user_id == user_id and event["type"] in app.events:
            state.emit(app, {**event, "event_ts": state.new_ts()})


def message_posted(state: State, channel: Channel, message: Message) -> None:
    """A message in a conversation: `message.im`, `message.groups`, ..."""
    family = FAMILY[channel.kind]
    event = {
        **message_json(state, message),
        "channel": channel.id,
        "channel_type": channel.kind,
    }
    _send(state, channel, f"{family}:history", event, f"message.{family}")


def home_opened(state: State, app: App, user_id: str, channel_id: str) -> Json:
    """The `app_home_opened` event of somebody who opens the Home tab.

    Source: https://docs.slack.dev/reference/events/app_home_opened
    """
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": channel_id,
        "tab": "home",
        "event_ts": state.new_ts(),
    }
    if home := state.homes.get((app.id, user_id)):
        event["view"] = view_json(state, home)
    return event
