"""Who belongs where, what an access checklist asks for, and what differs from the list (R6).

A *place* is where a member has access: the GitHub team, the mailing list, or a Slack channel, named
by its id. Pure.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType

from psrt_bot.membership.rules import Role, github_key

GITHUB, MAILING_LIST = "github", "mailing-list"
BY_HAND = (GITHUB, MAILING_LIST)  # what the bot has no right to change: admins do it (R6)
REMIND_EVERY = timedelta(days=1)
WEEKLY_WEEKDAY, WEEKLY_HOUR = 0, 9  # Mondays at 09:00 UTC

Rooms = Sequence[tuple[Role, str]]  # each channel with a role that leads there


@unique
class Doing(StrEnum):
    """What a row of a checklist asks for."""

    ADD = "add"
    REMOVE = "remove"


@unique
class ChecklistState(StrEnum):
    """Where a checklist stands."""

    OPEN = "open"
    DONE = "done"
    SUPERSEDED = "superseded"  # the membership began or ended anew meanwhile


TRANSITIONS: Mapping[ChecklistState, frozenset[ChecklistState]] = MappingProxyType(
    {
        ChecklistState.OPEN: frozenset({ChecklistState.DONE, ChecklistState.SUPERSEDED}),
        ChecklistState.DONE: frozenset({ChecklistState.OPEN}),
        ChecklistState.SUPERSEDED: frozenset(),
    }
)


@unique
class ItemState(StrEnum):
    """Where a row of a checklist stands."""

    OPEN = "open"  # somebody has to do it
    OWED = "owed"  # the bot is doing it
    DONE = "done"


ITEM_TRANSITIONS: Mapping[ItemState, frozenset[ItemState]] = MappingProxyType(
    {
        ItemState.OPEN: frozenset({ItemState.OWED, ItemState.DONE}),
        ItemState.OWED: frozenset({ItemState.OPEN, ItemState.DONE}),
        ItemState.DONE: frozenset({ItemState.OPEN}),
    }
)


@unique
class Cause(StrEnum):
    """Why there is a checklist."""

    JOINED = "joined"
    LEFT = "left"
    ROLES = "roles"  # a role other than the membership began or ended
    DRIFT = "drift"  # an admin put a difference on it


@dataclass(frozen=True)
class Task:
    """What is to be done at a place."""

    place: str
    doing: Doing


def led_to(roles: Collection[Role], rooms: Rooms) -> frozenset[str]:
    """Return the channels that roles lead to."""
    return frozenset(channel for role, channel in rooms if role in roles)


def tasks(
    began: Collection[Role], ended: Collection[Role], held: Collection[Role], rooms: Rooms
) -> list[Task]:
    """Return what is to be done after roles began and ended, the places in their order, each once.

    Nobody is taken from a channel to which another of their roles leads (R5: release managers and
    council members may remain).

    Args:
        held: the roles that are held now.
    """
    found: dict[str, Task] = {}
    if Role.MEMBER in began:
        found |= {place: Task(place, Doing.ADD) for place in BY_HAND}
    elif Role.MEMBER in ended:
        found |= {place: Task(place, Doing.REMOVE) for place in BY_HAND}
    open_to_them = led_to(held, rooms)
    for role, channel in rooms:
        if role in began:
            found[channel] = Task(channel, Doing.ADD)
        elif role in ended and channel not in open_to_them:
            found.setdefault(channel, Task(channel, Doing.REMOVE))
    return list(found.values())


def is_complete(states: Iterable[str]) -> bool:
    """Say whether a checklist with rows in these states can be closed; an empty one cannot."""
    given = list(states)
    return bool(given) and all(state == ItemState.DONE for state in given)


def next_weekly(now: datetime) -> datetime:
    """Return the next moment after ``now`` at which everything is compared by itself."""
    at = now.astimezone(UTC)
    day = at.replace(hour=WEEKLY_HOUR, minute=0, second=0, microsecond=0)
    day += timedelta(days=(WEEKLY_WEEKDAY - at.weekday()) % 7)
    return day if day > at else day + timedelta(days=7)


@unique
class What(StrEnum):
    """In which way a place and the bot's list differ."""

    MISSING = "missing"  # they should be there
    STRANGER = "stranger"  # nothing leads them there
    UNKNOWN_THERE = "unknown-there"  # a member who cannot be looked for: no link, no GitHub name


@dataclass(frozen=True)
class Difference:
    """One difference.

    Args:
        key: who it is at the place: a Slack user's id, a GitHub name; empty where that is unknown.
        person_id: who it is on the list, or None.
    """

    what: What
    place: str
    key: str
    name: str
    person_id: str | None = None


@dataclass(frozen=True)
class Listed:
    """Somebody whom the bot knows.

    Args:
        user: their Slack user, where that is somebody of the workspace; else None.
    """

    person_id: str
    name: str
    github: str
    user: str | None
    roles: frozenset[Role]


def may_stay(roles: Collection[Role], ways_in: Collection[Role]) -> bool:
    """Say whether somebody in a channel is no stranger there.

    Strict with those who are missing, lenient with those who are there: the channels of members
    bear anybody who holds a role of the present (release managers, the council), the council's
    bears admins, who keep it.

    Args:
        ways_in: the roles that lead to the channel.
    """
    present = set(roles) - {Role.EMERITUS}
    if Role.MEMBER in ways_in:
        return bool(present)
    if Role.STEERING_COUNCIL in ways_in:
        return not present.isdisjoint({*ways_in, Role.ADMIN})
    return not present.isdisjoint(ways_in)


def channel_differences(
    listed: Sequence[Listed], rooms: Rooms, inside: Mapping[str, Mapping[str, str]]
) -> list[Difference]:
    """Compare the list with who is in the channels, each channel once, missing people first.

    Args:
        inside: of each channel that can be read: its people (no bots) and their names.
    """
    by_user = {one.user: one for one in listed if one.user}
    found = []
    for channel, people in inside.items():
        ways_in = {role for role, room in rooms if room == channel}
        belong = [one for one in listed if not one.roles.isdisjoint(ways_in)]
        found += [
            Difference(What.MISSING, channel, one.user, one.name, one.person_id)
            for one in belong
            if one.user and one.user not in people
        ]
        for user, name in people.items():
            one_there = by_user.get(user)
            if one_there is None:
                found.append(Difference(What.STRANGER, channel, user, name))
            elif not may_stay(one_there.roles, ways_in):
                there = Difference(
                    What.STRANGER, channel, user, one_there.name, one_there.person_id
                )
                found.append(there)
    return found


def unlinked(listed: Sequence[Listed]) -> list[Listed]:
    """Return those who hold a role that could lead to a channel, and have no living Slack user."""
    return [one for one in listed if one.user is None and one.roles - {Role.EMERITUS}]


def github_differences(listed: Sequence[Listed], logins: Collection[str]) -> list[Difference]:
    """Compare the list's members with a GitHub team's, whose names' case does not count (R5, R6).

    Not known to GitHub's list: an invitation that waits for its answer; such a member is missing.
    """
    there = {key: login for login in logins if (key := github_key(login))}
    members = [one for one in listed if Role.MEMBER in one.roles]
    known = {key: one for one in listed if (key := github_key(one.github))}
    nameless = [
        Difference(What.UNKNOWN_THERE, GITHUB, "", one.name, one.person_id)
        for one in members
        if not one.github
    ]
    missing = [
        Difference(What.MISSING, GITHUB, one.github, one.name, one.person_id)
        for one in members
        if one.github and github_key(one.github) not in there
    ]
    strangers = []
    for key, login in sorted(there.items()):
        one_there = known.get(key)
        if one_there is None:
            strangers.append(Difference(What.STRANGER, GITHUB, login, login))
        elif Role.MEMBER not in one_there.roles:
            strangers.append(
                Difference(What.STRANGER, GITHUB, login, one_there.name, one_there.person_id)
            )
    return [*missing, *strangers, *nameless]
