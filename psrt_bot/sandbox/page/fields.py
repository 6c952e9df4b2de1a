"""What a browser's form says, entered into the state of a view's elements.

A field is named by its place, `BLOCK.ELEMENT`; options by their index, people and channels by id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psrt_bot.sandbox import forms
from psrt_bot.sandbox.model import Json, User
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.surfaces import elements_of

Typed = Mapping[str, Sequence[str]]


def entered(state: State, user: User, element: Json, typed: Sequence[str]) -> Json:
    """The element's state for what a browser sent. Raises LookupError, ValueError for nonsense."""
    kind = element["type"]
    given = [text for text in typed if text != ""]
    if not given:
        return forms.entered(state, element, None)
    if "static_select" in kind or kind in ("radio_buttons", "checkboxes"):
        kept, options = forms.STATEFUL[kind], forms.options_of(element)
        chosen = [options[int(text)] for text in given]
        return {"type": kind, kept.key: chosen if kept.many else chosen[0]}
    if kind == "datetimepicker":
        local = datetime.fromisoformat(given[0]).replace(tzinfo=ZoneInfo(user.tz))
        return forms.entered(state, element, local)
    if forms.STATEFUL[kind].many:
        return forms.entered(state, element, given)
    return forms.entered(state, element, given[0].replace("\r\n", "\n"))


def enter_all(
    state: State, user: User, blocks: list[Json], values: dict[str, dict[str, Json]], typed: Typed
) -> None:
    """Enter everything a form holds into `values`; what the form does not name stays."""
    for i, block in enumerate(blocks):
        for j, element in enumerate(elements_of(block)):
            name = f"{i}.{j}"
            if name in typed and element["type"] in forms.STATEFUL:
                made = entered(state, user, element, typed[name])
                values[block["block_id"]][element["action_id"]] = made


def named(blocks: list[Json], name: str) -> tuple[Json, Json]:
    """The block and element at a place. Raises LookupError when there is none."""
    i, j = (int(part) for part in name.split("."))
    block = blocks[i]
    return block, elements_of(block)[j]


def current(block: Json, element: Json, values: Mapping[str, Any]) -> Any:
    """What stands in an element: text, option(s), id(s), or None."""
    kept = forms.STATEFUL[element["type"]]
    state = (values.get(block.get("block_id", "")) or {}).get(element.get("action_id"))
    return state[kept.key] if state else element.get(kept.initial, kept.empty)
