"""When the bot looks: at once when poked, at the next due moment, and every 15 s (APScheduler)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Semaphore, Thread, active_count
from time import monotonic, sleep

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.scheduler import AGAIN, NEXT, SAFETY_NET, Scheduler

SOON = 5  # seconds until a test gives up waiting for what must happen at once


class Looks:
    """A look that can be waited for, and says when the next is due."""

    def __init__(self) -> None:
        self.count = 0
        self.due: datetime | None = None
        self._seen = Semaphore(0)

    def __call__(self) -> datetime | None:
        due = self.due  # before the test is told, which may change it
        self.count += 1
        self._seen.release()
        return due

    def wait(self) -> None:
        """Wait for the next look."""
        assert self._seen.acquire(timeout=SOON)


@pytest.fixture
def looks() -> Looks:
    return Looks()


@contextmanager
def running(
    look: Callable[[], datetime | None], minutely: Callable[[], None] | None = None
) -> Iterator[Scheduler]:
    scheduler = Scheduler(MovableClock(), look, minutely)
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()


def planned(scheduler: Scheduler, before: datetime | None = None) -> datetime:
    """When the next due moment is looked at, once that has been planned."""
    until = monotonic() + SOON
    while monotonic() < until:
        job = scheduler._jobs.get_job(NEXT)
        if job is not None and (before is None or job.next_run_time < before):
            return job.next_run_time  # type: ignore[no-any-return]
        sleep(0.005)
    raise AssertionError("no next moment was planned")


def test_a_start_and_a_poke_look(looks: Looks) -> None:
    """The first look comes with the start, another with a poke."""
    with running(looks) as scheduler:
        looks.wait()
        scheduler.poke()
        looks.wait()
    assert looks.count == 2


def test_the_next_due_moment_looks(looks: Looks) -> None:
    """When a look says what is due next, the next look comes then, not later and not before."""
    begun = monotonic()
    looks.due = datetime.now(UTC) + timedelta(seconds=0.1)
    with running(looks):
        looks.wait()
        looks.due = None
        looks.wait()
        assert monotonic() - begun >= 0.09
    assert looks.count == 2


def test_a_newer_due_moment_replaces_the_older(looks: Looks) -> None:
    """There is one next moment at a time."""
    looks.due = datetime.now(UTC) + timedelta(hours=2)
    with running(looks) as scheduler:
        looks.wait()
        looks.due = datetime.now(UTC) + timedelta(hours=1)
        scheduler.poke()
        looks.wait()
        job = planned(scheduler, before=looks.due + timedelta(minutes=30))
        assert abs(job - looks.due) < timedelta(seconds=5)


def test_what_stays_overdue_is_not_asked_for_ever(looks: Looks) -> None:
    """What is due still after a look waits for somebody: the next look is a second away."""
    begun = datetime.now(UTC)
    looks.due = begun - timedelta(hours=1)
    with running(looks) as scheduler:
        looks.wait()
        assert planned(scheduler) >= begun + AGAIN
    assert looks.count <= 1 + (datetime.now(UTC) - begun) / AGAIN


def test_the_safety_net(looks: Looks) -> None:
    """Whatever else happens, a look comes every 15 seconds, however late the machine wakes up."""
    with running(looks) as scheduler:
        looks.wait()
        nets = [j for j in scheduler._jobs.get_jobs() if isinstance(j.trigger, IntervalTrigger)]
        (net,) = nets
        assert net.trigger.interval == SAFETY_NET == timedelta(seconds=15)
        assert (net.misfire_grace_time, net.coalesce, net.max_instances) == (None, True, 1)
        net.modify(next_run_time=datetime.now(UTC))
        looks.wait()


def test_a_failed_look_is_not_the_last(looks: Looks) -> None:
    """An error in a look is survived; the next poke looks again."""
    failing = [True]

    def look() -> datetime | None:
        looks()
        if failing.pop() if failing else False:
            raise RuntimeError("no")
        return None

    with running(look) as scheduler:
        looks.wait()
        scheduler.poke()
        looks.wait()


def test_minutely_at_once_and_beside(looks: Looks) -> None:
    """What is done every minute begins at the start, and a slow one holds up no look."""
    entered, leave = Event(), Event()

    def slow() -> None:
        entered.set()
        leave.wait(SOON)

    with running(looks, slow) as scheduler:
        assert entered.wait(SOON)
        looks.wait()
        scheduler.poke()
        looks.wait()
        leave.set()


def test_stop_ends_after_the_look_under_way() -> None:
    """A look that has begun is finished before the bot ends; no thread is left."""
    before = active_count()
    entered, leave, finished = Event(), Event(), Event()

    def look() -> None:
        entered.set()
        assert leave.wait(SOON)
        finished.set()

    scheduler = Scheduler(MovableClock(), look)
    scheduler.start()
    assert entered.wait(SOON)
    stopping = Thread(target=scheduler.stop)
    stopping.start()
    assert not finished.is_set()
    leave.set()
    stopping.join(SOON)
    assert finished.is_set()
    assert not stopping.is_alive()
    scheduler.poke()  # harmless
    assert active_count() == before


def test_stop_without_a_start(looks: Looks) -> None:
    """A bot that could not start can be stopped."""
    Scheduler(MovableClock(), looks).stop()
    assert looks.count == 0


def test_pokes_become_one_look(looks: Looks) -> None:
    """A hundred pokes during a look are answered by one more look."""
    entered, leave = Event(), Event()

    def look() -> None:
        looks()
        entered.set()
        assert leave.wait(SOON)

    with running(look) as scheduler:
        assert entered.wait(SOON)
        for _ in range(100):
            scheduler.poke()
        leave.set()
        looks.wait()
        looks.wait()
    assert looks.count == 2
