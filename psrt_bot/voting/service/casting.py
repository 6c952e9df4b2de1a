"""Casting a ballot: one guarded statement, and nothing else that could tell who voted.

DESIGN section 5. No outbox row, no audit row, no log line: only the nullifier and the sealed bytes,
and against replays the mark of the submission, which dies at the close.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, LargeBinary, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, RuleError, Unavailable
from psrt_bot.runtime.sql import table_of
from psrt_bot.voting import ballot
from psrt_bot.voting.keystore import KeyStore, KeyStoreError, WrongStore
from psrt_bot.voting.messages import CHECK_WORD_FIELD, CHOICE_FIELD
from psrt_bot.voting.rules import Choice, PollState, check_word_problem
from storage.types import UtcDateTime
from storage.voting import Elector, Poll, SealedBallot, SpentSubmission

log = structlog.get_logger(__name__)

OVER = (
    "This vote is over; no ballot is taken any more. Nothing was changed now: a ballot that you "
    "cast before the close counts."
)
UNCOUNTED = "This vote has ended without a count; no ballot is taken any more."
PAUSED = (
    "The bot was away for much of this vote, so the admins decide whether it goes on. No ballot is "
    "taken meanwhile; please try again later."
)
NOT_YOURS = (
    "You cannot vote here: a vote is for those who were members when it opened and still are."
)
SPENT = (
    "This very submission is recorded already, and a receipt is shown once. For a new receipt, or "
    "if you changed your vote in between, open the vote and cast your ballot again."
)
KEYS_AWAY = (
    "Your vote was not recorded: the keys of this poll cannot be read now. Nothing was changed; an "
    "earlier ballot of yours still counts. The admins are being told; please try again later."
)
BALLOT_AWAY = (
    "The keys of this poll cannot be read now, so no ballot can be taken. One that you cast before "
    "still counts. The admins are being told; please try again later."
)
TRY_AGAIN = "Your vote was not recorded. Please try again."


UNCOUNTED_STATES = (
    PollState.CANCELLING,
    PollState.CANCELLED,
    PollState.DISPUTED,
    PollState.VOID,
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


class HasKeys(Protocol):
    """A poll's row, or as much of it as names its keys."""

    @property
    def id(self) -> str: ...

    @property
    def key_store_id(self) -> str | None: ...


@dataclass(frozen=True)
class SeenPoll:
    """As much of a poll as casting has to know."""

    id: str
    state: str
    key_store_id: str | None


@dataclass(frozen=True)
class Receipt:
    """What the voter gets, once."""

    code: str = field(repr=False)


@dataclass(frozen=True)
class SealedVote:
    """A ballot ready to be stored, made before the database is locked. Its repr shows nothing.

    Args:
        mark: of the submission, against replays.
    """

    poll_id: str = field(repr=False)
    slack_user_id: str = field(repr=False)
    nullifier: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    mark: bytes = field(repr=False)
    receipt: Receipt = field(repr=False)


def seal(
    connection: Connection,
    now: datetime,
    keys: KeyStore,
    submission: Submission,
    poll: SeenPoll | None,
) -> SealedVote:
    """Check a submission and seal it; reads only, so that nobody waits for keys or cryptography.

    Args:
        connection: each of whose statements sees a moment of its own (``Database.glancing``).
        poll: as it is now; None where there is none.

    Raises:
        FieldProblems: the choice or the check word cannot be used.
        NotAllowed, AlreadyDone: as `record`, where that shows without the keys.
        Unavailable: the poll's keys cannot be read now.
    """
    choice = _checked(submission)
    user = submission.slack_user_id
    if poll is None or poll.state != PollState.OPEN:
        raise _why_not(connection, now, submission.poll_id, user, TRY_AGAIN)
    try:
        secrets = keys_of(keys, poll)
    except KeyStoreError as error:
        log.error("poll_keys_unusable", poll=poll.id, reason=str(error))  # noqa: TRY400
        # Looks anew: another copy may have closed the poll and shredded them. And only an elector
        # learns that there is something to cast.
        raise _why_not(connection, now, submission.poll_id, user, KEYS_AWAY) from None
    nullifier = ballot.nullifier(secrets, user)
    receipt = ballot.new_receipt()
    word = submission.check_word
    submitted = {"user": user, CHOICE_FIELD: submission.choice, CHECK_WORD_FIELD: word}
    return SealedVote(
        poll_id=poll.id,
        slack_user_id=user,
        nullifier=nullifier,
        sealed=ballot.seal(secrets, poll.id, nullifier, choice, receipt, word or None),
        mark=ballot.spent_mark(secrets, submission.view_id, submitted),
        receipt=Receipt(receipt),
    )


def record(connection: Connection, now: datetime, vote: SealedVote) -> Receipt:
    """Store a ballot in place of the voter's earlier one, and return its receipt.

    Raises:
        NotAllowed: this person is no elector of this poll, or left.
        AlreadyDone: the poll is over, or this very submission was recorded before.
    """
    cast, spend = _STATEMENTS[connection.dialect.name]
    values = {
        "poll": vote.poll_id,
        "elector": vote.slack_user_id,
        "now": now,
        "nullifier": vote.nullifier,
        "sealed": vote.sealed,
    }
    if connection.execute(cast, values).first() is None:
        raise _why_not(connection, now, vote.poll_id, vote.slack_user_id, TRY_AGAIN)
    # In the same transaction, so that a replay undoes nothing and a lost race keeps nothing.
    if connection.execute(spend, {"poll": vote.poll_id, "mark": vote.mark}).first() is None:
        raise AlreadyDone(SPENT)
    return vote.receipt


def _why_not(
    connection: Connection, now: datetime, poll_id: str, slack_user_id: str, otherwise: str
) -> RuleError:
    """Return the refusal of a ballot that was not taken."""
    with Session(connection) as session:
        return obstacle(session, now, poll_id, slack_user_id) or Unavailable(otherwise)


def keys_of(keys: KeyStore, poll: HasKeys) -> ballot.PollKeys:
    """Read a poll's keys from the store that it names, and from no other.

    Raises:
        KeyStoreError: they cannot be read, or this is not the poll's store.
    """
    if poll.key_store_id != keys.id:
        raise WrongStore(f"{keys.where} is not the store of this poll")
    return keys.get(poll.id)


def has_voted(session: Session, keys: KeyStore, poll: Poll, slack_user_id: str) -> bool:
    """Return whether somebody's ballot is there. For their own eyes, and for reminders.

    Raises:
        KeyStoreError: the poll's keys cannot be read.
    """
    mark = ballot.nullifier(keys_of(keys, poll), slack_user_id)
    return session.scalar(_CAST_ALREADY, {"poll": poll.id, "mark": mark}) is not None


def without_ballot(
    session: Session, keys: KeyStore, poll: Poll, slack_user_ids: list[str]
) -> list[str]:
    """Return those who have not voted, in memory only.

    Raises:
        KeyStoreError: the poll's keys cannot be read.
    """
    secrets = keys_of(keys, poll)
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


def obstacle(
    session: Session, now: datetime, poll_id: str, slack_user_id: str
) -> NotAllowed | AlreadyDone | None:
    """Return why somebody cannot vote now, or None; strangers hear nothing of what there is."""
    poll = session.get(Poll, poll_id, populate_existing=True)
    elector = session.scalar(_ELECTOR, {"poll": poll_id, "user": slack_user_id})
    if poll is None or elector is None:
        return NotAllowed(NOT_YOURS)
    if poll.state == PollState.OPEN and poll.awaits_close_decision:
        return AlreadyDone(PAUSED)
    if poll.state in UNCOUNTED_STATES:
        return AlreadyDone(UNCOUNTED)
    over = poll.state != PollState.OPEN or (poll.closes_at or now) <= now
    return AlreadyDone(OVER) if over else None


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


def _spend_statement(insert: Any) -> Any:
    """Build the other one: mark a submission as spent, returning nothing if it was."""
    spent = table_of(SpentSubmission)
    values = {"poll_id": bindparam("poll"), "mark": bindparam("mark", type_=LargeBinary)}
    return insert(spent).values(values).on_conflict_do_nothing().returning(spent.c.poll_id)


# Built once: compiling it anew for each ballot costs as much as the ballot (PERFORMANCE.md).
_ELECTOR = select(col(Elector.poll_id)).where(
    col(Elector.poll_id) == bindparam("poll"),
    col(Elector.slack_user_id) == bindparam("user"),
    col(Elector.left_at).is_(None),
)
_CAST_ALREADY = select(col(SealedBallot.poll_id)).where(
    col(SealedBallot.poll_id) == bindparam("poll"),
    col(SealedBallot.nullifier) == bindparam("mark"),
)
_STATEMENTS = {
    "sqlite": (_cast_statement(sqlite.insert), _spend_statement(sqlite.insert)),
    "postgresql": (_cast_statement(postgresql.insert), _spend_statement(postgresql.insert)),
}
