"""How long people wait after a click: measured in the browser, and reported."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser import Windows, rest
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
ROUNDS = 4
AIM = 150  # milliseconds; reported, not asserted: machines are busy with other things


def measured(page: Page, details: str) -> dict[str, list[float]]:
    """The milliseconds from click to effect, by kind of click."""
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for kind, click, shown in (
            ("person", "#person-ben a", "#app[data-me=ben]"),
            ("back", "#person-ana a", "#app[data-me=ana]"),
            ("modal", f"#{details}", "dialog[open]"),
            ("close", "#view-close", "#app:not(:has(dialog))"),
            ("hood", "#hood-toggle", "#hood"),
            ("unhood", "#hood-toggle", "#app:not(:has(#hood))"),
        ):
            times.setdefault(kind, []).append(page.evaluate(MEASURE, [click, shown]))
            rest(page)
    return times


def test_reaction(
    demo: Demo,
    demo_window: Windows,
    record_testsuite_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every kind of click has its effect; the report has the median of each and of all."""
    page = demo_window("ana", "team")
    details = card(page, "Nia Novak").get_by_role("button", name="Details").get_attribute("id")
    assert details
    times = measured(page, details)
    median = statistics.median(t for several in times.values() for t in several)
    kinds = ", ".join(f"{kind} {statistics.median(t):.0f}" for kind, t in times.items())
    expect(card(page, "Nia Novak")).to_be_visible()
    with capsys.disabled():
        sys.stdout.write(f"\nreaction to a click, median (aim: {AIM}): {median:.0f} ms ({kinds})\n")
    record_testsuite_property("reaction_median_ms", round(median))
    assert {kind: len(several) for kind, several in times.items()} == dict.fromkeys(times, ROUNDS)
