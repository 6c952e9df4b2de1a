"""Every Block Kit element in messages and App Home: shown, used in the browser, told to the app."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import expect

from psrt_bot.sandbox import filing, posting
from tests.page.browser import Windows, rest
from tests.page.conftest import Small
from tests.page.elements import chosen_last, element, post
from tests.sandbox.kit import actions, button, field, home, modal, option, plain, section, select
from tests.sandbox.scripted import Reply


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


def test_choices_in_messages_tell_the_app(small: Small, window: Windows) -> None:
    """Radio buttons, checkboxes, selects of people and of several, and text fields tell the app at
    once: each choice once, a date when it is whole, a text on Enter."""
    drinks = [option("Tea"), option("Coffee")]
    post(
        small,
        section("Drink", accessory=element("radio_buttons", options=drinks)),
        section("Extras", accessory=element("checkboxes", options=drinks)),
        section("Who", accessory=element("users_select")),
        section("Some", accessory=element("multi_static_select", options=drinks)),
        section("Due", accessory=element("datepicker")),
        field("Note", element("plain_text_input"), dispatch_action=True),
    )
    page = window("alice", "team")
    row = page.locator("#messages .row")
    row.get_by_role("group", name="Drink").get_by_label("Coffee").check()
    assert chosen_last(small, 1)["selected_option"]["text"]["text"] == "Coffee"
    row.get_by_role("group", name="Extras").get_by_label("Tea").check()
    assert [o["text"]["text"] for o in chosen_last(small, 2)["selected_options"]] == ["Tea"]
    row.get_by_label("Who").select_option(label="Carol Cole")
    assert chosen_last(small, 3)["selected_user"] == small.workspace.state.user("carol").id
    row.get_by_role("group", name="Some").get_by_label("Tea").check()
    assert [o["text"]["text"] for o in chosen_last(small, 4)["selected_options"]] == ["Tea"]
    row.get_by_label("Due").focus()
    page.keyboard.type("03022026")  # each digit of the year makes a date of its own
    assert chosen_last(small, 5)["selected_date"] == "2026-03-02"
    row.get_by_label("Note").fill("half")
    row.get_by_label("Who").focus()
    row.get_by_label("Note").fill("whole")
    row.get_by_label("Note").press("Enter")
    assert chosen_last(small, 6)["value"] == "whole"


def test_a_choice_that_is_not_confirmed_is_taken_back(small: Small, window: Windows) -> None:
    """A select and an overflow menu with a confirm dialog: denied, nothing is told and the select
    shows what it showed; confirmed, the app is told."""
    sure = {name: plain(name) for name in ("title", "text", "confirm", "deny")}
    red, blue = option("Red"), option("Blue")
    post(
        small,
        actions(
            select(red, blue, placeholder=plain("Colour"), initial_option=red, confirm=sure),
            element("overflow", options=[option("Copy"), option("Delete")], confirm=sure),
        ),
    )
    page = window("alice", "team")
    colour, asked = page.get_by_label("Colour"), page.get_by_role("dialog", name="title")
    colour.select_option(label="Blue")
    asked.get_by_role("button", name="deny").click()
    expect(colour.locator("option:checked")).to_have_text("Red")
    colour.select_option(label="Blue")
    asked.get_by_role("button", name="confirm").click()
    assert chosen_last(small, 1)["selected_option"]["text"]["text"] == "Blue"
    expect(colour.locator("option:checked")).to_have_text("Blue")
    menu = page.get_by_label("More actions")
    menu.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("button", name="Delete").click()
    asked.get_by_role("button", name="confirm").click()
    assert chosen_last(small, 2)["selected_option"]["text"]["text"] == "Delete"


def test_a_menu_keeps_the_focus_when_something_is_told(small: Small, window: Windows) -> None:
    """A message that comes while a menu is open takes neither the menu nor the focus away: Escape
    closes the menu still. A window opened from the menu gives the focus back to it."""
    menu = element("overflow", options=[option("Copy"), option("Delete")])
    post(small, section("Pick", accessory=menu))
    page = window("alice", "team")
    more = page.get_by_label("More actions: Pick")
    more.click()
    expect(more).to_be_focused()
    post(small, section("Something new"))
    expect(page.get_by_text("Something new")).to_be_visible()
    rest(page)
    expect(more).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()

    def asks(payload: dict[str, Any]) -> Reply:
        small.client.views_open(trigger_id=payload["trigger_id"], view=modal(section("Sure?")))
        return Reply()

    small.app.reply = asks
    more.click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Sure?")).to_be_visible()
    small.app.reply = lambda _payload: Reply()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Sure?")).to_have_count(0)
    expect(more).to_be_focused()


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def test_a_picture_of_the_workspace(small: Small, window: Windows) -> None:
    """An image that is a file of the workspace is drawn, with its alt text; to who may not read
    the file it is told by its alt text alone."""
    state, app = small.workspace.state, small.installation.app
    file = filing.begin(state, app, "kestrel.png", len(PIXEL))
    filing.receive(state, file.upload_key, PIXEL)
    filing.complete(state, app, {file.id: "Kestrel"}, state.channel("team"), "", None)
    shown = {"type": "image", "slack_file": {"id": file.id}, "alt_text": "A kestrel"}
    for name in ("team", "general"):
        posting.post(state, state.channel(name), app.bot_user_id, "", app=app, blocks=[shown])
    page = window("alice", "team")
    picture = page.locator("#messages").get_by_alt_text("A kestrel")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    expect(picture).to_have_js_property("naturalWidth", 1)
    window.visit(page, "go/carol/general")
    expect(page.locator("#messages").get_by_role("img", name="A kestrel")).to_be_visible()
    expect(page.locator("#messages img")).to_have_count(0)


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
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "Said"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "user", "user_id": small.workspace.state.user("bob").id},
                    {"type": "emoji", "name": "tada"},
                    {"type": "link", "url": "https://example.org/", "text": "away"},
                ],
            },
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
    expect(row.locator("blockquote")).to_have_text("Said")
    expect(row.locator("pre")).to_have_text("x = 1")
    expect(row.locator(".mention")).to_have_text("@Bob Brown")
    expect(row.get_by_role("link", name="away")).to_have_attribute("target", "_blank")
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
