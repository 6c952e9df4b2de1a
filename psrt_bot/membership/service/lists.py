"""The public lists in the database: import all or nothing, export to the letter (R5)."""

from collections.abc import Callable, Mapping
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
    both = {github_key(e.github) for e in members.entries} if members else set()
    emeriti = parsed["emeriti"].entries if "emeriti" in parsed else ()
    return problems + [
        f"{entry.name} ({entry.github}) stands in both lists; keep one line"
        for entry in emeriti
        if entry.github and github_key(entry.github) in both
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
        if problems := list_problems(parsed):
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
        session.execute(delete(RosterLine).where(col(RosterLine.listing) == listing))
        for position, record in enumerate(new.records):
            person = people.take(session, now, record.entry)
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
        for role in NOTED_ROLES:
            if role in held and role not in wanted:
                end_role(session, now, person.id, role, by)

    def _left(self, session: Session, now: datetime, person: Person, listing: str, by: str) -> None:
        if listing != "members":
            return
        end_role(session, now, person.id, Role.ADMIN, by)  # leaving drops Admin (R5)
        self._facts.announce(session, now, MemberLeft(person.id))


class _Listed:
    """The people of one listing before an import, each to be taken once by the new lines."""

    def __init__(self, session: Session, listing: str) -> None:
        self._waiting = list(
            session.scalars(
                select(Person)
                .join(RosterLine, col(RosterLine.person_id) == col(Person.id))
                .where(col(RosterLine.listing) == listing)
            )
        )

    def take(self, session: Session, now: datetime, entry: Entry) -> Person:
        """Return whom a line is about: by GitHub name, else by name, else somebody new.

        Somebody who changed one of the two stays the same person, with their Slack link and roles.
        """
        key = github_key(entry.github)
        person = (
            self._first(lambda p: key is not None and p.github_key == key)
            or (
                session.scalar(select(Person).where(col(Person.github_key) == key)) if key else None
            )
            or self._first(lambda p: p.name.casefold() == entry.name.casefold())
            or Person(name=entry.name, created_at=now)
        )
        person.name, person.github, person.github_key = entry.name, entry.github, key
        session.add(person)
        session.flush()
        return person

    def remaining(self) -> list[Person]:
        """Return those whom no line took."""
        return self._waiting

    def _first(self, matches: Callable[[Person], bool]) -> Person | None:
        for person in self._waiting:
            if matches(person):
                self._waiting.remove(person)
                return person
        return None


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
