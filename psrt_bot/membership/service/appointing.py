"""Who is given and who loses a role by an admin's hand: the use cases around two admins (R6)."""

import re
from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.rules import (
    AdminRemoval,
    Role,
    admin_removal_problem,
    decision_problem,
    github_key,
    github_name_problem,
    name_problem,
)
from psrt_bot.membership.service.people import (
    LISTED,
    Members,
    find_person,
    holders,
    roles_of,
)
from psrt_bot.runtime import audit
from psrt_bot.runtime.rules import NotFound, RuleError
from storage.people import Person

SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,}")

BY_LIST = (
    "membership comes from a passed nomination or from the public list: change psrt.csv "
    "(psrt-emeritus.csv) and run: psrt-bot roster import"
)


class TooFewAdmins(RuleError):
    """The removal leaves fewer admins than PEP 811 asks for; it is possible once confirmed."""


class NoDecision(RuleError):
    """Nobody becomes admin without the council's decision; the text asks for it."""


class Appointing:
    """Grants and revokes roles, with what must hold of all admins together."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def grant(
        self,
        session: Session,
        now: datetime,
        who: str,
        role: Role,
        by: str,
        *,
        name: str | None,
        decision: str | None = None,
    ) -> Person:
        """Give somebody a role.

        Args:
            who: GitHub name, Slack user id, our id, or full name.
            name: the full name of somebody on no list, who is then added; ``who`` must be their
                Slack user id or GitHub name. Council members need not be members (R4).
            decision: a reference to the council's decision, without which nobody becomes admin.

        Raises:
            RuleError: the role is not given this way, or not to them; AlreadyDone: they hold it.
        """
        if role in LISTED:
            raise RuleError(BY_LIST)
        person = self._person(session, now, who, by, name)
        self.appoint(session, now, person, role, by, decision=decision)
        return person

    def appoint(
        self,
        session: Session,
        now: datetime,
        person: Person,
        role: Role,
        by: str,
        *,
        decision: str | None = None,
    ) -> None:
        """Give a role to somebody known; admins are members, and the council's choice (R6).

        Raises:
            RuleError: the role is not given this way, not to them, or without a decision.
            AlreadyDone: they hold it.
        """
        if role in LISTED:
            raise RuleError(BY_LIST)
        given = decision.strip() if decision else ""
        if role is Role.ADMIN:
            if Role.MEMBER not in roles_of(session, person.id):
                raise RuleError(f"{person.name} is no member; admins are members (R6)")
            if problem := decision_problem(given):
                raise NoDecision(problem)
        recorded = given if role is Role.ADMIN else None
        self._members.grant(session, now, person, role, by, decision=recorded)

    def revoke(
        self,
        session: Session,
        now: datetime,
        who: str,
        role: Role,
        by: str,
        *,
        confirmed: bool = False,
    ) -> Person:
        """Take a role from somebody.

        Args:
            confirmed: do it even if fewer than two admins are left.

        Raises:
            RuleError: they do not hold it, or nobody would be admin; TooFewAdmins.
        """
        if role in LISTED:
            raise RuleError(BY_LIST)
        person = find_person(session, who)
        self.dismiss(session, now, person, role, by, confirmed=confirmed)
        return person

    def dismiss(
        self,
        session: Session,
        now: datetime,
        person: Person,
        role: Role,
        by: str,
        *,
        confirmed: bool = False,
    ) -> None:
        """Take a role from somebody known; as `revoke`."""
        if role in LISTED:
            raise RuleError(BY_LIST)
        self._members.revoke(session, now, person, role, by)
        if role is Role.ADMIN:
            keep_admins(session, person, confirmed=confirmed)

    def _person(
        self, session: Session, now: datetime, who: str, by: str, name: str | None
    ) -> Person:
        try:
            return find_person(session, who)
        except NotFound as error:
            if name is None:
                told = "; to add somebody who is on no list, give --name 'Full Name' as well"
                raise NotFound(f"{error}{told}") from None
        key = who.strip()
        if SLACK_USER.fullmatch(key):
            return add_person(session, now, by, name=name.strip(), slack_user_id=key)
        if problem := github_name_problem(key):
            raise RuleError(f"{key[:60]!r}: {problem}")  # the command line's argument, not a form's
        return add_person(session, now, by, name=name.strip(), github=key)


def add_person(
    session: Session,
    now: datetime,
    by: str,
    *,
    name: str,
    github: str = "",
    slack_user_id: str | None = None,
) -> Person:
    """Add somebody who is on no list; that nobody has this GitHub name or Slack user is checked.

    Raises:
        RuleError: the name cannot be.
    """
    if problem := name_problem(name):
        raise RuleError(problem)
    person = Person(
        name=name,
        github=github,
        github_key=github_key(github),
        slack_user_id=slack_user_id,
        created_at=now,
    )
    session.add(person)
    session.flush()
    audit.append(session, now, actor=by, act="membership:add", subject=person.id)
    return person


def keep_admins(session: Session, person: Person, *, confirmed: bool) -> None:
    """Refuse what took the Admin role from somebody if too few are left (R6).

    To be asked afterwards, in the same transaction: what was done holds the lists' lock, so two
    at once cannot both count the other's admin.

    Raises:
        RuleError: nobody is left; TooFewAdmins: one is, and that is not confirmed.
    """
    problem = admin_removal_problem(len(holders(session, Role.ADMIN)))
    if problem is AdminRemoval.REFUSE:
        raise RuleError(f"{person.name} is the last admin; grant the role to somebody else first")
    if problem is AdminRemoval.CONFIRM and not confirmed:
        raise TooFewAdmins(f"without {person.name} one admin is left; PEP 811 asks for two (R6)")
