"""Opening, deadlines, absences and leaving, without Slack."""

from datetime import timedelta

import pytest
from sqlmodel import select

from psrt_bot.runtime.facts import MemberLeft, PollNeedsDecision
from psrt_bot.runtime.heartbeat import beat
from psrt_bot.runtime.rules import AlreadyDone, RuleError
from psrt_bot.voting.rules import PollState, electorate_hash
from psrt_bot.voting.service import polls
from storage.people import SlackUser
from storage.runtime import DeadlineRow, OutboxRow
from storage.voting import Elector
from tests.conftest import START
from tests.voting.urn import ELECTORS, WEEK, Urn, candidates

DAY = timedelta(days=1)


def due(urn: Urn, kind: str) -> list[timedelta]:
    """When the open deadlines of a kind are due, from the start."""
    with urn.database.reading() as session:
        rows = session.exec(select(DeadlineRow).where(DeadlineRow.kind == kind)).all()
        return sorted(row.due_at - START for row in rows if row.done_at is None)


def absent(urn: Urn, time: timedelta) -> None:
    """Nobody was there for a while; then the heart beats again."""
    with urn.database.transaction() as session:
        beat(session, urn.clock.now())
    urn.clock.move(time)
    with urn.database.transaction() as session:
        beat(session, urn.clock.now())


def decide(urn: Urn, poll: str, extend_by: timedelta | None) -> None:
    """Decide as an admin does."""
    with urn.database.transaction() as session:
        urn.polls.decide_close(session, urn.clock.now(), poll, extend_by=extend_by)


def test_opening_freezes_hashes_and_plans(urn: Urn) -> None:
    """An open poll has its electors, their hash, its store's id, keys there, and its deadlines."""
    poll = urn.open()
    row = urn.poll(poll)
    assert (row.opened_at, row.closes_at) == (START, START + WEEK)
    assert row.key_store_id == urn.keys.id
    assert row.public_key == urn.keys.get(poll).public_key
    pairs = [(e.person_id, e.slack_user_id) for e in urn.all(Elector)]
    assert {user for _, user in pairs} == set(ELECTORS)
    assert (row.electorate_size, row.electorate_hash) == (5, electorate_hash(poll, pairs))
    assert due(urn, polls.CLOSE) == [WEEK]
    assert due(urn, polls.REMIND) == [4 * DAY, 6 * DAY]


@pytest.mark.parametrize("trouble", ["nobody", "no folder"])
def test_a_poll_that_cannot_open_leaves_nothing(urn: Urn, trouble: str) -> None:
    """Without electors or key store no poll opens: no row, no deadline, and no key."""
    if trouble == "no folder":
        urn.keys.path.rename(urn.keys.path.with_name("away"))
    before = urn.contents()
    with pytest.raises(RuleError) as refused:
        urn.open(() if trouble == "nobody" else ELECTORS)
    assert ("Nobody could vote" if trouble == "nobody" else "is not there") in str(refused.value)
    assert urn.contents() == before


def test_an_unfinished_opening_leaves_keys_of_no_poll(urn: Urn) -> None:
    """If the opening's transaction fails after the keys were written, there is no poll: its keys
    are an orphan that a later start destroys, never the other way round."""
    lost: list[str] = []

    def begin() -> None:
        with urn.database.transaction() as session:
            poll = urn.plan(session)
            urn.polls.open(session, START, poll, candidates(["U1"]))
            lost.append(poll.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin()
    assert urn.contents()["poll"] == []
    assert urn.keys.poll_ids() == lost


def test_opening_twice_is_refused(urn: Urn) -> None:
    """A poll that is open cannot be opened again; its keys and its electors stay."""
    poll = urn.open()
    keys = urn.keys.get(poll)
    row = urn.poll(poll)
    with pytest.raises(AlreadyDone), urn.database.transaction() as session:
        urn.polls.open(session, START, row, candidates(["U9"]))
    assert urn.keys.get(poll) == keys
    assert len(urn.all(Elector)) == 5


@pytest.mark.parametrize(
    ("away", "state"), [(DAY, PollState.CLOSING), (DAY + timedelta(seconds=1), PollState.OPEN)]
)
def test_more_than_a_day_away_is_for_admins(urn: Urn, away: timedelta, state: PollState) -> None:
    """A day of the week away closes as usual; a second more waits, and asks once."""
    poll = urn.open()
    absent(urn, away)
    urn.pass_time(WEEK)
    urn.pass_time(DAY)
    assert urn.state(poll) is state
    asked = [PollNeedsDecision(poll)] if state is PollState.OPEN else []
    assert urn.facts_of(PollNeedsDecision) == asked
    assert due(urn, polls.CLOSE) == []


def test_absences_add_up_and_count_during_the_vote_alone(urn: Urn) -> None:
    """Two absences of half a day and a bit are too much; one after the close is not counted."""
    first = urn.open()
    for _ in range(2):
        absent(urn, timedelta(hours=12, seconds=1))
        urn.clock.move(DAY)
        with urn.database.transaction() as session:
            beat(session, urn.clock.now(), absent=False)
    second = urn.open()
    urn.clock.move(WEEK - timedelta(hours=1))
    with urn.database.transaction() as session:
        beat(session, urn.clock.now(), absent=False)
    absent(urn, 3 * DAY)
    urn.pass_time(timedelta(0))
    assert urn.state(first) is PollState.OPEN
    assert urn.state(second) is PollState.CLOSING


def test_closing_now_is_at_once_and_once(urn: Urn) -> None:
    """**Close now** closes in the same moment, even at the very moment of the old deadline."""
    poll = urn.open()
    absent(urn, 2 * DAY)
    urn.pass_time(WEEK - 2 * DAY)  # exactly the deadline's moment, and no other time passes
    assert urn.state(poll) is PollState.OPEN
    decide(urn, poll, None)
    assert urn.state(poll) is PollState.CLOSING
    assert urn.poll(poll).closes_at == urn.clock.now()
    for extend_by in (None, DAY):
        with pytest.raises(AlreadyDone):
            decide(urn, poll, extend_by)
    urn.closing.run()
    assert urn.state(poll) is PollState.CLOSED


def test_extending_gives_a_new_close_and_new_reminders(urn: Urn) -> None:
    """An extended vote takes ballots again, reminds before the new close, and closes then, for
    good: a second absence is not asked about again."""
    poll = urn.open()
    absent(urn, 2 * DAY)
    urn.pass_time(WEEK - 2 * DAY)
    decide(urn, poll, timedelta(days=3, hours=12))
    urn.vote(poll, "U1")
    assert due(urn, polls.CLOSE) == [WEEK + timedelta(days=3, hours=12)]
    assert due(urn, polls.REMIND) == [
        WEEK + timedelta(hours=12),
        WEEK + timedelta(days=2, hours=12),
    ]
    urn.pass_time(3 * DAY)
    assert urn.state(poll) is PollState.OPEN
    absent(urn, 3 * DAY)
    urn.pass_time(timedelta(0))
    assert urn.state(poll) is PollState.CLOSING


def test_nothing_is_decided_without_need(urn: Urn) -> None:
    """Closing early or extending is refused while the bot was there."""
    poll = urn.open()
    for extend_by in (None, DAY):
        with pytest.raises(AlreadyDone):
            decide(urn, poll, extend_by)
    assert urn.poll(poll).closes_at == START + WEEK


def test_leaving_counts_once_and_in_open_polls(urn: Urn) -> None:
    """Somebody who leaves is counted once in each poll that is open, and in no other."""
    ended = urn.open()
    urn.pass_time(WEEK)
    one, two = urn.open(), urn.open(["U1", "U2"])
    for _ in range(2):
        with urn.database.transaction() as session:
            urn.polls.member_left(session, urn.clock.now(), MemberLeft("person-U3"))
    assert [urn.poll(poll).left_during for poll in (ended, one, two)] == [0, 1, 0]


def test_open_votes_are_those_of_the_electorate_soonest_first(urn: Urn) -> None:
    """`open_for` lists the polls somebody may vote in at this moment, first to close first."""
    first = urn.open()
    urn.clock.move(DAY)
    second = urn.open(["U1", "U9"])

    def listed(user: str, person: str | None = None) -> list[str]:
        now, person = urn.clock.now(), person or f"person-{user}"
        with urn.database.reading() as session:
            return [poll.id for poll in urn.polls.open_for(session, now, user, person)]

    assert listed("U1") == [first, second]
    assert listed("U2") == [first]
    assert listed("U9") == [second]
    assert listed("U7") == []
    assert listed("U1", "person-U2") == []  # linked to somebody else since
    urn.clock.move(WEEK - DAY)
    assert listed("U1") == [second]


def test_no_reminder_comes_after_the_close(urn: Urn) -> None:
    """A reminder that is looked at late, or would wait for a morning after the close, is dropped:
    it would remind of some other poll instead."""
    poll = urn.open()
    with urn.database.transaction() as session:
        session.add_all(
            SlackUser(
                id=user,
                team_id="T1",
                name=user,
                real_name=user,
                is_bot=False,
                is_deleted=False,
                is_guest=False,
                time_zone="UTC",
                seen_at=START,
            )
            for user in ELECTORS
        )
    close = START + WEEK  # at 10:00: nine o'clock of that day is the last morning before it
    owed = []
    for moment in (close + timedelta(minutes=5), close, close - timedelta(hours=3)):
        with urn.database.transaction() as session:
            urn.reminding.plan(session, moment, poll)
        owed.append(len(urn.all(OutboxRow)))
    assert owed == [0, 0, 1]
