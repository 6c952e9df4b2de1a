"""Where blocks may stand, and how many: messages, modals, App Homes, metadata.

Sources: https://docs.slack.dev/reference/block-kit/blocks (50 a message, 100 a view),
https://docs.slack.dev/reference/views/modal-views, https://docs.slack.dev/reference/views/home-tab-views,
https://docs.slack.dev/messaging/message-metadata.
"""

from __future__ import annotations

import json
from typing import Any

from psrt_bot.sandbox.blocks import BLOCK, ID, VIEW_BLOCK
from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.schema import Anything, Bool, Many, Obj, Spec, Str, Text

MESSAGE_BLOCKS = Many(BLOCK, 50, low=0)
MESSAGE_TEXT = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage
UPDATED_TEXT = 4_000  # https://docs.slack.dev/reference/methods/chat.update
MARKDOWN_TEXT = 12_000
METADATA_BYTES = 16_000  # Slack's page gives no number; this one is ours
VIEW_BYTES = 250_000  # https://docs.slack.dev/reference/methods/views.open

_VIEW: dict[str, Spec] = {
    "type": Str(20),
    "blocks": Many(VIEW_BLOCK, 100),
    "private_metadata": Str(3000),
    "callback_id": Str(255),
    "external_id": Str(255),
}
MODAL = Obj(
    {
        **_VIEW,
        "title": Text(24, plain=True),
        "submit": Text(24, plain=True),
        "close": Text(24, plain=True),
        "clear_on_close": Bool(),
        "notify_on_close": Bool(),
        "submit_disabled": Bool(),
    },
    required=("type", "title", "blocks"),
    rule=lambda view: (
        "missing required field: submit (a modal with an input block needs one)"
        if not view.get("submit")
        and any(b.get("type") == "input" for b in view.get("blocks") or [] if isinstance(b, dict))
        else None
    ),
)
HOME = Obj(_VIEW, required=("type", "blocks"))
METADATA = Obj(
    {"event_type": ID, "event_payload": Anything(dict), "entities": Anything(list)},
    required=("event_type", "event_payload"),
)


def elements_of(block: Json) -> list[Json]:
    """The interactive or input elements of one block."""
    found = [block.get("element"), block.get("accessory")]
    if block.get("type") == "actions":
        found += block.get("elements") or []
    return [e for e in found if isinstance(e, dict) and e.get("type") != "image"]


def _duplicates(blocks: Any, at: str) -> list[str]:
    """Ids given twice: block ids within a surface, action ids within a block."""
    complaints, seen = [], set()
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if not isinstance(block, dict):
            continue
        name = block.get("block_id")
        if name and name in seen:
            where = f"{at}/{index}/block_id"
            complaints.append(_worded(f'`block_id` "{name}" already exists', where))
        seen.add(name)
        taken: set[str] = set()
        for position, element in enumerate(elements_of(block)):
            action = element.get("action_id")
            where = f"{at}/{index}/elements/{position}/action_id"
            if action and action in taken:
                complaints.append(_worded(f'`action_id` "{action}" already exists', where))
            taken.add(str(action))
    return complaints


def _worded(what: str, at: str) -> str:
    return f"[ERROR] {what} [json-pointer:{at or '/'}]"


def complaints_of(spec: Spec, value: Any, at: str) -> list[str]:
    """All that is wrong with a value, in Slack's words; an empty list means it is right."""
    found: list[str] = []
    spec.check(value, at, lambda what, where: found.append(_worded(what, where)))
    return found


def check_message_blocks(blocks: Any) -> None:
    """Refuses with `invalid_blocks` what a message may not hold."""
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    found = complaints_of(MESSAGE_BLOCKS, blocks, "/blocks") + _duplicates(blocks, "/blocks")
    found += _too_much_markdown(blocks)
    if found:
        bare = [complaint.removeprefix("[ERROR] ") for complaint in found]
        raise Refusal("invalid_blocks", *found, errors=bare)


def _too_much_markdown(blocks: list[Any]) -> list[str]:
    """The limit of markdown holds for all such blocks of a message together.

    Source: https://docs.slack.dev/reference/block-kit/blocks/markdown-block
    """
    texts = [b.get("text") for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"]
    if len(texts) > 1 and sum(len(str(text)) for text in texts) > MARKDOWN_TEXT:
        return [_worded(f"must be less than {MARKDOWN_TEXT + 1} characters", "/blocks")]
    return []


def view_complaints(view: Any, *types: str) -> list[str]:
    """All that is wrong with a view of one of these types."""
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in types:
        return [_worded(f"unsupported type: {kind}", "/view/type")]
    found = complaints_of(MODAL if kind == "modal" else HOME, view, "/view")
    return found + _duplicates(view.get("blocks"), "/view/blocks")


def check_view(view: Any, *types: str) -> None:
    """Refuses a view with `invalid_arguments` or `view_too_large`."""
    if found := view_complaints(view, *types):
        raise Refusal("invalid_arguments", *found)
    if len(json.dumps(view)) > VIEW_BYTES:
        raise Refusal("view_too_large")


def check_metadata(metadata: Any) -> None:
    """Refuses message metadata that is no metadata, or too much of it."""
    if not isinstance(metadata, dict):
        raise Refusal("invalid_metadata_format")
    if complaints_of(METADATA, metadata, "/metadata"):
        raise Refusal("invalid_metadata_schema")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise Refusal("metadata_too_large")
