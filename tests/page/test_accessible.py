"""Usable with the keyboard alone, by screen readers, in light and dark, narrow and wide."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Page, ViewportSize, expect

from tests.page.browser import Windows, rest
from tests.page.conftest import Demo
from tests.page.test_main_job import type_command

WIDE = ViewportSize(width=1440, height=900)
SLIM = ViewportSize(width=390, height=844)
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
Scheme = Literal["light", "dark"]
# What is in the page does not change with its colours: in the dark they alone are looked at.
LOOKS: tuple[tuple[ViewportSize, Scheme, dict[str, Any]], ...] = (
    (WIDE, "light", EVERYTHING),
    (WIDE, "dark", COLOURS),
    (SLIM, "light", EVERYTHING),
    (SLIM, "dark", COLOURS),
)


def violations(page: Page, axe: str, rules: dict[str, Any]) -> list[str]:
    """What axe-core finds wrong, serious or critical, in words."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
    return [
        f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


FITS = (
    "width => innerWidth === width && document.documentElement.scrollWidth <= innerWidth"
    " && document.documentElement.scrollHeight <= innerHeight"
)


def overflowing(page: Page) -> bool:
    """Whether the page itself scrolls, instead of what is in it."""
    found: bool = page.evaluate(
        "(root => root.scrollWidth > innerWidth || root.scrollHeight > innerHeight)"
        "(document.documentElement)"
    )
    return found


def looked_at(page: Page, axe: str) -> list[str]:
    """What is wrong with the page as it stands, in all looks."""
    wrong = []
    for size, scheme, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        look = f"{size['width']} {scheme}"
        wrong += [f"{look}: {found}" for found in violations(page, axe, rules)]
        if overflowing(page):
            wrong.append(f"{look}: the page itself scrolls")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    return wrong


def test_no_serious_violation(demo: Demo, demo_window: Windows, axe: str) -> None:
    """axe-core finds nothing serious, wide and narrow, light and dark: in a channel with tour and
    hood, in the completion, in a modal with errors, in the app's Home and About."""
    page = demo_window("ana", "team")
    found = {"channel": looked_at(page, axe)}
    page.get_by_role("button", name="Under the hood").first.click()
    expect(page.locator("#hood")).to_be_visible()
    page.locator("#fault-twice").check()
    rest(page)
    found["hood"] = looked_at(page, axe)
    page.locator("#fault-twice").uncheck()
    rest(page)
    page.locator("#line").fill("/")
    found["completion"] = looked_at(page, axe)
    type_command(page, "/nominate")
    dialog = page.get_by_role("dialog", name="Nominate: who")
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.locator(".error")).to_be_visible()
    found["modal"] = looked_at(page, axe)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    app = demo.stage.installation.app_id
    for tab in ("home", "about"):
        demo_window.visit(page, f"as/ana/app-{app}?tab={tab}")
        found[tab] = looked_at(page, axe)
    assert {where: what for where, what in found.items() if what} == {}


def test_keyboard_alone(demo: Demo, demo_window: Windows) -> None:
    """Become somebody, vote, read the receipt and go on, without a pointer: the focus goes into
    the modal, stays there, is not lost when the modal changes, and comes back."""
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
    expect(receipt.get_by_role("heading", name="Ballot recorded")).to_be_focused()
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


def test_a_pressed_button_keeps_the_focus(demo: Demo, demo_window: Windows) -> None:
    """A modal that a button opened gives the focus back to that button."""
    page = demo_window("kim", "team")
    details = page.locator("#messages").get_by_role("button", name="Details").last
    details.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Nomination")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(details).to_be_focused()


def test_nothing_is_wider_than_the_window(demo_window: Windows) -> None:
    """No scrolling of the window itself, and the composer is in sight, at any width; where there
    is little room the tour's text and the conversations begin folded."""
    page = demo_window("ana", "team", width=390)
    expect(page.locator("#tour .text")).to_be_hidden()
    expect(page.locator("#h-channels")).to_be_hidden()
    page.locator("#tour summary").click()
    expect(page.locator("#tour .text")).to_be_visible()
    for width in (390, 700, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(FITS, arg=width)
        expect(page.locator("#line")).to_be_in_viewport()
    page.get_by_role("button", name="Under the hood").first.click()
    expect(page.locator("#hood")).to_be_visible()
    for width in (390, 700, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(FITS, arg=width)
