"""Casting a ballot: who may, until when, what is stored, and what a second submission does."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from psrt_bot.runtime.facts import MemberLeft
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, RuleError, Unavailable
from psrt_bot.voting import ballot
from psrt_bot.voting.ballot import PollKeys
from psrt_bot.voting.keystore import FileKeyStore, KeyStoreError
from psrt_bot.voting.rules import Choice, PollState
from psrt_bot.voting.service.casting import (
    KEYS_AWAY,
    NOT_YOURS,
    OVER,
    PAUSED,
    SPENT,
    Submission,
    has_voted,
    record,
    without_ballot,
)
from storage.voting import Elector, Poll, SealedBallot, SpentSubmission
from tests.voting.urn import WEEK, Urn

MOMENT = timedelta(microseconds=1)


def opened(urn: Urn, poll: str, user: str) -> ballot.Ballot:
    """What the one row of somebody says, with the poll's keys."""
    keys = urn.keys.get(poll)
    mark = ballot.nullifier(keys, user)
    return ballot.unseal(keys, poll, mark, urn.ballots(poll)[mark])


def test_a_ballot_says_what_was_submitted_to_the_keys_alone(urn: Urn) -> None:
    """The stored row opens, with the poll's keys, to the choice, check word and receipt given."""
    poll = urn.open()
    receipt = urn.vote(poll, "U1", "no", word="otter7")
    found = opened(urn, poll, "U1")
    assert (found.choice, found.check_word, found.receipt) == (Choice.NO, "otter7", receipt.code)
    (stored,) = urn.ballots(poll).values()
    assert len(stored) == ballot.SEALED_SIZE
    assert receipt.code.encode() not in stored


def test_the_last_ballot_counts(urn: Urn) -> None:
    """Voting again leaves one row, which carries the new choice and a new receipt."""
    poll = urn.open()
    first = urn.vote(poll, "U1", "no", view="V1")
    second = urn.vote(poll, "U1", "yes", view="V2")
    assert first.code != second.code
    assert len(urn.ballots(poll)) == 1
    assert opened(urn, poll, "U1").receipt == second.code


def test_the_very_same_submission_is_recorded_once(urn: Urn) -> None:
    """Delivered again, word for word, it changes nothing and gives no second receipt."""
    poll = urn.open()
    urn.vote(poll, "U1", "yes", word="otter7")
    before = urn.ballots(poll)
    with pytest.raises(AlreadyDone) as refused:
        urn.vote(poll, "U1", "yes", word="otter7")
    assert str(refused.value) == SPENT
    assert urn.ballots(poll) == before


def test_a_changed_submission_of_the_same_modal_replaces(urn: Urn) -> None:
    """A modal that stayed open may be submitted anew; an old delivery of it cannot undo that."""
    poll = urn.open()
    urn.vote(poll, "U1", "yes", view="V1")
    second = urn.vote(poll, "U1", "no", view="V1")
    with pytest.raises(AlreadyDone):
        urn.vote(poll, "U1", "yes", view="V1")
    found = opened(urn, poll, "U1")
    assert (found.choice, found.receipt) == (Choice.NO, second.code)


def test_the_mark_of_a_submission_is_one_persons(urn: Urn) -> None:
    """Two people who submit the same from views of the same id both vote."""
    poll = urn.open()
    urn.vote(poll, "U1", view="V1")
    urn.vote(poll, "U2", view="V1")
    assert len(urn.ballots(poll)) == 2


@pytest.mark.parametrize("poll_id", ["the poll", "no-such-poll"])
def test_a_stranger_hears_the_same_whatever_there_is(urn: Urn, poll_id: str) -> None:
    """Nobody outside the electorate votes, and the refusal does not tell whether a poll exists."""
    poll = urn.open()
    with pytest.raises(NotAllowed) as refused:
        urn.vote(poll if poll_id == "the poll" else poll_id, "U9")
    assert str(refused.value) == NOT_YOURS
    assert not urn.ballots(poll)
    assert not urn.all(SpentSubmission)


@pytest.mark.parametrize("voted_before", [True, False])
def test_who_left_votes_no_more(urn: Urn, voted_before: bool) -> None:
    """Leaving takes the right to cast and to change; a ballot already cast stays."""
    poll = urn.open()
    if voted_before:
        urn.vote(poll, "U1", "yes", view="V1")
    before = urn.ballots(poll)
    with urn.database.transaction() as session:
        urn.polls.member_left(session, urn.clock.now(), MemberLeft("person-U1"))
    with pytest.raises(NotAllowed):
        urn.vote(poll, "U1", "no", view="V2")
    assert urn.ballots(poll) == before
    assert urn.poll(poll).left_during == 1


def test_the_close_is_exact(urn: Urn) -> None:
    """A ballot counts until the moment of the close and not at it, whether or not it was swept."""
    poll = urn.open()
    urn.clock.move(WEEK - MOMENT)
    urn.vote(poll, "U1")
    urn.clock.move(MOMENT)
    with pytest.raises(AlreadyDone) as refused:
        urn.vote(poll, "U2")
    assert str(refused.value) == OVER
    assert urn.state(poll) is PollState.OPEN
    assert len(urn.ballots(poll)) == 1


@pytest.mark.parametrize("meanwhile", ["closed", "cancelled", "left"])
def test_the_guarded_statement_decides_not_the_sealing(urn: Urn, meanwhile: str) -> None:
    """A ballot sealed in time is refused if the poll ended, or its voter left, before it lands."""
    poll = urn.open()
    vote = urn.seal(Submission(poll, "U1", "V1", "yes", ""))
    if meanwhile == "closed":
        urn.pass_time(WEEK)
    with urn.database.transaction() as session:
        if meanwhile == "cancelled":
            urn.polls.cancel(session, urn.clock.now(), poll)
        if meanwhile == "left":
            urn.polls.member_left(session, urn.clock.now(), MemberLeft("person-U1"))
    with pytest.raises(RuleError), urn.database.writing() as connection:
        record(connection, urn.clock.now(), vote)
    assert not urn.ballots(poll)
    assert not urn.all(SpentSubmission)


def test_sealing_waits_for_no_writer(urn: Urn) -> None:
    """Keys are read and ballots sealed while somebody else holds the database's write lock."""
    poll = urn.open()
    submission = Submission(poll, "U1", "V1", "yes", "")
    with urn.database.transaction():
        vote = urn.seal(submission)
    with urn.database.writing() as connection:
        record(connection, urn.clock.now(), vote)
    assert len(urn.ballots(poll)) == 1


@pytest.mark.parametrize(
    ("choice", "word", "field"),
    [
        ("", "", "choice"),
        ("perhaps", "", "choice"),
        ("yes", "x", "check_word"),
        ("yes", "a" * 17, "check_word"),
        ("yes", "two words", "check_word"),
        ("yes", "Quill", "check_word"),
    ],
)
def test_wrong_fields_are_named_without_their_values(
    urn: Urn, choice: str, word: str, field: str
) -> None:
    """A choice there is not, or a check word of wrong length or from one's name, is refused."""
    poll = urn.open()
    submission = Submission(poll, "U1", "V1", choice, word, names=("Quentin Quill",))
    with pytest.raises(FieldProblems) as refused:
        urn.seal(submission)
    assert list(refused.value.problems) == [field]
    assert not word or word not in str(refused.value)


def test_without_keys_nothing_is_cast_and_nothing_is_lost(urn: Urn) -> None:
    """While the key folder is away an elector hears so and the old ballot stays; then it goes on.

    A stranger hears the same as ever.
    """
    poll = urn.open()
    urn.vote(poll, "U1", "yes", view="V1")
    before, away = urn.ballots(poll), urn.keys.path.with_name("away")
    os.rename(urn.keys.path, away)
    with pytest.raises(Unavailable) as refused:
        urn.vote(poll, "U1", "no", view="V2")
    assert str(refused.value) == KEYS_AWAY
    with pytest.raises(NotAllowed):
        urn.vote(poll, "U9")
    assert urn.ballots(poll) == before
    os.rename(away, urn.keys.path)
    urn.vote(poll, "U1", "no", view="V2")
    assert opened(urn, poll, "U1").choice is Choice.NO


def test_another_stores_keys_are_never_used(urn: Urn) -> None:
    """A store with another id casts nothing, even if it holds a file of the poll's name."""
    poll = urn.open()
    other = FileKeyStore.open(urn.keys.path.with_name("other"))
    other.put(poll, PollKeys.generate())
    with pytest.raises(Unavailable):
        urn.seal(Submission(poll, "U1", "V1", "yes", ""), other)
    with urn.database.reading() as session:
        with pytest.raises(KeyStoreError):
            has_voted(session, other, session.get_one(Poll, poll), "U1")
        with pytest.raises(KeyStoreError):
            without_ballot(session, other, session.get_one(Poll, poll), ["U1"])


def test_a_lost_key_file_refuses_as_well(urn: Urn) -> None:
    """The right folder without the poll's file: refused, not sealed with anything else."""
    poll = urn.open()
    shutil.move(urn.keys.path / f"{poll}.keys", urn.keys.path.with_name("lost"))
    with pytest.raises(Unavailable):
        urn.vote(poll, "U1")
    assert not urn.ballots(poll)


def test_after_the_close_no_keys_are_asked_for(urn: Urn) -> None:
    """An elector whose modal stayed open hears that the vote is over, not that keys are missing."""
    poll = urn.open()
    urn.pass_time(WEEK)
    urn.closing.run()
    assert urn.state(poll) is PollState.CLOSED
    with pytest.raises(AlreadyDone) as refused:
        urn.vote(poll, "U1")
    assert str(refused.value) == OVER
    with pytest.raises(NotAllowed):
        urn.vote(poll, "U9")


def test_while_admins_decide_the_vote_is_paused(urn: Urn) -> None:
    """After a long absence of the bot an elector hears that it is not decided yet."""
    poll = urn.open()
    urn.write(update(Poll).where(col(Poll.id) == poll).values(awaits_close_decision=True))
    urn.clock.move(WEEK)
    with pytest.raises(AlreadyDone) as refused:
        urn.vote(poll, "U1")
    assert str(refused.value) == PAUSED


def test_casting_writes_two_rows_and_nothing_else(urn: Urn) -> None:
    """Every table but the sealed ballots and the spent marks is the same before and after."""
    poll = urn.open()
    before = urn.contents()
    urn.vote(poll, "U1", "abstain", word="otter7")
    after = urn.contents()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"sealed_ballot", "spent_submission"}
    assert len(after["sealed_ballot"]) == len(after["spent_submission"]) == 1


def test_nothing_that_casting_handles_shows_itself(urn: Urn) -> None:
    """Submission, sealed vote and receipt hide everything in their repr."""
    poll = urn.open()
    submission = Submission(poll, "U1", "V1", "abstain", "otter7", names=("Quentin",))
    vote = urn.seal(submission)
    shown = f"{submission!r} {vote!r} {vote.receipt!r}"
    for secret in ("abstain", "otter7", "U1", "V1", poll, "Quentin", vote.receipt.code):
        assert secret not in shown


def test_who_has_voted_is_known_to_the_keys_alone(urn: Urn) -> None:
    """`has_voted` and `without_ballot` agree with what was cast."""
    poll = urn.open()
    urn.vote(poll, "U2")
    with urn.database.reading() as session:
        row = session.get_one(Poll, poll)
        assert has_voted(session, urn.keys, row, "U2")
        assert not has_voted(session, urn.keys, row, "U1")
        missing = without_ballot(session, urn.keys, row, ["U1", "U2", "U3"])
    assert missing == ["U1", "U3"]


def test_one_ballot_however_many_at_once(urn: Urn) -> None:
    """Twelve submissions of one voter at the same time leave one ballot, of one of the receipts;
    of twelve copies of one submission exactly one gives a receipt."""
    poll = urn.open()

    def attempt(view: str, user: str) -> str:
        try:
            return urn.vote(poll, user, view=view).code
        except AlreadyDone:
            return ""

    with ThreadPoolExecutor(4) as pool:
        different = list(pool.map(lambda n: attempt(f"V{n}", "U1"), range(12)))
        same = list(pool.map(lambda _: attempt("V", "U2"), range(12)))
    assert len(set(different)) == 12
    assert opened(urn, poll, "U1").receipt in different
    assert [code for code in same if code] == [opened(urn, poll, "U2").receipt]
    assert len(urn.ballots(poll)) == 2


def test_later_linking_moves_no_right_to_vote(urn: Urn) -> None:
    """The electorate is frozen with Slack ids: a new link of the same person cannot vote."""
    poll = urn.open()
    assert {e.slack_user_id for e in urn.all(Elector)} == {"U1", "U2", "U3", "U4", "U5"}
    with pytest.raises(NotAllowed):
        urn.vote(poll, "U1-new")
    assert urn.all(SealedBallot) == []
