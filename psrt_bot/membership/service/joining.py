"""How a membership begins by the bot: role, line in the public list, word to the others (R5)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from psrt_bot.membership.roster import Entry, Roster, RosterError
from psrt_bot.membership.rules import NOTE_WORDS, Role, notes_with
from psrt_bot.membership.service.lists import stored
from psrt_bot.membership.service.people import Members, roles_of
from psrt_bot.runtime.rules import AlreadyDone, RuleError
from storage.people import Person, RosterLine


class Joining:
    """Makes somebody a member; the other end is ``offboarding/``."""

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
    ) -> None:
        """Begin a membership: the role, and a line by first name in the list of members (R5).

        Whoever stood among the former members leaves that list and takes their notes along.

        Args:
            listed_name: how they want to stand in the list; None for their name.

        Raises:
            AlreadyDone: they are a member.
            RuleError: the list cannot hold them: a bad name, or a GitHub name that is taken.
        """
        held = roles_of(session, person.id)
        if Role.MEMBER in held:
            raise AlreadyDone(f"{person.name} is a member already")
        notes = _unlist(session, "emeriti", person)
        for role in NOTE_WORDS:
            if role in held:
                notes = notes_with(notes, role)
        _enlist(session, "members", person, Entry(listed_name or person.name, person.github, notes))
        if Role.EMERITUS in held:
            self._members.revoke(session, now, person, Role.EMERITUS, by)
        self._members.grant(session, now, person, Role.MEMBER, by)


def _enlist(session: Session, listing: str, person: Person, entry: Entry) -> None:
    owners = _owners(session, listing)
    before = stored(session, listing)
    try:
        after = before.insert(entry)
    except RosterError as error:
        raise RuleError("; ".join(error.problems)) from None
    place = next(
        (
            n
            for n, (old, new) in enumerate(zip(before.entries, after.entries, strict=False))
            if old != new
        ),
        len(owners),
    )
    _rewrite(session, listing, after, [*owners[:place], person.id, *owners[place:]])


def _unlist(session: Session, listing: str, person: Person) -> str:
    """Take somebody's line from a list; return the notes that stood there."""
    owners = _owners(session, listing)
    if person.id not in owners:
        return ""
    place = owners.index(person.id)
    before = stored(session, listing)
    notes = before.entries[place].notes
    _rewrite(session, listing, before.remove_at(place), owners[:place] + owners[place + 1 :])
    return notes


def _owners(session: Session, listing: str) -> list[str]:
    lines = select(col(RosterLine.person_id)).where(col(RosterLine.listing) == listing)
    return list(session.scalars(lines.order_by(col(RosterLine.position))))


def _rewrite(session: Session, listing: str, roster: Roster, owners: Sequence[str]) -> None:
    session.execute(delete(RosterLine).where(col(RosterLine.listing) == listing))
    session.add_all(
        RosterLine(
            listing=listing,
            position=position,
            person_id=owner,
            raw=record.raw,
            name=record.entry.name,
            github=record.entry.github,
            notes=record.entry.notes,
        )
        for position, (record, owner) in enumerate(zip(roster.records, owners, strict=True))
    )
    session.flush()
