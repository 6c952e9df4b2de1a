"""Slack's limits, one by one: the largest value passes, one more is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.sandbox.blocks import BLOCKS
from psrt_bot.sandbox.refusals import DOCS, PAGES, Refusal
from psrt_bot.sandbox.surfaces import check_message_blocks, check_metadata, check_view
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.kit import (
    Json,
    actions,
    button,
    field,
    home,
    modal,
    option,
    plain,
    section,
    select,
)

Built = TypeVar("Built")
Limits = dict[str, tuple[int, Callable[[int], Built]]]
"""For each limit its edge, and how to build something of a size."""

CONFIRM = {
    "title": plain("t"),
    "text": plain("t"),
    "confirm": plain("t"),
    "deny": plain("t"),
}


def text_input(**rest: Any) -> dict[str, Any]:
    return {"type": "plain_text_input", "action_id": "t", **rest}


def markdown(length: int) -> dict[str, Any]:
    return {"type": "markdown", "text": "x" * length}


def group(label: str = "g", count: int = 1) -> dict[str, Any]:
    return {"label": plain(label), "options": options(count)}


def grouped(*groups: dict[str, Any]) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "choice", "option_groups": list(groups)}


def options(count: int) -> list[dict[str, Any]]:
    return [option(f"o{n}") for n in range(count)]


BLOCK_LIMITS: Limits[list[Json]] = {
    "blocks in a message": (50, lambda n: [section()] * n),
    "section text": (3000, lambda n: [section("x" * n)]),
    "section fields": (10, lambda n: [{"type": "section", "fields": [plain("x")] * n}]),
    "section field text": (2000, lambda n: [{"type": "section", "fields": [plain("x" * n)]}]),
    "header": (150, lambda n: [{"type": "header", "text": plain("x" * n)}]),
    "context elements": (10, lambda n: [{"type": "context", "elements": [plain("x")] * n}]),
    "elements in actions": (
        25,
        lambda n: [actions(*(button(action_id=f"a{i}") for i in range(n)))],
    ),
    "block id": (255, lambda n: [section(block_id="x" * n)]),
    "action id": (255, lambda n: [actions(button(action_id="x" * n))]),
    "button text": (75, lambda n: [actions(button("x" * n))]),
    "button value": (2000, lambda n: [actions(button(value="x" * n))]),
    "button url": (3000, lambda n: [actions(button(url="x" * n))]),
    "confirm title": (100, lambda n: _confirmed(title=plain("x" * n))),
    "confirm text": (300, lambda n: _confirmed(text=plain("x" * n))),
    "confirm yes": (30, lambda n: _confirmed(confirm=plain("x" * n))),
    "confirm no": (30, lambda n: _confirmed(deny=plain("x" * n))),
    "options of a select": (100, lambda n: [actions(select(*options(n)))]),
    "option text": (75, lambda n: [actions(select(option("x" * n, "v")))]),
    "option value": (150, lambda n: [actions(select(option("x", "v" * n)))]),
    "placeholder": (150, lambda n: [actions(select(option("x"), placeholder=plain("x" * n)))]),
    "radio buttons": (10, lambda n: [actions(select(*options(n), kind="radio_buttons"))]),
    "checkboxes": (10, lambda n: [actions(select(*options(n), kind="checkboxes"))]),
    "overflow": (5, lambda n: [actions(select(*options(n), kind="overflow"))]),
    "image alt text": (
        2000,
        lambda n: [{"type": "image", "image_url": "http://x", "alt_text": "x" * n}],
    ),
    "input label": (2000, lambda n: [field("x" * n)]),
    "input hint": (2000, lambda n: [field("x", hint=plain("x" * n))]),
    "max_length": (3000, lambda n: [field("x", text_input(max_length=n))]),
    "markdown": (12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    "markdown in all blocks": (6_000, lambda n: [markdown(n), markdown(6_000)]),
    "option groups": (100, lambda n: [actions(grouped(*[group()] * n))]),
    "options of a group": (100, lambda n: [actions(grouped(group(count=n)))]),
    "label of a group": (75, lambda n: [actions(grouped(group("x" * n)))]),
    "option description": (
        75,
        lambda n: [actions(select({**option("x"), "description": plain("x" * n)}))],
    ),
    "accessibility label": (75, lambda n: [actions(button(accessibility_label="x" * n))]),
    "image url": (
        3000,
        lambda n: [{"type": "image", "image_url": "x" * n, "alt_text": "x"}],
    ),
    "image title": (
        2000,
        lambda n: [{"type": "image", "image_url": "x", "alt_text": "x", "title": plain("x" * n)}],
    ),
    "initial value": (3000, lambda n: [field("x", text_input(initial_value="x" * n))]),
    "initial e-mail": (3000, lambda n: [field("x", entry("email_text_input", value="x" * n))]),
    "initial address": (3000, lambda n: [field("x", entry("url_text_input", value="x" * n))]),
    "initial number": (3000, lambda n: [field("x", number(initial_value="1" * n))]),
    "least number": (100, lambda n: [field("x", number(min_value="1" * n))]),
    "largest number": (100, lambda n: [field("x", number(max_value="1" * n))]),
    "min_length": (3000, lambda n: [field("x", text_input(min_length=n))]),
    "option url": (
        3000,
        lambda n: [actions(select({**option("x"), "url": "x" * n}, kind="overflow"))],
    ),
    "max_selected_items": (1000, lambda n: [actions(several(max_selected_items=n))]),
    "initial options of a select": (
        100,
        lambda n: [actions(ticked("multi_static_select", 100, n))],
    ),
    "initial checkboxes": (10, lambda n: [actions(ticked("checkboxes", 10, n))]),
    "initial user": (255, lambda n: [actions(entry("users_select", user="U" * n))]),
    "initial users": (100, lambda n: [actions(entry("multi_users_select", users=["U1"] * n))]),
    "one of the initial users": (
        255,
        lambda n: [actions(entry("multi_users_select", users=["U" * n]))],
    ),
    "initial channel": (255, lambda n: [actions(entry("channels_select", channel="C" * n))]),
    "initial channels": (
        100,
        lambda n: [actions(entry("multi_channels_select", channels=["C1"] * n))],
    ),
    "initial conversation": (
        255,
        lambda n: [actions(entry("conversations_select", conversation="C" * n))],
    ),
    "initial conversations": (
        100,
        lambda n: [actions(entry("multi_conversations_select", conversations=["C1"] * n))],
    ),
    "initial moment": (9_999_999_999, lambda n: [actions(entry("datetimepicker", date_time=n))]),
    "time zone": (100, lambda n: [actions({**entry("timepicker"), "timezone": "x" * n})]),
}


def entry(kind: str, **initial: Any) -> dict[str, Any]:
    """An element, and what it holds at first."""
    named = {f"initial_{name}": value for name, value in initial.items()}
    return {"type": kind, "action_id": "e", **named}


def number(**rest: Any) -> dict[str, Any]:
    return {**entry("number_input"), "is_decimal_allowed": False, **rest}


def several(**rest: Any) -> dict[str, Any]:
    return select(option("x"), kind="multi_static_select", **rest)


def ticked(kind: str, offered: int, count: int) -> dict[str, Any]:
    """So many ticked of what is offered; beyond that the first is ticked twice."""
    return select(
        *options(offered), kind=kind, initial_options=[*options(offered), *options(1)][:count]
    )


def _confirmed(**changes: Any) -> list[dict[str, Any]]:
    return [actions(button(confirm={**CONFIRM, **changes}))]


@pytest.mark.parametrize("name", BLOCK_LIMITS)
def test_block_limits(name: str) -> None:
    """Each limit of Block Kit holds to the letter: the largest passes, one more is refused."""
    largest, build = BLOCK_LIMITS[name]
    check_message_blocks(build(largest))
    with pytest.raises(Refusal) as refused:
        check_message_blocks(build(largest + 1))
    assert refused.value.code == "invalid_blocks"
    assert "json-pointer:/blocks" in refused.value.extra["response_metadata"]["messages"][0]


SMALLEST: Limits[list[Json]] = {
    "min_length": (0, lambda n: [field("x", text_input(min_length=n))]),
    "max_length": (1, lambda n: [field("x", text_input(max_length=n))]),
    "max_selected_items": (1, lambda n: [actions(several(max_selected_items=n))]),
    "initial moment": (0, lambda n: [actions(entry("datetimepicker", date_time=n))]),
    "options of a select": (1, lambda n: [actions(select(*options(n)))]),
    "checkboxes": (1, lambda n: [actions(select(*options(n), kind="checkboxes"))]),
    "initial users": (1, lambda n: [actions(entry("multi_users_select", users=["U1"] * n))]),
    "elements in actions": (1, lambda n: [actions(*[button()] * n)]),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_lower_block_limits(name: str) -> None:
    """The smallest passes, one less is refused."""
    smallest, build = SMALLEST[name]
    check_message_blocks(build(smallest))
    with pytest.raises(Refusal, match="invalid_blocks"):
        check_message_blocks(build(smallest - 1))


def test_initial_dates_and_times() -> None:
    """A day and a time of day that a picker may hold at first."""
    check_message_blocks(
        [
            actions(
                entry("datepicker", date="2026-05-02"),
                {**entry("timepicker", time="09:05"), "action_id": "t"},
            )
        ]
    )


VIEW_LIMITS: Limits[Json] = {
    "blocks in a modal": (100, lambda n: modal(*[section()] * n)),
    "blocks in a Home": (100, lambda n: home(*[section()] * n)),
    "title": (24, lambda n: modal(title=plain("x" * n))),
    "submit": (24, lambda n: modal(submit=plain("x" * n))),
    "close": (24, lambda n: modal(close=plain("x" * n))),
    "private metadata": (3000, lambda n: modal(private_metadata="x" * n)),
    "callback id": (255, lambda n: modal(callback_id="x" * n)),
    "external id": (255, lambda n: modal(external_id="x" * n)),
}


@pytest.mark.parametrize("name", VIEW_LIMITS)
def test_view_limits(name: str) -> None:
    """Each limit of a view holds to the letter."""
    largest, build = VIEW_LIMITS[name]
    check_view(build(largest), "modal", "home")
    with pytest.raises(Refusal, match="invalid_arguments"):
        check_view(build(largest + 1), "modal", "home")


WRONG_BLOCKS = {
    "unknown block": [{"type": "carousel_of_mine"}],
    "unknown field": [section(colour="red")],
    "emoji on mrkdwn": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}
    ],
    "mrkdwn in a button": [actions({**button(), "text": {"type": "mrkdwn", "text": "x"}})],
    "mrkdwn in a header": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "empty text": [section("")],
    "section of nothing": [{"type": "section"}],
    "text input outside an input": [actions(text_input())],
    "button in an input": [field("x", button())],
    "select without options": [actions({"type": "static_select", "action_id": "a"})],
    "no options": [actions(select())],
    "foreign initial option": [actions(select(option("x"), initial_option=option("y")))],
    "foreign initial radio button": [
        actions(select(option("x"), kind="radio_buttons", initial_option=option("y")))
    ],
    "foreign initial checkbox": [
        actions(select(option("x"), kind="checkboxes", initial_options=[option("y")]))
    ],
    "block id twice": [section(block_id="a"), section(block_id="a")],
    "action id twice": [actions(button(), button())],
    "style": [actions(button(style="loud"))],
    "date": [actions(entry("datepicker", date="2 May 2026"))],
    "date of the right length": [actions(entry("datepicker", date="02.05.2026"))],
    "time": [actions(entry("timepicker", time="9:05"))],
    "time of the right length": [actions(entry("timepicker", time="9.05h"))],
    "moment in words": [actions(entry("datetimepicker", date_time="now"))],
    "number input without decimals said": [field("x", {"type": "number_input"})],
    "text that is no text object": [{"type": "section", "text": "words"}],
}


@pytest.mark.parametrize("name", WRONG_BLOCKS)
def test_wrong_blocks(name: str) -> None:
    """What Block Kit does not know, or not there, is refused as invalid_blocks."""
    with pytest.raises(Refusal, match="invalid_blocks"):
        check_message_blocks(WRONG_BLOCKS[name])


WRONG_VIEWS = {
    "input without submit": {k: v for k, v in modal().items() if k != "submit"},
    "no title": {k: v for k, v in modal().items() if k != "title"},
    "no blocks": {**modal(), "blocks": []},
    "no modal": {"type": "message"},
    "markdown": modal({"type": "markdown", "text": "x"}),
    "block id twice": modal(section(block_id="a"), section(block_id="a")),
    "a Home with a title": {**home(), "title": plain("x")},
    "nothing": None,
}


@pytest.mark.parametrize("name", WRONG_VIEWS)
def test_wrong_views(name: str) -> None:
    """A view that lacks what it needs is refused as invalid_arguments."""
    with pytest.raises(Refusal, match="invalid_arguments"):
        check_view(WRONG_VIEWS[name], "modal", "home")


def test_view_size() -> None:
    """A view of 250 kB passes, and of one byte more is refused."""
    most = [section("x" * 2900) for _ in range(84)]
    left = 250_000 - len(json.dumps(modal(*most, section(""))))
    check_view(modal(*most, section("x" * left)), "modal")
    with pytest.raises(Refusal, match="view_too_large"):
        check_view(modal(*most, section("x" * (left + 1))), "modal")


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ("words", "invalid_metadata_format"),
        ({"event_type": "x"}, "invalid_metadata_schema"),
        ({"event_type": "x", "event_payload": {"a": "x" * 16_000}}, "metadata_too_large"),
    ],
)
def test_metadata(metadata: Any, code: str) -> None:
    """Metadata must have its two fields, and not be too large."""
    with pytest.raises(Refusal, match=code):
        check_metadata(metadata)


def test_metadata_size() -> None:
    """Metadata of 16 kB passes, and of one byte more is refused."""
    left = 16_000 - len(json.dumps({"event_type": "x", "event_payload": {"a": ""}}))
    check_metadata({"event_type": "x", "event_payload": {"a": "x" * left}})
    with pytest.raises(Refusal, match="metadata_too_large"):
        check_metadata({"event_type": "x", "event_payload": {"a": "x" * (left + 1)}})


def test_limits_over_the_wire(workspace: Workspace, client: WebClient) -> None:
    """slack_sdk gets the code and the place; the record names the page it follows."""
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel="team", text="x", blocks=[section("")])
    assert refused.value.response["error"] == "invalid_blocks"
    assert refused.value.response["errors"]
    assert workspace.calls[-1].docs == f"{DOCS}reference/methods/chat.postMessage"
    assert not workspace.as_user("alice").channel("team").messages


def test_every_refusal_has_a_page() -> None:
    """Each refusal follows a page of Slack's documentation; one without cannot be raised."""
    assert all(page and not page.startswith("http") for page in PAGES.values())
    with pytest.raises(KeyError):
        Refusal("made_up")
    assert set(BLOCKS) >= {"section", "input", "actions", "context", "header", "divider"}
