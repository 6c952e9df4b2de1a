"""Modals: triggers, forms, the client's own checks, every response action, stacks and hashes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.kit import actions, button, field, modal, option, section, select
from tests.sandbox.scripted import ScriptedApp

OpenModal = Callable[[dict[str, Any]], Modal]
TEA, MILK = option("Tea"), option("Milk")


def opening(client: WebClient, trigger_id: str, method: str = "views.open") -> str:
    """The error of opening a modal, or ok."""
    try:
        client.api_call(method, json={"trigger_id": trigger_id, "view": modal()})
    except SlackApiError as error:
        return str(error.response["error"])
    return "ok"


def test_trigger(
    workspace: Workspace, scripted: ScriptedApp, client: WebClient, alice: Person
) -> None:
    """A trigger works once, for three real seconds, and must be one."""
    alice.command("/order", channel="team")
    trigger = scripted.last["trigger_id"]
    assert opening(client, trigger) == "ok"
    assert opening(client, trigger) == "exchanged_trigger_id"
    assert opening(client, "1.2.abc") == "invalid_trigger_id"
    alice.command("/order", channel="team")
    old = scripted.last["trigger_id"]
    workspace.state.triggers[old].born -= 3
    assert opening(client, old) == "expired_trigger_id"


def element(kind: str, **rest: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": "a", **rest}


FIELDS: dict[str, tuple[dict[str, Any], Any, Any, Any]] = {
    # element, its empty state, what is entered, its state then
    "text": (element("plain_text_input"), {"value": None}, "x", {"value": "x"}),
    "email": (element("email_text_input"), {"value": None}, "a@b.org", {"value": "a@b.org"}),
    "url": (
        element("url_text_input"),
        {"value": None},
        "https://x.org",
        {"value": "https://x.org"},
    ),
    "number": (
        element("number_input", is_decimal_allowed=False),
        {"value": None},
        7,
        {"value": "7"},
    ),
    "select": (
        select(TEA, MILK, action_id="a"),
        {"selected_option": None},
        "Tea",
        {"selected_option": TEA},
    ),
    "radio": (
        select(TEA, MILK, kind="radio_buttons", action_id="a"),
        {"selected_option": None},
        "Milk",
        {"selected_option": MILK},
    ),
    "checkboxes": (
        select(TEA, MILK, kind="checkboxes", action_id="a"),
        {"selected_options": []},
        ["Tea", "Milk"],
        {"selected_options": [TEA, MILK]},
    ),
    "multi select": (
        select(TEA, MILK, kind="multi_static_select", action_id="a"),
        {"selected_options": []},
        ["Milk"],
        {"selected_options": [MILK]},
    ),
    "date": (
        element("datepicker"),
        {"selected_date": None},
        date(2026, 5, 2),
        {"selected_date": "2026-05-02"},
    ),
    "time": (element("timepicker"), {"selected_time": None}, "09:30", {"selected_time": "09:30"}),
    "user": (element("users_select"), {"selected_user": None}, "bob", {"selected_user": "bob"}),
    "users": (
        element("multi_users_select"),
        {"selected_users": []},
        ["bob"],
        {"selected_users": ["bob"]},
    ),
    "conversation": (
        element("conversations_select"),
        {"selected_conversation": None},
        "team",
        {"selected_conversation": "team"},
    ),
}


def with_names(workspace: Workspace, value: Any) -> Any:
    """Ids back to names, and options without what Slack adds, to compare."""
    if isinstance(value, list):
        return [with_names(workspace, v) for v in value]
    if isinstance(value, dict):
        return option(value["text"]["text"], value["value"])
    names = {u.id: u.name for u in workspace.state.users.values()}
    names |= {c.id: c.name for c in workspace.state.channels.values()}
    return names.get(value, value)


@pytest.mark.parametrize("name", FIELDS)
def test_state_shapes(
    workspace: Workspace, scripted: ScriptedApp, open_modal: OpenModal, name: str
) -> None:
    """Each element's state has Slack's shape, empty and filled."""
    made, empty, value, filled = FIELDS[name]
    shown = open_modal(modal(field("Field", made, block_id="b", optional=True)))
    assert shown.view.values == {"b": {"a": {"type": made["type"], **empty}}}
    shown.fill("Field", value)
    assert shown.submit().status == "ok"
    state = scripted.last["view"]["state"]["values"]["b"]["a"]
    assert state.pop("type") == made["type"]
    assert {key: with_names(workspace, part) for key, part in state.items()} == filled
    assert scripted.last["response_urls"] == []


CLIENT_CHECKS = {
    "required": (element("plain_text_input"), None),
    "empty text": (element("plain_text_input"), ""),
    "too short": (element("plain_text_input", min_length=3), "ab"),
    "too long": (element("plain_text_input", max_length=3), "abcd"),
    "email": (element("email_text_input"), "a at b"),
    "url": (element("url_text_input"), "example.org"),
    "number": (element("number_input", is_decimal_allowed=False), "seven"),
    "infinite": (element("number_input", is_decimal_allowed=True), "inf"),
    "whole number": (element("number_input", is_decimal_allowed=False), "7.5"),
    "at least": (element("number_input", is_decimal_allowed=False, min_value="1"), "0"),
    "at most": (element("number_input", is_decimal_allowed=False, max_value="9"), "10"),
    "date": (element("datepicker"), "tomorrow"),
    "too many": (
        select(TEA, MILK, kind="multi_static_select", max_selected_items=1),
        ["Tea", "Milk"],
    ),
}


@pytest.mark.parametrize("name", CLIENT_CHECKS)
def test_client_checks(scripted: ScriptedApp, open_modal: OpenModal, name: str) -> None:
    """The client refuses a wrong field itself: the app hears nothing, the modal stays."""
    made, value = CLIENT_CHECKS[name]
    shown = open_modal(modal(field("Field", made)))
    shown.fill("Field", value)
    before = len(scripted.received)
    outcome = shown.submit()
    assert (outcome.status, list(shown.errors)) == ("errors", ["Field"])
    assert len(scripted.received) == before
    assert shown.is_open


def test_errors(scripted: ScriptedApp, open_modal: OpenModal) -> None:
    """response_action errors shows the complaint under its label, and keeps what was entered."""
    shown = open_modal(modal())
    scripted.answers({"response_action": "errors", "errors": {"name": "Taken"}})
    assert shown.fill("Name", "x").submit().status == "errors"
    assert (shown.errors, shown.value("Name"), shown.is_open) == ({"Name": "Taken"}, "x", True)
    scripted.answers()
    assert shown.submit().status == "ok"
    assert not shown.is_open


def test_update(scripted: ScriptedApp, open_modal: OpenModal) -> None:
    """response_action update replaces the view; a field that stays keeps its value."""
    shown = open_modal(modal())
    shown.fill("Name", "x")
    changed = modal(*modal()["blocks"], field("More"))
    scripted.answers({"response_action": "update", "view": changed})
    assert shown.submit().status == "ok"
    assert shown.labels == ["Name", "More"]
    text = shown.view.values["name"]
    assert next(iter(text.values()))["value"] == "x"


def test_push_and_back(scripted: ScriptedApp, open_modal: OpenModal, alice: Person) -> None:
    """push shows a second modal, an empty ack goes back to the first, clear closes all."""
    first = open_modal(modal())
    first.fill("Name", "x")
    scripted.answers({"response_action": "push", "view": modal(section("Second"))})
    first.submit()
    second = alice.wait_modal()
    assert "Second" in second.text
    assert second.view.previous_view_id == second.view.root_view_id == first.view.id
    scripted.answers()
    second.submit()
    assert alice.wait_modal().view is first.view
    scripted.answers({"response_action": "push", "view": modal(section("Second"))})
    first.submit()
    scripted.answers({"response_action": "clear"})
    alice.wait_modal().submit()
    assert alice.modal is None


BAD_ANSWERS: dict[str, dict[str, Any]] = {
    "unknown action": {"response_action": "explode"},
    "errors of no input": {"response_action": "errors", "errors": {"nowhere": "x"}},
    "no errors": {"response_action": "errors", "errors": {}},
    "update without a view": {"response_action": "update"},
    "wrong view": {"response_action": "update", "view": modal(section(""))},
    "text": {"text": "Thanks"},
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_answers_slack_cannot_use(scripted: ScriptedApp, open_modal: OpenModal, name: str) -> None:
    """After an answer Slack cannot use, the person reads of trouble and the modal stays."""
    shown = open_modal(modal())
    shown.fill("Name", "x")
    scripted.answers(BAD_ANSWERS[name])
    outcome = shown.submit()
    assert outcome.status == "dispatch_failed"
    assert "trouble connecting" in str(outcome.text)
    assert shown.is_open


def test_failing_app(scripted: ScriptedApp, open_modal: OpenModal) -> None:
    """An HTTP error is trouble too."""
    shown = open_modal(modal())
    scripted.answers("", status=500)
    assert shown.fill("Name", "x").submit().status == "dispatch_failed"
    assert shown.is_open


def test_close(scripted: ScriptedApp, open_modal: OpenModal, alice: Person) -> None:
    """Cancel closes; the app hears of it only when the view asked to be told."""
    open_modal(modal()).close()
    assert scripted.last.get("type") != "view_closed"
    open_modal(modal(notify_on_close=True, clear_on_close=True)).close()
    assert (scripted.last["type"], scripted.last["is_cleared"]) == ("view_closed", True)
    assert alice.modal is None


def test_press_inside(
    scripted: ScriptedApp, client: WebClient, open_modal: OpenModal, alice: Person
) -> None:
    """A button in a modal sends block_actions with the state, and its trigger pushes a view."""
    shown = open_modal(modal(*modal()["blocks"], actions(button("Details", value="7"))))
    shown.fill("Name", "x")
    assert shown.click("Details").status == "ok"
    sent = scripted.last
    assert (sent["type"], sent["actions"][0]["value"]) == ("block_actions", "7")
    assert sent["container"] == {"type": "view", "view_id": shown.view.id}
    assert "response_url" not in sent
    assert opening(client, sent["trigger_id"], "views.push") == "ok"
    assert alice.wait_modal().view is not shown.view


def test_push_limit(
    scripted: ScriptedApp, client: WebClient, open_modal: OpenModal, alice: Person
) -> None:
    """A stack holds three modals."""
    shown = open_modal(modal(section(), actions(button("Go"))))
    answers = []
    for _ in range(3):
        shown.click("Go")
        answer = {"trigger_id": scripted.last["trigger_id"], "view": shown.view.source}
        try:
            client.views_push(**answer)
            answers.append("ok")
        except SlackApiError as error:
            answers.append(error.response["error"])
        shown = alice.wait_modal()
    assert answers == ["ok", "ok", "push_limit_reached"]


def test_dispatch_action(scripted: ScriptedApp, open_modal: OpenModal) -> None:
    """A field with dispatch_action tells the app at once; one without does not."""
    shown = open_modal(
        modal(field("Quiet", block_id="q"), field("Loud", block_id="l", dispatch_action=True))
    )
    before = len(scripted.received)
    shown.fill("Quiet", "x")
    assert len(scripted.received) == before
    shown.fill("Loud", "y")
    assert scripted.last["actions"][0]["value"] == "y"


def test_views_update(client: WebClient, open_modal: OpenModal) -> None:
    """views.update changes an open view, refuses an old hash, and a view that is gone."""
    shown = open_modal(modal())
    old = shown.view.hash
    client.views_update(view_id=shown.view.id, hash=old, view=modal(section("New")))
    assert "New" in shown.text
    for view_id, digest, code in (
        (shown.view.id, old, "hash_conflict"),
        ("V0", None, "not_found"),
    ):
        with pytest.raises(SlackApiError, match=code):
            client.views_update(view_id=view_id, hash=digest, view=modal())


def test_external_id(scripted: ScriptedApp, client: WebClient, open_modal: OpenModal) -> None:
    """A view can be updated by its external id, which no second open view may carry."""
    shown = open_modal(modal(external_id="one"))
    client.views_update(external_id="one", view=modal(section("New"), external_id="one"))
    assert "New" in shown.text
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        open_modal(modal(external_id="one"))


def test_helpful_failures(open_modal: OpenModal, alice: Person, bob: Person) -> None:
    """A test that asks for what is not there reads what is."""
    shown = open_modal(modal(section(), field("Drink", select(TEA, MILK))))
    with pytest.raises(AssertionError, match="Drink"):
        shown.fill("Food", "x")
    with pytest.raises(LookupError, match="Milk"):
        shown.fill("Drink", "Beer")
    with pytest.raises(AssertionError, match=r"views\.open"):
        bob.wait_modal(timeout=0)
    with pytest.raises(AssertionError, match="no such message"):
        alice.wait_inbox(timeout=0)
