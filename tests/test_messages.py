"""No value becomes a mention or a link in the bot's own words, and no list is too long for Slack.

Every function of the messages' modules that builds a message, a modal or blocks is found and called
with values made from its annotations, each text a mention of everybody. Slack acts on it in mrkdwn
and in a message's fallback text; plain text shows it as it is.
"""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

import psrt_bot
from psrt_bot.membership.browsing import HISTORY_PER_PAGE, PER_PAGE
from psrt_bot.nominations.service.reading import SHOWN_RESULTS
from psrt_bot.onboarding.checklist import MOST_STEPS
from psrt_bot.oversight.service.auditing import PAGE
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message
from tests.conftest import START

EVIL = "<!channel>"
HARMLESS = "2026-03-02"
MANY = 120  # more than Slack takes of anything
ROUNDS = 8  # enums and flags take their values in turn
ROOMS = ("messages", "notices", "people_forms", "people_views")
# Ids of Slack's and of ours, and digests: letters and digits, whoever made them.
IDENTIFIERS = re.compile(
    r"(.*_)?(id|ids|user|channel|conversation|code|reason_code|head|hash|sha256|details|subject|stamp|place)"
)
# Words of the bot's own, or made safe by whoever hands them in: by function or class.
OURS = {
    "SeatLine.recused": "why, in the bot's words",
    "ListChange.file": "one of two files' names",
    "Report.unread": "channels, each with why they could not be read, escaped",
    "Difference.key": "a Slack user or a GitHub name, as they are told by both",
    "Report.team": "a setting, of letters, digits and hyphens",
    "Shown.team": "the same",
    "Shown.link": "an address that Slack gave",
    "Row.done_by": "mrkdwn, escaped where it is made (`access`)",
    "Result.threshold": "a setting, a fraction",
    "Link.url": "of the checklist's file, which is read only if it is an address",
    "Wanted.since": "a day",
    "Wanted.until": "a day",
    "person_modal.note": "what was done, in the bot's words",
    "direct_messages_held.reason": "a setting of Slack, in the bot's words",
    "held.reason": "why a channel is unfit, in the bot's words",
    "head.value": "a digest",
    "strangers.found": "ids, each with a word of ours",
    "receipt_modal.receipt": "letters and digits that the bot drew",
    "TeamLine.notes": "words of the public list that the bot knows",
    "Held.by": "mrkdwn, escaped where it is made (`directory._held`)",
    "Held.ended_by": "the same",
    "Message.text": "an earlier message's",
    "Offer.word": "a command",
    "Offer.what": "its help",
    "hub_modal.prefix": "a setting, of letters and digits",
    "told_nominator.what": "what happened, in the bot's words",
}
# Lists that are never long, by function or class, with the most there can be.
SHORT = {
    "hub_modal.offers": 25,  # words of ours
    "Shown.seats": 12,  # a council has five
    "Shown.reasons": 12,
    "decided_to_nominator.reasons": 12,
    "outcome.reasons": 12,
    "publication.changes": 2,
    "published.changes": 2,
    "ListChange.summary": 12,
    "Message.blocks": 40,  # one of the bot's own, which is tried by itself
    "History.held": HISTORY_PER_PAGE,
    "Page.lines": PER_PAGE,
    "PageShown.lines": PAGE,
    "results_modal.results": SHOWN_RESULTS,
    "Shown.steps": MOST_STEPS,
    "detail_modal.manage": 5,  # buttons of ours
    "Shown.rows": 12,  # places
    "Report.unread": 12,  # channels of the settings
}
Build = Callable[..., Any]


def _rooms() -> Iterator[str]:
    for found in pkgutil.walk_packages(psrt_bot.__path__, "psrt_bot."):
        parts = found.name.split(".")
        if "sandbox" not in parts and any(part in ROOMS for part in parts[2:]):
            yield found.name


@cache
def builders() -> dict[str, Build]:
    """Every builder by its name, without what it is in."""
    found: dict[str, Build] = {}
    for room in _rooms():
        module = importlib.import_module(room)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != room or name.startswith("_"):
                continue
            if _builds(get_type_hints(function)["return"]):
                found[f"{room.removeprefix('psrt_bot.')}.{name}"] = function
    return found


def _builds(returned: Any) -> bool:
    if get_origin(returned) in (list, Sequence):
        returned = get_args(returned)[0]
    return isinstance(returned, type) and issubclass(returned, Message | View | Block)


def make(kind: Any, turn: int, where: str) -> Any:
    """Return a value of an annotated type, whose texts are all mentions of everybody.

    Args:
        where: the function's parameter or the class's field that it is for.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        present = [one for one in inner if one is not NoneType]
        return None if NoneType in inner and turn % 4 == 3 else make(present[0], turn, where)
    if origin is tuple:
        several = inner[:1] * 2 if inner[-1] is Ellipsis else inner
        return tuple(make(one, turn, where) for one in several)
    if origin in (dict, Mapping):
        names = [f"{make(inner[0], turn, where)}{n or ''}" for n in range(_count(turn, where))]
        keys = names if inner[0] is str else [make(inner[0], turn, where)]
        return {key: make(inner[1], turn, where) for key in keys}
    if origin in (frozenset, set):
        return origin({make(inner[0], turn, where)})
    if origin in (list, Sequence, Collection):
        return [make(inner[0], turn, where)] * _count(turn, where)
    return _plain(kind, turn, where)


def _count(turn: int, where: str) -> int:
    return 1 if turn < ROUNDS else SHORT.get(where, MANY)


def _plain(kind: Any, turn: int, where: str) -> Any:
    harmless = where in OURS or IDENTIFIERS.fullmatch(where.rpartition(".")[2])
    plain = {str: HARMLESS if harmless else EVIL, int: 1, bool: turn % 2 == 0, datetime: START}
    plain |= {date: START.date(), timedelta: timedelta(days=7), object: EVIL}
    if kind in plain:
        return plain[kind]
    if issubclass(kind, Enum):
        return list(kind)[turn % len(kind)]
    if issubclass(kind, Block):
        return blocks.divider()
    if issubclass(kind, ButtonElement):
        return blocks.button("Press", "press")
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        made = {
            f.name: make(hints[f.name], turn, f"{kind.__name__}.{f.name}") for f in fields(kind)
        }
        return kind(**made)
    raise TypeError(f"say how a {kind} is made")


def acted_on(built: Any) -> Iterator[str]:
    """Yield every text that Slack reads as mrkdwn."""
    if isinstance(built, Message):
        yield built.text
        built = built.payload()["blocks"]
    elif isinstance(built, View | Block):
        built = built.to_dict()
    elif isinstance(built, Sequence):
        built = [one.to_dict() for one in built]
    yield from _mrkdwn(json.loads(json.dumps(built)))


def _mrkdwn(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _mrkdwn(one)


def test_builders_are_found() -> None:
    """The table below is that of all processes; what is exempt exists."""
    processes = {name.partition(".")[0] for name in builders()}
    assert processes >= {"council", "home", "membership", "nominations", "offboarding", "voting"}
    assert len(builders()) > 80


@pytest.mark.parametrize("name", builders())
def test_no_value_is_acted_on(name: str) -> None:
    """Whatever a value is, Slack sees it escaped."""
    function = builders()[name]
    hints = get_type_hints(function)
    hints.pop("return")
    short = name.rpartition(".")[2]
    texts: list[str] = []
    made = 0
    for turn in range(ROUNDS):
        arguments = {key: make(hint, turn, f"{short}.{key}") for key, hint in hints.items()}
        with suppress(AssertionError):  # something without which it is never called
            built = function(**arguments)
            texts += acted_on(built)
            made += 1
    assert made
    assert [text for text in texts if EVIL in text] == []


def _too_many(built: Any) -> Iterator[str]:
    """Yield what Slack would refuse for its number (docs.slack.dev/reference/block-kit)."""
    if isinstance(built, Message):
        parts, limit = built.payload()["blocks"], 50
    elif isinstance(built, View):
        parts, limit = built.to_dict()["blocks"], 100
    else:
        return
    if len(parts) > limit:
        yield f"{len(parts)} blocks of {limit}"
    for part in parts:
        elements = [*part.get("elements", []), part.get("element", {}), part.get("accessory", {})]
        if part["type"] == "actions" and len(part["elements"]) > 25:
            yield "more than 25 elements"
        for element in elements:
            most = {"checkboxes": 10, "radio_buttons": 10, "static_select": 100}
            if len(element.get("options", ())) > most.get(element.get("type"), MANY):
                yield f"options of {element['type']}"


@pytest.mark.parametrize("name", builders())
def test_no_list_is_longer_than_slack_takes(name: str) -> None:
    """Of very many of anything some are shown, and how many more there are."""
    function = builders()[name]
    hints = get_type_hints(function)
    hints.pop("return")
    short = name.rpartition(".")[2]
    found: set[str] = set()
    made = 0
    for turn in range(ROUNDS, 2 * ROUNDS):
        arguments = {key: make(hint, turn, f"{short}.{key}") for key, hint in hints.items()}
        with suppress(AssertionError):
            built = function(**arguments)
            found |= set(_too_many(built))
            made += 1
    assert made
    assert found == set()


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("nominations.messages.form.end_modal", 20),
        ("nominations.messages.posts.details_modal", 85),
        ("council.messages.cards.reminder", 100),
        ("council.messages.cards.own_modal", 107),
        ("onboarding.messages.office.overview_modal", 80),
    ],
)
def test_what_is_not_shown_is_counted(name: str, more: int) -> None:
    """A list that was cut says by how much."""
    function = builders()[name]
    hints = get_type_hints(function)
    hints.pop("return")
    short = name.rpartition(".")[2]
    built = function(**{k: make(hint, ROUNDS, f"{short}.{k}") for k, hint in hints.items()})
    assert any(f"and {more} more" in text for text in acted_on(built))
