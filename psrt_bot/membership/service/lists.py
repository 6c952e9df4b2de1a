"""The public lists in the database: import all or nothing, export to the letter (R5)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from psrt_bot.membership import roster
from psrt_bot.membership.roster import Changes, Entry, Roster, RosterError
from psrt_bot.membership.rules import (
    AdminRemoval,
    Role,
    admin_removal_problem,
    decision_problem,
    github_key,
)
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.appointing import NoDecision, TooFewAdmins
from psrt_bot.membership.service.lines import LISTED_ROLES, line_of, stored
from psrt_bot.membership.service.people import (
    begin_role,
    end_role,
    ever_had_admin,
    holders,
    record_role,
    roles_of,
)
from psrt_bot.membership.service.publishing import note_published
from psrt_bot.runtime import audit
from psrt_bot.runtime.facts import Facts, MemberJoined, RolesChanged
from storage.people import Person, RosterLine, RosterStyle

NOTED_ROLES = (Role.ADMIN, Role.RELEASE_MANAGER)


def list_problems(parsed: Mapping[str, Roster]) -> list[str]:
    """Return what is wrong with lists that are well formed each (R5, R6)."""
    problems = []
    members = parsed.get("members")
    if members is not None and not members.records:
        problems.append("the list of members is empty; an import would end every membership")
    elif members is not None and not any(Role.ADMIN in e.roles for e in members.entries):
        problems.append("no member has the note Admin; name at least one (R6)")
    return problems + _both(parsed)


def _both(lists: Mapping[str, Roster]) -> list[str]:
    """Return who stands in both lists, with the line of the second."""
    members = lists["members"].entries if "members" in lists else ()
    emeriti = lists["emeriti"].entries if "emeriti" in lists else ()
    places = {github_key(entry.github): n for n, entry in enumerate(members, start=1)}
    return [
        f"line {n} of the former members: {entry.name} ({entry.github}) stands in both lists, also "
        f"on line {places[key]} of the members; keep one line, import both files"
        for n, entry in enumerate(emeriti, start=1)
        if (key := github_key(entry.github)) and key in places
    ]


# How a membership ends: ``Offboarding.leave``. It moves the line to the former members.
Leave = Callable[[Session, datetime, Person, str], None]


@dataclass
class Imported:
    """What an import did, or would do: to the lists, and to people's roles.

    Args:
        began: names with the role that they were given, in the order of the lists.
        ended: names with the role that they lost.
    """

    changes: dict[str, Changes]
    began: list[tuple[str, Role]] = field(default_factory=list)
    ended: list[tuple[str, Role]] = field(default_factory=list)
    joined: list[Person] = field(default_factory=list)
    touched: dict[str, Person] = field(default_factory=dict)


class Lists:
    """Use cases of the public lists.

    Args:
        leave: the door by which members leave; without one an import that ends a membership is
            refused.
    """

    def __init__(self, facts: Facts, leave: Leave | None = None) -> None:
        self._facts = facts
        self._leave = leave

    def import_files(
        self,
        session: Session,
        now: datetime,
        files: Mapping[str, bytes],
        by: str,
        *,
        decision: str | None = None,
        alone: bool = False,
    ) -> Imported:
        """Replace the public lists by ``files``, and roles with them; all or nothing.

        Whoever is no longer on the list of members leaves the team. What the files say counts as
        published. ``MemberJoined`` and ``RolesChanged`` are announced once every role stands as
        the lists say; the first list of members tells of nobody who joined: they were there before.

        Args:
            files: ``members`` and perhaps ``emeriti``, the bytes of the csv files.
            decision: a reference to the council's decision, without which nobody becomes admin by a
                list (R6); the first list of an installation has none.
            alone: take an admin away even if one only is left.

        Raises:
            RosterError: a file is malformed; every problem with its line.
            NoDecision, TooFewAdmins: what the lists say of admins is to be confirmed.
        """
        begun = ever_had_admin(session)
        parsed = {listing: roster.parse(data) for listing, data in files.items()}
        lines.lock(session)
        standing = {listing: stored(session, listing) for listing in LISTED_ROLES}
        if problems := list_problems(parsed) or _both(standing | parsed):
            raise RosterError(problems)
        done = Imported({name: roster.compare(standing[name], new) for name, new in parsed.items()})
        audit.append(
            session,
            now,
            actor=by,
            act="membership:import",
            subject="roster",
            details={listing: len(new.records) for listing, new in parsed.items()},
        )
        for listing in LISTED_ROLES:
            if listing in parsed:
                self._replace(session, now, listing, parsed[listing], by, done, decision)
        if begun:
            _answer_for_admins(session, done, decision, alone=alone)
        note_published(session, now, by, files)
        for listing in LISTED_ROLES.keys() - parsed.keys():
            change = roster.compare(standing[listing], stored(session, listing))
            if change != Changes():  # whoever left moved there
                done.changes[listing] = change
        if standing["members"].records:
            for person in done.joined:
                self._facts.announce(session, now, MemberJoined(person.id))
        for person in done.touched.values():
            self._facts.announce(session, now, RolesChanged(person.id))
        return done

    def _replace(
        self,
        session: Session,
        now: datetime,
        listing: str,
        new: Roster,
        by: str,
        done: Imported,
        decision: str | None,
    ) -> None:
        people = _Listed(session, listing)
        found = people.match(session, [record.entry for record in new.records])
        for person in people.remaining():
            self._gone(session, now, person, listing, by, done)
        session.execute(delete(RosterLine).where(col(RosterLine.listing) == listing))
        for position, record in enumerate(new.records):
            one = found[position] or Person(name=record.entry.name, created_at=now)
            _rename(session, one, record.entry)
            session.add(line_of(listing, position, one.id, record))
            _align_roles(session, now, one, listing, record.entry, by, done, decision)
        session.merge(
            RosterStyle(
                listing=listing,
                bom=new.style.bom,
                newline=new.style.newline,
                final_newline=new.style.final_newline,
            )
        )

    def _gone(
        self, session: Session, now: datetime, person: Person, listing: str, by: str, done: Imported
    ) -> None:
        role = LISTED_ROLES[listing]
        if listing == "members":
            if self._leave is None:
                raise RosterError([f"{person.name} is not on the list and cannot leave this way"])
            before = roles_of(session, person.id)
            self._leave(session, now, person, by)
            after = roles_of(session, person.id)
            done.began += [(person.name, one) for one in sorted(after - before)]
            done.ended += [(person.name, one) for one in sorted(before - after)]
        elif end_role(session, now, person.id, role, by):
            record_role(session, now, "membership:revoke", person, role, by)
            done.ended.append((person.name, role))
            done.touched[person.id] = person


def _answer_for_admins(
    session: Session, done: Imported, decision: str | None, *, alone: bool
) -> None:
    """Refuse what takes more than a list: a new admin, or one admin left (R6)."""
    new = [name for name, role in done.began if role is Role.ADMIN]
    if new and (problem := decision_problem((decision or "").strip())):
        raise NoDecision(f"{', '.join(new)}: {problem}")
    gone = [name for name, role in done.ended if role is Role.ADMIN]
    left = admin_removal_problem(len(holders(session, Role.ADMIN)))
    if gone and left is AdminRemoval.CONFIRM and not alone:
        raise TooFewAdmins(
            f"without {', '.join(gone)} one admin is left; PEP 811 asks for two (R6)"
        )


def _align_roles(
    session: Session,
    now: datetime,
    person: Person,
    listing: str,
    entry: Entry,
    by: str,
    done: Imported,
    decision: str | None,
) -> None:
    """Let somebody hold what their line says."""
    held = roles_of(session, person.id)
    noted = entry.roles if listing == "members" else entry.roles - {Role.ADMIN}
    wanted = {LISTED_ROLES[listing], *noted}
    for role in sorted(wanted - held):
        given = decision if role is Role.ADMIN else None
        begin_role(session, now, person.id, role, by, decision=given)
        record_role(session, now, "membership:grant", person, role, by, decision=given)
        done.began.append((person.name, role))
        done.touched[person.id] = person
        if role is Role.MEMBER:
            done.joined.append(person)
    for role in NOTED_ROLES:
        if role in held and role not in wanted:
            end_role(session, now, person.id, role, by)
            record_role(session, now, "membership:revoke", person, role, by)
            done.ended.append((person.name, role))
            done.touched[person.id] = person


class _Listed:
    """The people of one listing before an import, each to be taken once by the new lines."""

    def __init__(self, session: Session, listing: str) -> None:
        found = session.execute(
            select(Person, RosterLine)
            .join(RosterLine, col(RosterLine.person_id) == col(Person.id))
            .where(col(RosterLine.listing) == listing)
            .order_by(col(RosterLine.position))
        )
        self._waiting: list[tuple[Person, Entry]] = [
            (person, Entry(line.name, line.github, line.notes)) for person, line in found
        ]

    def match(self, session: Session, entries: Sequence[Entry]) -> dict[int, Person | None]:
        """Return whom each line is about, by its place; None for somebody new.

        Unchanged lines come first, then GitHub names, wherever their owner stands; what is left is
        known by a name that is the only such one before and after. So somebody who changed one of
        the two stays the same person, with their Slack link and roles, and nobody gets another's.
        """
        found: dict[int, Person | None] = {
            place: self._take(_line_of, entry) for place, entry in enumerate(entries)
        }
        for place, entry in enumerate(entries):
            if found[place] is None and (key := github_key(entry.github)):
                found[place] = self._take(_key_of, key) or _elsewhere(session, key)
        left = [place for place, person in found.items() if person is None]
        new = Counter(entries[place].name.casefold() for place in left)
        old = Counter(_name_of(*waiting) for waiting in self._waiting)
        for place in left:
            name = entries[place].name.casefold()
            if new[name] == old[name] == 1:
                found[place] = self._take(_name_of, name)
        return found

    def remaining(self) -> list[Person]:
        """Return those whom no line took."""
        return [person for person, _ in self._waiting]

    def _take(self, what: Callable[[Person, Entry], object], wanted: object) -> Person | None:
        for waiting in self._waiting:
            if what(*waiting) == wanted:
                self._waiting.remove(waiting)
                return waiting[0]
        return None


def _line_of(_: Person, before: Entry) -> Entry:
    return before


def _key_of(person: Person, _: Entry) -> str | None:
    return person.github_key


def _name_of(person: Person, _: Entry) -> str:
    return person.name.casefold()


def _elsewhere(session: Session, key: str) -> Person | None:
    return session.scalar(select(Person).where(col(Person.github_key) == key))


def _rename(session: Session, person: Person, entry: Entry) -> None:
    person.name, person.github = entry.name, entry.github
    person.github_key = github_key(entry.github)
    session.add(person)
    session.flush()
