"""Requests that come twice, the heartbeat, facts, and the clock."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import Session, select

from psrt_bot.runtime import outbox
from psrt_bot.runtime.clock import MovableClock, SystemClock
from psrt_bot.runtime.facts import Facts, MemberLeft, PollOpened
from psrt_bot.runtime.heartbeat import absences, beat
from psrt_bot.runtime.once import KEPT, first_time, forget_old
from psrt_bot.runtime.rules import Absent
from storage.engine import Database
from storage.runtime import Absence, SeenRequest
from tests.conftest import START

HOUR = timedelta(hours=1)


def test_a_repeated_request_is_known(database: Database) -> None:
    """The first is the first, every further one is not, others are."""
    with database.transaction() as session:
        assert first_time(session, START, "event:1")
        assert not first_time(session, START, "event:1")
    with database.transaction() as session:
        assert not first_time(session, START + HOUR, "event:1")
        assert first_time(session, START, "event:2")


def test_a_request_that_failed_may_be_repeated(database: Database) -> None:
    """What was remembered in a transaction that was undone is not remembered."""

    def fail() -> None:
        with database.transaction() as session:
            assert first_time(session, START, "event:1")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    with database.transaction() as session:
        assert first_time(session, START, "event:1")


def test_of_two_at_once_one_is_first(database: Database) -> None:
    """The same request delivered to several threads at once is acted upon by one."""
    together = Barrier(4)
    found: list[bool] = []

    def work() -> None:
        together.wait()
        with database.transaction() as session:
            found.append(first_time(session, START, "event:1"))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]


def test_requests_are_kept_for_a_day(database: Database) -> None:
    """After a day they are forgotten, not before."""
    with database.transaction() as session:
        first_time(session, START, "old")
        first_time(session, START + HOUR, "newer")
    with database.transaction() as session:
        forget_old(session, START + KEPT + HOUR)
    with database.reading() as session:
        assert session.exec(select(SeenRequest.key)).all() == ["newer"]


def beats(database: Database, now: datetime, *, absent: bool = True) -> Absent | None:
    with database.transaction() as session:
        return beat(session, now, absent=absent)


def test_absences_are_recorded(database: Database) -> None:
    """A long silence is recorded at the next beat, a short one is not; the first beat ends none."""
    assert beats(database, START) is None
    assert beats(database, START + timedelta(minutes=5)) is None
    back = START + 26 * HOUR
    away = Absent(START + timedelta(minutes=5), back)
    assert beats(database, back) == away
    assert beats(database, back + timedelta(minutes=1)) is None
    with database.reading() as session:
        assert absences(session, START, back + HOUR) == [away]
        assert absences(session, back, back + HOUR) == []
        assert absences(session, START, START + timedelta(minutes=5)) == []
        assert absences(session, START + HOUR, START + 2 * HOUR) == [away]


def test_moving_the_clock_is_no_absence(database: Database) -> None:
    """When the demo's clock jumps a week, nobody was away."""
    beats(database, START)
    assert beats(database, START + 7 * 24 * HOUR, absent=False) is None
    assert beats(database, START + 7 * 24 * HOUR + timedelta(minutes=1)) is None


def test_a_clock_set_back_is_no_absence(database: Database) -> None:
    """A beat from the past changes nothing, so that its end is not taken for a new absence."""
    beats(database, START)
    assert beats(database, START - 2 * HOUR) is None
    assert beats(database, START + timedelta(minutes=1)) is None


def test_two_starts_at_once(database: Database) -> None:
    """Two copies that start together record one absence, and neither fails on an empty database."""
    for now in (START, START + 30 * HOUR):
        together = Barrier(2)
        failures: list[BaseException] = []

        def work(now: datetime = now, together: Barrier = together) -> None:
            together.wait()
            try:
                beats(database, now)
            except BaseException as error:  # noqa: BLE001 -- told by the assertion below
                failures.append(error)  # noqa: B023

        threads = [Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
    with database.reading() as session:
        assert len(session.exec(select(Absence)).all()) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_facts_are_heard_in_the_transaction(database: Database) -> None:
    """Every handler of a fact's type hears it, in order; an error of one undoes all of it."""
    facts = Facts()
    heard: list[str] = []

    def note(name: str, session: Session) -> None:
        heard.append(name)
        session.add(SeenRequest(key=name, seen_at=START))

    facts.bind(MemberLeft, lambda session, _now, fact: note(f"one {fact.person_id}", session))
    facts.bind(MemberLeft, lambda session, _now, fact: note(f"two {fact.person_id}", session))
    with database.transaction() as session:
        facts.announce(session, START, MemberLeft("ana"))
        facts.announce(session, START, PollOpened("nobody listens"))
    assert heard == ["one ana", "two ana"]

    def fail(*_: object) -> None:
        raise RuntimeError("no")

    facts.bind(MemberLeft, fail)
    with pytest.raises(RuntimeError), database.transaction() as session:
        facts.announce(session, START, MemberLeft("ben"))
    with database.reading() as session:
        assert sorted(session.exec(select(SeenRequest.key))) == ["one ana", "two ana"]


def test_the_machines_clock_is_in_utc() -> None:
    """Both clocks tell aware moments in UTC, and the movable one starts with the machine's."""
    apart = abs(SystemClock().now() - MovableClock().now())
    assert apart < timedelta(seconds=1)
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_clock_goes_forward_only() -> None:
    """The past cannot be unmade; a running clock runs on after a move."""
    clock = MovableClock(START)
    with pytest.raises(ValueError, match="forward only"):
        clock.move(timedelta(seconds=-1))
    clock.move(HOUR)
    assert START + HOUR <= clock.now() < START + HOUR + timedelta(minutes=1)


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_group_has_a_size(count: int) -> None:
    """Slack's group messages are for two to eight people beside the app."""
    with pytest.raises(ValueError, match="2 to 8 people"):
        outbox.group([f"U{number}" for number in range(count)])
