"""The nominee's statement and what they are told of how it stands: phase and dates (R12, R13)."""

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown, dates
from psrt_bot.nominations.rules import LONGEST_TEXT, StatementState
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment

FIELD = "statement"
WHAT_FOR = (
    "In a few sentences: why you want to join, what you would work on, how much time you have. "
    "Members of the team will read it, and the Steering Council if the vote passes."
)


def statement_blocks(shown: Shown) -> list[Block]:
    """Return what the nominee says of themselves, for **Details**."""
    said = shown.statement
    if said is None or said.state is not StatementState.GIVEN or not said.text:
        return []
    by = "handed in by the nominator" if said.pasted else "written by themselves"
    title = f"*Statement of the nominee* of {moment(said.at)}, {by}"
    return [blocks.section(title), *blocks.quoted(said.text)]


def request(shown: Shown) -> Message:
    """Return the direct message that asks the nominee; it tells nothing of the vote."""
    text = (
        f"{escape(shown.nominator)} nominated you for the Python Security Response Team and asks "
        "you for a short statement."
    )
    return Message(
        text,
        [
            blocks.section(text),
            blocks.section(WHAT_FOR),
            blocks.actions(
                blocks.button(
                    "Write a statement", words.WRITE_STATEMENT, shown.nomination_id, style="primary"
                ),
                blocks.button(
                    "Decline",
                    words.DECLINE_STATEMENT,
                    shown.nomination_id,
                    confirm=blocks.sure(
                        "Decline?", "Your nominator is told; nobody else is.", "Decline"
                    ),
                ),
            ),
            blocks.context("It is optional: a nomination is complete without it."),
        ],
    )


def request_answered(*, declined: bool) -> Message:
    """Return what that message becomes when it is answered."""
    said = "You declined to write a statement." if declined else "Your statement is handed in."
    text = f"{said} Thank you."
    return Message(text, [blocks.section(text)])


def write_modal(nomination_id: str) -> View:
    """Return the form in which the nominee writes."""
    return blocks.modal(
        words.WRITE_STATEMENT,
        "Your statement",
        [
            blocks.section(WHAT_FOR),
            blocks.text_input(FIELD, "Statement", multiline=True, max_length=LONGEST_TEXT),
            blocks.context("It cannot be changed afterwards."),
        ],
        submit="Hand in",
        close="Go back",
        metadata=nomination_id,
    )


def paste_modal(shown: Shown) -> View:
    """Return the form in which the nominator hands in what somebody outside Slack wrote."""
    return blocks.modal(
        words.PASTE_STATEMENT,
        "Nominee's statement",
        [
            blocks.section(
                f"*{escape(shown.nominee)}* is not in this workspace. Ask them by mail, and paste "
                "what they write: why they want to join, what they would work on, how much time "
                "they have."
            ),
            blocks.text_input(FIELD, "Statement", multiline=True, max_length=LONGEST_TEXT),
            blocks.context("It cannot be changed afterwards."),
        ],
        submit="Hand in",
        close="Go back",
        metadata=shown.nomination_id,
    )


def statement_note(shown: Shown) -> Message:
    """Return the word to the voters, said once in the card's thread."""
    text = f"There is a statement of {escape(shown.nominee)} now; see Details."
    button = blocks.button("Details", words.DETAILS, shown.nomination_id)
    return Message(text, [blocks.section(text, accessory=button)])


def progress(shown: Shown) -> str:
    """Return how a nomination stands, for the nominee: phase and dates, never a count (R12)."""
    return (
        f"{escape(shown.nominator)} lets you know how your nomination for the Python Security "
        f"Response Team stands: {shown.phase}; {dates(shown)}."
    )


def progress_message(shown: Shown) -> Message:
    """Return that as a direct message."""
    text = progress(shown)
    return Message(text, [blocks.section(text)])
