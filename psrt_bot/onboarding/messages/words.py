"""What the messages of an onboarding are made from, and the names of their buttons and forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psrt_bot.onboarding.rules import Due, Link, OnboardingState, StepKind, Ticker, tally

# Callback and action ids: ``process.act``.
BEGIN = "onboarding.begin"
ACCEPT = "onboarding.accept"
DECLINE = "onboarding.decline"
HERE = "onboarding.here"
ASK_AGAIN = "onboarding.ask_again"
END = "onboarding.end"
TICK = "onboarding.tick"
SCORE = "onboarding.score"
OPEN = "onboarding.open"

# Fields of their forms.
VECTOR_FIELD = "vector"
USER_FIELD = "slack_user"

DIVIDER = ":"  # between an onboarding's id and a step's key, in a button's value

NOT_FOR_YOU = "There is nothing here for you to do."
NOT_NEEDED = "This is settled already; nothing was changed."


@dataclass(frozen=True)
class StepShown:
    """A step of a running onboarding.

    Args:
        result: of a scored vector, number and severity.
    """

    key: str
    title: str
    text: str
    who: Ticker
    kind: StepKind
    links: Sequence[Link]
    due_at: datetime | None
    remind_at: datetime | None
    ticked_at: datetime | None
    result: str | None = None

    @property
    def due(self) -> Due:
        """The step as time sees it."""
        return Due(self.who, self.ticked_at is not None, self.due_at, self.remind_at)


@dataclass(frozen=True)
class Shown:
    """An onboarding as the newcomer, their mentor and admins may see it.

    Args:
        github, email: as nominated; after the acceptance, as they say themselves.
        nominated_github: as the nomination had it; where it differs, admins check.
        mentor: their mentor's name.
    """

    onboarding_id: str
    name: str
    github: str
    nominated_github: str
    email: str | None
    slack_user_id: str | None
    state: OnboardingState
    begun_at: datetime
    asked_at: datetime | None = None
    accepted_at: datetime | None = None
    steps: Sequence[StepShown] = ()
    mentor: str | None = None

    @property
    def progress(self) -> str:
        """How many steps are ticked, of how many."""
        done, all_ = tally([step.due for step in self.steps])
        return f"{done} of {all_}"

    def late(self, now: datetime) -> list[StepShown]:
        """The steps that should have been ticked by now."""
        return [step for step in self.steps if step.due.is_late(now)]

    def waiting(self, now: datetime, who: Ticker) -> list[StepShown]:
        """The steps of which somebody is to be reminded."""
        return [s for s in self.steps if s.who is who and s.due.needs_word(now)]

    def open_for(self, who: Ticker) -> list[StepShown]:
        """The steps that are still to be ticked by them."""
        return [s for s in self.steps if s.who is who and s.ticked_at is None]

    def value(self, step: StepShown) -> str:
        """What a step's button carries."""
        return f"{self.onboarding_id}{DIVIDER}{step.key}"
