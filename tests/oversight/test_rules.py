"""Which refusals are counted, and the days and months by which it is told."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.membership.permissions import Permission
from psrt_bot.oversight.rules import SECRET, counts, day_of, end_of, next_month

MOMENTS = st.integers(0, 20 * 365 * 86400 * 10**6).map(
    lambda passed: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=passed)
)


@pytest.mark.parametrize("permission", Permission)
def test_only_what_is_said_at_the_urn_is_not_counted(permission: Permission) -> None:
    """Want of a role is always counted; at the urn nothing else is: it would tell of an elector."""
    assert counts(permission, for_want_of_role=True)
    assert counts(permission, for_want_of_role=False) == (permission not in SECRET)
    assert Permission.VOTING_VOTE in SECRET


@given(MOMENTS)
def test_a_moment_lies_in_its_day(moment: datetime) -> None:
    """A day ends after every moment of it, within 24 hours, and the next one is another day."""
    end = end_of(day_of(moment))
    assert timedelta(0) < end - moment <= timedelta(days=1)
    assert day_of(end) != day_of(moment) == day_of(end - timedelta(microseconds=1))


def test_days_are_those_of_utc() -> None:
    """Half past midnight in Berlin is still the day before."""
    berlin = timezone(timedelta(hours=1))
    assert day_of(datetime(2026, 3, 2, 0, 30, tzinfo=berlin)) == "2026-03-01"
    with pytest.raises(ValueError, match="isoformat"):
        end_of("someday")


@given(MOMENTS)
def test_the_next_month_begins_soon_and_on_a_first(moment: datetime) -> None:
    """Always ahead, at midnight on a first, at most 31 days away."""
    begin = next_month(moment)
    assert (begin.day, begin.hour, begin.minute, begin.microsecond) == (1, 0, 0, 0)
    assert timedelta(0) < begin - moment <= timedelta(days=31)
