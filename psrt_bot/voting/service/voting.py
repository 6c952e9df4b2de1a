"""Voting as somebody does it: which ballots are theirs, opening one, casting it (R2, R12)."""

from datetime import datetime

import structlog
from slack_sdk.models.views import View
from sqlalchemy import bindparam, select
from sqlmodel import Session

from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Actor, Members
from psrt_bot.runtime.rules import NotAllowed, Unavailable
from psrt_bot.runtime.sql import table_of
from psrt_bot.voting import messages
from psrt_bot.voting.keystore import KeyStoreError
from psrt_bot.voting.messages import PollLine
from psrt_bot.voting.service.casting import (
    BALLOT_AWAY,
    NOT_YOURS,
    Receipt,
    SealedVote,
    Submission,
    has_voted,
    obstacle,
    record,
    seal,
)
from psrt_bot.voting.service.polls import Polls
from storage.voting import Elector, Poll

log = structlog.get_logger(__name__)


class Voting:
    """Use cases of an elector."""

    def __init__(self, polls: Polls, members: Members) -> None:
        self._polls = polls
        self._members = members

    def open_for(self, session: Session, now: datetime, slack_user_id: str) -> list[Poll]:
        """Return the polls somebody may vote in now.

        Raises:
            NotAllowed: they are no member.
        """
        self._members.require(session, slack_user_id, Permission.VOTING_VOTE)
        return self._polls.open_for(session, now, slack_user_id)

    def ballot(self, session: Session, now: datetime, slack_user_id: str, poll_id: str) -> View:
        """Return the ballot of a poll, telling its reader whether they have voted.

        Raises:
            NotAllowed: they are no elector; the text is the same where there is no such poll.
            AlreadyDone: the poll is over.
            Unavailable: its keys cannot be read.
        """
        actor = self._members.require(session, slack_user_id, Permission.VOTING_VOTE)
        _same_person(session, actor, poll_id)
        if problem := obstacle(session, now, poll_id, slack_user_id):
            raise problem
        poll = session.get_one(Poll, poll_id)
        try:
            voted = has_voted(session, self._polls.keys, poll, slack_user_id)
        except KeyStoreError as error:
            log.error("poll_keys_unusable", poll=poll.id, reason=str(error))  # noqa: TRY400
            session.rollback()  # look anew: another copy may have closed the poll meanwhile
            over = obstacle(session, now, poll_id, slack_user_id)
            raise over or Unavailable(BALLOT_AWAY) from None
        return messages.ballot_modal(PollLine.of(poll), has_voted=voted)

    def seal(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        *,
        poll_id: str,
        view_id: str,
        choice: str,
        check_word: str,
    ) -> SealedVote:
        """Seal a ballot, before the transaction that records it; see ``casting.seal``."""
        actor = self._members.require(session, slack_user_id, Permission.VOTING_VOTE)
        _same_person(session, actor, poll_id)
        submission = Submission(
            poll_id, slack_user_id, view_id, choice, check_word.strip(), actor.names
        )
        return seal(session, now, self._polls.keys, submission)

    def record(self, session: Session, now: datetime, vote: SealedVote) -> Receipt:
        """Record a sealed ballot; see ``casting.record``.

        Whoever lost their membership since the sealing lost their line in the electorate with it.
        """
        return record(session, now, vote)


def _same_person(session: Session, actor: Actor, poll_id: str) -> None:
    """Refuse a Slack user who was somebody else when the electorate was frozen (DESIGN section 5).

    Linking a Slack user to another person must not hand over a right to vote.
    """
    frozen = session.connection().execute(
        _FROZEN, {"poll": poll_id, "elector": actor.slack_user_id}
    )
    if any(row.person_id != actor.person_id for row in frozen):
        raise NotAllowed(NOT_YOURS)


_FROZEN = select(table_of(Elector).c.person_id).where(
    table_of(Elector).c.poll_id == bindparam("poll"),
    table_of(Elector).c.slack_user_id == bindparam("elector"),
)
