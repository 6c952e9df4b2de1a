"""What only Slack can tell: tokens, scopes, its clock. Channels: ``channels.py``."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from psrt_bot.doctor.channels import of_channels
from psrt_bot.doctor.findings import Finding, bad, good, note
from psrt_bot.manifest import SCOPES
from psrt_bot.runtime.slack import FAILURES, PASSING, UNUSABLE_TOKEN, judge, new_client
from psrt_bot.settings import Settings

SLACK_SKEW = timedelta(seconds=60)  # Slack's signatures are good for five minutes
REFUSED = UNUSABLE_TOKEN | {"not_allowed_token_type"}
_CODE = re.compile("[a-z_]+")  # how Slack names an error; anything else somebody else answered


def of_slack(settings: Settings) -> Iterator[Finding]:
    """Yield findings about tokens, scopes, clock and channels."""
    client: WebClient | None = None
    if settings.slack_bot_token is None:
        yield bad("SLACK_BOT_TOKEN is not set", "put the app's bot token into .env")
    else:
        client = new_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        try:
            answer = client.auth_test()
        except FAILURES as error:
            yield refused(error, "SLACK_BOT_TOKEN", settings.slack_api_url)
            client = None
            if judge(error).code not in REFUSED:
                return  # the same would be said of everything else
        else:
            yield good(f"bot token is of {answer.get('team', 'a workspace')}")
            yield from _scopes(answer)
            yield from _slack_clock(answer)
    yield from _way_in(settings)
    yield from of_channels(client, settings)


def refused(error: Exception, name: str, url: str) -> Finding:
    """Return what it means that Slack did not answer as it should.

    Args:
        name: the setting that was tried.
        url: where Slack was looked for.
    """
    code = judge(error).code
    if code in REFUSED:
        return bad(f"{name} is refused ({code})", "copy it anew from the app's page")
    if code in PASSING or code.startswith("http_5"):
        return bad(f"Slack cannot answer just now ({code})", "try again in a minute")
    if not isinstance(error, SlackApiError):
        return bad(f"Slack cannot be reached at {url} ({code})", "see the network, SLACK_API_URL")
    if not _CODE.fullmatch(code):
        return bad(f"what answers at {url} is not Slack", "see SLACK_API_URL and proxies")
    return bad(f"{name} cannot be checked ({code})", "see the app's page")


def _header(answer: SlackResponse, name: str) -> str | None:
    for key, value in answer.headers.items():
        if key.lower() == name:
            return str(value)
    return None


def _scopes(answer: SlackResponse) -> Iterator[Finding]:
    granted = _header(answer, "x-oauth-scopes")
    if granted is None:
        yield note("Slack did not tell the token's scopes", "compare with: psrt-bot manifest")
        return
    have = {scope.strip() for scope in granted.split(",") if scope.strip()}
    if missing := sorted(set(SCOPES) - have):
        yield bad(
            f"scopes missing: {', '.join(missing)}",
            "add them (psrt-bot manifest) and install the app anew",
        )
    if extra := sorted(have - set(SCOPES)):
        yield note(
            f"scopes nobody needs: {', '.join(extra)}",
            "take them from the app: a stolen token should be able to do little",
        )
    if not missing and not extra:
        yield good("exactly the scopes that are used")


def _slack_clock(answer: SlackResponse) -> Iterator[Finding]:
    stamp = _header(answer, "date")
    if stamp is None:
        return
    apart = abs(parsedate_to_datetime(stamp) - datetime.now(UTC))
    if apart > SLACK_SKEW:
        yield bad(f"clock is {apart.total_seconds():.0f} s off Slack's", "synchronise it (NTP)")
    else:
        yield good("clock agrees with Slack's")


def _way_in(settings: Settings) -> Iterator[Finding]:
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        yield bad(
            "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set",
            "set the first for `run`, the second for `run --http`",
        )
        return
    if settings.slack_signing_secret is not None:
        yield good("signing secret is set (HTTP mode)")
    if settings.slack_app_token is None:
        return
    token = settings.slack_app_token.get_secret_value()
    try:
        new_client(token, settings.slack_api_url).apps_connections_open(app_token=token)
    except FAILURES as error:
        yield refused(error, "SLACK_APP_TOKEN", settings.slack_api_url)
    else:
        yield good("app token opens Socket Mode")
