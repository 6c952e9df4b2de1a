"""What the hub tells people they can do, and candidates how to join (R14)."""

from collections.abc import Collection, Mapping

from slack_sdk.models.blocks import Block

from psrt_bot.membership.rules import Role
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message

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


def hub(roles: Collection[Role], prefix: str, open_words: Mapping[str, str]) -> Message:
    """Return what somebody with these roles can do.

    Args:
        open_words: the words after ``/psrt`` that are open to them, with what each does.
    """
    lines = []
    if Role.MEMBER in roles:
        lines += [
            f"`/{prefix}nominate` nominates somebody; `status`, `withdraw`, `help`",
            f"`/{prefix}vote` opens your ballot; `results` shows past results",
        ]
    if Role.ADMIN in roles:
        lines.append(f"`/{prefix}nominate cancel` ends a nomination")
    lines += [f"`/{prefix}psrt {word}` {what}" for word, what in open_words.items()]
    lines.append(f"`/{prefix}psrt join` tells how people join the team")
    text = "What you can do here:\n" + "\n".join(lines)
    parts: list[Block] = [blocks.section(text)]
    return Message(text, parts)


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
        where = blocks.mention(whose)
    text = f"A message to {where} cannot be delivered: Slack says {code}. It is not tried again."
    return Message(text, [blocks.section(text)])


def delivery_held(channel: str, reason: str) -> Message:
    """Return what admins hear when messages to a channel wait until it is fit (DESIGN section 2).

    Args:
        reason: why it is not, as words that follow its name.
    """
    text = (
        f"Messages to <#{channel}> are held back: {reason}. It must be private, not shared with "
        "another workspace, not archived, and the bot must be in it. They follow once it is."
    )
    return Message(text, [blocks.section(text)])
