"""What the admins are told and shown of onboardings: tasks, who accepted, who is late (R11)."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.onboarding.messages import checklist, words
from psrt_bot.onboarding.messages.start import TEAM, WHAT_THE_TEAM_DOES
from psrt_bot.onboarding.messages.words import Shown, StepShown
from psrt_bot.onboarding.rules import STATE_WORDS, OnboardingState, Ticker
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, days, escape, moment

SHOWN = 40  # of a modal's 100 blocks, two each


def invitation(shown: Shown) -> Message:
    """Return the task to invite somebody who is not in the workspace: address and text."""
    name = escape(shown.name)
    address = f"*{escape(shown.email)}*" if shown.email else "them (no address was given)"
    text = f"{name} is confirmed as a member and not in this Slack yet. Please invite {address}."
    send = (
        f"Dear {shown.name},\n\n"
        f"congratulations: the {TEAM} wants you as a member, and your nomination is confirmed. "
        f"{WHAT_THE_TEAM_DOES}\n\n"
        "You get an invitation to our Slack workspace. Please join with this address; our bot then "
        "writes to you and shows what the team asks of its members. You decide when you have read "
        "it. If now is not a good time, simply answer this mail.\n"
    )
    after = (
        "When they join with this address, all else begins by itself. If they come with another, "
        "say who they are:"
        if shown.email
        else "When they have come, say who they are:"
    )
    return Message(
        text,
        [
            blocks.section(text),
            blocks.context("A text to send with the invitation:"),
            *blocks.quoted(send),
            blocks.section(after),
            blocks.actions(_here(shown), _end(shown)),
        ],
    )


def not_here_yet(shown: Shown, now: datetime) -> Message:
    """Return the weekly word on somebody who has not come to the workspace."""
    waits = days(now - shown.begun_at)
    address = f" ({escape(shown.email)})" if shown.email else ""
    text = (
        f"{escape(shown.name)}{address} was confirmed {waits} ago and is not in this Slack yet. "
        "Have they been invited?"
    )
    return Message(text, [blocks.section(text), blocks.actions(_here(shown), _end(shown))])


def arrived(shown: Shown, *, by_address: bool) -> Message:
    """Return the word that somebody who was invited is here, and asked."""
    assert shown.slack_user_id is not None
    how = " They were known by their address." if by_address else ""
    text = (
        f"{escape(shown.name)} is here as {blocks.mention(shown.slack_user_id)}, and asked whether "
        f"they accept.{how} If this is somebody else, end it."
    )
    return Message(text, [blocks.section(text), blocks.actions(_end(shown))])


def declined(shown: Shown) -> Message:
    """Return the word that somebody declined: it is theirs to do, and need not be explained."""
    text = (
        f"{escape(shown.name)} was confirmed as a member and has declined. They owe nobody a "
        "reason; the team has not been told by me. They can be asked again."
    )
    return Message(text, [blocks.section(text), blocks.actions(_again(shown))])


def silent(shown: Shown, now: datetime) -> Message:
    """Return the word that somebody has not answered, after two reminders."""
    assert shown.asked_at is not None
    text = (
        f"{escape(shown.name)} was asked {days(now - shown.asked_at)} ago whether they accept, and "
        "has not answered. I do not remind them any more; perhaps one of you writes to them. The "
        "question stays open."
    )
    return Message(text, [blocks.section(text), blocks.actions(_end(shown))])


def needs_account(shown: Shown) -> Message:
    """Return the task to give somebody a full account."""
    assert shown.slack_user_id is not None
    who = blocks.mention(shown.slack_user_id)
    text = (
        f"{who} wants to accept, but is a guest here or of another workspace. Please make it a "
        "full account of this workspace; then they press *Begin* again."
    )
    return Message(text, [blocks.section(text)])


def gone(shown: Shown, *, member: bool) -> Message:
    """Return the word that somebody's account was deactivated in the middle.

    Args:
        member: they had accepted already; their checklist rests.
    """
    name = escape(shown.name)
    if not member:
        text = (
            f"The Slack account of {name} was deactivated; I ended the onboarding. They have not "
            "become a member."
        )
        return Message(text, [blocks.section(text), blocks.actions(_again(shown))])
    text = (
        f"The Slack account of {name} was deactivated. They are still a member: what becomes of "
        "that is yours to decide. Their checklist rests, and nobody is reminded of it. It goes on "
        "when the account is back or they are linked to another; it ends when they leave the team."
    )
    return Message(text, [blocks.section(text), blocks.actions(_end(shown))])


def back(shown: Shown) -> Message:
    """Return the word that an account is back, and with it the checklist."""
    text = (
        f"The Slack account of {escape(shown.name)} is back; their checklist goes on: "
        f"{shown.progress} steps."
    )
    return Message(text, [blocks.section(text)])


def accepted(shown: Shown) -> Message:
    """Return the admins' message of somebody who accepted, with the steps that are theirs.

    It is updated in place as steps are ticked.
    """
    parts: list[Block] = [
        blocks.section(
            f"*{escape(shown.name)}* has accepted and is a member. GitHub: {escape(shown.github)}."
            f" Checklist: {shown.progress}."
        )
    ]
    nominated = shown.nominated_github
    if nominated and nominated.casefold() != shown.github.casefold():
        parts.append(
            blocks.section(
                f"*Please look:* the nomination said {escape(nominated)}. Please make sure that "
                f"{escape(shown.github)} is them before it is given access."
            )
        )
    mine = [step for step in shown.steps if step.who is Ticker.ADMIN]
    if mine:
        parts.append(blocks.section("For you to do and tick:"))
    parts += [checklist.line(shown, step, may_tick=True) for step in mine]
    parts.append(blocks.actions(open_button(shown, "Whole checklist")))
    return Message(f"{escape(shown.name)} has accepted and is a member.", parts)


def steps_wait(shown: Shown, waiting: Sequence[StepShown], now: datetime) -> Message:
    """Return the reminder of steps that wait for admins, a mentor's too where there is none."""
    lines = [f"• {escape(step.title)}{checklist.when(step, now)}" for step in waiting]
    text = f"Steps of {escape(shown.name)}'s checklist wait for an admin:"
    return Message(
        text,
        [
            blocks.section("\n".join([text, *lines])),
            blocks.actions(open_button(shown, "Open")),
        ],
    )


def complete(shown: Shown) -> Message:
    """Return the word that a checklist is done."""
    text = f"{escape(shown.name)}'s checklist is done: {shown.progress} steps."
    return Message(text, [blocks.section(text)])


def overview_modal(onboardings: Sequence[Shown], past: Sequence[Shown], now: datetime) -> View:
    """Return everybody's progress, and who is late: for admins; a mentor's own, for mentors.

    Args:
        past: those who declined or whose onboarding was ended, and who can be asked again.
    """
    parts: list[Block] = []
    if not onboardings:
        parts.append(blocks.section("No onboarding is under way."))
    parts += [
        blocks.section(summary(shown, now), accessory=open_button(shown, "Open"))
        for shown in onboardings[:SHOWN]
    ]
    if len(onboardings) > SHOWN:
        parts.append(blocks.context(f"and {len(onboardings) - SHOWN} more"))
    parts += [
        blocks.section(summary(shown, now), accessory=_again(shown)) for shown in past[:SHOWN]
    ]
    if len(past) > SHOWN:
        parts.append(blocks.context(f"and {len(past) - SHOWN} more that ended"))
    return blocks.modal("onboarding", "Onboarding", parts)


def summary(shown: Shown, now: datetime) -> str:
    """Return one onboarding in a line or two."""
    line = f"*{escape(shown.name)}*: {STATE_WORDS[shown.state]}"
    if shown.state is OnboardingState.ASKED and shown.asked_at:
        line += f", asked {moment(shown.asked_at)}"
    if shown.state is OnboardingState.CHECKLIST:
        line += f", {shown.progress} steps"
        if shown.mentor:
            line += f"; mentor: {escape(shown.mentor)}"
        if late := shown.late(now):
            line += f"\n*Late:* {', '.join(escape(step.title) for step in late)}"
    return line


def here_modal(shown: Shown) -> View:
    """Return the form in which an admin says who came."""
    return blocks.modal(
        words.HERE,
        "Who came",
        [
            blocks.section(
                f"Which Slack user is *{escape(shown.name)}*? They are asked at once whether they "
                "accept."
            ),
            blocks.user_input(words.USER_FIELD, "Slack user", hint="Make sure that it is them."),
        ],
        submit="It is them",
        close="Go back",
        metadata=shown.onboarding_id,
    )


def open_button(shown: Shown, label: str) -> ButtonElement:
    """Return the button that opens one onboarding."""
    return blocks.button(label, words.OPEN, shown.onboarding_id, spoken=f"{label}: {shown.name}")


def _here(shown: Shown) -> ButtonElement:
    return blocks.button("They are here…", words.HERE, shown.onboarding_id)


def _again(shown: Shown) -> ButtonElement:
    spoken = f"Ask again: {shown.name}"
    return blocks.button("Ask again", words.ASK_AGAIN, shown.onboarding_id, spoken=spoken)


def _end(shown: Shown) -> ButtonElement:
    return end_button(shown)


def end_button(shown: Shown) -> ButtonElement:
    """Return the button that ends an onboarding."""
    rest = "They stay a member." if shown.accepted_at else "They do not become a member."
    return blocks.button(
        "End onboarding",
        words.END,
        shown.onboarding_id,
        style="danger",
        confirm=blocks.sure("End it?", rest, "End it"),
    )
