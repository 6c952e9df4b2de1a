"""How slash commands are called in what the bot says (``PSRT_COMMAND_PREFIX``).

Texts are constants and pure functions, far from any setting. So they name a command by
``command("psrt publish")``, which leaves a place for the prefix, and what leaves the bot passes
``told`` first: the answers in ``commands/surface.py``, all else in ``runtime/sending.py``. A row of
the outbox keeps the place, so it names the command as it is called when it is delivered.
"""

from typing import TypeVar

PLACE = "\u2063"  # an invisible separator; nobody types it, and names must not hold it (R5)

Said = TypeVar("Said")


def command(words: str) -> str:
    """Return a command as one types it, marked as code; ``words`` as in "psrt publish"."""
    return f"`/{PLACE}{words}`"


def told(said: Said, prefix: str) -> Said:
    """Return a text, or dictionaries and lists of texts, with the prefix in its places."""
    if isinstance(said, str):
        return said.replace(PLACE, prefix)  # type: ignore[return-value]
    if isinstance(said, dict):
        return {name: told(value, prefix) for name, value in said.items()}  # type: ignore[return-value]
    if isinstance(said, list):
        return [told(value, prefix) for value in said]  # type: ignore[return-value]
    return said
