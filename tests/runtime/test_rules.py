"""The pure decisions of delivery and time."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psrt_bot.runtime.rules import (
    ALIVE_WITHIN,
    LONGEST_DELAY,
    Absent,
    FieldProblems,
    NotAllowed,
    RuleError,
    absence,
    next_waking,
    retry_delay,
)
from tests.conftest import START


@cache
def zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones() - {"localtime"}))


MOMENTS = st.datetimes(
    datetime(1975, 1, 1),  # noqa: DTZ001 -- Hypothesis wants naive bounds
    datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def awake(moment: datetime, zone: ZoneInfo) -> bool:
    return time(9) <= moment.astimezone(zone).time() < time(18)


@settings(max_examples=500)
@given(now=MOMENTS, name=st.sampled_from(zones()))
@example(datetime(2011, 12, 30, 8, tzinfo=UTC), "Pacific/Apia")  # the next local day was left out
@example(datetime(1993, 8, 21, 0, tzinfo=UTC), "Pacific/Kwajalein")  # so was this one
@example(datetime(2026, 3, 28, 22, tzinfo=UTC), "Europe/Berlin")  # a night of 23 hours
@example(datetime(2026, 10, 24, 22, tzinfo=UTC), "Europe/Berlin")  # and one of 25
@example(datetime(2026, 10, 3, 10, tzinfo=UTC), "Australia/Lord_Howe")  # half an hour of DST
def test_waking_hours(now: datetime, name: str) -> None:
    """In every zone and across every change of its clock: awake, not before now, and the first."""
    zone = ZoneInfo(name)
    found = next_waking(now, zone)
    assert awake(found, zone)
    assert now <= found <= now + timedelta(hours=15 + 24 + 1)
    if awake(now, zone):
        assert found == now
    quarter = timedelta(minutes=15)
    earlier = now
    while earlier < found:
        assert not awake(earlier, zone)
        earlier += quarter
    assert not awake(max(now, found - timedelta(microseconds=1)), zone) or found == now


@pytest.mark.parametrize(
    ("local", "days", "first"),
    [
        (time(8, 59, 59), 0, time(9)),
        (time(9), 0, time(9)),
        (time(17, 59), 0, time(17, 59)),
        (time(18), 1, time(9)),
        (time(23, 59), 1, time(9)),
        (time(0), 0, time(9)),
    ],
)
def test_the_edges_of_the_day(local: time, days: int, first: time) -> None:
    """09:00 is awake, 18:00 is not: then the next morning's is the first."""
    zone = ZoneInfo("Europe/Berlin")
    now = datetime.combine(START.date(), local, zone).astimezone(UTC)
    day = START.date() + timedelta(days=days)
    assert next_waking(now, zone) == datetime.combine(day, first, zone)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_delays_double_up_to_a_limit(attempts: int, jitter: float) -> None:
    """A delay lies between half of its step and all of it; steps double, and stop growing."""
    step = min(timedelta(seconds=2) * 2 ** min(attempts - 1, 20), LONGEST_DELAY)
    assert step / 2 <= retry_delay(attempts, jitter) <= step
    assert retry_delay(attempts, jitter) <= retry_delay(attempts + 1, jitter)


@given(st.timedeltas(timedelta(days=-1), timedelta(days=30)))
def test_absence(gap: timedelta) -> None:
    """A gap between two beats is an absence as soon as it is longer than a slow restart."""
    found = absence(START, START + gap)
    assert found == (Absent(START, START + gap) if gap > ALIVE_WITHIN else None)


def test_field_problems_say_all() -> None:
    """The problems of a form are kept by field, and the text names every one."""
    problems = {"one": "too long", "two": "empty"}
    error = FieldProblems(problems)
    problems.clear()
    assert error.problems == {"one": "too long", "two": "empty"}
    assert str(error) == "too long; empty"


def test_refusals_have_one_root() -> None:
    """Whoever translates errors for people can catch one class."""
    assert issubclass(NotAllowed, RuleError)
    assert issubclass(FieldProblems, RuleError)
