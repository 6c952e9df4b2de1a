"""A checklist begins: when a membership or a role begins or ends (handlers of facts).

They also run in the command line, where no invitation may be owed: see ``checklists.put``.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlmodel import Session, col

from psrt_bot.access.rules import (
    BY_HAND,
    Cause,
    ChecklistState,
    Doing,
    ItemState,
    Task,
    tasks,
)
from psrt_bot.access.service.checklists import (
    Desk,
    begin,
    end,
    items_of,
    open_for,
    put,
    refresh,
    relink,
    update_message,
)
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import roles_of
from psrt_bot.runtime import outbox
from psrt_bot.runtime.facts import (
    MemberJoined,
    MemberLeft,
    PersonChanged,
    PersonLinked,
    RolesChanged,
)
from storage.access import AccessChecklist
from storage.people import Person, RoleHeld


class Opening:
    """Handlers of facts about people. Each acts in the transaction that made the fact true."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def joined(self, session: Session, now: datetime, fact: MemberJoined) -> None:
        """Open the checklist of a new member (handler)."""
        self._membership(session, now, fact.person_id, Cause.JOINED)

    def left(self, session: Session, now: datetime, fact: MemberLeft) -> None:
        """Open the checklist of a member who left (handler)."""
        self._membership(session, now, fact.person_id, Cause.LEFT)

    def roles_changed(self, session: Session, now: datetime, fact: RolesChanged) -> None:
        """Put the channels of a role that began or ended on somebody's checklist (handler).

        The first list of members tells of nobody who joined; then nothing is owed to anybody for
        their other roles either: they were there before.
        """
        began, ended, held = _changes(session, now, fact.person_id)
        if Role.MEMBER in began | ended and not _began_now(session, now, fact.person_id):
            return
        wanted = tasks(began - {Role.MEMBER}, ended - {Role.MEMBER}, held, self._desk.rooms)
        if not wanted:
            return
        person = session.get_one(Person, fact.person_id)
        checklist = open_for(session, person.id)
        if checklist is None:
            begin(session, now, self._desk, Cause.ROLES, wanted, person=person)
            return
        put(session, now, checklist, wanted, person)
        update_message(session, now, self._desk, checklist)

    def linked(self, session: Session, now: datetime, fact: PersonLinked) -> None:
        """Invite whoever waited for a link to be known, or wait for one again (handler).

        Whom the link named before is invited no more, whether a checklist or an admin asked for it.
        """
        checklist = open_for(session, fact.person_id)
        person = session.get_one(Person, fact.person_id, populate_existing=True)
        for user in set(fact.slack_user_ids) - {person.slack_user_id}:
            for channel in dict.fromkeys(channel for _, channel in self._desk.rooms):
                outbox.uninvite(session, now, channel, user)
        if checklist is None:
            return
        for item in items_of(session, checklist):
            if item.place not in BY_HAND and item.state != ItemState.DONE:
                relink(session, now, item, person.slack_user_id)
        refresh(session, now, self._desk, checklist)

    def changed(self, session: Session, now: datetime, fact: PersonChanged) -> None:
        """Show the open checklist with somebody's new name, or GitHub name (handler)."""
        checklist = open_for(session, fact.person_id)
        if checklist is not None:
            update_message(session, now, self._desk, checklist)

    def _membership(self, session: Session, now: datetime, person_id: str, cause: Cause) -> None:
        """Open a checklist; an open one of the same person makes way, less what it alone asks."""
        began, ended, held = _changes(session, now, person_id)
        began, ended = (
            (began | {Role.MEMBER}, ended)
            if cause is Cause.JOINED
            else (began, ended | {Role.MEMBER})
        )
        wanted = tasks(began, ended, held, self._desk.rooms)
        older = open_for(session, person_id)
        if older is not None:
            places = {task.place for task in wanted}
            wanted += [
                Task(item.place, Doing(item.doing))
                for item in items_of(session, older)
                if item.state != ItemState.DONE and item.place not in places
            ]
            end(session, now, older, ChecklistState.SUPERSEDED)
            update_message(session, now, self._desk, older)
        begin(session, now, self._desk, cause, wanted, person=session.get_one(Person, person_id))


def _changes(
    session: Session, now: datetime, person_id: str
) -> tuple[set[Role], set[Role], frozenset[Role]]:
    """Return which roles began and ended at this very moment, and which are held after that."""
    held = roles_of(session, person_id)
    touched = session.scalars(
        select(RoleHeld).where(
            col(RoleHeld.person_id) == person_id,
            or_(col(RoleHeld.since) == now, col(RoleHeld.until) == now),
        )
    ).all()
    began = {Role(one.role) for one in touched if one.until is None and one.since == now}
    ended = {Role(one.role) for one in touched if one.until == now} - held
    return began, ended, held


def _began_now(session: Session, now: datetime, person_id: str) -> bool:
    """Say whether the membership's own checklist began at this moment."""
    found = session.scalar(
        select(col(AccessChecklist.id)).where(
            col(AccessChecklist.person_id) == person_id, col(AccessChecklist.began_at) == now
        )
    )
    return found is not None
