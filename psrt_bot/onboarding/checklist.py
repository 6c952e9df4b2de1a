"""The checklist's file: TOML, read once at the start, every mistake told with its line (R11).

tomllib tells the line of what is no TOML, but not where a value stood. So lines are found in the
text: a line that looks like a header is one if what stands before it is whole by itself, which
inside a text of several lines it is not.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psrt_bot.onboarding.rules import Link, Step, StepKind, Ticker
from psrt_bot.runtime.blocks import escape
from psrt_bot.settings_values import parse_duration

SHIPPED = "the checklist that ships with the bot"
MOST_STEPS = 30  # a message holds 50 blocks; a step is one
MOST_LINKS = 4
LONGEST_TITLE, LONGEST_TEXT, LONGEST_URL = 100, 1200, 250  # a section holds 3000, as escaped
LARGEST_FILE = 100_000  # bytes
TABLE = "step"
KEYS = ("key", "title", "text", "who", "kind", "due", "remind", "links")
LINK_KEYS = ("text", "url")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_HEADER = re.compile(r"\s*\[\[\s*step\s*\]\]")


class ChecklistError(Exception):
    """The checklist cannot be used; each problem is a line: file, line, what is wrong, remedy."""

    log_safe = True

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(path: Path | None) -> tuple[Step, ...]:
    """Return the steps of a file; of the one that ships with the bot where none is named.

    Raises:
        ChecklistError: it cannot be read, or something in it is wrong.
    """
    if path is None:
        shipped = resources.files("psrt_bot.onboarding").joinpath("checklist.toml")
        return parse(shipped.read_text(encoding="utf-8"), SHIPPED)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ChecklistError(f"PSRT_CHECKLIST: {path}: {error.strerror}; name a file") from None
    except UnicodeDecodeError:
        raise ChecklistError(f"PSRT_CHECKLIST: {path}: is no UTF-8 text; save it as such") from None
    if len(raw) > LARGEST_FILE:
        raise ChecklistError(f"PSRT_CHECKLIST: {path}: has more than {LARGEST_FILE} bytes")
    return parse(text, f"PSRT_CHECKLIST: {path}")


def parse(text: str, name: str) -> tuple[Step, ...]:
    """Return the steps that a file's text describes.

    Args:
        name: how the file is called in what is told of its mistakes.

    Raises:
        ChecklistError: with every problem there is.
    """
    text = text.replace("\r\n", "\n")
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ChecklistError(_not_toml(name, str(error))) from None
    return _Reader(text, name).read(given)


def _not_toml(name: str, told: str) -> str:
    found = re.search(r"\(at line (\d+), column (\d+)\)", told)
    where = f"line {found[1]}: " if found else ""
    return f"{name}: {where}this is no TOML: {told}; correct it"


class _Wrong(Exception):
    """Something is wrong with the value of a key."""


class _Reader:
    """Reads one file and collects what is wrong."""

    def __init__(self, text: str, name: str) -> None:
        self._lines = text.split("\n")
        self._name = name
        self._problems: list[str] = []
        self._headers = [
            number
            for number, line in enumerate(self._lines)
            if _HEADER.match(line) and self._is_whole(number)
        ]

    def read(self, given: dict[str, Any]) -> tuple[Step, ...]:
        tables = given.get(TABLE)
        for key in given:
            if key != TABLE:
                self._problem(self._find(key, 0, len(self._lines)), f"{key!r} is unknown here")
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            self._problem(1, "there is no step; each begins with [[step]]")
            tables = []
        if len(tables) > MOST_STEPS:
            self._problem(self._line_of(MOST_STEPS), f"more than {MOST_STEPS} steps")
        steps = [step for number, t in enumerate(tables) if (step := self._step(number, t))]
        self._unique(steps, tables)
        if self._problems:
            raise ChecklistError(*self._problems)
        return tuple(steps)

    def _step(self, number: int, table: dict[str, Any]) -> Step | None:
        before = len(self._problems)
        for key in table:
            if key not in KEYS:
                self._problem(self._line_of(number, key), f"{key!r} is none of {', '.join(KEYS)}")
        values = {key: self._value(number, table, key) for key in KEYS}
        due, remind = values["due"], values["remind"]
        if remind is not None and (due is None or remind >= due):
            self._problem(
                self._line_of(number, "remind"),
                "'remind' is how long before it is due, so shorter than 'due'",
            )
        return Step(**values) if len(self._problems) == before else None

    def _value(self, number: int, table: dict[str, Any], key: str) -> Any:
        try:
            return _READ[key](table.get(key))
        except _Wrong as wrong:
            self._problem(self._line_of(number, key), f"{key!r} {wrong}")
            return None

    def _unique(self, steps: list[Step], tables: list[dict[str, Any]]) -> None:
        seen: set[str] = set()
        for number, table in enumerate(tables):
            key = table.get("key")
            if isinstance(key, str) and key in seen:
                self._problem(self._line_of(number, "key"), f"the key {key!r} stands twice")
            seen.add(str(key))
        if steps and not any(step.who is Ticker.NEWCOMER for step in steps):
            self._problem(1, "no step is the newcomer's to tick")

    def _problem(self, line: int, text: str) -> None:
        self._problems.append(f"{self._name}: line {line}: {text}")

    def _line_of(self, number: int, key: str = "") -> int:
        """Return the line of a step's key; of its header where it has none."""
        if number >= len(self._headers):  # written as an array: step = [{...}]
            return self._find(TABLE, 0, len(self._lines))
        begin = self._headers[number]
        last = number + 1 == len(self._headers)
        end = len(self._lines) if last else self._headers[number + 1]
        return self._find(key, begin, end)

    def _find(self, key: str, begin: int, end: int) -> int:
        """Return the number of the line that sets a key, else of the first of these lines."""
        pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
        for number in range(begin, end):
            if key and pattern.match(self._lines[number]) and self._is_whole(number):
                return number + 1
        return begin + 1

    def _is_whole(self, number: int) -> bool:
        """Whether what stands before a line is TOML by itself, so that a statement begins there."""
        try:
            tomllib.loads("\n".join(self._lines[:number]))
        except tomllib.TOMLDecodeError:
            return False
        return True


def _text(given: object, longest: int) -> str:
    if not isinstance(given, str) or not given.strip():
        raise _Wrong("is missing or empty")
    if len(escape(given.strip())) > longest:
        raise _Wrong(f"has more than {longest} characters (& is 5 to Slack, < and > 4); shorten it")
    return given.strip()


def _key(given: object) -> str:
    if not isinstance(given, str) or not _KEY.fullmatch(given):
        raise _Wrong("is a name of up to 40 lower-case letters, digits and hyphens")
    return given


def _who(given: object) -> Ticker:
    if given not in list(Ticker):
        raise _Wrong(f"is one of {', '.join(Ticker)}")
    return Ticker(str(given))


def _kind(given: object) -> StepKind:
    if given is None:
        return StepKind.CONFIRM
    if given not in list(StepKind):
        raise _Wrong(f"is one of {', '.join(StepKind)}")
    return StepKind(str(given))


def _duration(given: object) -> timedelta | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise _Wrong('is a duration in quotes, like "P7D"')
    try:
        return parse_duration(given)
    except ValueError as error:
        raise _Wrong(f"cannot be read: {error}") from None


def _links(given: object) -> tuple[Link, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MOST_LINKS:
        raise _Wrong(f"is a list of at most {MOST_LINKS}, each {{ text = …, url = … }}")
    return tuple(_link_items(given))


def _link_items(given: list[object]) -> Iterator[Link]:
    for item in given:
        if not isinstance(item, dict) or set(item) != set(LINK_KEYS):
            raise _Wrong("holds something else than { text = …, url = … }")
        yield Link(_text(item["text"], LONGEST_TITLE), _url(item["url"]))


def _url(given: object) -> str:
    url = _text(given, LONGEST_URL)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _Wrong("holds no address; write it as https://…") from None
    # Characters that would end the link in Slack's own notation.
    if parts.scheme not in ("https", "mailto") or re.search(r"[\s<>|]", url):
        raise _Wrong("holds an address that is not https://… (or mailto:…)")
    return url


_READ = {
    "key": _key,
    "title": lambda given: _text(given, LONGEST_TITLE),
    "text": lambda given: _text(given, LONGEST_TEXT),
    "who": _who,
    "kind": _kind,
    "due": _duration,
    "remind": _duration,
    "links": _links,
}
