"""The words of mentoring, and what may be decided without asking anybody (R11)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum, unique


@unique
class MentorshipState(StrEnum):
    """Where a newcomer's time with a mentor stands. `docs/architecture.md` draws the same."""

    SEEKING = "seeking"  # nobody can be proposed; admins are asked for volunteers
    PROPOSED = "proposed"  # an admin confirms, or chooses another
    PAIRED = "paired"
    GRADUATED = "graduated"
    ENDED = "ended"  # the newcomer left


TRANSITIONS: Mapping[MentorshipState, frozenset[MentorshipState]] = {
    MentorshipState.SEEKING: frozenset(
        {MentorshipState.PROPOSED, MentorshipState.PAIRED, MentorshipState.ENDED}
    ),
    MentorshipState.PROPOSED: frozenset(
        {MentorshipState.SEEKING, MentorshipState.PAIRED, MentorshipState.ENDED}
    ),
    MentorshipState.PAIRED: frozenset(
        {
            MentorshipState.SEEKING,
            MentorshipState.PROPOSED,
            MentorshipState.GRADUATED,
            MentorshipState.ENDED,
        }
    ),
    MentorshipState.GRADUATED: frozenset(),
    MentorshipState.ENDED: frozenset(),
}


def is_running(state: MentorshipState) -> bool:
    """Return whether there is still something to come."""
    return bool(TRANSITIONS[state])


@unique
class CheckInState(StrEnum):
    """Where one check-in stands. `docs/architecture.md` draws the same machine."""

    PLANNED = "planned"
    OPEN = "open"  # both have been asked
    HELD = "held"  # both answered: it took place
    MISSED = "missed"  # one or both did not answer in time; a late answer is welcome
    SKIPPED = "skipped"  # nobody was asked: the bot was away, or somebody was


CHECK_IN_TRANSITIONS: Mapping[CheckInState, frozenset[CheckInState]] = {
    CheckInState.PLANNED: frozenset({CheckInState.OPEN, CheckInState.SKIPPED}),
    CheckInState.OPEN: frozenset({CheckInState.HELD, CheckInState.MISSED, CheckInState.PLANNED}),
    CheckInState.HELD: frozenset(),
    CheckInState.MISSED: frozenset({CheckInState.HELD}),
    CheckInState.SKIPPED: frozenset(),
}
ANSWERABLE = frozenset({CheckInState.OPEN, CheckInState.MISSED})
MOVABLE = frozenset({CheckInState.OPEN, CheckInState.PLANNED})
AHEAD = MOVABLE  # what keeps a mentorship from being over


@unique
class Side(StrEnum):
    """Who somebody is in a mentorship."""

    NEWCOMER = "newcomer"
    MENTOR = "mentor"


@unique
class Topic(StrEnum):
    """What mentors know and newcomers want to learn."""

    TRIAGE = "triage"
    SEVERITY = "severity"
    COORDINATION = "coordination"
    INTERPRETER = "interpreter"
    LIBRARY = "library"
    NETWORK = "network"
    CRYPTOGRAPHY = "cryptography"
    PACKAGING = "packaging"
    RELEASES = "releases"


TOPIC_WORDS: Mapping[Topic, str] = {
    Topic.TRIAGE: "Triage: what is a vulnerability, and what is not",
    Topic.SEVERITY: "Severity: CVSS v4.0",
    Topic.COORDINATION: "Coordination: embargo, reporters, CVE",
    Topic.INTERPRETER: "The interpreter: C, memory safety",
    Topic.LIBRARY: "The standard library: parsers, archives, subprocess",
    Topic.NETWORK: "Network and web: http, urllib, e-mail",
    Topic.CRYPTOGRAPHY: "Cryptography: ssl, hashlib, secrets",
    Topic.PACKAGING: "Packaging: pip, build, supply chain",
    Topic.RELEASES: "Releases: backports, branches, installers",
}


def topics(names: Iterable[str]) -> frozenset[Topic]:
    """Return the topics among some names; what is none (any more) is left out."""
    known = {topic.value: topic for topic in Topic}
    return frozenset(known[name] for name in names if name in known)


# Pairing

LEAST_ROOM, MOST_ROOM = 1, 5  # mentees at a time
DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Volunteer:
    """Somebody who would mentor.

    Args:
        room: how many mentees they take at a time; ``mentees``: how many they have, or are to have.
        offset: from UTC, now.
        nominated_them: they nominated this newcomer.
    """

    person_id: str
    name: str
    room: int
    mentees: int
    offset: timedelta = timedelta(0)
    topics: frozenset[Topic] = field(default_factory=frozenset)
    nominated_them: bool = False

    @property
    def has_room(self) -> bool:
        """Whether they take one more."""
        return self.mentees < self.room


def hours_apart(one: timedelta, other: timedelta) -> int:
    """Return how far two zones' clocks are apart, the shorter way round, in whole hours."""
    around = abs(one - other) % DAY
    return round(min(around, DAY - around) / HOUR)


def ranked(
    offset: timedelta, wanted: Collection[Topic], volunteers: Iterable[Volunteer]
) -> list[Volunteer]:
    """Return volunteers for a newcomer, whom to propose first; those without room come last.

    Before all else the newcomer's nominator comes after everybody who is not (another pair of
    eyes); then the fewest mentees, the nearest time zone, the most shared topics (o).
    """

    def order(one: Volunteer) -> tuple[bool, bool, int, int, int, str, str]:
        shared = len(one.topics & frozenset(wanted))
        apart = hours_apart(one.offset, offset)
        key = (one.mentees, apart, -shared, one.name.casefold(), one.person_id)
        return (not one.has_room, one.nominated_them, *key)

    return sorted(volunteers, key=order)


def proposal(
    offset: timedelta, wanted: Collection[Topic], volunteers: Iterable[Volunteer]
) -> Volunteer | None:
    """Return whom to propose to the admins, or None where nobody has room."""
    found = [one for one in volunteers if one.has_room]
    return ranked(offset, wanted, found)[0] if found else None


def stays_proposed(person_id: str | None, volunteers: Iterable[Volunteer]) -> bool:
    """Return whether who is proposed stays so when the volunteers have changed.

    Somebody else who fits better changes nothing: admins may be about to confirm. Whoever has no
    room any more does not stay, nor the newcomer's nominator, once another has room.
    """
    able = {one.person_id: one for one in volunteers if one.has_room}
    proposed = able.get(person_id or "")
    if proposed is None:
        return False
    return not proposed.nominated_them or all(one.nominated_them for one in able.values())


def room_problem(text: str, mentees: int = 0) -> str | None:
    """Return what is wrong with how many mentees somebody takes, or None.

    Args:
        mentees: how many they have; to take no more than these is possible, to take fewer is not.
    """
    if not (text.isascii() and text.isdigit()) or not LEAST_ROOM <= int(text) <= MOST_ROOM:
        return f"Please choose {LEAST_ROOM} to {MOST_ROOM}."
    if int(text) < mentees:
        return f"You have {mentees} now. Pause to hand all of them over."
    return None


# Check-ins

MISSED_AFTER = timedelta(days=3)
MOVE_WITHIN = timedelta(days=14)


def is_missed(opened: timedelta, *, newcomer: bool, mentor: bool) -> bool:
    """Return whether a check-in that has been open for so long was missed by one of the two."""
    return opened >= MISSED_AFTER and not (newcomer and mentor)


def missed_in_a_row(states: Sequence[CheckInState]) -> int:
    """Return how many of the latest check-ins were missed one after the other.

    Args:
        states: of all check-ins, in order. Those nobody was asked about say nothing either way.
    """
    asked = [s for s in states if s not in (CheckInState.PLANNED, CheckInState.SKIPPED)]
    if asked and asked[-1] is CheckInState.OPEN:
        asked.pop()
    count = 0
    while count < len(asked) and asked[-1 - count] is CheckInState.MISSED:
        count += 1
    return count


TOLD_AFTER = 2  # missed in a row: then admins hear of it


def parse_date(text: str) -> date | None:
    """Return the date of a form's field, or None for something else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def taken_up_at(soon: datetime, following: datetime | None) -> datetime | None:
    """Return when another mentor's pair is asked for what fell due without one, or None for never.

    Args:
        soon: the moment that is offered.
        following: the next check-in that is planned, if there is one. Their order stays, and two
            within a day would be one too many: then the overdue one is left out.
    """
    return soon if following is None or following - soon >= DAY else None


def move_problem(chosen: date | None, today: date, following: date | None) -> str | None:
    """Return what is wrong with a check-in's new day, or None.

    Args:
        following: the day of the next check-in, if there is one: their order stays.
    """
    if chosen is None:
        return "Please choose a day."
    if chosen <= today:
        return "Please choose a day from tomorrow on."
    if chosen > today + MOVE_WITHIN:
        return f"Please choose a day within the next {MOVE_WITHIN.days} days."
    if following is not None and chosen >= following:
        return f"The next check-in is on {following.isoformat()}; please choose a day before it."
    return None


@unique
class Going(StrEnum):
    """How somebody says it is going."""

    WELL = "well"
    MIXED = "mixed"
    BADLY = "badly"


GOING_WORDS: Mapping[Going, str] = {
    Going.WELL: "Well",
    Going.MIXED: "So-so",
    Going.BADLY: "Not well",
}
LONGEST_TEXT = 1000  # characters


def going(name: str) -> Going | None:
    """Return what somebody chose by its name, or None for something else."""
    return next((one for one in Going if one.value == name), None)


@dataclass(frozen=True)
class Report:
    """What somebody says at a check-in. It goes to the pair, and is kept nowhere.

    Args:
        going: None where nothing was chosen.
        ready: the mentor's word whether the newcomer could coordinate alone; None for newcomers.
        raised: they want admins to hear what blocks.
    """

    going: Going | None = field(repr=False)
    blocked: str = field(repr=False)
    next_step: str = field(repr=False)
    ready: bool | None = field(default=None, repr=False)
    raised: bool = field(default=False, repr=False)


def report_problems(report: Report) -> dict[str, str]:
    """Return what is wrong with a report, by its field's name; nothing of its text."""
    problems: dict[str, str] = {}
    if report.going is None:
        problems["going"] = "Please choose how it is going."
    for name, text in (("blocked", report.blocked), ("next_step", report.next_step)):
        if len(text) > LONGEST_TEXT:
            problems[name] = f"Please shorten this to {LONGEST_TEXT} characters."
    if not report.next_step.strip():
        problems["next_step"] = "Please name the next step, however small."
    if report.raised and not report.blocked.strip():
        problems["blocked"] = "Please say what the admins are to hear, or untick the box below."
    return problems


# Graduation

ASK_MENTOR_AGAIN = timedelta(days=7)
WORD_ASKED_OFTEN = 3  # unanswered, a week each: then admins hear of it
WORD_TOLD_EVERY = 4  # asks more: then they hear of it again
WITHOUT_CHECK_INS = timedelta(days=90)  # after which the mentor is asked, where there are none
LONGEST_EXTENSION = 90  # days, all extensions together
STEP = 30  # days between the further check-ins of an extension
SHORTEST = 7


def may_graduate(states: Iterable[CheckInState]) -> bool:
    """Return whether the last check-in is over, so that the mentor may say the word."""
    return AHEAD.isdisjoint(states)


def admins_hear(asked: int) -> bool:
    """Return whether admins hear of a mentor who was asked for their word so often, in vain."""
    return asked >= WORD_ASKED_OFTEN and (asked - WORD_ASKED_OFTEN) % WORD_TOLD_EVERY == 0


def extension_problem(until: date | None, today: date, extended: int) -> str | None:
    """Return what is wrong with the day until which somebody extends, or None.

    Args:
        extended: by how many days it has been extended before.
    """
    left = LONGEST_EXTENSION - extended
    if left < SHORTEST:
        return f"It has been extended by {extended} days; {LONGEST_EXTENSION} are the most."
    if until is None:
        return "Please choose a day."
    if not SHORTEST <= (until - today).days <= left:
        first, last = today + timedelta(days=SHORTEST), today + timedelta(days=left)
        return f"Please choose a day from {first.isoformat()} to {last.isoformat()}."
    return None


def further_check_ins(days: int) -> list[timedelta]:
    """Return after which times an extension's check-ins come: every month, and at its end.

    One that would come within a week of the end is left out.
    """
    return [timedelta(days=n) for n in (*range(STEP, days - SHORTEST + 1, STEP), days)]
