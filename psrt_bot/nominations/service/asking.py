"""What only admins can decide is asked, and asked again each day until it is answered (R6)."""

from datetime import datetime, timedelta

from sqlmodel import Session

from psrt_bot.nominations.messages import alarms
from psrt_bot.nominations.rules import NominationState, go_ahead_reasons
from psrt_bot.nominations.service.reading import Process, electorate, nominee_of
from psrt_bot.nominations.service.showing import shown
from psrt_bot.nominations.service.telling import go_ahead_slot
from psrt_bot.runtime import deadlines, outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.voting.rules import PollState
from storage.nominations import Nomination
from storage.voting import Poll

ASK_AGAIN = "nominations:ask-again"
EVERY = timedelta(days=1)
EXTENSION_SHARE = 2  # an interrupted vote may be extended by half of its duration


def extension(poll: Poll) -> timedelta:
    """Return by how much a vote may be extended during which the bot was away."""
    return timedelta(seconds=poll.duration_seconds // EXTENSION_SHARE)


def ask_admins(
    session: Session,
    now: datetime,
    process: Process,
    nomination: Nomination,
    *,
    again: bool = False,
    question: Message | None = None,
) -> None:
    """Ask what is open just now, if anything is, and plan to ask again tomorrow.

    Args:
        question: in other words than it will be repeated in.
    """
    deadlines.drop(session, nomination.id, [ASK_AGAIN])
    question = question or _question(session, process, nomination)
    if question is None:
        return
    slot = go_ahead_slot(nomination)
    if nomination.state != NominationState.WAITING:
        slot = f"question:{nomination.id}:{nomination.poll_id}"
    if again:
        # The buttons of yesterday's message go: one question has one place to answer it.
        outbox.change(session, now, slot, alarms.asked_below())
        question = alarms.asked_again(question)
    process.admins.tell(session, now, question, slot=slot, about=nomination.id)
    deadlines.schedule(session, ASK_AGAIN, nomination.id, now + EVERY)


def _question(session: Session, process: Process, nomination: Nomination) -> Message | None:
    view = shown(session, nomination)
    if nomination.state == NominationState.WAITING:
        voters = electorate(session, nominee_of(nomination))
        reasons = go_ahead_reasons(
            len(voters.candidates), process.policy.min_electorate, voters.unlinked
        )
        return alarms.waits_for_go_ahead(view, reasons or [alarms.NOTHING_IN_THE_WAY])
    if nomination.state == NominationState.UNCOUNTED:
        return alarms.offer_rerun(view)
    poll = session.get(Poll, nomination.poll_id) if nomination.poll_id else None
    if nomination.state == NominationState.VOTING and poll and poll.awaits_close_decision:
        return alarms.close_or_extend(view, extension(poll))
    if nomination.state == NominationState.VOTING and poll and poll.state == PollState.DISPUTED:
        return alarms.still_disputed(view)
    return None
