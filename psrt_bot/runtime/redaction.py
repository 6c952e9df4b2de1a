"""What may be said in a log about things that can hold a form's values, a receipt or a token.

Three tools: `safe_traceback` for exceptions, `foreign_text` for lines that libraries log, and
`mask`, the last net over every finished line.
"""

import errno
import re
from collections.abc import Iterator
from traceback import StackSummary, walk_tb

MOST_FRAMES = 40  # a recursion that ran away repeats itself
MOST_ERRORS = 20  # chains and groups are trees; a log line must end
LONGEST_TEXT = 200
WITHHELD = "(text withheld)"

# Bolt and the SDK put payloads, bodies, URLs and answers into their texts, with f-strings, at every
# level. So none of their text is ever repeated: a line that begins with one of these constants is
# told as that constant, any other as WITHHELD. A test looks each of them up in their source.
SLACK_PHRASES = (
    "Unhandled request",
    "A global middleware",
    "Failed to run listener function",
    "Failed to run a middleware",
    "Failed to run an internal function",
    "Invalid request signature detected",
    "Unsuccessful Bolt execution result",
    "Failed to authorize with the given token",
    "auth.test API call result is unexpectedly None",
    "Although the app should be installed into this workspace",
    "As you gave `client` as well",
    "As `installation_store` or `authorize` has been used",
    "Bolt skips injecting a value to the first keyword argument",
    "Unknown Request object type detected",
    "⚡️ Bolt app is running!",
    "A retry handler found",
    "Going to retry the same request",
    "Failed to send a request to Slack API server",
    "Failed to decode Slack API response",
    "Rate limited. Retrying in",
    "Failed to retrieve WSS URL",
    "Connecting to a new endpoint",
    "Connected to a new endpoint",
    "A new session has been established",
    "The session seems to be already closed",
    "The connection seems to be stale",
    "The connection has been closed",
    "The current session (",
    "Received CLOSE event",
    "Starting to receive messages from a new connection",
    "Stopped receiving messages from a connection",
    "Failed to establish a connection",
    "Failed to check the state of sock",
    "Failed to check the current session or reconnect to the server",
    "Failed to start or stop the current session",
    "Failed to disconnect",
    "Failed to process a message",
    "Failed to run a message listener",
    "Failed to run a request listener",
    "Failed to run message listeners",
    "Got an OSError while receiving data",
    "Got an exception while receiving data",
    "Received an unexpected response for handshake",
    "Received an unsupported data frame",
    "Unable to send a ping message",
    "Using non-ssl socket to connect",
    "on_error invoked",
)
# Said at every start where SLACK_BOT_TOKEN stands in the environment; we mean it so.
SLACK_NOISE = (
    "As you gave `client` as well",
    "As `installation_store` or `authorize` has been used",
)
# Lines that begin with a function's name and end with the constant.
SLACK_ENDINGS = ("didn't call ack()", "is not a valid argument")

_RECEIPT_SIGN = "[0-9A-HJKMNP-TV-Z]"
_NET = tuple(
    (re.compile(pattern, re.IGNORECASE), mask)
    for pattern, mask in (
        (r"(?:xox[a-z]*|xapp|xwfp)[-.][a-z0-9.-]{4,}", "[token]"),
        (r"gh[pousr]_\w{8,}|github_pat_\w{8,}", "[token]"),
        (r"\bbearer\s+[\w.~+/-]{8,}", "[token]"),
        # A path may be JSON with escaped slashes, or a form's percent-encoding.
        (r"hooks\.slack\.com(?:\\*/|%2F|[^\s\"'<>&\\])*", "[response_url]"),
        (r"(response_url[\\\"'\s:=]{0,8})http(?:\\*/|[^\s\"'<>&\\])+", r"\1[response_url]"),
        (r"(wss?://[^\s\"'<>\\?]+\?)[^\s\"'<>\\]+", r"\1[ticket]"),
        (r"v0=[0-9a-f]{8,}", "[signature]"),
        (r"://[^\s/@\"'<>\\]+@", "://[credentials]@"),
    )
)
# UUIDs hold what looks like a receipt; they are stepped over, since envelopes are named by them.
_UUID_OR_RECEIPT = re.compile(
    rf"([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})|{_RECEIPT_SIGN}{{4}}(?:-{_RECEIPT_SIGN}{{4}}){{2}}",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z0-9_]{2,40}")


def mask(text: str) -> str:
    """`text` without Slack and GitHub tokens, response URLs, signatures, passwords and receipts."""
    for pattern, instead in _NET:
        text = pattern.sub(instead, text)
    return _UUID_OR_RECEIPT.sub(lambda found: found[1] or "[receipt]", text)


def foreign_text(of_slack: bool, message: object, args: object) -> str:
    """What may be repeated of a line that a library logged.

    Of Bolt and the SDK only known constants; of others the template, with numbers filled in and
    everything else as "…", or the first words of a text that was put together before.
    """
    if not isinstance(message, str):
        return WITHHELD
    if of_slack:
        ending = next((end for end in SLACK_ENDINGS if message.endswith(end)), WITHHELD)
        return next((said for said in SLACK_PHRASES if message.startswith(said)), ending)
    line = message.partition("\n")[0][:LONGEST_TEXT]
    if not args:
        return re.split(r"[{\[<(]", line)[0]
    values = args if isinstance(args, tuple) else (args,)
    try:
        return line % tuple(value if isinstance(value, int | float) else "…" for value in values)
    except (TypeError, ValueError):
        return line


def safe_traceback(error: BaseException) -> str:
    """Where `error` came from: frames with their source line, classes, causes and groups.

    No local variables, and no exception's text: it can be a form's values or SQL parameters. Only
    a class that says `log_safe = True` has its text told; codes of the system, the database and
    Slack's API are told as well.
    """
    return "\n".join(_told(error, set()))


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen or len(seen) >= MOST_ERRORS:
        yield f"{_named(error)} (not told again)"
        return
    seen.add(id(error))
    if error.__cause__ is not None:
        yield from _told(error.__cause__, seen)
        yield "… which led to"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _told(error.__context__, seen)
        yield "… and while that was handled"
    for frame in StackSummary.extract(walk_tb(error.__traceback__), limit=-MOST_FRAMES):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"    {frame.line}"
    yield _named(error)
    if isinstance(error, BaseExceptionGroup):
        for number, part in enumerate(error.exceptions, 1):
            yield f"  part {number} of {len(error.exceptions)}"
            yield from (f"  {line}" for line in _told(part, seen))


def _named(error: BaseException) -> str:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    name = module + kind.__qualname__
    if getattr(kind, "log_safe", False) is True:
        return f"{name}: {error}"
    code = _code(error)
    return f"{name} [{code}]" if code else name


def _code(error: BaseException) -> str | None:
    """A symbol such as ENOENT, SQLITE_BUSY, 23505 or channel_not_found: never a text."""
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno)
    answer = getattr(getattr(error, "response", None), "data", None)  # SlackApiError
    found = answer.get("error") if isinstance(answer, dict) else None
    for code in (found, getattr(error, "sqlite_errorname", None), getattr(error, "sqlstate", None)):
        if isinstance(code, str) and _CODE.fullmatch(code):
            return code
    return None
