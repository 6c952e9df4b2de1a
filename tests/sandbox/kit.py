"""Short spellings of Block Kit for the tests."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "x", **rest: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **rest}


def button(text: str = "Press", **rest: Any) -> Json:
    return {"type": "button", "action_id": "press", "text": plain(text), **rest}


def actions(*elements: Json, **rest: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **rest}


def option(text: str, value: str = "") -> Json:
    return {"text": plain(text), "value": value or text.lower()}


def select(*options: Json, kind: str = "static_select", **rest: Any) -> Json:
    return {"type": kind, "action_id": "choice", "options": list(options), **rest}


def field(label: str, element: Json | None = None, **rest: Any) -> Json:
    element = element or {"type": "plain_text_input", "action_id": "text"}
    return {"type": "input", "label": plain(label), "element": element, **rest}


def modal(*blocks: Json, **rest: Any) -> Json:
    view = {"type": "modal", "title": plain("Title"), "submit": plain("Send")}
    return {**view, "blocks": list(blocks) or [field("Name", block_id="name")], **rest}


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks) or [section("Welcome")]}
