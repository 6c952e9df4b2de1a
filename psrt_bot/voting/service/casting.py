"""Casting a ballot: one guarded statement, and nothing else that could tell who voted.

DESIGN section 5. No outbox row, no audit row, no log line: only the nullifier and the sealed bytes,
and against replays the mark of the submission, which dies at the close.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, Unavailable
from psrt_bot.runtime.sql import insert_ignoring, is_sqlite, table_of
from psrt_bot.voting import ballot
from psrt_bot.voting.keystore import KeyStore, KeyStoreError
from psrt_bot.voting.rules import Choice, PollState, check_word_problem
from storage.types import UtcDateTime
from storage.voting import Elector, Poll, SealedBallot, SpentSubmission

CHOICE_FIELD = "choice"
CHECK_WORD_FIELD = "check_word"

OVER = "This vote is over; ballots are not taken any more."
NOT_YOURS = "You cannot vote in this poll."
SPENT = (
    "This very submission has been recorded already; a receipt is shown once. "
    "Open /vote to vote again and get a new receipt."
)
KEYS_AWAY = (
    "Your vote could not be recorded: the keys of this poll cannot be read now. "
    "Nothing was changed; please try again later. The admins have been told."
)


@dataclass(frozen=True)
class Submission:
    """What somebody submitted. Its repr shows nothing.

    Args:
        view_id: the modal it came from, against replays.
        check_word: empty when none was given.
        names: what the voter is called; a check word is published and must not be one of these.
    """

    poll_id: str = field(repr=False)
    slack_user_id: str = field(repr=False)
    view_id: str = field(repr=False)
    choice: str = field(repr=False)
    check_word: str = field(repr=False)
    names: tuple[str, ...] = field(repr=False, default=())


@dataclass(frozen=True)
class Receipt:
    """What the voter gets, once."""

    code: str = field(repr=False)


def cast(session: Session, now: datetime, keys: KeyStore, submission: Submission) -> Receipt:
    """Record a ballot in place of the voter's earlier one, and return its receipt.

    Raises:
        FieldProblems: the choice or the check word cannot be used.
        NotAllowed: this person is no elector of this poll, or left.
        AlreadyDone: the poll is over, or this very submission was recorded before.
        Unavailable: the poll's keys cannot be read now.
    """
    choice = _checked(submission)
    poll = session.get(Poll, submission.poll_id)
    if poll is None:
        raise NotAllowed(NOT_YOURS)
    try:
        if poll.key_store_id != keys.id:
            raise Unavailable(KEYS_AWAY)
        secrets = keys.get(poll.id)
    except KeyStoreError:
        if poll.state != PollState.OPEN:
            raise AlreadyDone(OVER) from None
        raise Unavailable(KEYS_AWAY) from None
    mark = ballot.spent_mark(
        secrets,
        submission.view_id,
        {
            "user": submission.slack_user_id,
            CHOICE_FIELD: submission.choice,
            CHECK_WORD_FIELD: submission.check_word,
        },
    )
    nullifier = ballot.nullifier(secrets, submission.slack_user_id)
    receipt = ballot.new_receipt()
    sealed = ballot.seal(
        secrets, poll.id, nullifier, choice, receipt, submission.check_word or None
    )
    statement = _CAST_SQLITE if is_sqlite(session) else _CAST_POSTGRESQL
    taken = session.execute(
        statement,
        {
            "poll": poll.id,
            "elector": submission.slack_user_id,
            "now": now,
            "nullifier": nullifier,
            "sealed": sealed,
        },
    )
    if taken.first() is None:
        raise _refusal(session, now, submission)
    # In the same transaction, so that a replay undoes nothing and a lost race keeps nothing.
    if not insert_ignoring(session, SpentSubmission, {"poll_id": poll.id, "mark": mark}):
        raise AlreadyDone(SPENT)
    return Receipt(receipt)


def has_voted(session: Session, keys: KeyStore, poll: Poll, slack_user_id: str) -> bool:
    """Return whether somebody's ballot is there. For their own eyes, and for reminders.

    Raises:
        KeyStoreError: the poll's keys cannot be read.
    """
    mark = ballot.nullifier(keys.get(poll.id), slack_user_id)
    return session.get(SealedBallot, (poll.id, mark)) is not None


def without_ballot(
    session: Session, keys: KeyStore, poll: Poll, slack_user_ids: list[str]
) -> list[str]:
    """Return those who have not voted, in memory only.

    Raises:
        KeyStoreError: the poll's keys cannot be read.
    """
    secrets = keys.get(poll.id)
    cast_marks = set(
        session.scalars(
            select(col(SealedBallot.nullifier)).where(col(SealedBallot.poll_id) == poll.id)
        )
    )
    return [u for u in slack_user_ids if ballot.nullifier(secrets, u) not in cast_marks]


def _checked(submission: Submission) -> Choice:
    problems: dict[str, str] = {}
    if submission.choice not in set(Choice):
        problems[CHOICE_FIELD] = "Please choose Yes, No or Abstain."
    if submission.check_word and (
        problem := check_word_problem(submission.check_word, own_names=submission.names)
    ):
        problems[CHECK_WORD_FIELD] = problem
    if problems:
        raise FieldProblems(problems)
    return Choice(submission.choice)


def _refusal(session: Session, now: datetime, submission: Submission) -> AlreadyDone | NotAllowed:
    poll = session.get(Poll, submission.poll_id, populate_existing=True)
    elector = session.scalar(
        select(Elector).where(
            col(Elector.poll_id) == submission.poll_id,
            col(Elector.slack_user_id) == submission.slack_user_id,
            col(Elector.left_at).is_(None),
        )
    )
    if elector is None:
        return NotAllowed(NOT_YOURS)
    over = poll is None or poll.state != PollState.OPEN or (poll.closes_at or now) <= now
    return AlreadyDone(OVER) if over else AlreadyDone("Please try again.")


def _cast_statement(insert: Any) -> Any:
    """Build the one statement: while the poll is open, for its electors alone, last one wins."""
    poll, elector, sealed = table_of(Poll), table_of(Elector), table_of(SealedBallot)
    allowed = (
        select(
            poll.c.id,
            bindparam("nullifier", type_=LargeBinary),
            bindparam("sealed", type_=LargeBinary),
        )
        .select_from(poll.join(elector, elector.c.poll_id == poll.c.id))
        .where(
            poll.c.id == bindparam("poll"),
            poll.c.state == PollState.OPEN.value,
            poll.c.closes_at > bindparam("now", type_=UtcDateTime),
            elector.c.slack_user_id == bindparam("elector"),
            elector.c.left_at.is_(None),
        )
        # PostgreSQL: the close waits for this statement, or this statement sees the close.
        .with_for_update(read=True, of=poll)
    )
    statement = insert(sealed).from_select(["poll_id", "nullifier", "sealed"], allowed)
    return statement.on_conflict_do_update(
        index_elements=["poll_id", "nullifier"], set_={"sealed": statement.excluded.sealed}
    ).returning(sealed.c.poll_id)


# Built once: compiling it anew for each ballot costs as much as the ballot (PERFORMANCE.md).
_CAST_SQLITE = _cast_statement(sqlite.insert)
_CAST_POSTGRESQL = _cast_statement(postgresql.insert)
