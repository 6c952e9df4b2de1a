"""What admins decide about a vote: go-ahead, give it up, run it again, close or extend (R2, R6)."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.nominations.messages import alarms, posts
from psrt_bot.nominations.rules import NominationState, reason_problem
from psrt_bot.nominations.service.asking import ask_admins, extension
from psrt_bot.nominations.service.opening import begin_vote, open_vote
from psrt_bot.nominations.service.reading import Process, admitted, move
from psrt_bot.nominations.service.showing import shown
from psrt_bot.nominations.service.telling import (
    go_ahead_slot,
    record,
    say,
    tell_nominator,
    update_card,
)
from psrt_bot.runtime import outbox
from psrt_bot.runtime.rules import FieldProblems
from psrt_bot.voting.service.polls import DECIDED, NOT_LOST, NOT_STUCK
from storage.nominations import Nomination
from storage.voting import Poll


class Deciding:
    """Use cases of admins. Each is one transaction of the caller's."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def ask_again(self, session: Session, now: datetime, nomination_id: str) -> None:
        """Ask the admins again what nobody has decided for a day (handler of a deadline)."""
        nomination = session.get(Nomination, nomination_id)
        if nomination is not None:
            ask_admins(session, now, self._process, nomination, again=True)

    def go_ahead(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> None:
        """Open a vote that waited for an admin, with the members of this moment (R2).

        Raises:
            NotAllowed, NotFound, AlreadyDone: not an admin, or it is open already.
        """
        over = "This vote has been opened already, or has ended."
        actor, nomination = self._for_admin(
            session, slack_user_id, Permission.VOTING_GO_AHEAD, nomination_id, over
        )
        opened = open_vote(session, now, self._process, nomination)
        record(session, now, actor, "voting:go-ahead", nomination)
        view = shown(session, nomination)
        outbox.change(
            session, now, go_ahead_slot(nomination), alarms.go_ahead_given(view, actor.name)
        )
        update_card(session, now, nomination)
        tell_nominator(session, now, nomination, opened)

    def give_up(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """Give up a vote that cannot be counted, with a reason the team sees.

        Raises:
            FieldProblems: the reason is missing.
            NotAllowed, NotFound, AlreadyDone: not an admin, or the vote is in no such state.
        """
        actor, nomination = self._for_admin(
            session, slack_user_id, Permission.VOTING_VOID, nomination_id, NOT_STUCK
        )
        if problem := reason_problem(reason):
            raise FieldProblems({"reason": problem})
        assert nomination.poll_id is not None
        self._process.polls.void(session, now, nomination.poll_id, reason.strip())
        record(session, now, actor, "voting:void", nomination, decides=True)

    def give_up_keys(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """Give up the keys of an ended vote for lost, with a reason the team sees; its end is told.

        Raises:
            FieldProblems: the reason is missing.
            NotAllowed, NotFound, AlreadyDone: not an admin, or the keys are no trouble (any more).
        """
        actor, nomination = self._for_admin(
            session, slack_user_id, Permission.VOTING_KEYS_LOST, nomination_id, NOT_LOST
        )
        if problem := reason_problem(reason):
            raise FieldProblems({"reason": problem})
        assert nomination.poll_id is not None
        note = alarms.keys_given_up(shown(session, nomination), actor.name, reason.strip())
        say(session, now, self._process.policy.channel, nomination, note)
        self._process.polls.give_up_keys(session, now, nomination.poll_id)
        record(session, now, actor, "voting:keys-lost", nomination)

    def rerun(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> None:
        """Run a vote again that was given up, with a new electorate.

        Raises:
            NotAllowed, NotFound, AlreadyDone: not an admin, or it runs already.
        """
        over = "This vote runs already, or the nomination has ended."
        actor, nomination = self._for_admin(
            session, slack_user_id, Permission.VOTING_RERUN, nomination_id, over
        )
        move(session, nomination, NominationState.WAITING)
        begun = begin_vote(session, now, self._process, nomination)
        record(session, now, actor, "voting:rerun", nomination)
        say(
            session,
            now,
            self._process.policy.channel,
            nomination,
            posts.rerun_note(shown(session, nomination)),
        )
        update_card(session, now, nomination)
        tell_nominator(session, now, nomination, begun)

    def decide_close(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        nomination_id: str,
        *,
        extend: bool,
    ) -> None:
        """Carry out an admin's decision on a vote during which the bot was away.

        Args:
            extend: by half of the vote's duration; else it closes now.

        Raises:
            NotAllowed, NotFound, AlreadyDone: not an admin, or decided before.
        """
        actor, nomination = self._for_admin(
            session, slack_user_id, Permission.VOTING_CLOSE, nomination_id, DECIDED
        )
        poll = session.get_one(Poll, nomination.poll_id)
        by = extension(poll) if extend else None
        self._process.polls.decide_close(session, now, poll.id, extend_by=by)
        record(session, now, actor, "voting:extend" if extend else "voting:close", nomination)
        note = alarms.close_decided(shown(session, nomination), actor.name, extended=extend)
        say(session, now, self._process.policy.channel, nomination, note)
        update_card(session, now, nomination)

    def _for_admin(
        self,
        session: Session,
        slack_user_id: str,
        permission: Permission,
        nomination_id: str,
        over: str,
    ) -> tuple[Actor, Nomination]:
        return admitted(session, self._process, slack_user_id, permission, nomination_id, over=over)
