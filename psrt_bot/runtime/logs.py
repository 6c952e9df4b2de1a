"""Logging: structlog over the standard library, with nothing in it that should stay secret.

Ours are events with fields (`structlog.stdlib.get_logger()`, `log.info("poll_closed", poll=…)`);
libraries' lines go through the same chain, without the values they carry (see `redaction`).
"""

import logging
import secrets
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal, TextIO
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor

from psrt_bot.runtime.redaction import LONGEST_TEXT, SLACK_NOISE, foreign_text, mask, safe_traceback

# The level below which a library is never heard, whatever is configured: debug lines of Bolt, the
# SDK and WebSocket libraries are payloads; at INFO, SQLAlchemy tells statements with parameters,
# httpx whole URLs, APScheduler every tick of the sweep, and Alembic that it looks.
FLOOR = logging.INFO
FLOORS = {
    "slack_bolt": FLOOR,
    "slack_sdk": FLOOR,
    "sqlalchemy": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "urllib3": FLOOR,
    "waitress": FLOOR,
    "waitress.queue": logging.ERROR,  # more requests than threads wait in line: no trouble
    "websockets": FLOOR,
    "asyncio": FLOOR,
}
# Bolt names its loggers after the script that runs ("cli.py:App"), so the file decides as well.
SLACK_PACKAGES = ("slack_bolt", "slack_sdk")
_SLACK_FILE = tuple(f"/{package}/" for package in SLACK_PACKAGES)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_KEPT = frozenset(("_record", "_from_structlog", "exc_info"))


def new_reference() -> str:
    """A short random reference (30 bits, e.g. `K7QF-2M`) that a person can quote from an error.

    Never mistaken for a receipt, which has three groups of four.
    """
    letters = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"{letters[:4]}-{letters[4:]}"


def configure_logging(
    level: str, fmt: Literal["console", "json"], stream: TextIO | None = None
) -> Callable[[], None]:
    """Sends every log line of the process to `stream` (stderr at the time of the call).

    Also takes over uncaught exceptions, whose text Python would print. Returns a function that
    puts everything back, for tests. Raises ValueError for an unknown level.
    """
    numeric = logging.getLevelNamesMapping().get(level.upper())
    if numeric is None:
        raise ValueError(f"{level!r} is no log level; use debug, info, warning or error")
    stream = sys.stderr if stream is None else stream
    restore = _snapshot()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _plain_fields,
        _exception_without_text,
    ]
    formatter = structlog.stdlib.ProcessorFormatter
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, formatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = SafeHandler(stream)
    handler.setFormatter(
        formatter(
            processors=[formatter.remove_processors_meta, _renderer(fmt, stream), _masked],
            foreign_pre_chain=[_foreign, *shared],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    _send_all_to(handler, numeric)
    _take_over_uncaught()
    return restore


def _send_all_to(handler: logging.Handler, level: int) -> None:
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    for name, floor in FLOORS.items():
        logging.getLogger(name).setLevel(max(floor, level))


class SafeHandler(logging.StreamHandler[TextIO]):
    """Writes what the chain made; drops libraries' lines below their floor, and known noise.

    Levels of loggers do not hold for Bolt: it copies the root's level to its own loggers, again at
    each request.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is told at all."""
        package = record.name.partition(".")[0]
        if not hasattr(record, "_logger") and record.levelno < FLOORS.get(package, FLOOR):
            return False
        if not hasattr(record, "_logger") and str(record.msg).startswith(SLACK_NOISE):
            return False
        return bool(super().filter(record))

    def handleError(self, record: logging.LogRecord) -> None:
        """One line instead of the standard library's dump of the message and its arguments."""
        with suppress(OSError, ValueError):
            self.stream.write(f"unreadable log line from {record.module}:{record.lineno}\n")


def _renderer(fmt: str, stream: TextIO) -> Processor:
    if fmt == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _masked(_: object, __: str, line: Any) -> str:
    return mask(str(line))


def _foreign(_: object, __: str, event: EventDict) -> EventDict:
    """A library's line: the part of its text that is safe, and where in its code it stands."""
    record: logging.LogRecord = event["_record"]
    path = record.pathname.replace("\\", "/")
    of_slack = record.name.partition(".")[0] in SLACK_PACKAGES or any(
        folder in path for folder in _SLACK_FILE
    )
    event["event"] = foreign_text(of_slack, record.msg, event.pop("positional_args", ()))
    event["at"] = f"{record.module}:{record.lineno}"
    event.pop("stack_info", None)
    return event


def _plain_fields(_: object, __: str, event: EventDict) -> EventDict:
    """Fields are short plain values: a payload, view or row logged by mistake shows its class."""
    for key, value in event.items():
        if key not in _KEPT:
            event[key] = _plain(value)
    return event


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, date | timedelta | PurePath | UUID):
        value = str(value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return f"<{type(value).__name__}>"


def _exception_without_text(_: object, __: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = safe_traceback(error)
    return event


def _take_over_uncaught() -> None:
    log = structlog.stdlib.get_logger(__name__)

    def uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught_exception", exc_info=error)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            log.critical("uncaught_exception_in_thread", exc_info=args.exc_value)

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("unraisable_exception", exc_info=args.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable


def _snapshot() -> Callable[[], None]:
    handlers, level = logging.root.handlers, logging.root.level
    levels = {name: logging.getLogger(name).level for name in FLOORS}
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    was_configured, config = structlog.is_configured(), structlog.get_config()

    def restore() -> None:
        logging.root.handlers = handlers
        logging.root.setLevel(level)
        for name, its_level in levels.items():
            logging.getLogger(name).setLevel(its_level)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        structlog.reset_defaults()
        if was_configured:
            structlog.configure(**config)

    return restore
