"""What the under-the-hood pane hides: what the bot's own logs hide, in the whole of a payload."""

from typing import Any

from psrt_bot.runtime.redaction import mask
from psrt_bot.voting.messages import CAST

MASKED = "[masked]"


def masked(part: Any) -> Any:
    """A payload, an ack or a call without choice, check word, receipt and tokens."""
    if isinstance(part, dict):
        if part.get("callback_id") == CAST and "state" in part:
            part = {**part, "state": _hidden(part["state"])}
        return {name: masked(item) for name, item in part.items()}
    if isinstance(part, list):
        return [masked(item) for item in part]
    return mask(part) if isinstance(part, str) else part


def _hidden(part: Any) -> Any:
    """The names of a form's fields, without what was entered."""
    if isinstance(part, dict):
        if "type" in part:
            return {name: v if name == "type" else MASKED for name, v in part.items()}
        return {name: _hidden(item) for name, item in part.items()}
    return part
