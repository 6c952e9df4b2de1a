"""The nominee's statement, and what the nominator lets them know (R12, R13).

The nominee is no member: what they may do is checked here, against the nomination alone, and
whoever else presses their buttons hears the same words whatever there is.
"""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.nominations.messages import statements as messages
from psrt_bot.nominations.messages.words import Shown
from psrt_bot.nominations.rules import StatementState, statement_problem
from psrt_bot.nominations.service.reading import Process, admitted
from psrt_bot.nominations.service.showing import shown
from psrt_bot.nominations.service.telling import record, say, tell_nominator
from psrt_bot.runtime import audit, once, outbox
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotForYou, NotFound
from psrt_bot.runtime.sql import insert_ignoring, rows
from storage.nominations import Nomination, Statement
from storage.people import SlackUser

NOT_FOR_YOU = "There is nothing here for you to do."
NOT_NEEDED = "A statement is not needed any more, or you have answered already. Thank you."
ASKED_ALREADY = {
    StatementState.ASKED: "They have been asked already; you are told when they answer.",
    StatementState.GIVEN: "There is a statement already; see Details.",
    StatementState.DECLINED: "They declined to write a statement.",
}
ENDED = "This nomination has ended; nothing can be added any more."
TOLD_ALREADY = "They have been told this already, less than a day ago."


def statement_slot(nomination_id: str) -> str:
    """Return the name under which the request to the nominee is remembered."""
    return f"statement:{nomination_id}"


class Statements:
    """Use cases of nominator and nominee. Each is one transaction of the caller's."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def ask(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> Shown | None:
        """Ask the nominee for a statement, once.

        Returns:
            None when they were asked; the nomination when they are not in the workspace, so that
            the nominator asks them by mail and hands in what they write.

        Raises:
            NotAllowed, NotFound, AlreadyDone: not the nominator, ended, or asked before.
        """
        actor, nomination = self._own(
            session, slack_user_id, Permission.STATEMENT_ASK, nomination_id
        )
        view = shown(session, nomination)
        if view.statement is not None:
            raise AlreadyDone(ASKED_ALREADY[view.statement.state])
        nominee = _in_slack(session, nomination)
        if nominee is None:
            return view
        values = {"nomination_id": nomination.id, "state": StatementState.ASKED, "asked_at": now}
        if not insert_ignoring(session, Statement, values | {"pasted": False}):
            raise AlreadyDone(ASKED_ALREADY[StatementState.ASKED])
        slot = statement_slot(nomination.id)
        outbox.tell(session, now, nominee, messages.request(view), slot=slot)
        record(session, now, actor, "nominations:ask-statement", nomination)
        return None

    def paste(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, text: str
    ) -> None:
        """Hand in what a nominee outside the workspace wrote.

        Raises:
            FieldProblems: the text is empty or too long.
            NotAllowed, NotFound, AlreadyDone: not the nominator, ended, they are in the workspace
                and write themselves, or there is one.
        """
        actor, nomination = self._own(
            session, slack_user_id, Permission.STATEMENT_ASK, nomination_id
        )
        if _in_slack(session, nomination) is not None:
            raise NotAllowed("They are in this workspace; ask them, and they write it themselves.")
        if problem := statement_problem(text):
            raise FieldProblems({messages.FIELD: problem})
        values = {
            "nomination_id": nomination.id,
            "state": StatementState.GIVEN,
            "asked_at": now,
            "answered_at": now,
            "text": text.strip(),
            "pasted": True,
        }
        if not insert_ignoring(session, Statement, values):
            raise AlreadyDone(ASKED_ALREADY[StatementState.GIVEN])
        record(session, now, actor, "nominations:statement", nomination)
        self._tell_voters(session, now, nomination)

    def may_write(self, session: Session, slack_user_id: str, nomination_id: str) -> None:
        """Return when somebody is the nominee and was asked.

        Raises:
            NotFound: nobody asked them; AlreadyDone: they answered, or it has ended.
        """
        self._asked(session, slack_user_id, nomination_id)

    def write(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str, text: str
    ) -> None:
        """Hand in one's own statement; voters and nominator are told once.

        Raises:
            FieldProblems: the text is empty or too long.
            NotFound, AlreadyDone: as of ``may_write``.
        """
        actor, nomination = self._asked(session, slack_user_id, nomination_id)
        if problem := statement_problem(text):
            raise FieldProblems({messages.FIELD: problem})
        _answer(session, now, nomination, StatementState.GIVEN, text.strip())
        record(session, now, actor, "nominations:statement", nomination)
        answered = messages.request_answered(declined=False)
        outbox.change(session, now, statement_slot(nomination.id), answered)
        self._tell_voters(session, now, nomination)
        tell_nominator(session, now, nomination, "the nominee has handed in a statement.")

    def decline(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> None:
        """Write no statement; the nominator is told, nobody else.

        Raises:
            NotFound, AlreadyDone: as of ``may_write``.
        """
        actor, nomination = self._asked(session, slack_user_id, nomination_id)
        _answer(session, now, nomination, StatementState.DECLINED, None)
        record(session, now, actor, "nominations:decline-statement", nomination)
        answered = messages.request_answered(declined=True)
        outbox.change(session, now, statement_slot(nomination.id), answered)
        tell_nominator(session, now, nomination, "the nominee declined to write a statement.")

    def share(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> Shown | None:
        """Let the nominee know phase and dates, never a count (R12); also after the decision.

        Returns:
            None when they were told; the nomination when they are not in the workspace, so that
            the nominator tells them.

        Raises:
            NotAllowed, NotFound, AlreadyDone: not the nominator, or told the same today.
        """
        actor, nomination = self._own(
            session, slack_user_id, Permission.PROGRESS_SHARE, nomination_id
        )
        view = shown(session, nomination)
        nominee = _in_slack(session, nomination)
        if nominee is None:
            return view
        if not once.first_time(session, now, f"progress:{nomination.id}:{view.phase}"):
            raise AlreadyDone(TOLD_ALREADY)
        outbox.tell(session, now, nominee, messages.progress_message(view))
        record(session, now, actor, "nominations:share-progress", nomination)
        return None

    def _own(
        self, session: Session, slack_user_id: str, permission: Permission, nomination_id: str
    ) -> tuple[Actor, Nomination]:
        return admitted(
            session, self._process, slack_user_id, permission, nomination_id, over=ENDED
        )

    def _asked(
        self, session: Session, slack_user_id: str, nomination_id: str
    ) -> tuple[Actor, Nomination]:
        actor = self._process.members.require(session, slack_user_id, Permission.STATEMENT_GIVE)
        audit.hold(session)  # before the nomination, as of ``visible``
        nomination = session.get(Nomination, nomination_id, with_for_update=True)
        if nomination is None:
            raise NotFound(NOT_FOR_YOU)
        if nomination.nominee_slack_user_id != slack_user_id:
            raise NotForYou(NOT_FOR_YOU)
        statement = session.get(Statement, nomination_id, populate_existing=True)
        if statement is None:
            raise NotFound(NOT_FOR_YOU)
        if not nomination.running or statement.state != StatementState.ASKED:
            raise AlreadyDone(NOT_NEEDED)
        return actor, nomination

    def _tell_voters(self, session: Session, now: datetime, nomination: Nomination) -> None:
        note = messages.statement_note(shown(session, nomination))
        say(session, now, self._process.policy.channel, nomination, note)


def _in_slack(session: Session, nomination: Nomination) -> str | None:
    """Return the nominee's Slack user, if they can read a direct message; guests can."""
    if nomination.nominee_slack_user_id is None:
        return None
    user = session.get(SlackUser, nomination.nominee_slack_user_id)
    return user.id if user is not None and not user.is_deleted else None


def _answer(
    session: Session, now: datetime, nomination: Nomination, state: StatementState, text: str | None
) -> None:
    changed = session.execute(
        update(Statement)
        .where(
            col(Statement.nomination_id) == nomination.id,
            col(Statement.state) == StatementState.ASKED,
        )
        .values(state=state, answered_at=now, text=text)
        .execution_options(synchronize_session=False)
    )
    if rows(changed) == 0:
        raise AlreadyDone(NOT_NEEDED)
