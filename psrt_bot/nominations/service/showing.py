"""How a nomination and a result are shown: rows in, facts for messages out."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.council.service.rolls import latest_of
from psrt_bot.nominations.messages.words import Result, Shown, StatementShown
from psrt_bot.nominations.rules import NominationState, Standing, StatementState, VotePhase
from psrt_bot.voting.rules import PollState
from storage.nominations import Addendum, Nomination, Statement
from storage.people import Person
from storage.voting import Poll


def has_keys(poll: Poll) -> bool:
    """Whether a poll's keys may still be somewhere, and nobody has given them up for lost."""
    return poll.keys_destroyed_at is None and poll.keys_lost_at is None


def vote_phase(poll: Poll | None) -> VotePhase:
    """Return how a poll stands, as far as members may know."""
    if poll is None:
        return VotePhase.DONE
    match PollState(poll.state):
        case PollState.OPEN:
            return VotePhase.PAUSED if poll.awaits_close_decision else VotePhase.TAKING
        case PollState.CLOSING:
            return VotePhase.COUNTING
        case PollState.KEYS_MISSING | PollState.DISPUTED:
            return VotePhase.STUCK
        case PollState.CLOSED if has_keys(poll):
            return VotePhase.COUNTING
    return VotePhase.DONE


def shown(session: Session, nomination: Nomination) -> Shown:
    """Return a nomination as it may be shown to members."""
    return all_shown(session, [nomination])[0]


def all_shown(session: Session, nominations: Sequence[Nomination]) -> list[Shown]:
    """Return nominations as they may be shown to members; one query a table for all of them."""
    if not nominations:
        return []
    ids = [nomination.id for nomination in nominations]
    nominators = {n.nominator_id for n in nominations}
    people = session.scalars(select(Person).where(col(Person.id).in_(nominators)))
    names = {person.id: person.name for person in people}
    chosen = [n.poll_id for n in nominations if n.poll_id]
    polls = {p.id: p for p in session.scalars(select(Poll).where(col(Poll.id).in_(chosen)))}
    decisions = latest_of(session, ids)
    addenda = defaultdict(list)
    for added in session.scalars(
        select(Addendum)
        .where(col(Addendum.nomination_id).in_(ids))
        .order_by(col(Addendum.added_at))
    ):
        addenda[added.nomination_id].append((added.added_at, added.text))
    stated = session.scalars(
        select(Statement)
        .where(col(Statement.nomination_id).in_(ids))
        .execution_options(populate_existing=True)  # answered by a statement of its own
    )
    statements = {statement.nomination_id: _statement(statement) for statement in stated}
    views = []
    for nomination in nominations:
        poll = polls.get(nomination.poll_id or "")
        decision = decisions.get(nomination.id)
        views.append(
            Shown(
                nomination_id=nomination.id,
                nominee=nomination.nominee_name,
                nominator=names[nomination.nominator_id],
                github=nomination.nominee_github,
                standing=Standing(nomination.standing),
                state=NominationState(nomination.state),
                nominated_at=nomination.nominated_at,
                closes_at=poll.closes_at if poll else None,
                poll_id=nomination.poll_id,
                vote=vote_phase(poll),
                texts=nomination.texts,
                addenda=addenda[nomination.id],
                veto_until=decision.ends_at if decision else None,
                statement=statements.get(nomination.id),
                keys_out_of_reach=poll is not None
                and poll.key_store_id is not None
                and poll.keys_destroyed_at is None,
            )
        )
    return views


def result_of(nomination: Nomination, poll: Poll) -> Result:
    """Return the result of a closed poll."""
    assert poll.passed is not None
    assert poll.ended_at is not None
    published = poll.yes is not None and poll.no is not None and poll.abstain is not None
    return Result(
        poll_id=poll.id,
        nominee=nomination.nominee_name,
        passed=poll.passed,
        tally=(poll.yes, poll.no, poll.abstain) if published else None,  # type: ignore[arg-type]
        electorate=poll.electorate_size,
        left=poll.left_during,
        closed_at=poll.ended_at,
        threshold=poll.threshold,
        sha256=poll.bundle_sha256,
        electorate_hash=poll.electorate_hash,
        keys_lost=poll.keys_destroyed_at is None,
    )


def _statement(found: Statement) -> StatementShown:
    return StatementShown(
        state=StatementState(found.state),
        at=found.answered_at or found.asked_at,
        text=found.text or "",
        pasted=found.pasted,
    )
