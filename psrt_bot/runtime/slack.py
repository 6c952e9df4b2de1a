"""How a failed Slack call is read: did it take effect, and is trying again of any use?"""

import http.client
import urllib.error
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

WORKER_TIMEOUT = 10  # seconds; well below a lease
VIEW_TIMEOUT = 2  # seconds; a trigger lives 3

# Slack's own words for "not your fault, not now" (docs.slack.dev/reference/methods, common errors).
PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "service_unavailable",
        "team_added_to_org",
        "accesslimited",
        "internal_error",
        "fatal_error",
        "request_timeout",
    }
)
DID_PERHAPS_TAKE_EFFECT = frozenset({"internal_error", "fatal_error", "request_timeout"})
UNUSABLE_TOKEN = frozenset(
    {"invalid_auth", "token_revoked", "account_inactive", "not_authed", "token_expired"}
)
# Mended by an admin, not by time: what is owed waits for that, however long it takes.
WAITS_FOR_ADMINS = UNUSABLE_TOKEN | {"missing_scope", "not_allowed_token_type"}
# The same for everything that goes to people directly, with words that say what is wrong.
UNFIT_DIRECT = {"messages_tab_disabled": "the app's Messages tab is off"}
# A channel that may become fit again, with the words that follow its name.
UNFIT_CHANNEL = {
    "not_in_channel": "the bot is not in it",
    "channel_not_found": "the bot is not in it",
    "is_archived": "it is archived",
    "posting_to_channel_denied": "it is archived",
    "restricted_action": "apps may not post in it",
}

# Why Slack lets nobody be invited or removed, as words for an admin (docs.slack.dev, the errors of
# conversations.invite and conversations.kick).
PLACE_REFUSALS = UNFIT_CHANNEL | {
    "restricted_action": "the workspace's settings do not let the bot do it",
    "restricted_action_read_only_channel": "the workspace's settings do not let the bot do it",
    "no_permission": "the workspace's settings do not let the bot do it",
    "missing_scope": "the app lacks the scope groups:write; install it again with the manifest",
    "cant_invite": "Slack does not let this person be invited here",
    "cant_invite_self": "that is the bot itself",
    "cant_kick_self": "that is the bot itself",
    "user_is_restricted": "they are a guest, and guests may not be invited here",
    "ura_max_channels": "they are a guest of one channel",
    "user_not_found": "Slack does not know them, or their account is deactivated",
    "invitee_cant_see_channel": "they are of a workspace that does not have this channel",
    "too_many_users": "the channel is full",
}


def place_refusal(code: str) -> str:
    """Return why an invitation or a removal was refused, as words for an admin."""
    return PLACE_REFUSALS.get(code, f"Slack says {code}")


@unique
class Failure(StrEnum):
    """What a failure means for the effect that was asked for."""

    LATER = "later"  # certainly without effect
    AMBIGUOUS = "ambiguous"  # the answer was lost; the effect may have happened
    FINAL = "final"  # refused; asking again gives the same answer


@dataclass(frozen=True)
class Verdict:
    """How one failure is read.

    Args:
        code: Slack's error code or the name of the network error; safe for logs.
        wait: how long Slack asked to wait, if it did.
    """

    failure: Failure
    code: str
    wait: timedelta | None = None


FAILURES = (SlackClientError, OSError, http.client.HTTPException)  # what a Slack call may raise


def new_client(token: str | None, base_url: str, *, timeout: int = WORKER_TIMEOUT) -> WebClient:
    """Return a Web API client that never repeats a call by itself.

    The SDK's default handler re-sends a post whose answer was lost (STYLE.md, traps).
    """
    return WebClient(token=token, base_url=base_url, timeout=timeout, retry_handlers=[])


def judge(error: Exception) -> Verdict:
    """Read a failure of a Slack call."""
    if isinstance(error, SlackApiError):
        return _judge_answer(error)
    if isinstance(error, urllib.error.HTTPError):
        return _judge_status(error)
    if isinstance(error, urllib.error.URLError) and isinstance(
        error.reason, ConnectionRefusedError | OSError
    ):
        return _judge_network(error.reason)
    return _judge_network(error)


def _judge_answer(error: SlackApiError) -> Verdict:
    response = error.response
    status = getattr(response, "status_code", 200)
    if status == 429:
        return _rate_limited((response.headers or {}).items())
    if status >= 500:
        return Verdict(Failure.AMBIGUOUS, f"http_{status}")
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error", "unknown_error"))[:80]
    if code in DID_PERHAPS_TAKE_EFFECT:
        return Verdict(Failure.AMBIGUOUS, code)
    if code in PASSING or code in WAITS_FOR_ADMINS or code in UNFIT_DIRECT or status != 200:
        return Verdict(Failure.LATER, code)
    return Verdict(Failure.FINAL, code)


def _judge_status(error: urllib.error.HTTPError) -> Verdict:
    """Read what no method of the Web API said: the address of an upload answers by status alone.

    A refusal there is about the bytes or the app, and a new address would say the same.
    """
    code = f"http_{error.code}"
    if error.code == 429:
        return _rate_limited(error.headers.items())
    if error.code == 408:  # the request did not arrive whole
        return Verdict(Failure.LATER, code)
    return Verdict(Failure.FINAL if 400 <= error.code < 500 else Failure.AMBIGUOUS, code)


def _rate_limited(headers: Iterable[tuple[str, Any]]) -> Verdict:
    """Wait as long as Slack asks; half a minute where it does not say."""
    seconds = {key.lower(): value for key, value in headers}.get("retry-after", "30")
    value = seconds[0] if isinstance(seconds, list) else seconds
    wait = timedelta(seconds=int(value)) if str(value).isdigit() else timedelta(seconds=30)
    return Verdict(Failure.LATER, "ratelimited", wait)


def _judge_network(reason: BaseException) -> Verdict:
    name = type(reason).__name__
    if isinstance(reason, ConnectionRefusedError) or name == "gaierror":
        return Verdict(Failure.LATER, name)
    return Verdict(Failure.AMBIGUOUS, name)
