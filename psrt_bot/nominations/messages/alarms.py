"""What only admins can decide: go-ahead, lost keys, disputed ballots, an absent bot."""

from collections.abc import Sequence
from datetime import timedelta

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, in_utc, moment, plural

NOTHING_IN_THE_WAY = "what stood in the way is mended"


def asked_below() -> Message:
    """Return what a question to the admins becomes when it is asked again further down.

    It names nobody: a newcomer may read the channel's past.
    """
    text = "What stood here is asked again below."
    return Message(text, [blocks.section(text)])


def asked_again(question: Message) -> Message:
    """Return a question to the admins that nobody has answered for a day."""
    return Message(
        f"Asked again: {question.text}",
        [blocks.context("Asked again, since nobody has decided yet."), *question.blocks],
    )


def waits_for_go_ahead(shown: Shown, reasons: Sequence[str]) -> Message:
    """Return the request to the admins to open a vote."""
    why = escape("; ".join(reasons))
    text = f"The vote on {escape(shown.nominee)} waits for your go-ahead: {why}"
    return Message(
        text,
        [
            blocks.section(
                f"The vote on *{escape(shown.nominee)}* waits for your go-ahead: {why}."
            ),
            blocks.actions(
                blocks.button(
                    "Open the vote",
                    words.GO_AHEAD,
                    shown.nomination_id,
                    style="primary",
                    confirm=blocks.sure(
                        "Open the vote?",
                        "Who has a live Slack link now can vote; nobody is added later.",
                        "Open",
                    ),
                ),
                blocks.button(
                    "Cancel nomination…", words.CANCEL, shown.nomination_id, style="danger"
                ),
            ),
            blocks.context("Your go-ahead is recorded in the audit log."),
        ],
    )


def go_ahead_given(shown: Shown, admin: str) -> Message:
    """Return what the request to the admins becomes once it is answered."""
    text = escape(f"The vote on {shown.nominee} was opened by {admin}.")
    return Message(text, [blocks.section(text)])


def keys_away(shown: Shown, reason: str) -> Message:
    """Return the alarm that an open vote takes no ballots because its keys cannot be read."""
    text = f"The vote on {shown.nominee} takes no ballots: its keys cannot be read."
    return _alarm(text, reason, "As soon as they can be read, the vote goes on by itself.")


def keys_back(shown: Shown) -> Message:
    """Return the word that an open vote goes on after such an alarm."""
    text = f"The keys of the vote on {shown.nominee} are back; ballots are taken again."
    return Message(escape(text), [blocks.section(escape(text))])


def keys_missing(shown: Shown, reason: str) -> Message:
    """Return the alarm that a vote which is over cannot be counted."""
    text = f"The vote on {shown.nominee} is over and cannot be counted: its keys cannot be read."
    onward = (
        "As soon as they can be read, the votes are counted by themselves. Only if they are "
        "lost for good: give up the count; the vote can then be run again."
    )
    button = blocks.button("Keys are lost…", words.GIVE_UP, shown.nomination_id, style="danger")
    return _alarm(text, reason, onward, button)


def keys_linger(shown: Shown, reason: str) -> Message:
    """Return the alarm that an ended vote's keys cannot be destroyed yet."""
    text = f"The vote on {shown.nominee} has ended, but its keys cannot be destroyed yet."
    onward = (
        "Until they are, nothing is announced. It is tried again. Only if they are lost for good: "
        "say so, and it is announced with that."
    )
    button = blocks.button("Keys are lost…", words.KEYS_LOST, shown.nomination_id, style="danger")
    return _alarm(text, reason, onward, button)


def disputed(shown: Shown, rejected: int) -> Message:
    """Return the alarm that a poll's ballots do not add up.

    Args:
        rejected: how many rows are false; none means that the electorate is not the frozen one.
    """
    what = (
        f"{plural(rejected, 'row')} in the database cannot have been cast by an elector"
        if rejected
        else "its electors or its threshold in the database are not those of its opening"
    )
    text = f"The vote on {shown.nominee} has no result: {what}."
    button = blocks.button("Give up the count…", words.GIVE_UP, shown.nomination_id, style="danger")
    return _alarm(
        text,
        "Somebody may have written to the database. Find out who can, before the vote is run again",
        "There is nothing left to count. Give this vote up, and it can be run again.",
        button,
    )


def still_disputed(shown: Shown) -> Message:
    """Return the reminder that such a vote waits for an admin."""
    text = f"The vote on {escape(shown.nominee)} has no result, and nobody has given it up yet."
    button = blocks.button("Give up the count…", words.GIVE_UP, shown.nomination_id, style="danger")
    return Message(text, [blocks.section(text), blocks.actions(button)])


def _alarm(text: str, reason: str, onward: str, *buttons: ButtonElement) -> Message:
    parts: list[Block] = [
        blocks.section(f":warning: *{escape(text)}*\n{escape(reason)}."),
        blocks.section(onward),
    ]
    if buttons:
        parts.append(blocks.actions(*buttons))
    return Message(escape(f"{text} {reason}."), parts)


def lost_modal(shown: Shown) -> View:
    """Return the form by which an admin gives up a vote that cannot be counted."""
    return blocks.modal(
        words.GIVE_UP,
        "Give up the count",
        [
            blocks.section(
                f"The vote on *{escape(shown.nominee)}* ends without a result. It can be run "
                "again, with the members of that day as electorate."
            ),
            blocks.text_input("reason", "Reason", multiline=True, hint="The team sees it."),
        ],
        submit="Give it up",
        close="Back",
        metadata=shown.nomination_id,
    )


def keys_lost_modal(shown: Shown) -> View:
    """Return the form by which an admin gives up keys that should have been destroyed."""
    return blocks.modal(
        words.KEYS_LOST,
        "Keys are lost",
        [
            blocks.section(
                f"The vote on *{escape(shown.nominee)}* has ended and its ballots are destroyed. "
                "How it ended will be told, and that its keys were lost before they could be "
                "destroyed. Should they turn up, they are destroyed."
            ),
            blocks.text_input("reason", "Reason", multiline=True, hint="The team sees it."),
        ],
        submit="They are lost",
        close="Back",
        metadata=shown.nomination_id,
    )


def keys_given_up(shown: Shown, admin: str, reason: str) -> Message:
    """Return the word to the team that an ended vote's keys were given up."""
    text = escape(
        f"{admin} gave the keys of the vote on {shown.nominee} up for lost: they could not be "
        "destroyed. Whoever finds a copy of them finds no ballots here."
    )
    return Message(text, [blocks.section(text), blocks.section("*Reason*"), *blocks.quoted(reason)])


def given_up(shown: Shown, reason: str) -> Message:
    """Return the word to the team that a vote was given up."""
    text = f"The vote on {escape(shown.nominee)} could not be counted and was given up."
    return Message(text, [blocks.section(text), blocks.section("*Reason*"), *blocks.quoted(reason)])


def offer_rerun(shown: Shown) -> Message:
    """Return the offer to the admins to run a vote again."""
    text = f"The vote on {escape(shown.nominee)} can be run again."
    return Message(
        text,
        [
            blocks.section(text),
            blocks.actions(
                blocks.button(
                    "Rerun",
                    words.RERUN,
                    shown.nomination_id,
                    style="primary",
                    confirm=blocks.sure(
                        "Run the vote again?", "Today's members become its electorate.", "Rerun"
                    ),
                ),
                blocks.button(
                    "Cancel nomination…", words.CANCEL, shown.nomination_id, style="danger"
                ),
            ),
        ],
    )


def close_or_extend(shown: Shown, extension: timedelta) -> Message:
    """Return the question to the admins after a long absence of the bot."""
    text = (
        f"The bot was away for much of the vote on {escape(shown.nominee)}. "
        "It did not close by itself: please decide."
    )
    return Message(
        text,
        [
            blocks.section(text),
            blocks.actions(
                blocks.button("Close now", words.CLOSE_NOW, shown.nomination_id),
                blocks.button(
                    f"Extend by {blocks.days(extension)}",
                    words.EXTEND,
                    shown.nomination_id,
                    style="primary",
                ),
            ),
        ],
    )


def close_decided(shown: Shown, admin: str, *, extended: bool) -> Message:
    """Return the word to the team how an interrupted vote goes on."""
    if extended and shown.closes_at:
        text = f"The bot was away during the vote on {shown.nominee}; {admin} extended it."
        text = escape(text)
        parts = [blocks.section(f"{text} It now closes on {moment(shown.closes_at)}.")]
        return Message(f"{text} It now closes on {in_utc(shown.closes_at)}.", parts)
    text = f"The bot was away during the vote on {shown.nominee}; {admin} closed it as it stands."
    return Message(escape(text), [blocks.section(escape(text))])
