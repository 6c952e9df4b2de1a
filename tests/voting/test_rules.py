"""Claims about the pure decisions of the poll (R2, R3, DESIGN 4 and 5)."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import permutations, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.voting.rules import (
    TRANSITIONS,
    Choice,
    PollState,
    Tally,
    Threshold,
    bulletin_published,
    check_word_problem,
    electorate_hash,
    may_become,
    outage_blocks_close,
    passes,
    reminder_times,
)

OPENS = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINAL = {PollState.CLOSED, PollState.CANCELLED, PollState.VOID}

names = st.text(max_size=12)
pairs = st.lists(
    st.tuples(names, names), min_size=1, unique_by=(lambda p: p[0], lambda p: p[1]), max_size=6
)


def test_words_of_the_domain() -> None:
    """The stored words of choices and states are these; changing one needs a migration."""
    assert [*Choice] == ["yes", "no", "abstain"]
    assert [*PollState] == [
        *("waiting", "open", "closing", "closed", "cancelling", "cancelled"),
        *("disputed", "keys_missing", "void"),
    ]


def test_permitted_steps_are_exactly_these() -> None:
    """Of all 81 pairs of states only the steps of DESIGN 5 are permitted."""
    drawn = {
        *("waiting>open", "waiting>cancelled", "open>closing", "open>cancelling"),
        *("closing>closed", "closing>disputed", "closing>keys_missing", "closing>void"),
        *("keys_missing>closing", "keys_missing>void", "keys_missing>cancelling"),
        *("cancelling>cancelled", "disputed>void"),
    }
    permitted = {f"{a}>{b}" for a, b in product(PollState, repeat=2) if may_become(a, b)}
    assert permitted == drawn


def test_every_poll_can_end() -> None:
    """Only closed, cancelled and void are final, and each state leads to one of them."""
    assert {state for state in PollState if not TRANSITIONS[state]} == FINAL
    for state in PollState:
        reached = {state}
        for _ in PollState:
            reached |= {after for before in reached for after in TRANSITIONS[before]}
        assert reached & FINAL


def test_a_counted_poll_never_takes_ballots_again() -> None:
    """Nothing leads back to open, or from an end to a result."""
    assert [s for s in PollState if may_become(s, PollState.OPEN)] == [PollState.WAITING]
    assert [s for s in PollState if may_become(s, PollState.CLOSED)] == [PollState.CLOSING]


def test_threshold_is_exact() -> None:
    """Up to 12 ballots of each kind, the result is that of exact fractions, for every fraction."""
    thresholds = [Threshold(n, d) for d in range(1, 6) for n in range(1, d + 1)]
    for threshold, yes, no, abstain in product(thresholds, range(13), range(13), (0, 1, 12)):
        share = Fraction(yes, yes + no) if yes + no else Fraction(0)
        expected = share >= Fraction(threshold.numerator, threshold.denominator)
        assert passes(Tally(yes, no, abstain), threshold) is expected


def test_two_thirds_as_pep_811_has_it() -> None:
    """R3 by hand: exactly two thirds pass, abstentions are not votes, nobody passes nothing."""
    two_thirds = Threshold(2, 3)
    assert passes(Tally(2, 1, 0), two_thirds)
    assert passes(Tally(1, 0, 20), two_thirds)
    assert not passes(Tally(199, 100, 0), two_thirds)
    assert not passes(Tally(0, 0, 5), two_thirds)
    assert not passes(Tally(0, 0, 0), two_thirds)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_ballots_are_all_kinds(yes: int, no: int, abstain: int) -> None:
    """A tally's ballots include abstentions."""
    assert Tally(yes, no, abstain).ballots == yes + no + abstain


@pytest.mark.parametrize("numbers", [(-1, 2, 2), (2, -1, 2), (2, 2, -1)])
def test_a_tally_has_no_negative_numbers(numbers: tuple[int, int, int]) -> None:
    """A negative number is refused, wherever it stands."""
    with pytest.raises(ValueError, match="negative"):
        Tally(*numbers)


@given(st.integers(1, 999_999), st.integers(1, 999_999))
def test_threshold_reads_what_it_writes(a: int, b: int) -> None:
    """Every fraction above 0 and at most 1 survives writing and reading, with spaces around."""
    threshold = Threshold(min(a, b), max(a, b))
    assert str(threshold) == f"{min(a, b)}/{max(a, b)}"
    assert Threshold.parse(f" {threshold} ") == threshold


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "0/0"])
def test_threshold_is_above_0_and_at_most_1(text: str) -> None:
    """A share that everybody or nobody reaches is refused, by name."""
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        Threshold.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "2", "2/", "2:3", "-2/3", "2/3/4", "2.0/3", "２/３", "1_0/2_0", "2/ 3", "1/1000000"],
)
def test_threshold_is_a_plain_fraction(text: str) -> None:
    """Anything but two whole ASCII numbers of at most six digits is refused, with an example."""
    with pytest.raises(ValueError, match="two whole numbers, for instance 2/3"):
        Threshold.parse(text)


@given(st.from_regex(r"[A-Za-z0-9]{2,16}", fullmatch=True))
def test_check_words_of_letters_and_digits_are_fine(word: str) -> None:
    """Any 2 to 16 ASCII letters or digits will do for somebody not named so."""
    assert check_word_problem(word, own_names=["Żółć!"]) is None


@given(st.text())
def test_other_check_words_are_refused_without_repeating_them(word: str) -> None:
    """What is too short, too long or not ASCII letters and digits gets a sentence without it."""
    good = 2 <= len(word) <= 16 and word.isascii() and word.isalnum()
    problem = check_word_problem(word, own_names=[])
    assert (problem is None) is good
    assert good or problem == check_word_problem("", own_names=[])


def test_check_words_have_2_to_16_letters() -> None:
    """The limits themselves are fine, one less or more is not."""
    fine = [n for n in range(20) if check_word_problem("w" * n, own_names=[]) is None]
    assert fine == list(range(2, 17))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Łukasz Langa", "lukasz LANGA LukaszLanga"),
        ("Guido van Rossum", "van vanrossum guidovan GuidoVanRossum"),
        ("jean-luc.picard42", "jean luc JeanLuc picard picard42 lucpicard"),
        ("Zoë O'Neill", "zoe neill ONeill"),
        ("Søren Ærø Straße", "soren aero strasse"),
        ("A B", "ab"),
        ("ﬁona", "fiona"),
    ],
)
def test_own_names_are_refused(name: str, words: str) -> None:
    """A part of one's own name is no check word, in any case, accent or run-together."""
    for word in words.split():
        problem = check_word_problem(word, own_names=["somebody", name])
        assert problem is not None
        assert "part of your name" in problem
        assert word.lower() not in problem.lower().split()


def test_parts_that_are_no_words_of_a_name_are_fine() -> None:
    """Single letters, digits and pieces of a word in a name refuse nothing."""
    for word in ("42", "guid", "uido", "guidorossum", "a1", "99x"):
        assert check_word_problem(word, own_names=["Guido van Rossum 42", "A", ""]) is None
    assert check_word_problem("b2", own_names=["B 2"]) is None
    assert check_word_problem("noe", own_names=["Noël"]) is None, "an accent splits no word"


def test_bulletin_needs_three_ballots() -> None:
    """With fewer than 3 ballots nothing but passed / not passed is published."""
    assert [bulletin_published(n) for n in range(5)] == [False, False, False, True, True]


distances = st.lists(st.timedeltas(-2 * DAY, 9 * DAY) | st.sampled_from([0 * DAY, DAY, 7 * DAY]))


@given(distances)
def test_reminders_lie_strictly_inside(before: list[timedelta]) -> None:
    """Reminders are ascending UTC times, each once, all of and only those strictly inside."""
    times = reminder_times(OPENS, CLOSES, before)
    assert times == sorted(set(times))
    assert set(times) == {CLOSES - d for d in before if OPENS < CLOSES - d < CLOSES}
    assert all(t.tzinfo is UTC for t in times)


def test_reminders_survive_clock_changes_and_nonsense() -> None:
    """A zone's clock change moves no reminder, and no distance is too long to be left out."""
    berlin = ZoneInfo("Europe/Berlin")
    closes = datetime(2026, 3, 29, 12, tzinfo=berlin)  # the clocks changed that night
    assert reminder_times(closes - 7 * DAY, closes, [DAY, timedelta.max]) == [
        datetime(2026, 3, 28, 10, tzinfo=UTC)
    ]


@pytest.mark.parametrize("wrong", [(CLOSES, OPENS), (OPENS, OPENS)])
def test_a_window_runs_forward(wrong: tuple[datetime, datetime]) -> None:
    """A close that is not after the opening is refused, not computed with."""
    with pytest.raises(ValueError, match="closes after it opens"):
        reminder_times(*wrong, [])
    with pytest.raises(ValueError, match="closes after it opens"):
        outage_blocks_close(*wrong, [])


def test_times_need_a_zone() -> None:
    """A time without zone is refused wherever it stands."""
    naive = OPENS.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        reminder_times(naive, CLOSES, [])
    with pytest.raises(ValueError, match="time zone"):
        outage_blocks_close(OPENS, CLOSES, [(naive, CLOSES)])


@given(pairs)
def test_electorate_hash_ignores_order(electors: list[tuple[str, str]]) -> None:
    """Any order of the same electors has the same hash, 64 hex digits."""
    hashes = {electorate_hash("poll", order) for order in permutations(electors[:4])}
    assert len(hashes) == 1
    assert len(hashes.pop()) == 64


@given(names, pairs, names, pairs)
def test_electorate_hash_tells_apart(
    poll: str, one: list[tuple[str, str]], other_poll: str, other: list[tuple[str, str]]
) -> None:
    """Different polls or electors have different hashes, whatever characters their ids hold."""
    same = poll == other_poll and set(one) == set(other)
    assert (electorate_hash(poll, one) == electorate_hash(other_poll, other)) is same


def test_electorate_hash_is_lasting_and_unambiguous() -> None:
    """A known hash stays; moved separators and split surrogates do not collide."""
    assert electorate_hash("poll", [("p2", "U2"), ("p1", "U1")]) == (
        "7a9aa4f73dea3fc926b7c7676b9d32ead5fe7b9ef6dd27c7cde565285a1066ed"
    )
    assert electorate_hash("p", [("\ud800", "c")]) != electorate_hash("p", [("\ud801", "c")])
    assert electorate_hash("p", [("a,b", "c")]) != electorate_hash("p", [("a", "b,c")])
    assert electorate_hash("p", [("\ud83d\ude00", "c")]) != electorate_hash("p", [("😀", "c")])


@pytest.mark.parametrize("twice", [[("p1", "U1"), ("p1", "U2")], [("p1", "U1"), ("p2", "U1")]])
def test_nobody_stands_in_the_electorate_twice(twice: list[tuple[str, str]]) -> None:
    """One person with two Slack users, or one Slack user of two persons, is refused."""
    with pytest.raises(ValueError, match="twice"):
        electorate_hash("poll", twice)


def test_an_empty_electorate_is_refused() -> None:
    """Nobody is no electorate."""
    with pytest.raises(ValueError, match="at least one elector"):
        electorate_hash("poll", [])


hours = st.integers(-30, 200)


@given(st.lists(st.tuples(hours, hours), max_size=6))
def test_outage_counts_each_hour_of_the_vote_once(gaps: list[tuple[int, int]]) -> None:
    """Gaps in any order, overlapping, reversed or outside count as the hours they cover."""
    away = {hour for start, end in gaps for hour in range(max(start, 0), min(end, 7 * 24))}
    moments = [(OPENS + a * HOUR, OPENS + b * HOUR) for a, b in gaps]
    assert outage_blocks_close(OPENS, CLOSES, moments) is (len(away) > 24)


def test_a_day_of_a_week_does_not_block_and_more_does() -> None:
    """The limit is a seventh of the vote, itself still allowed; a gap may span the vote."""
    tick = timedelta(microseconds=1)
    assert not outage_blocks_close(OPENS, CLOSES, [])
    assert not outage_blocks_close(OPENS, CLOSES, [(OPENS, OPENS + DAY)])
    assert outage_blocks_close(OPENS, CLOSES, [(OPENS, OPENS + DAY + tick)])
    assert outage_blocks_close(OPENS, CLOSES, [(OPENS - DAY, CLOSES + DAY)])
    twice = (OPENS, OPENS + 13 * HOUR)
    assert not outage_blocks_close(OPENS, CLOSES, [twice, twice])
    assert not outage_blocks_close(OPENS, CLOSES, [(OPENS - DAY, OPENS + HOUR)])
    assert not outage_blocks_close(OPENS, CLOSES, [(CLOSES - HOUR, CLOSES + DAY)])
