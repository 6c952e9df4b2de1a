"""What admins change about people: add, edit, link, roles, a membership without a vote (R5, R6).

Each use case locks the lists, so that no two run at once, and compares how the person stands with
how they stood when the form was made: who decided on something else changes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership import notices
from psrt_bot.membership import people_forms as forms
from psrt_bot.membership.browsing import Place
from psrt_bot.membership.rules import (
    Permission,
    Role,
    entry_reason_problem,
    name_problem,
)
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.appointing import (
    Appointing,
    NoDecision,
    TooFewAdmins,
    add_person,
)
from psrt_bot.membership.service.directory import NOBODY, everybody, stamp
from psrt_bot.membership.service.identities import (
    change,
    github_problem,
    known_problem,
    notes_of,
    notes_problem,
    user_problem,
)
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.people import (
    Actor,
    Members,
    holders,
    roles_of,
    with_live_slack,
)
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotFound, RuleError
from storage.people import Person

CHANGED = "Somebody changed this person meanwhile. Nothing was changed now; this is how it stands."
GIVEN = (Role.ADMIN, Role.RELEASE_MANAGER, Role.STEERING_COUNCIL)  # by an admin's hand


class Changed(AlreadyDone):
    """The person is not as they were when the form was opened."""


@dataclass(frozen=True)
class Called:
    """What a form says somebody is called; ``notes`` None where no line has any."""

    name: str
    github: str
    notes: str | None = None


@dataclass(frozen=True)
class Newcomer:
    """Whom a form adds.

    Args:
        roles: as they were ticked; what is no role that is given this way is not given.
        reason: why they are a member without a nomination; for the history alone.
    """

    called: Called
    slack_user_id: str
    roles: Collection[str]
    reason: str


@dataclass(frozen=True)
class Wanted:
    """The roles a form gives somebody.

    Args:
        decision: a reference to the council's decision, for a new admin.
        alone: one admin may be left alone.
    """

    roles: Collection[str]
    decision: str
    alone: bool


class Managing:
    """Use cases of admins. Each is one transaction of the caller's, and returns what to say.

    What gives or takes anybody's rights is told to the admins, so that none of them does it unseen;
    a membership without a nomination to the team as well.

    Args:
        team_channel: where the team is told; None for nowhere.
    """

    def __init__(
        self,
        members: Members,
        admins: Admins,
        joining: Joining,
        facts: Facts,
        team_channel: str | None,
    ) -> None:
        self._members = members
        self._admins = admins
        self._appointing = Appointing(members)
        self._joining = joining
        self._facts = facts
        self._team_channel = team_channel

    def unchanged(self, session: Session, slack_user_id: str, place: Place) -> tuple[Actor, Person]:
        """Return who asks and about whom, as they stood when the form was made; lists are locked.

        Raises:
            NotAllowed: not an admin. NotFound: nobody of that id. Changed: they stand otherwise.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_MANAGE)
        lines.lock(session)
        line = next((one for one in everybody(session, place.person_id)), None)
        if line is None:
            raise NotFound(NOBODY)
        if stamp(line) != place.stamp:
            raise Changed(CHANGED)
        return actor, session.get_one(Person, line.person_id)

    def add(
        self, session: Session, now: datetime, slack_user_id: str, newcomer: Newcomer
    ) -> Person:
        """Add somebody, perhaps as a member without a nomination (R1: the list is the admins').

        Raises:
            NotAllowed: not an admin. FieldProblems: they are known, or cannot be so called.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_MANAGE)
        lines.lock(session)
        name, github = newcomer.called.name.strip(), newcomer.called.github.strip()
        member = Role.MEMBER in newcomer.roles
        _refuse(
            {
                forms.NAME: name_problem(name) or known_problem(session, name, github),
                forms.GITHUB: github_problem(session, github),
                forms.SLACK_USER: user_problem(session, newcomer.slack_user_id, None),
                forms.REASON: entry_reason_problem(newcomer.reason) if member else None,
            }
        )
        by = actor.audit_name
        person = add_person(session, now, by, name=name, github=github)
        if newcomer.slack_user_id:
            self._members.link(session, now, person, newcomer.slack_user_id, by)
            self._tell_of_link(session, now, person, actor, "", newcomer.slack_user_id)
        if member:
            self._joining.join(session, now, person, by, reason=newcomer.reason.strip())
        for role in GIVEN:
            if role in newcomer.roles and role is not Role.ADMIN:
                self._appointing.appoint(session, now, person, role, by)
        if member:
            self._tell_team(session, now, person, actor)
        else:
            self._admins.tell(session, now, notices.added(name, actor.name))
        return person

    def edit(
        self, session: Session, now: datetime, slack_user_id: str, place: Place, typed: Called
    ) -> str:
        """Change what somebody is called, on the list as well.

        Raises:
            NotAllowed, NotFound, Changed. FieldProblems: they cannot be so called.
        """
        actor, person = self.unchanged(session, slack_user_id, place)
        name, github = typed.name.strip(), typed.github.strip()
        noted = notes_of(session, person)
        notes = None if noted is None else (typed.notes or "").strip()
        _refuse(
            {
                forms.NAME: name_problem(name),
                forms.GITHUB: github_problem(session, github, person),
                forms.NOTES: None if notes is None else notes_problem(notes, noted or ""),
            }
        )
        changed = change(session, now, self._facts, person, name=name, github=github, notes=notes)
        if not changed:
            return forms.NOTHING
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="membership:edit",
            subject=person.id,
            details={"changed": ", ".join(changed)},
        )
        return forms.EDITED

    def link(
        self, session: Session, now: datetime, slack_user_id: str, place: Place, user: str
    ) -> str:
        """Say which Slack user somebody is; an empty one takes the link.

        Raises:
            NotAllowed, NotFound, Changed. FieldProblems: it cannot be that one, or nobody could
            manage anything in Slack any more.
        """
        actor, person = self.unchanged(session, slack_user_id, place)
        before = person.slack_user_id or ""
        if user == before:
            return forms.NOTHING
        if not user:
            if not _another_admin(session, person):
                raise FieldProblems({forms.SLACK_USER: forms.LAST_LINK})
            self._members.unlink(session, now, person, actor.audit_name)
            self._tell_of_link(session, now, person, actor, before, "")
            return forms.UNLINKED
        _refuse({forms.SLACK_USER: user_problem(session, user, person)})
        self._members.link(session, now, person, user, actor.audit_name)
        self._tell_of_link(session, now, person, actor, before, user)
        return forms.LINKED

    def set_roles(
        self, session: Session, now: datetime, slack_user_id: str, place: Place, wanted: Wanted
    ) -> str:
        """Give and take the roles that admins give, all or none of them (R6).

        Raises:
            NotAllowed, NotFound, Changed. FieldProblems: an admin without the council's decision or
            who is no member; nobody would be admin. TooFewAdmins: one would, and not confirmed.
        """
        actor, person = self.unchanged(session, slack_user_id, place)
        held, by = roles_of(session, person.id), actor.audit_name
        given = [role for role in GIVEN if role in wanted.roles and role not in held]
        taken = [role for role in GIVEN if role not in wanted.roles and role in held]
        appointing = self._appointing
        try:
            for role in given:
                appointing.appoint(session, now, person, role, by, decision=wanted.decision)
            for role in taken:
                appointing.dismiss(session, now, person, role, by, confirmed=wanted.alone)
        except TooFewAdmins:
            raise
        except NoDecision as error:
            raise FieldProblems({forms.DECISION: f"{error}"}) from None
        except RuleError as error:
            raise FieldProblems({forms.ROLES: f"{error}"}) from None
        if not given and not taken:
            return forms.NOTHING
        told = notices.roles_changed(person.name, given, taken, actor.name)
        self._admins.tell(session, now, told)
        return forms.ROLES_CHANGED

    def make_member(
        self, session: Session, now: datetime, slack_user_id: str, place: Place, reason: str
    ) -> str:
        """Begin a membership without a nomination, for a reason that the history keeps.

        Raises:
            NotAllowed, NotFound, Changed. FieldProblems: no reason. AlreadyDone: they are one.
        """
        actor, person = self.unchanged(session, slack_user_id, place)
        _refuse({forms.REASON: entry_reason_problem(reason)})
        self._joining.join(session, now, person, actor.audit_name, reason=reason.strip())
        self._tell_team(session, now, person, actor)
        return forms.JOINED

    def _tell_of_link(
        self, session: Session, now: datetime, person: Person, actor: Actor, before: str, user: str
    ) -> None:
        """Tell the admins, and both accounts: whoever is not who they seem is noticed."""
        self._admins.tell(session, now, notices.linked(person.name, user, actor.name))
        for one in live_users(session, [before, user]):
            told = notices.link_told(person.name, actor.name, taken=one == before)
            outbox.tell(session, now, one, told)

    def _tell_team(self, session: Session, now: datetime, person: Person, actor: Actor) -> None:
        told = notices.joined(person.name, actor.name)
        self._admins.tell(session, now, told)
        if self._team_channel:
            outbox.post(session, now, self._team_channel, told)


def _refuse(found: dict[str, str | None]) -> None:
    problems = {name: problem for name, problem in found.items() if problem}
    if problems:
        raise FieldProblems(problems)


def _another_admin(session: Session, person: Person) -> bool:
    """Whether somebody could still manage in Slack if this person's link were taken."""
    live, _ = with_live_slack(session, holders(session, Role.ADMIN))
    admins = {one.id for one, _ in live}
    return person.id not in admins or len(admins) > 1
