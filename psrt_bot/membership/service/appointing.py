"""Who is given and who loses a role by an admin's hand: the use cases around two admins (R6)."""

import re
from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.rules import (
    AdminRemoval,
    Role,
    admin_removal_problem,
    github_key,
    github_name_problem,
    name_problem,
)
from psrt_bot.membership.service.people import Members, find_person, holders, roles_of
from psrt_bot.runtime import audit
from psrt_bot.runtime.rules import NotFound, RuleError
from storage.people import Person

_SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,}")

# These two come from the list and from a vote, never from somebody's word.
_LISTED = (Role.MEMBER, Role.EMERITUS)
BY_LIST = (
    "membership comes from a passed nomination or from the public list: change psrt.csv "
    "(psrt-emeritus.csv) and run: psrt-bot roster import"
)


class TooFewAdmins(RuleError):
    """The removal leaves fewer admins than PEP 811 asks for; it is possible once confirmed."""


class Appointing:
    """Grants and revokes roles, with what must hold of all admins together."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def grant(
        self, session: Session, now: datetime, who: str, role: Role, by: str, *, name: str | None
    ) -> Person:
        """Give somebody a role.

        Args:
            who: GitHub name, Slack user id, our id, or full name.
            name: the full name of somebody on no list, who is then added; ``who`` must be their
                Slack user id or GitHub name. Council members need not be members (R4).

        Raises:
            RuleError: the role is not given this way, or not to them; AlreadyDone: they hold it.
        """
        if role in _LISTED:
            raise RuleError(BY_LIST)
        person = self._person(session, now, who, by, name)
        if role is Role.ADMIN and Role.MEMBER not in roles_of(session, person.id):
            raise RuleError(f"{person.name} is no member; admins are members (R6)")
        self._members.grant(session, now, person, role, by)
        return person

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
        if role in _LISTED:
            raise RuleError(BY_LIST)
        person = find_person(session, who)
        self._members.revoke(session, now, person, role, by)
        if role is Role.ADMIN:
            # Counted afterwards: revoking took the audit log's lock, so two copies cannot both
            # count the other's admin.
            _keep_admins(len(holders(session, Role.ADMIN)), person, confirmed=confirmed)
        return person

    def _person(
        self, session: Session, now: datetime, who: str, by: str, name: str | None
    ) -> Person:
        try:
            return find_person(session, who)
        except NotFound as error:
            if name is None:
                told = "; to add somebody who is on no list, give --name 'Full Name' as well"
                raise NotFound(f"{error}{told}") from None
        return _added(session, now, who.strip(), name.strip(), by)


def _added(session: Session, now: datetime, who: str, name: str, by: str) -> Person:
    is_slack_user = _SLACK_USER.fullmatch(who) is not None
    problem = name_problem(name) or (None if is_slack_user else github_name_problem(who))
    if problem:
        raise RuleError(problem)
    person = Person(name=name, created_at=now)
    if is_slack_user:
        person.slack_user_id = who
    else:
        person.github, person.github_key = who, github_key(who)
    session.add(person)
    session.flush()
    audit.append(session, now, actor=by, act="membership:add", subject=person.id)
    return person


def _keep_admins(remaining: int, person: Person, *, confirmed: bool) -> None:
    problem = admin_removal_problem(remaining)
    if problem is AdminRemoval.REFUSE:
        raise RuleError(f"{person.name} is the last admin; grant the role to somebody else first")
    if problem is AdminRemoval.CONFIRM and not confirmed:
        raise TooFewAdmins(f"without {person.name} one admin is left; PEP 811 asks for two (R6)")
