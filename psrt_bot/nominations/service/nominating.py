"""Nominations: made, added to, opened to a vote, withdrawn, cancelled, run again (R1, R2, R12)."""

from datetime import datetime, timedelta

from sqlmodel import Session

from psrt_bot.membership.rules import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.nominations.messages import alarms, posts
from psrt_bot.nominations.rules import (
    NominationState,
    addendum_problem,
    go_ahead_reasons,
    nominee_key,
    reason_problem,
)
from psrt_bot.nominations.service.drafts import Drafts
from psrt_bot.nominations.service.reading import (
    NOT_THERE,
    Process,
    electorate,
    move,
    shown,
    visible,
)
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.blocks import Message, plural
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotFound
from psrt_bot.voting.rules import PollState
from storage.nominations import Addendum, Nomination
from storage.people import Person
from storage.voting import Poll


def card_slot(nomination: Nomination) -> str:
    """Return the name under which a nomination's card is remembered."""
    return f"card:{nomination.id}"


def go_ahead_slot(nomination: Nomination) -> str:
    """Return the name under which the request to the admins is remembered."""
    return f"go-ahead:{nomination.id}:{nomination.poll_id}"


class Nominating:
    """Use cases that change a nomination. Each is one transaction of the caller's."""

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
        """
        draft = self._drafts.get(session, slack_user_id, draft_id)
        self._drafts.check(session, slack_user_id, draft)
        actor = self._require(session, slack_user_id, Permission.NOMINATIONS_NOMINATE)
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
        session.add(nomination)
        session.delete(draft)
        session.flush()
        self._audit(session, now, actor, "nominations:nominate", nomination)
        self._begin_poll(session, now, nomination)
        channel = self._process.policy.channel
        slot = card_slot(nomination)
        card = posts.card(shown(session, nomination))
        outbox.post(session, now, channel, card, slot=slot)
        outbox.post(session, now, channel, posts.thread_opening(), thread_slot=slot)
        self._tell_nominator(session, now, nomination, self._begun(session, nomination))
        return nomination

    def add(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, text: str
    ) -> None:
        """Add a dated addendum to one's own nomination.

        Raises:
            FieldProblems: the text is empty or too long.
            NotAllowed, NotFound, AlreadyDone: it is somebody else's, or decided.
        """
        actor = self._require(session, slack_user_id, Permission.NOMINATIONS_ADDENDUM)
        nomination = self._own(session, actor, nomination_id)
        if problem := addendum_problem(text):
            raise FieldProblems({"text": problem})
        if not nomination.running:
            raise AlreadyDone("This nomination has ended; nothing can be added any more.")
        session.add(
            Addendum(
                nomination_id=nomination.id,
                author_id=actor.known_id,
                text=text.strip(),
                added_at=now,
            )
        )
        self._audit(session, now, actor, "nominations:addendum", nomination)
        self._say(session, now, nomination, posts.addendum_note(shown(session, nomination)))

    def withdraw(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """Take one's own nomination back; ballots and keys are destroyed.

        Raises:
            NotAllowed, NotFound, AlreadyDone: it is somebody else's, or decided.
        """
        actor = self._require(session, slack_user_id, Permission.NOMINATIONS_WITHDRAW)
        nomination = self._own(session, actor, nomination_id)
        self._end(session, now, actor, nomination, NominationState.WITHDRAWN, reason)

    def cancel(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """End somebody's nomination as an admin, with a reason; ballots and keys are destroyed.

        Raises:
            FieldProblems: the reason is missing.
            NotAllowed, NotFound, AlreadyDone: not an admin, or decided.
        """
        actor = self._require(session, slack_user_id, Permission.NOMINATIONS_CANCEL)
        nomination = visible(session, actor, nomination_id, lock=True)
        if problem := reason_problem(reason):
            raise FieldProblems({"reason": problem})
        self._end(session, now, actor, nomination, NominationState.CANCELLED, reason)
        self._tell_nominator(session, now, nomination, "an admin cancelled it; see its thread.")

    def go_ahead(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> None:
        """Open a vote that waited for an admin, with the members of this moment (R2).

        Raises:
            NotAllowed, NotFound, AlreadyDone: not an admin, or it is open already.
        """
        actor = self._require(session, slack_user_id, Permission.VOTING_GO_AHEAD)
        nomination = visible(session, actor, nomination_id, lock=True)
        if nomination.state != NominationState.WAITING:
            raise AlreadyDone("This vote has been opened already, or has ended.")
        poll = session.get_one(Poll, nomination.poll_id)
        self._open(session, now, nomination, poll)
        self._audit(session, now, actor, "voting:go-ahead", nomination)
        view = shown(session, nomination)
        outbox.change(
            session, now, go_ahead_slot(nomination), alarms.go_ahead_given(view, actor.name)
        )
        self._update_card(session, now, nomination)
        self._tell_nominator(session, now, nomination, "the vote is open.")

    def give_up(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, reason: str
    ) -> None:
        """Give up a vote that cannot be counted, with a reason the team sees.

        Raises:
            FieldProblems: the reason is missing.
            NotAllowed, NotFound, AlreadyDone: not an admin, or the vote is in no such state.
        """
        actor = self._require(session, slack_user_id, Permission.VOTING_VOID)
        nomination = visible(session, actor, nomination_id, lock=True)
        if problem := reason_problem(reason):
            raise FieldProblems({"reason": problem})
        if nomination.poll_id is None:
            raise NotFound(NOT_THERE)
        self._process.polls.void(session, now, nomination.poll_id, reason.strip())
        self._audit(session, now, actor, "voting:void", nomination)

    def rerun(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> None:
        """Run a vote again that was given up, with a new electorate.

        Raises:
            NotAllowed, NotFound, AlreadyDone: not an admin, or it runs already.
        """
        actor = self._require(session, slack_user_id, Permission.VOTING_RERUN)
        nomination = visible(session, actor, nomination_id, lock=True)
        if nomination.state != NominationState.UNCOUNTED:
            raise AlreadyDone("This vote runs already, or the nomination has ended.")
        move(session, nomination, NominationState.WAITING)
        self._begin_poll(session, now, nomination)
        self._audit(session, now, actor, "voting:rerun", nomination)
        self._say(session, now, nomination, posts.rerun_note(shown(session, nomination)))
        self._update_card(session, now, nomination)
        self._tell_nominator(session, now, nomination, self._begun(session, nomination))

    def decide_close(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        nomination_id: str,
        *,
        extend_by: timedelta | None,
    ) -> None:
        """Carry out an admin's decision on a vote during which the bot was away.

        Raises:
            NotAllowed, NotFound, AlreadyDone: not an admin, or decided before.
        """
        actor = self._require(session, slack_user_id, Permission.VOTING_GO_AHEAD)
        nomination = visible(session, actor, nomination_id, lock=True)
        if nomination.poll_id is None:
            raise NotFound(NOT_THERE)
        self._process.polls.decide_close(session, now, nomination.poll_id, extend_by=extend_by)
        act = "voting:extend" if extend_by else "voting:close"
        self._audit(session, now, actor, act, nomination)
        note = alarms.close_decided(
            shown(session, nomination), actor.name, extended=extend_by is not None
        )
        self._say(session, now, nomination, note)
        self._update_card(session, now, nomination)

    def _begin_poll(self, session: Session, now: datetime, nomination: Nomination) -> None:
        """Plan the poll and open it, or ask the admins to."""
        process = self._process
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
        voters = electorate(session, nomination.nominee_slack_user_id)
        reasons = go_ahead_reasons(
            len(voters.candidates), process.policy.min_electorate, voters.unlinked
        )
        if reasons:
            request = alarms.waits_for_go_ahead(shown(session, nomination), reasons)
            process.admins.tell(session, now, request, slot=go_ahead_slot(nomination))
        else:
            self._open(session, now, nomination, poll)

    def _open(self, session: Session, now: datetime, nomination: Nomination, poll: Poll) -> None:
        voters = electorate(session, nomination.nominee_slack_user_id)
        move(session, nomination, NominationState.VOTING)
        self._process.polls.open(session, now, poll, voters.candidates)
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act="voting:opened",
            subject=poll.id,
            details={
                "electorate": poll.electorate_size,
                "electorate_hash": poll.electorate_hash,
            },
        )

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
        move(
            session,
            nomination,
            state,
            decided_at=now,
            ended_by=actor.person_id,
            end_reason=reason.strip() or None,
        )
        # A vote that was counted or given up has nothing left to destroy.
        if poll and poll.state in (PollState.WAITING, PollState.OPEN, PollState.KEYS_MISSING):
            self._process.polls.cancel(session, now, poll.id)
        elif poll and poll.state == PollState.CLOSING:
            raise AlreadyDone("The vote is over and being counted; try again in a minute.")
        else:
            self._say(session, now, nomination, posts.ended(shown(session, nomination), reason))
        act = "withdraw" if state is NominationState.WITHDRAWN else "cancel"
        self._audit(session, now, actor, f"nominations:{act}", nomination)
        self._update_card(session, now, nomination)

    def _own(self, session: Session, actor: Actor, nomination_id: str) -> Nomination:
        nomination = visible(session, actor, nomination_id, lock=True)
        if nomination.nominator_id != actor.person_id:
            raise NotAllowed("Only the nominator can do this.")
        return nomination

    def _require(self, session: Session, slack_user_id: str, permission: Permission) -> Actor:
        return self._process.members.require(session, slack_user_id, permission)

    def _begun(self, session: Session, nomination: Nomination) -> str:
        poll = session.get_one(Poll, nomination.poll_id)
        if poll.state == PollState.OPEN:
            return f"the vote is open; {plural(poll.electorate_size, 'member')} can vote."
        return "an admin has to open the vote; they have been told why."

    def _tell_nominator(
        self, session: Session, now: datetime, nomination: Nomination, what: str
    ) -> None:
        nominator = session.get_one(Person, nomination.nominator_id)
        if nominator.slack_user_id:
            message = posts.told_nominator(shown(session, nomination), what)
            outbox.tell(session, now, nominator.slack_user_id, message)

    def _update_card(self, session: Session, now: datetime, nomination: Nomination) -> None:
        outbox.change(session, now, card_slot(nomination), posts.card(shown(session, nomination)))

    def _say(
        self, session: Session, now: datetime, nomination: Nomination, message: Message
    ) -> None:
        """Say something in the card's thread."""
        outbox.post(
            session,
            now,
            self._process.policy.channel,
            message,
            thread_slot=card_slot(nomination),
        )

    @staticmethod
    def _audit(
        session: Session, now: datetime, actor: Actor, act: str, nomination: Nomination
    ) -> None:
        audit.append(session, now, actor=actor.audit_name, act=act, subject=nomination.id)
