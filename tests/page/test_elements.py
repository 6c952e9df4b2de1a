"""Every Block Kit element the page knows: shown, filled in the browser, received by the app."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from psrt_bot.sandbox import posting
from tests.page.browser import Windows
from tests.page.conftest import Small
from tests.page.test_main_job import type_command
from tests.sandbox.kit import actions, button, field, home, modal, option, plain, section, select
from tests.sandbox.scripted import Reply


def element(kind: str, **rest: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": "it", **rest}


def values_of(small: Small) -> dict[str, Any]:
    """What the app was told was entered, by block id."""
    state = small.app.last["view"]["state"]["values"]
    return {block: next(iter(actions.values())) for block, actions in state.items()}


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
    for group, names in (("Boxes", ["Tea", "Water"]), ("Some", ["Coffee"]), ("People", ["Carol"])):
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
    small.app.reply = lambda _payload: Reply(status=500, delay=0.4)
    send = dialog.get_by_role("button", name="Send")
    asked = len(small.app.received)
    send.click()
    expect(send).to_be_disabled()
    expect(dialog.get_by_role("alert")).to_have_text("⚠ We had some trouble connecting. Try again?")
    expect(send).to_be_enabled()
    assert len(small.app.received) == asked + 1
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    type_command(page, "/order now")
    expect(page.locator(".row.ephemeral")).to_contain_text(
        '/order failed with the error "dispatch_failed"'
    )


def post(small: Small, *blocks: dict[str, Any]) -> None:
    """The app posts blocks in #team."""
    team, app = small.workspace.state.channel("team"), small.installation.app
    posting.post(small.workspace.state, team, app.bot_user_id, "", app=app, blocks=list(blocks))


def test_elements_of_messages_tell_the_app(small: Small, window: Windows) -> None:
    """Buttons with and without a confirm dialog, overflow menus, selects and date pickers in a
    message send block_actions; a dismissed dialog sends nothing; a failed ack shows at the
    message."""
    sure = {name: plain(name) for name in ("title", "text", "confirm", "deny")}
    menu = element("overflow", options=[option("Copy"), option("Delete")])
    post(
        small,
        section("Pick", accessory=menu),
        actions(
            button("Plain"),
            button("Careful", action_id="careful", style="danger", confirm=sure),
            select(option("Red"), option("Blue"), action_id="colour", placeholder=plain("Colour")),
            element("datepicker", placeholder=plain("Due")),
        ),
    )
    page = window("alice", "team")
    row = page.locator("#messages .row")
    row.get_by_role("button", name="Plain").click()
    small.workspace.wait_for(lambda: len(small.app.received) == 1)
    assert small.app.last["actions"][0]["action_id"] == "press"
    row.get_by_role("button", name="Careful").click()
    asked = page.get_by_role("dialog", name="title")
    asked.get_by_role("button", name="deny").click()
    expect(asked).to_have_count(0)
    assert len(small.app.received) == 1
    row.get_by_role("button", name="Careful").click()
    asked.get_by_role("button", name="confirm").click()
    small.workspace.wait_for(lambda: len(small.app.received) == 2)
    row.get_by_label("More actions: Pick").click()
    row.get_by_role("button", name="Delete").click()
    small.workspace.wait_for(lambda: len(small.app.received) == 3)
    assert small.app.last["actions"][0]["selected_option"]["text"]["text"] == "Delete"
    row.get_by_label("Colour").select_option(label="Blue")
    small.workspace.wait_for(lambda: len(small.app.received) == 4)
    assert small.app.last["actions"][0]["selected_option"]["text"]["text"] == "Blue"
    small.app.answers("", status=500)
    row.get_by_role("button", name="Plain").click()
    expect(row.get_by_role("alert")).to_have_text("⚠ The app could not be reached. Try again?")


def test_what_is_only_shown(small: Small, window: Windows) -> None:
    """Headers, fields, context, dividers, rich text and images are shown; an image from elsewhere
    by its alt text; an unknown block and element as a grey box that names its type."""
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "text", "text": "Item", "style": {"bold": True}}],
                    }
                ],
            },
            {"type": "rich_text_section", "elements": [{"type": "sparkle"}]},
        ],
    }
    image = {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "A kestrel"}
    post(
        small,
        {"type": "header", "text": plain("Head :tada:")},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Left*"}, plain("Right")]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small `code`"}, image]},
        rich,
        image,
        {"type": "hologram", "depth": 3},
        actions(element("teleport")),
    )
    page = window("alice", "team")
    row = page.locator("#messages .row")
    expect(row.get_by_role("heading", name="Head 🎉")).to_be_visible()
    expect(row.locator(".fields strong")).to_have_text("Left")
    expect(row.get_by_role("separator")).to_have_count(1)
    expect(row.locator(".context code")).to_have_text("code")
    expect(row.locator("li strong")).to_have_text("Item")
    expect(row.get_by_role("img", name="A kestrel")).to_have_count(2)
    expect(row.locator(".unknown")).to_have_text(
        [
            "Not shown here: sparkle",
            "A block of type hologram is not shown here.",
            "An element of type teleport is not shown here.",
        ]
    )


def test_app_home(small: Small, window: Windows) -> None:
    """Opening the Home tab tells the app, shows what it publishes, and its buttons work."""
    alice = small.workspace.state.user("alice").id

    def reply(payload: dict[str, Any]) -> Reply:
        if payload.get("type") == "event_callback":
            small.client.views_publish(user_id=alice, view=home(section("Hi"), actions(button())))
        return Reply()

    small.app.reply = reply
    page = window("alice", f"app-{small.installation.app_id}")
    expect(page.get_by_role("link", name="Home")).to_have_attribute("aria-current", "page")
    expect(page.locator(".app-home")).to_contain_text("Hi")
    page.locator(".app-home").get_by_role("button", name="Press").click()
    small.workspace.wait_for(lambda: small.app.last.get("type") == "block_actions")
    page.get_by_role("link", name="About").click()
    expect(page.locator("#about")).to_contain_text("/order [what]")


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


def test_unknown_commands(small: Small, window: Windows) -> None:
    """What is no command is answered by Slackbot to this person alone."""
    page = window("alice", "team")
    type_command(page, "/nope now")
    expect(page.locator(".row.ephemeral")).to_contain_text("/nope is not a valid command.")
    expect(page.locator(".row.ephemeral")).to_contain_text("Only visible to you")
    assert small.app.received == []
    page.get_by_role("button", name="Dismiss message").click()
    expect(page.locator(".row")).to_have_count(0)


def test_completion_shows_usage(small: Small, window: Windows) -> None:
    """The composer completes commands from the manifest, by keys and by pointer, with usage."""
    page = window("alice", "team")
    line = page.locator("#line")
    line.press_sequentially("/o")
    names = page.get_by_role("listbox", name="Slash commands").get_by_role("option")
    expect(names).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("/order [what]")
    expect(line).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(line).to_have_value("/order ")
    expect(page.locator("#usage")).to_contain_text("/order [what] · Order something")
    line.fill("")
    page.get_by_role("button", name="Show the slash commands").click()
    names.filter(has_text="/offer").click()
    expect(line).to_have_value("/offer ")
