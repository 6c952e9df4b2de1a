"""The words after a slash command: which there are, and the nearest one to a slip."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches


def unknown_word(word: str, known: Iterable[str], usage: str) -> str:
    """Return what is said to a word that a command does not know, naming the nearest known one."""
    near = get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"I do not know that word.{hint}\n{usage}"


def usage(command: str, words: Mapping[str, str]) -> str:
    """Return a command's help, a line a word; the empty word is the command alone."""
    return "\n".join(f"`/{f'{command} {word}'.strip()}` {what}" for word, what in words.items())
