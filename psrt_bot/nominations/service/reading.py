"""What may be read of nominations, and by whom (R12, R13): members, never the nominee."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from psrt_bot.council.service.reading import CouncilReading
from psrt_bot.council.service.telling import Telling
from psrt_bot.membership.rules import Permission, Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import (
    Actor,
    Members,
    holders,
    with_live_slack,
)
from psrt_bot.nominations.messages.words import Result, Shown
from psrt_bot.nominations.rules import (
    NominationState,
    Nominee,
    is_meant,
    is_running,
    may_become,
)
from psrt_bot.nominations.service.showing import all_shown, has_keys, result_of, shown
from psrt_bot.runtime import audit
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, NotForYou, NotFound
from psrt_bot.runtime.sql import rows
from psrt_bot.voting.rules import PollState, Threshold
from psrt_bot.voting.service.polls import Candidate, Polls
from storage.nominations import Draft, Nomination
from storage.voting import Poll

NOT_YOURS = "Only the nominator can do this, and only while the nomination is under way."
RUNNING = [state for state in NominationState if is_running(state)]
MOVED_ON = "This nomination has moved on meanwhile; look at it again."
NOT_THERE = "There is no such nomination, or it is not for you to see."
SHOWN_RESULTS = 10  # a modal holds 100 blocks; four a result


@dataclass(frozen=True)
class Policy:
    """How this team votes (DESIGN section 6).

    Args:
        channel: the team channel's id.
        threshold: the share that passes (R3).
        duration: how long a vote is open (R2).
        min_electorate: below this many electors an admin opens the vote.
    """

    channel: str
    threshold: Threshold
    duration: timedelta
    min_electorate: int


@dataclass(frozen=True)
class Process:
    """What the use cases of nominations stand on."""

    polls: Polls
    members: Members
    admins: Admins
    policy: Policy
    council: Telling
    council_reading: CouncilReading


@dataclass(frozen=True)
class Electorate:
    """Who could vote today, and which members could not."""

    candidates: tuple[Candidate, ...]
    unlinked: tuple[str, ...]


@dataclass(frozen=True)
class Details:
    """What a member may read of a nomination, and which buttons stand below it."""

    shown: Shown
    may_add: bool
    may_cancel: bool


def nominee_of(who: Draft | Nomination) -> Nominee:
    """Return who is meant by a draft or a nomination."""
    return Nominee(who.nominee_slack_user_id, who.nominee_github, who.nominee_name)


def electorate(session: Session, nominee: Nominee) -> Electorate:
    """Return today's electorate: active members with a live Slack link, never the nominee (R12)."""
    live, unlinked = with_live_slack(session, holders(session, Role.MEMBER))
    return Electorate(
        tuple(
            Candidate(person.id, user.id)
            for person, user in live
            if not is_meant(nominee, user.id, person.github, person.name)
        ),
        tuple(person.name for person in unlinked),
    )


def is_nominee(nomination: Nomination, actor: Actor) -> bool:
    """Return whether somebody is the nominee; they see nothing of it, also later (R12)."""
    return is_meant(nominee_of(nomination), actor.slack_user_id, actor.github, actor.name)


def nominations_of(
    session: Session, slack_user_id: str | None, github: str, names: Sequence[str]
) -> list[Nomination]:
    """Return every nomination, over or not, whose nominee somebody is."""
    return [
        nomination
        for nomination in session.scalars(select(Nomination))
        if any(is_meant(nominee_of(nomination), slack_user_id, github, name) for name in names)
    ]


def visible(
    session: Session, actor: Actor, nomination_id: str, *, lock: bool = False
) -> Nomination:
    """Return a nomination that ``actor`` may see.

    Args:
        lock: until the commit, after the audit log's head: whoever decides holds that when they
            come to the nomination.

    Raises:
        NotFound: there is none, or it is about them; the text is the same.
    """
    if lock:
        audit.hold(session)
    nomination = session.get(
        Nomination, nomination_id, with_for_update=True if lock else None, populate_existing=lock
    )
    if nomination is None:
        raise NotFound(NOT_THERE)
    if is_nominee(nomination, actor):
        raise NotForYou(NOT_THERE)
    return nomination


def admitted(
    session: Session,
    process: Process,
    slack_user_id: str,
    permission: Permission,
    nomination_id: str,
    *,
    over: str = MOVED_ON,
) -> tuple[Actor, Nomination]:
    """Return who asks and the nomination, locked, if the permission's whole line fits them.

    Args:
        over: what is said when its state is another one (by now).

    Raises:
        NotAllowed, NotFound, AlreadyDone: the role, whose it is, or the state does not fit.
    """
    actor = process.members.require(session, slack_user_id, permission)
    nomination = visible(session, actor, nomination_id, lock=True)
    if not permission.theirs(own=nomination.nominator_id == actor.person_id, about=False):
        raise NotAllowed(NOT_YOURS)
    state = nomination.state
    if permission.during and permission.during.thing == "poll":
        poll = session.get(Poll, nomination.poll_id) if nomination.poll_id else None
        state = poll.state if poll else ""
    if not permission.fits(state):
        raise AlreadyDone(over)
    return actor, nomination


def move(
    session: Session,
    nomination: Nomination,
    after: NominationState,
    **values: str | datetime | bool | None,
) -> None:
    """Change a nomination's state, if it is still what it was when it was read.

    Raises:
        AlreadyDone: the step is not possible (any more).
    """
    before = NominationState(nomination.state)
    if not may_become(before, after):
        raise AlreadyDone(MOVED_ON)
    changed = session.execute(
        update(Nomination)
        .where(col(Nomination.id) == nomination.id, col(Nomination.state) == before)
        .values(state=after, running=is_running(after), **values)
        .execution_options(synchronize_session=False)
    )
    if rows(changed) == 0:
        raise AlreadyDone(MOVED_ON)
    session.refresh(nomination)


class Reading:
    """Use cases that change nothing."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def details(self, session: Session, slack_user_id: str, nomination_id: str) -> Details:
        """Return everything a member may read of a nomination, and what they may do with it.

        Raises:
            NotAllowed, NotFound: it is not for them.
        """
        actor = self._process.members.require(session, slack_user_id, Permission.NOMINATIONS_READ)
        nomination = visible(session, actor, nomination_id)
        return Details(
            shown(session, nomination),
            may_add=nomination.running and nomination.nominator_id == actor.person_id,
            may_cancel=nomination.running and Role.ADMIN in actor.roles,
        )

    def council_details(self, session: Session, slack_user_id: str, nomination_id: str) -> Shown:
        """Return what one of the council reads of a nomination that they decide on (R4).

        Raises:
            NotAllowed, NotFound: it is not before them.
        """
        actor = self._process.members.require(session, slack_user_id, Permission.COUNCIL_ANSWER)
        nomination = session.get(Nomination, nomination_id)
        if nomination is None or is_nominee(nomination, actor):
            raise NotFound(NOT_THERE)
        if not self._process.council_reading.takes_part(session, actor, nomination_id):
            raise NotFound(NOT_THERE)
        return shown(session, nomination)

    def status(self, session: Session, slack_user_id: str) -> tuple[list[Shown], set[str]]:
        """Return the nominations under way that somebody may see, and the ids of their own.

        The oldest comes first.
        """
        actor = self._process.members.require(session, slack_user_id, Permission.NOMINATIONS_READ)
        seen = [n for n in _running(session) if not is_nominee(n, actor)]
        own = {n.id for n in seen if n.nominator_id == actor.person_id}
        return all_shown(session, seen), own

    def own(self, session: Session, asker: str | Actor) -> list[Shown]:
        """Return the nominations under way that somebody made."""
        actor = self._process.members.require(session, asker, Permission.NOMINATIONS_WITHDRAW)
        mine = [n for n in _running(session) if n.nominator_id == actor.person_id]
        return all_shown(session, mine)

    def own_one(self, session: Session, slack_user_id: str, nomination_id: str) -> Shown:
        """Return one nomination under way that somebody made.

        Raises:
            NotFound: it is somebody else's, has ended, or there is none.
        """
        for mine in self.own(session, slack_user_id):
            if mine.nomination_id == nomination_id:
                return mine
        raise NotFound(NOT_YOURS)

    def cancellable(self, session: Session, slack_user_id: str) -> list[Shown]:
        """Return the nominations that an admin may cancel."""
        actor = self._process.members.require(session, slack_user_id, Permission.NOMINATIONS_CANCEL)
        return _all_but(session, actor)

    def results(self, session: Session, slack_user_id: str) -> list[Result]:
        """Return the latest results that somebody may see, the newest first."""
        actor = self._process.members.require(session, slack_user_id, Permission.VOTING_RESULT)
        counted = session.execute(
            select(Nomination, Poll)
            .join(Poll, col(Poll.subject) == col(Nomination.id))
            .where(
                col(Poll.state) == PollState.CLOSED,
                or_(col(Poll.keys_destroyed_at).is_not(None), col(Poll.keys_lost_at).is_not(None)),
            )
            .order_by(col(Poll.ended_at).desc())
            .limit(SHOWN_RESULTS)
        ).all()
        return [result_of(n, poll) for n, poll in counted if not is_nominee(n, actor)]

    def result(self, session: Session, slack_user_id: str, poll_id: str) -> Result:
        """Return one result.

        Raises:
            NotAllowed, NotFound: it is not for them, or there is none (yet).
        """
        actor = self._process.members.require(session, slack_user_id, Permission.VOTING_RESULT)
        poll = session.get(Poll, poll_id)
        if poll is None or poll.state != PollState.CLOSED or has_keys(poll):
            raise NotFound(NOT_THERE)
        return result_of(visible(session, actor, poll.subject), poll)


def _all_but(session: Session, actor: Actor) -> list[Shown]:
    """Return the nominations under way, but for one of the reader (R12)."""
    return all_shown(session, [n for n in _running(session) if not is_nominee(n, actor)])


def _running(session: Session) -> Sequence[Nomination]:
    return session.scalars(
        select(Nomination)
        .where(col(Nomination.state).in_(RUNNING))
        .order_by(col(Nomination.nominated_at))
    ).all()
