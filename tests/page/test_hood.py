"""Under the hood: what was delivered, acknowledged and called, live, without secrets; faults."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from tests.page.browser import Windows, rest
from tests.page.conftest import Demo, Small
from tests.page.test_main_job import card, type_command, vote


def test_ballots_are_masked(demo: Demo, demo_window: Windows) -> None:
    """No choice, receipt, check word or token is anywhere in what the pane can show of a vote."""
    page = demo_window("ana", "team")
    page.get_by_role("button", name="Under the hood").first.click()
    receipt = vote(page, "Nia Novak", "No", "kestrel")
    cast = page.locator("#entries li").filter(has_text="view_submission").first
    expect(cast).to_contain_text(re.compile(r"ack update in \d+ ms"))
    cast.locator("summary").click()
    expect(cast.locator("pre")).to_contain_text("[masked]")
    shown = cast.locator("pre").inner_text()
    submitted = json.loads(shown)["payload"]["view"]["state"]["values"]
    entered = [e for block in submitted.values() for e in block.values()]
    assert [v for e in entered for k, v in e.items() if k != "type"] == ["[masked]"] * len(entered)
    everything = "".join(
        demo.page.desk.hood.text(entry.key) for entry in demo.page.desk.hood.entries()
    )
    state = demo.stage.workspace.state
    app = state.only_app()
    for secret in (receipt, "kestrel", app.bot_token, app.app_token, app.verification_token):
        assert secret not in everything
    assert "[receipt]" in everything  # the ack that showed it was there


def test_live_and_filtered(small: Small, window: Windows) -> None:
    """Entries come as things happen, whoever does them, and can be filtered by words and kind."""
    page, other = window("alice", "team"), window("bob", "team")
    page.get_by_role("button", name="Under the hood").first.click()
    entries = page.locator("#entries li")
    expect(entries).to_contain_text(["Nothing has happened yet."])
    type_command(other, "/order tea")
    expect(entries).to_contain_text(["/order bob ack"])
    small.client.auth_test()
    expect(entries).to_contain_text(["auth.test ok", "/order"])
    page.get_by_label("Filter by words").fill("order")
    expect(entries).to_have_count(1)
    page.get_by_label("Filter by words").fill("no such thing")
    expect(entries).to_contain_text(["Nothing that has happened fits the filter."])
    page.get_by_label("Filter by words").fill("")
    page.get_by_label("Payloads and acks").uncheck()
    expect(entries).to_contain_text(["auth.test"])
    expect(page.get_by_label("Filter by words")).to_have_value("")


def test_switches_make_things_go_wrong(demo: Demo, demo_window: Windows) -> None:
    """Each fault strikes while it is switched on, and the bot recovers once it is off."""
    page = demo_window("ana", "team")
    page.get_by_role("button", name="Under the hood").first.click()
    page.get_by_label("Duplicate delivery").check()
    rest(page)
    card(page, "Nia Novak").get_by_role("button", name="Details").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    presses = page.locator("#entries li").filter(has_text="block_actions")
    expect(presses).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_label("Duplicate delivery").uncheck()
    rest(page)
    page.get_by_label("Rate limit").check()
    rest(page)
    type_command(page, "/nominate")  # the bot writes to Ana once the draft is saved
    dialog = page.get_by_role("dialog", name="Nominate: who")
    dialog.get_by_label("Slack user").select_option(label="Rosa Romero")
    dialog.get_by_label("Standing").select_option(label="Triager")
    dialog.get_by_role("button", name="Next").click()
    posts = page.locator("#entries li").filter(has_text="chat.postMessage")
    expect(posts.filter(has_text="ratelimited").first).to_be_visible()
    page.get_by_role("dialog", name="Nominate: texts").press("Escape")
    dialog.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_label("Rate limit").uncheck()
    rest(page)
    expect(posts.filter(has_text="ok").first).to_be_visible()
    page.get_by_label("Outage").check()
    rest(page)
    type_command(page, "/vote")
    failed = page.locator("#entries li.bad").filter(has_text="HTTP 503")
    expect(failed.filter(has_text="views.open")).to_have_count(1)
    page.get_by_label("Outage").uncheck()
    rest(page)
    page.get_by_label("Lost connection").check()
    rest(page)
    type_command(page, "/vote")
    expect(page.locator(".row.ephemeral").last).to_contain_text("/vote failed with the error")
    page.get_by_label("Lost connection").uncheck()
    rest(page)
    demo.stage.installation.wait_connected(timeout=30)
    type_command(page, "/vote")
    expect(page.get_by_role("dialog", name="Vote")).to_be_visible()
