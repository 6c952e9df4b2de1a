"""Who belongs where, when a checklist is done, and what differs (R6)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.access.rules import (
    BY_HAND,
    GITHUB,
    MAILING_LIST,
    Difference,
    Doing,
    ItemState,
    Listed,
    Task,
    What,
    channel_differences,
    github_differences,
    is_complete,
    led_to,
    may_stay,
    next_weekly,
    tasks,
    unlinked,
)
from psrt_bot.membership.permissions import Role

M, A, S, R, E = (
    Role.MEMBER,
    Role.ADMIN,
    Role.STEERING_COUNCIL,
    Role.RELEASE_MANAGER,
    Role.EMERITUS,
)
ROOMS = [(M, "CTEAM"), (M, "CSIDE"), (A, "CADMIN"), (S, "CCOUNCIL")]
ROLES = st.frozensets(st.sampled_from(Role))


def places(found: list[Task], doing: Doing) -> list[str]:
    return [task.place for task in found if task.doing is doing]


def test_a_new_member_is_added_everywhere() -> None:
    """The GitHub team and the list by hand, each channel of members by the bot."""
    found = tasks({M}, set(), {M}, ROOMS)
    assert places(found, Doing.ADD) == [GITHUB, MAILING_LIST, "CTEAM", "CSIDE"]
    assert places(found, Doing.REMOVE) == []


def test_who_leaves_is_taken_from_everywhere_but_where_a_role_leads() -> None:
    """An admin leaves the admins' channel too; a council member keeps the council's."""
    found = tasks({E}, {M, A}, {E, S}, ROOMS)
    assert places(found, Doing.REMOVE) == [GITHUB, MAILING_LIST, "CTEAM", "CSIDE", "CADMIN"]
    assert places(found, Doing.ADD) == []


def test_one_channel_for_two_roles() -> None:
    """Nobody is taken from a channel to which another of their roles leads, or begins to lead."""
    rooms = [(M, "CBOTH"), (A, "CBOTH")]
    assert tasks(set(), {A}, {M}, rooms) == []
    assert tasks({M}, {A}, {M}, rooms)[-1] == Task("CBOTH", Doing.ADD)
    both = tasks(set(), {M, A}, set(), rooms)
    assert places(both, Doing.REMOVE) == [*BY_HAND, "CBOTH"]


@given(ROLES, ROLES, ROLES)
def test_each_place_once_and_never_against_a_role(
    began: frozenset[Role], ended: frozenset[Role], others: frozenset[Role]
) -> None:
    """Whatever begins and ends at once: one row a place, and none that works against a role."""
    held = (others | began) - (ended - began)
    found = tasks(began, ended - held, held, ROOMS)
    assert len({task.place for task in found}) == len(found)
    assert not {*places(found, Doing.REMOVE)} & led_to(held, ROOMS)
    assert {*places(found, Doing.ADD)} - {*BY_HAND} <= led_to(held, ROOMS)


@given(st.lists(st.sampled_from(ItemState)))
def test_a_checklist_is_done_when_every_row_is(states: list[ItemState]) -> None:
    """One row that is open or under way keeps it open; without a row nothing is done."""
    done = bool(states) and {*states} == {ItemState.DONE}
    assert is_complete(states) is done


@given(st.integers(0, 4 * 365 * 86_400))
def test_weekly_is_the_next_monday_morning(seconds: int) -> None:
    """Always later, by a week at most, on a Monday at 09:00 UTC."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    at = next_weekly(now)
    assert timedelta(0) < at - now <= timedelta(days=7)
    assert (at.weekday(), at.hour, at.minute, at.second, at.microsecond) == (0, 9, 0, 0, 0)


@pytest.mark.parametrize(
    ("roles", "ways_in", "expected"),
    [
        (set(), {M}, False),
        ({E}, {M}, False),
        ({R}, {M}, True),
        ({S, E}, {M}, True),
        ({M}, {A}, False),
        ({A}, {A}, True),
        ({A}, {S}, True),
        ({M}, {S}, False),
        ({S}, {S}, True),
    ],
)
def test_who_is_no_stranger(roles: set[Role], ways_in: set[Role], expected: bool) -> None:
    """Members' channels bear any role of the present, the council's admins, the admins' nobody."""
    assert may_stay(roles, ways_in) is expected


def one(name: str, *roles: Role, user: str | None = "", github: str = "-") -> Listed:
    return Listed(
        person_id=f"P{name}",
        name=name,
        github=name if github == "-" else github,
        user=f"U{name}" if user == "" else user,
        roles=frozenset(roles),
    )


def test_channels_compared() -> None:
    """Missing first, then strangers, unknown and known; who has no account cannot be looked for."""
    listed = [one("ana", M, A), one("ben", M), one("zoe", E), one("lou", M, user=None)]
    inside = {
        "CTEAM": {"Uana": "Ana", "Uzoe": "Zoe in Slack", "Uxyz": "Xyz"},
        "CADMIN": {"Uben": "Ben"},
    }
    assert channel_differences(listed, ROOMS, inside) == [
        Difference(What.MISSING, "CTEAM", "Uben", "ben", "Pben"),
        Difference(What.STRANGER, "CTEAM", "Uzoe", "zoe", "Pzoe"),
        Difference(What.STRANGER, "CTEAM", "Uxyz", "Xyz"),
        Difference(What.MISSING, "CADMIN", "Uana", "ana", "Pana"),
        Difference(What.STRANGER, "CADMIN", "Uben", "ben", "Pben"),
    ]
    gone = one("gus", E, user=None)
    assert unlinked([*listed, gone]) == [listed[3]]


def test_the_github_team_compared() -> None:
    """Case does not count; former members and unknown names are strangers, the nameless unknown."""
    listed = [
        one("ana", M, github="Ana"),
        one("ben", M),
        one("zoe", E),
        one("sue", S),
        one("lou", M, github=""),
        one("gus", E, github=""),
    ]
    assert github_differences(listed, ["aNa", "zoe", "xyz"]) == [
        Difference(What.MISSING, GITHUB, "ben", "ben", "Pben"),
        Difference(What.STRANGER, GITHUB, "xyz", "xyz"),
        Difference(What.STRANGER, GITHUB, "zoe", "zoe", "Pzoe"),
        Difference(What.UNKNOWN_THERE, GITHUB, "", "lou", "Plou"),
    ]
    assert github_differences(listed[:2], ["ana", "BEN"]) == []
