"""The payloads of interactions, with the fields the real ones have.

Sources: https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

from typing import Any

from psrt_bot.sandbox.forms import STATEFUL
from psrt_bot.sandbox.model import App, Channel, Json, Message, User, View
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.wire import message_json, view_json

_CALLED = {"im": "directmessage", "group": "privategroup", "mpim": "privategroup"}


def slash_command(
    state: State, app: App, user: User, channel: Channel, command: str, text: str
) -> Json:
    """A slash command; every value is text, as in a form."""
    return {
        "token": app.verification_token,
        "team_id": state.team_id,
        "team_domain": state.domain,
        "channel_id": channel.id,
        "channel_name": _CALLED.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": state.new_hook(app, user.id, channel.id, None),
        "trigger_id": state.new_trigger(app, user.id),
    }


def _common(state: State, app: App, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "team": {"id": state.team_id, "domain": state.domain},
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "api_app_id": app.id,
        "token": app.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_action(
    state: State, app: App, user: User, message: Message, values: Json, action: Json
) -> Json:
    """block_actions from a message; of an ephemeral one Slack does not send the content."""
    channel = state.channels[message.channel_id]
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.ephemeral_to),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **_common(state, app, user, "block_actions"),
        "container": container,
        "trigger_id": state.new_trigger(app, user.id),
        "channel": {"id": channel.id, "name": _CALLED.get(channel.kind, channel.name)},
        "state": {"values": values},
        "response_url": state.new_hook(app, user.id, channel.id, message),
        "actions": [action],
    }
    if not message.ephemeral_to:
        payload["message"] = message_json(state, message)
    return payload


def view_action(state: State, app: App, user: User, view: View, action: Json) -> Json:
    """block_actions from a modal or an App Home."""
    return {
        **_common(state, app, user, "block_actions"),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": state.new_trigger(app, user.id, view.id),
        "view": view_json(state, view),
        "actions": [action],
    }


def view_submission(state: State, app: App, user: User, view: View) -> Json:
    """view_submission"""
    return {
        **_common(state, app, user, "view_submission"),
        "trigger_id": state.new_trigger(app, user.id, view.id),
        "view": view_json(state, view),
        "response_urls": [],
    }


def view_closed(state: State, app: App, user: User, view: View, cleared: bool) -> Json:
    """view_closed: `cleared` when all modals were closed at once."""
    return {
        **_common(state, app, user, "view_closed"),
        "view": view_json(state, view),
        "is_cleared": cleared,
    }


def action(state: State, block_id: str, element: Json, value: Any = None) -> Json:
    """One entry of `actions`: which element, and what was chosen. `value` is an element's state."""
    made: Json = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": element["type"],
        "action_ts": state.new_ts(),
    }
    if element["type"] == "button":
        made["text"] = element["text"]
        made |= {name: element[name] for name in ("value", "style", "url") if name in element}
    elif element["type"] == "overflow":
        made["selected_option"] = value
    else:
        key = STATEFUL[element["type"]].key
        made[key] = value[key]
    if "placeholder" in element:
        made["placeholder"] = element["placeholder"]
    return made
