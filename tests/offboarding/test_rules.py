"""What the end of a membership takes and leaves (R5, R6)."""

from itertools import chain, combinations

import pytest

from psrt_bot.membership.rules import Role, note_roles
from psrt_bot.offboarding.rules import MAX_REASON, departure, end_reason_problem

EVERY_SET = list(chain.from_iterable(combinations(Role, n) for n in range(len(Role) + 1)))


@pytest.mark.parametrize("held", EVERY_SET)
def test_member_and_admin_end_and_all_else_is_kept(held: tuple[Role, ...]) -> None:
    """Of every combination of roles: nothing is lost but those two, and nothing is invented."""
    leaving = departure(held, "")
    assert set(leaving.ended) == set(held) & {Role.MEMBER, Role.ADMIN}
    assert set(leaving.kept) == set(held) - {Role.MEMBER, Role.ADMIN}
    assert Role.MEMBER not in leaving.ended[1:], "the membership is told of first"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("Admin", ""),
        ("Release Manager", "Release Manager"),
        ("Admin, Release Manager", "Release Manager"),
        ("Release Manager,Admin", "Release Manager"),
        ("on leave,  Admin, Release Manager", "on leave, Release Manager"),
        ("Administrator of coffee", "Administrator of coffee"),
    ],
)
def test_notes_lose_admin_alone(before: str, after: str) -> None:
    """Release Manager and unknown notes stay (R5)."""
    leaving = departure([Role.MEMBER], before)
    assert leaving.notes.replace("  ", " ") == after
    assert Role.ADMIN not in note_roles(leaving.notes)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("They asked to leave.", None),
        ("Two\nlines", None),
        ("x" * MAX_REASON, None),
        ("", "Please say why"),
        (" \n", "Please say why"),
        ("x" * (MAX_REASON + 1), "shorten it"),
        ("tricky \u202e text", "U+202E"),
    ],
)
def test_a_reason_is_asked_for(text: str, problem: str | None) -> None:
    """A reason is required, may have several lines, and hides nothing invisible."""
    found = end_reason_problem(text)
    assert found is None if problem is None else problem in (found or "")
