"""What follows an answer to Slack: kept until the answer is out, then done on threads of its own.

So no call of ours can overtake an ack, and a slow one holds up nobody's (DESIGN section 4).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import local

import structlog

log = structlog.get_logger(__name__)

Call = Callable[[], None]


class Afterwards:
    """Calls that wait for the answer which the same thread is giving.

    Args:
        workers: so many slow calls run at once; none of them has a request's thread.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="psrt-after-ack")
        self._kept = local()

    def begin(self) -> None:
        """Begin with a request: what an earlier one of this thread left behind is forgotten."""
        self._kept.call = None

    def keep(self, call: Call) -> None:
        """Keep what follows the answer to the request that this thread is at."""
        self._kept.call = call

    def release(self) -> None:
        """The answer is out, or will never be: do what follows it."""
        call: Call | None = getattr(self._kept, "call", None)
        self._kept.call = None
        if call is not None:
            self._pool.submit(_told, call)

    def close(self) -> None:
        """Wait for the calls under way, then end."""
        self._pool.shutdown(wait=True)


def _told(call: Call) -> None:
    try:
        call()
    except Exception:
        log.exception("afterwards_failed")  # nobody waits for this thread's result
