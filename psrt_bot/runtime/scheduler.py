"""What wakes the bot: APScheduler for time, a poke for work that has just been committed.

The rows are the truth; this only decides *when to look* (DESIGN section 4). One thread looks, so
that a burst of pokes becomes one look.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from psrt_bot.runtime.clock import Clock

log = structlog.get_logger(__name__)

SAFETY_NET = timedelta(seconds=15)
AGAIN = timedelta(seconds=1)
NEXT = "next-due"


class Scheduler:
    """Calls ``look`` at once when poked, at the next due moment, and every 15 seconds.

    Args:
        look: does everything that is due and returns the next due moment by ``clock``, or None.
        minutely: called at once and every minute, beside the looks and never twice at a time.
    """

    def __init__(
        self,
        clock: Clock,
        look: Callable[[], datetime | None],
        minutely: Callable[[], None] | None = None,
    ) -> None:
        self._clock = clock
        self._look = look
        self._minutely = minutely
        self._poked = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="psrt-sweep", daemon=True)
        self._jobs = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin; the first look happens at once."""
        self._jobs.add_job(self.poke, "interval", seconds=SAFETY_NET.total_seconds())
        if self._minutely is not None:
            self._jobs.add_job(
                self._minutely, "interval", minutes=1, next_run_time=datetime.now(UTC)
            )
        self._jobs.start()
        self._thread.start()
        self.poke()

    def poke(self) -> None:
        """Look soon. Cheap, and safe from any thread."""
        self._poked.set()

    def stop(self) -> None:
        """End after the look that is under way; harmless when it never began."""
        self._stopping.set()
        self._poked.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._jobs.running:
            self._jobs.shutdown(wait=True)

    def _run(self) -> None:
        while True:
            self._poked.wait()
            if self._stopping.is_set():
                return
            self._poked.clear()
            try:
                due = self._look()
            except Exception:
                log.exception("sweep_failed")
                continue
            if due is not None:
                self._wake_at(due)

    def _wake_at(self, due: datetime) -> None:
        # What is overdue right after a look waits for somebody; asking at once would ask for ever.
        ahead = due - self._clock.now()
        delay = ahead if ahead > timedelta(0) else AGAIN
        self._jobs.add_job(
            self.poke,
            DateTrigger(run_date=datetime.now(UTC) + delay),
            id=NEXT,
            replace_existing=True,
        )
