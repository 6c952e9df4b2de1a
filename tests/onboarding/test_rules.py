"""The words of onboarding and what is decided without asking anybody (R7, R11)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from psrt_bot.onboarding.rules import (
    PROMISES,
    STATE_WORDS,
    TRANSITIONS,
    Due,
    OnboardingState,
    Step,
    Ticker,
    is_running,
    may_become,
    may_tick,
    next_week,
    reminder_moments,
    same_address,
    tally,
    unticked,
)
from psrt_bot.runtime.blocks import OPTION_LIMIT, SECTION_LIMIT

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = {promise.name for promise in PROMISES}


def test_nothing_leads_out_of_an_end() -> None:
    """Done, declined and ended are for good; whoever is asked again begins anew."""
    ends = {state for state in OnboardingState if not is_running(state)}
    assert ends == {OnboardingState.DONE, OnboardingState.DECLINED, OnboardingState.ENDED}
    assert set(TRANSITIONS) == set(STATE_WORDS) == set(OnboardingState)
    assert may_become(OnboardingState.ASKED, OnboardingState.CHECKLIST)
    assert not may_become(OnboardingState.OUTSIDE, OnboardingState.CHECKLIST)


def test_only_an_acceptance_leads_to_the_checklist() -> None:
    """Nobody is a member who was not asked."""
    before = {s for s in OnboardingState if OnboardingState.CHECKLIST in TRANSITIONS[s]}
    assert before == {OnboardingState.ASKED}


def test_every_promise_is_needed_by_itself() -> None:
    """Whatever is left out is named at its own box; with all nothing is wrong (R7)."""
    assert unticked(ALL) == {}
    assert set(unticked(())) == ALL
    for name in ALL:
        assert set(unticked(ALL - {name})) == {name}
    assert set(unticked({"made-up"})) == ALL


def test_the_embargo_is_told_in_full() -> None:
    """Sharing and acting, colleagues and patches, and that it does not end with membership (R7)."""
    (embargo,) = (promise for promise in PROMISES if promise.name == "embargo")
    for word in ("neither share", "nor act", "colleagues", "patch", "advisory", "leave the team"):
        assert word in embargo.text
    together = " ".join(promise.text for promise in PROMISES)
    for word in ("90 days", "core team", "hand", "CVSS v4.0", "Code of Conduct"):
        assert word in together


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_a_promise_fits_into_slacks_blocks(promise: object) -> None:
    """What would be cut off could not be agreed to."""
    assert len(promise.tick) <= OPTION_LIMIT  # type: ignore[attr-defined]
    assert len(promise.title + promise.text) < SECTION_LIMIT  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Uma@Mail.example", " uma@mail.EXAMPLE ", True),
        ("uma@mail.example", "uma@mail.example.org", False),
        (None, None, False),
        ("", "", False),
        ("uma@mail.example", None, False),
    ],
)
def test_addresses_compare_as_people_write_them(
    one: str | None, other: str | None, same: bool
) -> None:
    """Case and spaces around do not count; two absent ones are nobody's."""
    assert same_address(one, other) is same


def test_who_ticks_what() -> None:
    """The newcomer their own alone, whatever else they are; an admin a mentor's as well."""
    for mentor, admin in product((True, False), repeat=2):
        own = {w for w in Ticker if may_tick(w, newcomer=True, mentor=mentor, admin=admin)}
        assert own == {Ticker.NEWCOMER}

    def others(*, mentor: bool, admin: bool) -> set[Ticker]:
        return {w for w in Ticker if may_tick(w, newcomer=False, mentor=mentor, admin=admin)}

    assert others(mentor=True, admin=False) == {Ticker.MENTOR}
    assert others(mentor=False, admin=True) == {Ticker.MENTOR, Ticker.ADMIN}
    assert others(mentor=False, admin=False) == set()


def step(due: int | None, remind: int | None = None) -> Step:
    """A step that is due so many days after the acceptance."""
    return Step(
        "k", "t", "x", Ticker.NEWCOMER,
        due=None if due is None else due * DAY,
        remind=None if remind is None else remind * DAY,
    )  # fmt: skip


def test_reminders_come_before_and_when_it_is_due_and_each_moment_once() -> None:
    """Steps of the same day make one moment; a step without a date makes none."""
    steps = [step(7, 3), step(4), step(None), step(7)]
    assert reminder_moments(steps, NOW, Ticker.NEWCOMER) == [NOW + 4 * DAY, NOW + 7 * DAY]
    assert reminder_moments(steps, NOW, Ticker.ADMIN) == []


def test_what_is_late_is_asked_for_once_a_week() -> None:
    """Whichever day it is asked on: the next whole week after the acceptance, never now."""
    assert next_week(NOW, NOW) == NOW + 7 * DAY
    assert next_week(NOW, NOW + 5 * DAY) == NOW + 7 * DAY
    assert next_week(NOW, NOW + 7 * DAY) == NOW + 14 * DAY
    assert next_week(NOW, NOW + 20 * DAY) == NOW + 21 * DAY


def test_late_is_what_was_not_ticked_in_time() -> None:
    """From the very moment on; a ticked step is never late, and one without a date neither."""
    due = Due(Ticker.ADMIN, False, NOW + DAY, NOW)
    assert due.needs_word(NOW)
    assert not due.is_late(NOW)
    assert due.is_late(NOW + DAY)
    ticked = Due(Ticker.ADMIN, True, NOW, NOW)
    assert not ticked.is_late(NOW)
    assert not ticked.needs_word(NOW)
    never = Due(Ticker.ADMIN, False, None, None)
    assert not never.is_late(NOW)
    assert not never.needs_word(NOW)
    assert tally([due, ticked, never]) == (1, 3)
