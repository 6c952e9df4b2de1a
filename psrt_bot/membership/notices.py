"""What people are told of the public list and of claimed GitHub names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import (
    Block,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
)
from slack_sdk.models.views import View

from psrt_bot.membership.browsing import role_words
from psrt_bot.membership.rules import MAX_GITHUB_NAME, Role
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape
from psrt_bot.runtime.called import command

PUBLISHED = "membership.published"
CONFIRM_CLAIM = "membership.claim_confirm"
DECLINE_CLAIM = "membership.claim_decline"

CLAIM = "membership.claim"
GITHUB_FIELD = "github"

NO_PUBLICATION = f"There is no such publication; type {command('psrt publish')} for a new one."
NEWER_PUBLISHED = "A newer version of the lists is published already; nothing was changed."
PUBLISHED_BEFORE = "This version was marked as published before."
GIVEN_OUT = "You have a direct message with {}. Press *Mark as published* there once it stands."
MARKED = "Marked. From now on differences are told from this version on."
CONFIRMED = f"Confirmed: it stands in the list now. {command('psrt publish')} gives you the files."
DECLINED = "Declined. They are told."
CLAIM_GONE = "This was decided already, or a newer request took its place. Nothing was changed."
DIFF_LIMIT = 2800  # characters shown in a message; Slack's limit for a text is 3000


@dataclass(frozen=True)
class ListChange:
    """How a public list differs from what was published.

    Args:
        summary: who came, went and changed, a line each.
        diff: a unified diff; empty where nothing differs.
    """

    file: str
    summary: Sequence[str]
    diff: str


@dataclass(frozen=True)
class Claim:
    """A member's GitHub name, as they say.

    Args:
        before: the one on the list; empty where there is none.
    """

    id: str
    name: str
    before: str
    github: str


def fits(change: ListChange) -> bool:
    """Whether a difference can be shown in the message; a longer one becomes a file."""
    return len(change.diff) <= DIFF_LIMIT


def nothing_changed(published_at: datetime | None) -> str:
    """Return what an admin hears when there is nothing to publish."""
    if published_at is None:
        return "Both lists are empty: there is nothing to publish."
    return (
        f"Nothing changed since the lists were published or imported on "
        f"{blocks.in_utc(published_at)}. {command('psrt publish all')} sends them all the same."
    )


def publication(publication_id: str, changes: Sequence[ListChange]) -> Message:
    """Return what an admin reads above the files."""
    files = " and ".join(change.file for change in changes)
    opening = (
        f"*The public list, to be published*\nBelow: {files}. Propose the changed files to the "
        "Developer's Guide, then press *Mark as published*: from then on "
        "differences are told from this version on."
    )
    parts: list[Block] = [blocks.section(opening)]
    for change in changes:
        parts += _shown(change)
    parts.append(blocks.actions(blocks.button("Mark as published", PUBLISHED, publication_id)))
    return Message(f"The public list, to be published: {files}", parts)


def published(changes: Sequence[ListChange], by: str, at: datetime) -> Message:
    """Return what the same message says once it was published."""
    text = escape(f"Marked as published by {by} on {blocks.in_utc(at)}.")
    parts: list[Block] = [blocks.section(f"*The public list*\n{text}")]
    for change in changes:
        parts += _shown(change)
    return Message(text, parts)


def published_note(changes: Sequence[ListChange], by: str) -> Message:
    """Return what the other admins hear."""
    files = " and ".join(change.file for change in changes) or "the lists, unchanged"
    text = escape(f"{by} marked as published: {files}.")
    return Message(text, [blocks.section(text)])


def file_comment(name: str) -> str:
    """Return the line above a file."""
    return f"`{name}`"


def _shown(change: ListChange) -> list[Block]:
    parts: list[Block] = [blocks.section(f"*{change.file}*")]
    for text in blocks.packed(change.summary):
        parts += blocks.quoted(text)
    if change.diff and fits(change):
        written = RichTextElementParts.Text(text=change.diff)
        parts.append(RichTextBlock(elements=[RichTextPreformattedElement(elements=[written])]))
    elif change.diff:
        parts.append(blocks.context(f"The difference is long: see `{change.file}.diff` below."))
    return parts


def asked_below() -> Message:
    """Return what a question to the admins becomes when it is asked again further down."""
    text = "What stood here is asked again below."
    return Message(text, [blocks.section(text)])


def asked_again(question: Message) -> Message:
    """Return a question to the admins that nobody has answered for a day."""
    return Message(
        f"Asked again: {question.text}",
        [blocks.context("Asked again, since nobody has decided yet."), *question.blocks],
    )


def claim_modal(stands: str, waiting: str, typed: str) -> View:
    """Return the form by which a member says which GitHub name is theirs.

    Args:
        stands: the one in the list; ``waiting``: the one they asked for; empty for none.
        typed: what they wrote behind the command.
    """
    lines = [
        f"In the list: `{escape(stands)}`." if stands else "The list has no GitHub name of yours.",
        "An admin is asked whether it is yours; you hear of it. The public list and the GitHub "
        "team follow it.",
    ]
    if waiting:
        lines.append(
            f"You asked for `{escape(waiting)}`, and nobody has answered yet; a new name replaces "
            "that request."
        )
    field = blocks.text_input(
        GITHUB_FIELD, "Your GitHub name", initial=typed, max_length=MAX_GITHUB_NAME
    )
    parts: list[Block] = [blocks.section("\n".join(lines)), field]
    return blocks.modal(CLAIM, "Your GitHub name", parts, submit="Ask an admin")


CLAIMED = "An admin is asked. You hear of it once they have answered."


def added(name: str, by: str) -> Message:
    """Return what the admins hear of somebody who is known from now on."""
    return _plain(f"{by} added {name}, who is no member.")


def joined(name: str, by: str) -> Message:
    """Return what team and admins hear of a member without a nomination: never why."""
    return _plain(
        f"{name} is a member of the Python Security Response Team from now on. {by} entered them "
        "without a nomination here; the reason stands in the history, which admins see."
    )


def link_told(name: str, by: str, *, taken: bool) -> Message:
    """Return what a Slack user hears who is somebody of the list from now on, or no longer.

    Args:
        taken: no longer.
    """
    if taken:
        return _plain(
            f"{by}, an admin, took the link between your Slack account and {name} in the list of "
            "the Python Security Response Team. If that is a mistake, tell an admin."
        )
    return _plain(
        f"{by}, an admin, linked your Slack account to {name} in the list of the Python Security "
        "Response Team. If that is not you, tell an admin."
    )


def linked(name: str, slack_user_id: str, by: str) -> Message:
    """Return what the admins hear of a link, by which somebody can do what their roles permit.

    Args:
        slack_user_id: empty where it was taken.
    """
    if not slack_user_id:
        return _plain(f"{by} took the Slack link of {name}.")
    text = escape(f"{by} linked {name} to the Slack user")
    shown = f"{text} {blocks.mention(slack_user_id)}."
    return Message(f"{text} {slack_user_id}.", [blocks.section(shown)])


def roles_changed(name: str, given: Sequence[Role], taken: Sequence[Role], by: str) -> Message:
    """Return what the admins hear of roles that one of them gave and took."""
    parts = [
        f"{verb} {name} {role_words(roles)}"
        for verb, roles in (("gave", given), ("took from", taken))
        if roles
    ]
    return _plain(f"{by} {' and '.join(parts)}.")


def _plain(text: str) -> Message:
    return Message(escape(text), [blocks.section(escape(text))])


def claim_request(claim: Claim) -> Message:
    """Return the question to the admins whether a GitHub name is somebody's."""
    parts: list[Block] = [
        blocks.section(_claimed(claim)),
        blocks.context(
            "Ask them, or look at the account, before you confirm: the list and the GitHub team "
            "follow it."
        ),
        blocks.actions(
            blocks.button("Confirm", CONFIRM_CLAIM, claim.id, style="primary"),
            blocks.button("Decline", DECLINE_CLAIM, claim.id),
        ),
    ]
    text = escape(f"{claim.name} says their GitHub name is {claim.github}")
    return Message(text, parts)


def claim_decided(claim: Claim, by: str, *, confirmed: bool) -> Message:
    """Return what the same message says once it is decided."""
    word = "Confirmed" if confirmed else "Declined"
    text = f"{word} by {by}."
    return Message(
        escape(f"{claim.name}, GitHub name {claim.github}: {text}"),
        [blocks.section(f"{_claimed(claim)}\n*{escape(text)}*")],
    )


def claim_replaced(claim: Claim) -> Message:
    """Return what the same message says once they asked for another name, or left."""
    text = "This request is no longer open."
    return Message(text, [blocks.section(f"{_claimed(claim)}\n_{text}_")])


def claim_told(claim: Claim, *, confirmed: bool) -> Message:
    """Return what whoever asked hears."""
    if confirmed:
        text = f"An admin confirmed your GitHub name: {claim.github} stands in the list now."
    else:
        still = f"; {claim.before} stays" if claim.before else ""
        text = (
            f"An admin declined {claim.github} as your GitHub name{still}. Please ask one of them "
            "if you think this is a mistake."
        )
    return _plain(text)


def _claimed(claim: Claim) -> str:
    before = f" instead of `{escape(claim.before)}`" if claim.before else ""
    link = f"<https://github.com/{escape(claim.github)}|{escape(claim.github)}>"
    return f"*{escape(claim.name)}* says their GitHub name is {link}{before}."
