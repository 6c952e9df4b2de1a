"""App Home: what is open for a member; for everybody else, how people join (R14)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from slack_sdk.models.blocks import Block, SectionBlock
from slack_sdk.models.views import View

from psrt_bot.membership.messages import HOW_TO_JOIN, OPEN_HUB
from psrt_bot.nominations.messages import words
from psrt_bot.nominations.messages.words import Shown, dates
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import escape, moment
from psrt_bot.voting.messages import PollLine, vote_button

SHOWN_LINES = 20  # of each list
MOST_BLOCKS = 100  # of an App Home (docs.slack.dev/reference/block-kit/blocks)
TEAM_SECTIONS = 5  # some hundreds of names

Line = TypeVar("Line")


@dataclass(frozen=True)
class DraftLine:
    """A draft as it is shown in a list."""

    draft_id: str
    nominee: str
    changed_at: datetime


@dataclass(frozen=True)
class TeamLine:
    """A member of the team, with the notes of the public list."""

    name: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class MemberHome:
    """What a member's App Home is made from: never a count, nothing of who voted.

    Args:
        parts: what other processes show.
    """

    votes: Sequence[PollLine]
    own: Sequence[Shown]
    drafts: Sequence[DraftLine]
    parts: Sequence[Block]
    team: Sequence[TeamLine]


def member_home(facts: MemberHome) -> View:
    """Return a member's App Home."""
    team = _team(facts.team)
    parts = [
        *_part("Open votes", facts.votes, _vote, "No vote is open for you."),
        *_part("Your nominations", facts.own, _own, "You have none under way."),
        *_part("Your drafts", facts.drafts, _draft, "You have none."),
        blocks.actions(
            blocks.button("Nominate somebody", words.START),
            blocks.button("What else you can do", OPEN_HUB),
        ),
        *facts.parts,
    ]
    return _home([*parts[: MOST_BLOCKS - len(team)], *team])


def strangers_home(parts: Sequence[Block]) -> View:
    """Return the App Home of everybody else: the same whatever there is (R14).

    Args:
        parts: what other processes show somebody who is no member, a newcomer's checklist.
    """
    return _home([*parts[: MOST_BLOCKS - 1], blocks.section(HOW_TO_JOIN)])


def _home(parts: list[Block]) -> View:
    return View(type="home", blocks=parts)


def _team(team: Sequence[TeamLine]) -> list[Block]:
    names = [
        escape(line.name) + (f" ({', '.join(line.notes)})" if line.notes else "") for line in team
    ]
    return [
        blocks.header(f"The team: {blocks.plural(len(team), 'member')}"),
        *(blocks.section(text) for text in blocks.packed(names)[:TEAM_SECTIONS]),
    ]


def _part(
    title: str, lines: Sequence[Line], shown: Callable[[Line], SectionBlock], none: str
) -> list[Block]:
    parts: list[Block] = [blocks.header(title)]
    if not lines:
        parts.append(blocks.context(none))
    parts += [shown(line) for line in lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        parts.append(blocks.context(f"and {len(lines) - SHOWN_LINES} more"))
    return parts


def _vote(poll: PollLine) -> SectionBlock:
    return blocks.section(
        f"*{escape(poll.title)}*\nOpen until {moment(poll.closes_at)}",
        accessory=vote_button(poll.poll_id),
    )


def _own(nomination: Shown) -> SectionBlock:
    return blocks.section(
        f"*{escape(nomination.nominee)}*\n{nomination.phase}; {dates(nomination)}",
        accessory=blocks.button("Details", words.DETAILS, nomination.nomination_id),
    )


def _draft(draft: DraftLine) -> SectionBlock:
    return blocks.section(
        f"*{escape(draft.nominee)}*\nlast changed {moment(draft.changed_at)}",
        accessory=blocks.button("Continue", words.CONTINUE, draft.draft_id),
    )
