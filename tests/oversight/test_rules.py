"""Which refusals are counted, and the days and months by which it is told."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.membership.permissions import Permission
from psrt_bot.oversight.rules import (
    LONGEST_PERSON,
    SECRET,
    Stranger,
    Wanted,
    counts,
    day_of,
    end_of,
    next_month,
    what_they_are,
)

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


TYPED = st.text(max_size=LONGEST_PERSON)
NUMBERS = st.none() | st.integers(1, 2**31 - 1)
WANTED = st.builds(
    Wanted, person=TYPED, process=TYPED, since=TYPED, until=TYPED, before=NUMBERS, after=NUMBERS
)
LONGEST_VALUE = 2000  # characters of a button's value, Slack says


@given(WANTED)
def test_what_is_wanted_survives_a_button(wanted: Wanted) -> None:
    """Packed and unpacked it is the same, whatever was typed."""
    assert Wanted.unpacked(wanted.packed()) == wanted


def test_a_button_has_room_for_it() -> None:
    """The longest person there can be fits into a button's value, in any script."""
    wanted = Wanted(
        "\U0001f40d" * LONGEST_PERSON, "nominations", "2026-03-02", "2026-03-02", 2**31 - 1
    )
    assert len(wanted.packed()) <= LONGEST_VALUE


@pytest.mark.parametrize(
    "value",
    ["", "{", "[]", "1", '{"person": 1, "before": true, "after": "x"}', '{"before": -1}'],
)
def test_a_forged_button_means_everything(value: str) -> None:
    """What is none of ours asks for the newest page, and raises nothing."""
    assert Wanted.unpacked(value) == Wanted()


def test_days_are_checked() -> None:
    """A day that is none, and an end before its beginning, are named."""
    assert Wanted(since="2026-03-02", until="2026-03-02").problems() == {}
    assert set(Wanted(since="soon", until="9999-12-31").problems()) == {"since"}
    assert set(Wanted(until="later").problems()) == {"until"}
    assert set(Wanted(since="2026-03-02", until="2026-03-01").problems()) == {"until"}


NOBODY = {"deleted": False, "bot": False, "foreign": False, "guest": False}


@pytest.mark.parametrize(
    ("flags", "stranger"),
    [
        ({"deleted": True, "bot": True}, None),
        ({"bot": True, "foreign": True}, Stranger.APP),
        ({"foreign": True, "guest": True}, Stranger.FOREIGN),
        ({"guest": True}, Stranger.GUEST),
        ({}, Stranger.NOBODY),
    ],
)
def test_what_a_stranger_is(flags: dict[str, bool], stranger: Stranger | None) -> None:
    """Who cannot read is none; of several words the most telling is said."""
    assert what_they_are(**{**NOBODY, **flags}) is stranger
