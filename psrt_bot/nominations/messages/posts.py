"""The card, the details behind it, and what is said along the way."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown, dates, texts_blocks
from psrt_bot.nominations.rules import standing_note
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, in_utc, moment
from psrt_bot.voting.messages import vote_button

HOW_TO_DISCUSS = (
    "Discuss here if you like, in this thread. Please *do not say how you vote*: the ballot is "
    "secret, and results show only after the close."
)


def card(shown: Shown) -> Message:
    """Return the card in the team channel: names and dates, nothing of the texts."""
    lines = [
        f"*Nomination: {escape(shown.nominee)}*",
        f"{_standing(shown)}. Nominated by {escape(shown.nominator)}.",
    ]
    buttons = [blocks.button("Details", words.DETAILS, shown.nomination_id)]
    until = ""
    if shown.takes_votes and shown.closes_at and shown.poll_id:
        lines.append(f"Voting is open until {moment(shown.closes_at)}.")
        until = f", open until {in_utc(shown.closes_at)}"
        buttons.insert(0, vote_button(shown.poll_id))
    else:
        lines.append(f"Now: {shown.phase}.")
        until = f": {shown.phase}"
    return Message(
        f"Nomination of {escape(shown.nominee)} by {escape(shown.nominator)}{until}",
        [blocks.section("\n".join(lines)), blocks.actions(*buttons)],
    )


def _standing(shown: Shown) -> str:
    github = f" (GitHub: {escape(shown.github)})" if shown.github else ""
    return standing_note(shown.standing) + github


def thread_opening() -> Message:
    """Return the first message in the card's thread."""
    return Message(
        "Discuss here; please do not say how you vote.", [blocks.section(HOW_TO_DISCUSS)]
    )


def details_modal(shown: Shown, *, may_add: bool, may_cancel: bool) -> View:
    """Return a nomination's texts, addenda and dates, for a member."""
    parts: list[Block] = [
        blocks.section(f"*{escape(shown.nominee)}*, nominated by {escape(shown.nominator)}"),
        blocks.context(f"{_standing(shown)}. Phase: {shown.phase}; {dates(shown)}"),
        blocks.divider(),
        *texts_blocks(shown),
    ]
    for added_at, text in shown.addenda:
        parts += [blocks.section(f"*Addendum of {moment(added_at)}*"), *blocks.quoted(text)]
    buttons = []
    if may_add:
        buttons.append(blocks.button("Add an addendum", words.ADDENDUM, shown.nomination_id))
    if may_cancel:
        buttons.append(
            blocks.button("Cancel nomination…", words.CANCEL, shown.nomination_id, style="danger")
        )
    if buttons:
        parts.append(blocks.actions(*buttons))
    return blocks.modal("notice", "Nomination", parts)


def status_text(nominations: Sequence[Shown]) -> str:
    """Return phase and dates of nominations, never a count (R12)."""
    if not nominations:
        return "There are no nominations under way."
    return "\n".join(
        f"• *{escape(shown.nominee)}*: {shown.phase}; {dates(shown)}" for shown in nominations
    )


def told_nominator(shown: Shown, what: str) -> Message:
    """Return the direct message to the nominator at one step."""
    name = escape(shown.nominee)
    return Message(
        f"Your nomination of {name}: {what}",
        [
            blocks.section(f"Your nomination of *{name}*: {what}"),
            blocks.context(dates(shown)),
        ],
    )


def ended(shown: Shown, reason: str) -> Message:
    """Return the word to team and nominator when a nomination ends without a decision."""
    text = f"The nomination of {escape(shown.nominee)} was {shown.phase}."
    if shown.closes_at:
        text += " The ballots and keys of its vote have been destroyed."
    parts: list[Block] = [blocks.section(text)]
    if reason:
        parts += [blocks.section("*Reason*"), *blocks.quoted(reason)]
    return Message(text, parts)


def addendum_note(shown: Shown) -> Message:
    """Return the word in the card's thread that something was added."""
    text = escape(f"{shown.nominator} added to the nomination of {shown.nominee}; see Details.")
    button = blocks.button("Details", words.DETAILS, shown.nomination_id)
    return Message(text, [blocks.section(text, accessory=button)])


def rerun_note(shown: Shown) -> Message:
    """Return the word to the team that a vote begins anew."""
    text = f"The vote on {escape(shown.nominee)} is run again; earlier ballots do not count."
    return Message(text, [blocks.section(text)])
