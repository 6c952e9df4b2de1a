"""Reminders to those who have not voted, in their own waking hours and once a day (DESIGN 2, 5).

Nothing that is stored tells who has not voted: what is planned concerns every elector of a time
zone, and who needs the reminder is worked out in memory when it is delivered.
"""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.waking import remind_when_awake
from psrt_bot.voting import messages
from psrt_bot.voting.rules import PollState
from psrt_bot.voting.service.casting import without_ballot
from psrt_bot.voting.service.polls import Polls
from storage.voting import Elector, Poll

EXPANDER = "voting:reminder"


class Reminding:
    """Plans reminders when their deadline comes, and works them out when they are delivered."""

    def __init__(self, polls: Polls) -> None:
        self._polls = polls

    def plan(self, session: Session, now: datetime, poll_id: str) -> None:
        """Owe a reminder to the electors of a poll, each group at its waking hour (handler)."""
        poll = session.get(Poll, poll_id)
        if poll is None or poll.state != PollState.OPEN or poll.closes_at is None:
            return
        electors = [e.slack_user_id for e in self._polls.electors(session, poll_id)]
        users = live_users(session, electors).values()
        remind_when_awake(session, now, users, EXPANDER, before=poll.closes_at)

    def expand(self, session: Session, now: datetime, users: list[str]) -> dict[str, Message]:
        """Return the messages to those of ``users`` who have not voted in an open poll.

        Raises:
            KeyStoreError: a poll's keys cannot be read.
        """
        missing: dict[str, list[Poll]] = defaultdict(list)
        polls = session.scalars(
            select(Poll)
            .where(col(Poll.state) == PollState.OPEN, col(Poll.closes_at) > now)
            .order_by(col(Poll.closes_at))
        ).all()
        for poll in polls:
            voters = session.scalars(
                select(col(Elector.slack_user_id)).where(
                    col(Elector.poll_id) == poll.id,
                    col(Elector.left_at).is_(None),
                    col(Elector.slack_user_id).in_(users),
                )
            ).all()
            for user in without_ballot(session, self._polls.keys, poll, list(voters)):
                missing[user].append(poll)
        return {
            user: messages.reminder([messages.PollLine.of(poll) for poll in open_polls])
            for user, open_polls in missing.items()
        }
