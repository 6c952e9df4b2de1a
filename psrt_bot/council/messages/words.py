"""What the messages of a decision are made from, and the names of their buttons and forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psrt_bot.council.rules import ANSWER_WORDS, Answer, DecisionState
from psrt_bot.runtime.blocks import days, escape, moment

# Callback and action ids: ``process.act``.
VETO = "council.veto"
NO_OBJECTION = "council.no_objection"
ABSTAIN = "council.abstain"
TOLD_BY_MAIL = "council.told_by_mail"
RECORD_ANSWER = "council.record_answer"
RECORD_DECISION = "council.record_decision"

# Fields of their forms.
REASON_FIELD = "reason"
SURE_FIELD = "sure"
SURE = "sure"
MEMBER_FIELD = "member"
ANSWER_FIELD = "answer"
WRITER_FIELD = "written_by"
RECEIVED_FIELD = "received_on"
REFERENCE_FIELD = "reference"


@dataclass(frozen=True)
class SeatLine:
    """One of the council and what they said.

    Args:
        recused: why they take no part.
        by_mail: an admin recorded the answer.
        gone: they left the council since; their answer counts, and they cannot change it.
    """

    person_id: str
    name: str
    answer: Answer | None = None
    recused: str | None = None
    by_mail: bool = False
    gone: bool = False

    @property
    def words(self) -> str:
        """Name and answer in a line of mrkdwn."""
        if self.recused:
            return f"• {escape(self.name)}: recused as {self.recused}"
        said = ANSWER_WORDS[self.answer] if self.answer else "no answer yet"
        notes = ["by mail"] if self.by_mail else []
        notes += ["left the council since"] if self.gone else []
        return f"• {escape(self.name)}: {said}" + (f" ({', '.join(notes)})" if notes else "")


@dataclass(frozen=True)
class Recorded:
    """A decision of the council that came by mail."""

    admin: str
    written_by: str
    received_on: date
    reference: str


@dataclass(frozen=True)
class Shown:
    """A decision as council and admins may see it.

    Args:
        lines: what it is about, as plain text.
        details: the action id of the button that shows more.
        seats: the frozen roll; before the council was told, who would be on it.
        reasons: of a veto, by who gave them; for admins and the nominator.
    """

    decision_id: str
    subject: str
    title: str
    lines: Sequence[str]
    details: str
    state: DecisionState
    window: timedelta
    ends_at: datetime | None
    seats: Sequence[SeatLine]
    recorded: Recorded | None = None
    reasons: Sequence[tuple[str, str]] = ()

    @property
    def deciding(self) -> list[SeatLine]:
        """Who takes part."""
        return [seat for seat in self.seats if not seat.recused]

    @property
    def standing(self) -> str:
        """How it stands, as a sentence of mrkdwn."""
        match self.state:
            case DecisionState.AWAITING_NOTICE:
                return "The council has not been told yet; no time runs."
            case DecisionState.CONFIRMED:
                return "*Decided: no veto.* It takes effect."
            case DecisionState.VETOED:
                return "*Decided: vetoed.*"
            case DecisionState.ENDED:
                return "*Nothing is to be decided any more*: it was taken back."
        assert self.ends_at is not None
        if not self.deciding:
            return "Nobody is on the council's roll: an admin records what it decided."
        return f"It takes effect unless the council vetoes it by {moment(self.ends_at)}."

    @property
    def duration(self) -> str:
        """The window's length in words."""
        return days(self.window)
