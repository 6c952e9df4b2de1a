"""The rules of mentoring: who is proposed, what counts as missed, which days can be (R11)."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.mentoring.rules import (
    AHEAD,
    ANSWERABLE,
    CHECK_IN_TRANSITIONS,
    GOING_WORDS,
    LEAST_ROOM,
    LONGEST_EXTENSION,
    LONGEST_TEXT,
    MISSED_AFTER,
    MOST_ROOM,
    MOVABLE,
    MOVE_WITHIN,
    SHORTEST,
    STEP,
    TOPIC_WORDS,
    TRANSITIONS,
    CheckInState,
    Going,
    MentorshipState,
    Report,
    Topic,
    Volunteer,
    admins_hear,
    extension_problem,
    further_check_ins,
    going,
    hours_apart,
    is_missed,
    is_running,
    may_graduate,
    missed_in_a_row,
    move_problem,
    parse_date,
    proposal,
    ranked,
    report_problems,
    room_problem,
    stays_proposed,
    taken_up_at,
    topics,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TODAY = date(2026, 3, 2)
HELD, MISSED, OPEN = CheckInState.HELD, CheckInState.MISSED, CheckInState.OPEN
PLANNED, SKIPPED = CheckInState.PLANNED, CheckInState.SKIPPED

volunteers = st.lists(
    st.builds(
        Volunteer,
        person_id=st.text("0123456789abcdef", min_size=4, max_size=4),
        name=st.sampled_from(["Ana", "ana", "Ben", "Chi"]),
        room=st.integers(LEAST_ROOM, MOST_ROOM),
        mentees=st.integers(0, MOST_ROOM + 1),
        offset=st.integers(-12, 14).map(lambda hours: hours * HOUR),
        topics=st.frozensets(st.sampled_from(Topic)),
        nominated_them=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.person_id,
)
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: quarters * HOUR / 4)
wanted = st.frozensets(st.sampled_from(Topic))


def one(name: str, **changes: object) -> Volunteer:
    """A volunteer with room for one."""
    values: dict[str, object] = {"person_id": name, "name": name, "room": 1, "mentees": 0}
    return Volunteer(**(values | changes))  # type: ignore[arg-type]


@given(offsets, wanted, volunteers)
def test_nobody_is_proposed_without_room_nor_the_nominator_when_another_can(
    offset: timedelta, topics_: frozenset[Topic], found: list[Volunteer]
) -> None:
    """Whoever has room can be proposed, and somebody is, if anybody has; the nominator last."""
    best = proposal(offset, topics_, found)
    able = [v for v in found if v.has_room]
    assert (best is None) == (not able)
    if best is not None:
        assert best.has_room
        others = [v for v in able if not v.nominated_them]
        assert not best.nominated_them or not others
        same = others if others else able
        assert best.mentees == min(v.mentees for v in same)
        near = [v for v in same if v.mentees == best.mentees]
        assert hours_apart(best.offset, offset) == min(hours_apart(v.offset, offset) for v in near)


@given(offsets, wanted, volunteers)
def test_the_order_is_of_everybody_and_always_the_same(
    offset: timedelta, topics_: frozenset[Topic], found: list[Volunteer]
) -> None:
    """Nobody is lost, those without room come last, and the order of asking plays no part."""
    order = ranked(offset, topics_, found)
    assert sorted(v.person_id for v in order) == sorted(v.person_id for v in found)
    assert order == ranked(offset, topics_, reversed(found))
    full = [not v.has_room for v in order]
    assert full == sorted(full)
    best = proposal(offset, topics_, found)
    assert best is None or best == order[0]


@given(offsets, wanted, volunteers)
def test_who_is_proposed_stays_while_they_can_unless_they_nominated(
    offset: timedelta, topics_: frozenset[Topic], found: list[Volunteer]
) -> None:
    """Who fits best stays; anybody with room does, but the nominator only while nobody else can."""
    best = proposal(offset, topics_, found)
    assert best is None or stays_proposed(best.person_id, found)
    assert not stays_proposed(None, found)
    others = any(v.has_room and not v.nominated_them for v in found)
    for each in found:
        stays = each.has_room and not (each.nominated_them and others)
        assert stays_proposed(each.person_id, found) is stays


def test_what_decides_in_turn() -> None:
    """Fewest mentees before nearest zone before shared topics before the name."""
    want = frozenset({Topic.NETWORK, Topic.TRIAGE})
    shares = {"topics": frozenset({Topic.NETWORK})}
    far = {"offset": 9 * HOUR}
    idle_far = one("zoe", room=5, **far)
    busy_near = one("ann", room=5, mentees=1, **shares)
    assert proposal(HOUR, want, [busy_near, idle_far]) == idle_far
    assert proposal(HOUR, want, [one("ann", **far, **shares), one("zoe")]) == one("zoe")
    assert proposal(HOUR, want, [one("ann"), one("zoe", **shares)]) == one("zoe", **shares)
    assert proposal(HOUR, want, [one("zoe"), one("ann")]) == one("ann")


@given(offsets, offsets)
def test_zones_are_apart_the_shorter_way_round(here: timedelta, there: timedelta) -> None:
    """At most half a day, the same from either side."""
    assert 0 <= hours_apart(here, there) == hours_apart(there, here) <= 12
    assert hours_apart(here, here) == 0
    assert hours_apart(here, here + DAY) == 0
    assert hours_apart(-11 * HOUR, 12 * HOUR) == 1


def test_topics_are_those_that_are_known() -> None:
    """A topic that is no more is forgotten; every topic has words that a box can hold."""
    assert topics(["network", "astrology", "network"]) == {Topic.NETWORK}
    assert set(TOPIC_WORDS) == set(Topic)
    assert all(len(words) <= 75 for words in TOPIC_WORDS.values())
    assert len(Topic) <= 10  # boxes in a group


@pytest.mark.parametrize(
    ("text", "mentees", "fits"),
    [
        *(("1", 0, True), ("5", 5, True), ("2", 2, True), ("1", 2, False)),
        *((text, 0, False) for text in ("0", "6", "", "two", "²", "-1", "1.5")),
    ],
)
def test_room(text: str, mentees: int, fits: bool) -> None:
    """From one to five, never below what somebody has."""
    assert (room_problem(text, mentees) is None) is fits


def test_what_ends_and_what_goes_on() -> None:
    """A mentorship runs until it is graduated or ended; those lead nowhere."""
    over = {state for state in MentorshipState if not is_running(state)}
    assert over == {MentorshipState.GRADUATED, MentorshipState.ENDED}
    assert set(TRANSITIONS) == set(MentorshipState)
    assert set(CHECK_IN_TRANSITIONS) == set(CheckInState)


def test_the_sets_of_states_follow_from_the_arrows() -> None:
    """Answered can be what may take place, moved what may be planned or is."""
    arrows = CHECK_IN_TRANSITIONS
    assert {state for state in CheckInState if HELD in arrows[state]} == ANSWERABLE
    assert {PLANNED} | {state for state in CheckInState if PLANNED in arrows[state]} == MOVABLE
    assert {state for state in CheckInState if arrows[state]} - {MISSED} == AHEAD


@pytest.mark.parametrize(("newcomer", "mentor"), list(product([False, True], repeat=2)))
@pytest.mark.parametrize("early", [False, True])
def test_missed(newcomer: bool, mentor: bool, early: bool) -> None:
    """After three days without one of the two answers, and not a moment before."""
    opened = MISSED_AFTER - timedelta(seconds=early)
    missed = is_missed(opened, newcomer=newcomer, mentor=mentor)
    assert missed is (not early and not (newcomer and mentor))


@given(st.lists(st.sampled_from(CheckInState), max_size=7))
def test_missed_in_a_row_counts_from_the_end(states: list[CheckInState]) -> None:
    """What nobody was asked about, and what is open at the end, says nothing either way."""
    count = missed_in_a_row(states)
    asked = [s for s in states if s not in (PLANNED, SKIPPED)]
    if asked[-1:] == [OPEN]:
        asked = asked[:-1]
    assert asked[len(asked) - count :] == [MISSED] * count
    assert count == len(asked) or asked[-1 - count] is not MISSED


@pytest.mark.parametrize(
    ("states", "count"),
    [
        ([], 0),
        ([MISSED], 1),
        ([MISSED, MISSED, PLANNED], 2),
        ([MISSED, HELD, MISSED], 1),
        ([MISSED, SKIPPED, MISSED, OPEN], 2),
        ([MISSED, MISSED, HELD], 0),
    ],
)
def test_missed_in_a_row(states: list[CheckInState], count: int) -> None:
    """A check-in that took place begins anew; one left out does not."""
    assert missed_in_a_row(states) == count


@given(st.integers(-3, 20), st.none() | st.integers(1, 20))
def test_where_a_check_in_may_move(days: int, following: int | None) -> None:
    """From tomorrow to two weeks, before the next one; whatever else is refused with words."""
    chosen = TODAY + timedelta(days=days)
    nxt = None if following is None else TODAY + timedelta(days=following)
    fits = 1 <= days <= MOVE_WITHIN.days and (following is None or days < following)
    problem = move_problem(chosen, TODAY, nxt)
    assert (problem is None) is fits
    assert fits or str(problem).endswith((".", "it."))
    assert move_problem(None, TODAY, nxt) == "Please choose a day."


def test_dates_of_forms() -> None:
    """What is no date is none, whatever it is."""
    assert parse_date("2026-03-02") == TODAY
    assert parse_date("") is parse_date("2026-02-30") is parse_date("soon") is None


def report(**changes: object) -> Report:
    """A report that is complete, but for the changes."""
    values: dict[str, object] = {"going": Going.WELL, "blocked": "", "next_step": "Go on"}
    return Report(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, set()),
        ({"going": None}, {"going"}),
        ({"next_step": " "}, {"next_step"}),
        ({"next_step": "x" * (LONGEST_TEXT + 1)}, {"next_step"}),
        ({"blocked": "x" * LONGEST_TEXT}, set()),
        ({"blocked": "x" * (LONGEST_TEXT + 1)}, {"blocked"}),
        ({"raised": True}, {"blocked"}),
        ({"raised": True, "blocked": "The keys"}, set()),
        ({"going": None, "next_step": "", "raised": True}, {"going", "next_step", "blocked"}),
    ],
)
def test_reports(changes: dict[str, object], fields: set[str]) -> None:
    """Each field is told what is wrong with it, all at once, and nothing of what stands there."""
    assert set(report_problems(report(**changes))) == fields


def test_a_report_shows_nothing_of_itself() -> None:
    """What was said stands in no ``repr``, so in no log."""
    said = report(
        going=Going.BADLY, blocked="the secret", next_step="hidden", ready=True, raised=True
    )
    assert repr(said) == "Report()"
    assert set(GOING_WORDS) == set(Going)
    assert [going(one.value) for one in Going] == list(Going)
    assert going("splendidly") is going("") is None


@given(st.integers(-48, 96))
def test_what_is_taken_up_comes_a_day_before_the_next_or_not_at_all(hours: int) -> None:
    """The order of check-ins stays, and two do not come within a day."""
    soon = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert taken_up_at(soon, None) == soon
    assert taken_up_at(soon, soon + hours * HOUR) == (soon if hours >= 24 else None)


@given(st.lists(st.sampled_from(CheckInState), max_size=6))
def test_graduation_waits_for_the_last_check_in(states: list[CheckInState]) -> None:
    """Nothing still to come, nothing open; missed ones hold nothing up, and none at all neither."""
    assert may_graduate(states) is not any(state in (PLANNED, OPEN) for state in states)
    assert may_graduate([])


def test_admins_hear_of_three_weeks_of_silence_and_then_monthly() -> None:
    """After the third unanswered question, then after every fourth more."""
    assert [asked for asked in range(16) if admins_hear(asked)] == [3, 7, 11, 15]


@given(st.integers(-1, 120), st.integers(0, LONGEST_EXTENSION))
def test_extensions_are_ninety_days_in_all(days: int, extended: int) -> None:
    """At least a week at a time; together never more than ninety days."""
    until = TODAY + timedelta(days=days)
    fits = days >= SHORTEST and days + extended <= LONGEST_EXTENSION
    assert (extension_problem(until, TODAY, extended) is None) is fits
    assert extension_problem(None, TODAY, extended) is not None


@given(st.integers(SHORTEST, LONGEST_EXTENSION))
def test_further_check_ins_end_with_the_extension(days: int) -> None:
    """One a month, the last at the end, none within a week of it."""
    times = [time.days for time in further_check_ins(days)]
    assert times[-1] == days
    assert all(time % STEP == 0 for time in times[:-1])
    assert times == sorted(set(times))
    assert len(times) < 2 or times[-1] - times[-2] >= SHORTEST
