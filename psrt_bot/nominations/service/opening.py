"""How a nomination's vote begins: at once, or when an admin opens it (R2, DESIGN section 5)."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.nominations.rules import NominationState, go_ahead_reasons
from psrt_bot.nominations.service.asking import ask_admins
from psrt_bot.nominations.service.reading import Process, electorate, move, nominee_of
from psrt_bot.runtime import audit
from psrt_bot.runtime.blocks import plural
from storage.nominations import Nomination
from storage.voting import Poll


def begin_vote(session: Session, now: datetime, process: Process, nomination: Nomination) -> str:
    """Plan a poll and open it, or ask the admins to; return what the nominator is told."""
    poll = process.polls.plan(
        session,
        now,
        subject=nomination.id,
        title=f"Nomination of {nomination.nominee_name}",
        threshold=process.policy.threshold,
        duration=process.policy.duration,
    )
    nomination.poll_id = poll.id
    session.add(nomination)
    session.flush()
    voters = electorate(session, nominee_of(nomination))
    reasons = go_ahead_reasons(
        len(voters.candidates), process.policy.min_electorate, voters.unlinked
    )
    if reasons:
        ask_admins(session, now, process, nomination)
        return "an admin has to open the vote; they have been told why."
    return open_vote(session, now, process, nomination)


def open_vote(session: Session, now: datetime, process: Process, nomination: Nomination) -> str:
    """Open the planned poll to the members of this moment; return what the nominator is told.

    Raises:
        RuleError: nobody could vote, or the key store cannot be used.
        AlreadyDone: it is open already.
    """
    poll = session.get_one(Poll, nomination.poll_id)
    move(session, nomination, NominationState.VOTING)
    voters = electorate(session, nominee_of(nomination))
    process.polls.open(session, now, poll, voters.candidates)
    audit.append(
        session,
        now,
        actor=audit.SYSTEM,
        act="voting:opened",
        subject=poll.id,
        details={"electorate": poll.electorate_size, "electorate_hash": poll.electorate_hash},
    )
    return f"the vote is open; {plural(poll.electorate_size, 'member')} can vote."
