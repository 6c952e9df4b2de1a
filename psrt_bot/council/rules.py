"""The Steering Council's decision on a passed vote: its words and its arithmetic (R4, PEP 13)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum, unique


@unique
class DecisionState(StrEnum):
    """Where a decision stands. `docs/architecture.md` draws the same machine."""

    AWAITING_NOTICE = "awaiting_notice"  # nobody has told the council yet; no time runs
    OPEN = "open"  # the council has been told; it may veto
    CONFIRMED = "confirmed"
    VETOED = "vetoed"
    ENDED = "ended"  # what it was about was taken back


TRANSITIONS: Mapping[DecisionState, frozenset[DecisionState]] = {
    DecisionState.AWAITING_NOTICE: frozenset({DecisionState.OPEN, DecisionState.ENDED}),
    DecisionState.OPEN: frozenset(
        {DecisionState.CONFIRMED, DecisionState.VETOED, DecisionState.ENDED}
    ),
    DecisionState.CONFIRMED: frozenset(),
    DecisionState.VETOED: frozenset(),
    DecisionState.ENDED: frozenset(),
}


def is_running(state: DecisionState) -> bool:
    """Return whether there is still something to decide."""
    return bool(TRANSITIONS[state])


@unique
class Answer(StrEnum):
    """What a member of the council may say. Answers are named (R4, o)."""

    VETO = "veto"
    NO_OBJECTION = "no_objection"
    ABSTAIN = "abstain"


ANSWER_WORDS: Mapping[Answer, str] = {
    Answer.VETO: "veto",
    Answer.NO_OBJECTION: "no objection",
    Answer.ABSTAIN: "abstains",
}

# What the council as a whole can say: one decision or the other.
VERDICTS: Mapping[Answer, DecisionState] = {
    Answer.NO_OBJECTION: DecisionState.CONFIRMED,
    Answer.VETO: DecisionState.VETOED,
}


@unique
class Told(StrEnum):
    """How the council was told."""

    CHANNEL = "channel"
    DIRECT = "direct"  # each of the others, where one of the council may not know of it
    MAIL = "mail"  # by an admin, who said so
    RECORD = "record"  # not by us: an admin recorded its decision


@dataclass(frozen=True)
class Count:
    """The answers of a frozen roll, recused members left out.

    Args:
        silent: who has not answered; while the window is open they are pending.
    """

    veto: int
    no_objection: int
    abstain: int
    silent: int

    @classmethod
    def of(cls, answers: Iterable[Answer | None]) -> "Count":
        """Count one answer, or None, of everybody on the roll who is not recused."""
        given = list(answers)
        return cls(
            given.count(Answer.VETO),
            given.count(Answer.NO_OBJECTION),
            given.count(Answer.ABSTAIN),
            given.count(None),
        )

    @property
    def roll(self) -> int:
        """How many may decide; for none of them an admin records what the council decided."""
        return self.veto + self.no_objection + self.abstain + self.silent


def vetoed_at_end(count: Count) -> bool:
    """Return whether a strict majority of the non-abstaining vetoed (R4, PEP 13).

    Explicit abstainers leave the denominator; the silent stay in it (o).
    """
    return 2 * count.veto > count.veto + count.no_objection + count.silent


def early_verdict(count: Count) -> DecisionState | None:
    """Return the decision that no answer still missing could change, or None.

    For an empty roll there is none: nobody has decided anything.
    """
    if count.roll == 0:
        return None
    if count.veto > count.no_objection + count.silent:
        return DecisionState.VETOED
    if count.veto + count.silent <= count.no_objection:
        return DecisionState.CONFIRMED
    return None


def verdict_at_end(count: Count) -> DecisionState | None:
    """Return the decision at the window's end; None for an empty roll, which an admin records."""
    if count.roll == 0:
        return None
    return DecisionState.VETOED if vetoed_at_end(count) else DecisionState.CONFIRMED


# A decision is not lost because the bot was: as for votes, more than a seventh of the time counts.
AWAY_SHARE = 7


def window_end(
    opened_at: datetime, window: timedelta, gaps: Iterable[tuple[datetime, datetime]]
) -> datetime:
    """Return when a window ends in which the bot was away at these times.

    The silent consent, so they must have had their time: what the bot was away is added, if it was
    more than a seventh of the window. Gaps do not overlap; what lies before the opening is left
    out, and so is what begins after the end reached so far.
    """
    end, away = opened_at + window, timedelta()
    for start, stop in sorted(gaps):
        if stop > opened_at and start < opened_at + window + away:
            away += stop - max(start, opened_at)
    return end + away if AWAY_SHARE * away > window else end


REMIND_BEFORE = timedelta(days=1)


def reminder_at(opened_at: datetime, ends_at: datetime) -> datetime | None:
    """Return when the silent are reminded: a day before the end; None for a shorter window."""
    at = ends_at - REMIND_BEFORE
    return at if at > opened_at else None


TERM_BEGINS = (1, 10)  # month and day; why then: docs/pep-811.md, R4


def next_term(now: datetime) -> datetime:
    """Return when admins are next asked to renew the council's roles: once a year, each January."""
    month, day = TERM_BEGINS
    this_year = datetime(now.astimezone(UTC).year, month, day, 9, tzinfo=UTC)
    return this_year if this_year > now else this_year.replace(year=this_year.year + 1)


@dataclass(frozen=True)
class Recusal:
    """Somebody who takes no part in a decision.

    Args:
        person_id: who, if they are known; ``slack_user_id``: who, as Slack knows them.
        reason: why, as words that follow "recused as".
        blind: whether they may not even see it (R12).
    """

    reason: str
    person_id: str | None = None
    slack_user_id: str | None = None
    blind: bool = False

    def means(self, person_id: str | None, slack_user_id: str | None) -> bool:
        """Return whether this is about somebody."""
        if person_id is not None and person_id == self.person_id:
            return True
        return slack_user_id is not None and slack_user_id == self.slack_user_id


def recused(
    recusals: Collection[Recusal], person_id: str | None, slack_user_id: str | None
) -> Recusal | None:
    """Return why somebody takes no part, or None; what hides a decision goes before the rest."""
    found = [one for one in recusals if one.means(person_id, slack_user_id)]
    return max(found, key=lambda one: one.blind, default=None)


SHORTEST_TEXT = 3
LONGEST_TEXT = 3000  # characters; Slack's limit for one field of a modal
LONGEST_LINE = 200
NEEDS_REASON = "A veto needs a reason; admins and the nominator will read it."


def reason_problem(answer: Answer, reason: str) -> str | None:
    """Return what is wrong with the reason for an answer, or None; only a veto needs one."""
    length = len(reason.strip())
    if length > LONGEST_TEXT:
        return f"This has {length} characters; {LONGEST_TEXT} fit. Please shorten it."
    return NEEDS_REASON if answer is Answer.VETO and length < SHORTEST_TEXT else None


def line_problem(text: str) -> str | None:
    """Return what is wrong with a line that must say something, or None."""
    if len(text.strip()) < SHORTEST_TEXT:
        return "Please fill this in, so that others can find what was said."
    if len(text.strip()) > LONGEST_LINE:
        return f"Please shorten this to {LONGEST_LINE} characters."
    return None


def parse_date(text: str) -> date | None:
    """Return the date of a form's field, or None for something else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def received_problem(received: date | None, now: datetime) -> str | None:
    """Return what is wrong with the day on which an answer came, or None."""
    if received is None:
        return "Please choose the day on which it came."
    # Somewhere it is tomorrow already: no zone is more than 14 hours ahead of UTC.
    if received > (now.astimezone(UTC) + timedelta(hours=14)).date():
        return "This day has not come yet."
    return None
