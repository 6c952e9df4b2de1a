"""docs/sandbox-fidelity.md says what the code does. Run as a program, this writes its tables."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from psrt_bot.sandbox import faults
from psrt_bot.sandbox.rates import TIERS, Tier
from psrt_bot.sandbox.refusals import DOCS, EVERY, REFUSALS, Rule

PAGE = Path(__file__).parents[2] / "docs" / "sandbox-fidelity.md"


def _table(head: str, rows: list[str]) -> str:
    columns = head.count("|") + 1
    return "\n".join([f"| {head} |", "|" + "---|" * columns, *rows])


def _methods(rule: Rule) -> str:
    if rule.methods == (EVERY,):
        page = f"<{DOCS}{rule.page}>" if rule.page else f"<{DOCS}reference/methods> (each page)"
        return f"{EVERY}: {page}"
    links = [f"[{name}]({DOCS}{rule.page_for(name)})" for name in rule.methods]
    return ", ".join(links + [f"{name} (unchecked)" for name in rule.unlisted])


def refusals() -> str:
    rows = [
        f"| `{code}` | {rule.when} | {_methods(rule)} |" for code, rule in sorted(REFUSALS.items())
    ]
    return _table("code | when | methods, each with its page", rows)


def unlisted() -> str:
    return "\n".join(
        f"- `{code}`: {', '.join(rule.unlisted)}"
        for code, rule in sorted(REFUSALS.items())
        if rule.unlisted
    )


def rates() -> str:
    named: dict[Tier, list[str]] = {}
    for method, tier in TIERS.items():
        named.setdefault(tier, []).append(method)
    rows = [
        f"| {tier.per_minute} | {tier.burst} | {', '.join(sorted(methods))} |"
        for tier, methods in named.items()
    ]
    return _table("calls a minute | at once | methods", rows)


def _made(name: str) -> tuple[str, str, str]:
    """A constructor of a fault: its call, what it strikes, its docstring."""
    function = getattr(faults, name)
    arguments = ", ".join(
        p.name if p.default is p.empty else f"{p.name}={p.default!r}"
        for p in inspect.signature(function).parameters.values()
        if p.kind is not p.VAR_KEYWORD
    )
    kind = "request" if function.__annotations__["return"] == "Fault" else "delivery"
    paragraph = (inspect.getdoc(function) or "").split("\n\n")[0]
    return f"{name}({arguments})", kind, " ".join(paragraph.split())


CONSTRUCTORS = [
    name
    for name, value in vars(faults).items()
    if inspect.isfunction(value) and value.__annotations__.get("return") in ("Fault", "Mishap")
]


def fault_table() -> str:
    rows = [f"| `{call}` | {kind} | {doc} |" for call, kind, doc in map(_made, CONSTRUCTORS)]
    return _table("fault | strikes | what happens", rows)


TABLES = {"refusals": refusals, "rates": rates, "faults": fault_table, "unlisted": unlisted}


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n)(.*?)\n?(<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize("name", TABLES)
def test_page(name: str) -> None:
    """The page's table is the one the code makes."""
    found = _between(name).search(PAGE.read_text())
    assert found, f"the page lacks its table of {name}"
    assert found[2] == TABLES[name](), "write it anew: python -m tests.sandbox.test_fidelity"


def test_every_fault_is_tried() -> None:
    """Each fault of the table is planned by a test."""
    tried = Path(__file__).with_name("test_faults.py").read_text()
    assert [n for n in CONSTRUCTORS if f"faults.{n}(" not in tried and f'"{n}"' not in tried] == []
    assert len(CONSTRUCTORS) > 10


if __name__ == "__main__":
    text = PAGE.read_text()
    for table, make in TABLES.items():
        opening, closing = f"<!-- {table} -->\n", f"<!-- /{table} -->"
        before, rest = text.split(opening)
        text = f"{before}{opening}{make()}\n{closing}{rest.split(closing)[1]}"
    PAGE.write_text(text)
