"""Waiting for a signal: it is heard at whatever moment it comes."""

import os
import signal
import sys
from threading import Timer
from types import FrameType

import pytest

from psrt_bot.commandline.signals import SIGNALS, until_signalled


def deaf(_number: int, _frame: object) -> None:
    """End a wait that would never end."""
    raise TimeoutError("the signal came and was not heard")


@pytest.mark.parametrize("step", range(16))
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_at_any_step_of_the_wait_ends_it(number: signal.Signals, step: int) -> None:
    """Right before the wait, between its steps (a wait that takes locks has many), long after."""
    passed, sent = 0, False

    def send() -> None:
        nonlocal sent
        if not sent:
            sent = True
            os.kill(os.getpid(), number)

    def profile(_frame: FrameType, _event: str, _arg: object) -> None:
        nonlocal passed
        if passed == step:
            send()
        passed += 1

    before = [signal.getsignal(each) for each in SIGNALS]
    guard = signal.signal(signal.SIGALRM, deaf)
    signal.setitimer(signal.ITIMER_REAL, 10)
    timer = Timer(0.02, send)
    try:
        with until_signalled() as ending:
            timer.start()
            sys.setprofile(profile)
            try:
                ending.wait()
            finally:
                sys.setprofile(None)
            assert [signal.getsignal(each) for each in SIGNALS] == before
    finally:
        timer.join()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, guard)
