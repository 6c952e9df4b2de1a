"""Logging: our events, libraries' lines and uncaught exceptions, in both formats."""

import json
import logging
import sys
import threading
from enum import Enum
from pathlib import Path

import pytest
import structlog

from psrt_bot.runtime.logs import configure_logging, new_reference
from psrt_bot.runtime.redaction import mask
from tests.runtime.captured_logs import CANARY, FORMATS, Format, assert_safe, logged


@pytest.mark.parametrize("name", ["sqlalchemy.engine.Engine", "httpx", "apscheduler.executors"])
def test_talkative_libraries_are_silent_below_warning(name: str) -> None:
    """Statements with parameters, whole URLs and every tick are not told even when asked for."""
    with logged() as stream:
        library = logging.getLogger(name)
        library.setLevel(logging.DEBUG)  # as echo=True would
        library.info("INSERT %s", CANARY)
        library.warning("pool %s is worn after %d uses", CANARY, 7)
        library.setLevel(logging.NOTSET)
    assert_safe(stream.getvalue())
    assert "INSERT" not in stream.getvalue()
    assert "pool … is worn after 7 uses" in stream.getvalue()


class Colour(Enum):
    RED = "canary"


@pytest.mark.parametrize("fmt", FORMATS)
def test_our_events_keep_plain_fields_only(fmt: Format) -> None:
    """Numbers, short texts and lists of them are told; payloads and objects show their class."""
    with logged(fmt, "info") as stream:
        log = structlog.stdlib.get_logger("psrt_bot.test")
        with structlog.contextvars.bound_contextvars(reference="K7QF-2M"):
            log.info(
                "poll_closed",
                ballots=7,
                names=["a", {"x": CANARY}],
                view={"x": CANARY},
                long="x" * 999,
            )
        log.info("coloured", colour=Colour.RED, where=Path("/data"), line="a\nb", who=object())
        log.debug("hidden")
    text = stream.getvalue()
    assert_safe(text)
    assert "hidden" not in text
    assert "x" * 201 not in text
    assert len(text.splitlines()) == 2
    for said in ("poll_closed", "7", "K7QF-2M", "<dict>", "<object>", "RED", "/data"):
        assert said in text


def test_our_exceptions_show_where_and_not_what() -> None:
    """`log.exception` tells frames and classes; neither its text nor a local variable."""
    with logged() as stream:
        local = {"choice": CANARY}
        try:
            json.loads(local["choice"])
        except ValueError:
            structlog.stdlib.get_logger("psrt_bot").exception("unreadable")
    assert "json.decoder.JSONDecodeError" in stream.getvalue()
    assert 'json.loads(local["choice"])' in stream.getvalue()
    assert_safe(stream.getvalue())


def test_a_line_that_cannot_be_written_does_not_dump_its_arguments() -> None:
    """The standard library prints message and arguments of a broken call to stderr; we do not."""

    class Broken(str):
        __slots__ = ()

        def partition(self, _: str) -> tuple[str, str, str]:
            raise TypeError(CANARY)

    with logged() as stream:
        logging.getLogger("library").warning(Broken(CANARY))
    assert stream.getvalue().startswith("unreadable log line from test_logs:")
    assert_safe(stream.getvalue())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_uncaught_exceptions_are_logged_without_their_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Python would print the text of what nobody caught, in the main thread or another one."""

    def refuse() -> None:
        raise ValueError(CANARY)

    class Dying:
        def __del__(self) -> None:
            raise ValueError(CANARY)

    with logged() as stream:
        error = ValueError(CANARY)
        sys.excepthook(type(error), error, None)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        for target in (refuse, sys.exit):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        Dying()
    for event in ("uncaught_exception ", "uncaught_exception_in_thread", "unraisable_exception"):
        assert stream.getvalue().count(event) == 1
    assert_safe(stream.getvalue() + capsys.readouterr().err)


def test_logging_is_put_back() -> None:
    """What `configure_logging` returns undoes it, so that one test does not log for the next."""
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    before = (logging.root.handlers, logging.root.level, structlog.get_config(), hooks)
    level = logging.getLogger("slack_bolt").level
    with logged(), logged("json"):
        assert before[0] is not logging.root.handlers
    after_hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    assert before == (
        logging.root.handlers,
        logging.root.level,
        structlog.get_config(),
        after_hooks,
    )
    assert logging.getLogger("slack_bolt").level == level


def test_an_unknown_level_is_refused() -> None:
    """A typo does not silence the log."""
    with pytest.raises(ValueError, match="no log level"):
        configure_logging("loud", "json")


def test_references_are_short_random_and_no_receipts() -> None:
    """A reference survives the net that masks receipts, and two are not alike."""
    references = {new_reference() for _ in range(200)}
    assert len(references) >= 199
    assert all(mask(reference) == reference and len(reference) == 7 for reference in references)
