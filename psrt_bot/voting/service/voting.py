"""Voting as somebody does it: which ballots are theirs, opening one, casting it (R2, R12)."""

from datetime import datetime
from typing import Any

import structlog
from slack_sdk.models.views import View
from sqlalchemy import Connection, Select, and_, bindparam
from sqlmodel import Session

from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.asking import ASKED, permit, who_asks
from psrt_bot.membership.service.people import Actor, Members
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, Unavailable
from psrt_bot.runtime.sql import table_of
from psrt_bot.voting import messages
from psrt_bot.voting.keystore import KeyStoreError
from psrt_bot.voting.messages import PollLine
from psrt_bot.voting.service.casting import (
    BALLOT_AWAY,
    NOT_YOURS,
    PAUSED,
    Receipt,
    SealedVote,
    SeenPoll,
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

    def open_for(self, session: Session, now: datetime, asker: str | Actor) -> list[Poll]:
        """Return the polls somebody may vote in now.

        Raises:
            NotAllowed: they are no member.
        """
        actor = self._members.require(session, asker, Permission.VOTING_VOTE)
        return self._polls.open_for(session, now, actor.slack_user_id, actor.person_id)

    def ballot_or_choice(
        self, session: Session, now: datetime, slack_user_id: str
    ) -> View | list[Poll]:
        """Return the ballot where there is one vote for somebody, else the polls (none or several).

        As ``open_for`` and then ``ballot``, without asking anew what this transaction knows.

        Raises:
            NotAllowed, AlreadyDone, Unavailable: as those do.
        """
        polls = self.open_for(session, now, slack_user_id)
        if len(polls) != 1:
            return polls
        if polls[0].awaits_close_decision:
            raise AlreadyDone(PAUSED)
        return self._drawn(session, now, slack_user_id, polls[0])

    def ballot(self, session: Session, now: datetime, slack_user_id: str, poll_id: str) -> View:
        """Return the ballot of a poll, telling its reader whether they have voted.

        Raises:
            NotAllowed: they are no elector; the text is the same where there is no such poll.
            AlreadyDone: the poll is over.
            Unavailable: its keys cannot be read.
        """
        self._caster(session.connection(), slack_user_id, poll_id)
        if problem := obstacle(session, now, poll_id, slack_user_id):
            raise problem
        return self._drawn(session, now, slack_user_id, session.get_one(Poll, poll_id))

    def _drawn(self, session: Session, now: datetime, slack_user_id: str, poll: Poll) -> View:
        poll_id = poll.id  # after the rollback below it would be asked for anew
        try:
            voted = has_voted(session, self._polls.keys, poll, slack_user_id)
        except KeyStoreError as error:
            log.error("poll_keys_unusable", poll=poll_id, reason=str(error))  # noqa: TRY400
            session.rollback()  # look anew: another copy may have closed the poll meanwhile
            over = obstacle(session, now, poll_id, slack_user_id)
            raise over or Unavailable(BALLOT_AWAY) from None
        return messages.ballot_modal(PollLine.of(poll), has_voted=voted)

    def seal(
        self,
        connection: Connection,
        now: datetime,
        slack_user_id: str,
        *,
        poll_id: str,
        view_id: str,
        choice: str,
        check_word: str,
    ) -> SealedVote:
        """Seal a ballot, before the transaction that records it; see ``casting.seal``."""
        actor, poll = self._caster(connection, slack_user_id, poll_id)
        submission = Submission(
            poll_id, slack_user_id, view_id, choice, check_word.strip(), actor.names
        )
        return seal(connection, now, self._polls.keys, submission, poll)

    def record(self, connection: Connection, now: datetime, vote: SealedVote) -> Receipt:
        """Record a sealed ballot; see ``casting.record``.

        Whoever lost their membership since the sealing lost their line in the electorate with it.
        """
        return record(connection, now, vote)

    def _caster(
        self, connection: Connection, slack_user_id: str, poll_id: str
    ) -> tuple[Actor, SeenPoll | None]:
        """Return who asks for a ballot of a poll, and the poll if there is one, as of one moment.

        A Slack user who was somebody else when the electorate was frozen is refused: linking one
        to another person must not hand over a right to vote (DESIGN section 5).

        Raises:
            NotAllowed: they are no member, or were somebody else.
        """
        asked = {"asked": slack_user_id, "poll": poll_id}
        found = connection.execute(_CASTER, asked).all()
        actor = self._members.actor(connection, slack_user_id, found)
        permit(actor, Permission.VOTING_VOTE)
        if any(row.frozen_id not in (None, actor.person_id) for row in found):
            raise NotAllowed(NOT_YOURS)
        poll = found[0]
        if poll.id is None:
            return actor, None
        return actor, SeenPoll(poll.id, poll.state, poll.key_store_id)


def _caster_statement() -> Select[Any]:
    """Build what is read before a ballot is sealed: who casts it, as whom, and the poll."""
    poll, elector = table_of(Poll), table_of(Elector)
    return who_asks(
        (poll, poll.c.id == bindparam("poll")),
        (elector, and_(elector.c.poll_id == poll.c.id, elector.c.slack_user_id == ASKED.c.id)),
        columns=(
            *(poll.c.id, poll.c.state, poll.c.key_store_id),
            elector.c.person_id.label("frozen_id"),
        ),
    )


_CASTER = _caster_statement()  # built once: it runs before every ballot (PERFORMANCE.md)
