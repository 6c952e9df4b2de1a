"""The bot's own rows: it invites and removes in Slack, and notes how that ended."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.access.messages import drift as messages
from psrt_bot.access.rules import ChecklistState, Doing, ItemState
from psrt_bot.access.service.checklists import (
    PLACE,
    Desk,
    Prepare,
    locked,
    move,
    refresh,
)
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.facts import Invited, PlaceRefused, Removed
from psrt_bot.runtime.outbox import Kind
from storage.access import AccessChecklist, AccessItem
from storage.people import SlackChannel

LOOK_AGAIN = timedelta(minutes=1)


class Placing:
    """Handlers of what is due and of what delivery tells.

    Args:
        prepare: called before somebody is invited, in the same transaction.
    """

    def __init__(self, desk: Desk, prepare: Prepare) -> None:
        self._desk = desk
        self._prepare = prepare

    def place(self, session: Session, now: datetime, item_id: str) -> None:
        """Owe what a row asks of the bot, if it still does (handler).

        At the first start it may come before Slack has told of the channel; delivery would take it
        for unfit, and that is final.
        """
        item = session.get(AccessItem, item_id)
        if item is None or item.state != ItemState.OWED or not item.slack_user_id:
            return
        checklist = session.get_one(AccessChecklist, item.checklist_id)
        if checklist.state != ChecklistState.OPEN:
            return
        if session.get(SlackChannel, item.place) is None:
            deadlines.schedule(session, PLACE, item.id, now + LOOK_AGAIN)
            return
        if item.doing == Doing.REMOVE:
            outbox.kick(session, now, item.place, item.slack_user_id)
            return
        self.invite(session, now, item.place, item.slack_user_id, checklist.person_id)

    def invite(
        self, session: Session, now: datetime, channel: str, user: str, person_id: str | None
    ) -> None:
        """Owe an invitation, behind what must become neutral in the channel first."""
        if person_id is not None:
            self._prepare(session, now, person_id)
        outbox.invite(session, now, channel, user)

    def invited(self, session: Session, now: datetime, fact: Invited) -> None:
        """Tick the row of somebody who is in the channel now (handler)."""
        self._done(session, now, fact.channel, fact.user, Doing.ADD)

    def removed(self, session: Session, now: datetime, fact: Removed) -> None:
        """Tick the row of somebody who is out of the channel now (handler)."""
        self._done(session, now, fact.channel, fact.user, Doing.REMOVE)

    def refused(self, session: Session, now: datetime, fact: PlaceRefused) -> None:
        """Show on the row, or else tell the admins, why the bot could not do it (handler)."""
        doing = Doing.ADD if fact.kind == Kind.INVITE else Doing.REMOVE
        asked = self._asked(session, fact.channel, fact.user, doing)
        for item_id in asked:
            checklist, item = locked(session, item_id)
            if item.slack_user_id != fact.user:
                continue  # as in _done
            if move(session, item, ItemState.OWED, ItemState.OPEN, refusal=fact.reason):
                refresh(session, now, self._desk, checklist)
        if not asked:
            message = messages.refused(doing, fact.channel, fact.user, fact.reason)
            self._desk.admins.tell(session, now, message)

    def _done(self, session: Session, now: datetime, channel: str, user: str, doing: Doing) -> None:
        for item_id in self._asked(session, channel, user, doing):
            checklist, item = locked(session, item_id)
            if item.slack_user_id != user:
                continue  # linked to somebody else while this waited for the lock
            if move(session, item, ItemState.OWED, ItemState.DONE, at=now, by=audit.SYSTEM):
                refresh(session, now, self._desk, checklist)

    def _asked(self, session: Session, channel: str, user: str, doing: Doing) -> list[str]:
        """Return the rows of open checklists that asked the bot for this."""
        return list(
            session.scalars(
                select(col(AccessItem.id))
                .join(AccessChecklist, col(AccessChecklist.id) == col(AccessItem.checklist_id))
                .where(
                    col(AccessItem.place) == channel,
                    col(AccessItem.slack_user_id) == user,
                    col(AccessItem.doing) == doing,
                    col(AccessItem.state) == ItemState.OWED,
                    col(AccessChecklist.state) == ChecklistState.OPEN,
                )
            )
        )
