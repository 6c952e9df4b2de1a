"""The tables of Block Kit: which blocks and elements there are, and how large they may be.

Sources: https://docs.slack.dev/reference/block-kit/blocks,
https://docs.slack.dev/reference/block-kit/block-elements and
https://docs.slack.dev/reference/block-kit/composition-objects.
"""

from __future__ import annotations

from typing import Any

from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.schema import Anything, Bool, Choice, Int, Many, Obj, Spec, Str, Tagged, Text

ID = Str(255, 1)
DATE = Str(10, 10, r"\d{4}-\d{2}-\d{2}")
TYPE = Str(50)
PLACEHOLDER = Text(150, plain=True)
STYLE = Choice(frozenset({"primary", "danger"}))
CONFIRM = Obj(
    {
        "title": Text(100, plain=True),
        "text": Text(300),
        "confirm": Text(30, plain=True),
        "deny": Text(30, plain=True),
        "style": STYLE,
    },
    required=("title", "text", "confirm", "deny"),
)


def _option(plain: bool) -> Obj:
    return Obj(
        {
            "text": Text(75, plain=plain),
            "value": Str(150),
            "description": Text(75, plain=plain),
            "url": Str(3000),
        },
        required=("text", "value"),
    )


OPTION = _option(plain=True)
RICH_OPTION = _option(plain=False)  # radio buttons and checkboxes may use mrkdwn
GROUP = Obj(
    {"label": Text(75, plain=True), "options": Many(OPTION, 100)}, required=("label", "options")
)


def _initial_among_options(element: Json) -> str | None:
    """Slack refuses an initial option that is not one of the options, word for word."""
    options = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        options += group.get("options", []) if isinstance(group, dict) else []
    initial = element.get("initial_option")
    chosen = ([initial] if initial else []) + list(element.get("initial_options") or [])
    if any(option not in options for option in chosen):
        return "initial_option must exactly match one of the options"
    return None


def _element(fields: dict[str, Spec], *required: str, **rest: Any) -> Obj:
    common: dict[str, Spec] = {"type": TYPE, "action_id": ID, "focus_on_load": Bool()}
    return Obj({**common, **fields}, required=("type", *required), **rest)


def _select(fields: dict[str, Spec], *, many: bool, **rest: Any) -> Obj:
    extra: dict[str, Spec] = {"max_selected_items": Int(1, 1000)} if many else {}
    return _element({"placeholder": PLACEHOLDER, "confirm": CONFIRM, **extra, **fields}, **rest)


def _choices(initial: dict[str, Spec], *, many: bool) -> Obj:
    fields: dict[str, Spec] = {"options": Many(OPTION, 100), "option_groups": Many(GROUP, 100)}
    return _select(
        {**fields, **initial},
        many=many,
        one_of=("options", "option_groups"),
        rule=_initial_among_options,
    )


_IDS = Many(ID, 100)
_FILTER = Anything(dict)
_TEXT_INPUT: dict[str, Spec] = {
    "initial_value": Str(3000),
    "placeholder": PLACEHOLDER,
    "dispatch_action_config": Anything(dict),
}

BUTTON = _element(
    {
        "text": Text(75, plain=True),
        "url": Str(3000),
        "value": Str(2000),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": Str(75),
    },
    "text",
)
SELECTS: dict[str, Spec] = {
    "static_select": _choices({"initial_option": OPTION}, many=False),
    "multi_static_select": _choices({"initial_options": Many(OPTION, 100)}, many=True),
    "users_select": _select({"initial_user": ID}, many=False),
    "multi_users_select": _select({"initial_users": _IDS}, many=True),
    "channels_select": _select({"initial_channel": ID, "response_url_enabled": Bool()}, many=False),
    "multi_channels_select": _select({"initial_channels": _IDS}, many=True),
    "conversations_select": _select(
        {
            "initial_conversation": ID,
            "default_to_current_conversation": Bool(),
            "response_url_enabled": Bool(),
            "filter": _FILTER,
        },
        many=False,
    ),
    "multi_conversations_select": _select(
        {
            "initial_conversations": _IDS,
            "default_to_current_conversation": Bool(),
            "filter": _FILTER,
        },
        many=True,
    ),
}
PICKERS: dict[str, Spec] = {
    "datepicker": _element({"initial_date": DATE, "placeholder": PLACEHOLDER, "confirm": CONFIRM}),
    "timepicker": _element(
        {
            "initial_time": Str(5, 5, r"\d{2}:\d{2}"),
            "placeholder": PLACEHOLDER,
            "confirm": CONFIRM,
            "timezone": Str(100),
        }
    ),
    "datetimepicker": _element({"initial_date_time": Int(0, 9_999_999_999), "confirm": CONFIRM}),
    "radio_buttons": _element(
        {"options": Many(RICH_OPTION, 10), "initial_option": RICH_OPTION, "confirm": CONFIRM},
        "options",
        rule=_initial_among_options,
    ),
    "checkboxes": _element(
        {
            "options": Many(RICH_OPTION, 10),
            "initial_options": Many(RICH_OPTION, 10),
            "confirm": CONFIRM,
        },
        "options",
        rule=_initial_among_options,
    ),
}
TEXT_INPUTS: dict[str, Spec] = {
    "plain_text_input": _element(
        {
            **_TEXT_INPUT,
            "multiline": Bool(),
            "min_length": Int(0, 3000),
            "max_length": Int(1, 3000),
        }
    ),
    "email_text_input": _element(_TEXT_INPUT),
    "url_text_input": _element(_TEXT_INPUT),
    "number_input": _element(
        {
            **_TEXT_INPUT,
            "is_decimal_allowed": Bool(),
            "min_value": Str(100),
            "max_value": Str(100),
        },
        "is_decimal_allowed",
    ),
}
OVERFLOW = _element({"options": Many(OPTION, 5), "confirm": CONFIRM}, "options")
IMAGE = Obj(
    {
        "type": TYPE,
        "image_url": Str(3000, 1),
        "alt_text": Str(2000, 1),
        "slack_file": Anything(dict),
    },
    required=("alt_text",),
    one_of=("image_url", "slack_file"),
)

INTERACTIVE: dict[str, Spec] = {"button": BUTTON, "overflow": OVERFLOW, **SELECTS, **PICKERS}
INPUTS: dict[str, Spec] = {**TEXT_INPUTS, **SELECTS, **PICKERS}
_PLAIN = Text()


def _block(fields: dict[str, Spec], *required: str, **rest: Any) -> Obj:
    return Obj({"type": TYPE, "block_id": ID, **fields}, required=("type", *required), **rest)


BLOCKS: dict[str, Spec] = {
    "section": _block(
        {
            "text": Text(3000),
            "fields": Many(Text(2000), 10),
            "accessory": Tagged({**INTERACTIVE, "image": IMAGE}),
            "expand": Bool(),
        },
        one_of=("text", "fields"),
    ),
    "header": _block({"text": Text(150, plain=True)}, "text"),
    "divider": _block({}),
    "context": _block(
        {"elements": Many(Tagged({"plain_text": _PLAIN, "mrkdwn": _PLAIN, "image": IMAGE}), 10)},
        "elements",
    ),
    "actions": _block({"elements": Many(Tagged(INTERACTIVE), 25)}, "elements"),
    "input": _block(
        {
            "label": Text(2000, plain=True),
            "element": Tagged(INPUTS),
            "hint": Text(2000, plain=True),
            "optional": Bool(),
            "dispatch_action": Bool(),
        },
        "label",
        "element",
    ),
    "image": _block(
        {
            "image_url": Str(3000, 1),
            "alt_text": Str(2000, 1),
            "title": Text(2000, plain=True),
            "slack_file": Anything(dict),
        },
        "alt_text",
        one_of=("image_url", "slack_file"),
    ),
    "rich_text": _block({"elements": Anything(list)}, "elements"),
    "markdown": _block({"text": Str(12_000, 1)}, "text"),
}
BLOCK = Tagged(BLOCKS)
VIEW_BLOCK = Tagged({name: shape for name, shape in BLOCKS.items() if name != "markdown"})
"""Views take all of them but markdown, which is for messages:
https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""
