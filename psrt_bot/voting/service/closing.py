"""Closing a poll: count, publish, destroy; interrupted anywhere, the next sweep goes on.

DESIGN section 5: ``open -> closing`` was a short transaction of its own; the count happens outside
any transaction; a second short one stores the result and deletes the sealed rows; then the keys are
destroyed, then that is recorded, and only then anything is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import insert, or_, select, update
from sqlmodel import Session, col

from psrt_bot.runtime import audit
from psrt_bot.runtime.clock import Clock
from psrt_bot.runtime.facts import (
    PollClosed,
    PollDisputed,
    PollKeysBack,
    PollKeysDestroyed,
    PollKeysMissing,
)
from psrt_bot.runtime.rules import AlreadyDone
from psrt_bot.runtime.sql import rows, table_of
from psrt_bot.voting import ballot, bulletin
from psrt_bot.voting.keystore import KeysAbsent, KeyStoreError, WrongStore
from psrt_bot.voting.rules import (
    Choice,
    PollState,
    Threshold,
    bulletin_published,
    electorate_hash,
    passes,
)
from psrt_bot.voting.service.polls import Polls, delete_ballots, move
from storage.engine import Database, checkpoint, wake_workers
from storage.voting import BulletinLine, Elector, Poll, SealedBallot

log = structlog.get_logger(__name__)

ORPHAN_AGE = timedelta(hours=1)  # far longer than any opening's transaction
ALARM_EVERY = timedelta(hours=12)

# Polls whose keys must be gone; ``closing`` and ``keys_missing`` still need theirs.
ENDED = (PollState.CLOSED, PollState.CANCELLED, PollState.DISPUTED, PollState.VOID)


class Closing:
    """The worker that carries every ended poll to its end."""

    def __init__(self, database: Database, clock: Clock, polls: Polls) -> None:
        self._database = database
        self._clock = clock
        self._polls = polls

    def run(self) -> None:
        """Take every unfinished poll as far as it can go now; one cannot hold up another."""
        for poll in self._unfinished():
            try:
                self._step(poll)
            except KeyStoreError as error:
                self._alarm(poll, str(error))
            except AlreadyDone:
                log.info("poll_taken_by_another_copy", poll=poll.id)
            except Exception:
                log.exception("poll_close_failed", poll=poll.id)
        try:
            self._clear_returned()
        except KeyStoreError as error:
            log.warning("key_store_unusable", reason=str(error))

    def _clear_returned(self) -> None:
        """Destroy keys of ended polls that turned up again (a folder mounted late, a backup)."""
        store = self._polls.keys
        if not (held := store.poll_ids()):
            return
        ended = select(col(Poll.id)).where(
            col(Poll.id).in_(held),
            col(Poll.key_store_id) == store.id,
            col(Poll.keys_destroyed_at).is_not(None),
        )
        with self._database.reading() as session:
            returned = session.scalars(ended).all()
        for poll_id in returned:
            log.warning("keys_returned_and_destroyed", poll=poll_id)
            store.destroy(poll_id)

    def clear_orphans(self) -> list[str]:
        """Destroy keys that no poll needs, and return whose they were.

        A crash between key file and commit leaves such keys; so does a backup put back after the
        end of a poll. A database that knows no poll of this store has no say: it may be the wrong
        one, or empty, beside the keys of votes that are open elsewhere.
        """
        store = self._polls.keys
        ours = select(col(Poll.id)).where(col(Poll.key_store_id) == store.id).limit(1)
        needed = select(col(Poll.id)).where(col(Poll.keys_destroyed_at).is_(None))
        with self._database.reading() as session:
            if session.scalar(ours) is None:
                return []
            living = set(session.scalars(needed))
        orphans = [p for p in store.poll_ids(min_age=ORPHAN_AGE) if p not in living]
        for poll_id in orphans:
            store.destroy(poll_id)
        return orphans

    def _unfinished(self) -> Sequence[Poll]:
        with self._database.reading() as session:
            return session.scalars(
                select(Poll).where(
                    or_(
                        col(Poll.state).in_(
                            [
                                PollState.OPEN,  # only to see that its keys are there
                                PollState.CLOSING,
                                PollState.CANCELLING,
                                PollState.KEYS_MISSING,
                            ]
                        ),
                        col(Poll.state).in_(list(ENDED)) & col(Poll.keys_destroyed_at).is_(None),
                    )
                )
            ).all()

    def _step(self, poll: Poll) -> None:
        store = self._polls.keys
        state = PollState(poll.state)
        if state is PollState.CANCELLING:
            self._clear(poll)  # needs no keys: the ballots go, wherever those are
        if poll.key_store_id not in (None, store.id):
            raise WrongStore(
                f"{store.where} is not the store of this poll; mount the right folder there and "
                "start the bot anew, or leave the poll to the copy that has it"
            )
        if state is PollState.OPEN:
            if not store.holds(poll.id):
                raise KeysAbsent(
                    f"{store.where} has no {poll.id}.keys: bring the file back, or cancel"
                )
            self._calm(poll)
            return
        if state is PollState.KEYS_MISSING:
            if not store.holds(poll.id):
                raise KeysAbsent(f"{store.where} has no {poll.id}.keys: bring the file back")
            self._keys_are_back(poll)
            state = PollState.CLOSING
        if state is PollState.CLOSING:
            self._count(poll)
        self._destroy_keys(poll)

    def _keys_are_back(self, poll: Poll) -> None:
        with self._database.transaction() as session:
            move(session, poll.id, PollState.KEYS_MISSING, PollState.CLOSING)

    def _count(self, poll: Poll) -> None:
        try:
            keys = self._polls.keys.get(poll.id)
        except KeysAbsent as error:
            self._keys_missing(poll, str(error))
            raise
        with self._database.reading() as session:
            sealed = session.execute(
                select(col(SealedBallot.nullifier), col(SealedBallot.sealed)).where(
                    col(SealedBallot.poll_id) == poll.id
                )
            ).all()
            electors = session.execute(
                select(col(Elector.person_id), col(Elector.slack_user_id)).where(
                    col(Elector.poll_id) == poll.id
                )
            ).all()
        counted = ballot.count(
            keys, poll.id, [(n, s) for n, s in sealed], [user for _, user in electors]
        )
        rejected = counted.rejected if isinstance(counted, ballot.Disputed) else 0
        frozen = _is_frozen(poll, keys, [(person, user) for person, user in electors])
        with self._database.transaction() as session:
            now = self._clock.now()
            if isinstance(counted, ballot.Counted) and frozen:
                self._publish(session, now, poll, counted)
            else:
                self._dispute(session, now, poll, rejected)

    def _publish(
        self, session: Session, now: datetime, poll: Poll, counted: ballot.Counted
    ) -> None:
        """Step (c): result and bulletin stored, sealed rows deleted, together or not at all."""
        tally = counted.tally
        passed = passes(tally, Threshold.parse(poll.threshold))
        published = bulletin_published(tally.ballots)
        move(
            session,
            poll.id,
            PollState.CLOSING,
            PollState.CLOSED,
            ended_at=now,
            passed=passed,
            yes=tally.yes if published else None,
            no=tally.no if published else None,
            abstain=tally.abstain if published else None,
        )
        digest = None
        if published:
            # Rows without objects: making one for each ballot took longer than unsealing it.
            session.connection().execute(
                insert(table_of(BulletinLine)),
                [
                    {
                        "poll_id": poll.id,
                        "receipt": cast.receipt,
                        "check_word": cast.check_word,
                        "choice": cast.choice.value,
                    }
                    for cast in sorted(counted.ballots, key=lambda cast: cast.receipt)
                ],
            )
            digest = bulletin.sha256(bundle(session, poll.id))
            session.execute(
                update(Poll).where(col(Poll.id) == poll.id).values(bundle_sha256=digest)
            )
        delete_ballots(session, poll.id)
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act="voting:closed",
            subject=poll.id,
            details={"passed": passed, "bundle_sha256": digest},
        )
        self._polls.facts.announce(session, now, PollClosed(poll.id, passed))
        wake_workers(session)

    def _dispute(self, session: Session, now: datetime, poll: Poll, rejected: int) -> None:
        """No result. Without a rejected row it is the electorate that was tampered with."""
        move(session, poll.id, PollState.CLOSING, PollState.DISPUTED, ended_at=now)
        delete_ballots(session, poll.id)
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act="voting:disputed",
            subject=poll.id,
            details={"rejected": rejected},
        )
        self._polls.facts.announce(session, now, PollDisputed(poll.id, rejected))

    def _keys_missing(self, poll: Poll, reason: str) -> None:
        with self._database.transaction() as session:
            now = self._clock.now()
            move(session, poll.id, PollState.CLOSING, PollState.KEYS_MISSING, alarmed_at=now)
            audit.append(
                session, now, actor=audit.SYSTEM, act="voting:keys-missing", subject=poll.id
            )
            self._polls.facts.announce(session, now, PollKeysMissing(poll.id, reason))

    def _alarm(self, poll: Poll, reason: str) -> None:
        """Tell admins that keys cannot be read, at most twice a day."""
        if poll.state == PollState.VOID or poll.keys_lost_at is not None:
            return  # the admins themselves gave these keys up for lost
        with self._database.transaction() as session:
            now = self._clock.now()
            told = session.execute(
                update(Poll)
                .where(
                    col(Poll.id) == poll.id,
                    # Otherwise another copy has closed it meanwhile, and destroyed the keys.
                    col(Poll.state) == poll.state,
                    col(Poll.keys_destroyed_at).is_(None),
                    or_(col(Poll.alarmed_at).is_(None), col(Poll.alarmed_at) < now - ALARM_EVERY),
                )
                .values(alarmed_at=now)
            )
            if rows(told):
                log.error("poll_keys_unusable", poll=poll.id, reason=reason)
                self._polls.facts.announce(session, now, PollKeysMissing(poll.id, reason))

    def _calm(self, poll: Poll) -> None:
        """Tell admins that the keys of an open poll are back, if they heard of the trouble."""
        if poll.alarmed_at is None:
            return
        with self._database.transaction() as session:
            calmed = session.execute(
                update(Poll)
                .where(col(Poll.id) == poll.id, col(Poll.alarmed_at).is_not(None))
                .values(alarmed_at=None)
            )
            if rows(calmed):
                self._polls.facts.announce(session, self._clock.now(), PollKeysBack(poll.id))

    def _clear(self, poll: Poll) -> None:
        with self._database.transaction() as session:
            move(session, poll.id, PollState.CANCELLING, PollState.CANCELLED)
            delete_ballots(session, poll.id)

    def _destroy_keys(self, poll: Poll) -> None:
        """Overwrite and unlink the keys, then record it; only then is anything told."""
        if poll.key_store_id is not None:  # otherwise it was never opened and had no keys
            with self._database.transaction() as session:
                delete_ballots(session, poll.id)
            self._polls.keys.destroy(poll.id)
            if not checkpoint(self._database):
                log.warning("write_ahead_log_in_use", poll=poll.id)
                return  # the deleted rows still stand in it: the next sweep goes on
        with self._database.transaction() as session:
            now = self._clock.now()
            recorded = session.execute(
                update(Poll)
                .where(col(Poll.id) == poll.id, col(Poll.keys_destroyed_at).is_(None))
                .values(keys_destroyed_at=now)
            )
            if rows(recorded):
                self._polls.facts.announce(session, now, PollKeysDestroyed(poll.id))
                wake_workers(session)


def _is_frozen(poll: Poll, keys: ballot.PollKeys, electors: Sequence[tuple[str, str]]) -> bool:
    """Whether electors and threshold are those of the opening, which stand beside the keys too."""
    try:
        found = electorate_hash(poll.id, electors)
    except ValueError:  # nobody, or somebody twice
        return False
    if (len(electors), found) != (poll.electorate_size, poll.electorate_hash):
        return False
    return keys.terms == ballot.terms(poll.threshold, len(electors), found)


def bundle(session: Session, poll_id: str) -> bytes:
    """Return a closed poll's bundle, the same bytes every time (its SHA-256 is in the poll's row).

    Raises:
        LookupError: the poll has no published bulletin.
    """
    poll = session.get(Poll, poll_id, populate_existing=True)
    if poll is None or poll.yes is None:
        raise LookupError("this poll has no bulletin")
    assert poll.opened_at is not None
    assert poll.ended_at is not None
    lines = session.execute(
        select(
            col(BulletinLine.choice), col(BulletinLine.receipt), col(BulletinLine.check_word)
        ).where(col(BulletinLine.poll_id) == poll_id)
    )
    return bulletin.build(
        poll_id=poll.id,
        opened_at=poll.opened_at,
        closed_at=poll.ended_at,
        threshold=Threshold.parse(poll.threshold),
        electorate_size=poll.electorate_size,
        electorate_hash=poll.electorate_hash,
        ballots=[ballot.Ballot(Choice(choice), receipt, word) for choice, receipt, word in lines],
    )
