"""The composer and links: what is typed, completed, kept, and where it leads."""

from __future__ import annotations

from playwright.sync_api import expect

from psrt_bot.sandbox import posting
from tests.page.browser import Windows
from tests.page.conftest import Small
from tests.page.elements import element, values_of
from tests.page.test_main_job import type_command
from tests.sandbox.kit import field, modal, option, section


def test_what_is_typed_survives_what_others_do(small: Small, window: Windows) -> None:
    """While somebody writes, in the composer, in a thread or in a modal, others write, and the app
    changes the very message and view: text, caret, choices, focus and unfolding stay."""
    team, bob = small.workspace.state.channel("team"), small.workspace.as_user("bob")
    first = bob.say("team", "A thread begins")
    page = window("alice", "team")
    rows = page.locator("#messages > ol > .row")
    line = page.locator("#line")
    line.fill("half a thou")
    bob.say("team", "news 1")
    expect(rows).to_have_count(2)
    expect(line).to_be_focused()
    page.keyboard.type("ght")
    expect(line).to_have_value("half a thought")
    rows.first.get_by_text("Reply in thread").click()
    reply = rows.first.get_by_label("Reply to Bob Brown")
    reply.fill("ac")
    reply.press("Home")
    bob.say("team", "in the thread", thread=first)
    expect(rows.first.locator(".row")).to_have_count(1)
    page.keyboard.type("b")
    expect(reply).to_have_value("bac")
    expect(line).to_have_value("half a thought")

    boxes = element("checkboxes", options=[option("Tea"), option("Coffee")])
    view = modal(field("Name", block_id="name"), field("Drinks", boxes, block_id="drinks"))
    small.modal(view)
    line.fill("")
    type_command(page, "/order")
    dialog = page.get_by_role("dialog", name="Title")
    dialog.get_by_label("Name").fill("Ad")
    dialog.get_by_label("Coffee").check()
    dialog.get_by_label("Name").focus()
    bob.say("team", "news 2")
    (shown,) = small.workspace.state.stack(small.workspace.state.user("alice").id)
    changed = {**view, "blocks": [section("Hurry up"), *view["blocks"]]}
    small.client.views_update(view_id=shown.id, view=changed)
    expect(dialog).to_contain_text("Hurry up")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("a")
    expect(dialog.get_by_label("Name")).to_have_value("Ada")
    expect(dialog.get_by_label("Coffee")).to_be_checked()
    expect(rows).to_have_count(3)
    assert len(team.messages) == 4
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_have_count(0)
    assert values_of(small)["name"]["value"] == "Ada"
    assert [o["text"]["text"] for o in values_of(small)["drinks"]["selected_options"]] == ["Coffee"]


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
    expect(page.locator("#usage")).to_contain_text("Enter sends it")
    line.fill("")
    page.get_by_role("button", name="Show the slash commands").click()
    names.filter(has_text="/offer").click()
    expect(line).to_have_value("/offer ")


def test_a_link_to_a_message_stays_on_the_page(small: Small, window: Windows) -> None:
    """A permalink leads to the message where this page shows it, also into a folded thread."""
    team, bob = small.workspace.state.channel("team"), small.workspace.as_user("bob")
    first = bob.say("team", "A thread begins")
    said = bob.say("team", "Here it is", thread=first)
    address = f"https://slack.com/archives/{team.id}/p{said.ts.replace('.', '')}"
    general = small.workspace.state.channel("general")
    posting.post(small.workspace.state, general, bob.id, f"See <{address}|the reply>")
    page = window("alice", "general")
    page.get_by_role("link", name="the reply").click()
    expect(page.locator("#head h1")).to_contain_text("team")
    expect(page.get_by_text("Here it is")).to_be_in_viewport()
