"""docs/permissions.md says what the code does. Run as a program, this writes its tables."""

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from commands.doors import Door, Kind
from psrt_bot.membership.permissions import Permission, Role, Whose
from tests.commands.conftest import Built

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
COLUMNS = [role for role in Role if role is not Role.EMERITUS]  # whose role alone permits nothing
KINDS = {
    Kind.COMMAND: "slash command",
    Kind.WORD: "word after `/psrt`",
    Kind.BUTTON: "button, menu",
    Kind.FORM: "modal",
    Kind.EVENT: "event",
}


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _permission(permission: Permission) -> list[str]:
    may = permission.audience
    marks = ["yes" if role in may.roles else "" for role in COLUMNS]
    whose = "" if permission.whose is Whose.ANY else permission.whose.value
    state = ""
    if permission.during:
        states = ", ".join(f"`{name}`" for name in sorted(permission.during.states))
        state = f"{permission.during.thing}: {states}"
    everybody = "yes" if may.strangers else ""
    return [f"`{permission}`", permission.what, *marks, everybody, whose, state]


def permissions(_: list[Door]) -> str:
    """The table of the code, a line a permission."""
    roles = [role.value.replace("-", " ") for role in COLUMNS]
    head = ["permission", "lets one", *roles, "anybody", "whose it must be", "while"]
    return _table(head, [_permission(permission) for permission in Permission])


def doors(opened: list[Door]) -> str:
    """Every door, by its kind and name."""
    order = list(KINDS)
    rows = [
        [KINDS[door.kind], f"`{door.name}`", f"`{door.permission}`"]
        for door in sorted(opened, key=lambda door: (order.index(door.kind), door.name))
    ]
    return _table(["kind", "name", "permission"], rows)


TABLES: Mapping[str, Callable[[list[Door]], str]] = {"permissions": permissions, "doors": doors}


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n)(.*?)(\n<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize("name", TABLES)
def test_page(built: Built, name: str) -> None:
    """The page lists every permission and every door as they are; a new one fails here first."""
    found = _between(name).search(PAGE.read_text())
    assert found, f"the page lacks its table of {name}"
    made = TABLES[name](built.surface.doors)
    assert found[2] == made, "write it anew: python -m tests.commands.test_permissions"


def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        built = Built(Path(folder))
        text = PAGE.read_text()
        for name, make in TABLES.items():
            made = make(built.surface.doors)
            text = _between(name).sub(lambda m, made=made: m[1] + made + m[3], text)  # type: ignore[misc]
        built.surface.close()
        built.database.close()
    PAGE.write_text(text)


if __name__ == "__main__":
    _write()
