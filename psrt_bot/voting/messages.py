"""What the poll says to voters: the modal, the receipt, reminders, alarms."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message
from psrt_bot.voting.rules import MIN_BULLETIN, Choice

CAST = "voting.cast"  # the modal's callback id
VOTE = "voting.vote"  # the button that opens it
CHOICE_FIELD = "choice"  # the modal's fields
CHECK_WORD_FIELD = "check_word"

SECRECY = (
    "*How secrecy works.* Your ballot is sealed as soon as it arrives; who cast it is not stored. "
    "After the close the ballots are counted and the keys destroyed; from then on the bot's "
    "database does not tell who voted how. Slack itself, and whoever controls the bot's machine "
    "during the vote, could see your choice."
)
UNANIMOUS = (
    "A unanimous result reveals every vote. With fewer than "
    f"{MIN_BULLETIN} ballots only passed or not passed is published."
)
WORDS = {Choice.YES: "Yes", Choice.NO: "No", Choice.ABSTAIN: "Abstain"}


REMINDED_VOTES = 40  # a message holds 50 blocks
LISTED_VOTES = 90  # a modal 100


class HasPoll(Protocol):
    """What a poll's row offers to be shown."""

    id: str
    title: str
    closes_at: datetime | None


@dataclass(frozen=True)
class PollLine:
    """A poll as it is shown in a list."""

    poll_id: str
    title: str
    closes_at: datetime

    @classmethod
    def of(cls, poll: HasPoll) -> "PollLine":
        """Return the line of an open poll."""
        assert poll.closes_at is not None  # an open poll has a close
        return cls(poll.id, poll.title, poll.closes_at)


def vote_button(poll_id: str) -> ButtonElement:
    """Return the button that opens the ballot."""
    return blocks.button("Vote", VOTE, poll_id, style="primary")


def ballot_modal(poll: PollLine, *, has_voted: bool) -> View:
    """Return the ballot."""
    parts: list[Block] = [
        blocks.section(f"*{blocks.escape(poll.title)}*"),
        blocks.context(f"Open until {blocks.moment(poll.closes_at)}"),
    ]
    if has_voted:
        parts.append(blocks.section("You have voted. Voting again *replaces* your ballot."))
    parts += [
        blocks.radio_input(CHOICE_FIELD, "Your vote", {c.value: w for c, w in WORDS.items()}),
        blocks.text_input(
            CHECK_WORD_FIELD,
            "Check word",
            optional=True,
            max_length=16,
            hint=(
                "2 to 16 letters or digits, not your name: it is published beside your ballot, so "
                "that nobody else can be given your receipt. A random word does well."
            ),
        ),
        blocks.section(SECRECY),
        blocks.context(UNANIMOUS),
    ]
    return blocks.modal(
        CAST, "Vote", parts, submit="Cast ballot", close="Cancel", metadata=poll.poll_id
    )


class _Ready(View):
    """A modal of which what is sent is known already."""

    def __init__(self, sent: dict[str, Any]) -> None:
        super().__init__(type="modal")
        self._sent = sent

    def to_dict(self, *_args: Any) -> dict[str, Any]:
        """Return what is sent."""
        return self._sent


_SOME_RECEIPT = "XXXX-XXXX-XXXX"


def receipt_modal(receipt: str) -> View:
    """Return what a voter sees once their ballot is recorded. Shown once, stored nowhere."""
    return _Ready(json.loads(_receipt_text().replace(_SOME_RECEIPT, receipt)))


@cache
def _receipt_text() -> str:
    """Return the modal without a receipt, built once: the models took a fifth of a ballot's time,
    while everybody else waits for the interpreter."""
    made = blocks.modal(
        "notice",
        "Ballot recorded",
        [
            blocks.section("Your ballot is recorded. Your receipt:"),
            blocks.section(f"`{_SOME_RECEIPT}`"),
            blocks.section(
                "Write it down now: it is *not stored and not shown again*. After the close, look "
                "for it in the published bulletin, with your check word and your choice beside it."
            ),
            blocks.context("Voting again replaces this ballot and gives a new receipt."),
        ],
        close="Done",
    )
    return json.dumps(made.to_dict())


def choose_modal(polls: Sequence[PollLine]) -> View:
    """Return the list of open votes to choose from."""
    parts: list[Block] = [
        blocks.section(
            f"*{blocks.escape(poll.title)}*\nOpen until {blocks.moment(poll.closes_at)}",
            accessory=vote_button(poll.poll_id),
        )
        for poll in polls[:LISTED_VOTES]
    ]
    if more := polls[LISTED_VOTES:]:
        parts.append(blocks.section(f"and {len(more)} more; they are listed as these close."))
    return blocks.modal("notice", "Open votes", parts)


def reminder(polls: Sequence[PollLine]) -> Message:
    """Return the reminder to somebody who has not voted in some polls."""
    count = blocks.plural(len(polls), "vote")
    more = len(polls) - REMINDED_VOTES
    text = f"Your ballot is missing in {count}: " + "; ".join(
        f"{blocks.escape(poll.title)}, open until {blocks.in_utc(poll.closes_at)}"
        for poll in polls[:REMINDED_VOTES]
    )
    parts: list[Block] = [blocks.section(f"Your ballot is missing in {count}.")]
    parts += [
        blocks.section(
            f"*{blocks.escape(poll.title)}*\nOpen until {blocks.moment(poll.closes_at)}",
            accessory=vote_button(poll.poll_id),
        )
        for poll in polls[:REMINDED_VOTES]
    ]
    if more > 0:
        parts.append(blocks.section(f"and {more} more, which close later."))
    parts.append(blocks.context("Only you see this. No database of mine records who was reminded."))
    return Message(text, parts)
