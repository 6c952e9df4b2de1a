"""Is a payload of the shape Slack documents? Asked before Bolt, which some odd shapes make raise.

docs.slack.dev/interactivity and /apis/events-api. Pure; the answers name a place in the payload,
never anything that stands there.
"""

from collections.abc import Callable, Mapping
from typing import Any

Payload = Mapping[str, Any]


def problem(payload: object) -> str | None:
    """Return what is wrong with a payload's shape, or None."""
    if not isinstance(payload, Mapping):
        return "the payload is no object"
    kind = payload.get("type")
    if kind is None:
        return _command(payload)
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    return check(payload) if check else "the payload's type is unknown"


def _command(payload: Payload) -> str | None:
    if "ssl_check" in payload:
        return None
    texts = ("command", "text", "user_id", "trigger_id")
    return _first(_text_at(payload, name, empty=name == "text") for name in texts)


def _actions(payload: Payload) -> str | None:
    actions = payload.get("actions")
    if not isinstance(actions, list) or not actions:
        return "actions is no list, or empty"
    first = actions[0]
    if not isinstance(first, Mapping):
        return "actions holds no object"
    where = _place(payload)
    ids = [_text_at(first, "action_id"), _text_at(first, "block_id", missing=True)]
    return _first([_user(payload), *ids, where])


def _place(payload: Payload) -> str | None:
    for name in ("view", "message", "container", "channel"):
        if payload.get(name) is not None and not isinstance(payload[name], Mapping):
            return f"{name} is no object"
    return None


def _view(payload: Payload) -> str | None:
    view = payload.get("view")
    if not isinstance(view, Mapping):
        return "view is no object"
    state = view.get("state", {})
    if not isinstance(state, Mapping) or not isinstance(state.get("values", {}), Mapping):
        return "view.state is no object"
    return _first(
        [
            _user(payload),
            *(_text_at(view, name) for name in ("id", "type", "callback_id")),
            _optional(view, "private_metadata"),
        ]
    )


def _event(payload: Payload) -> str | None:
    event = payload.get("event")
    if not isinstance(event, Mapping):
        return "event is no object"
    outside = [_text_at(payload, "event_id"), _text_at(event, "type"), _lists(payload)]
    inside = EVENTS.get(str(event.get("type")))
    return _first([*outside, inside(event) if inside else None])


def _person(event: Payload) -> str | None:
    problem = _user(event)
    if problem:
        return problem
    user = event["user"]
    profile = {} if user.get("profile") is None else user["profile"]
    if not isinstance(profile, Mapping):
        return "profile is no object"
    ours = [_optional(user, name) for name in ("team_id", "name", "real_name", "tz")]
    return _first(
        [*ours, *(_optional(profile, name) for name in ("display_name", "real_name", "email"))]
    )


def _passage(event: Payload) -> str | None:
    texts = (_text_at(event, "channel"), _text_at(event, "user"))
    return _first([*texts, _optional(event, "inviter")])


def _place_told(event: Payload) -> str | None:
    return _text_at(event, "channel")


def _renamed(event: Payload) -> str | None:
    channel = event.get("channel")
    if not isinstance(channel, Mapping):
        return "channel is no object"
    return _first([_text_at(channel, "id"), _text_at(channel, "name")])


def _lists(payload: Payload) -> str | None:
    given = payload.get("authorizations")
    if given is None or (isinstance(given, list) and all(isinstance(a, Mapping) for a in given)):
        return None
    return "authorizations is no list of objects"


def _user(payload: Payload) -> str | None:
    user = payload.get("user")
    return _text_at(user, "id") if isinstance(user, Mapping) else "user is no object"


def _text_at(part: Payload, name: str, *, empty: bool = False, missing: bool = False) -> str | None:
    value = part.get(name)
    if value is None and missing:
        return None
    fine = isinstance(value, str) and (empty or bool(value))
    return None if fine else f"{name} is no text"


def _optional(part: Payload, name: str) -> str | None:
    return _text_at(part, name, empty=True, missing=True)


def _first(found: Any) -> str | None:
    return next((text for text in found if text), None)


CHECKS: Mapping[str, Callable[[Payload], str | None]] = {
    "block_actions": _actions,
    "view_submission": _view,
    "view_closed": _view,
    "event_callback": _event,
    "url_verification": lambda payload: _text_at(payload, "challenge"),
    "app_rate_limited": lambda _: None,
}

# What the bot reads of the events it hears (docs.slack.dev/reference/events).
EVENTS: Mapping[str, Callable[[Payload], str | None]] = {
    "user_change": _person,
    "team_join": _person,
    "member_joined_channel": _passage,
    "member_left_channel": _passage,
    "channel_shared": _place_told,
    "channel_unshared": _place_told,
    "group_archive": _place_told,
    "group_unarchive": _place_told,
    "group_left": _place_told,
    "group_rename": _renamed,
    "app_home_opened": lambda event: _text_at(event, "user"),
}
