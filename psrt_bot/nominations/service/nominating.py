"""Nominations: made of a draft, and added to (R1, R13)."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from psrt_bot.membership.rules import Permission
from psrt_bot.nominations.messages import posts
from psrt_bot.nominations.rules import NominationState, addendum_problem, nominee_key
from psrt_bot.nominations.service.drafts import Drafts
from psrt_bot.nominations.service.opening import begin_vote
from psrt_bot.nominations.service.reading import Process, admitted
from psrt_bot.nominations.service.showing import shown
from psrt_bot.nominations.service.telling import post_card, record, say, tell_nominator
from psrt_bot.runtime.people import channel_problem
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, Unavailable
from psrt_bot.runtime.sql import insert_ignoring
from storage.nominations import Addendum, Draft, Nomination
from storage.people import SlackChannel


class Nominating:
    """Use cases that make a nomination. Each is one transaction of the caller's."""

    def __init__(self, process: Process, drafts: Drafts) -> None:
        self._process = process
        self._drafts = drafts

    def nominate(
        self, session: Session, now: datetime, slack_user_id: str, draft_id: str
    ) -> Nomination:
        """Make a nomination of a draft: open the vote, post the card, tell the nominator.

        The draft goes in the same transaction, so that a second submission finds nothing.

        Raises:
            NotFound: the draft is gone.
            FieldProblems: it is not complete, or the nominee cannot be nominated any more.
            AlreadyDone: somebody nominated the same person at this moment.
            Unavailable: the team channel is not fit for it.
        """
        actor = self._process.members.require(
            session, slack_user_id, Permission.NOMINATIONS_NOMINATE
        )
        draft = self._drafts.get(session, slack_user_id, draft_id)
        self._drafts.check(session, slack_user_id, draft)
        channel = self._process.policy.channel
        if problem := channel_problem(session.get(SlackChannel, channel)):
            raise Unavailable(
                f"Nothing can be nominated now. Of the team channel: {problem}. Tell an admin."
            )
        nomination = _insert(session, now, draft)
        session.delete(draft)
        session.flush()
        record(session, now, actor, "nominations:nominate", nomination)
        begun = begin_vote(session, now, self._process, nomination)
        post_card(session, now, channel, nomination)
        tell_nominator(session, now, nomination, begun)
        return nomination

    def add(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, text: str
    ) -> None:
        """Add a dated addendum to one's own nomination.

        Raises:
            FieldProblems: the text is empty or too long.
            NotAllowed, NotFound, AlreadyDone: it is somebody else's, or decided.
        """
        actor, nomination = admitted(
            session,
            self._process,
            slack_user_id,
            Permission.NOMINATIONS_ADDENDUM,
            nomination_id,
            over="This nomination has ended; nothing can be added any more.",
        )
        if problem := addendum_problem(text, _count_addenda(session, nomination)):
            raise FieldProblems({"text": problem})
        session.add(
            Addendum(
                nomination_id=nomination.id,
                author_id=actor.known_id,
                text=text.strip(),
                added_at=now,
            )
        )
        record(session, now, actor, "nominations:addendum", nomination)
        note = posts.addendum_note(shown(session, nomination))
        say(session, now, self._process.policy.channel, nomination, note)


def _insert(session: Session, now: datetime, draft: Draft) -> Nomination:
    """Write the nomination, unless the same person's was written since the check (two at once)."""
    nomination = Nomination(
        state=NominationState.WAITING,
        nominee_key=nominee_key(draft.nominee_slack_user_id, draft.nominee_email),
        nominator_id=draft.nominator_id,
        nominee_slack_user_id=draft.nominee_slack_user_id,
        nominee_name=draft.nominee_name,
        nominee_email=draft.nominee_email,
        nominee_github=draft.nominee_github,
        standing=draft.standing,
        texts=draft.texts,
        nominated_at=now,
    )
    if not insert_ignoring(session, Nomination, nomination.model_dump()):
        raise AlreadyDone("They have been nominated at this very moment; see the team channel.")
    return session.get_one(Nomination, nomination.id)


def _count_addenda(session: Session, nomination: Nomination) -> int:
    counted = select(func.count()).where(col(Addendum.nomination_id) == nomination.id)
    return session.scalar(counted) or 0
