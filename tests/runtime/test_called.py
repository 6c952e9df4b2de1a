"""Commands are called as they are called here, wherever the bot says their names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from psrt_bot.manifest import COMMANDS
from psrt_bot.runtime.called import PLACE, command, told

ROOT = Path(__file__).parents[2]
NAMES = "|".join([*COMMANDS, "mentor", "advisory"])
BARE = re.compile(rf"(?<![\w./-])/(?:{NAMES})\b(?!-)")


def test_the_prefix_comes_into_its_place() -> None:
    """In texts, blocks and views; all else is left as it is."""
    text = f"See {command('psrt publish')}, or `/psrt` as somebody wrote."
    said = {"text": text, "blocks": [{"n": 1, "ok": True, "none": None, "text": {"text": text}}]}
    assert told(text, "") == "See `/psrt publish`, or `/psrt` as somebody wrote."
    assert told(said, "my-")["blocks"] == [
        {
            "n": 1,
            "ok": True,
            "none": None,
            "text": {"text": "See `/my-psrt publish`, or `/psrt` as somebody wrote."},
        }
    ]
    assert PLACE not in str(told(said, ""))


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module but its docstrings, each with its line."""
    tree = ast.parse(file.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def test_no_text_names_a_command_without_a_place_for_the_prefix() -> None:
    """Under a prefix a bare name is another app's command, or none at all; use ``command``."""
    files = [f for top in ("psrt_bot", "commands", "storage") for f in (ROOT / top).rglob("*.py")]
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in files
        if "sandbox" not in file.parts
        for line, text in _texts(file)
        if BARE.search(text)
    ]
    assert len(files) > 100
    assert found == []
