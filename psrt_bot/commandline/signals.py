"""Waiting for SIGTERM or SIGINT."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """The word to end: said by a signal's handler, awaited by the main thread.

    Not a ``threading.Event``: its ``set`` takes a lock that its ``wait`` takes too, and a handler
    runs in the very thread that waits, so a signal at the wrong moment would block both for ever.
    ``SimpleQueue.put`` is made for handlers.
    """

    def __init__(self) -> None:
        self._word: SimpleQueue[None] = SimpleQueue()

    def say(self) -> None:
        """Let ``wait`` return."""
        self._word.put(None)

    def wait(self) -> None:
        """Return when the word is said, at once when it was before."""
        self._word.get()


@contextmanager
def until_signalled() -> Iterator[Ending]:
    """Yield what SIGTERM or SIGINT says; the handlers are put back after the first, and at the end.

    So a second signal ends the process at once.
    """
    ending = Ending()
    previous = {number: signal.getsignal(number) for number in SIGNALS}

    def put_back() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def on_signal(_number: int, _frame: object) -> None:
        put_back()
        ending.say()

    for number in SIGNALS:
        signal.signal(number, on_signal)
    try:
        yield ending
    finally:
        put_back()
