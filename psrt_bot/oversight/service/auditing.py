"""The audit log as admins read it: newest first, by person, process and time.

Each way of asking is one walk along an index that gives the newest first (``AuditEntry``), so a
page costs the same however long the log is. Walks of several are merged.
"""

import heapq
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.people import Actor, Members, find_person
from psrt_bot.nominations.service.reading import nominations_of
from psrt_bot.oversight.messages import Line, PageShown
from psrt_bot.oversight.rules import Wanted
from psrt_bot.runtime import audit
from psrt_bot.runtime.audit import SYSTEM
from psrt_bot.runtime.rules import FieldProblems, NotFound
from storage.nominations import Nomination
from storage.people import Person
from storage.runtime import AuditEntry
from storage.voting import Poll

PAGE = 10
AT_ONCE = 25  # rows asked for at a time
COMMAND_LINE = "command line"
NOT_PEOPLE = (SYSTEM, COMMAND_LINE)  # actors that can be asked for by their names


class Auditing:
    """Use cases that read the audit log."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def page(self, session: Session, slack_user_id: str, wanted: Wanted) -> PageShown:
        """Return a page of what an admin asks for, without what is about themselves (R12).

        Raises:
            NotAllowed: they are no admin.
            FieldProblems: nobody is called so, or a day is none; by the form's fields.
        """
        actor = self._members.require(session, slack_user_id, Permission.AUDIT_READ)
        if problems := wanted.problems():
            raise FieldProblems(problems)
        acts = _acts(session)
        walks = _walks(session, wanted, [a for a in acts if process_of(a) == wanted.process])
        hidden = _subjects_about(session, actor.slack_user_id, actor.github, _names(actor))
        if wanted.after is not None:
            newer = _take(session, wanted, walks, hidden)
            if len(newer) > PAGE:  # else the newest page, which is full
                shown = newer[:PAGE][::-1]
                return self._shown(session, wanted, shown, acts, newer=True, older=True)
            wanted = wanted.from_start()
        found = _take(session, wanted, walks, hidden)
        begun = wanted.before is not None
        return self._shown(
            session, wanted, found[:PAGE], acts, newer=begun, older=len(found) > PAGE
        )

    @staticmethod
    def _shown(
        session: Session,
        wanted: Wanted,
        entries: Sequence[AuditEntry],
        acts: Sequence[str],
        *,
        newer: bool,
        older: bool,
    ) -> PageShown:
        called = _called(session, entries)
        count, head = audit.head(session)
        return PageShown(
            wanted=wanted,
            lines=[
                Line(
                    at=entry.at,
                    actor=called.get(entry.actor, entry.actor),
                    act=entry.act,
                    subject=called.get(entry.subject, entry.subject),
                    details={n: called.get(str(v), v) for n, v in entry.details.items()},
                    hash=entry.hash,
                )
                for entry in entries
            ],
            newer=entries[0].number if newer and entries else None,
            older=entries[-1].number if older and entries else None,
            processes=sorted({process_of(act) for act in acts}),
            entries=count,
            head=head,
        )


def _names(actor: Actor) -> tuple[str, ...]:
    return actor.names or (actor.name,)


def _walks(session: Session, wanted: Wanted, acts: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the walks that together find what is wanted; each follows one index.

    Args:
        acts: those of the wanted process.
    """
    if wanted.person:
        walks = _of_somebody(session, wanted.person)
        return [and_(w, col(AuditEntry.act).in_(acts)) for w in walks] if wanted.process else walks
    return [col(AuditEntry.act) == act for act in acts] if wanted.process else [true()]


def _of_somebody(session: Session, typed: str) -> list[ColumnElement[bool]]:
    """Return the walks of what somebody did, what was done to them, and of their nominations."""
    text = " ".join(typed.split())
    if text.casefold() in NOT_PEOPLE:
        return [col(AuditEntry.actor) == text.casefold()]
    try:
        person = find_person(session, text)
    except NotFound as error:
        raise FieldProblems({"person": str(error)}) from None
    actors, subjects = [person.id], [person.id]
    if person.slack_user_id:  # what an admin did before they were on a list
        actors.append(f"slack:{person.slack_user_id}")
    subjects += _subjects_about(session, person.slack_user_id, person.github, [person.name])
    return [
        *(col(AuditEntry.actor) == actor for actor in actors),
        *(col(AuditEntry.subject) == subject for subject in subjects),
    ]


def _subjects_about(
    session: Session, slack_user_id: str | None, github: str, names: Sequence[str]
) -> frozenset[str]:
    """Return the nominations of somebody and their polls, as the log names them."""
    theirs = [n.id for n in nominations_of(session, slack_user_id, github, names)]
    polls = session.scalars(select(col(Poll.id)).where(col(Poll.subject).in_(theirs)))
    return frozenset([*theirs, *polls]) if theirs else frozenset()


def _take(
    session: Session,
    wanted: Wanted,
    walks: Sequence[ColumnElement[bool]],
    hidden: Collection[str],
) -> list[AuditEntry]:
    """Return the first entries of all walks together, one more than a page."""
    upwards = wanted.after is not None
    begin = session.get(AuditEntry, wanted.after or wanted.before or 0)
    sources = [_walk(session, wanted, walk, begin, upwards=upwards) for walk in walks]
    found: dict[int, AuditEntry] = {}
    for entry in heapq.merge(*sources, key=_place, reverse=not upwards):
        if entry.subject not in hidden:
            found[entry.number] = entry
        if len(found) > PAGE:
            break
    return list(found.values())


def _walk(
    session: Session,
    wanted: Wanted,
    walk: ColumnElement[bool],
    begin: AuditEntry | None,
    *,
    upwards: bool,
) -> Iterator[AuditEntry]:
    """Yield what one walk finds, some at a time, behind where the last ones ended."""
    at, number = col(AuditEntry.at), col(AuditEntry.number)
    order = (at.asc(), number.asc()) if upwards else (at.desc(), number.desc())
    since, until = wanted.period()
    within = [walk]
    within += [at >= since] if since else []
    within += [at < until] if until else []
    last = begin
    while True:
        here = select(AuditEntry).where(*within, *_beyond(last, upwards=upwards))
        found = session.scalars(here.order_by(*order).limit(AT_ONCE)).all()
        yield from found
        if len(found) < AT_ONCE:
            return
        last = found[-1]


def _beyond(last: AuditEntry | None, *, upwards: bool) -> list[ColumnElement[bool]]:
    """Return what says that an entry comes after the last one; the index is asked for the time."""
    if last is None:
        return []
    at, number = col(AuditEntry.at), col(AuditEntry.number)
    if upwards:
        return [at >= last.at, or_(at > last.at, number > last.number)]
    return [at <= last.at, or_(at < last.at, number < last.number)]


def _place(entry: AuditEntry) -> tuple[datetime, int]:
    return entry.at, entry.number


def _acts(session: Session) -> list[str]:
    """Return every act there is, each found by one step along the index (a loose index scan)."""
    act = col(AuditEntry.act)
    first = select(func.min(act).label("act")).cte("acts", recursive=True)
    following = select(func.min(act)).where(act > first.c.act).scalar_subquery()
    acts = first.union_all(select(following).where(first.c.act.is_not(None)))
    return [found for found in session.scalars(select(acts.c.act)) if found is not None]


def process_of(act: str) -> str:
    """Return the process of an act."""
    return act.partition(":")[0]


def _called(session: Session, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Return how people, nominations and votes on a page are called, by their ids."""
    ids = {e.actor for e in entries} | {e.subject for e in entries}
    ids |= {value for e in entries for value in e.details.values() if isinstance(value, str)}
    called: dict[str, str] = {}
    for poll in session.scalars(select(Poll).where(col(Poll.id).in_(ids))):
        nomination = session.get(Nomination, poll.subject)
        called[poll.id] = f"vote on {nomination.nominee_name}" if nomination else "a vote"
    for nomination in session.scalars(select(Nomination).where(col(Nomination.id).in_(ids))):
        called[nomination.id] = f"nomination of {nomination.nominee_name}"
    for person in session.scalars(select(Person).where(col(Person.id).in_(ids))):
        called[person.id] = person.name
    return called
