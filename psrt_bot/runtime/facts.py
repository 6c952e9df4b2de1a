"""Typed facts: how a lower process tells of something without knowing who listens.

A fact is announced inside the transaction that made it true; ``app.py`` binds handlers, which act
in that same transaction. So the poll closes and the nomination learns of it, or neither.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session


@dataclass(frozen=True)
class PollOpened:
    """A poll began: voting is possible until its close."""

    poll_id: str


@dataclass(frozen=True)
class PollClosed:
    """A poll was counted; its result stands in its row. Its keys still exist."""

    poll_id: str
    passed: bool


@dataclass(frozen=True)
class PollKeysDestroyed:
    """The keys of an ended poll are gone; from now on nobody can tell who voted how."""

    poll_id: str


@dataclass(frozen=True)
class PollDisputed:
    """A poll's ballots do not add up: there is no result."""

    poll_id: str
    rejected: int


@dataclass(frozen=True)
class PollKeysMissing:
    """A poll cannot go on: its keys are not where they should be.

    Args:
        reason: what is wrong with which place, and the remedy; for admins.
    """

    poll_id: str
    reason: str


@dataclass(frozen=True)
class PollKeysBack:
    """The keys of an open poll, of which `PollKeysMissing` was told, can be read again."""

    poll_id: str


@dataclass(frozen=True)
class PollKeysLost:
    """An admin gave the keys of an ended poll up for lost: they will not be destroyed before."""

    poll_id: str


@dataclass(frozen=True)
class PollVoided:
    """An admin gave up a poll that could not be counted."""

    poll_id: str


@dataclass(frozen=True)
class PollNeedsDecision:
    """The bot was away for too much of a vote: admins choose to close or to extend."""

    poll_id: str


@dataclass(frozen=True)
class MemberJoined:
    """A membership began."""

    person_id: str


@dataclass(frozen=True)
class RolesChanged:
    """Somebody was given a role or lost one, also that of a member."""

    person_id: str


@dataclass(frozen=True)
class PersonLinked:
    """Somebody was linked to a Slack user, or that link was taken.

    Args:
        slack_user_ids: who now is, or no longer is, that person.
    """

    person_id: str
    slack_user_ids: tuple[str, ...]


@dataclass(frozen=True)
class PersonChanged:
    """Somebody is called something else now: their name, GitHub name, or notes in the list."""

    person_id: str


@dataclass(frozen=True)
class CouncilTold:
    """The Steering Council has been told: its window is open (R4).

    Args:
        subject: what it is about, a nomination's id.
    """

    subject: str


@dataclass(frozen=True)
class CouncilDecided:
    """The Steering Council's window is over, or its decision became final before (R4).

    Args:
        subject: what it was about, a nomination's id.
        confirmed: False for a veto.
    """

    subject: str
    confirmed: bool


@dataclass(frozen=True)
class NewcomerArrived:
    """Somebody who was outside the workspace is a Slack user now (R11).

    Args:
        subject: what led to it, a nomination's id.
    """

    subject: str
    slack_user_id: str


@dataclass(frozen=True)
class NewcomerAccepted:
    """Somebody who was confirmed has accepted and is a member now (R11).

    Announced after ``MemberJoined``, in the same transaction.

    Args:
        subject: what led to it, a nomination's id.
    """

    person_id: str
    subject: str


@dataclass(frozen=True)
class ChecklistDone:
    """Every step of a newcomer's checklist is ticked."""

    person_id: str


@dataclass(frozen=True)
class MentorUnavailable:
    """A mentor paused, or left: their mentees need another."""

    person_id: str


@dataclass(frozen=True)
class MemberLeft:
    """A membership ended."""

    person_id: str


@dataclass(frozen=True)
class ChannelSeen:
    """Slack told how one of the team's channels is now, and who is in it."""

    channel: str


@dataclass(frozen=True)
class Invited:
    """Somebody is in a channel to which an invitation was owed."""

    channel: str
    user: str


@dataclass(frozen=True)
class Removed:
    """Somebody is not in a channel from which a removal was owed."""

    channel: str
    user: str


@dataclass(frozen=True)
class PlaceRefused:
    """An owed invitation or removal did not happen and will not be tried again.

    Args:
        kind: of ``outbox.Kind``.
        reason: why, as words that can follow "could not do it:"; for admins.
    """

    kind: str
    channel: str
    user: str
    reason: str


@dataclass(frozen=True)
class Delivered:
    """A message that is remembered under a slot stands in Slack now.

    Announced in the transaction that finishes its row: what begins with it begins exactly once.
    """

    slot: str


@dataclass(frozen=True)
class PostLingers:
    """A post or file about somebody who is to come could not be withdrawn from a channel.

    Args:
        about: what it was marked with.
        code: Slack's error code.
    """

    about: str
    conversation: str
    code: str


@dataclass(frozen=True)
class DeliveryDied:
    """A message could not be delivered and will not be tried again.

    Args:
        kind: of ``outbox.Kind``; a fan-out does not say who was not reached, since that could
            tell what is secret (who has not voted).
        code: Slack's error code.
        slot: under which it would have been remembered.
    """

    kind: str
    conversation: str
    code: str
    slot: str | None = None


@dataclass(frozen=True)
class DeliveryHeld:
    """Messages wait, because their channel is not fit to be posted to, or nobody can be written to.

    Args:
        reason: why, as words that follow the channel's name, or a sentence's end.
        slot: of the first that waits, under which it will be remembered.
    """

    conversation: str
    reason: str
    slot: str | None = None


Fact = TypeVar("Fact")
Handler = Callable[[Session, datetime, Any], None]


class Facts:
    """Who listens to which fact. Bound once by ``app.py``, announced to by the services."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Handler]] = {}

    def bind(self, fact: type[Fact], handler: Callable[[Session, datetime, Fact], None]) -> None:
        """Let ``handler`` hear of every fact of this type, in the order of binding."""
        self._handlers.setdefault(fact, []).append(handler)

    def announce(self, session: Session, now: datetime, fact: object) -> None:
        """Tell every handler, inside the caller's transaction; an error undoes all of it."""
        for handler in self._handlers.get(type(fact), []):
            handler(session, now, fact)
