"""The documents say what is true: links, names, commands, settings, pictures, shown output."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer

from psrt_bot.access import rules as access
from psrt_bot.cli import app
from psrt_bot.council import rules as council
from psrt_bot.membership import rules as membership
from psrt_bot.mentoring import rules as mentoring
from psrt_bot.nominations import rules as nominations
from psrt_bot.onboarding import rules as onboarding
from psrt_bot.settings import Settings
from psrt_bot.voting import rules as voting

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

# Every host that a page may name. No package index is among them: where packages come from is the
# business of each machine (docs/decisions/0006-pinned-requirements.md).
HOSTS = {
    "api.github.com",
    "api.slack.com",
    "devguide.python.org",
    "docs.slack.dev",
    "github.com",
    "keepachangelog.com",
    "lists.debian.org",
    "peps.python.org",
    "semver.org",
    "slack.com",
    "www.python.org",
}
HOST = re.compile(r"\b((?:[a-z0-9-]+\.)+(?:com|dev|io|net|org))\b")
OF_A_MACHINE = re.compile(r"(?<![\w.~/-])/(?:home|private|root|tmp|Users|work)\b")


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _prose(page: Path) -> str:
    return FENCE.sub("", _text(page))


def _blocks(page: Path, language: str) -> list[str]:
    return [body for found, body in FENCE.findall(_text(page)) if found == language]


def _codes(page: Path) -> list[str]:
    return CODE.findall(_prose(page))


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in titles)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in plain}


@EVERY_PAGE
def test_links_between_pages_resolve(page: Path) -> None:
    """Every link to a file finds it, and every anchor a heading there."""
    for target in LINK.findall(_prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        if anchor:
            assert anchor in _anchors(other), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    """Whoever starts at the README finds every page by following links."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for target in LINK.findall(_prose(page)):
            other = (page.parent / target.partition("#")[0]).resolve()
            if other.suffix == ".md" and other.is_file() and other not in reached:
                waiting.append(other)
    assert set(PAGES) <= reached


@EVERY_PAGE
def test_named_files_exist(page: Path) -> None:
    """A path in code font is there, from the root or, without it, from `psrt_bot/`."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    processes = {path.name for path in (ROOT / "psrt_bot").iterdir() if path.is_dir()}
    for code in _codes(page):
        path = code.partition("::")[0]
        first = path.partition("/")[0]
        if not re.fullmatch(r"[\w./-]+/[\w./-]*", path) or path.startswith("/"):
            continue
        if first in folders - {"data"}:
            assert (ROOT / path).exists(), code
        elif first in processes:
            assert (ROOT / "psrt_bot" / path).exists(), code


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@EVERY_PAGE
def test_named_tests_exist(page: Path) -> None:
    """A test that a page names as its proof is there."""
    for code in _codes(page):
        path, named, function = code.partition("::")
        if named:
            assert function in _functions(ROOT / path), code


def test_each_promise_of_secrecy_names_its_test() -> None:
    """Every row of the threat model's table of promises ends in at least one test."""
    page = _text(ROOT / "docs" / "threat-model.md")
    table = page.partition("| promise | test |")[2].partition("\n\n")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ")]
    assert len(rows) >= 10
    for row in rows:
        assert "::test_" in row.split(" | ")[-1], row


@EVERY_PAGE
def test_named_targets_exist(page: Path) -> None:
    """Every `make TARGET` is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    shown = "\n".join([*_codes(page), *_blocks(page, "console")])
    assert set(re.findall(r"(?:^|[$&] )make ([a-z]+)", shown, re.MULTILINE)) <= targets


def _command_lines(page: Path) -> Iterator[list[str]]:
    shown = [*_codes(page), *"\n".join(_blocks(page, "console")).splitlines()]
    for line in shown:
        if found := re.match(r"(?:\$ )?psrt-bot ([^#>|&]+)", line):
            yield found[1].replace(r"\|", "|").split()


def _refusal(words: list[str]) -> str | None:
    """Return why the command line does not know these words, or None."""
    command: Any = typer.main.get_command(app)
    for word in words:
        subcommands = getattr(command, "commands", {})
        if word.startswith("--"):
            options = {name for parameter in command.params for name in parameter.opts}
            if word not in options and word != "--help":
                return f"{command.name} has no option {word}"
        elif subcommands:
            if word not in subcommands:
                return f"{command.name} has no command {word}"
            command = subcommands[word]
    return f"{command.name} needs a command" if getattr(command, "commands", None) else None


@EVERY_PAGE
def test_named_commands_exist(page: Path) -> None:
    """Every `psrt-bot ...` names a command and options that the command line has."""
    for words in _command_lines(page):
        assert _refusal(words) is None, words


def test_unknown_commands_are_noticed() -> None:
    """The check above can fail: at a command, a subcommand, an option."""
    assert "no command rum" in str(_refusal(["rum"]))
    assert "no command burn" in str(_refusal(["roster", "burn"]))
    assert "no option --https" in str(_refusal(["run", "--https", "HOST:PORT"]))
    assert "needs a command" in str(_refusal(["roster"]))


@EVERY_PAGE
def test_named_settings_exist(page: Path) -> None:
    """Every name that looks like a setting is one."""
    known = {info.validation_alias for info in Settings.model_fields.values()}
    pattern = r"\b(?:PSRT|SLACK|GITHUB|DATABASE)_[A-Z_]+\b"
    text = re.sub(r"`\w+: unknown; did you mean", "", _text(page))  # a mistyped one, shown as such
    named = set(re.findall(pattern, text))
    # An argument's name on the command line, and where a test finds files.
    assert named <= known | {"SLACK_USER_ID", "PSRT_REAL_LISTS"}


@EVERY_PAGE
def test_no_package_host_and_no_machine_is_named(page: Path) -> None:
    """Pages name known hosts alone, invented ones aside, and no path of somebody's machine."""
    hosts = {host for host in HOST.findall(_text(page)) if ".example." not in host}
    assert hosts - HOSTS <= set()
    assert OF_A_MACHINE.findall(_text(page)) == []


def _drawn(title: str) -> tuple[dict[str, set[str]], set[str], set[str]]:
    """Return the arrows under a heading of the architecture page, its starts and its ends."""
    page = _text(ROOT / "docs" / "architecture.md")
    section = page.partition(f"\n### {title}\n")[2].partition("\n### ")[0]
    (machine,) = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", section, re.DOTALL)
    arrows: dict[str, set[str]] = {}
    starts, ends = set(), set()
    for line in machine.strip().splitlines():
        found = re.fullmatch(r"\s*(\S+) --> (\w+|\[\*\])(?:: .+)?", line)
        assert found, line
        before, after = found.groups()
        if before == "[*]":
            starts.add(after)
        elif after == "[*]":
            ends.add(before)
        else:
            assert after not in arrows.setdefault(before, set()), line
            arrows[before].add(after)
    return arrows, starts, ends


@pytest.mark.parametrize(
    ("title", "transitions", "begins"),
    [
        ("Poll", voting.TRANSITIONS, {"waiting"}),
        ("Nomination", nominations.TRANSITIONS, {"waiting"}),
        ("Council", council.TRANSITIONS, {"awaiting_notice"}),
        ("Claim", membership.CLAIM_TRANSITIONS, {"open"}),
        ("Onboarding", onboarding.TRANSITIONS, {"outside"}),
        ("Access checklist", access.TRANSITIONS, {"open"}),
        ("Access item", access.ITEM_TRANSITIONS, {"open", "owed"}),
        ("Mentorship", mentoring.TRANSITIONS, {"seeking"}),
        ("Check-in", mentoring.CHECK_IN_TRANSITIONS, {"planned"}),
    ],
)
def test_state_machines_are_drawn_as_they_are(
    title: str, transitions: Mapping[StrEnum, frozenset[StrEnum]], begins: set[str]
) -> None:
    """The pictures' arrows are exactly the permitted steps; ends are where no step leads on."""
    arrows, starts, ends = _drawn(title)
    assert arrows == {
        before.value: {after.value for after in steps}
        for before, steps in transitions.items()
        if steps
    }
    assert starts == begins
    assert ends == {state.value for state, steps in transitions.items() if not steps}


def test_every_rule_has_its_section() -> None:
    """R1 to R14 each stand in the table and have a section of their own."""
    page = _text(ROOT / "docs" / "pep-811.md")
    rules = [f"R{number}" for number in range(1, 15)]
    assert re.findall(r"^\| \[(R\d+)\]\(#r\d+\) ", page, re.MULTILINE) == rules
    assert re.findall(r"^## (R\d+)$", page, re.MULTILINE) == rules


def test_a_rule_that_is_here_names_code_and_test() -> None:
    """What the table calls built says by which code, shown by which test; the rest says when."""
    page = _text(ROOT / "docs" / "pep-811.md")
    states = dict(re.findall(r"^\| \[(R\d+)\].* \| ([^|]+) \|$", page, re.MULTILINE))
    assert len(states) == 14
    for rule, state in states.items():
        section = page.partition(f"\n## {rule}\n")[2].partition("\n## ")[0]
        if state.startswith("here"):
            assert "`psrt_bot/" in section, rule
            assert "::test_" in section, rule
        else:
            assert "ilestone" in state + section, rule


def test_decisions_are_numbered_and_complete() -> None:
    """Records are numbered without a gap, are listed, and say context, decision, consequences."""
    folder = ROOT / "docs" / "decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    assert [int(r.name[:4]) for r in records] == list(range(1, len(records) + 1))
    assert re.findall(r"\]\((\d{4}[^)]*)\)", _text(folder / "README.md")) == [
        record.name for record in records
    ]
    for record in records:
        headings = re.findall(r"^## (.+)$", _text(record), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], record.name


def test_the_readme_begins_with_the_first_commands() -> None:
    """Demo, story and tests are the first commands a newcomer meets."""
    blocks = _blocks(ROOT / "README.md", "console")
    first = [block.splitlines()[0] for block in blocks[:3]]
    assert first == ["$ make demo", "$ make story", "$ make test"]


def test_the_readme_shows_the_demo_as_it_is(tmp_path: Path) -> None:
    """What is shown are lines of the real demo, in their order; `…` stands for what is left out."""
    command = [sys.executable, "-m", "psrt_bot", "demo", "--headless"]
    played = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    told = iter(played.stdout.splitlines())
    shown = _blocks(ROOT / "README.md", "console")[1].splitlines()[1:]
    assert sum(line != "…" for line in shown) >= 10
    for line in shown:
        wanted = ".*".join(re.escape(part) for part in line.split("…"))
        assert line == "…" or any(re.fullmatch(wanted, real) for real in told), line


def test_the_changelog_has_a_place_for_the_next_release() -> None:
    """Keep a Changelog: Unreleased stands first."""
    sections = re.findall(r"^## (.+)$", _text(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert sections[0] == "[Unreleased]"


def test_the_readme_names_every_process() -> None:
    """Whoever looks for a process finds its folder in "Where things are", and no other."""
    (where,) = [block for block in _blocks(ROOT / "README.md", "text") if "psrt_bot/" in block]
    named = re.search(r"one folder a process: ([^;]+);", where)
    assert named is not None
    folders = [*(ROOT / "psrt_bot").glob("*/service"), *(ROOT / "psrt_bot").glob("*/service.py")]
    assert set(re.split(r",\s+", named[1])) == {folder.parent.name for folder in folders}
