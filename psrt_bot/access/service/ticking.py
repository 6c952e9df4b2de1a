"""Admins tick, take back, and let the bot try again; reminders while a checklist is open (R6)."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.access.messages import checklists as messages
from psrt_bot.access.messages.checklists import Shown
from psrt_bot.access.rules import BY_HAND, REMIND_EVERY, ChecklistState, ItemState
from psrt_bot.access.service.checklists import (
    REMIND,
    Desk,
    locked,
    move,
    open_lists,
    refresh,
    relink,
    shown,
)
from psrt_bot.access.service.placing import Placing
from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.runtime import audit, deadlines
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import AlreadyDone, NotFound
from psrt_bot.runtime.waking import remind_when_awake
from storage.access import AccessChecklist, AccessItem
from storage.people import Person

EXPANDER = "access:reminder"


class Ticking:
    """Use cases of admins. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk, placing: Placing) -> None:
        self._desk = desk
        self._placing = placing

    def overview(self, session: Session, slack_user_id: str) -> list[Shown]:
        """Return every open checklist.

        Raises:
            NotAllowed: not an admin.
        """
        self._desk.members.require(session, slack_user_id, Permission.ACCESS_KEEP)
        return [shown(session, self._desk, checklist) for checklist in open_lists(session)]

    def tick(self, session: Session, now: datetime, slack_user_id: str, item_id: str) -> None:
        """Say that a row is done.

        Raises:
            NotAllowed, NotFound: not an admin, no such row.
            AlreadyDone: it is done, the bot is at it, or the checklist is not the newest.
        """
        actor, checklist, item = self._asked(session, now, slack_user_id, item_id, "access:tick")
        by = actor.audit_name
        kept = item.refusal  # for whoever takes the tick back, and would have the bot try again
        if not move(session, item, ItemState.OPEN, ItemState.DONE, at=now, by=by, refusal=kept):
            raise AlreadyDone(messages.NOT_OPEN)
        refresh(session, now, self._desk, checklist)

    def untick(self, session: Session, now: datetime, slack_user_id: str, item_id: str) -> None:
        """Take a tick back; a closed checklist is open again.

        Raises:
            NotAllowed, NotFound: not an admin, no such row.
            AlreadyDone: it is not ticked, not by a person, or the checklist is not the newest.
        """
        _, checklist, item = self._asked(session, now, slack_user_id, item_id, "access:untick")
        by_bot = item.done_by == audit.SYSTEM
        kept = item.refusal
        if by_bot or not move(session, item, ItemState.DONE, ItemState.OPEN, refusal=kept):
            raise AlreadyDone(messages.NOT_OPEN)
        if item.place not in BY_HAND and checklist.person_id:  # done rows follow no change of link
            person = session.get_one(Person, checklist.person_id, populate_existing=True)
            relink(session, now, item, person.slack_user_id)
        refresh(session, now, self._desk, checklist)

    def retry(self, session: Session, now: datetime, slack_user_id: str, item_id: str) -> None:
        """Let the bot try again what Slack refused.

        Raises:
            NotAllowed, NotFound: not an admin, no such row.
            AlreadyDone: it was not refused, or the checklist is not the newest.
        """
        _, checklist, item = self._asked(session, now, slack_user_id, item_id, "access:retry")
        can = item.slack_user_id is not None
        if not can or not move(session, item, ItemState.OPEN, ItemState.OWED):
            raise AlreadyDone(messages.NOT_OPEN)
        session.refresh(item)
        self._placing.place(session, now, item.id)
        refresh(session, now, self._desk, checklist)

    def plan_reminder(self, session: Session, now: datetime, checklist_id: str) -> None:
        """Owe the admins a reminder in their mornings, and plan the next one (handler)."""
        checklist = session.get(AccessChecklist, checklist_id)
        if checklist is None or checklist.state != ChecklistState.OPEN:
            return
        users = live_users(session, self._desk.admins.users(session)).values()
        remind_when_awake(session, now, users, EXPANDER, before=now + REMIND_EVERY)
        deadlines.schedule(session, REMIND, checklist.id, now + REMIND_EVERY)

    def expand_reminder(
        self, session: Session, _: datetime, users: list[str]
    ) -> dict[str, Message]:
        """Return the messages to those of ``users`` who are admins, if anything is still open."""
        lists = [shown(session, self._desk, checklist) for checklist in open_lists(session)]
        admins = self._desk.admins.users(session)
        if not lists:
            return {}
        return {user: messages.reminder(lists) for user in users if user in admins}

    def _asked(
        self, session: Session, now: datetime, slack_user_id: str, item_id: str, act: str
    ) -> tuple[Actor, AccessChecklist, AccessItem]:
        """Return who asks, and the row with its checklist locked, the act recorded.

        It is recorded first (and undone with the rest): whoever changes a membership or a link
        holds the audit log's head when they come to the checklist. The other way round two could
        wait for each other.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.ACCESS_KEEP)
        known = session.get(AccessItem, item_id)
        if known is None:
            raise NotFound(messages.GONE)
        about = session.get_one(AccessChecklist, known.checklist_id)
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act=act,
            subject=about.person_id or about.id,
            details={"place": known.place, "doing": known.doing},
        )
        checklist, item = locked(session, item_id)
        if checklist.state == ChecklistState.SUPERSEDED or _is_outlived(session, checklist):
            raise AlreadyDone(messages.REPLACED)
        return actor, checklist, item


def _is_outlived(session: Session, checklist: AccessChecklist) -> bool:
    """Whether a closed checklist's person has had another one since."""
    if checklist.state == ChecklistState.OPEN or checklist.person_id is None:
        return False
    newer = session.scalar(
        select(col(AccessChecklist.id))
        .where(
            col(AccessChecklist.person_id) == checklist.person_id,
            col(AccessChecklist.id) != checklist.id,
            col(AccessChecklist.began_at) >= checklist.began_at,
        )
        .limit(1)
    )
    return newer is not None
