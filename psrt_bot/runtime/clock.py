"""Time comes from a clock that is handed in, so that a week can pass in a test."""

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> datetime:
        """Return the present moment in UTC, aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class MovableClock:
    """The machine's clock plus an offset that can grow: the demo's and the tests' time machine.

    Args:
        start: the moment it shows at first; None for the machine's time.
        frozen: time stands still between moves.
    """

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        machine = datetime.now(UTC)
        self._frozen_at = machine if frozen else None
        self._offset = (start or machine) - machine
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the moment this clock shows, in UTC."""
        with self._lock:
            return (self._frozen_at or datetime.now(UTC)) + self._offset

    def move(self, by: timedelta) -> None:
        """Go forward.

        Raises:
            ValueError: ``by`` is negative; the bot's past cannot be unmade.
        """
        if by < timedelta(0):
            raise ValueError("the clock moves forward only")
        with self._lock:
            self._offset += by
