"""How a failed Slack call is read: certainly without effect, perhaps with one, or for good."""

import http.client
import io
import urllib.error
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from psrt_bot.runtime.slack import Failure, Verdict, judge, new_client


def answer(
    status: int = 200, error: str = "", headers: dict[str, Any] | None = None, data: Any = None
) -> SlackApiError:
    response = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="http://slack.example/api/chat.postMessage",
        req_args={},
        data=data if data is not None else {"ok": False, "error": error},
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("refused", response)


def status(code: int, headers: dict[str, str] | None = None) -> urllib.error.HTTPError:
    """What ``urlopen`` raises when the address of an upload answers with a status."""
    said = Message()
    for name, value in (headers or {}).items():
        said[name] = value
    return urllib.error.HTTPError("http://slack.example/upload", code, "No", said, io.BytesIO())


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (answer(error="channel_not_found"), Verdict(Failure.FINAL, "channel_not_found")),
        (answer(data={"ok": False}), Verdict(Failure.FINAL, "unknown_error")),
        (answer(error="x" * 99), Verdict(Failure.FINAL, "x" * 80)),
        (answer(error="service_unavailable"), Verdict(Failure.LATER, "service_unavailable")),
        (answer(error="invalid_auth"), Verdict(Failure.LATER, "invalid_auth")),
        (answer(error="missing_scope"), Verdict(Failure.LATER, "missing_scope")),
        (answer(error="internal_error"), Verdict(Failure.AMBIGUOUS, "internal_error")),
        (answer(error="fatal_error"), Verdict(Failure.AMBIGUOUS, "fatal_error")),
        (answer(404, "odd"), Verdict(Failure.LATER, "odd")),
        (answer(500), Verdict(Failure.AMBIGUOUS, "http_500")),
        (answer(503, "an odd page"), Verdict(Failure.AMBIGUOUS, "http_503")),
        (ConnectionRefusedError(), Verdict(Failure.LATER, "ConnectionRefusedError")),
        (
            urllib.error.URLError(ConnectionRefusedError()),
            Verdict(Failure.LATER, "ConnectionRefusedError"),
        ),
        (urllib.error.URLError(TimeoutError()), Verdict(Failure.AMBIGUOUS, "TimeoutError")),
        (urllib.error.URLError("odd"), Verdict(Failure.AMBIGUOUS, "URLError")),
        (TimeoutError(), Verdict(Failure.AMBIGUOUS, "TimeoutError")),
        (ConnectionResetError(), Verdict(Failure.AMBIGUOUS, "ConnectionResetError")),
        (status(500), Verdict(Failure.AMBIGUOUS, "http_500")),
        (status(503), Verdict(Failure.AMBIGUOUS, "http_503")),
        (status(400), Verdict(Failure.FINAL, "http_400")),
        (status(403), Verdict(Failure.FINAL, "http_403")),
        (status(404), Verdict(Failure.FINAL, "http_404")),
        (status(408), Verdict(Failure.LATER, "http_408")),
        (status(307), Verdict(Failure.AMBIGUOUS, "http_307")),
        (http.client.IncompleteRead(b""), Verdict(Failure.AMBIGUOUS, "IncompleteRead")),
    ],
)
def test_failures(error: Exception, verdict: Verdict) -> None:
    """Where an effect cannot be excluded, it is not."""
    assert judge(error) == verdict


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), (["8"], 8), ("0", 0), ("soon", 30), (None, 30), ("-1", 30)],
)
def test_retry_after(value: object, seconds: int) -> None:
    """What Slack says is obeyed to the second; half a minute where it says nothing sensible."""
    for name in ("Retry-After", "retry-after"):
        headers = {} if value is None else {name: value}
        found = judge(answer(429, "ratelimited", headers))
        assert found == Verdict(Failure.LATER, "ratelimited", timedelta(seconds=seconds))


@pytest.mark.parametrize(("value", "seconds"), [("120", 120), ("soon", 30), (None, 30)])
def test_retry_after_of_an_upload(value: str | None, seconds: int) -> None:
    """The address of an upload is obeyed as the Web API is."""
    for name in ("Retry-After", "retry-after"):
        found = judge(status(429, {} if value is None else {name: value}))
        assert found == Verdict(Failure.LATER, "ratelimited", timedelta(seconds=seconds))


def test_the_client_repeats_nothing() -> None:
    """No handler of the SDK sends a call a second time."""
    assert new_client("xoxb-test", "http://slack.example/api/").retry_handlers == []
