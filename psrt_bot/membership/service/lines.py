"""The lines of the public lists in the database, and whose they are: read, changed, written back.

Every change of a list begins with `lock`, so that two at once never write the same place twice.
"""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import delete, select
from sqlmodel import Session, col

from psrt_bot.membership.roster import Entry, Record, Roster, RosterError, Style
from psrt_bot.membership.rules import (
    NOTE_WORDS,
    Role,
    insertion_index,
    notes_with,
    notes_without,
)
from psrt_bot.runtime.rules import RuleError
from psrt_bot.runtime.sql import insert_ignoring
from storage.people import RosterLine, RosterStyle

LISTED_ROLES = {"members": Role.MEMBER, "emeriti": Role.EMERITUS}


def lock(session: Session) -> None:
    """Wait until nobody else changes the lists, and let nobody until the end of this transaction.

    On SQLite the transaction itself is that lock.
    """
    default = Style()
    for listing in sorted(LISTED_ROLES):
        style = {
            "listing": listing,
            "bom": default.bom,
            "newline": default.newline,
            "final_newline": default.final_newline,
        }
        insert_ignoring(session, RosterStyle, style)
    session.execute(
        select(col(RosterStyle.listing)).order_by(col(RosterStyle.listing)).with_for_update()
    ).all()


def stored(session: Session, listing: str) -> Roster:
    """Return a public list as it stands: ``members`` or ``emeriti``."""
    return Lines.load(session, listing).roster


def note_role(session: Session, person_id: str, role: Role, *, held: bool) -> None:
    """Keep a public list's notes in step with Admin and Release Manager (R5); after `lock`."""
    if role not in NOTE_WORDS:
        return
    found = select(RosterLine).where(col(RosterLine.person_id) == person_id)
    for line in session.scalars(found.execution_options(populate_existing=True)):
        line.notes = notes_with(line.notes, role) if held else notes_without(line.notes, role)
        session.add(line)


def line_of(listing: str, position: int, person_id: str, record: Record) -> RosterLine:
    """Return the row of one line."""
    return RosterLine(
        listing=listing,
        position=position,
        person_id=person_id,
        raw=record.raw,
        name=record.entry.name,
        github=record.entry.github,
        notes=record.entry.notes,
    )


@dataclass
class Lines:
    """One listing, with the id of whom each line is about; `save` writes it back."""

    listing: str
    roster: Roster
    owners: list[str]

    @classmethod
    def load(cls, session: Session, listing: str) -> Self:
        """Read a listing as it is now; for a change, call `lock` before."""
        found = (
            select(RosterLine)
            .where(col(RosterLine.listing) == listing)
            .order_by(col(RosterLine.position))
            .execution_options(populate_existing=True)
        )
        rows = session.scalars(found).all()
        style = session.get(RosterStyle, listing, populate_existing=True)
        roster = Roster.from_records(
            [(row.raw, Entry(row.name, row.github, row.notes)) for row in rows],
            Style(style.bom, style.newline, style.final_newline) if style else Style(),
        )
        return cls(listing, roster, [row.person_id for row in rows])

    def entry(self, person_id: str) -> Entry | None:
        """Return what somebody's line says, or None where they have none."""
        if person_id not in self.owners:
            return None
        return self.roster.entries[self.owners.index(person_id)]

    def insert(self, person_id: str, entry: Entry) -> None:
        """Give somebody a line, by first name (R5).

        Raises:
            RuleError: the list cannot hold it: a bad name, or a GitHub name that stands already.
        """
        place = insertion_index([other.name for other in self.roster.entries], entry.name.strip())
        try:
            self.roster = self.roster.insert(entry)
        except RosterError as error:
            raise _not_listed(error) from None
        self.owners.insert(place, person_id)

    def replace(self, person_id: str, entry: Entry) -> None:
        """Let somebody's line say something else, in its place; nothing where they have none.

        Raises:
            RuleError: as `insert`.
        """
        if person_id not in self.owners:
            return
        try:
            self.roster = self.roster.replace(self.owners.index(person_id), entry)
        except RosterError as error:
            raise _not_listed(error) from None

    def remove(self, person_id: str) -> Entry | None:
        """Take somebody's line away; return what it said, or None where they have none."""
        entry = self.entry(person_id)
        if entry is not None:
            place = self.owners.index(person_id)
            self.roster = self.roster.remove_at(place)
            del self.owners[place]
        return entry

    def save(self, session: Session) -> None:
        """Write the listing back."""
        session.execute(delete(RosterLine).where(col(RosterLine.listing) == self.listing))
        session.add_all(
            line_of(self.listing, position, owner, record)
            for position, (record, owner) in enumerate(
                zip(self.roster.records, self.owners, strict=True)
            )
        )
        session.flush()


def _not_listed(error: RosterError) -> RuleError:
    return RuleError(f"the public list cannot hold this: {'; '.join(error.problems)}")
