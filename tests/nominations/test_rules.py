"""The pure decisions of nominations, over every state there is."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.nominations import rules
from psrt_bot.nominations.rules import NominationState as S
from psrt_bot.nominations.rules import Nominee, Standing

ARROWS = {
    (S.WAITING, S.VOTING),
    (S.WAITING, S.WITHDRAWN),
    (S.WAITING, S.CANCELLED),
    (S.VOTING, S.UNCOUNTED),
    (S.VOTING, S.AWAITING_NOTICE),
    (S.VOTING, S.NOT_PASSED),
    (S.VOTING, S.WITHDRAWN),
    (S.VOTING, S.CANCELLED),
    (S.UNCOUNTED, S.WAITING),
    (S.UNCOUNTED, S.VOTING),
    (S.UNCOUNTED, S.WITHDRAWN),
    (S.UNCOUNTED, S.CANCELLED),
    (S.AWAITING_NOTICE, S.COUNCIL),
    (S.COUNCIL, S.CONFIRMED),
    (S.COUNCIL, S.VETOED),
    (S.COUNCIL, S.WITHDRAWN),
    (S.COUNCIL, S.CANCELLED),
    (S.AWAITING_NOTICE, S.WITHDRAWN),
    (S.AWAITING_NOTICE, S.CANCELLED),
}


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_only_the_arrows_drawn_here_are_possible(before: S, after: S) -> None:
    """The machine, written out a second time: every pair of states is allowed or not."""
    assert rules.may_become(before, after) is ((before, after) in ARROWS)


def test_exactly_the_ends_let_the_same_person_be_nominated_anew() -> None:
    """A nomination runs until it was decided, withdrawn or cancelled."""
    assert {state for state in S if not rules.is_running(state)} == {
        S.CONFIRMED,
        S.VETOED,
        S.NOT_PASSED,
        S.WITHDRAWN,
        S.CANCELLED,
    }


def test_from_every_running_state_the_nominator_can_withdraw_and_an_admin_cancel() -> None:
    """Nobody is held in a nomination."""
    for state in filter(rules.is_running, S):
        assert rules.may_become(state, S.WITHDRAWN)
        assert rules.may_become(state, S.CANCELLED)


def test_every_state_has_words_that_tell_no_count() -> None:
    """A phase is told to members, and by the nominator to the nominee (R12)."""
    assert set(rules.PHASES) == set(S) == set(rules.TRANSITIONS)
    for words in rules.PHASES.values():
        assert not any(letter.isdigit() for letter in words)


def test_every_standing_has_words_and_only_others_are_marked() -> None:
    """R1: the expected three are named, others are possible and marked as such."""
    assert set(rules.STANDING_WORDS) == set(Standing)
    notes = {standing: rules.standing_note(standing) for standing in Standing}
    assert notes == {
        Standing.CORE_DEVELOPER: "Core developer",
        Standing.TRIAGER: "Triager",
        Standing.PSF_STAFF: "PSF staff",
        Standing.OTHER: "Neither core developer, triager nor PSF staff",
    }


COMPLETE = {field.name: "none" for field in rules.FIELDS}
ALL = frozenset(rules.PROMISES)


def test_complete_texts_have_no_problem() -> None:
    """ "none" is an answer, at any length up to the limit."""
    assert rules.texts_problems(COMPLETE, ALL) == {}
    longest = dict.fromkeys(COMPLETE, "x" * rules.LONGEST_TEXT)
    assert rules.texts_problems(longest, ALL) == {}


@pytest.mark.parametrize("field", [field.name for field in rules.FIELDS])
@pytest.mark.parametrize(
    ("text", "says"), [("", "fill in"), ("  x ", "fill in"), ("x" * 3001, "3001 characters")]
)
def test_each_text_is_judged_at_its_own_field(field: str, text: str, says: str) -> None:
    """R13: too short and too long are told where they are, and nowhere else."""
    problems = rules.texts_problems({**COMPLETE, field: text}, ALL)
    assert set(problems) == {field}
    assert says in problems[field]


def test_a_field_that_is_not_there_is_a_field_left_empty() -> None:
    """A forged client can leave a block out."""
    assert set(rules.texts_problems({}, ALL)) == set(COMPLETE)


@pytest.mark.parametrize("promises", [frozenset(), frozenset({rules.AGREED})])
def test_promises_not_given_are_named(promises: frozenset[str]) -> None:
    """R13: both, each by its words."""
    said = rules.texts_problems(COMPLETE, promises)[rules.PROMISES_FIELD]
    for name, words in rules.PROMISES.items():
        assert (words in said) is (name not in promises)


def test_a_text_and_an_addendum_that_fit_the_rules_fit_slacks_section() -> None:
    """Texts are shown in one section each, whose limit is Slack's 3000 characters."""
    assert rules.LONGEST_TEXT <= 3000


@pytest.mark.parametrize(
    ("text", "so_far", "says"),
    [
        ("   ", 0, "Please write"),
        ("x" * 3001, 0, "3001 characters"),
        ("fine", 20, "20 addenda already"),
        ("fine", 19, None),
        (f"  {'x' * 3000}  ", 0, None),
    ],
)
def test_an_addendum_is_judged(text: str, so_far: int, says: str | None) -> None:
    """Empty, overlong, one too many, or fine; spaces around it do not count."""
    problem = rules.addendum_problem(text, so_far)
    assert (problem is None) is (says is None)
    assert (says or "") in (problem or "")


@pytest.mark.parametrize(
    ("reason", "needed", "says"),
    [
        ("", True, "Please give a reason"),
        ("x.", True, "Please give a reason"),
        ("", False, None),
        ("because", True, None),
        ("x" * 3001, True, "3000 fit"),
        ("x" * 3001, False, "3000 fit"),
    ],
)
def test_a_reason_is_judged(reason: str, needed: bool, says: str | None) -> None:
    """Admins must give one, nominators may; nobody writes a book."""
    problem = rules.reason_problem(reason, needed=needed)
    assert (problem is None) is (says is None)
    assert (says or "") in (problem or "")


def test_a_nominee_is_known_by_slack_user_else_by_email() -> None:
    """Whatever name was typed, in whatever case the address."""
    assert rules.nominee_key("U1", "a@x.org") == "slack:U1"
    assert rules.nominee_key(None, " A@X.org ") == rules.nominee_key("", "a@x.ORG")
    assert rules.nominee_key("U1", None) != rules.nominee_key("U2", None)
    with pytest.raises(ValueError, match="Slack user or has an e-mail"):
        rules.nominee_key(None, "")


OTHER = {"slack_user_id": "U9", "github": "other", "name": "Other Name"}
MEANT: list[tuple[Nominee, Mapping[str, str | None], bool]] = [
    (Nominee("U1", "nia", "Nia Novak"), OTHER, False),
    (Nominee("U1", "nia", "Nia Novak"), {**OTHER, "slack_user_id": "U1"}, True),
    (Nominee("U1", "nia", "Nia Novak"), {**OTHER, "github": "NIA"}, True),
    # Somebody of the same name is somebody else while a Slack user says who is meant.
    (Nominee("U1", "nia", "Nia Novak"), {**OTHER, "name": "Nia Novak"}, False),
    (Nominee(None, "nia", "Nia Novak"), {**OTHER, "name": "nia  NOVAK"}, True),
    (Nominee(None, "", "Nia Novak"), {**OTHER, "name": "Nia B. Novak"}, False),
    # Empty names and absent links never make two people one.
    (Nominee(None, "", "Nia Novak"), {"slack_user_id": None, "github": "", "name": "X"}, False),
]


@pytest.mark.parametrize(("nominee", "other", "expected"), MEANT)
def test_who_is_the_nominee(
    nominee: Nominee, other: Mapping[str, str | None], expected: bool
) -> None:
    """R12: known again later, by whatever says who they are; and nobody else is taken for them."""
    github, name = other["github"] or "", other["name"] or ""
    assert rules.is_meant(nominee, other["slack_user_id"], github, name) is expected


@given(st.integers(0, 60), st.integers(1, 60), st.lists(st.text(min_size=1, max_size=9)))
def test_a_vote_waits_exactly_when_there_is_a_reason(
    electors: int, minimum: int, unlinked: list[str]
) -> None:
    """DESIGN 5: below the minimum, or a member who could not vote; each reason in its words."""
    reasons = rules.go_ahead_reasons(electors, minimum, tuple(unlinked))
    assert len(reasons) == (electors < minimum) + bool(unlinked)
    assert all(any(name in reason for reason in reasons) for name in unlinked)
    assert (f"only {electors} could vote" in " ".join(reasons)) is (electors < minimum)


def test_a_statement_says_something_and_fits() -> None:
    """Nothing, a dot, or more than a field of Slack's is no statement."""
    assert rules.statement_problem("I want to help.") is None
    assert "decline" in str(rules.statement_problem(" . "))
    assert "3001 characters" in str(rules.statement_problem("x" * 3001))
