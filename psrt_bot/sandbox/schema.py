"""A small table language for the shape and the limits of Block Kit, and its checker.

Slack words its complaints as `[ERROR] what [json-pointer:/blocks/0/text]`; so does this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Report = Callable[[str, str], None]
"""Takes the complaint and the JSON pointer of the place."""


@dataclass(frozen=True)
class Str:
    """A string of `low` to `high` characters, perhaps of a pattern."""

    high: int
    low: int = 0
    pattern: str | None = None

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if not isinstance(value, str):
            report("must provide a string", at)
        elif len(value) > self.high:
            report(f"must be less than {self.high + 1} characters", at)
        elif len(value) < self.low:
            report(f"must be more than {self.low - 1} characters", at)
        elif self.pattern and not re.fullmatch(self.pattern, value):
            report("does not match the expected format", at)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: frozenset[str]

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if value not in self.words:
            report(f"unsupported value: {value}", at)


@dataclass(frozen=True)
class Bool:
    """true or false."""

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if not isinstance(value, bool):
            report("must provide a boolean", at)


@dataclass(frozen=True)
class Int:
    """A whole number between two bounds, both included."""

    low: int
    high: int

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if isinstance(value, bool) or not isinstance(value, int):
            report("must provide an integer", at)
        elif not self.low <= value <= self.high:
            report(f"must be between {self.low} and {self.high}", at)


@dataclass(frozen=True)
class Anything:
    """A part whose inside is not checked here (what that is, is a known gap)."""

    kind: type = object

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if not isinstance(value, self.kind):
            report(f"must provide {self.kind.__name__}", at)


@dataclass(frozen=True)
class Text:
    """A text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object"""

    high: int = 3000
    plain: bool = False

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if not isinstance(value, dict):
            report("must provide an object", at)
            return
        kind = value.get("type")
        if kind not in ("plain_text", "mrkdwn") or (self.plain and kind != "plain_text"):
            report(f"unsupported type: {kind}", f"{at}/type")
            return
        extra = "emoji" if kind == "plain_text" else "verbatim"
        for name in value:
            if name not in ("type", "text", extra):
                report(f"invalid additional property: {name}", at)
        Str(self.high, 1).check(value.get("text"), f"{at}/text", report)


@dataclass(frozen=True)
class Obj:
    """An object: its fields, those that must be there, and a rule of its own."""

    fields: Mapping[str, Spec]
    required: Sequence[str] = ()
    one_of: Sequence[str] = ()
    """At least one of these must be there."""
    rule: Callable[[dict[str, Any]], str | None] = field(default=lambda _: None)

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if not isinstance(value, dict):
            report("must provide an object", at)
            return
        for name in self.required:
            if value.get(name) is None:
                report(f"missing required field: {name}", at)
        if self.one_of and not any(value.get(name) for name in self.one_of):
            report(f"must provide one of: {', '.join(self.one_of)}", at)
        for name, part in value.items():
            spec = self.fields.get(name)
            if spec is None:
                report(f"invalid additional property: {name}", at)
            elif part is not None:
                spec.check(part, f"{at}/{name}", report)
        if complaint := self.rule(value):
            report(complaint, at)


@dataclass(frozen=True)
class Many:
    """A list of `low` to `high` items."""

    item: Spec
    high: int
    low: int = 1

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        if not isinstance(value, list):
            report("must provide an array", at)
            return
        if len(value) > self.high:
            report(f"no more than {self.high} items allowed", at)
        if len(value) < self.low:
            report(f"must provide at least {self.low} items", at)
        for index, part in enumerate(value):
            self.item.check(part, f"{at}/{index}", report)


@dataclass(frozen=True)
class Tagged:
    """An object whose `type` says which of these shapes it has."""

    shapes: Mapping[str, Spec]

    def check(self, value: Any, at: str, report: Report) -> None:
        """Report what is wrong with ``value``, which stands at ``at``."""
        kind = value.get("type") if isinstance(value, dict) else None
        shape = self.shapes.get(kind) if isinstance(kind, str) else None
        if shape is None:
            report(f"unsupported type: {kind}", f"{at}/type")
        else:
            shape.check(value, at, report)


Spec = Str | Choice | Bool | Int | Anything | Text | Obj | Many | Tagged
