"""The list of people as somebody looks through it: filter, page, and what a modal remembers. Pure.

A modal's private metadata is the only memory between two clicks. It comes back from the client, so
what cannot be read there is as if it were not there, and nothing in it permits anything.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Self

from psrt_bot.membership.rules import Role, github_key, sort_key

PER_PAGE = 20  # people; a modal holds 100 blocks (docs.slack.dev/reference/block-kit/blocks)
HISTORY_PER_PAGE = 10
MAX_TEXT = 100
EVERYBODY = "everybody"  # also those who hold no role

ROLE_WORDS: Mapping[Role, str] = MappingProxyType(
    {
        Role.MEMBER: "Member",
        Role.ADMIN: "Admin",
        Role.RELEASE_MANAGER: "Release Manager",
        Role.STEERING_COUNCIL: "Steering Council",
        Role.EMERITUS: "Former member",
    }
)


@unique
class LinkState(StrEnum):
    """How somebody stands with Slack."""

    LINKED = "linked"
    GONE = "gone"  # linked to an account that is deactivated, a guest's, a bot's, or unknown
    NONE = "none"


@dataclass(frozen=True)
class Line:
    """Somebody, as a line of the list.

    Args:
        notes: the third column of their line in a public list; empty where they have none.
        slack_user_id: None also for readers who are not to see it.
    """

    person_id: str
    name: str
    github: str
    notes: str
    roles: frozenset[Role]
    slack_user_id: str | None
    link: LinkState


@dataclass(frozen=True)
class Filter:
    """Whom the list shows.

    Args:
        text: a part of the name or of the GitHub name.
        role: None for everybody known.
        link: None for any.
    """

    text: str = ""
    role: Role | None = Role.MEMBER
    link: LinkState | None = None

    @classmethod
    def of(cls, text: str, role: str, link: str) -> Self:
        """Read a filter as it was chosen; what is no choice counts as not chosen."""
        roles = {one.value: one for one in Role}
        states = {one.value: one for one in LinkState}
        chosen = None if role == EVERYBODY else roles.get(role, Role.MEMBER)
        return cls(text.strip()[:MAX_TEXT], chosen, states.get(link))

    def fits(self, line: Line) -> bool:
        """Say whether somebody is shown."""
        if self.role is not None and self.role not in line.roles:
            return False
        if self.link is not None and self.link is not line.link:
            return False
        wanted = _plain(self.text)
        key = (github_key(self.text.strip().removeprefix("@")) or "").strip()
        return wanted in _plain(line.name) or (bool(key) and key in line.github.lower())


def _plain(text: str) -> str:
    """Return a name as it is looked for: without marks, case and doubled spaces."""
    return " ".join(sort_key(text))


@dataclass(frozen=True)
class Place:
    """Where somebody is: which part of the list, and whom they have open.

    Args:
        stamp: how that person stood when the modal was made; a form of theirs that comes back with
            an older one changes nothing.
    """

    filter: Filter = field(default_factory=Filter)
    page: int = 0
    person_id: str = ""
    stamp: str = ""

    def written(self) -> str:
        """Return it as private metadata: ids and a filter, never what was typed into a form."""
        role = self.filter.role or EVERYBODY
        link = self.filter.link or ""
        parts = [self.filter.text, role, link, self.page, self.person_id, self.stamp]
        return json.dumps(parts, ensure_ascii=False)

    @classmethod
    def read(cls, metadata: str) -> Self:
        """Read what `written` wrote; anything else is the beginning of the list."""
        try:
            text, role, link, page, person_id, stamp = json.loads(metadata)
        except (ValueError, TypeError, RecursionError):
            return cls()
        if not all(isinstance(one, str) for one in (text, role, link, person_id, stamp)):
            return cls()
        if not isinstance(page, int) or isinstance(page, bool):
            return cls()
        return cls(Filter.of(text, role, link), page, person_id, stamp)

    def of(self, person_id: str) -> Self:
        """Return the same place with somebody open."""
        return replace(self, person_id=person_id, stamp="")


@dataclass(frozen=True)
class Page:
    """A part of the list.

    Args:
        total: how many people fit the filter.
        manages: the reader may change the list.
    """

    lines: Sequence[Line]
    place: Place
    pages: int
    total: int
    manages: bool


@dataclass(frozen=True)
class Held:
    """A role somebody holds or held, with the words of whoever gave or took it.

    Args:
        by, ended_by: names, as mrkdwn.
    """

    role: Role
    since: datetime
    by: str
    until: datetime | None
    ended_by: str
    decision: str
    reason: str
    end_reason: str


@dataclass(frozen=True)
class Card:
    """Somebody, as an admin sees them.

    Args:
        listing: whether they have a line in a public list, which alone has notes.
        since: when each role that they hold began.
    """

    line: Line
    listed: bool
    since: Mapping[Role, datetime]
    place: Place


@dataclass(frozen=True)
class History:
    """A part of somebody's history, the newest first."""

    name: str
    held: Sequence[Held]
    place: Place
    page: int
    pages: int


def part(count: int, page: int, size: int) -> tuple[int, int]:
    """Return a page that exists, from 0, and how many there are (one at least)."""
    pages = max(1, -(-count // size))
    return min(max(page, 0), pages - 1), pages


def role_words(roles: Collection[Role]) -> str:
    """Return roles in words, in a fixed order."""
    return ", ".join(word for role, word in ROLE_WORDS.items() if role in roles)
