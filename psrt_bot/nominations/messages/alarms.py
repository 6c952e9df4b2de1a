"""What only admins can decide: go-ahead, lost keys, disputed ballots, an absent bot."""

from collections.abc import Sequence
from datetime import timedelta

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, in_utc, moment, plural


def waits_for_go_ahead(shown: Shown, reasons: Sequence[str]) -> Message:
    """Return the request to the admins to open a vote."""
    why = escape("; ".join(reasons))
    text = f"The vote on {shown.nominee} waits for your go-ahead: {'; '.join(reasons)}"
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
    text = f"The vote on {shown.nominee} was opened by {admin}."
    return Message(text, [blocks.section(escape(text))])


def keys_missing(shown: Shown, where: str, *, is_over: bool) -> Message:
    """Return the alarm that a poll's keys are not where they should be."""
    text = f"The keys of the vote on {shown.nominee} cannot be read: {where}"
    parts: list[Block] = [
        blocks.section(
            f":warning: The keys of the vote on *{escape(shown.nominee)}* cannot be read: "
            f"{escape(where)}."
        ),
        blocks.section(
            "Bring the folder back and the bot goes on by itself. Until then "
            + ("nothing can be counted." if is_over else "no ballot is taken.")
        ),
    ]
    if is_over:
        parts.append(
            blocks.actions(
                blocks.button("Keys are lost…", words.LOST, shown.nomination_id, style="danger")
            )
        )
    return Message(text, parts)


def disputed(shown: Shown, rejected: int) -> Message:
    """Return the alarm that a poll's ballots do not add up."""
    text = (
        f"The vote on {shown.nominee} has no result: {plural(rejected, 'row')} in the database "
        "cannot have been cast by an elector. Somebody may have written to the database."
    )
    return Message(
        text,
        [
            blocks.section(f":rotating_light: {escape(text)}"),
            blocks.actions(
                blocks.button("Give up the count…", words.LOST, shown.nomination_id, style="danger")
            ),
        ],
    )


def lost_modal(shown: Shown) -> View:
    """Return the form by which an admin gives up a vote that cannot be counted."""
    return blocks.modal(
        words.LOST,
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


def given_up(shown: Shown, reason: str) -> Message:
    """Return the word to the team that a vote was given up."""
    text = f"The vote on {shown.nominee} could not be counted and was given up."
    return Message(
        text, [blocks.section(escape(text)), blocks.section("*Reason*"), *blocks.quoted(reason)]
    )


def offer_rerun(shown: Shown) -> Message:
    """Return the offer to the admins to run a vote again."""
    text = f"The vote on {shown.nominee} can be run again."
    return Message(
        text,
        [
            blocks.section(escape(text)),
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
        f"The bot was away for much of the vote on {shown.nominee}. "
        "It did not close by itself: please decide."
    )
    return Message(
        text,
        [
            blocks.section(escape(text)),
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
        parts = [blocks.section(f"{escape(text)} It now closes on {moment(shown.closes_at)}.")]
        return Message(f"{text} It now closes on {in_utc(shown.closes_at)}.", parts)
    text = f"The bot was away during the vote on {shown.nominee}; {admin} closed it as it stands."
    return Message(text, [blocks.section(escape(text))])
