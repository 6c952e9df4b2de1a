"""What admins are asked about a pair, and what the two read when they meet."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.words import Shown
from psrt_bot.mentoring.rules import MentorshipState, Volunteer
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, mention, plural
from psrt_bot.runtime.called import command

FIRST_TALK = (
    "What a first talk could cover:",
    "• who you are, and what you have done so far",
    "• how a report comes in, and who looks at it first",
    "• what the embargo asks of everybody, and whom to turn to when in doubt",
    "• a finished report, from the first mail to the advisory, step by step",
    "• what you want to learn first, and a first small task",
    "• when and how you reach each other",
)
NOT_KEPT = (
    "What you say at a check-in is posted here, and I keep none of it: only that it took place."
)
OFFERED = 100  # options of a select (docs.slack.dev/reference/block-kit)


def proposed(shown: Shown, volunteer: Volunteer, *, others_have_room: bool) -> Message:
    """Return the question to the admins whether a pair may be.

    Args:
        others_have_room: somebody else could mentor as well; said of the newcomer's nominator.
    """
    text = escape(f"A mentor for {shown.newcomer}: {volunteer.name}?")
    facts = [
        f"{plural(volunteer.mentees, 'mentee')} of {volunteer.room}",
        words.topic_words(volunteer.topics) or "no topics named",
    ]
    if volunteer.nominated_them:
        alone = "" if others_have_room else ", and nobody else has room"
        facts.append(f"they nominated them{alone}")
    parts: list[Block] = [
        blocks.section(f"A mentor for {words.name(shown.newcomer)}: {words.name(volunteer.name)}?"),
        blocks.section(escape("\n".join(facts))),
    ]
    if wanted := words.topic_words(shown.topics):
        parts.append(blocks.section(escape(f"Wants to learn: {wanted}")))
    confirm = blocks.button("Confirm", words.CONFIRM, shown.mentorship_id, style="primary")
    return Message(text, [*parts, blocks.actions(confirm, choose_button(shown.mentorship_id))])


def nobody(shown: Shown, *, any_volunteer: bool) -> Message:
    """Return the word to the admins that nobody can be proposed.

    Args:
        any_volunteer: somebody volunteers, but has no room.
    """
    text = escape(f"There is no mentor for {shown.newcomer}.")
    why = "everybody who volunteers has as many mentees as they take" if any_volunteer else ""
    ask = f"please ask members to volunteer with {command('mentor')}; I propose whoever does."
    parts: list[Block] = [
        blocks.section(
            f"There is no mentor for {words.name(shown.newcomer)}: "
            f"{why or 'nobody volunteers just now'}; {ask}"
        )
    ]
    if any_volunteer:
        parts.append(blocks.actions(choose_button(shown.mentorship_id)))
    return Message(text, parts)


def asked_below() -> Message:
    """Return what a question becomes when it is asked again further down."""
    text = "What stood here is asked again below."
    return Message(text, [blocks.section(text)])


def asked_again(question: Message) -> Message:
    """Return a question that nobody has answered."""
    return Message(
        f"Asked again: {question.text}",
        [blocks.context("Asked again, since nobody has decided yet."), *question.blocks],
    )


def settled(shown: Shown, by: str) -> Message:
    """Return what a question becomes when it is answered, or needs no answer any more."""
    if shown.state is MentorshipState.PAIRED:
        text = f"{shown.mentor} mentors {shown.newcomer}; {by} decided."
    else:
        text = f"{shown.newcomer} needs no mentor any more."
    return Message(escape(text), [blocks.section(escape(text))])


def decided(shown: Shown) -> str:
    """Return what an admin is told who decided, as mrkdwn."""
    return escape(f"{shown.mentor} mentors {shown.newcomer} from now on; both are introduced.")


def choose_button(mentorship_id: str) -> ButtonElement:
    """Return the button by which an admin chooses a mentor."""
    return blocks.button("Choose another…", words.CHOOSE, mentorship_id)


def choose_modal(shown: Shown, volunteers: Sequence[Volunteer]) -> View:
    """Return an admin's choice among those who volunteer."""
    if not volunteers:
        how = f"Nobody volunteers; {command('mentor')} is how members do."
        return blocks.notice("Choose a mentor", how)
    offered = {}
    for one in volunteers[:OFFERED]:
        notes = [f"{one.mentees} of {one.room}"] if one.has_room else ["no room"]
        notes += ["nominated them"] if one.nominated_them else []
        offered[one.person_id] = f"{blocks.shorten(one.name, 40)} ({', '.join(notes)})"
    parts: list[Block] = [
        blocks.section(f"A mentor for {words.name(shown.newcomer)}."),
        blocks.select_input(words.MENTOR, "Who", offered),
    ]
    if shown.mentor:
        text = f"It is {shown.mentor} now, who then hands over."
        parts.insert(1, blocks.section(escape(text)))
    return blocks.modal(
        words.CHOOSE,
        "Choose a mentor",
        parts,
        submit="Pair",
        close="Back",
        metadata=shown.mentorship_id,
    )


def introduction(shown: Shown, newcomer_user: str, mentor_user: str, *, anew: bool) -> Message:
    """Return what the two read when they meet.

    Args:
        newcomer_user, mentor_user: their Slack ids.
        anew: somebody else mentored before.
    """
    who = f"{mention(newcomer_user)}, this is {mention(mentor_user)}, your mentor from now on."
    if anew:
        who += " They take over; the check-ins go on."
    when = [f"• {one.line}" for one in shown.check_ins if one.state.value == "planned"]
    parts: list[Block] = [blocks.section(who), blocks.section("\n".join(FIRST_TALK))]
    if when:
        parts.append(blocks.section("\n".join(["Your check-ins:", *when])))
    parts.append(blocks.context(f"{NOT_KEPT} {command('mentor status')} shows how it stands."))
    return Message(escape(f"{shown.newcomer}, this is {shown.mentor}, your mentor."), parts)


def hands_over(mentor: str) -> Message:
    """Return what a pair reads whose mentor cannot go on."""
    text = f"{mentor} hands over; another mentor follows. Nothing else changes."
    return Message(escape(text), [blocks.section(escape(text))])


def handed_over(shown: Shown, mentor: str, why: str) -> Message:
    """Return what admins hear of it.

    Args:
        why: as words that follow the mentor's name.
    """
    text = f"{mentor} {why} and no longer mentors {shown.newcomer}."
    return Message(escape(text), [blocks.section(escape(text))])


def ended(shown: Shown) -> Message:
    """Return what a mentor reads whose mentee has left."""
    text = f"{shown.newcomer} has left the team, so your mentoring ends. Thank you."
    return Message(escape(text), [blocks.section(escape(text))])


def rests(shown: Shown) -> Message:
    """Return what admins hear when a newcomer cannot be reached in Slack."""
    text = (
        f"{shown.newcomer} cannot be reached in Slack: the account is deactivated or not linked. "
        "Their check-ins are left out until they are back; if they have left, end the membership."
    )
    return Message(escape(text), [blocks.section(escape(text))])
