"""What the messages of a nomination are made from, and the names of their buttons and forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from slack_sdk.models.blocks import Block

from psrt_bot.nominations.rules import (
    FIELDS,
    PROMISES,
    NominationState,
    Standing,
    StatementState,
    VotePhase,
    phase,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import moment

# Callback and action ids: ``process.act``.
WHO = "nominations.who"
TEXTS = "nominations.texts"
PREVIEW = "nominations.preview"
SAVE_TEXTS = "nominations.save"
CONTINUE = "nominations.continue"
DISCARD = "nominations.discard"
START = "nominations.start"
DETAILS = "nominations.details"
ADDENDUM = "nominations.addendum"
WITHDRAW = "nominations.withdraw"
CANCEL = "nominations.cancel"
GO_AHEAD = "nominations.go_ahead"
GIVE_UP = "nominations.give_up"
KEYS_LOST = "nominations.keys_lost"
RERUN = "nominations.rerun"
CLOSE_NOW = "nominations.close_now"
EXTEND = "nominations.extend"
BULLETIN = "nominations.bulletin"
COUNCIL_DETAILS = "nominations.council_details"
ASK_STATEMENT = "nominations.ask_statement"
PASTE_STATEMENT = "nominations.paste_statement"
WRITE_STATEMENT = "nominations.write_statement"
DECLINE_STATEMENT = "nominations.decline_statement"
SHARE_PROGRESS = "nominations.share_progress"
NEUTRALISE = "nominations.neutralise"


@dataclass(frozen=True)
class Who:
    """The nominee as it was typed in step 1."""

    slack_user_id: str | None = None
    name: str = ""
    email: str = ""
    github: str = ""
    standing: str = ""


@dataclass(frozen=True)
class StatementShown:
    """What the nominee says of themselves, if they were asked.

    Args:
        pasted: by the nominator, of somebody outside the workspace.
    """

    state: StatementState
    at: datetime
    text: str = ""
    pasted: bool = False


@dataclass(frozen=True)
class Shown:
    """A nomination as it may be shown to a member: never a count before the close."""

    nomination_id: str
    nominee: str
    nominator: str
    github: str
    standing: Standing
    state: NominationState
    nominated_at: datetime
    closes_at: datetime | None = None
    poll_id: str | None = None
    vote: VotePhase = VotePhase.DONE
    texts: Mapping[str, str] = field(default_factory=dict)
    addenda: Sequence[tuple[datetime, str]] = ()
    veto_until: datetime | None = None
    statement: StatementShown | None = None
    keys_out_of_reach: bool = False

    @property
    def phase(self) -> str:
        """How it stands, in words."""
        return phase(self.state, self.vote)

    @property
    def takes_votes(self) -> bool:
        """Whether ballots are taken now."""
        return self.state is NominationState.VOTING and self.vote is VotePhase.TAKING


@dataclass(frozen=True)
class Result:
    """A counted vote. ``tally`` is None where too few ballots were cast to publish it."""

    poll_id: str
    nominee: str
    passed: bool
    tally: tuple[int, int, int] | None
    electorate: int
    left: int
    closed_at: datetime
    threshold: str
    sha256: str | None
    electorate_hash: str
    keys_lost: bool = False


def texts_blocks(shown: Shown) -> list[Block]:
    """Return what the nominator wrote, field by field, while it is kept (``PSRT_RETENTION``)."""
    if not shown.texts:
        return [blocks.context("The texts are no longer kept.")]
    parts: list[Block] = []
    for text in FIELDS:
        if written := shown.texts.get(text.name):
            parts += [blocks.section(f"*{text.label}*"), *blocks.quoted(written)]
    ticked = [words for name, words in PROMISES.items() if shown.texts.get(name)]
    if ticked:
        parts.append(blocks.context("According to the nominator: " + "; ".join(ticked) + "."))
    return parts


def dates(shown: Shown) -> str:
    """Return a nomination's dates in one line."""
    line = f"nominated {moment(shown.nominated_at)}"
    taken_back = (NominationState.WITHDRAWN, NominationState.CANCELLED)
    if shown.closes_at and shown.state not in taken_back:
        verb = "closes" if shown.takes_votes else "closed"
        line += f", vote {verb} {moment(shown.closes_at)}"
    if shown.veto_until and shown.state is NominationState.COUNCIL:
        line += f", a veto is possible until {moment(shown.veto_until)}"
    return line
