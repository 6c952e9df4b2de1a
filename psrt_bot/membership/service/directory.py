"""What may be read of the list of people, and by whom (R5, R6)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlmodel import Session, col

from psrt_bot.membership import browsing
from psrt_bot.membership.browsing import (
    HISTORY_PER_PAGE,
    PER_PAGE,
    Card,
    Filter,
    Held,
    History,
    Line,
    LinkState,
    Page,
    Place,
)
from psrt_bot.membership.rules import Permission, Role, allowed, sort_key
from psrt_bot.membership.service.people import Members
from psrt_bot.runtime.blocks import escape, mention
from psrt_bot.runtime.called import command
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import NotFound
from storage.people import Person, RoleHeld, RosterLine, SlackUser

NOBODY = f"There is no such person, or not any more. Type {command('psrt members')} for the list."
SLACK = "slack:"  # before the id of an admin who is on no list


class Directory:
    """Use cases that change nothing."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def page(self, session: Session, slack_user_id: str, place: Place) -> Page:
        """Return a part of the list; who is no admin sees what is public of it.

        Raises:
            NotAllowed: neither a member nor an admin.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_LIST)
        manages = allowed(Permission.MEMBERS_MANAGE, actor.roles)
        wanted = place.filter
        if not manages:
            wanted = Filter(wanted.text, wanted.role or Role.MEMBER)
        found = [line for line in everybody(session) if wanted.fits(line)]
        at, pages = browsing.part(len(found), place.page, PER_PAGE)
        shown: Sequence[Line] = found[at * PER_PAGE : (at + 1) * PER_PAGE]
        if not manages:
            shown = [replace(one, slack_user_id=None, link=LinkState.NONE) for one in shown]
        return Page(shown, Place(wanted, at), pages, len(found), manages)

    def manages(self, session: Session, slack_user_id: str) -> bool:
        """Say whether somebody may change the list."""
        roles = self._members.who(session, slack_user_id).roles
        return allowed(Permission.MEMBERS_MANAGE, roles)

    def must_manage(self, session: Session, slack_user_id: str) -> None:
        """Refuse whoever may not change the list.

        Raises:
            NotAllowed: not an admin.
        """
        self._members.require(session, slack_user_id, Permission.MEMBERS_MANAGE)

    def card(self, session: Session, slack_user_id: str, place: Place) -> Card:
        """Return somebody as an admin sees them, with a place that holds how they stand now.

        Raises:
            NotAllowed: not an admin. NotFound: nobody of that id.
        """
        self.must_manage(session, slack_user_id)
        line = next((o for o in everybody(session, place.person_id)), None)
        if line is None:
            raise NotFound(NOBODY)
        held = session.execute(
            select(col(RoleHeld.role), col(RoleHeld.since)).where(
                col(RoleHeld.person_id) == line.person_id, col(RoleHeld.until).is_(None)
            )
        )
        listed = session.scalar(
            select(col(RosterLine.position)).where(col(RosterLine.person_id) == line.person_id)
        )
        return Card(
            line=line,
            listed=listed is not None,
            since={Role(role): since for role, since in held},
            place=replace(place, stamp=stamp(line)),
        )

    def history(self, session: Session, slack_user_id: str, place: Place, page: int) -> History:
        """Return a part of what roles somebody held, the newest first (R5, R6).

        Raises:
            NotAllowed: not an admin. NotFound: nobody of that id.
        """
        self.must_manage(session, slack_user_id)
        person = session.get(Person, place.person_id)
        if person is None:
            raise NotFound(NOBODY)
        theirs = col(RoleHeld.person_id) == person.id
        count = session.scalar(select(func.count()).select_from(RoleHeld).where(theirs)) or 0
        at, pages = browsing.part(count, page, HISTORY_PER_PAGE)
        rows = session.scalars(
            select(RoleHeld)
            .where(theirs)
            .order_by(col(RoleHeld.since).desc(), col(RoleHeld.role), col(RoleHeld.id))
            .offset(at * HISTORY_PER_PAGE)
            .limit(HISTORY_PER_PAGE)
        ).all()
        names = _names(session, rows)
        held = [_held(row, names) for row in rows]
        return History(person.name, held, place, at, pages)


def everybody(session: Session, person_id: str | None = None) -> list[Line]:
    """Return everybody known, or one of them, by first name as in the public list."""
    people = select(Person).execution_options(populate_existing=True)
    roles = select(col(RoleHeld.person_id), col(RoleHeld.role)).where(col(RoleHeld.until).is_(None))
    notes = select(col(RosterLine.person_id), col(RosterLine.notes))
    if person_id is not None:
        people = people.where(col(Person.id) == person_id)
        roles = roles.where(col(RoleHeld.person_id) == person_id)
        notes = notes.where(col(RosterLine.person_id) == person_id)
    known = session.scalars(people).all()
    held: dict[str, set[Role]] = {}
    for owner, role in session.execute(roles):
        held.setdefault(owner, set()).add(Role(role))
    noted: dict[str, str] = {row.person_id: row.notes for row in session.execute(notes)}
    live = live_users(session, [p.slack_user_id for p in known if p.slack_user_id])
    lines = [
        Line(
            person_id=person.id,
            name=person.name,
            github=person.github,
            notes=noted.get(person.id, ""),
            roles=frozenset(held.get(person.id, ())),
            slack_user_id=person.slack_user_id,
            link=_link(person.slack_user_id, live),
        )
        for person in known
    ]
    return sorted(lines, key=lambda line: (sort_key(line.name), line.person_id))


def stamp(line: Line) -> str:
    """Return what tells whether somebody stands as they did: a short hash, which tells no value."""
    facts = [line.name, line.github, line.notes, line.slack_user_id, sorted(line.roles)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _link(slack_user_id: str | None, live: Mapping[str, SlackUser]) -> LinkState:
    if slack_user_id is None:
        return LinkState.NONE
    return LinkState.LINKED if slack_user_id in live else LinkState.GONE


def _names(session: Session, rows: Sequence[RoleHeld]) -> dict[str, str]:
    """Return what those are called who gave or took roles and whom we know."""
    ids = {one for row in rows for one in (row.granted_by, row.ended_by) if one}
    found = session.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids)))
    return {row.id: row.name for row in found}


def _held(row: RoleHeld, names: dict[str, str]) -> Held:
    def called(by: str | None) -> str:
        if by and by.startswith(SLACK):
            return mention(by.removeprefix(SLACK))
        return escape(names.get(by or "", by or ""))

    return Held(
        role=Role(row.role),
        since=row.since,
        by=called(row.granted_by),
        until=row.until,
        ended_by=called(row.ended_by),
        decision=row.decision or "",
        reason=row.reason or "",
        end_reason=row.end_reason or "",
    )
