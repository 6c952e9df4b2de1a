"""Usable with the keyboard alone, by screen readers, in light and dark, narrow and wide."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import Windows
from tests.page.conftest import Demo
from tests.page.test_main_job import type_command

LOOKS = [
    pytest.param({"width": 1440, "dark": False}, id="wide-light"),
    pytest.param({"width": 1440, "dark": True}, id="wide-dark"),
    pytest.param({"width": 390, "height": 844, "dark": False}, id="narrow-light"),
    pytest.param({"width": 390, "height": 844, "dark": True}, id="narrow-dark"),
]


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong, serious or critical, in words."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def sideways(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return wide


@pytest.mark.parametrize("look", LOOKS)
def test_no_serious_violation(
    demo: Demo, demo_window: Windows, axe: str, look: dict[str, Any]
) -> None:
    """axe-core finds nothing serious: in a channel with tour and hood, in the completion, in a
    modal with errors, in the app's Home and About; and nothing is wider than the window."""
    page = demo_window("ana", "team", **look)
    found = {"channel": violations(page, axe)}
    page.get_by_role("button", name="Under the hood").first.click()
    expect(page.locator("#hood")).to_be_visible()
    page.locator("#fault-twice").check()
    found["hood"] = violations(page, axe)
    page.locator("#fault-twice").uncheck()
    page.locator("#line").fill("/")
    found["completion"] = violations(page, axe)
    type_command(page, "/nominate")
    dialog = page.get_by_role("dialog", name="Nominate: who")
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.locator(".error")).to_be_visible()
    found["modal"] = violations(page, axe)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    app = demo.stage.installation.app_id
    for tab in ("home", "about"):
        page.goto(f"{demo.address}as/ana/app-{app}?tab={tab}")
        page.wait_for_selector("html[data-ready]")
        found[tab] = violations(page, axe)
    assert {where: what for where, what in found.items() if what} == {}
    assert not sideways(page)


def test_keyboard_alone(demo: Demo, demo_window: Windows) -> None:
    """Become somebody, vote, read the receipt and go on, without a pointer: the focus goes into
    the modal, stays there, and comes back."""
    page = demo_window("ana", "team")
    press = page.keyboard.press
    expect(page.locator("#line")).to_be_focused()
    page.keyboard.type("/vote")
    press("Enter")
    dialog = page.get_by_role("dialog", name="Vote")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    press("Space")
    for _ in range(30):
        press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert inside, "the focus left the modal"
    dialog.get_by_label("Check word").focus()
    page.keyboard.type("kestrel")
    press("Enter")
    receipt = page.get_by_role("dialog", name="Ballot recorded")
    expect(receipt).to_be_visible()
    press("Escape")
    expect(receipt).to_have_count(0)
    expect(page.locator("#line")).to_be_focused()
    page.locator(".skip").focus()
    for _ in range(40):
        press("Tab")
        # Not the whole page, which holds the name as well and has the focus while nothing else has.
        on_ben = "document.activeElement.matches('a, button') && {}.includes('Ben')"
        if page.evaluate(on_ben.format("document.activeElement.textContent")):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus cannot be seen"
    press("Enter")
    expect(page.locator("#you")).to_contain_text("Ben Bright")


@pytest.mark.parametrize("width", [390, 700, 1100, 1440])
def test_nothing_is_wider_than_the_window(demo_window: Windows, width: int) -> None:
    """No sideways scrolling, and the composer is in sight, at any width."""
    page = demo_window("ana", "team", width=width, height=844)
    assert not sideways(page)
    expect(page.locator("#line")).to_be_in_viewport()
    page.get_by_role("button", name="Under the hood").first.click()
    expect(page.locator("#hood")).to_be_visible()
    assert not sideways(page)
