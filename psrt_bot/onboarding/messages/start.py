"""What newcomers are told before they are members: the question, the form, the answers (R7)."""

from collections.abc import Mapping

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.membership.rules import MAX_EMAIL, MAX_GITHUB_NAME, MAX_NAME
from psrt_bot.onboarding.messages import words
from psrt_bot.onboarding.messages.words import Shown
from psrt_bot.onboarding.rules import AGREED, EMAIL, GITHUB, NAME, PROMISES
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape

TEAM = "Python Security Response Team"
WHAT_THE_TEAM_DOES = (
    "The team receives reports of vulnerabilities in CPython and pip before they are public, "
    "decides which of them are vulnerabilities, sees that they are repaired under embargo, and "
    "publishes the advisories. Its members coordinate: nobody has to write every patch alone."
)
WHAT_COMES = (
    "*Begin* shows what the team asks of its members. You become one when you have accepted it; "
    "then a checklist leads you through the first weeks."
)
BAD_NEWS_IS_FINE = "Declining is fine, too: the admins are told, nobody else."


def question(shown: Shown) -> Message:
    """Return the direct message with which an onboarding begins."""
    text = f"Congratulations, {escape(shown.name)}: the {TEAM} wants you as a member."
    return Message(
        text,
        [
            blocks.section(f"*{text}*"),
            blocks.section(f"Your nomination is confirmed. {WHAT_THE_TEAM_DOES}"),
            blocks.section(WHAT_COMES),
            _buttons(shown),
            blocks.context(BAD_NEWS_IS_FINE),
        ],
    )


def reminder(shown: Shown) -> list[Block]:
    """Return the part of a reminder that asks again."""
    text = (
        f"The {TEAM} is looking forward to you: your nomination is confirmed, and you have not "
        "answered yet. Take the time you need; if now is not a good time, say so."
    )
    return [blocks.section(text), _buttons(shown)]


def _buttons(shown: Shown) -> Block:
    return blocks.actions(
        blocks.button("Begin", words.BEGIN, shown.onboarding_id, style="primary"),
        blocks.button(
            "Decline",
            words.DECLINE,
            shown.onboarding_id,
            confirm=blocks.sure(
                "Decline?", "You do not become a member. The admins are told.", "Decline"
            ),
        ),
    )


def home(shown: Shown) -> list[Block]:
    """Return what stands in the App Home of somebody who was asked."""
    return [blocks.header("You are invited to the team"), *reminder(shown)]


def declined() -> Message:
    """Return what the question becomes when it was declined."""
    text = (
        "You declined; you do not become a member. Thank you for considering it. If you change "
        "your mind, write to one of the admins: nothing stands against asking you again."
    )
    return Message(text, [blocks.section(text)])


def over() -> Message:
    """Return what the question becomes when nothing is asked any more."""
    text = "Nothing is asked of you here any more. If that surprises you, ask one of the admins."
    return Message(text, [blocks.section(text)])


def accepted() -> Message:
    """Return what the question becomes when it was accepted."""
    text = f"You accepted, and are a member of the {TEAM}. Welcome! Your checklist stands below."
    return Message(text, [blocks.section(text)])


def acceptance_modal(shown: Shown) -> View:
    """Return the form of acceptance: every responsibility, each with its box; then who they are."""
    parts: list[Block] = [
        blocks.section(
            f"As a member of the {TEAM} you take on what follows, as PEP 811 has it. "
            "Please tick each; you become a member when you submit."
        )
    ]
    for promise in PROMISES:
        parts += [
            blocks.section(f"*{promise.title}*\n{promise.text}"),
            blocks.checkboxes_input(
                promise.name,
                promise.label,
                {AGREED: promise.tick},
                optional=False,
            ),
        ]
    parts += [
        blocks.divider(),
        blocks.text_input(
            GITHUB,
            "GitHub name",
            initial=shown.github,
            max_length=MAX_GITHUB_NAME,
            hint="With which you will work on advisories; it stands in the public list.",
        ),
        blocks.text_input(
            EMAIL,
            "E-mail",
            initial=shown.email or "",
            max_length=MAX_EMAIL,
            hint="For the team's mailing list. Admins see it, nobody else.",
        ),
        blocks.text_input(
            NAME,
            "Name in the public list",
            initial=shown.name,
            max_length=MAX_NAME,
            hint="The list of members is public. Write it as you want to be called.",
        ),
    ]
    return blocks.modal(
        words.ACCEPT,
        "Joining the team",
        parts,
        submit="Accept",
        close="Not now",
        metadata=shown.onboarding_id,
    )


def welcome_modal() -> View:
    """Return what stands in the form's place once it is accepted."""
    return blocks.notice(
        "Welcome",
        f"You are a member of the {TEAM} now.",
        "Your checklist comes in a direct message, and stands in the Home tab as well. You are "
        "invited to the team's channels; the admins open the other doors for you.",
        "Whom to turn to: the admins, for anything; for conduct, conduct-wg@python.org.",
    )


def welcome(shown: Shown) -> Message:
    """Return the word of welcome to the team."""
    name = blocks.mention(shown.slack_user_id) if shown.slack_user_id else escape(shown.name)
    text = f"Welcome {name}! {escape(shown.name)} is a member of the team from today."
    return Message(text, [blocks.section(text)])


def field_words(problems: Mapping[str, str | None]) -> dict[str, str]:
    """Return what is wrong by field, as sentences; fields without a problem are left out."""
    return {name: f"{text[:1].upper()}{text[1:]}" for name, text in problems.items() if text}


TAKEN = "Somebody else on the list has this GitHub name; check it, or ask one of the admins."
NO_ACCOUNT = (
    "Your Slack account has no full access to this workspace (a guest's, or of another "
    "workspace), and members need it. The admins are told; come back when they have changed it."
)
MEMBER_ALREADY = "You are a member of the team already; nothing was changed."
MEMBER_UNLINKED = (
    "Somebody with the GitHub name of your nomination is on the list of members already. If that "
    "is you, ask one of the admins to link it to your Slack account; nothing was changed."
)
LINKED_OTHERWISE = (
    "The list of members knows you by another Slack account. Please ask one of the admins; "
    "nothing was changed."
)
