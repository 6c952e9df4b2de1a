"""Who may do what, when, and with what: the one table of permissions (STYLE, house habit 5).

Pure data and decisions, the standard library alone. A permission is one line of ``Permission``; no
other place has to know of it. ``docs/permissions.md`` is written from this table and the doors.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Self


class Role(StrEnum):
    """A role somebody may hold (R5, R6; DESIGN section 6: the words of ``roster grant``).

    Roles do not imply each other: an admin is a member who also holds ``ADMIN``. Release managers
    and council members need not be PSRT members.
    """

    MEMBER = "member"
    EMERITUS = "emeritus"
    ADMIN = "admin"
    RELEASE_MANAGER = "release-manager"
    STEERING_COUNCIL = "steering-council"


@dataclass(frozen=True)
class Audience:
    """Who may, by what they are.

    Args:
        roles: any one of them is enough.
        strangers: people without any role may as well.
    """

    roles: frozenset[Role]
    strangers: bool = False

    def includes(self, roles: Collection[Role]) -> bool:
        """Say whether somebody who holds ``roles`` (all of them, none implied) belongs to it."""
        return self.strangers or not self.roles.isdisjoint(roles)


MEMBERS = Audience(frozenset({Role.MEMBER}))
ADMINS = Audience(frozenset({Role.ADMIN}))
# The first admin of an empty installation (PSRT_ADMINS) is no member yet, and manages.
MEMBERS_AND_ADMINS = Audience(frozenset({Role.MEMBER, Role.ADMIN}))
COUNCIL = Audience(frozenset({Role.STEERING_COUNCIL}))
COUNCIL_AND_ADMINS = Audience(frozenset({Role.STEERING_COUNCIL, Role.ADMIN}))
EVERYBODY = Audience(frozenset(Role), strangers=True)
NOBODY = Audience(frozenset())  # of people


@unique
class Whose(StrEnum):
    """Whose the thing must be that is acted upon."""

    ANY = "anybody's"
    OWN = "one's own"  # the nominator's nomination, the writer's draft
    OTHERS = "not about oneself"  # the nominee sees nothing of it, also later (R12)


@dataclass(frozen=True)
class While:
    """In which states of a thing something may be done to it.

    Args:
        thing: the state machine, as ``docs/architecture.md`` calls it, in lower case.
        states: its states, by their values; a test compares them with the machine.
    """

    thing: str
    states: frozenset[str]

    def __init__(self, thing: str, *states: str) -> None:
        object.__setattr__(self, "thing", thing)
        object.__setattr__(self, "states", frozenset(states))


OWN, OTHERS = Whose.OWN, Whose.OTHERS
RUNNING = While("nomination", "waiting", "voting", "uncounted", "awaiting_notice", "council")
STUCK = While("poll", "closing", "keys_missing", "disputed")


class Permission(StrEnum):
    """An act somebody may be permitted to do, named ``process:act``; one line each.

    The line: its name, what it lets one do, who, whose the thing must be, in which states of it.
    What is left out does not matter: whoever's it is, whatever its state. Roles are checked where
    a listener is registered and again by the use case (``Members.require``); the rest by the use
    case, which asks ``theirs`` and ``fits``.
    """

    NOMINATIONS_NOMINATE = "nominations:nominate", "nominate somebody, from a draft", MEMBERS, OWN
    NOMINATIONS_READ = "nominations:read", "read a nomination", MEMBERS, OTHERS
    NOMINATIONS_WITHDRAW = "nominations:withdraw", "take a nomination back", MEMBERS, OWN, RUNNING
    NOMINATIONS_CANCEL = "nominations:cancel", "end a nomination", ADMINS, OTHERS, RUNNING
    NOMINATIONS_ADDENDUM = "nominations:addendum", "add to a nomination", MEMBERS, OWN, RUNNING
    NOMINATIONS_NEUTRALISE = "nominations:neutralise", "withdraw posts again", ADMINS, OTHERS
    VOTING_VOTE = "voting:vote", "vote, as an elector", MEMBERS, OTHERS, While("poll", "open")
    VOTING_GO_AHEAD = (
        *("voting:go-ahead", "open a vote that waits", ADMINS, OTHERS),
        While("nomination", "waiting"),
    )
    VOTING_CLOSE = (
        *("voting:close", "close or extend a vote the bot was away from", ADMINS, OTHERS),
        While("poll", "open"),
    )
    VOTING_VOID = "voting:void", "give up a vote that cannot be counted", ADMINS, OTHERS, STUCK
    VOTING_KEYS_LOST = (
        *("voting:keys-lost", "give up the keys of an ended vote", ADMINS, OTHERS),
        While("poll", "closed", "cancelled"),
    )
    VOTING_RERUN = (
        *("voting:rerun", "run a vote again", ADMINS, OTHERS),
        While("nomination", "uncounted"),
    )
    VOTING_RESULT = "voting:result", "see a result", MEMBERS, OTHERS, While("poll", "closed")
    STATEMENT_ASK = "statement:ask", "ask the nominee for a statement", MEMBERS, OWN, RUNNING
    # Whoever was nominated and asked: nobody on any list, so the use case knows them.
    STATEMENT_GIVE = "statement:give", "write a statement, or decline, once asked", EVERYBODY
    PROGRESS_SHARE = "progress:share", "tell the nominee phase and dates", MEMBERS, OWN
    COUNCIL_OPEN = "council:open", "see what is before the council", COUNCIL_AND_ADMINS, OTHERS
    COUNCIL_ANSWER = (
        *("council:answer", "veto, not object, abstain; read what it is about", COUNCIL, OTHERS),
        While("council", "open"),
    )
    COUNCIL_RECORD = (
        *("council:record", "say that the council was told, record answers by mail", ADMINS),
        *(OTHERS, While("council", "awaiting_notice", "open")),
    )
    # Whoever was confirmed: on no list yet, so the use case knows them.
    ONBOARDING_ANSWER = (
        *("onboarding:answer", "accept what the team asks of members, or decline", EVERYBODY),
        *(Whose.ANY, While("onboarding", "asked")),
    )
    ONBOARDING_TICK = (
        *("onboarding:tick", "see a checklist; tick its steps that are one's own to tick"),
        *(MEMBERS_AND_ADMINS, Whose.ANY, While("onboarding", "checklist")),
    )
    ONBOARDING_MANAGE = (
        *("onboarding:manage", "see every onboarding, say who came, end it", ADMINS, Whose.ANY),
        While("onboarding", "outside", "asked", "checklist"),
    )
    # Newcomers and mentors are members; which pair is theirs, the use case knows.
    MENTORING_OPEN = "mentoring:open", "volunteer as a mentor; see one's own pairs", MEMBERS, OWN
    MENTORING_CHECK_IN = (
        *("mentoring:check-in", "check in, or move a check-in to another day", MEMBERS, OWN),
        While("mentorship", "paired"),
    )
    MENTORING_GRADUATE = (
        *("mentoring:graduate", "end or extend a mentee's first months", MEMBERS, OWN),
        While("mentorship", "paired"),
    )
    MENTORING_PAIR = (
        *("mentoring:pair", "decide who mentors a newcomer", ADMINS, OTHERS),
        While("mentorship", "seeking", "proposed", "paired"),
    )
    MEMBERS_LIST = "members:list", "see the list of members", MEMBERS_AND_ADMINS
    MEMBERS_MANAGE = "members:manage", "change the list of members", ADMINS
    MEMBERS_CLAIM = "members:claim", "say which GitHub name is one's own", MEMBERS
    MEMBERS_PUBLISH = "members:publish", "take the public lists to where they are public", ADMINS
    OFFBOARDING_END = "offboarding:end", "end a membership", ADMINS
    AUDIT_READ = "oversight:audit", "read the audit log", ADMINS, OTHERS
    ACCESS_KEEP = "access:keep", "see and tick access checklists", ADMINS
    ACCESS_DRIFT = "access:drift", "compare the places with the list, and mend them", ADMINS
    HUB_OPEN = "hub:open", "see what one can do", EVERYBODY
    CANDIDATE_READ = "candidate:read", "read how to join", EVERYBODY
    SLACK_TELLS = "slack:tells", "tell of users and channels: Slack alone", NOBODY

    audience: Audience
    what: str
    whose: Whose
    during: While | None

    def __new__(
        cls,
        value: str,
        what: str,
        audience: Audience,
        whose: Whose = Whose.ANY,
        during: While | None = None,
    ) -> Self:
        """Make a permission of its line."""
        self = str.__new__(cls, value)
        self._value_ = value
        self.what, self.audience, self.whose, self.during = what, audience, whose, during
        return self

    def theirs(self, *, own: bool, about: bool) -> bool:
        """Say whether the thing is one that this may be done to by the person who asks.

        Args:
            own: they made it.
            about: it is about them; then nothing may be done to it by anybody (R12).
        """
        if about and self.whose is not Whose.ANY:
            return False
        return own or self.whose is not Whose.OWN

    def fits(self, state: str) -> bool:
        """Say whether this may be done to a thing in ``state``, a value of its state machine."""
        return self.during is None or state in self.during.states


def named(value: str) -> Permission:
    """Return the permission of this name.

    Raises:
        KeyError: there is none.
    """
    return {permission.value: permission for permission in Permission}[value]


def allowed(permission: Permission, roles: Collection[Role]) -> bool:
    """Say whether somebody who holds ``roles`` (all of them, none implied) may do ``permission``.

    Fails closed: what is no permission is nobody's. Source: R1, R2, R6, R14; STYLE, house habit 5.
    """
    return isinstance(permission, Permission) and permission.audience.includes(roles)
