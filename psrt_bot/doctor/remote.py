"""What only Slack can tell: tokens, scopes, channels, its clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from psrt_bot.doctor.findings import Finding, bad, good, note
from psrt_bot.manifest import SCOPES
from psrt_bot.runtime.slack import FAILURES, judge, new_client
from psrt_bot.settings import Settings

SLACK_SKEW = timedelta(seconds=60)  # Slack's signatures are good for five minutes


def of_slack(settings: Settings) -> Iterator[Finding]:
    """Yield findings about tokens, scopes and channels."""
    if settings.slack_bot_token is None:
        yield bad("SLACK_BOT_TOKEN is not set", "put the app's bot token into .env")
        return
    client = new_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    try:
        answer = client.auth_test()
    except FAILURES as error:
        yield _refused(error, "SLACK_BOT_TOKEN")
        return
    yield good(f"bot token is of {answer.get('team', 'a workspace')}")
    yield from _scopes(answer)
    yield from _slack_clock(answer)
    yield from _way_in(settings)
    for name, channel in (
        ("PSRT_CHANNEL", settings.team_channel),
        ("PSRT_ADMIN_CHANNEL", settings.admin_channel),
        ("PSRT_COUNCIL_CHANNEL", settings.council_channel),
        *(("PSRT_MEMBER_CHANNELS", channel) for channel in settings.member_channels),
    ):
        if channel:
            yield from _channel(client, name, channel)
        elif name == "PSRT_CHANNEL":
            yield bad("PSRT_CHANNEL is not set", "name the team's private channel")


def _refused(error: Exception, name: str) -> Finding:
    verdict = judge(error)
    if isinstance(error, SlackApiError) and error.response.status_code == 200:
        return bad(f"{name} is refused ({verdict.code})", "copy it anew from the app's page")
    return bad(f"Slack cannot be reached ({verdict.code})", "see the network and SLACK_API_URL")


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
    if settings.slack_app_token is None:
        yield good("signing secret is set (HTTP mode)")
        return
    token = settings.slack_app_token.get_secret_value()
    try:
        new_client(token, settings.slack_api_url).apps_connections_open(app_token=token)
    except FAILURES as error:
        yield _refused(error, "SLACK_APP_TOKEN")
    else:
        yield good("app token opens Socket Mode")


def _channel(client: WebClient, name: str, channel: str) -> Iterator[Finding]:
    try:
        info = client.conversations_info(channel=channel)["channel"]
    except SlackApiError as error:
        yield _channel_refused(error, name, channel)
        return
    except FAILURES as error:
        yield _refused(error, name)
        return
    if not info.get("is_private"):
        yield bad(f"{name} {channel} is public", "name a private channel")
    elif info.get("is_ext_shared") or info.get("is_shared") or info.get("is_org_shared"):
        yield bad(f"{name} {channel} is shared with another workspace", "name one that is not")
    elif info.get("is_archived"):
        yield bad(f"{name} {channel} is archived", "name a living channel")
    elif not info.get("is_member"):
        yield bad(f"{name} {channel}: the bot is not inside", "type /invite @psrt-bot there")
    else:
        yield good(f"{name} {channel} is private and the bot is inside")


def _channel_refused(error: SlackApiError, name: str, channel: str) -> Finding:
    code = judge(error).code
    # Slack asks for channels:read, which the bot must not have, for public channels alone.
    if code == "missing_scope" and "channels:read" in str(error.response.get("needed")):
        return bad(f"{name} {channel} is public", "name a private channel")
    if code == "channel_not_found":
        return bad(
            f"{name} {channel} is not there for the bot",
            "check the id, and type /invite @psrt-bot in the channel",
        )
    return bad(f"{name} {channel} cannot be looked at ({code})", "see the app's scopes")
