"""The card, the details behind it, and what is said along the way."""

from collections.abc import Collection, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.statements import statement_blocks
from psrt_bot.nominations.messages.words import Shown, dates, texts_blocks
from psrt_bot.nominations.rules import is_running, standing_note
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, in_utc, moment
from psrt_bot.voting.messages import vote_button

SHOWN_ADDENDA = 35  # a modal holds 100 blocks, two an addendum, beside some twenty others
SHOWN_IN_STATUS = 20  # a message holds 50 blocks, two a nomination

HOW_TO_DISCUSS = (
    "Discuss here if you like, in this thread. Please *do not say how you vote*: the ballot is "
    "secret, and results show only after the close. Whoever joins the team later can read this "
    "thread."
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
    for added_at, text in shown.addenda[:SHOWN_ADDENDA]:
        parts += [blocks.section(f"*Addendum of {moment(added_at)}*"), *blocks.quoted(text)]
    if len(shown.addenda) > SHOWN_ADDENDA:
        parts.append(blocks.context(f"and {len(shown.addenda) - SHOWN_ADDENDA} more addenda"))
    parts += statement_blocks(shown)
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
    return "\n".join(_status_line(shown) for shown in nominations)


def _status_line(shown: Shown) -> str:
    return f"• *{escape(shown.nominee)}*: {shown.phase}; {dates(shown)}"


def status_blocks(nominations: Sequence[Shown], own: Collection[str]) -> list[Block]:
    """Return the same, with buttons below one's own nominations.

    Args:
        own: the ids of the reader's own.
    """
    parts: list[Block] = []
    for shown in nominations[:SHOWN_IN_STATUS]:
        parts.append(blocks.section(_status_line(shown)))
        if shown.nomination_id in own:
            parts.append(nominator_buttons(shown))
    if len(nominations) > SHOWN_IN_STATUS:
        parts.append(blocks.context(f"and {len(nominations) - SHOWN_IN_STATUS} more"))
    return parts


def told_nominator(shown: Shown, what: str) -> Message:
    """Return the direct message to the nominator at one step, with what they can do."""
    name = escape(shown.nominee)
    return with_nominator_buttons(
        Message(
            f"Your nomination of {name}: {what}",
            [
                blocks.section(f"Your nomination of *{name}*: {what}"),
                blocks.context(dates(shown)),
            ],
        ),
        shown,
    )


def with_nominator_buttons(message: Message, shown: Shown) -> Message:
    """Return a message to the nominator with what they can do below it."""
    return Message(message.text, [*message.blocks, nominator_buttons(shown)])


def nominator_buttons(shown: Shown) -> ActionsBlock:
    """Return what a nominator can do at each step (R12, R13)."""
    buttons = [
        blocks.button("Share progress with nominee", words.SHARE_PROGRESS, shown.nomination_id)
    ]
    if shown.statement is None and is_running(shown.state):
        ask = blocks.button("Ask nominee for a statement", words.ASK_STATEMENT, shown.nomination_id)
        buttons.insert(0, ask)
    return blocks.actions(*buttons)


def ended(shown: Shown, reason: str) -> Message:
    """Return the word to team and nominator when a nomination ends without a decision."""
    text = f"The nomination of {escape(shown.nominee)} was {shown.phase}."
    if shown.closes_at and shown.keys_out_of_reach:
        text += (
            " The ballots of its vote have been destroyed. Its keys are out of reach; should they "
            "turn up, they are destroyed."
        )
    elif shown.closes_at:
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
