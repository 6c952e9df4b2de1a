"""What stands where the bot spoke of somebody who comes, and what is told when it resists."""

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape

LINE = (
    "This was about a nomination and is not shown here any more. Members can still see its result."
)


def line() -> Message:
    """Return the neutral line; it tells neither who nor what."""
    return Message(LINE, [blocks.context(LINE)])


def lingers(shown: Shown, channel: str, code: str) -> Message:
    """Return what admins hear when a post about somebody could not be withdrawn.

    Args:
        code: Slack's error code.
    """
    text = (
        f"A post of mine about {escape(shown.nominee)} in <#{channel}> could not be withdrawn: "
        f"Slack says {escape(code)}. I invite them there only when it is gone."
    )
    button = blocks.button("Try again", words.NEUTRALISE, shown.nomination_id)
    onward = "Remove it by hand (the card, its thread, the result, the bulletin), then press:"
    return Message(text, [blocks.section(f"{text}\n{onward}"), blocks.actions(button)])


def perhaps_twice(shown: Shown, channel: str) -> Message:
    """Return what admins hear of a post whose answer was lost once: a copy may stand there."""
    text = (
        f"A post of mine about {escape(shown.nominee)} in <#{channel}> may stand there twice, and "
        "I know of one copy only. Please look, and remove the other by hand."
    )
    return Message(text, [blocks.section(text)])
