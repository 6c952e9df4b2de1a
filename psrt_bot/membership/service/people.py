"""Who somebody is, what they may do, and how roles begin and end (R5, R6)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, func, or_, select, true, update
from sqlmodel import Session, col

from psrt_bot.membership.rules import Permission, Role, allowed
from psrt_bot.membership.service import lines
from psrt_bot.runtime import audit
from psrt_bot.runtime.facts import Facts, MemberJoined, PersonLinked, RolesChanged
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, NotFound, RuleError
from psrt_bot.runtime.sql import insert_ignoring, rows, table_of
from storage.people import Person, RoleHeld, SlackUser
from storage.types import new_id

# Roles that a list gives, or a vote: they begin and end with a line.
LISTED = (Role.MEMBER, Role.EMERITUS)

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


def _who() -> Select[Any]:
    """Build the one statement behind every request: user, person and roles, a row for each role."""
    asked = select(bindparam("asked", type_=String).label("id")).subquery("asked")
    user, person, held = table_of(SlackUser), table_of(Person), table_of(RoleHeld)
    return select(
        user.c.name.label("user_name"),
        user.c.real_name,
        # Of somebody unknown every flag is absent, and they are nobody until Slack tells of them.
        func.coalesce(
            or_(user.c.is_deleted, user.c.is_bot, user.c.is_guest, user.c.is_foreign), true()
        ).label("not_a_member"),
        person.c.id.label("person_id"),
        person.c.name.label("person_name"),
        person.c.github,
        held.c.role,
    ).select_from(
        asked.outerjoin(user, user.c.id == asked.c.id)
        .outerjoin(person, person.c.slack_user_id == asked.c.id)
        .outerjoin(held, and_(held.c.person_id == person.c.id, held.c.until.is_(None)))
    )


_WHO = _who()  # built once: it runs before every answer (PERFORMANCE.md)


class Members:
    """Use cases about people and their roles.

    Args:
        first_admins: Slack users who are admins as long as nobody ever held that role.
    """

    def __init__(self, facts: Facts, first_admins: Collection[str] = ()) -> None:
        self._facts = facts
        self._first_admins = frozenset(first_admins)

    def who(self, session: Session, slack_user_id: str) -> Actor:
        """Return who a Slack user is.

        Somebody unknown, deactivated, a bot, a guest or of another workspace holds no role.
        """
        found = session.connection().execute(_WHO, {"asked": slack_user_id}).all()
        known = found[0]
        called = tuple(name for name in (known.user_name, known.real_name) if name)
        name = called[0] if called else "somebody"
        if known.not_a_member:
            return Actor(slack_user_id, None, name, frozenset())
        first = slack_user_id in self._first_admins and not ever_had_admin(session)
        first_roles = frozenset({Role.ADMIN}) if first else frozenset[Role]()
        if known.person_id is None:
            return Actor(slack_user_id, None, name, first_roles, called)
        roles = first_roles.union(Role(row.role) for row in found if row.role is not None)
        names = (known.person_name, known.github, *called)
        return Actor(
            slack_user_id,
            known.person_id,
            known.person_name,
            roles,
            tuple(n for n in names if n),
            known.github,
        )

    def require(self, session: Session, slack_user_id: str, permission: Permission) -> Actor:
        """Return who asks, if they may.

        Raises:
            NotAllowed: with the same text for everything, so that it tells nothing of what there
                is; members, who may know, hear that it takes an admin.
        """
        actor = self.who(session, slack_user_id)
        if not allowed(permission, actor.roles):
            text = FOR_ADMINS if Role.MEMBER in actor.roles else REFUSAL
            raise NotAllowed(text, lacking=permission)
        return actor

    def grant(
        self,
        session: Session,
        now: datetime,
        person: Person,
        role: Role,
        by: str,
        *,
        decision: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Give somebody a role, from now on. A membership begins by ``Joining``, which calls this.

        Args:
            decision: a reference to the council's decision; it goes into the audit log as well.
            reason: why, in somebody's words; it stays out of the audit log.

        Raises:
            AlreadyDone: they hold it.
        """
        lines.lock(session)
        if not begin_role(session, now, person.id, role, by, decision=decision, reason=reason):
            raise AlreadyDone(f"{person.name} already holds the role {role.value}")
        lines.note_role(session, person.id, role, held=True)
        record_role(session, now, "membership:grant", person, role, by, decision=decision)
        if role is Role.MEMBER:
            self._facts.announce(session, now, MemberJoined(person.id))
        self._facts.announce(session, now, RolesChanged(person.id))

    def revoke(self, session: Session, now: datetime, person: Person, role: Role, by: str) -> None:
        """Take a role from somebody, from now on; a membership ends by ``offboarding/`` alone.

        Raises:
            NotFound: they do not hold it.
            ValueError: the role comes from a list.
        """
        if role in LISTED:
            raise ValueError(f"the role {role.value} ends with its line in the list")
        lines.lock(session)
        if not end_role(session, now, person.id, role, by):
            raise NotFound(f"{person.name} does not hold the role {role.value}")
        lines.note_role(session, person.id, role, held=False)
        record_role(session, now, "membership:revoke", person, role, by)
        self._facts.announce(session, now, RolesChanged(person.id))

    def link(
        self, session: Session, now: datetime, person: Person, slack_user_id: str, by: str
    ) -> None:
        """Say which Slack user somebody is.

        Raises:
            RuleError: that Slack user is linked to somebody else.
        """
        lines.lock(session)
        other = session.scalar(select(Person).where(col(Person.slack_user_id) == slack_user_id))
        if other is not None and other.id != person.id:
            raise RuleError(
                f"{slack_user_id} is already linked to {other.name}; "
                "link them to their own Slack user first"
            )
        before = person.slack_user_id
        session.execute(
            update(Person).where(col(Person.id) == person.id).values(slack_user_id=slack_user_id)
        )
        audit.append(
            session,
            now,
            actor=by,
            act="membership:link",
            subject=person.id,
            details={"slack_user_id": slack_user_id},
        )
        users = tuple(user for user in (before, slack_user_id) if user)
        self._facts.announce(session, now, PersonLinked(person.id, users))

    def unlink(self, session: Session, now: datetime, person: Person, by: str) -> None:
        """Say that somebody is no Slack user any more.

        Raises:
            AlreadyDone: they are linked to none.
        """
        lines.lock(session)
        linked = select(col(Person.slack_user_id)).where(col(Person.id) == person.id)
        before = session.scalar(linked.with_for_update())
        if before is None:
            raise AlreadyDone(f"{person.name} is linked to no Slack user")
        session.execute(
            update(Person).where(col(Person.id) == person.id).values(slack_user_id=None)
        )
        audit.append(session, now, actor=by, act="membership:unlink", subject=person.id)
        self._facts.announce(session, now, PersonLinked(person.id, (before,)))


def roles_of(session: Session, person_id: str) -> frozenset[Role]:
    """Return the roles somebody holds now."""
    held = session.scalars(
        select(col(RoleHeld.role)).where(
            col(RoleHeld.person_id) == person_id, col(RoleHeld.until).is_(None)
        )
    )
    return frozenset(Role(role) for role in held)


def holders(session: Session, role: Role) -> list[Person]:
    """Return everybody who holds a role now, by name."""
    return list(
        session.scalars(
            select(Person)
            .join(RoleHeld, col(RoleHeld.person_id) == col(Person.id))
            .where(col(RoleHeld.role) == role, col(RoleHeld.until).is_(None))
            .order_by(col(Person.name), col(Person.id))
        )
    )


def with_live_slack(
    session: Session, people: Iterable[Person]
) -> tuple[list[tuple[Person, SlackUser]], list[Person]]:
    """Split people into those whose Slack link is alive, with their Slack user, and the others."""
    everybody = list(people)
    users = live_users(session, [p.slack_user_id for p in everybody if p.slack_user_id])
    live = [(p, users[p.slack_user_id]) for p in everybody if p.slack_user_id in users]
    return live, [p for p in everybody if p.slack_user_id not in users]


def find_person(session: Session, github_or_id: str) -> Person:
    """Return somebody by GitHub name (case does not count), Slack user id, our id, or full name.

    Raises:
        NotFound: nobody, or several people of that name.
    """
    key = github_or_id.strip()
    for column, value in (
        (Person.github_key, key.casefold()),
        (Person.slack_user_id, key),
        (Person.id, key),
    ):
        if person := session.scalar(select(Person).where(col(column) == value)):
            return person
    # Compared here: SQLite's lower() knows ASCII alone.
    named = [p for p in session.scalars(select(Person)) if p.name.casefold() == key.casefold()]
    if len(named) == 1:
        return named[0]
    if named:
        raise NotFound(f"{key!r} is {len(named)} people; name the GitHub user or the id")
    raise NotFound(f"{key!r} is nobody on the list; see: psrt-bot roster export")


def begin_role(
    session: Session,
    now: datetime,
    person_id: str,
    role: Role,
    by: str,
    *,
    decision: str | None = None,
    reason: str | None = None,
) -> bool:
    """Record that a role begins; return whether it was not held already."""
    values = {
        "id": new_id(),
        "person_id": person_id,
        "role": role,
        "since": now,
        "granted_by": by,
        "decision": decision,
        "reason": reason,
    }
    return insert_ignoring(session, RoleHeld, values)


def end_role(
    session: Session,
    now: datetime,
    person_id: str,
    role: Role,
    by: str,
    *,
    reason: str | None = None,
) -> bool:
    """Record that a role ends; return whether it was held."""
    ended = session.execute(
        update(RoleHeld)
        .where(
            col(RoleHeld.person_id) == person_id,
            col(RoleHeld.role) == role,
            col(RoleHeld.until).is_(None),
        )
        .values(until=now, ended_by=by, end_reason=reason)
    )
    return rows(ended) == 1


def record_role(
    session: Session,
    now: datetime,
    act: str,
    person: Person,
    role: Role,
    by: str,
    *,
    decision: str | None = None,
) -> None:
    """Put into the audit log that a role began (``membership:grant``) or ended (``…:revoke``)."""
    details = {"role": role} | ({"decision": decision} if decision else {})
    audit.append(session, now, actor=by, act=act, subject=person.id, details=details)


def ever_had_admin(session: Session) -> bool:
    """Say whether anybody ever was an admin: from then on ``PSRT_ADMINS`` names nobody."""
    return (
        session.scalar(select(col(RoleHeld.id)).where(col(RoleHeld.role) == Role.ADMIN).limit(1))
        is not None
    )
