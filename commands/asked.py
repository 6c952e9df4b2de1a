"""What a listener is asked: Slack's payloads read into one small shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | tuple[str, ...]


class MalformedPayload(Exception):
    """The payload is not of the shape Slack documents. Its text holds nothing of the payload."""


@dataclass(frozen=True)
class Asked:
    """A command, a button's click, or a modal's submission.

    Args:
        user_id: who asks.
        text: what follows a slash command.
        value: the clicked button's value.
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
    """Read a slash command's payload."""
    return Asked(
        user_id=_text(body, "user_id"),
        trigger_id=_text(body, "trigger_id"),
        text=str(body.get("text") or "").strip(),
        response_url=str(body.get("response_url") or ""),
    )


def read_action(body: Mapping[str, Any]) -> Asked:
    """Read a ``block_actions`` payload."""
    actions = body.get("actions") or [{}]
    view = body.get("view") or {}
    return Asked(
        user_id=_text(body.get("user") or {}, "id"),
        trigger_id=str(body.get("trigger_id") or ""),
        value=str(actions[0].get("value") or ""),
        view_id=str(view.get("id") or "") if view.get("type") == "modal" else "",
        metadata=str(view.get("private_metadata") or ""),
        values=_values(view),
        response_url=str(body.get("response_url") or ""),
    )


def read_submission(body: Mapping[str, Any]) -> Asked:
    """Read a ``view_submission`` payload."""
    view = body.get("view") or {}
    return Asked(
        user_id=_text(body.get("user") or {}, "id"),
        trigger_id=str(body.get("trigger_id") or ""),
        view_id=_text(view, "id"),
        metadata=str(view.get("private_metadata") or ""),
        values=_values(view),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedPayload(f"the payload has no {name}")
    return value


def _values(view: Mapping[str, Any]) -> dict[str, Value]:
    state = (view.get("state") or {}).get("values") or {}
    return {
        block_id: _value(element)
        for block_id, elements in state.items()
        for element in elements.values()
    }


def _value(element: Mapping[str, Any]) -> Value:
    if "selected_options" in element:
        return tuple(str(option["value"]) for option in element["selected_options"])
    if option := element.get("selected_option"):
        return str(option["value"])
    for key in ("value", "selected_user", "selected_conversation", "selected_date"):
        if element.get(key) is not None:
            return str(element[key])
    return ""
