"""The words of onboarding, and what may be decided without asking anybody (R5, R7, R11)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique


@unique
class OnboardingState(StrEnum):
    """Where an onboarding stands. `docs/architecture.md` draws the same machine."""

    OUTSIDE = "outside"  # not in the workspace yet; admins invite them
    ASKED = "asked"  # the newcomer reads what the team asks of them, and accepts or declines
    CHECKLIST = "checklist"  # a member, with steps still to be done
    DONE = "done"
    DECLINED = "declined"
    ENDED = "ended"  # they left, or an admin ended it


TRANSITIONS: Mapping[OnboardingState, frozenset[OnboardingState]] = {
    OnboardingState.OUTSIDE: frozenset({OnboardingState.ASKED, OnboardingState.ENDED}),
    OnboardingState.ASKED: frozenset(
        {OnboardingState.CHECKLIST, OnboardingState.DECLINED, OnboardingState.ENDED}
    ),
    OnboardingState.CHECKLIST: frozenset({OnboardingState.DONE, OnboardingState.ENDED}),
    OnboardingState.DONE: frozenset(),
    OnboardingState.DECLINED: frozenset(),
    OnboardingState.ENDED: frozenset(),
}

STATE_WORDS: Mapping[OnboardingState, str] = {
    OnboardingState.OUTSIDE: "to be invited to Slack",
    OnboardingState.ASKED: "asked; has not answered yet",
    OnboardingState.CHECKLIST: "a member, at the checklist",
    OnboardingState.DONE: "done",
    OnboardingState.DECLINED: "declined",
    OnboardingState.ENDED: "ended",
}


def may_become(before: OnboardingState, after: OnboardingState) -> bool:
    """Return whether an onboarding may go from one state to another in one step."""
    return after in TRANSITIONS[before]


def is_running(state: OnboardingState) -> bool:
    """Return whether there is still something to be done."""
    return bool(TRANSITIONS[state])


# After having been asked (R11): whoever is silent is reminded, then admins are told.
REMIND_AFTER = (timedelta(days=3), timedelta(days=10))
SILENT_AFTER = timedelta(days=21)
ASK_AGAIN = timedelta(days=7)  # what admins, or who is late, have not done is asked for weekly


@dataclass(frozen=True)
class Promise:
    """Something a newcomer takes on, to be ticked by itself.

    Args:
        name: the modal's block id.
        text: the whole of it, as mrkdwn.
        tick: the words beside the box; at most 75 characters.
    """

    name: str
    title: str
    text: str
    tick: str

    @property
    def label(self) -> str:
        """What stands above the box, below the text."""
        return f"{self.title}: do you agree?"


# The responsibilities of members, in PEP 811's order; the embargo rule in full (R7).
PROMISES = (
    Promise(
        "knowledge",
        "Knowing the trade",
        "You know how reports of vulnerabilities are usually handled: CVE IDs, patches, "
        "coordinated disclosure, embargoes. What you do not know yet, you learn or ask.",
        "I know it, or learn it",
    ),
    Promise(
        "embargo",
        "The embargo",
        "You neither share embargoed information about a vulnerability nor act on it, until its "
        "advisory is published. Not shared means: with nobody outside the handling of that very "
        "report; not with colleagues, your employer, your other projects, not in public, not in a "
        "hint. Not acted on means: you deploy no unpublished mitigation or patch where others "
        "could see it, and gain nothing from what you know. Experts are brought in on the report "
        "itself. What you learned stays under embargo when you leave the team.",
        "I neither share nor act on embargoed information",
    ),
    Promise(
        "coordinating",
        "Coordinating",
        "As a Coordinator you move a report to a finished state, rejected or with a published "
        "advisory and a mitigation, within 90 days.",
        "I coordinate reports, within 90 days",
    ),
    Promise(
        "experts",
        "Involving experts",
        "As a Coordinator you involve members of the core team or triagers who know the matter, "
        "to decide whether it is a vulnerability and to develop the patch, and do not work in "
        "isolation.",
        "I involve the experts",
    ),
    Promise(
        "advisories",
        "Severity and advisories",
        "As a Coordinator you calculate the severity with CVSS v4.0 and write the advisory that "
        "goes to the announcement list, from which the CVE record is made.",
        "I score severity and write the advisory",
    ),
    Promise(
        "handover",
        "Handing over",
        "If for any reason you cannot move a report forward any more, you hand your role as "
        "Coordinator to somebody else in the team. Once a year the Steering Council hears of "
        "members who neither coordinated nor commented on a report, and may remove them.",
        "I hand over when I cannot go on",
    ),
    Promise(
        "conduct",
        "Code of Conduct",
        "The Code of Conduct of the Python Software Foundation holds here as everywhere: "
        "<https://www.python.org/psf/conduct/|www.python.org/psf/conduct>. For anything about "
        "conduct turn to the PSF's conduct working group, conduct-wg@python.org; for anything "
        "about the team to its admins.",
        "I keep the Code of Conduct",
    ),
)
AGREED = "agreed"  # the value of every box

GITHUB, EMAIL, NAME = "github", "email", "listed_name"  # fields of the same form


def unticked(ticked: Collection[str]) -> dict[str, str]:
    """Return what is wrong where a promise's box stayed empty, by field; each is needed (R7).

    Args:
        ticked: the names of the promises that were ticked.
    """
    return {
        promise.name: f"Please read “{promise.title}”, and tick it if you agree; all are needed."
        for promise in PROMISES
        if promise.name not in ticked
    }


def same_address(one: str | None, other: str | None) -> bool:
    """Return whether two e-mail addresses mean the same mailbox, as people write them.

    Case does not count; that it could before the @ is theory (RFC 5321, section 2.4).
    """
    if not one or not other:
        return False
    return one.strip().casefold() == other.strip().casefold()


@unique
class Ticker(StrEnum):
    """Who ticks a step."""

    NEWCOMER = "newcomer"
    MENTOR = "mentor"  # an admin as well: there may be no mentor yet
    ADMIN = "admin"


@unique
class StepKind(StrEnum):
    """How a step is ticked."""

    READ = "read"  # one press
    CONFIRM = "confirm"  # a press, and Slack asks whether it is so
    CVSS = "cvss"  # a CVSS v4.0 vector is pasted, and scored


@dataclass(frozen=True)
class Link:
    """A link of a step."""

    text: str
    url: str


@dataclass(frozen=True)
class Step:
    """A step of the checklist, as its file has it.

    Args:
        key: its name, for good; unique in a file.
        due: how long after the acceptance; None for whenever.
        remind: how long before it is due to remind; None for not before.
    """

    key: str
    title: str
    text: str
    who: Ticker
    kind: StepKind = StepKind.CONFIRM
    due: timedelta | None = None
    remind: timedelta | None = None
    links: tuple[Link, ...] = ()

    def reminders(self) -> tuple[timedelta, ...]:
        """Return how long after the acceptance whoever ticks it is reminded."""
        if self.due is None:
            return ()
        return (self.due,) if self.remind is None else (self.due - self.remind, self.due)


def may_tick(who: Ticker, *, newcomer: bool, mentor: bool, admin: bool) -> bool:
    """Return whether somebody may tick a step.

    Args:
        newcomer: it is their own onboarding; then nothing of others' is theirs to tick.
        mentor: they are the newcomer's; admin: they hold that role.
    """
    if newcomer:
        return who is Ticker.NEWCOMER
    return admin if who is Ticker.ADMIN else (who is Ticker.MENTOR and (mentor or admin))


@dataclass(frozen=True)
class Due:
    """A step of a running onboarding as time sees it."""

    who: Ticker
    ticked: bool
    due_at: datetime | None
    remind_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Return whether it should have been ticked by now."""
        return not self.ticked and self.due_at is not None and self.due_at <= now

    def needs_word(self, now: datetime) -> bool:
        """Return whether whoever ticks it is to be reminded."""
        return not self.ticked and self.remind_at is not None and self.remind_at <= now


def reminder_moments(steps: Iterable[Step], accepted_at: datetime, who: Ticker) -> list[datetime]:
    """Return when ``who`` is to be reminded of the steps that are theirs, each moment once."""
    mine = (step for step in steps if step.who is who)
    return sorted({accepted_at + after for step in mine for after in step.reminders()})


def next_week(accepted_at: datetime, now: datetime) -> datetime:
    """Return when is asked again for what is late: whole weeks after the acceptance."""
    return accepted_at + ((now - accepted_at) // ASK_AGAIN + 1) * ASK_AGAIN


def tally(steps: Sequence[Due]) -> tuple[int, int]:
    """Return how many steps are ticked, of how many."""
    return sum(step.ticked for step in steps), len(steps)
