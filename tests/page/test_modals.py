"""Modals: every input reaches the app; errors, stacks, what is in flight, what survives."""

from __future__ import annotations

from threading import Event
from typing import Any

from playwright.sync_api import expect

from tests.page.browser import PATIENCE, Windows, rest
from tests.page.conftest import Small
from tests.page.elements import element, values_of
from tests.page.test_main_job import type_command
from tests.sandbox.kit import field, modal, option, section, select
from tests.sandbox.scripted import Reply


def test_every_input_reaches_the_app(small: Small, window: Windows) -> None:
    """Texts, numbers, dates, choices of one and of several: what the browser's own controls take
    is what the view's state holds."""
    options = [option("Tea"), option("Coffee"), option("Water")]
    inputs = {
        "Line": element("plain_text_input"),
        "Lines": element("plain_text_input", multiline=True),
        "Mail": element("email_text_input"),
        "Address": element("url_text_input"),
        "Number": element("number_input", is_decimal_allowed=True),
        "Day": element("datepicker"),
        "Hour": element("timepicker"),
        "Moment": element("datetimepicker"),
        "One": element("static_select", options=options),
        "Radio": element("radio_buttons", options=options),
        "Who": element("users_select"),
        "Where": element("conversations_select"),
        "Boxes": element("checkboxes", options=options),
        "Some": element("multi_static_select", options=options),
        "People": element("multi_users_select"),
        "Public": element("channels_select"),
        "Rooms": element("multi_channels_select"),
        "Talks": element("multi_conversations_select"),
    }
    blocks = [field(label, e, block_id=label) for label, e in inputs.items()]
    small.modal(modal(*blocks))
    page = window("alice", "team")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    for label, text in {
        "Line": "one <b>&",
        "Lines": "two\nlines",
        "Mail": "a@example.org",
        "Address": "https://example.org/x",
        "Number": "2.5",
        "Day": "2026-03-02",
        "Hour": "09:30",
        "Moment": "2026-03-02T10:00",
    }.items():
        dialog.get_by_label(label, exact=True).fill(text)
    dialog.get_by_label("One", exact=True).select_option(label="Coffee")
    dialog.get_by_label("Who", exact=True).select_option(label="Bob Brown")
    dialog.get_by_label("Where", exact=True).select_option(label="🔒 team")
    dialog.get_by_role("radiogroup", name="Radio").get_by_label("Water").check()
    dialog.get_by_label("Public", exact=True).select_option(label="#general")
    expect(dialog.get_by_label("Public", exact=True)).not_to_contain_text("team")
    for group, names in {
        "Boxes": ["Tea", "Water"],
        "Some": ["Coffee"],
        "People": ["Carol"],
        "Rooms": ["#general", "#open"],
        "Talks": ["🔒 team", "#general"],
    }.items():
        for name in names:
            dialog.get_by_role("group", name=group).get_by_label(name).check()
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_be_hidden()
    found, state = values_of(small), small.workspace.state
    assert [found[k]["value"] for k in ("Line", "Lines", "Mail", "Address", "Number")] == [
        "one <b>&",
        "two\nlines",
        "a@example.org",
        "https://example.org/x",
        "2.5",
    ]
    assert found["Day"]["selected_date"] == "2026-03-02"
    assert found["Hour"]["selected_time"] == "09:30"
    assert found["Moment"]["selected_date_time"] == 1772442000  # 09:00 UTC: alice is in Berlin
    assert found["One"]["selected_option"]["text"]["text"] == "Coffee"
    assert found["Radio"]["selected_option"]["text"]["text"] == "Water"
    assert found["Who"]["selected_user"] == state.user("bob").id
    assert found["Where"]["selected_conversation"] == state.channel("team").id
    assert [o["text"]["text"] for o in found["Boxes"]["selected_options"]] == ["Tea", "Water"]
    assert [o["text"]["text"] for o in found["Some"]["selected_options"]] == ["Coffee"]
    assert found["People"]["selected_users"] == [state.user("carol").id]
    general, team = state.channel("general").id, state.channel("team").id
    assert found["Public"]["selected_channel"] == general
    assert found["Rooms"]["selected_channels"] == [general, state.channel("open").id]
    assert found["Talks"]["selected_conversations"] == [team, general]


def test_errors_stand_under_their_fields(small: Small, window: Windows) -> None:
    """The client's complaint and the app's show under the field they belong to; what was typed
    stays, and the focus is in the field that is wrong."""
    small.modal(modal(field("Name", block_id="name"), field("Town", block_id="town")))
    page = window("alice", "team")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    dialog.get_by_label("Name").fill("Ada")
    dialog.get_by_role("button", name="Send").click()
    town = dialog.get_by_label("Town")
    expect(town).to_have_attribute("aria-invalid", "true")
    expect(dialog.locator(".error")).to_have_text("⚠ Please complete this required field.")
    expect(town).to_be_focused()
    told = {"response_action": "errors", "errors": {"name": "We know no *Ada* <here>"}}
    small.app.reply = lambda _payload: Reply(body=told)
    town.fill("Paris")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.locator(".error")).to_have_text("⚠ We know no *Ada* <here>")
    expect(dialog.get_by_label("Name")).to_have_value("Ada")
    expect(dialog.get_by_label("Name")).to_be_focused()
    expect(town).to_have_value("Paris")


def test_what_the_client_refuses_itself(small: Small, window: Windows) -> None:
    """A wrong address, a wrong number and too short a text are told under their fields, in Slack's
    words, and the app is not asked; mended, they are sent."""
    wrong = {
        "Mail": (element("email_text_input"), "ada", "valid email", "ada@example.org"),
        "Site": (element("url_text_input"), "ada", "valid URL", "https://example.org"),
        "Count": (element("number_input", is_decimal_allowed=False), "many", "number", "12"),
        "Few": (
            element("number_input", is_decimal_allowed=False, max_value="3"),
            "4",
            "most 3",
            "3",
        ),
        "Name": (element("plain_text_input", min_length=3), "Al", "at least 3", "Ada"),
    }
    small.modal(modal(*(field(label, e[0], block_id=label) for label, e in wrong.items())))
    page = window("alice", "team")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    for label, (_, text, _, _) in wrong.items():
        dialog.get_by_label(label).fill(text)
    asked = len(small.app.received)
    dialog.get_by_role("button", name="Send").click()
    complaints = dialog.locator(".error")
    expect(complaints).to_contain_text([words for _, _, words, _ in wrong.values()])
    expect(dialog.get_by_label("Mail")).to_be_focused()
    assert len(small.app.received) == asked
    for label, (_, _, _, text) in wrong.items():
        dialog.get_by_label(label).fill(text)
    rest(page)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert [values_of(small)[label]["value"] for label in wrong] == [w[3] for w in wrong.values()]


def test_a_stack_of_modals(small: Small, window: Windows) -> None:
    """A pushed modal lies on top; closing it shows the one below with what was typed; Escape
    closes, and the app hears of it."""
    page = window("alice", "team")
    below = modal(field("Name", block_id="name"), callback_id="below", notify_on_close=True)
    above = modal(section("On top"), callback_id="above")
    small.modal(below)
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    dialog.get_by_label("Name").fill("Ada")
    small.app.answers({"response_action": "push", "view": above})
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_contain_text("On top")
    expect(dialog).to_contain_text("on top of another window")
    small.app.answers("")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog.get_by_label("Name")).to_have_value("Ada")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    rest(page)
    assert small.app.last["type"] == "view_closed"
    expect(page.locator("#line")).to_be_focused()


def test_submit_is_disabled_in_flight_and_a_failed_ack_is_told(
    small: Small, window: Windows
) -> None:
    """While the app is asked the button cannot be pressed again; no ack shows Slack's words."""
    small.modal(modal(field("Name", block_id="name")))
    page = window("alice", "team")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    dialog.get_by_label("Name").fill("Ada")
    looked_at = Event()

    def refuses(_payload: dict[str, Any]) -> Reply:
        looked_at.wait(PATIENCE / 1000)
        return Reply(status=500)

    small.app.reply = refuses
    send = dialog.get_by_role("button", name="Send")
    asked = len(small.app.received)
    send.click()
    expect(send).to_be_disabled()
    looked_at.set()
    expect(dialog.get_by_role("alert")).to_have_text("⚠ We had some trouble connecting. Try again?")
    expect(send).to_be_enabled()
    assert len(small.app.received) == asked + 1
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    type_command(page, "/order now")
    expect(page.locator(".row.ephemeral")).to_contain_text(
        '/order failed with the error "dispatch_failed"'
    )


def test_an_element_that_tells_at_once_in_a_modal(small: Small, window: Windows) -> None:
    """A select with dispatch_action tells the app what stands in the whole form."""
    chosen = select(option("Red"), option("Blue"), action_id="colour")
    small.modal(
        modal(field("Name", block_id="name"), field("Colour", chosen, dispatch_action=True))
    )
    page = window("alice", "team")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    dialog.get_by_label("Name").fill("Ada")
    dialog.get_by_label("Colour").select_option(label="Blue")
    small.workspace.wait_for(lambda: small.app.last.get("type") == "block_actions")
    assert values_of(small)["name"]["value"] == "Ada"
    expect(dialog.get_by_label("Name")).to_have_value("Ada")
