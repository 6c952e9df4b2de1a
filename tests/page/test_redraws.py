"""Redraws: what is told while somebody is at it leaves focus, choice and text in their hands."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from psrt_bot.sandbox import posting
from tests.page.browser import Windows, rest
from tests.page.conftest import Small
from tests.page.elements import element, post
from tests.page.test_main_job import type_command
from tests.page.test_routes import do
from tests.sandbox.kit import actions, button, field, modal, option, section
from tests.sandbox.scripted import Reply


def updated(small: Small, *blocks: dict[str, Any]) -> None:
    """The app changes the newest message of #team."""
    team = small.workspace.state.channel("team")
    ts = max(team.messages)
    small.client.chat_update(channel=team.id, ts=ts, text="x", blocks=list(blocks))


def test_a_choice_stays_chosen(small: Small, window: Windows) -> None:
    """A radio button stays chosen when something is told, and is no matter of another message's."""
    red, blue = option("Red"), option("Blue")
    for what in ("Wall", "Door"):
        radios = element("radio_buttons", options=[red, blue], initial_option=red)
        post(small, section(what, accessory=radios))
    page = window("alice", "team")
    wall, door = (page.get_by_role("group", name=what) for what in ("Wall", "Door"))
    wall.get_by_label("Blue").check()
    small.workspace.wait_for(lambda: len(small.app.received) == 1)
    post(small, section("Something new"))
    expect(page.get_by_text("Something new")).to_be_visible()
    rest(page)
    expect(wall.get_by_label("Blue")).to_be_checked()
    expect(door.get_by_label("Red")).to_be_checked()


def test_a_button_keeps_the_focus_when_its_message_changes(small: Small, window: Windows) -> None:
    """Slack gives blocks without an id another one with each update; the button is the same."""
    said = ["Before"]

    def blocks() -> tuple[dict[str, Any], dict[str, Any]]:
        return section(said[0]), actions(button("Again", action_id="again"))

    def reply(_payload: dict[str, Any]) -> Reply:
        said[0] = "After"
        updated(small, *blocks())
        return Reply()

    post(small, *blocks())
    small.app.reply = reply
    page = window("alice", "team")
    again = page.get_by_role("button", name="Again")
    again.press("Enter")
    expect(page.get_by_text("After")).to_be_visible()
    rest(page)
    expect(again).to_be_focused()


def test_a_modal_that_changes_leaves_the_field_in_hand(small: Small, window: Windows) -> None:
    """A field above goes while somebody types: focus and text stay, the window stays modal."""
    first = field("First", element("plain_text_input"), block_id="first")
    second = field("Second", element("plain_text_input"), block_id="second")
    small.modal(modal(first, second, external_id="form"))
    page = window("alice", "team")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    dialog.get_by_label("Second").press_sequentially("Ada")
    small.client.views_update(external_id="form", view=modal(second, external_id="form"))
    expect(dialog.get_by_label("First")).to_have_count(0)
    rest(page)
    expect(dialog.get_by_label("Second")).to_be_focused()
    page.keyboard.type(" Lovelace")
    expect(dialog.get_by_label("Second")).to_have_value("Ada Lovelace")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#line")).to_be_focused()


def test_what_one_person_wrote_does_not_stand_before_another(small: Small, window: Windows) -> None:
    """A reply begun as Alice is not there as Bob, in the same channel."""
    state = small.workspace.state
    posting.post(state, state.channel("team"), state.user("bob").id, "Who comes?")
    page = window("alice", "team")
    page.get_by_text("Reply in thread").click()
    reply = page.get_by_label("Reply to Bob Brown")
    reply.fill("Only between us")
    page.get_by_role("link", name="Bob Brown").first.click()
    expect(page.locator("#you")).to_contain_text("Bob Brown")
    rest(page)
    expect(reply).to_have_value("")


def test_a_button_in_the_place_of_another_is_not_pressed(small: Small) -> None:
    """Who presses what an update has just replaced presses nothing: not its successor."""
    post(small, actions(button("Yes", action_id="yes"), button("No", action_id="no")))
    team = small.workspace.state.channel("team")
    where = f"message:{team.id}:{max(team.messages)}"
    updated(small, actions(button("No", action_id="no")))
    pressed = do(small, "alice", "press", where=where, name="0.0", action="yes")
    assert pressed.status_code == 409
    assert small.app.received == []
    assert do(small, "alice", "press", where=where, name="0.0", action="no").status_code == 200
    assert len(small.app.received) == 1


def test_a_window_outlives_a_workspace_that_is_prepared_anew(small: Small, window: Windows) -> None:
    """While the demo starts again the window says so; then it is there, and takes what is typed."""
    page = window("alice", "team")
    small.page.desk.preparing = "Twelve people come in."
    post(small, section("Something new"))
    expect(page.get_by_text("Twelve people come in.")).to_be_visible()
    small.page.desk.preparing = ""
    expect(page.get_by_text("Something new")).to_be_visible()
    page.locator("#line").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator("#messages .row").last).to_contain_text("hello")
