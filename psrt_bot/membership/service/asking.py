"""Who asks, and whether they may: what stands before every answer (R6, R12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)

from psrt_bot.membership.rules import Permission, Role, allowed
from psrt_bot.runtime.rules import NotAllowed
from psrt_bot.runtime.sql import table_of
from storage.people import Person, RoleHeld, SlackUser

# What a person is told who may not do something: the same words whatever there is or is not.
REFUSAL = (
    "This is for members of the Python Security Response Team. "
    "If you are one, ask an admin to link your Slack account."
)
FOR_ADMINS = "Only admins can do this."


@dataclass(frozen=True)
class Actor:
    """Somebody who asks for something.

    Args:
        person_id: None when the Slack user is nobody we know.
        names: what they are called, in Slack and on the list.
        github: as the list has it; empty where it has none.
    """

    slack_user_id: str
    person_id: str | None
    name: str
    roles: frozenset[Role]
    names: tuple[str, ...] = ()
    github: str = ""

    @property
    def known_id(self) -> str:
        """Their id, for acts that only people on the list can do.

        Raises:
            NotAllowed: they are nobody on the list (the first admin of an empty installation).
        """
        if self.person_id is None:
            raise NotAllowed(REFUSAL)
        return self.person_id

    @property
    def audit_name(self) -> str:
        """How the audit log names them."""
        return self.person_id or f"slack:{self.slack_user_id}"


ASKED = select(bindparam("asked", type_=String).label("id")).subquery("asked")
"""The one who asks, as a table of one row."""


def who_asks(
    *besides: tuple[Table, ColumnElement[bool]], columns: Sequence[ColumnElement[Any]] = ()
) -> Select[Any]:
    """Build the one statement behind every request: user, person and roles, a row for each role.

    Args:
        besides: tables that a use case has to know at the same moment, and how they belong to it.
        columns: what it has to know of them.
    """
    user, person, held = table_of(SlackUser), table_of(Person), table_of(RoleHeld)
    found = (
        ASKED.outerjoin(user, user.c.id == ASKED.c.id)
        .outerjoin(person, person.c.slack_user_id == ASKED.c.id)
        .outerjoin(held, and_(held.c.person_id == person.c.id, held.c.until.is_(None)))
    )
    for table, belongs in besides:
        found = found.outerjoin(table, belongs)
    return select(
        user.c.name.label("user_name"),
        user.c.real_name,
        user.c.handle,
        # Of somebody unknown every flag is absent, and they are nobody until Slack tells of them.
        func.coalesce(
            or_(user.c.is_deleted, user.c.is_bot, user.c.is_guest, user.c.is_foreign), true()
        ).label("not_a_member"),
        person.c.id.label("person_id"),
        person.c.name.label("person_name"),
        person.c.github,
        held.c.role,
        *columns,
    ).select_from(found)


WHO = who_asks()  # built once: it runs before every answer (PERFORMANCE.md)


def actor_of(slack_user_id: str, found: Sequence[Row[Any]]) -> Actor:
    """Return who a Slack user is, of whom ``who_asks`` found this."""
    known = found[0]
    called = tuple(name for name in (known.user_name, known.real_name, known.handle) if name)
    name = called[0] if called else "somebody"
    if known.not_a_member:
        return Actor(slack_user_id, None, name, frozenset())
    if known.person_id is None:
        return Actor(slack_user_id, None, name, frozenset(), called)
    roles = frozenset(Role(row.role) for row in found if row.role is not None)
    names = (known.person_name, known.github, *called)
    return Actor(
        slack_user_id,
        known.person_id,
        known.person_name,
        roles,
        tuple(n for n in names if n),
        known.github,
    )


def permit(actor: Actor, permission: Permission) -> None:
    """Silent when somebody may do something.

    Raises:
        NotAllowed: with the same text for everything, so that it tells nothing of what there is;
            members, who may know, hear that it takes an admin.
    """
    if not allowed(permission, actor.roles):
        text = FOR_ADMINS if Role.MEMBER in actor.roles else REFUSAL
        raise NotAllowed(text, lacking=permission)
