"""What is said when a membership ends: never why (R5, R7)."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.membership.rules import NOTE_WORDS, Role
from psrt_bot.offboarding.rules import MAX_REASON, Departure
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape
from psrt_bot.runtime.called import command

END = "offboarding.end"
REASON, SURE, ALONE = "reason", "sure", "alone"
NOT_SURE = "Please tick this: the membership ends at once."
CONFIRM_ALONE = "One admin only would be left, and PEP 811 asks for two. Tick this to go on."
NO_MEMBER = "They are no member, or not any more. Nothing was changed."


def told_team(name: str) -> Message:
    """Return what the team reads."""
    text = (
        f"{escape(name)} is no longer a member of the Python Security Response Team. Please share "
        "nothing embargoed with them from now on."
    )
    return Message(text, [blocks.section(text)])


def told_admins(name: str, by: str) -> Message:
    """Return what the admins read."""
    text = escape(f"{by} ended the membership of {name}. The public lists have changed.")
    files, history = command("psrt publish"), command("psrt members")
    more = f"{files} gives you the files; the reason stands in {history}."
    return Message(text, [blocks.section(f"{text} {more}")])


def told_them(kept: Sequence[Role]) -> Message:
    """Return what whoever left reads."""
    text = (
        "Your membership of the Python Security Response Team has ended, and your name moves to "
        "the list of former members. Thank you for what you have done. What you know of embargoed "
        "reports stays confidential. You take no further part in votes; a ballot that you have "
        "cast counts."
    )
    if kept_words := _words(kept):
        text += f" You remain: {kept_words}."
    return Message(text, [blocks.section(escape(text))])


def end_modal(
    name: str,
    leaving: Departure,
    metadata: str,
    *,
    back: Block,
    reason: str = "",
    alone: bool = False,
) -> View:
    """Return the form by which a membership ends: what it means, why, and whether one is sure.

    Args:
        back: the way back to the person.
        reason: what was typed before.
        alone: also ask whether one admin is to be left alone.
    """
    lost = _words([role for role in leaving.ended if role is not Role.MEMBER])
    kept = _words(leaving.kept)
    means = [
        f"*{escape(name)}* is no member from now on.",
        f"They lose: {lost}." if lost else "",
        f"They keep: {kept}." if kept else "",
        "Their line moves from `psrt.csv` to `psrt-emeritus.csv`. They may not vote any more; a "
        "ballot already cast counts. The team, the admins and they themselves are told, without "
        "the reason.",
    ]
    boxes = {SURE: f"End the membership of {blocks.shorten(name, 40)} now"}
    if alone:
        boxes[ALONE] = "Leave one admin alone, though PEP 811 asks for two"
    parts: list[Block] = [
        blocks.section("\n".join(line for line in means if line)),
        blocks.text_input(
            REASON,
            "Reason",
            hint="Admins read it in the history; it is not told to anybody, and not in the audit "
            "log.",
            multiline=True,
            initial=reason,
            max_length=MAX_REASON,
        ),
        blocks.checkboxes_input(SURE, "Are you sure?", boxes, initial=[SURE] if alone else []),
        back,
    ]
    return blocks.modal(END, "End a membership", parts, submit="End it", metadata=metadata)


def _words(roles: Sequence[Role]) -> str:
    named = dict(NOTE_WORDS) | {Role.STEERING_COUNCIL: "Steering Council"}
    return ", ".join(named[role] for role in roles if role in named)
