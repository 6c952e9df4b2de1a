"""The doors of the bot: what somebody can come in by, and the permission each asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, unique

from commands.answers import Answer
from commands.asked import Asked
from psrt_bot.membership.permissions import Permission

Listener = Callable[[Asked], Answer]


@unique
class Kind(StrEnum):
    """By which door somebody comes in."""

    COMMAND = "command"
    BUTTON = "button"
    FORM = "form"
    EVENT = "event"
    WORD = "word"  # after /psrt; a command within a command


@dataclass(frozen=True)
class Door:
    """One registered listener and what it needs. ``docs/permissions.md`` lists every one.

    Args:
        listener: None for an event, which nobody asks.
    """

    kind: Kind
    name: str
    permission: Permission
    listener: Listener | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Word:
    """What stands behind a word after ``/psrt``.

    Args:
        what: what it does, in a line of help.
        is_command: it is a slash command as well.
    """

    permission: Permission
    listener: Listener
    what: str
    is_command: bool


class Doors(list[Door]):
    """Every door, in the order in which Bolt tries them."""

    def open(
        self, kind: Kind, name: str, permission: Permission, listener: Listener | None = None
    ) -> None:
        """Add a door.

        Raises:
            TypeError: it asks for no permission of the table; a bot with such a door never starts.
            ValueError: there is such a door already.
        """
        if not isinstance(permission, Permission):
            raise TypeError(f"the {kind} {name!r} asks for no permission of the table")
        if any(door.kind is kind and door.name == name for door in self):
            raise ValueError(f"there are two doors for the {kind} {name!r}")
        self.append(Door(kind, name, permission, listener))
