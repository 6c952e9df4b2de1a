"""What a person can read of blocks, and which parts they can press or choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.surfaces import elements_of

Look = Callable[[str, str], str]
"""How a text of a type looks: the raw text, or what one reader sees of it."""


def _raw(text: str, _kind: str) -> str:
    return text


def words(part: object, look: Look = _raw) -> Iterator[str]:
    """All readable text of blocks, in order: texts, labels, button texts, options, alt texts."""
    if isinstance(part, list):
        for item in part:
            yield from words(item, look)
    elif isinstance(part, dict):
        if part.get("type") in ("plain_text", "mrkdwn", "text", "markdown"):
            yield look(str(part.get("text", "")), part["type"])
            return
        for name in ("alt_text", "initial_value"):
            if isinstance(part.get(name), str):
                yield part[name]
        for name, item in part.items():
            if name != "confirm" and not name.startswith("initial_"):
                yield from words(item, look)


def text_of(blocks: list[Json], look: Look = _raw) -> str:
    """The readable text of blocks, one piece a line."""
    return "\n".join(piece for piece in words(blocks, look) if piece)


def buttons_of(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Blocks with their buttons."""
    return [(b, e) for b in blocks for e in elements_of(b) if e["type"] == "button"]


def button_named(blocks: list[Json], label: str) -> tuple[Json, Json]:
    """The one button of this text (or action id), with its block. Raises AssertionError."""
    offered = buttons_of(blocks)
    found = [(b, e) for b, e in offered if label in (e["text"]["text"], e["action_id"])]
    if len(found) != 1:
        there = [e["text"]["text"] for _, e in offered]
        raise AssertionError(f"{len(found)} buttons are called {label!r}; there are {there}")
    return found[0]


def names_of(block: Json, element: Json) -> list[str]:
    """How a person may call a field: its label, the section's text, the placeholder, its id."""
    names = [element.get("action_id", "")]
    for owner, key in ((block, "label"), (block, "text"), (element, "placeholder")):
        if isinstance(owner.get(key), dict):
            names.append(owner[key]["text"])
    return names


def field_named(blocks: list[Json], label: str) -> tuple[Json, Json]:
    """The one field of this name, with its block: the exact name, else the one that contains it.

    Raises AssertionError naming the fields there are.
    """
    fields = [
        (b, e) for b in blocks for e in elements_of(b) if e["type"] not in ("button", "overflow")
    ]
    exact = [(b, e) for b, e in fields if label in names_of(b, e)]
    wanted = label.casefold()
    near = [(b, e) for b, e in fields if any(wanted in n.casefold() for n in names_of(b, e))]
    found = exact or near
    if len(found) != 1:
        there = [names_of(b, e)[-1] for b, e in fields]
        raise AssertionError(f"{len(found)} fields are called {label!r}; there are {there}")
    return found[0]
