"""The words of a nomination and what may be decided without asking anybody (R1, R3, R12, R13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class NominationState(StrEnum):
    """Where a nomination stands. `docs/architecture.md` draws the same machine."""

    WAITING = "waiting"  # for an admin's go-ahead to open the vote
    VOTING = "voting"
    UNCOUNTED = (
        "uncounted"  # the vote was given up: its keys were lost or its ballots did not add up
    )
    AWAITING_NOTICE = "awaiting_notice"  # passed; the council has not been told yet (R4)
    COUNCIL = "council"  # the council has been told; its window is open
    CONFIRMED = "confirmed"
    VETOED = "vetoed"
    NOT_PASSED = "not_passed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[NominationState, frozenset[NominationState]] = {
    NominationState.WAITING: frozenset(
        {NominationState.VOTING, NominationState.WITHDRAWN, NominationState.CANCELLED}
    ),
    NominationState.VOTING: frozenset(
        {
            NominationState.UNCOUNTED,
            NominationState.AWAITING_NOTICE,
            NominationState.NOT_PASSED,
            NominationState.WITHDRAWN,
            NominationState.CANCELLED,
        }
    ),
    NominationState.UNCOUNTED: frozenset(
        {
            NominationState.WAITING,
            NominationState.VOTING,
            NominationState.WITHDRAWN,
            NominationState.CANCELLED,
        }
    ),
    NominationState.AWAITING_NOTICE: frozenset(
        {NominationState.COUNCIL, NominationState.WITHDRAWN, NominationState.CANCELLED}
    ),
    NominationState.COUNCIL: frozenset(
        {
            NominationState.CONFIRMED,
            NominationState.VETOED,
            NominationState.WITHDRAWN,
            NominationState.CANCELLED,
        }
    ),
    NominationState.CONFIRMED: frozenset(),
    NominationState.VETOED: frozenset(),
    NominationState.NOT_PASSED: frozenset(),
    NominationState.WITHDRAWN: frozenset(),
    NominationState.CANCELLED: frozenset(),
}

PHASES: Mapping[NominationState, str] = {
    NominationState.WAITING: "waiting for an admin to open the vote",
    NominationState.VOTING: "under vote",
    NominationState.UNCOUNTED: "the vote could not be counted; admins decide how to go on",
    NominationState.AWAITING_NOTICE: "passed; the Steering Council is to be told",
    NominationState.COUNCIL: "passed; the Steering Council may veto",
    NominationState.CONFIRMED: "confirmed",
    NominationState.VETOED: "vetoed by the Steering Council",
    NominationState.NOT_PASSED: "not passed",
    NominationState.WITHDRAWN: "withdrawn",
    NominationState.CANCELLED: "cancelled",
}


@unique
class VotePhase(StrEnum):
    """How the vote of a nomination stands, as far as members may know."""

    TAKING = "taking"  # ballots are taken
    PAUSED = "paused"  # the bot was away too long; admins decide
    COUNTING = "counting"  # over; nothing is told of the result while its keys exist
    STUCK = "stuck"  # over; keys missing, or ballots that do not add up
    DONE = "done"  # there is none, or it has ended


COUNTING_WORDS = "the vote is over and being counted"
VOTE_WORDS: Mapping[VotePhase, str] = {
    VotePhase.PAUSED: "the vote is paused; admins decide how it goes on",
    VotePhase.COUNTING: COUNTING_WORDS,
    VotePhase.STUCK: "the vote is over but cannot be counted; admins have been told",
}


def phase(state: NominationState, vote: VotePhase) -> str:
    """Return in words how a nomination stands; nothing of a result before its time (R2)."""
    if state is NominationState.VOTING:
        return VOTE_WORDS.get(vote, PHASES[state])
    if vote is VotePhase.COUNTING:
        return COUNTING_WORDS
    return PHASES[state]


def may_become(before: NominationState, after: NominationState) -> bool:
    """Return whether a nomination may go from one state to another in one step."""
    return after in TRANSITIONS[before]


def is_running(state: NominationState) -> bool:
    """Return whether the same person cannot be nominated anew."""
    return bool(TRANSITIONS[state])


@unique
class Standing(StrEnum):
    """Who a nominee is to Python (R1): the first three are expected, others are possible."""

    CORE_DEVELOPER = "core-developer"
    TRIAGER = "triager"
    PSF_STAFF = "psf-staff"
    OTHER = "other"


STANDING_WORDS: Mapping[Standing, str] = {
    Standing.CORE_DEVELOPER: "Core developer",
    Standing.TRIAGER: "Triager",
    Standing.PSF_STAFF: "PSF staff",
    Standing.OTHER: "Other (possible; the card says so)",
}

UNEXPECTED = "Neither core developer, triager nor PSF staff"


def standing_note(standing: Standing) -> str:
    """Return how the card names somebody's standing; others are marked as such (R1)."""
    return UNEXPECTED if standing is Standing.OTHER else STANDING_WORDS[standing]


@dataclass(frozen=True)
class Field:
    """A text of the nomination form (R13).

    Args:
        name: the modal's block id and the key under which the text is kept.
    """

    name: str
    label: str
    hint: str


LONGEST_TEXT = 3000  # characters; Slack's limit for one field of a modal
SHORTEST_TEXT = 3  # "none" and "n/a" are answers, a dot is not
MOST_ADDENDA = 20  # Details is one modal of at most 100 blocks

FIELDS = (
    Field("background", "Background", "Who they are and what they do."),
    Field(
        "experience",
        "Security experience",
        "Reports handled, vulnerabilities found or fixed, tools, teams.",
    ),
    Field("contributions", "Contributions to the ecosystem", "To Python and around it."),
    Field("relation", "How you know them", "How long, and from which work."),
    Field("conflicts", "Conflicts of interest", "Employers, projects, relations; or: none."),
)

AGREED = "agreed"
READ_PEP = "read_pep"
PROMISES: Mapping[str, str] = {
    AGREED: "They have agreed to be nominated",
    READ_PEP: "They have read PEP 811, including review and removal",
}
PROMISES_FIELD = "promises"


def texts_problems(texts: Mapping[str, str], promises: frozenset[str]) -> dict[str, str]:
    """Return what is wrong with a nomination's texts, by field; empty when all is well (R13)."""
    problems = overlong({field.name: texts.get(field.name, "") for field in FIELDS})
    for field in FIELDS:
        if len(texts.get(field.name, "").strip()) < SHORTEST_TEXT:
            problems[field.name] = f"Please fill in “{field.label}”; “none” is an answer too."
    missing = [words for name, words in PROMISES.items() if name not in promises]
    if missing:
        problems[PROMISES_FIELD] = "Please make sure first, then tick: " + "; ".join(missing) + "."
    return problems


def overlong(texts: Mapping[str, str]) -> dict[str, str]:
    """Return which texts are longer than can be kept, by name (R13)."""
    return {
        name: f"This has {len(text.strip())} characters; {LONGEST_TEXT} fit. Please shorten it."
        for name, text in texts.items()
        if len(text.strip()) > LONGEST_TEXT
    }


def addendum_problem(text: str, so_far: int) -> str | None:
    """Return what is wrong with an addendum, or None.

    Args:
        so_far: how many the nomination has.
    """
    if so_far >= MOST_ADDENDA:
        return f"There are {MOST_ADDENDA} addenda already; please go on in the card's thread."
    if len(text.strip()) < SHORTEST_TEXT:
        return "Please write what is to be added."
    return overlong({"": text}).get("")


def reason_problem(reason: str, *, needed: bool = True) -> str | None:
    """Return what is wrong with the reason for ending a nomination or a vote, or None."""
    if needed and len(reason.strip()) < SHORTEST_TEXT:
        return "Please give a reason; the team will see it."
    return overlong({"": reason}).get("")


@unique
class StatementState(StrEnum):
    """What became of the nominator's wish for a statement of the nominee (R13)."""

    ASKED = "asked"
    GIVEN = "given"
    DECLINED = "declined"


def statement_problem(text: str) -> str | None:
    """Return what is wrong with a nominee's statement, or None."""
    if len(text.strip()) < SHORTEST_TEXT:
        return "Please write a statement, or decline; both are fine."
    return overlong({"": text}).get("")


@dataclass(frozen=True)
class Nominee:
    """Who is meant by a nomination."""

    slack_user_id: str | None
    github: str
    name: str


def is_meant(nominee: Nominee, slack_user_id: str | None, github: str, name: str) -> bool:
    """Return whether somebody on the list of members is the nominee (R12: also later).

    Their Slack user or GitHub name decides. A nominee without a Slack user is known by name as
    well: nobody of a member's name can be nominated in this way, so it is nobody else's.
    """
    if nominee.slack_user_id is not None and nominee.slack_user_id == slack_user_id:
        return True
    if nominee.github and nominee.github.casefold() == github.casefold():
        return True
    return nominee.slack_user_id is None and same_name(nominee.name, name)


def same_name(one: str, other: str) -> bool:
    """Return whether two names differ in case and spaces alone."""
    return one.casefold().split() == other.casefold().split()


def nominee_key(slack_user_id: str | None, email: str | None) -> str:
    """Return what says that two nominations mean the same person.

    Raises:
        ValueError: neither is given.
    """
    if slack_user_id:
        return f"slack:{slack_user_id}"
    if email:
        return f"mail:{email.strip().casefold()}"
    raise ValueError("a nominee is a Slack user or has an e-mail address")


def go_ahead_reasons(electors: int, minimum: int, unlinked: tuple[str, ...]) -> tuple[str, ...]:
    """Return why a vote waits for an admin's go-ahead (DESIGN section 5); empty when it need not.

    Args:
        unlinked: names of members who could not vote, having no live Slack link.
    """
    reasons = []
    if electors < minimum:
        reasons.append(f"only {electors} could vote; the minimum is {minimum}")
    if unlinked:
        reasons.append("no live Slack link: " + ", ".join(unlinked))
    return tuple(reasons)
