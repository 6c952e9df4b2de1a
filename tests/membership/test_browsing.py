"""Whom the list of people shows, and what a modal remembers between two clicks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.membership import browsing
from psrt_bot.membership.browsing import EVERYBODY, Filter, Line, LinkState, Place, part
from psrt_bot.membership.rules import Role

LUKASZ = Line(
    "id1", "Łukasz  Öz", "lukaszoz", "Admin", frozenset({Role.MEMBER}), "U1", LinkState.GONE
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), True),
        (Filter("lukasz o"), True),
        (Filter("ŁUKASZ ö"), True),
        (Filter("@LukaszOz"), True),
        (Filter("z0"), False),
        (Filter("@"), False),
        (Filter(role=Role.ADMIN), False),
        (Filter(role=None, link=LinkState.GONE), True),
        (Filter(link=LinkState.LINKED), False),
    ],
)
def test_filter(wanted: Filter, found: bool) -> None:
    """By a part of a name without marks and case, or of the GitHub name; by role and link."""
    assert wanted.fits(LUKASZ) is found


def test_somebody_without_a_github_name_is_not_found_by_one() -> None:
    """An empty GitHub name holds nothing."""
    nobody = Line("id2", "Ana", "", "", frozenset({Role.MEMBER}), None, LinkState.NONE)
    assert not Filter("@x").fits(nobody)


@given(st.text(max_size=browsing.MAX_TEXT), st.sampled_from([*Role, None]), st.integers())
def test_a_place_comes_back(text: str, role: Role | None, page: int) -> None:
    """What a modal remembers is read as it was written."""
    chosen = Filter.of(text, role or EVERYBODY, LinkState.NONE)
    place = Place(chosen, page, "someone", "0123")
    assert Place.read(place.written()) == place
    assert place.of("else") == Place(chosen, page, "else", "")


@given(st.one_of(st.text(), st.recursive(st.none() | st.booleans(), st.lists).map(str)))
def test_what_cannot_be_read_is_the_beginning(metadata: str) -> None:
    """Whatever a client sends: a place comes of it, with a filter that there is."""
    assert isinstance(Place.read(metadata), Place)


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "1",
        "null",
        "{}",
        '["a"]',
        '["", "member", "", true, "x", ""]',
        '["", "member", "", 0, 1, ""]',
        "[" * 100_000,
    ],
)
def test_forged_metadata(metadata: str) -> None:
    """Another shape is as if nothing were remembered; a role that there is not, a member."""
    assert Place.read(metadata) == Place()
    assert Filter.of("x" * 500, "no-role", "no-link") == Filter("x" * browsing.MAX_TEXT)


@pytest.mark.parametrize(
    ("count", "page", "expected"),
    [
        (0, 0, (0, 1)),
        (20, 5, (0, 1)),
        (21, 1, (1, 2)),
        (60, -3, (0, 3)),
        (61, 10**30, (3, 4)),
    ],
)
def test_pages(count: int, page: int, expected: tuple[int, int]) -> None:
    """There is always a page, and a page that is asked for and is not there is the nearest."""
    assert part(count, page, browsing.PER_PAGE) == expected
