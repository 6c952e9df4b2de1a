"""What is said of the Steering Council's decision: to the council, the team, the nominator (R4)."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from psrt_bot.nominations.messages.posts import with_nominator_buttons
from psrt_bot.nominations.messages.words import Shown
from psrt_bot.nominations.rules import standing_note
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, in_utc, moment

NOMINEE = "the nominee"
NOMINATOR = "the nominator"


def title(shown: Shown) -> str:
    """Return what the council may veto, in a few words."""
    return f"{shown.nominee} as a member of the Python Security Response Team"


def lines(shown: Shown) -> tuple[str, ...]:
    """Return what the council is told at once; the texts stand behind **Details**. No counts."""
    github = f" GitHub: {shown.github}." if shown.github else ""
    return (
        f"Nominated by {shown.nominator}. {standing_note(shown.standing)}.{github}",
        "The team's vote has passed.",
    )


def told(shown: Shown) -> Message:
    """Return the word to the team that the council has been told."""
    text = f"The Steering Council has been told of {escape(shown.nominee)}"
    if shown.veto_until is None:
        return Message(f"{text}.", [blocks.section(f"{text}.")])
    return Message(
        f"{text}; a veto is possible until {in_utc(shown.veto_until)}.",
        [blocks.section(f"{text}; a veto is possible until {moment(shown.veto_until)}.")],
    )


def decided(shown: Shown, *, confirmed: bool) -> Message:
    """Return the outcome for the team channel; a veto's reason is not for it."""
    name = escape(shown.nominee)
    if confirmed:
        text = f"The nomination of {name} is confirmed: the Steering Council did not veto."
    else:
        text = (
            f"The Steering Council vetoed the nomination of {name}. Its reason went to the admins "
            "and the nominator."
        )
    return Message(text, [blocks.section(text)])


def decided_to_nominator(
    shown: Shown, *, confirmed: bool, reasons: Sequence[tuple[str, str]]
) -> Message:
    """Return the outcome for the nominator, with the reasons of a veto."""
    if confirmed:
        return with_nominator_buttons(decided(shown, confirmed=True), shown)
    text = f"The Steering Council vetoed your nomination of {escape(shown.nominee)}."
    parts: list[Block] = [blocks.section(text)]
    for name, reason in reasons:
        parts += [blocks.section(f"*Reason given by {escape(name)}*"), *blocks.quoted(reason)]
    parts.append(blocks.context("Reasons are for you and the admins alone; please keep them."))
    return with_nominator_buttons(Message(text, parts), shown)
