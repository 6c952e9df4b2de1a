"""What the use cases of access share: a checklist's rows, its message, its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.access.messages import checklists as messages
from psrt_bot.access.messages.checklists import Row, Shown
from psrt_bot.access.rules import (
    BY_HAND,
    GITHUB,
    REMIND_EVERY,
    Cause,
    ChecklistState,
    Doing,
    ItemState,
    Rooms,
    Task,
    is_complete,
)
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Members
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.blocks import Message, escape, mention, shorten
from psrt_bot.runtime.rules import NotFound
from psrt_bot.runtime.sql import rows
from storage.access import AccessChecklist, AccessItem
from storage.people import Person, SlackChannel

PLACE = "access:place"  # a deadline's kind: the bot does its row of a checklist
REMIND = "access:remind"

# Makes neutral what a newcomer must not find, before they are invited (nominations/).
Prepare = Callable[[Session, datetime, str], None]


@dataclass(frozen=True)
class Desk:
    """What every use case of access stands on.

    Args:
        rooms: each channel with a role that leads there.
        github_team: as ORG/TEAM, or None.
    """

    members: Members
    admins: Admins
    rooms: Rooms
    github_team: str | None = None


def open_for(session: Session, person_id: str) -> AccessChecklist | None:
    """Return somebody's open checklist, its row locked; there is one at most."""
    return session.scalar(
        select(AccessChecklist)
        .where(
            col(AccessChecklist.person_id) == person_id,
            col(AccessChecklist.state) == ChecklistState.OPEN,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def open_lists(session: Session) -> list[AccessChecklist]:
    """Return every open checklist, the oldest first."""
    return list(
        session.scalars(
            select(AccessChecklist)
            .where(col(AccessChecklist.state) == ChecklistState.OPEN)
            .order_by(col(AccessChecklist.began_at), col(AccessChecklist.id))
        )
    )


def items_of(session: Session, checklist: AccessChecklist) -> list[AccessItem]:
    """Return a checklist's rows in their order, as they are now."""
    return list(
        session.scalars(
            select(AccessItem)
            .where(col(AccessItem.checklist_id) == checklist.id)
            .order_by(col(AccessItem.position))
            .execution_options(populate_existing=True)
        )
    )


def locked(session: Session, item_id: str) -> tuple[AccessChecklist, AccessItem]:
    """Return a row and its checklist, the latter's row locked.

    Raises:
        NotFound: there is no such row.
    """
    found = session.scalar(
        select(col(AccessItem.checklist_id)).where(col(AccessItem.id) == item_id)
    )
    checklist = found and session.get(
        AccessChecklist, found, with_for_update=True, populate_existing=True
    )
    item = session.get(AccessItem, item_id, populate_existing=True) if checklist else None
    if not checklist or item is None:
        raise NotFound(messages.GONE)
    return checklist, item


def begin(
    session: Session,
    now: datetime,
    desk: Desk,
    cause: Cause,
    wanted: Sequence[Task],
    *,
    person: Person | None = None,
    name: str = "",
) -> AccessChecklist:
    """Open a checklist, post it to the admins, and plan the reminder.

    One of which every row is the bot's is posted only once there is something for people to do.

    Args:
        person: whom it is about; None for somebody in a place, called ``name``, who is nobody on
            the list.
    """
    checklist = AccessChecklist(
        person_id=person.id if person else None,
        name=name,
        cause=cause,
        state=ChecklistState.OPEN,
        began_at=now,
    )
    session.add(checklist)
    session.flush()
    put(session, now, checklist, wanted, person)
    update_message(session, now, desk, checklist)
    deadlines.schedule(session, REMIND, checklist.id, now + REMIND_EVERY)
    return checklist


def put(
    session: Session,
    now: datetime,
    checklist: AccessChecklist,
    wanted: Sequence[Task],
    person: Person | None,
) -> None:
    """Put rows on a checklist; one for the same place that asks for the opposite makes way.

    So does one that is done: what it asked for is asked for anew.

    What the bot does itself is planned, not done: only the running bot knows what must become
    neutral first, and the command line begins memberships as well.
    """
    there = {item.place: item for item in items_of(session, checklist)}
    position = max((item.position for item in there.values()), default=-1)
    for task in wanted:
        position += 1
        before = there.get(task.place)
        if before is not None:
            if before.doing == task.doing and before.state != ItemState.DONE:
                continue
            session.delete(before)
            session.flush()
        item = AccessItem(
            checklist_id=checklist.id,
            position=before.position if before else position,
            place=task.place,
            doing=task.doing,
            state=ItemState.OPEN,
        )
        if task.place not in BY_HAND:
            user = person.slack_user_id if person else None
            item.slack_user_id = user
            item.state = ItemState.OWED if user else ItemState.OPEN
            item.refusal = None if user else messages.UNLINKED
        session.add(item)
        session.flush()
        if item.state == ItemState.OWED:
            deadlines.schedule(session, PLACE, item.id, now)


def relink(session: Session, now: datetime, item: AccessItem, user: str | None) -> None:
    """Have a channel's row that is not done be about somebody's Slack user of now."""
    if item.slack_user_id == user or (item.doing == Doing.REMOVE and item.slack_user_id):
        return  # who leaves is removed as whom they were in the channel
    state = ItemState.OWED if user else ItemState.OPEN
    refusal = None if user else messages.UNLINKED
    session.execute(
        update(AccessItem)
        .where(col(AccessItem.id) == item.id, col(AccessItem.state) != ItemState.DONE)
        .values(slack_user_id=user, state=state, refusal=refusal)
    )
    if user:
        deadlines.schedule(session, PLACE, item.id, now)


def move(
    session: Session,
    item: AccessItem,
    before: ItemState,
    after: ItemState,
    *,
    at: datetime | None = None,
    by: str | None = None,
    refusal: str | None = None,
) -> bool:
    """Move a row on; return whether it still stood where it was thought to stand."""
    moved = session.execute(
        update(AccessItem)
        .where(col(AccessItem.id) == item.id, col(AccessItem.state) == before)
        .values(state=after, done_at=at, done_by=by, refusal=refusal)
    )
    return rows(moved) == 1


def refresh(session: Session, now: datetime, desk: Desk, checklist: AccessChecklist) -> None:
    """Close a checklist whose rows are all done, open it again if one is not, show it as it is."""
    complete = is_complete(item.state for item in items_of(session, checklist))
    if complete and checklist.state == ChecklistState.OPEN:
        end(session, now, checklist, ChecklistState.DONE)
    elif not complete and checklist.state == ChecklistState.DONE:
        _step(session, checklist, ChecklistState.DONE, ChecklistState.OPEN, None)
        deadlines.schedule(session, REMIND, checklist.id, now + REMIND_EVERY)
    update_message(session, now, desk, checklist)


def end(session: Session, now: datetime, checklist: AccessChecklist, after: ChecklistState) -> None:
    """Let an open checklist end; nobody is reminded of it any more."""
    _step(session, checklist, ChecklistState.OPEN, after, now)
    deadlines.drop(session, checklist.id, [REMIND])


def _step(
    session: Session,
    checklist: AccessChecklist,
    before: ChecklistState,
    after: ChecklistState,
    at: datetime | None,
) -> None:
    moved = session.execute(
        update(AccessChecklist)
        .where(col(AccessChecklist.id) == checklist.id, col(AccessChecklist.state) == before)
        .values(state=after, ended_at=at)
    )
    assert rows(moved) == 1  # whoever calls holds the row's lock
    session.refresh(checklist)


def update_message(session: Session, now: datetime, desk: Desk, checklist: AccessChecklist) -> None:
    """Owe the newest version of a checklist's message, or the first one."""
    view = shown(session, desk, checklist)
    message: Message = messages.checklist(view)
    for_people = any(row.state is ItemState.OPEN for row in view.rows)
    for channel, slot in _posts(session, desk, checklist):
        changed = outbox.change(session, now, slot, message)
        if changed is None and for_people and checklist.state == ChecklistState.OPEN:
            outbox.post(session, now, channel, message, slot=slot)


def _posts(session: Session, desk: Desk, checklist: AccessChecklist) -> list[tuple[str, str]]:
    """Return where a checklist stands, with the slot of each: the channel, or each admin's DM."""
    slot = f"access:{checklist.id}"
    if desk.admins.channel:
        return [(desk.admins.channel, slot)]
    return [(outbox.DIRECT + user, f"{slot}:{user}") for user in desk.admins.users(session)]


def shown(session: Session, desk: Desk, checklist: AccessChecklist) -> Shown:
    """Return a checklist as it is shown."""
    person = session.get(Person, checklist.person_id) if checklist.person_id else None
    name = person.name if person else checklist.name
    login = person.github if person else checklist.name
    cause = Cause(checklist.cause)
    return Shown(
        checklist_id=checklist.id,
        name=name,
        cause=cause,
        state=ChecklistState(checklist.state),
        began_at=checklist.began_at,
        rows=[_row(session, item, login) for item in items_of(session, checklist)],
        team=desk.github_team or "",
        link=outbox.link_to(session, f"access:{checklist.id}"),
    )


def _row(session: Session, item: AccessItem, login: str) -> Row:
    return Row(
        item_id=item.id,
        place=item.place,
        doing=Doing(item.doing),
        state=ItemState(item.state),
        called=messages.CALLED.get(item.place) or _channel(session, item.place),
        login=login if item.place == GITHUB else "",
        refusal=item.refusal,
        done_at=item.done_at,
        done_by=_called(session, item.done_by),
        by_bot=item.done_by == audit.SYSTEM,
        can_retry=item.slack_user_id is not None and item.refusal is not None,
    )


def _channel(session: Session, channel: str) -> str:
    """Return a channel's name, as a button can show it."""
    known = session.get(SlackChannel, channel)
    return shorten(f"#{known.name}" if known else channel, 40)


def _called(session: Session, audit_name: str | None) -> str:
    if not audit_name:
        return ""
    if audit_name == audit.SYSTEM:
        return "by the bot"
    person = session.get(Person, audit_name)
    if person is not None:
        return escape(person.name)
    return mention(audit_name.removeprefix("slack:"))
