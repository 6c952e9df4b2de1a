"""Check-ins: what is asked, the short form, what the pair reads, and what admins hear."""

from collections.abc import Sequence
from datetime import date

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import CheckInShown, Shown
from psrt_bot.mentoring.rules import (
    GOING_WORDS,
    LONGEST_TEXT,
    MOVE_WITHIN,
    CheckInState,
    Report,
    Side,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural

YES = "yes"
READY = {YES: "Yes, they could coordinate alone", "no": "Not yet"}
ASKED = 20  # check-ins in one message


def asked(waiting: Sequence[tuple[Shown, CheckInShown, Side]]) -> Message:
    """Return the request to somebody to check in, for every check-in that waits for them."""
    parts: list[Block] = []
    for shown, check_in, side in waiting[:ASKED]:
        other = shown.mentor if side is Side.NEWCOMER else shown.newcomer
        late = check_in.state is CheckInState.MISSED
        line = f"{check_in.title} with {words.name(other)}: how is it going?"
        if late:
            line += " *It has waited for some days*; a late answer is as welcome."
        buttons = [words.check_in_button(check_in)]
        if not late:
            buttons.append(words.move_button(check_in))
        parts += [blocks.section(line), blocks.actions(*buttons)]
    text = f"{plural(len(waiting), 'check-in')} {'waits' if len(waiting) == 1 else 'wait'} for you"
    return Message(f"{text}.", parts)


def form(shown: Shown, check_in: CheckInShown, side: Side) -> View:
    """Return the short form of one of the two."""
    other = shown.mentor if side is Side.NEWCOMER else shown.newcomer
    goings = {going.value: said for going, said in GOING_WORDS.items()}
    parts: list[Block] = [
        blocks.section(
            f"{check_in.title} with {words.name(other)}. The two of you read it in your direct "
            "message of three; *I keep none of it*, only that the check-in took place."
        ),
        blocks.radio_input(words.GOING, "How is it going?", goings),
        blocks.text_input(
            words.BLOCKED,
            "What blocks?",
            optional=True,
            multiline=True,
            hint="Nothing embargoed, please.",
            max_length=LONGEST_TEXT,
        ),
        blocks.text_input(words.NEXT_STEP, "The next step", max_length=LONGEST_TEXT),
    ]
    if side is Side.MENTOR:
        parts.append(blocks.radio_input(words.READY, "Ready for coordinating alone?", READY))
    raise_ = {words.RAISED: "Tell the admins what blocks, with my name"}
    parts.append(blocks.checkboxes_input(words.RAISED, "Does it take an admin?", raise_))
    return blocks.modal(
        words.CHECK_IN, "Check-in", parts, submit="Send", metadata=check_in.check_in_id
    )


def said(check_in: CheckInShown, who: str, report: Report) -> Message:
    """Return what the pair reads of one of the two."""
    assert report.going is not None
    going = GOING_WORDS[report.going]
    parts: list[Block] = [
        blocks.section(f"*{check_in.title}*: {words.name(who)}\nHow it is going: {going}")
    ]
    if report.blocked.strip():
        parts += [blocks.section("What blocks:"), *blocks.quoted(report.blocked.strip())]
    parts += [blocks.section("The next step:"), *blocks.quoted(report.next_step.strip())]
    if report.ready is not None:
        parts.append(
            blocks.section(f"Ready for coordinating alone: {'yes' if report.ready else 'not yet'}")
        )
    if report.raised:
        parts.append(blocks.context("The admins are told what blocks."))
    return Message(f"{check_in.title}: {escape(who)} has answered.", parts)


def thanks(check_in: CheckInShown) -> str:
    """Return what somebody reads who checked in."""
    both = check_in.state is CheckInState.HELD
    rest = "It took place." if both else "It takes place once the other has answered, too."
    return f"Thank you. Your answer is posted to the two of you. {rest}"


def raised(shown: Shown, who: str, text: str) -> Message:
    """Return what admins read of what blocks somebody, who asked for that."""
    line = f"{who} asks for your help in the mentoring of {shown.newcomer}"
    return Message(
        f"{escape(line)}.", [blocks.section(f"{escape(line)}. What blocks:"), *blocks.quoted(text)]
    )


def missed(shown: Shown, count: int) -> Message:
    """Return what admins hear of check-ins that do not take place: no content, there is none."""
    text = (
        f"{plural(count, 'check-in')} in a row of {shown.newcomer} and {shown.mentor} did not take "
        "place. Please ask them how it is going."
    )
    choose = words.choose_another_button(shown.mentorship_id)
    return Message(escape(text), [blocks.section(escape(text)), blocks.actions(choose)])


def move_form(check_in: CheckInShown, first: date) -> View:
    """Return the choice of another day.

    Args:
        first: the day that is offered.
    """
    return blocks.modal(
        words.MOVE,
        "Another day",
        [
            blocks.section(f"{check_in.title} is on {moment(check_in.due_at)}."),
            blocks.date_input(words.DAY, "The new day", initial=first),
            blocks.context(
                f"Within the next {MOVE_WITHIN.days} days, and before the check-in that follows."
            ),
        ],
        submit="Move",
        metadata=check_in.check_in_id,
    )


def moved(check_in: CheckInShown, who: str) -> Message:
    """Return what the pair reads of a check-in that was moved."""
    text = f"{who} moved {check_in.title.lower()}"
    return Message(
        escape(f"{text}."),
        [blocks.section(f"{escape(text)} to {moment(check_in.due_at)}. The calendar follows.")],
    )
