"""What volunteers fill in and read, and everybody's own view of their mentoring."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.mentoring.messages import graduating, words
from psrt_bot.mentoring.messages.words import Shown
from psrt_bot.mentoring.rules import (
    LEAST_ROOM,
    MOST_ROOM,
    TOPIC_WORDS,
    MentorshipState,
    Side,
    Topic,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural
from psrt_bot.runtime.called import command

WHAT_MENTORS_DO = (
    "A mentor is there for a newcomer's first months: a first talk, a short check-in now and then, "
    "and the word at the end that they can coordinate alone."
)
SHOWN = 8  # mentorships in a modal of 100 blocks, some eight each


@dataclass(frozen=True)
class OwnOffer:
    """How somebody volunteers.

    Args:
        zone: their time zone, as Slack has it.
    """

    room: int
    topics: Collection[Topic]
    paused: bool
    mentees: int
    zone: str

    @property
    def line(self) -> str:
        """How it stands, as mrkdwn."""
        if self.paused:
            return "You mentor, and *pause* just now."
        return f"You mentor up to {self.room} at a time, and have {plural(self.mentees, 'mentee')}."


def topics_input(label: str, chosen: Collection[Topic]) -> Block:
    """Return the choice of topics."""
    offered: Mapping[str, str] = {topic.value: said for topic, said in TOPIC_WORDS.items()}
    return blocks.checkboxes_input(
        words.TOPICS, label, offered, initial=[topic.value for topic in chosen]
    )


def offer_modal(offer: OwnOffer | None, zone: str) -> View:
    """Return the form by which somebody volunteers, or changes how.

    Args:
        offer: how they volunteer now; None for not at all.
    """
    rooms = {str(n): plural(n, "newcomer") for n in range(LEAST_ROOM, MOST_ROOM + 1)}
    parts: list[Block] = [blocks.section(WHAT_MENTORS_DO)]
    if offer:
        button = words.resume_button() if offer.paused else words.pause_button()
        parts += [blocks.section(offer.line, accessory=button)]
    parts += [
        blocks.select_input(
            words.ROOM, "At a time", rooms, initial=str(offer.room if offer else LEAST_ROOM)
        ),
        topics_input("Topics you know", offer.topics if offer else ()),
        blocks.context(
            f"Your time zone, as Slack has it: {escape(zone)}. Newcomers near it are proposed to "
            "you first; an admin decides."
        ),
    ]
    return blocks.modal(
        words.VOLUNTEER, "Mentoring", parts, submit="Save" if offer else "Volunteer"
    )


def saved(offer: OwnOffer) -> str:
    """Return what is said when that form is handed in."""
    resume = f"Go on with {command('mentor resume')}."
    then = resume if offer.paused else "You hear of it when you are paired."
    return f"{offer.line} {then} {command('mentor')} changes it."


def paused(mentees: int) -> str:
    """Return what is said to somebody who paused."""
    handed = f" Your {plural(mentees, 'mentee')} get another mentor." if mentees else ""
    return f"You pause: no further newcomers.{handed} Go on with {command('mentor resume')}."


def wishes_modal(chosen: Collection[Topic]) -> View:
    """Return the form by which a newcomer says what they want to learn."""
    return blocks.modal(
        words.WISHES,
        "What to learn",
        [
            blocks.section("An admin pairs you with a mentor; shared topics count."),
            topics_input("What you want to learn", chosen),
        ],
        submit="Save",
    )


def welcome(wants: Collection[Topic]) -> Message:
    """Return what a newcomer reads when a mentor is being looked for."""
    text = (
        "For your first months in the team you get a mentor: a member whom you can ask anything. "
        "An admin pairs the two of you, and you meet in a direct message of three, with me."
    )
    label = "Change what you want to learn…" if wants else "What do you want to learn?"
    return Message(text, [blocks.section(text), blocks.actions(blocks.button(label, words.WISHES))])


def status_modal(offer: OwnOffer | None, own: Shown | None, mentees: Sequence[Shown]) -> View:
    """Return what concerns somebody: their own time with a mentor, and their mentees."""
    parts: list[Block] = []
    if own:
        parts += mentorship(own, Side.NEWCOMER)
    if offer:
        button = words.resume_button() if offer.paused else words.pause_button()
        parts.append(blocks.section(offer.line, accessory=button))
    for shown in mentees[:SHOWN]:
        parts += [blocks.divider(), *mentorship(shown, Side.MENTOR)]
    if len(mentees) > SHOWN:
        parts.append(blocks.context(f"and {len(mentees) - SHOWN} more"))
    if not parts:
        text = f"You mentor nobody, and nobody mentors you. {command('mentor')} volunteers."
        parts = [blocks.section(text)]
    return blocks.modal("notice", "Mentoring", parts)


def mentorship(shown: Shown, side: Side) -> list[Block]:
    """Return one mentorship as newcomer or mentor see it, with what they can do."""
    parts: list[Block] = [blocks.section(headline(shown, side))]
    lines = [one.line for one in shown.check_ins]
    if side is Side.MENTOR and (wanted := words.topic_words(shown.topics)):
        lines.insert(0, f"Wants to learn: {escape(wanted)}")
    if lines:
        parts.append(blocks.section("\n".join(f"• {line}" for line in lines)))
    if buttons := what_to_do(shown, side):
        parts.append(blocks.actions(*buttons))
    return parts


def headline(shown: Shown, side: Side) -> str:
    """Return who mentors whom, as mrkdwn."""
    if side is Side.MENTOR:
        return f"{words.name(shown.newcomer)}, your mentee"
    if shown.state is MentorshipState.PAIRED and shown.mentor_since:
        return f"Your mentor: {words.name(shown.mentor)}, since {moment(shown.mentor_since)}"
    return "An admin is about to pair you with a mentor."


def what_to_do(shown: Shown, side: Side) -> list[ButtonElement]:
    """Return the buttons of somebody in a mentorship."""
    if shown.state is not MentorshipState.PAIRED:
        waits = side is Side.NEWCOMER
        return [blocks.button("What do you want to learn?", words.WISHES)] if waits else []
    buttons = [words.check_in_button(one) for one in shown.waiting(side)[-1:]]
    if following := shown.next_check_in:
        buttons.append(words.move_button(following))
    if side is Side.MENTOR and shown.over:
        buttons += graduating.buttons(shown)
    return buttons


def home(own: Shown | None, mentees: Sequence[Shown]) -> list[Block]:
    """Return what App Home shows of somebody's mentoring; nothing where there is none."""
    parts: list[Block] = []
    if own:
        parts += [blocks.header("Your mentor"), *_home_line(own, Side.NEWCOMER)]
    if mentees:
        parts.append(blocks.header("Your mentees"))
        for shown in mentees[:SHOWN]:
            parts += _home_line(shown, Side.MENTOR)
    if len(mentees) > SHOWN:
        parts.append(blocks.context(f"and {len(mentees) - SHOWN} more"))
    return parts


def _home_line(shown: Shown, side: Side) -> list[Block]:
    following = shown.next_check_in
    line = f"{headline(shown, side)}\n{following.line}" if following else headline(shown, side)
    parts: list[Block] = [blocks.section(line)]
    if buttons := what_to_do(shown, side):
        parts.append(blocks.actions(*buttons))
    return parts
