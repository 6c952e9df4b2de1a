"""What people enter: the state of each element, entering a value, and the checks of the client.

Shapes: https://docs.slack.dev/reference/block-kit/block-elements and
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload. The client refuses
an empty required field or a malformed address itself; the app never hears of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.surfaces import elements_of


@dataclass(frozen=True)
class Kept:
    """Where an element's state is kept, where its initial value stands, and what empty is."""

    key: str
    initial: str
    many: bool = False

    @property
    def empty(self) -> Any:
        return [] if self.many else None


_VALUE = Kept("value", "initial_value")
STATEFUL: dict[str, Kept] = {
    "plain_text_input": _VALUE,
    "email_text_input": _VALUE,
    "url_text_input": _VALUE,
    "number_input": _VALUE,
    "static_select": Kept("selected_option", "initial_option"),
    "radio_buttons": Kept("selected_option", "initial_option"),
    "checkboxes": Kept("selected_options", "initial_options", many=True),
    "multi_static_select": Kept("selected_options", "initial_options", many=True),
    "users_select": Kept("selected_user", "initial_user"),
    "multi_users_select": Kept("selected_users", "initial_users", many=True),
    "channels_select": Kept("selected_channel", "initial_channel"),
    "multi_channels_select": Kept("selected_channels", "initial_channels", many=True),
    "conversations_select": Kept("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Kept(
        "selected_conversations", "initial_conversations", many=True
    ),
    "datepicker": Kept("selected_date", "initial_date"),
    "timepicker": Kept("selected_time", "initial_time"),
    "datetimepicker": Kept("selected_date_time", "initial_date_time"),
}


def initial_values(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """`state.values` of a surface nobody has touched yet."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in elements_of(block):
            if kept := STATEFUL.get(element["type"]):
                state = {"type": element["type"], kept.key: element.get(kept.initial, kept.empty)}
                values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def options_of(element: Json) -> list[Json]:
    """The options of a select, in groups or not."""
    groups = element.get("option_groups") or []
    grouped = [option for group in groups for option in group["options"]]
    return list(element.get("options") or []) + grouped


def option_named(element: Json, text: str) -> Json:
    """The option a person means by its text (or value). Raises LookupError naming the choices."""
    options = options_of(element)
    for option in options:
        if text in (option["text"]["text"], option.get("value")):
            return option
    raise LookupError(f"no option {text!r}; there are {[o['text']['text'] for o in options]}")


def entered(state: State, element: Json, value: Any) -> Json:
    """The element's state once a person has entered this value (None or [] empties it).

    Texts for text inputs, option texts for selects, names or ids for people and channels, dates as
    `date` or ISO text. Raises LookupError for what the element does not offer.
    """
    kind = element["type"]
    kept = STATEFUL[kind]
    if value is None or value == []:
        return {"type": kind, kept.key: kept.empty}
    if kept.many:
        several = [value] if isinstance(value, str) else list(value)
        return {"type": kind, kept.key: [_single(state, element, kind, v) for v in several]}
    return {"type": kind, kept.key: _single(state, element, kind, value)}


def _single(state: State, element: Json, kind: str, value: Any) -> Any:
    if "static_select" in kind or kind in ("radio_buttons", "checkboxes"):
        return option_named(element, str(value))
    if "users_select" in kind:
        return state.user(str(value)).id
    if "channels_select" in kind or "conversations_select" in kind:
        return state.channel(str(value)).id
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return str(value)


def problems(blocks: list[Json], values: dict[str, dict[str, Json]]) -> dict[str, str]:
    """What the client refuses before it asks the app: block id to complaint."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            value = values[block["block_id"]][element["action_id"]][STATEFUL[element["type"]].key]
            empty = value is None or value in ("", [])
            if empty and not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
            elif not empty and (complaint := _malformed(element, value)):
                found[block["block_id"]] = complaint
    return found


def _malformed(element: Json, value: Any) -> str | None:
    match element["type"]:
        case "plain_text_input":
            return _wrong_length(element, value)
        case "email_text_input" if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            return "Please enter a valid email address."
        case "url_text_input" if not re.fullmatch(r"https?://[^\s/]+\S*", value):
            return "Please enter a valid URL."
        case "number_input":
            return _wrong_number(element, value)
        case "datepicker" if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return "Please enter a valid date."
    most = element.get("max_selected_items")
    return f"Please select at most {most} items." if most and len(value) > most else None


def _wrong_length(element: Json, value: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(value) > most else None


def _wrong_number(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a valid number."
    if not number.is_finite():
        return "Please enter a valid number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < Decimal(least):
        return f"Please enter a number of at least {least}."
    if most is not None and number > Decimal(most):
        return f"Please enter a number of at most {most}."
    return None
