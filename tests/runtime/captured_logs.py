"""Captures what the bot would log, for tests that look for secrets in it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from psrt_bot.runtime.logs import configure_logging

CANARY = "canaryYES"
RECEIPT = "K7QF-2M9X-AB3D"
TOKEN = "xoxb-1-canarytoken"
HOOK = "https://hooks.slack.com/commands/T1/2/canaryhook"
Format = Literal["console", "json"]
FORMATS: tuple[Format, ...] = ("console", "json")


@contextmanager
def logged(fmt: Format = "console", level: str = "debug") -> Iterator[io.StringIO]:
    """Everything that is logged inside, with all logging put back afterwards."""
    stream = io.StringIO()
    restore = configure_logging(level, fmt, stream)
    try:
        yield stream
    finally:
        restore()


def assert_safe(text: str) -> None:
    for secret in ("canary", RECEIPT, "xoxb", "hooks.slack.com"):
        assert secret not in text, text
