"""The council's arithmetic against a definition written a second time, and the small rules."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import product

import pytest

from psrt_bot.council import rules
from psrt_bot.council.rules import Answer, Count, DecisionState, Recusal

SAID = ("veto", "fine", "abstain", None)
IN_CODE = {"veto": Answer.VETO, "fine": Answer.NO_OBJECTION, "abstain": Answer.ABSTAIN, None: None}
COUNCILS = range(8)
Members = tuple[str | None, ...]

V, O = DecisionState.VETOED, DecisionState.CONFIRMED  # noqa: E741


def outvoted(council: Members) -> bool:
    """PEP 13 in other words: more than half of those who do not abstain say veto.

    Who says nothing has not abstained.
    """
    deciding = [said for said in council if said != "abstain"]
    return bool(deciding) and Fraction(deciding.count("veto"), len(deciding)) > Fraction(1, 2)


@cache
def futures(council: Members) -> frozenset[bool]:
    """Whether it ends in a veto, for everything that the silent may still say, or not say."""
    if None not in council:
        return frozenset({outvoted(council)})
    at = council.index(None)
    kept_silent = frozenset({outvoted(council)})
    spoken = [futures(_sorted((*council[:at], said, *council[at + 1 :]))) for said in SAID[:3]]
    return kept_silent.union(*spoken)


def _sorted(council: Members) -> Members:
    return tuple(sorted(council, key=str))


def everything(size: int) -> list[Members]:
    """Every way in which a council of this size can have answered."""
    return list(product(SAID, repeat=size))


@pytest.mark.parametrize("size", COUNCILS)
def test_every_outcome_at_the_end(size: int) -> None:
    """Councils of 0 to 7, every answer of every member: a veto is a strict majority, else none."""
    for council in everything(size):
        count = Count.of(IN_CODE[said] for said in council)
        expected = None if size == 0 else V if outvoted(council) else O
        assert rules.verdict_at_end(count) is expected, council


@pytest.mark.parametrize("size", COUNCILS)
def test_every_early_decision_is_one_that_nothing_could_change(size: int) -> None:
    """A decision comes early exactly when all futures agree: never too soon, never too late."""
    for council in everything(size):
        count = Count.of(IN_CODE[said] for said in council)
        ahead = futures(_sorted(council))
        expected = None if size == 0 or len(ahead) > 1 else V if True in ahead else O
        assert rules.early_verdict(count) is expected, council


@pytest.mark.parametrize("size", COUNCILS)
def test_the_inequalities_of_the_plan_to_the_letter(size: int) -> None:
    """R4 as it is written, number by number, for every split of a council."""
    splits = {tuple(sorted(Counter(c).items(), key=str)) for c in everything(size)}
    for split in splits:
        said: dict[str | None, int] = dict(split)
        veto, fine, pending = said.get("veto", 0), said.get("fine", 0), said.get(None, 0)
        count = Count(veto, fine, said.get("abstain", 0), pending)
        assert rules.vetoed_at_end(count) is (2 * veto > veto + fine + pending)
        early = rules.early_verdict(count)
        assert (early is V) is (size > 0 and veto > fine + pending)
        assert (early is O) is (size > 0 and veto + pending <= fine)


@pytest.mark.parametrize(
    ("veto", "fine", "abstain", "silent", "early", "end"),
    [
        (3, 0, 0, 2, V, V),
        (2, 0, 0, 3, None, O),  # the silent stay in the denominator
        (2, 1, 2, 0, V, V),  # explicit abstainers leave it
        (2, 2, 1, 0, O, O),  # a tie is no majority
        (0, 3, 0, 2, O, O),
        (0, 2, 0, 3, None, O),
        (0, 0, 5, 0, O, O),  # everybody abstained: nobody vetoed
        (1, 0, 4, 0, V, V),  # one who decides is a majority of one
        (0, 0, 0, 5, None, O),  # silence is no veto
        (0, 0, 0, 0, None, None),  # nobody to decide: an admin records it
    ],
)
def test_examples_by_hand(
    veto: int,
    fine: int,
    abstain: int,
    silent: int,
    early: DecisionState | None,
    end: DecisionState | None,
) -> None:
    """Ten splits whose outcome was worked out on paper."""
    count = Count(veto, fine, abstain, silent)
    assert rules.early_verdict(count) is early
    assert rules.verdict_at_end(count) is end


ARROWS = {
    ("awaiting_notice", "open"),
    ("awaiting_notice", "ended"),
    ("open", "confirmed"),
    ("open", "vetoed"),
    ("open", "ended"),
}


def test_the_machine_written_out_a_second_time() -> None:
    """Only these arrows; what has none is over."""
    arrows = {(a.value, b.value) for a, steps in rules.TRANSITIONS.items() for b in steps}
    assert arrows == ARROWS
    assert set(rules.TRANSITIONS) == set(DecisionState)
    running = {state.value for state in DecisionState if rules.is_running(state)}
    assert running == {a for a, _ in ARROWS}


START = datetime(2026, 3, 9, 10, tzinfo=UTC)
WEEK, DAY = timedelta(days=7), timedelta(days=1)


@pytest.mark.parametrize(
    ("gaps", "longer"),
    [
        ([], timedelta()),
        ([(1, 2)], timedelta()),  # a day of a week is borne
        ([(1, 2), (3, 3.5)], 1.5 * DAY),
        ([(3, 3.5), (1, 2)], 1.5 * DAY),  # in any order
        ([(-3, 2)], 2 * DAY),  # what lies before the window does not count
        ([(-3, 0)], timedelta()),
        ([(2, 9)], 7 * DAY),  # away over its end: as much is left as was left then
        ([(2, 9), (13, 15)], 9 * DAY),  # and again, within what was added
        ([(2, 9), (14, 15)], 7 * DAY),  # after its end nobody waited any more
        ([(7, 20)], timedelta()),
    ],
)
def test_a_window_is_as_long_as_the_bot_was_there(
    gaps: list[tuple[float, float]], longer: timedelta
) -> None:
    """More than a seventh away is added to the end; less is not."""
    away = [(START + a * DAY, START + b * DAY) for a, b in gaps]
    assert rules.window_end(START, WEEK, away) == START + WEEK + longer


def test_a_reminder_comes_a_day_before_the_end_if_there_is_a_day() -> None:
    """A window of a day or less has no reminder."""
    assert rules.reminder_at(START, START + WEEK) == START + 6 * DAY
    assert rules.reminder_at(START, START + DAY) is None
    assert rules.reminder_at(START, START + DAY / 2) is None


def test_terms_begin_each_january() -> None:
    """The next one lies ahead, also on the day itself, and one follows another a year later."""
    tenth = datetime(2026, 1, 10, 9, tzinfo=UTC)
    assert rules.next_term(tenth - DAY) == tenth
    assert rules.next_term(tenth) == tenth.replace(year=2027)
    assert rules.next_term(datetime(2026, 12, 31, 23, tzinfo=UTC)) == tenth.replace(year=2027)


def test_who_is_recused_is_known_by_person_or_by_slack_user() -> None:
    """Either is enough, neither is nobody, and what hides a decision goes before the rest."""
    nominee = Recusal("the nominee", slack_user_id="UNIA", blind=True)
    nominator = Recusal("the nominator", person_id="p-ana")
    both = (nominator, nominee)
    assert rules.recused(both, "p-ana", None) is nominator
    assert rules.recused(both, "p-nia", "UNIA") is nominee
    assert rules.recused(both, "p-ana", "UNIA") is nominee
    assert rules.recused(both, "p-cat", "UCAT") is None
    assert rules.recused(both, None, None) is None


def test_only_a_veto_needs_a_reason_and_none_may_be_too_long() -> None:
    """A dot is no reason; other answers may go without."""
    assert rules.reason_problem(Answer.VETO, " . ") == rules.NEEDS_REASON
    assert rules.reason_problem(Answer.VETO, "They leaked.") is None
    assert rules.reason_problem(Answer.NO_OBJECTION, "") is None
    assert rules.reason_problem(Answer.ABSTAIN, "x" * rules.LONGEST_TEXT) is None
    assert "3001 characters" in str(rules.reason_problem(Answer.VETO, "x" * 3001))


def test_what_is_recorded_can_be_found_again() -> None:
    """A line says something and is not a letter; the day it came is a day, and has come."""
    assert rules.line_problem("mail of 3 March") is None
    assert "fill this in" in str(rules.line_problem(" x "))
    assert "200" in str(rules.line_problem("x" * 201))
    assert rules.parse_date("2026-03-09") == date(2026, 3, 9)
    assert rules.parse_date("yesterday") is None
    assert rules.received_problem(None, START) is not None
    assert rules.received_problem(date(2026, 3, 9), START) is None
    assert rules.received_problem(date(2026, 3, 10), START) is None  # it is in Kiribati
    assert rules.received_problem(date(2026, 3, 11), START) is not None


def test_every_answer_has_words_and_the_council_as_a_whole_cannot_abstain() -> None:
    """Words for all; a verdict for what ends a decision."""
    assert set(rules.ANSWER_WORDS) == set(Answer)
    assert rules.VERDICTS == {Answer.VETO: V, Answer.NO_OBJECTION: O}
