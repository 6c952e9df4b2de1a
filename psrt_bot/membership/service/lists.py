"""The public lists in the database: import all or nothing, export to the letter (R5)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from psrt_bot.membership import roster
from psrt_bot.membership.roster import Changes, Entry, Record, Roster, RosterError, Style
from psrt_bot.membership.rules import Role, github_key
from psrt_bot.membership.service.people import begin_role, end_role, roles_of
from psrt_bot.runtime import audit
from psrt_bot.runtime.facts import Facts, MemberLeft
from storage.people import Person, RosterLine, RosterStyle

LISTED_ROLES = {"members": Role.MEMBER, "emeriti": Role.EMERITUS}
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
    """Return who stands in both lists."""
    members = lists["members"].entries if "members" in lists else ()
    emeriti = lists["emeriti"].entries if "emeriti" in lists else ()
    keys = {github_key(entry.github) for entry in members}
    return [
        f"{entry.name} ({entry.github}) stands in both lists; keep one line, import both files"
        for entry in emeriti
        if entry.github and github_key(entry.github) in keys
    ]


def stored(session: Session, listing: str) -> Roster:
    """Return a public list as it stands: ``members`` or ``emeriti``."""
    style = session.get(RosterStyle, listing)
    lines = session.scalars(
        select(RosterLine)
        .where(col(RosterLine.listing) == listing)
        .order_by(col(RosterLine.position))
    )
    return Roster.from_records(
        [(line.raw, Entry(line.name, line.github, line.notes)) for line in lines],
        Style(style.bom, style.newline, style.final_newline) if style else Style(),
    )


class Lists:
    """Use cases of the public lists."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def compare(self, session: Session, files: Mapping[str, bytes]) -> dict[str, Changes]:
        """Say what an import would change, by listing. Raises RosterError as ``import_files``."""
        return {
            listing: roster.compare(stored(session, listing), roster.parse(data))
            for listing, data in files.items()
        }

    def import_files(
        self, session: Session, now: datetime, files: Mapping[str, bytes], by: str
    ) -> dict[str, Changes]:
        """Replace the public lists by ``files``, and roles with them; all or nothing.

        Whoever is no longer on the list of members loses that membership.

        Args:
            files: ``members`` and perhaps ``emeriti``, the bytes of the csv files.

        Raises:
            RosterError: a file is malformed; every problem with its line.
        """
        parsed = {listing: roster.parse(data) for listing, data in files.items()}
        changes = {
            listing: roster.compare(stored(session, listing), new)
            for listing, new in parsed.items()
        }
        standing = {name: stored(session, name) for name in LISTED_ROLES if name not in parsed}
        if problems := list_problems(parsed) or _both(standing | parsed):
            raise RosterError(problems)
        for listing, new in parsed.items():
            self._replace(session, now, listing, new, by)
        audit.append(
            session,
            now,
            actor=by,
            act="membership:import",
            subject="roster",
            details={listing: len(new.records) for listing, new in parsed.items()},
        )
        return changes

    def _replace(self, session: Session, now: datetime, listing: str, new: Roster, by: str) -> None:
        people = _Listed(session, listing)
        found = people.match(session, [record.entry for record in new.records])
        session.execute(delete(RosterLine).where(col(RosterLine.listing) == listing))
        for position, record in enumerate(new.records):
            person = found[position] or Person(name=record.entry.name, created_at=now)
            _rename(session, person, record.entry)
            session.add(_line(listing, position, person, record))
            self._align_roles(session, now, person, listing, record.entry, by)
        for person in people.remaining():
            if end_role(session, now, person.id, LISTED_ROLES[listing], by):
                self._left(session, now, person, listing, by)
        session.merge(
            RosterStyle(
                listing=listing,
                bom=new.style.bom,
                newline=new.style.newline,
                final_newline=new.style.final_newline,
            )
        )

    def _align_roles(
        self, session: Session, now: datetime, person: Person, listing: str, entry: Entry, by: str
    ) -> None:
        held = roles_of(session, person.id)
        noted = entry.roles if listing == "members" else entry.roles - {Role.ADMIN}
        wanted = {LISTED_ROLES[listing], *noted}
        for role in sorted(wanted - held):
            begin_role(session, now, person.id, role, by)
            _record(session, now, "membership:grant", person, role, by)
        for role in NOTED_ROLES:
            if role in held and role not in wanted:
                end_role(session, now, person.id, role, by)
                _record(session, now, "membership:revoke", person, role, by)

    def _left(self, session: Session, now: datetime, person: Person, listing: str, by: str) -> None:
        _record(session, now, "membership:revoke", person, LISTED_ROLES[listing], by)
        if listing != "members":
            return
        if end_role(session, now, person.id, Role.ADMIN, by):  # leaving drops Admin (R5)
            _record(session, now, "membership:revoke", person, Role.ADMIN, by)
        self._facts.announce(session, now, MemberLeft(person.id))


def _record(session: Session, now: datetime, act: str, person: Person, role: Role, by: str) -> None:
    audit.append(session, now, actor=by, act=act, subject=person.id, details={"role": role})


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


def _line(listing: str, position: int, person: Person, record: Record) -> RosterLine:
    return RosterLine(
        listing=listing,
        position=position,
        person_id=person.id,
        raw=record.raw,
        name=record.entry.name,
        github=record.entry.github,
        notes=record.entry.notes,
    )
