"""The checklist as it is shown: one message in place, App Home, the modal of mentors and admins."""

from collections.abc import Collection, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement, SectionBlock
from slack_sdk.models.views import View

from psrt_bot.onboarding.messages import words
from psrt_bot.onboarding.messages.words import Shown, StepShown
from psrt_bot.onboarding.rules import STATE_WORDS, OnboardingState, StepKind, Ticker
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment

WHO_WORDS = {
    Ticker.NEWCOMER: "the newcomer ticks it",
    Ticker.MENTOR: "the mentor ticks it",
    Ticker.ADMIN: "an admin ticks it",
}
LONGEST_VECTOR = 500  # characters; all metrics of CVSS v4.0 together have fewer than 300
EXAMPLE = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def when(step: StepShown, now: datetime) -> str:
    """Return when a step is due, as the end of a line; empty for whenever."""
    if step.ticked_at is not None or step.due_at is None:
        return ""
    return f", {'*late*, was due' if step.due.is_late(now) else 'due'} {moment(step.due_at)}"


def line(
    shown: Shown, step: StepShown, *, may_tick: bool, now: datetime | None = None
) -> SectionBlock:
    """Return a step: its mark, words, links, and the button of who may tick it."""
    mark = "☑" if step.ticked_at else "☐"
    text = f"{mark} *{escape(step.title)}*"
    if step.result:
        text += f": {escape(step.result)}"
    if now is not None:
        text += when(step, now)
    if step.ticked_at is None:
        if not may_tick:
            text += f" _({WHO_WORDS[step.who]})_"
        text += f"\n{escape(step.text.strip())}"
        text += "".join(f"\n• <{link.url}|{escape(link.text)}>" for link in step.links)
    button = _button(shown, step) if may_tick and step.ticked_at is None else None
    return blocks.section(text, accessory=button)


def _button(shown: Shown, step: StepShown) -> ButtonElement:
    """Return the button that ticks a step; several say the same, so a screen reader says more."""
    value = shown.value(step)
    if step.kind is StepKind.CVSS:
        return blocks.button("Score a vector…", words.SCORE, value)
    label = "Done"
    if step.kind is StepKind.READ:
        label = "I have read it"
        return blocks.button(label, words.TICK, value, spoken=f"{label}: {step.title}")
    confirm = blocks.sure("Is it done?", step.title, "Yes")
    return blocks.button(label, words.TICK, value, confirm=confirm, spoken=f"{label}: {step.title}")


def message(shown: Shown, now: datetime) -> Message:
    """Return the newcomer's checklist, the one message that is updated in place."""
    if shown.state is OnboardingState.ENDED:
        text = "Your onboarding has ended; nothing is to be ticked any more."
        return Message(text, [blocks.section(text)])
    if shown.state is OnboardingState.DONE:
        text = (
            f"Your checklist is done: {shown.progress} steps. Thank you, and welcome to the work!"
        )
        return Message(text, [blocks.section(text), *_lines(shown, now, {Ticker.NEWCOMER})])
    text = f"Your checklist: {shown.progress} steps are done."
    return Message(
        text,
        [
            blocks.header(f"Your checklist: {shown.progress}"),
            *_lines(shown, now, {Ticker.NEWCOMER}),
            blocks.context(
                "This message keeps up with what is ticked. Questions: your mentor, or any admin."
            ),
        ],
    )


def home(shown: Shown, now: datetime) -> list[Block]:
    """Return the newcomer's checklist for their App Home."""
    return [
        blocks.header(f"Your checklist: {shown.progress}"),
        *_lines(shown, now, {Ticker.NEWCOMER}),
    ]


def _lines(shown: Shown, now: datetime, mine: Collection[Ticker]) -> Sequence[Block]:
    return [line(shown, step, may_tick=step.who in mine, now=now) for step in shown.steps]


def reminder(shown: Shown, now: datetime) -> list[Block]:
    """Return the part of a reminder that names the newcomer's steps."""
    waiting = shown.waiting(now, Ticker.NEWCOMER)
    lines = [f"• {escape(step.title)}{when(step, now)}" for step in waiting]
    return [blocks.section("\n".join(["Still to be done on your checklist:", *lines]))]


def mentor_reminder(shown: Shown, now: datetime) -> list[Block]:
    """Return the part of a reminder that names what waits for a mentor."""
    waiting = shown.waiting(now, Ticker.MENTOR)
    lines = [f"• {escape(step.title)}{when(step, now)}" for step in waiting]
    return [
        blocks.section("\n".join([f"For you to tick, for {escape(shown.name)}:", *lines])),
        blocks.actions(blocks.button("Open the checklist", words.OPEN, shown.onboarding_id)),
    ]


def detail_modal(
    shown: Shown,
    now: datetime,
    mine: Collection[Ticker],
    *,
    for_admin: bool = False,
    manage: Sequence[ButtonElement] = (),
) -> View:
    """Return one onboarding, with buttons for the steps that are the reader's to tick.

    Args:
        for_admin: GitHub name and address are shown, by which access is given.
        manage: an admin's further buttons.
    """
    progress = f": {shown.progress}" if shown.steps else ""
    parts: list[Block] = [blocks.header(f"{shown.name}{progress}")]
    if for_admin:
        known = [f"{STATE_WORDS[shown.state]}".capitalize()]
        known += [f"GitHub: {escape(shown.github)}"] if shown.github else []
        known += [f"E-mail: {escape(shown.email)}"] if shown.email else []
        parts.append(blocks.section("\n".join(known)))
    parts += _lines(shown, now, mine)
    if manage:
        parts.append(blocks.actions(*manage))
    return blocks.modal("onboarding", "Checklist", parts)


def score_modal(value: str, title: str) -> View:
    """Return the form into which a CVSS v4.0 vector is pasted."""
    return blocks.modal(
        words.SCORE,
        "CVSS v4.0",
        [
            blocks.section(
                f"*{escape(title)}*\nScore something with the calculator, copy the vector string, "
                "and paste it: I calculate the same score, or say what is wrong with it."
            ),
            blocks.text_input(
                words.VECTOR_FIELD, "Vector", placeholder=EXAMPLE, max_length=LONGEST_VECTOR
            ),
            blocks.context("Invent one: nothing of a real report belongs here. It is not kept."),
        ],
        submit="Score",
        metadata=value,
    )


def scored_modal(result: str) -> View:
    """Return what stands in that form's place."""
    return blocks.notice("CVSS v4.0", f"Your vector scores *{escape(result)}*. The step is ticked.")
