"""The end of a newcomer's time with a mentor, or some more of it."""

from collections.abc import Sequence
from datetime import date, timedelta

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import Shown
from psrt_bot.mentoring.rules import LONGEST_EXTENSION, STEP
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural


def buttons(shown: Shown) -> list[ButtonElement]:
    """Return what a mentor may do once the last check-in is over."""
    return [
        blocks.button(
            "They can work alone",
            words.GRADUATE,
            shown.mentorship_id,
            style="primary",
            confirm=blocks.sure(
                "Is the mentoring over?",
                "They are told so, and the team is. It cannot be taken back.",
                "It is over",
            ),
        ),
        blocks.button("Extend…", words.EXTEND, shown.mentorship_id),
    ]


def asked(shown: Shown) -> Message:
    """Return the question to the mentor after the last check-in."""
    text = f"The check-ins with {shown.newcomer} are over. Can they coordinate alone?"
    return Message(escape(text), [blocks.section(escape(text)), blocks.actions(*buttons(shown))])


def unanswered(shown: Shown, times: int) -> Message:
    """Return what admins hear of a mentor who does not say the word.

    Args:
        times: how often they were asked, in vain.
    """
    text = (
        f"{shown.mentor} was asked {plural(times, 'time')} whether {shown.newcomer} can coordinate "
        "alone, and has not answered. Only the mentor can say so, or extend: please ask them, or "
        "choose another."
    )
    choose = words.choose_another_button(shown.mentorship_id)
    return Message(escape(text), [blocks.section(escape(text)), blocks.actions(choose)])


def extend_modal(shown: Shown, today: date, extended: int) -> View:
    """Return the choice until when a mentorship goes on.

    Args:
        extended: by how many days it has been extended before.
    """
    left = LONGEST_EXTENSION - extended
    return blocks.modal(
        words.EXTEND,
        "Extend",
        [
            blocks.section(
                f"You go on with {words.name(shown.newcomer)}: a check-in every {STEP} days and at "
                f"the end. {left} of {LONGEST_EXTENSION} days are left."
            ),
            blocks.date_input(
                words.DAY, "Until", initial=today + timedelta(days=min(STEP, max(left, 0)))
            ),
        ],
        submit="Extend",
        metadata=shown.mentorship_id,
    )


def extended(shown: Shown) -> Message:
    """Return what the pair reads when they go on."""
    coming = [f"• {one.line}" for one in shown.check_ins if one.state.value == "planned"]
    text = f"{shown.mentor} and {shown.newcomer} go on for a while."
    return Message(escape(text), [blocks.section("\n".join([escape(text), *coming]))])


def to_the_newcomer(shown: Shown, steps: Sequence[str]) -> Message:
    """Return thanks and a summary for the newcomer.

    Args:
        steps: what else they have done, as plain text lines.
    """
    assert shown.ended_at is not None
    assert shown.mentor_since is not None
    text = f"{shown.mentor} says that you can coordinate alone. Thank you for these first months!"
    dates = [
        f"• Looked for a mentor: {moment(shown.begun_at)}",
        f"• {escape(shown.mentor)} mentored you: from {moment(shown.mentor_since)}",
        *(f"• {one.line}" for one in shown.check_ins),
        f"• Graduated: {moment(shown.ended_at)}",
    ]
    parts: list[Block] = [
        blocks.section(escape(text)),
        *(blocks.section(piece) for piece in blocks.packed(dates)),
    ]
    if steps:
        lines = ["Your steps:", *(f"• {escape(step)}" for step in steps)]
        parts += [blocks.section(piece) for piece in blocks.packed(lines)]
    return Message(escape(text), parts)


def to_the_mentor(shown: Shown) -> Message:
    """Return thanks for the mentor."""
    text = f"Your mentoring of {shown.newcomer} is over. Thank you for the time you gave!"
    return Message(escape(text), [blocks.section(escape(text))])


def to_the_team(shown: Shown) -> Message:
    """Return what the team reads."""
    text = (
        f"{shown.newcomer} has finished their first months with a mentor, {shown.mentor}, and "
        "coordinates alone from now on. Congratulations to both!"
    )
    return Message(escape(text), [blocks.section(escape(text))])
