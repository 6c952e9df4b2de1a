"""How a nomination ends without a decision: withdrawn by its nominator, cancelled by an admin."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.council.service.decisions import stop
from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.nominations.rules import NominationState, VotePhase, reason_problem
from psrt_bot.nominations.service.reading import Process, admitted, move
from psrt_bot.nominations.service.showing import vote_phase
from psrt_bot.nominations.service.telling import record, tell_ended, update_card
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems
from psrt_bot.voting.rules import PollState
from storage.nominations import Nomination
from storage.voting import Poll

# A vote in another state was counted or given up: it has nothing left to destroy.
WITH_KEYS = (PollState.WAITING, PollState.OPEN, PollState.KEYS_MISSING)


class Ending:
    """Use cases that end a nomination. Each is one transaction of the caller's."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def withdraw(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """Take one's own nomination back; ballots and keys are destroyed.

        Raises:
            FieldProblems: the reason is too long.
            NotAllowed, NotFound, AlreadyDone: it is somebody else's, or decided.
        """
        actor, nomination = admitted(
            session, self._process, slack_user_id, Permission.NOMINATIONS_WITHDRAW, nomination_id
        )
        if problem := reason_problem(reason, needed=False):
            raise FieldProblems({"reason": problem})
        self._end(session, now, actor, nomination, NominationState.WITHDRAWN, reason)

    def cancel(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """End somebody's nomination as an admin, with a reason; ballots and keys are destroyed.

        Raises:
            FieldProblems: the reason is missing or too long.
            NotAllowed, NotFound, AlreadyDone: not an admin, or decided.
        """
        actor, nomination = admitted(
            session, self._process, slack_user_id, Permission.NOMINATIONS_CANCEL, nomination_id
        )
        if problem := reason_problem(reason):
            raise FieldProblems({"reason": problem})
        self._end(session, now, actor, nomination, NominationState.CANCELLED, reason)

    def _end(
        self,
        session: Session,
        now: datetime,
        actor: Actor,
        nomination: Nomination,
        state: NominationState,
        reason: str,
    ) -> None:
        poll = session.get(Poll, nomination.poll_id) if nomination.poll_id else None
        if poll and vote_phase(poll) is VotePhase.COUNTING:
            raise AlreadyDone("The vote is over and being counted; try again in a minute.")
        move(
            session,
            nomination,
            state,
            decided_at=now,
            ended_by=actor.person_id,
            end_reason=reason.strip() or None,
        )
        stop(session, now, nomination.id)
        if poll and poll.state in WITH_KEYS:
            self._process.polls.cancel(session, now, poll.id)  # what it tells waits for the keys
        else:
            tell_ended(session, now, self._process.policy.channel, nomination)
        act = "withdraw" if state is NominationState.WITHDRAWN else "cancel"
        record(session, now, actor, f"nominations:{act}", nomination, decides=True)
        update_card(session, now, nomination)
