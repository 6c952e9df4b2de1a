"""What a listener is asked: Slack's payloads read into one small shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | tuple[str, ...]

# Where Slack puts the value of an element that holds one (docs.slack.dev, block elements).
_ONE_VALUE = (
    "value",
    "selected_user",
    "selected_conversation",
    "selected_channel",
    "selected_date",
    "selected_time",
)


class MalformedPayload(Exception):
    """The payload is not of the shape Slack documents. Its text holds nothing of the payload."""


@dataclass(frozen=True)
class Asked:
    """A command, a button's click, or a modal's submission.

    Args:
        user_id: who asks.
        text: what follows a slash command.
        value: the clicked button's value, or what was chosen in a select, overflow menu or picker.
        view_id: the modal it came from, if it came from one.
        metadata: that modal's private metadata.
        values: the modal's fields by block id; repr hides them.
        response_url: where an ephemeral answer to a message's button goes.
    """

    user_id: str
    trigger_id: str = field(default="", repr=False)
    text: str = ""
    value: str = ""
    view_id: str = ""
    metadata: str = ""
    values: Mapping[str, Value] = field(default_factory=dict, repr=False)
    response_url: str = field(default="", repr=False)

    def one(self, name: str) -> str:
        """Return a field that holds one value; empty when it is missing or was left empty."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def several(self, name: str) -> frozenset[str]:
        """Return a field that holds several values."""
        value = self.values.get(name, ())
        return frozenset(value) if not isinstance(value, str) else frozenset()


def read_command(body: Mapping[str, Any]) -> Asked:
    """Read a slash command's payload.

    Raises:
        MalformedPayload: nobody asks.
    """
    return Asked(
        user_id=_needed(body, "user_id"),
        trigger_id=_text(body, "trigger_id"),
        text=_text(body, "text").strip(),
        response_url=_text(body, "response_url"),
    )


def read_action(body: Mapping[str, Any]) -> Asked:
    """Read a ``block_actions`` payload.

    Raises:
        MalformedPayload: nobody asks.
    """
    actions = body.get("actions")
    clicked = actions[0] if isinstance(actions, list) and actions else None
    view = _part(body, "view")
    return Asked(
        user_id=_needed(_part(body, "user"), "id"),
        trigger_id=_text(body, "trigger_id"),
        value=_chosen(clicked if isinstance(clicked, Mapping) else {}),
        view_id=_text(view, "id") if view.get("type") == "modal" else "",
        metadata=_text(view, "private_metadata"),
        values=_values(view),
        response_url=_text(body, "response_url"),
    )


def read_submission(body: Mapping[str, Any]) -> Asked:
    """Read a ``view_submission`` payload.

    Raises:
        MalformedPayload: nobody asks, or no modal was submitted.
    """
    view = _part(body, "view")
    return Asked(
        user_id=_needed(_part(body, "user"), "id"),
        trigger_id=_text(body, "trigger_id"),
        view_id=_needed(view, "id"),
        metadata=_text(view, "private_metadata"),
        values=_values(view),
    )


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _needed(body: Mapping[str, Any], name: str) -> str:
    if value := _text(body, name):
        return value
    raise MalformedPayload(f"the payload has no {name}")


def _values(view: Mapping[str, Any]) -> dict[str, Value]:
    fields = _part(_part(view, "state"), "values")
    return {
        name: _value(element)
        for name, elements in fields.items()
        if isinstance(elements, Mapping)
        for element in elements.values()
        if isinstance(element, Mapping)
    }


def _value(element: Mapping[str, Any]) -> Value:
    several = element.get("selected_options")
    if isinstance(several, list):
        chosen = (_text(option, "value") for option in several if isinstance(option, Mapping))
        return tuple(value for value in chosen if value)
    for key in ("selected_users", "selected_conversations", "selected_channels"):
        if isinstance(ids := element.get(key), list):
            return tuple(one for one in ids if isinstance(one, str) and one)
    return _chosen(element)


def _chosen(element: Mapping[str, Any]) -> str:
    """Return the one value of an element, whichever key its kind keeps it under."""
    if option := _part(element, "selected_option"):
        return _text(option, "value")
    for key in _ONE_VALUE:
        if value := _text(element, key):
            return value
    return ""
