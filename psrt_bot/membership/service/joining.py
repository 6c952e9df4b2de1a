"""How a membership begins: the role, a line in the public list, word to other processes (R5)."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.roster import Entry
from psrt_bot.membership.rules import NOTE_WORDS, Role, notes_after_leaving, notes_with
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.lines import Lines
from psrt_bot.membership.service.people import Members, end_role, record_role, roles_of
from psrt_bot.runtime.rules import AlreadyDone
from storage.people import Person


class Joining:
    """Makes somebody a member; the way out is ``offboarding/``."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def join(
        self,
        session: Session,
        now: datetime,
        person: Person,
        by: str,
        *,
        listed_name: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Begin a membership: the role, and a line by first name in the list of members (R5).

        Whoever stood among the former members leaves that list and takes their notes along.
        ``MemberJoined`` and ``RolesChanged`` are announced once all of that is so.

        Args:
            listed_name: how they want to be called, on the list and by the bot; None for as now.
            reason: why there was no nomination, in an admin's words; for the history alone.

        Raises:
            AlreadyDone: they are a member.
            RuleError: the list cannot hold them: a bad name, or a GitHub name that is taken.
        """
        lines.lock(session)
        held = roles_of(session, person.id)
        if Role.MEMBER in held:
            raise AlreadyDone(f"{person.name} is a member already")
        former, members = Lines.load(session, "emeriti"), Lines.load(session, "members")
        before = former.remove(person.id)
        notes = notes_after_leaving(before.notes) if before else ""
        for role in NOTE_WORDS:
            if role in held:
                notes = notes_with(notes, role)
        members.insert(person.id, Entry(listed_name or person.name, person.github, notes))
        former.save(session)
        members.save(session)
        if listed_name:
            person.name = listed_name.strip()
            session.add(person)
        if end_role(session, now, person.id, Role.EMERITUS, by):
            record_role(session, now, "membership:revoke", person, Role.EMERITUS, by)
        self._members.grant(session, now, person, Role.MEMBER, by, reason=reason)
