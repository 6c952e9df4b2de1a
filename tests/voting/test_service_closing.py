"""The close step by step: what each step leaves, and that stopping between two loses nothing."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlmodel import Session, col

from psrt_bot.runtime.facts import (
    Facts,
    MemberLeft,
    PollClosed,
    PollDisputed,
    PollKeysBack,
    PollKeysDestroyed,
    PollKeysMissing,
    PollVoided,
)
from psrt_bot.runtime.rules import AlreadyDone
from psrt_bot.voting import bulletin
from psrt_bot.voting.ballot import PollKeys
from psrt_bot.voting.keystore import FileKeyStore
from psrt_bot.voting.rules import PollState
from psrt_bot.voting.service.closing import Closing, bundle
from psrt_bot.voting.service.polls import Polls
from storage.engine import Database
from storage.voting import BulletinLine, Elector, Poll, SealedBallot, SpentSubmission
from tests.voting.urn import WEEK, Urn

HOUR = timedelta(hours=1)


def voted(urn: Urn, choices: str = "yes yes no") -> str:
    """A poll with ballots, past its close but not counted."""
    poll = urn.open()
    for number, choice in enumerate(choices.split(), 1):
        urn.vote(poll, f"U{number}", choice)
    urn.pass_time(WEEK)
    assert urn.state(poll) is PollState.CLOSING
    return poll


@pytest.mark.parametrize(
    ("choices", "passed", "tally"),
    [
        ("yes yes no", True, (2, 1, 0)),
        ("yes yes yes no no", False, (3, 2, 0)),
        ("abstain abstain abstain", False, (0, 0, 3)),
        ("no no no", False, (0, 3, 0)),
        ("yes no", False, (None, None, None)),
        ("yes", True, (None, None, None)),
        ("", False, (None, None, None)),
    ],
)
def test_the_result_is_stored_once_it_may_be(
    urn: Urn, choices: str, passed: bool, tally: tuple[int | None, ...]
) -> None:
    """From three ballots on the tally and one line a ballot are stored, below only the result; in
    any case no sealed row, no mark and no key is left."""
    poll = voted(urn, choices)
    urn.closing.run()
    row = urn.poll(poll)
    assert (row.state, row.passed) == (PollState.CLOSED, passed)
    assert (row.yes, row.no, row.abstain) == tally
    published = tally[0] is not None
    assert len(urn.all(BulletinLine)) == (len(choices.split()) if published else 0)
    assert (row.bundle_sha256 is not None) is published
    assert row.keys_destroyed_at == urn.clock.now()
    assert (urn.all(SealedBallot), urn.all(SpentSubmission)) == ([], [])
    assert urn.keys.poll_ids() == []
    assert urn.told == [PollClosed(poll, passed), PollKeysDestroyed(poll)]
    with urn.database.reading() as session:
        if not published:
            with pytest.raises(LookupError):
                bundle(session, poll)
            return
        first, again = bundle(session, poll), bundle(session, poll)
    assert first == again
    assert bulletin.verify(first, sha256=row.bundle_sha256).ok


def test_what_is_told_only_after_the_keys_are_gone(urn: Urn) -> None:
    """When `PollKeysDestroyed` is announced, no key file exists any more."""
    files: list[list[str]] = []

    def look(_: Session, __: datetime, ___: PollKeysDestroyed) -> None:
        files.append(os.listdir(urn.keys.path))

    urn.facts.bind(PollKeysDestroyed, look)
    voted(urn)
    urn.closing.run()
    assert files == [["store-id"]]


@pytest.mark.parametrize("fact", [PollClosed, PollKeysDestroyed])
def test_a_step_that_fails_is_undone_and_done_again(urn: Urn, fact: type) -> None:
    """A handler that fails undoes its whole step; the next sweep repeats it, and all is told once.

    The result is stored with its fact or not at all; the keys' end is recorded or tried again.
    """
    failures = [RuntimeError("once")]

    def fail(_: Session, __: datetime, ___: object) -> None:
        if failures:
            raise failures.pop()

    urn.facts.bind(fact, fail)
    poll = voted(urn)
    urn.closing.run()
    row = urn.poll(poll)
    if fact is PollClosed:
        assert (row.state, row.passed, len(urn.ballots(poll))) == (PollState.CLOSING, None, 3)
        assert urn.keys.holds(poll)
    else:
        assert (row.state, row.keys_destroyed_at) == (PollState.CLOSED, None)
        assert not urn.keys.holds(poll)
    urn.told.clear()
    urn.closing.run()
    row = urn.poll(poll)
    assert (row.state, row.yes, row.no) == (PollState.CLOSED, 2, 1)
    assert row.keys_destroyed_at is not None
    assert urn.facts_of(fact) == [PollClosed(poll, True) if fact is PollClosed else fact(poll)]
    urn.closing.run()
    assert len(urn.facts_of(PollKeysDestroyed)) == 1


def test_one_poll_cannot_hold_up_another(urn: Urn) -> None:
    """A poll whose keys are lost, and one whose handler fails, leave a third to its close."""
    lost, failing, fine = urn.open(), urn.open(), urn.open()

    def fail(_: Session, __: datetime, told: PollClosed) -> None:
        if told.poll_id == failing:
            raise RuntimeError("always")

    urn.facts.bind(PollClosed, fail)
    os.unlink(urn.keys.path / f"{lost}.keys")
    urn.pass_time(WEEK)
    urn.closing.run()
    assert urn.state(lost) is PollState.KEYS_MISSING
    assert urn.state(failing) is PollState.CLOSING
    assert urn.state(fine) is PollState.CLOSED


def test_a_held_database_delays_the_close(urn: Urn) -> None:
    """While another process writes, nothing of a close is lost; afterwards it happens."""
    poll = voted(urn)
    address = urn.database.engine.url.render_as_string(hide_password=False)
    impatient = Database(address, patience=timedelta(milliseconds=20))
    worker = Closing(impatient, urn.clock, urn.polls)
    with urn.database.transaction() as session:
        session.execute(update(Poll).where(col(Poll.id) == poll).values(title="Held"))
        worker.run()
    assert urn.state(poll) is PollState.CLOSING
    assert urn.keys.holds(poll)
    worker.run()
    impatient.close()
    assert urn.poll(poll).keys_destroyed_at is not None


def test_several_copies_close_once(urn: Urn) -> None:
    """Four workers at the same polls at the same time: each is counted, and told, once."""
    polls = [urn.open(), urn.open()]
    for poll in polls:
        for user, choice in (("U1", "yes"), ("U2", "yes"), ("U3", "no")):
            urn.vote(poll, user, choice)
    urn.pass_time(WEEK)
    with ThreadPoolExecutor(4) as pool:
        copies = [Closing(urn.database, urn.clock, urn.polls) for _ in range(4)]
        list(pool.map(lambda copy: copy.run(), copies))
    urn.closing.run()
    for poll in polls:
        assert (urn.poll(poll).yes, urn.poll(poll).no) == (2, 1)
        assert urn.poll(poll).keys_destroyed_at is not None
    assert len(urn.facts_of(PollClosed)) == len(urn.facts_of(PollKeysDestroyed)) == len(polls)
    assert urn.facts_of(PollKeysMissing) == []


class Overtaken(FileKeyStore):
    """A key folder in which another copy of the bot does its whole work first."""

    other: Closing

    def destroy(self, poll_id: str) -> None:
        """See `KeyStore`."""
        self.other.run()
        super().destroy(poll_id)


def test_the_slower_of_two_copies_tells_nothing(urn: Urn) -> None:
    """A copy that is overtaken between the count and the end of the keys tells no second time."""
    poll = voted(urn)
    store = Overtaken.open(urn.keys.path)
    object.__setattr__(store, "other", urn.closing)
    Closing(urn.database, urn.clock, Polls(store, urn.facts)).run()
    assert urn.told == [PollClosed(poll, True), PollKeysDestroyed(poll)]


def test_a_changed_or_unknown_row_disputes(urn: Urn) -> None:
    """One row of nobody: no result, no line, ballots and keys gone, told with the number."""
    poll = voted(urn)
    urn.write(insert(SealedBallot).values(poll_id=poll, nullifier=b"n" * 32, sealed=b"s" * 304))
    urn.closing.run()
    row = urn.poll(poll)
    assert (row.state, row.passed, row.yes) == (PollState.DISPUTED, None, None)
    assert urn.all(BulletinLine) == []
    assert urn.all(SealedBallot) == []
    assert urn.keys.poll_ids() == []
    assert urn.facts_of(PollDisputed) == [PollDisputed(poll, 1)]
    assert urn.facts_of(PollClosed) == []


@pytest.mark.parametrize("attack", ["added", "removed", "exchanged", "doubled", "hash", "size"])
def test_the_electorate_is_the_frozen_one(urn: Urn, attack: str) -> None:
    """Electors added, removed, exchanged or doubled in the database, or another hash: disputed."""
    poll = urn.open()
    urn.vote(poll, "U1")
    spare = col(Elector.slack_user_id) == "U5"
    urn.write(
        {
            "added": insert(Elector).values(poll_id=poll, person_id="mole", slack_user_id="U9"),
            "removed": delete(Elector).where(spare),
            "exchanged": update(Elector).where(spare).values(slack_user_id="U9"),
            "doubled": update(Elector).where(spare).values(slack_user_id="U1"),
            "hash": update(Poll).values(electorate_hash="0" * 64),
            "size": update(Poll).values(electorate_size=50),
        }[attack]
    )
    urn.pass_time(WEEK)
    urn.closing.run()
    assert urn.state(poll) is PollState.DISPUTED
    assert urn.facts_of(PollDisputed) == [PollDisputed(poll, 0)]


def test_leaving_does_not_thaw_the_electorate(urn: Urn) -> None:
    """Who left during the vote still stands in the frozen electorate: the poll is counted."""
    poll = urn.open()
    urn.vote(poll, "U1")
    with urn.database.transaction() as session:
        urn.polls.member_left(session, urn.clock.now(), MemberLeft("person-U1"))
    urn.pass_time(WEEK)
    urn.closing.run()
    assert urn.state(poll) is PollState.CLOSED
    assert urn.poll(poll).left_during == 1


def test_missing_keys_are_told_once_and_waited_for(urn: Urn) -> None:
    """`keys_missing` is told once with the path; the file back, the poll is counted."""
    poll = voted(urn)
    file, lost = urn.keys.path / f"{poll}.keys", urn.keys.path.with_name("lost")
    file.rename(lost)
    for _ in range(3):
        urn.closing.run()
        urn.clock.move(HOUR)
    assert urn.state(poll) is PollState.KEYS_MISSING
    (told,) = urn.facts_of(PollKeysMissing)
    assert file.name in told.reason
    lost.rename(file)
    urn.closing.run()
    assert urn.state(poll) is PollState.CLOSED
    assert len(urn.ballots(poll)) == 0


def test_an_unusable_folder_never_means_missing_keys(urn: Urn) -> None:
    """With the folder away the poll stays `closing`, is told about twice a day, and goes on."""
    poll = voted(urn)
    away = urn.keys.path.with_name("away")
    urn.keys.path.rename(away)
    for _ in range(26):
        urn.closing.run()
        urn.clock.move(HOUR)
    assert urn.state(poll) is PollState.CLOSING
    assert len(urn.facts_of(PollKeysMissing)) == 2
    away.rename(urn.keys.path)
    urn.closing.run()
    assert urn.state(poll) is PollState.CLOSED


def test_an_outage_during_the_vote_is_told_and_so_is_its_end(urn: Urn) -> None:
    """Keys of an open poll away: told; back: told; away again: told again."""
    poll, away = urn.open(), urn.keys.path.with_name("away")
    for _ in range(2):
        urn.keys.path.rename(away)
        urn.closing.run()
        urn.closing.run()
        away.rename(urn.keys.path)
        urn.closing.run()
        urn.closing.run()
    kinds = [type(fact) for fact in urn.told]
    assert kinds == [PollKeysMissing, PollKeysBack] * 2
    assert urn.state(poll) is PollState.OPEN


def test_a_copy_with_another_store_closes_nothing(urn: Urn) -> None:
    """Another store is no reason to count or to call keys missing. The ballots of a cancelled poll
    go all the same; that their keys are gone is for the right store to say."""
    closing_poll, cancelled = urn.open(), urn.open()
    urn.vote(closing_poll, "U1")
    urn.vote(cancelled, "U1")
    with urn.database.transaction() as session:
        urn.polls.cancel(session, urn.clock.now(), cancelled)
    urn.pass_time(WEEK)
    other = FileKeyStore.open(urn.keys.path.with_name("other"))
    Closing(urn.database, urn.clock, Polls(other, Facts())).run()
    assert urn.state(closing_poll) is PollState.CLOSING
    assert urn.state(cancelled) is PollState.CANCELLED
    assert urn.poll(cancelled).keys_destroyed_at is None
    assert [row.poll_id for row in urn.all(SealedBallot)] == [closing_poll]
    urn.closing.run()
    assert urn.state(closing_poll) is PollState.CLOSED
    assert urn.poll(cancelled).keys_destroyed_at is not None
    assert urn.all(SealedBallot) == []


def give_up(urn: Urn, poll: str) -> None:
    """Void a poll as an admin does."""
    with urn.database.transaction() as session:
        urn.polls.void(session, urn.clock.now(), poll, "a reason")


def test_only_what_is_stuck_can_be_given_up(urn: Urn) -> None:
    """An open or closed poll, or one that is just being counted, cannot be given up; one that is
    over and whose store is away can, once the admins were told; and only once."""
    poll = urn.open()
    with pytest.raises(AlreadyDone):
        give_up(urn, poll)
    urn.pass_time(WEEK)
    with pytest.raises(AlreadyDone):
        give_up(urn, poll)
    away = urn.keys.path.with_name("away")
    urn.keys.path.rename(away)
    urn.closing.run()
    give_up(urn, poll)
    assert urn.facts_of(PollVoided) == [PollVoided(poll)]
    with pytest.raises(AlreadyDone):
        give_up(urn, poll)
    urn.clock.move(timedelta(days=3))
    urn.closing.run()
    assert len(urn.facts_of(PollKeysMissing)) == 1  # nobody is alarmed about what was given up
    away.rename(urn.keys.path)
    urn.closing.run()
    assert urn.keys.poll_ids() == []
    assert urn.poll(poll).keys_destroyed_at is not None
    assert urn.poll(poll).passed is None
    with pytest.raises(AlreadyDone):
        give_up(urn, "no-such-poll")


def test_a_counted_poll_cannot_be_cancelled(urn: Urn) -> None:
    """Neither while it is being counted nor afterwards; one that waits is cancelled at once."""
    poll = voted(urn)
    for _ in range(2):
        with pytest.raises(AlreadyDone), urn.database.transaction() as session:
            urn.polls.cancel(session, urn.clock.now(), poll)
        urn.closing.run()
    assert urn.state(poll) is PollState.CLOSED


def test_a_poll_that_never_opened_needs_no_key_store(urn: Urn) -> None:
    """Cancelled while it waited, it ends even with the key folder away, and without an alarm."""
    with urn.database.transaction() as session:
        poll = urn.plan(session).id
        urn.polls.cancel(session, urn.clock.now(), poll)
    urn.keys.path.rename(urn.keys.path.with_name("away"))
    urn.closing.run()
    assert urn.told == [PollKeysDestroyed(poll)]


def aged(urn: Urn, poll_id: str) -> None:
    """Make a key file look two hours old."""
    then = time.time() - 7200
    os.utime(urn.keys.path / f"{poll_id}.keys", (then, then))


def test_orphans_are_destroyed_where_the_database_has_a_say(urn: Urn) -> None:
    """Keys of no poll, or of one long over, are destroyed once they are old; those of open polls,
    and fresh ones (another copy may be opening a poll), stay."""
    living = urn.open()
    for name in ("crashed", "fresh"):
        urn.keys.put(name, PollKeys.generate())
    aged(urn, living)
    aged(urn, "crashed")
    assert urn.closing.clear_orphans() == ["crashed"]
    assert urn.keys.poll_ids() == sorted(["fresh", living])


@pytest.mark.parametrize("known", ["nothing", "another store's poll"])
def test_a_wrong_database_destroys_no_keys(urn: Urn, known: str) -> None:
    """Started with an empty or another database beside the key folder, nothing is destroyed."""
    urn.keys.put("a-living-poll-elsewhere", PollKeys.generate())
    aged(urn, "a-living-poll-elsewhere")
    if known == "another store's poll":
        other = Polls(FileKeyStore.open(urn.keys.path.with_name("other")), Facts())
        mine, urn.polls = urn.polls, other
        urn.open()
        urn.polls = mine
    assert urn.closing.clear_orphans() == []
    assert urn.keys.poll_ids() == ["a-living-poll-elsewhere"]
