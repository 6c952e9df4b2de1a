"""The only door that ends a membership: line, roles, word to all whom it concerns (R5, R6)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.roster import Entry
from psrt_bot.membership.rules import NOTE_WORDS, Permission, Role, notes_with
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.appointing import keep_admins
from psrt_bot.membership.service.lines import Lines
from psrt_bot.membership.service.people import (
    Members,
    begin_role,
    end_role,
    record_role,
    roles_of,
    with_live_slack,
)
from psrt_bot.offboarding import messages, rules
from psrt_bot.offboarding.rules import Departure
from psrt_bot.runtime import outbox
from psrt_bot.runtime.facts import Facts, MemberLeft, RolesChanged
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems
from storage.people import Person


@dataclass(frozen=True)
class Asked:
    """What an admin filled in.

    Args:
        sure: they ticked that the membership is to end.
        alone: they accept that one admin is left.
    """

    reason: str
    sure: bool
    alone: bool


class Offboarding:
    """Ends memberships.

    Args:
        team_channel: where the team is told; None for nowhere.
    """

    def __init__(
        self, members: Members, admins: Admins, facts: Facts, team_channel: str | None
    ) -> None:
        self._members = members
        self._admins = admins
        self._facts = facts
        self._team_channel = team_channel

    def outlook(
        self, session: Session, slack_user_id: str, person_id: str
    ) -> tuple[Person, Departure]:
        """Say what would change for somebody who left.

        Raises:
            NotAllowed: not an admin. AlreadyDone: they are no member.
        """
        self._members.require(session, slack_user_id, Permission.OFFBOARDING_END)
        person = session.get(Person, person_id)
        held = roles_of(session, person_id)
        if person is None or Role.MEMBER not in held:
            raise AlreadyDone(messages.NO_MEMBER)
        line = Lines.load(session, "members").entry(person_id)
        return person, rules.departure(held, line.notes if line else "")

    def end(
        self, session: Session, now: datetime, slack_user_id: str, person_id: str, asked: Asked
    ) -> Person:
        """End a membership, as an admin asked.

        Raises:
            NotAllowed: not an admin. FieldProblems: no reason, or not sure.
            AlreadyDone: they are no member. TooFewAdmins, RuleError: see `end_as`.
        """
        actor = self._members.require(session, slack_user_id, Permission.OFFBOARDING_END)
        problems = {messages.REASON: rules.end_reason_problem(asked.reason)}
        if not asked.sure:
            problems[messages.SURE] = messages.NOT_SURE
        if found := {name: problem for name, problem in problems.items() if problem}:
            raise FieldProblems(found)
        lines.lock(session)
        person = session.get(Person, person_id, populate_existing=True)
        if person is None:
            raise AlreadyDone(messages.NO_MEMBER)
        self.end_as(
            session,
            now,
            person,
            actor.audit_name,
            reason=asked.reason.strip(),
            alone=asked.alone,
            told_as=actor.name,
        )
        return person

    def end_as(
        self,
        session: Session,
        now: datetime,
        person: Person,
        by: str,
        *,
        reason: str,
        alone: bool,
        told_as: str,
    ) -> None:
        """End a membership; also by hand of the command line.

        Args:
            by: as the audit log names who did it; ``told_as``: as admins are told.
            alone: do it even if one admin only is left.

        Raises:
            AlreadyDone: they are no member.
            RuleError: nobody would be admin; TooFewAdmins: fewer than two would.
        """
        was_admin = Role.ADMIN in roles_of(session, person.id)
        self.leave(session, now, person, by, reason=reason, told_as=told_as)
        if was_admin:
            keep_admins(session, person, confirmed=alone)

    def leave(
        self,
        session: Session,
        now: datetime,
        person: Person,
        by: str,
        *,
        reason: str | None = None,
        told_as: str | None = None,
    ) -> None:
        """Let a membership end, whoever is admin afterwards: an import checks that for its list.

        The line moves to the former members with its notes, less Admin; Release Manager stays (R5).
        ``MemberLeft`` and ``RolesChanged`` are announced once all of that is so.

        Raises:
            AlreadyDone: they are no member.
        """
        lines.lock(session)
        held = roles_of(session, person.id)
        if Role.MEMBER not in held:
            raise AlreadyDone(messages.NO_MEMBER)
        members, former = Lines.load(session, "members"), Lines.load(session, "emeriti")
        left = members.remove(person.id) or _unlisted(person, held)
        leaving = rules.departure(held, left.notes)
        former.insert(person.id, Entry(left.name, left.github, leaving.notes))
        members.save(session)
        former.save(session)
        for role in leaving.ended:
            end_role(session, now, person.id, role, by, reason=reason)
            record_role(session, now, "membership:revoke", person, role, by)
        if begin_role(session, now, person.id, Role.EMERITUS, by):
            record_role(session, now, "membership:grant", person, Role.EMERITUS, by)
        self._facts.announce(session, now, MemberLeft(person.id))
        self._facts.announce(session, now, RolesChanged(person.id))
        self._tell(session, now, person, leaving, told_as or by)

    def _tell(
        self, session: Session, now: datetime, person: Person, leaving: Departure, told_as: str
    ) -> None:
        if self._team_channel:
            outbox.post(session, now, self._team_channel, messages.told_team(person.name))
        self._admins.tell(session, now, messages.told_admins(person.name, told_as))
        live, _ = with_live_slack(session, [person])
        for _, user in live:
            outbox.tell(session, now, user.id, messages.told_them(leaving.kept))


def _unlisted(person: Person, held: frozenset[Role]) -> Entry:
    """Return what the line of a member says who has none."""
    notes = ""
    for role in NOTE_WORDS:
        if role in held:
            notes = notes_with(notes, role)
    return Entry(person.name, person.github, notes)
