"""How a failed Slack call is read: certainly without effect, perhaps with one, or for good."""

import http.client
import urllib.error
from datetime import timedelta
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


def test_the_client_repeats_nothing() -> None:
    """No handler of the SDK sends a call a second time."""
    assert new_client("xoxb-test", "http://slack.example/api/").retry_handlers == []
