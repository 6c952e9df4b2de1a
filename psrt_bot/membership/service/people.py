"""Who somebody is, what they may do, and how roles begin and end (R5, R6)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlmodel import Session, col

from psrt_bot.membership.rules import Permission, Role
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.asking import FOR_ADMINS as FOR_ADMINS
from psrt_bot.membership.service.asking import REFUSAL as REFUSAL
from psrt_bot.membership.service.asking import WHO, actor_of, permit
from psrt_bot.membership.service.asking import Actor as Actor
from psrt_bot.runtime import audit
from psrt_bot.runtime.facts import Facts, MemberJoined, PersonLinked, RolesChanged
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import AlreadyDone, NotFound, RuleError
from psrt_bot.runtime.sql import insert_ignoring, rows
from storage.people import Person, RoleHeld, SlackUser
from storage.types import new_id

# Roles that a list gives, or a vote: they begin and end with a line.
LISTED = (Role.MEMBER, Role.EMERITUS)


class Members:
    """Use cases about people and their roles.

    Args:
        first_admins: Slack users who are admins as long as nobody ever held that role.
    """

    def __init__(self, facts: Facts, first_admins: Collection[str] = ()) -> None:
        self._facts = facts
        self._first_admins = frozenset(first_admins)

    def who(self, session: Session | Connection, slack_user_id: str) -> Actor:
        """Return who a Slack user is.

        Somebody unknown, deactivated, a bot, a guest or of another workspace holds no role.
        """
        connection = session if isinstance(session, Connection) else session.connection()
        found = connection.execute(WHO, {"asked": slack_user_id}).all()
        return self.actor(connection, slack_user_id, found)

    def actor(self, connection: Connection, slack_user_id: str, found: Sequence[Row[Any]]) -> Actor:
        """Return who a Slack user is, of whom ``who_asks`` found this."""
        actor = actor_of(slack_user_id, found)
        first = slack_user_id in self._first_admins and not found[0].not_a_member
        if first and not ever_had_admin(connection):
            return replace(actor, roles=actor.roles | {Role.ADMIN})
        return actor

    def require(
        self, session: Session | Connection, asker: str | Actor, permission: Permission
    ) -> Actor:
        """Return who asks, if they may.

        Args:
            asker: a Slack user, or what ``who`` told of them in this transaction.

        Raises:
            NotAllowed: see ``asking.permit``.
        """
        actor = asker if isinstance(asker, Actor) else self.who(session, asker)
        permit(actor, permission)
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
    audit.append(session, now, actor=by, act=act, subject=person.id, details=details, decides=True)


def ever_had_admin(session: Session | Connection) -> bool:
    """Say whether anybody ever was an admin: from then on ``PSRT_ADMINS`` names nobody."""
    held = select(col(RoleHeld.id)).where(col(RoleHeld.role) == Role.ADMIN).limit(1)
    return session.scalar(held) is not None
