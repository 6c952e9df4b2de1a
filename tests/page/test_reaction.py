"""How long people wait after a click: measured in the browser and reported, not asserted."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import Windows
from tests.page.conftest import Demo
from tests.page.test_main_job import card

MEASURE = """
([click, shown]) => new Promise((resolve) => {
  const target = document.querySelector(click);
  const begun = performance.now();
  const look = () => document.querySelector(shown)
    ? requestAnimationFrame(() => resolve(performance.now() - begun))
    : setTimeout(look, 1);
  target.click();
  look();
})
"""
ROUNDS = 7


def test_reaction(
    demo: Demo,
    demo_window: Windows,
    record_testsuite_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The median time from a click to what it shows, by kind of click, goes into the report. (Held
    here: that each click shows something at all.)"""
    page = demo_window("ana", "team")
    times: dict[str, list[float]] = {}
    details = page.locator("#messages .row").filter(has_text="Nomination: Nia Novak")
    button = details.get_by_role("button", name="Details").get_attribute("id")
    for _ in range(ROUNDS):
        for kind, click, shown in (
            ("person", "#person-ben a", "#app[data-me=ben]"),
            ("back", "#person-ana a", "#app[data-me=ana]"),
            ("modal", f"#{button}", "dialog[open]"),
            ("close", "#view-close", "#app:not(:has(dialog))"),
            ("hood", "#hood-toggle", "#hood"),
            ("unhood", "#hood-toggle", "#app:not(:has(#hood))"),
        ):
            took = page.evaluate(MEASURE, [click, shown])
            times.setdefault(kind, []).append(took)
            settle(page)
    expect(card(page, "Nia Novak")).to_be_visible()
    every = [t for several in times.values() for t in several]
    parts = ", ".join(f"{kind} {statistics.median(t):.0f}" for kind, t in times.items())
    with capsys.disabled():
        median = f"{statistics.median(every):.0f} ms"
        sys.stdout.write(f"\nreaction to a click, median: {median} ({parts})\n")
    record_testsuite_property("reaction_median_ms", round(statistics.median(every)))


def settle(page: Page) -> None:
    """Let what is under way come to rest."""
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.wait_for_timeout(60)
