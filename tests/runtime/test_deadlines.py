"""Deadlines: each done once, in order per subject, whoever claims it (DESIGN section 4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Event, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from psrt_bot.runtime import deadlines
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.deadlines import FAILS_IN_THE_WAY, Handler, Sweep, schedule
from psrt_bot.runtime.leases import LEASE, lease_clock
from storage.engine import Database
from storage.runtime import DeadlineRow, SeenRequest
from tests.conftest import START

HOUR = timedelta(hours=1)


class Done:
    """A handler that writes down what it was called for, in the deadline's own transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, session: Session, now: datetime, subject: str) -> None:
        session.add(SeenRequest(key=f"{len(self._read(session)):04d} {subject}", seen_at=now))

    def as_kind(self, kind: str) -> Callable[[Session, datetime, str], None]:
        """The same, with the kind's name."""
        return lambda session, now, subject: self(session, now, f"{kind} {subject}")

    def _read(self, session: Session) -> list[str]:
        return sorted(session.exec(select(SeenRequest.key)))

    @property
    def all(self) -> list[str]:
        """What was done, in order, and has been committed."""
        with self._database.reading() as session:
            return [key.split(" ", 1)[1] for key in self._read(session)]


@pytest.fixture
def done(database: Database) -> Done:
    return Done(database)


def plan(database: Database, kind: str, subject: str, due: datetime = START) -> None:
    with database.transaction() as session:
        schedule(session, kind, subject, due)


def rows(database: Database) -> list[DeadlineRow]:
    with database.reading() as session:
        return list(session.exec(select(DeadlineRow).order_by(col(DeadlineRow.due_at))))


def forget_leases(database: Database) -> None:
    """As if the time of every lease and every wait after a failure were over."""
    with database.transaction() as session:
        past = lease_clock(session) - timedelta(seconds=1)
        session.execute(update(DeadlineRow).values(lease_until=past))


def test_done_when_due_and_once(database: Database, clock: MovableClock, done: Done) -> None:
    """Nothing happens before the moment; then it happens, and no later sweep repeats it."""
    plan(database, "k", "s", START + HOUR)
    sweep = Sweep(database, clock, {"k": Handler(done)})
    assert sweep.run() == 0
    clock.move(HOUR)
    assert sweep.run() == 1
    assert sweep.run() == 0
    assert done.all == ["s"]


def test_planning_twice_is_one(database: Database, clock: MovableClock, done: Done) -> None:
    """The same kind, subject and moment planned again is one deadline, also when it is done."""
    plan(database, "k", "s")
    plan(database, "k", "s")
    sweep = Sweep(database, clock, {"k": Handler(done)})
    assert sweep.run() == 1
    plan(database, "k", "s")
    assert sweep.run() == 0


def test_only_new_plans_wake_the_workers(database: Database) -> None:
    """Planning pokes the scheduler, planning the same again does not."""
    woken: list[int] = []
    database.on_wake = lambda: woken.append(1)
    plan(database, "k", "s")
    plan(database, "k", "s")
    assert woken == [1]


def test_dropped_and_planned_again(database: Database, clock: MovableClock, done: Done) -> None:
    """What was dropped does not happen, other kinds do, and it can be planned once more."""
    for kind in ("close", "remind"):
        plan(database, kind, "s")
    plan(database, "remind", "other")
    with database.transaction() as session:
        deadlines.drop(session, "s", ["remind"])
    handlers = {kind: Handler(done.as_kind(kind)) for kind in ("close", "remind")}
    sweep = Sweep(database, clock, handlers)
    sweep.run()
    assert sorted(done.all) == ["close s", "remind other"]
    plan(database, "remind", "s")
    sweep.run()
    assert "remind s" in done.all


def test_effect_and_mark_are_one(database: Database, clock: MovableClock, done: Done) -> None:
    """An error after the effect undoes it with the mark; the retry takes effect exactly once."""
    plan(database, "k", "s")
    failing = [True]

    def act(session: Session, now: datetime, subject: str) -> None:
        done(session, now, subject)
        session.flush()
        if failing:
            raise RuntimeError("after the effect")

    sweep = Sweep(database, clock, {"k": Handler(act)})
    assert sweep.run() == 0
    assert done.all == []
    failing.clear()
    assert sweep.run() == 0, "it waits before it is tried again"
    forget_leases(database)
    assert sweep.run() == 1
    assert done.all == ["s"]


def test_one_failure_stops_no_other(database: Database, clock: MovableClock, done: Done) -> None:
    """A handler that fails leaves the others' deadlines alone."""
    plan(database, "bad", "one")
    for subject in ("two", "three"):
        plan(database, "good", subject, START + timedelta(seconds=1))
    clock.move(HOUR)

    def fail(*_: object) -> None:
        raise RuntimeError("no")

    sweep = Sweep(database, clock, {"bad": Handler(fail), "good": Handler(done)})
    assert sweep.run() == 2
    assert sorted(done.all) == ["three", "two"]
    assert [row.attempts for row in rows(database) if row.kind == "bad"] == [1]


def test_order_per_subject(database: Database, clock: MovableClock, done: Done) -> None:
    """What is later for a subject waits until what is earlier is done, also while that fails."""
    plan(database, "first", "s", START)
    plan(database, "second", "s", START + HOUR)
    plan(database, "second", "t", START + HOUR)
    clock.move(2 * HOUR)
    failing = [True]

    def first(session: Session, now: datetime, subject: str) -> None:
        if failing:
            raise RuntimeError("no")
        done.as_kind("first")(session, now, subject)

    sweep = Sweep(
        database, clock, {"first": Handler(first), "second": Handler(done.as_kind("second"))}
    )
    sweep.run()
    assert done.all == ["second t"]
    failing.clear()
    forget_leases(database)
    sweep.run()
    assert done.all == ["second t", "first s", "second s"]


def test_same_kind_in_order(database: Database, clock: MovableClock, done: Done) -> None:
    """Two of one kind that do not collapse are done one after the other, the failed one first."""
    plan(database, "k", "s", START)
    plan(database, "k", "s", START + HOUR)
    clock.move(2 * HOUR)
    failing = [True]

    def act(session: Session, now: datetime, subject: str) -> None:
        if failing:
            failing.clear()
            raise RuntimeError("no")
        done(session, now, subject)

    sweep = Sweep(database, clock, {"k": Handler(act)})
    assert sweep.run() == 0
    assert done.all == []
    forget_leases(database)
    assert sweep.run() == 2


def test_what_fails_for_ever_does_not_stand_in_the_way(
    database: Database, clock: MovableClock, done: Done
) -> None:
    """A reminder that can never be planned does not keep a vote from closing."""
    plan(database, "remind", "s", START)
    plan(database, "close", "s", START + HOUR)
    clock.move(2 * HOUR)

    def fail(*_: object) -> None:
        raise RuntimeError("never")

    sweep = Sweep(database, clock, {"remind": Handler(fail), "close": Handler(done)})
    for attempt in range(FAILS_IN_THE_WAY):
        assert done.all == [], attempt
        sweep.run()
        forget_leases(database)
    assert done.all == ["s"]
    assert [row.done_at for row in rows(database) if row.kind == "remind"] == [None]


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    overdue=st.lists(st.tuples(st.sampled_from("st"), st.integers(0, 50)), max_size=40, unique=True)
)
def test_overdue_reminders_collapse(
    database: Database, done: Done, overdue: list[tuple[str, int]]
) -> None:
    """However many reminders of a subject are overdue, the last stands for all of them."""
    with database.transaction() as session:
        session.execute(delete(DeadlineRow))
        session.execute(delete(SeenRequest))
        for subject, hour in overdue:
            schedule(session, "remind", subject, START + hour * HOUR)
    later = MovableClock(START + 30 * HOUR, frozen=True)
    sweep = Sweep(database, later, {"remind": Handler(done, collapses=True)})
    due = [(subject, hour) for subject, hour in overdue if hour <= 30]
    assert sweep.run() == len({subject for subject, _ in due})
    assert sorted(done.all) == sorted({subject for subject, _ in due})
    waiting = [row for row in rows(database) if row.done_at is None]
    assert len(waiting) == len(overdue) - len(due)


def test_others_do_not_collapse(database: Database, clock: MovableClock, done: Done) -> None:
    """Only kinds that say so collapse."""
    for hour in range(3):
        plan(database, "k", "s", START + hour * HOUR)
    clock.move(9 * HOUR)
    assert Sweep(database, clock, {"k": Handler(done)}).run() == 3


def test_unknown_kinds_wait(database: Database, clock: MovableClock, done: Done) -> None:
    """What this version has no handler for is left for one that has."""
    plan(database, "of the future", "s")
    assert Sweep(database, clock, {"k": Handler(done)}).run() == 0
    assert [row.done_at for row in rows(database)] == [None]


def test_claimed_once_among_many(database: Database, clock: MovableClock, done: Done) -> None:
    """Many sweeps at once do everything, each once."""
    with database.transaction() as session:
        for number in range(30):
            schedule(session, "k", str(number), START)
    together = Barrier(5)

    def act(session: Session, now: datetime, subject: str) -> None:
        session.add(SeenRequest(key=f"0000 {subject}", seen_at=now))  # twice would be an error

    counts: list[int] = []

    def work() -> None:
        sweep = Sweep(database, clock, {"k": Handler(act)})
        together.wait()
        counts.append(sweep.run())

    threads = [Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 30
    assert sorted(done.all, key=int) == [str(number) for number in range(30)]
    assert {row.attempts for row in rows(database)} == {1}


def test_a_lease_keeps_others_off(database: Database, clock: MovableClock, done: Done) -> None:
    """What one worker holds no other takes, until the lease runs out."""
    plan(database, "k", "s")
    sweep = Sweep(database, clock, {"k": Handler(done)})
    held = Sweep(database, clock, {"k": Handler(done)})._claim()
    (row,) = held
    assert row.subject == "s"
    assert row.lease_until is not None
    with database.reading() as session:
        left = row.lease_until - lease_clock(session)
    assert LEASE - timedelta(seconds=5) < left <= LEASE
    assert sweep.run() == 0
    forget_leases(database)
    assert sweep.run() == 1


def test_who_was_held_up_finishes_nothing(
    database: Database, clock: MovableClock, done: Done
) -> None:
    """A worker whose deadline another took over has no effect when it goes on, nor in failing."""
    plan(database, "k", "s")
    slow = Sweep(database, clock, {"k": Handler(done)})
    (held,) = slow._claim()
    forget_leases(database)
    fast = Sweep(database, clock, {"k": Handler(done)})
    (taken,) = fast._claim()
    assert slow._act(held) is False
    assert done.all == []
    slow._postpone(held)
    assert fast._act(taken) is True
    assert slow._act(held) is False
    assert done.all == ["s"]


def test_next_due(database: Database, clock: MovableClock) -> None:
    """The next moment is that of what can be acted upon; what waits or is held does not count."""

    def next_due() -> datetime | None:
        with database.reading() as session:
            return deadlines.next_due(session)

    assert next_due() is None
    plan(database, "k", "s", START)
    plan(database, "k", "s", START + HOUR)
    plan(database, "k", "t", START + 2 * HOUR)
    assert next_due() == START

    def fail(*_: object) -> None:
        raise RuntimeError("no")

    Sweep(database, clock, {"k": Handler(fail)}).run()
    assert next_due() == START + 2 * HOUR, "the failed one and the one behind it wait"
    forget_leases(database)
    assert next_due() == START


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_wrong_clock_stops_the_sweep(database: Database, clock: MovableClock, done: Done) -> None:
    """A copy whose machine's clock is off from the database's by more than 2 s does nothing."""
    plan(database, "k", "s")
    machine = MovableClock()
    sweep = Sweep(database, clock, {"k": Handler(done)}, machine=machine)
    machine.move(timedelta(seconds=3))
    assert sweep.run() == 0
    assert Sweep(database, clock, {"k": Handler(done)}, machine=MovableClock()).run() == 1


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgresql"])
def test_claims_do_not_wait_for_a_running_handler(
    database_url: str, database: Database, clock: MovableClock
) -> None:
    """On PostgreSQL another copy goes on with other subjects while one handler is at work."""
    plan(database, "slow", "s")
    plan(database, "quick", "t", START + timedelta(seconds=1))
    clock.move(HOUR)
    entered, leave = Event(), Event()

    def slow(*_: object) -> None:
        entered.set()
        assert leave.wait(5)

    one = Thread(target=Sweep(database, clock, {"slow": Handler(slow)}).run)
    one.start()
    assert entered.wait(5)
    other = Database(database_url)
    assert Sweep(other, clock, {"quick": Handler(lambda *_: None)}).run() == 1
    leave.set()
    one.join()
    other.close()
