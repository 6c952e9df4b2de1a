"""What the council reads: the card with its buttons, the form of a veto, a reminder."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.council.messages import words
from psrt_bot.council.messages.words import Shown
from psrt_bot.council.rules import ANSWER_WORDS, LONGEST_TEXT, Answer, DecisionState
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, in_utc, moment, plural
from psrt_bot.runtime.called import command

REMINDED = 20  # a message holds 50 blocks, two a decision
LISTED = 13  # a modal 100, up to seven a decision

HOW_IT_COUNTS = (
    "A strict majority of the members who do not abstain vetoes (PEP 13); silence is no veto. "
    "Answers are named and can be changed until the decision is final: at the end, or as soon as "
    "no answer still missing could change it."
)


def card(shown: Shown) -> Message:
    """Return the card by which the council is told, and on which it sees who said what.

    A veto's reason is not on it: that goes to admins and the nominator alone.
    """
    parts: list[Block] = [
        blocks.section(f"*For the Steering Council: {escape(shown.title)}*"),
        *_about(shown),
        blocks.section(_standing(shown)),
    ]
    if shown.seats:
        parts.append(blocks.section("\n".join(seat.words for seat in shown.seats)))
    waits = shown.state in (DecisionState.AWAITING_NOTICE, DecisionState.OPEN)
    if waits and shown.deciding:
        parts += [blocks.actions(*answer_buttons(shown)), blocks.context(HOW_IT_COUNTS)]
    return Message(_fallback(shown), parts)


def _about(shown: Shown) -> list[Block]:
    return [blocks.section("\n".join(escape(line) for line in shown.lines))] if shown.lines else []


def _standing(shown: Shown) -> str:
    if shown.state is DecisionState.AWAITING_NOTICE and shown.deciding:
        return f"It takes effect unless the council vetoes it within {shown.duration} from now."
    if shown.recorded and shown.state is not DecisionState.ENDED:
        return f"{shown.standing} By mail, as {escape(shown.recorded.admin)} recorded."
    return shown.standing


def _fallback(shown: Shown) -> str:
    match shown.state:
        case DecisionState.CONFIRMED:
            said = "no veto"
        case DecisionState.VETOED:
            said = "vetoed"
        case DecisionState.ENDED:
            said = "nothing to decide any more"
        case DecisionState.OPEN if shown.ends_at:
            said = f"a veto is possible until {in_utc(shown.ends_at)}"
        case _:
            said = f"a veto is possible for {shown.duration}"
    return f"For the Steering Council: {escape(shown.title)}: {said}"


def answer_buttons(shown: Shown) -> list[ButtonElement]:
    """Return what a member of the council can press."""
    buttons = [
        blocks.button("Veto…", words.VETO, shown.decision_id, style="danger"),
        blocks.button("No objection", words.NO_OBJECTION, shown.decision_id),
        blocks.button("Abstain", words.ABSTAIN, shown.decision_id),
    ]
    if shown.details:
        buttons.append(blocks.button("Details", shown.details, shown.subject))
    return buttons


def veto_modal(shown: Shown, reason: str = "") -> View:
    """Return the form of a veto: a reason, and a tick to confirm it."""
    return blocks.modal(
        words.VETO,
        "Veto",
        [
            blocks.section(f"You veto: *{escape(shown.title)}*."),
            blocks.text_input(
                words.REASON_FIELD,
                "Reason",
                multiline=True,
                initial=reason,
                max_length=LONGEST_TEXT,
                hint="If the council vetoes, admins and the nominator read it; nobody else does.",
            ),
            blocks.checkboxes_input(
                words.SURE_FIELD, "Please confirm", {words.SURE: "Yes, I veto this"}
            ),
        ],
        submit="Veto",
        close="Go back",
        metadata=shown.decision_id,
    )


def answered(shown: Shown, answer: Answer) -> str:
    """Return what somebody who answered is told."""
    said = f"Your answer is recorded: *{ANSWER_WORDS[answer]}*."
    if shown.state is DecisionState.OPEN and shown.ends_at:
        return f"{said} You can change it until {moment(shown.ends_at)}."
    return f"{said} {shown.standing}"


def recorded_for(shown: Shown, answer: Answer, admin: str) -> Message:
    """Return the word to one of the council whose answer an admin recorded."""
    text = (
        f"{escape(admin)} recorded your answer that came by mail on {escape(shown.title)}: "
        f"{ANSWER_WORDS[answer]}."
    )
    onward = "If this is wrong, answer here; what you say yourself replaces it."
    parts: list[Block] = [blocks.section(text)]
    if shown.state is DecisionState.OPEN:
        parts += [blocks.context(onward), blocks.actions(*answer_buttons(shown))]
    return Message(text, parts)


def reminder(decisions: Sequence[Shown]) -> Message:
    """Return the reminder to one of the council who has not answered."""
    waits = "waits" if len(decisions) == 1 else "wait"
    text = f"{plural(len(decisions), 'decision')} of the council {waits} for your answer."
    parts: list[Block] = [blocks.section(f"{text} Silence is no veto.")]
    for shown in decisions[:REMINDED]:
        parts += [
            blocks.section(f"*{escape(shown.title)}*\n{shown.standing}"),
            blocks.actions(*answer_buttons(shown)),
        ]
    if len(decisions) > REMINDED:
        rest = f"and {len(decisions) - REMINDED} more: {command('psrt council')}"
        parts.append(blocks.context(rest))
    return Message(text, parts)


def own_modal(decisions: Sequence[Shown]) -> View:
    """Return what is open for one of the council, with its buttons."""
    parts: list[Block] = []
    for shown in decisions[:LISTED]:
        parts += [*card(shown).blocks, blocks.divider()]
    if len(decisions) > LISTED:
        rest = f"and {len(decisions) - LISTED} more; they show as these are decided."
        parts.append(blocks.context(rest))
    return blocks.modal(
        "notice", "Council", parts or [blocks.section("Nothing is before the council.")]
    )
