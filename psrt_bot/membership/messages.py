"""What the hub tells people they can do, and candidates how to join (R14)."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message

OPEN_HUB = "hub.open"  # the button of App Home
GO = "hub.go"  # the buttons of the hub itself

HOW_TO_JOIN = (
    "*How people join the Python Security Response Team*\n"
    "• _The role._ Members triage reports of vulnerabilities in Python and coordinate their "
    "repair under embargo: they move a report to a finished state within 90 days, involve core "
    "experts, and hand over when they cannot go on.\n"
    "• _Who is expected._ Core developers, triagers and PSF staff; others are possible.\n"
    "• _How._ An existing member nominates you. Members vote secretly for a week; two thirds of "
    "the votes decide, and the Steering Council may veto. PEP 811 has the whole of it, review "
    "and removal included: please read it first.\n"
    "• _Finding a nominator._ Work with members where they work: issues, pull requests, security "
    "tooling. Then ask one of them.\n"
    "• _Common mistakes._ Asking in public for embargoed details; offering tools instead of time; "
    "nominating oneself."
)


@dataclass(frozen=True)
class Offer:
    """Something that is open to somebody, reached by a word after ``/psrt``.

    Args:
        is_command: it is a slash command as well.
    """

    word: str
    what: str
    is_command: bool

    def typed(self, prefix: str) -> str:
        """Return how it is typed."""
        return f"/{prefix}{self.word}" if self.is_command else f"/{prefix}psrt {self.word}"


def usage(offers: Sequence[Offer], prefix: str) -> str:
    """Return what somebody can type, a line each."""
    lines = [f"`{offer.typed(prefix)}` {offer.what}" for offer in offers]
    return "\n".join(
        [
            "What you can do here:",
            *lines,
            f"`/{prefix}psrt` shows this with buttons; every command has a `help`",
        ]
    )


def hub_modal(offers: Sequence[Offer], prefix: str) -> View:
    """Return everything that is open to somebody, with a button each."""
    parts: list[Block] = [
        blocks.section(
            f"`{offer.typed(prefix)}` {offer.what}",
            accessory=blocks.button(offer.word.capitalize(), GO, offer.word),
        )
        for offer in offers
    ]
    return blocks.modal("hub", "What you can do", parts)


def delivery_died(conversation: str, code: str) -> Message:
    """Return what admins hear of a message that cannot be delivered: where to and why, never what.

    Args:
        conversation: a channel's id, or a kind of conversation and whose it is, as in ``dm:U0123``.
        code: Slack's error code.
    """
    kind, _, whose = conversation.rpartition(":")
    if kind == "":
        where = f"<#{whose}>"
    elif kind == "fan":
        where = "somebody"  # a reminder: who has not voted is nobody's business
    else:
        where = " and ".join(blocks.mention(user) for user in whose.split(","))  # a group's
    text = f"A message to {where} cannot be delivered: Slack says {code}. It is not tried again."
    return Message(text, [blocks.section(text)])


def direct_messages_held(reason: str) -> Message:
    """Return what admins hear when nobody can be written to directly.

    Args:
        reason: what is wrong, as the end of a sentence.
    """
    text = (
        f"Direct messages are held back: {reason}. Turn it on (the app's page, App Home); they "
        "follow once it is."
    )
    return Message(text, [blocks.section(text)])
