"""Redaction: what a log may repeat of exceptions, of libraries' lines and of our own."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import slack_bolt
import slack_sdk
import structlog
from slack_sdk.errors import SlackApiError

from psrt_bot.runtime.redaction import (
    SLACK_ENDINGS,
    SLACK_PHRASES,
    foreign_text,
    mask,
    safe_traceback,
)
from tests.runtime.captured_logs import (
    CANARY,
    FORMATS,
    HOOK,
    RECEIPT,
    TOKEN,
    Format,
    assert_safe,
    logged,
)


def test_each_phrase_stands_in_bolts_or_the_sdks_source() -> None:
    """The list of what may be repeated holds no phrase that no longer exists."""
    packages = [Path(module.__path__[0]) for module in (slack_bolt, slack_sdk)]
    source = "".join(p.read_text("utf-8") for folder in packages for p in folder.rglob("*.py"))
    assert [p for p in (*SLACK_PHRASES, *SLACK_ENDINGS) if p not in source] == []


@pytest.mark.parametrize(
    ("message", "args", "told"),
    [
        ("Serving on http://%s:%s", ("h", 8080), "Serving on http://…:8080"),
        ("Task exception was never retrieved\nfuture: X", (), "Task exception was never retrieved"),
        ("got {'choice': 'X'}", (), "got "),
        ("%(a)s", {"a": "X"}, "%(a)s"),
        ("%d of %d", (1, "X"), "%d of %d"),
        ({"choice": "X"}, (), "(text withheld)"),
    ],
)
def test_other_libraries_are_told_by_their_template(
    message: object, args: object, told: str
) -> None:
    """Numbers are filled in, other values are not."""
    assert foreign_text(False, message, args) == told


def test_bolts_unknown_lines_are_withheld() -> None:
    """A line that is on no list shows where it comes from and nothing else."""
    assert foreign_text(True, f"New in the next release: {CANARY}", ()) == "(text withheld)"
    assert foreign_text(True, "cast didn't call ack()", ()) == "didn't call ack()"


MASKED = [
    TOKEN,
    "xapp-1-A1-2-canary",
    "xoxe.xoxp-1-canary",
    "ghp_canary0123",
    "Authorization: Bearer canary0123",
    HOOK,
    r"https:\/\/hooks.slack.com\/actions\/canary",
    "response_url=https%3A%2F%2Fhooks.slack.com%2Fcanary",
    "'response_url': 'http://127.0.0.1:8000/canary'",
    "wss://wss-primary.slack.com/link/?ticket=canary&app_id=canary",
    "x-slack-signature: v0=" + "0ca9a7" * 10,
    "postgresql+psycopg://user:canary@db/psrt",
    RECEIPT,
    RECEIPT.lower(),
    f"\\n{RECEIPT}\\u2014",
]


@pytest.mark.parametrize("secret", MASKED)
@pytest.mark.parametrize("fmt", FORMATS)
def test_the_last_net_masks_what_we_logged_ourselves(secret: str, fmt: Format) -> None:
    """Tokens, response URLs, tickets, signatures, passwords and receipts in our own lines."""
    with logged(fmt) as stream:
        structlog.stdlib.get_logger("psrt_bot").info(
            "told", value=secret, other=json.dumps([secret])
        )
    text = stream.getvalue()
    assert_safe(text.lower())
    assert RECEIPT.lower() not in text.lower()
    assert "0ca9a7" not in text
    if fmt == "json":
        assert json.loads(text)["event"] == "told"


@pytest.mark.parametrize(
    "text", ["7d444840-9dc0-11d1-b245-5ffdce74fad2", "2026-11-22T10:00:00Z", "K7QF-2M", "v0=1"]
)
def test_the_net_lets_be_what_is_no_secret(text: str) -> None:
    """Ids of envelopes, times and references stay readable."""
    assert mask(text) == text


def raised(make: Callable[[], BaseException]) -> BaseException:
    try:
        raise make()
    except BaseException as error:  # noqa: BLE001  (any exception is the point)
        return error


def test_a_traceback_tells_causes_and_groups_without_texts() -> None:
    """Chains, contexts and groups are walked; classes and frames are told, texts are not."""

    def chained() -> BaseException:
        try:
            try:
                raise KeyError(CANARY)
            except KeyError:
                raise LookupError(CANARY)  # noqa: B904  (a context, no cause)
        except LookupError as error:
            failure = RuntimeError(CANARY)
            failure.add_note(CANARY)
            failure.__cause__ = ExceptionGroup(CANARY, [error, TypeError(CANARY)])
            return failure

    text = safe_traceback(raised(chained))
    assert_safe(text)
    order = [
        "KeyError",
        "while that was handled",
        "LookupError",
        "TypeError",
        "led to",
        "RuntimeErr",
    ]
    places = [text.index(said) for said in order]
    assert places == sorted(places)
    assert "raise KeyError(CANARY)" in text


def test_a_traceback_ends() -> None:
    """Cycles of causes and runaway recursion do not fill the log."""
    one, two = ValueError(CANARY), TypeError(CANARY)
    one.__cause__, two.__cause__ = two, one
    assert "not told again" in safe_traceback(one)

    def deeper() -> None:
        deeper()

    assert len(safe_traceback(raised(lambda: _error_of(deeper))).splitlines()) < 200


def _error_of(call: Callable[[], None]) -> BaseException:
    try:
        call()
    except RecursionError as error:
        return error
    raise AssertionError


class Tellable(Exception):
    log_safe = True


def slack_error(error: str) -> SlackApiError:
    return SlackApiError(CANARY, SimpleNamespace(data={"ok": False, "error": error}))


class DatabaseError(Exception):
    sqlite_errorname = "SQLITE_BUSY"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Tellable("two polls are open"), "Tellable: two polls are open"),
        (FileNotFoundError(2, CANARY, CANARY), "FileNotFoundError [ENOENT]"),
        (slack_error("not_in_channel"), "SlackApiError [not_in_channel]"),
        (slack_error(f"no JSON: {CANARY}"), "SlackApiError"),
        (DatabaseError(CANARY), "DatabaseError [SQLITE_BUSY]"),
    ],
)
def test_codes_are_told_and_texts_only_where_a_class_says_so(error: Exception, told: str) -> None:
    """`log_safe` opens a class's text; of others a symbol such as ENOENT is told at most."""
    text = safe_traceback(error)
    assert_safe(text)
    assert told in text
