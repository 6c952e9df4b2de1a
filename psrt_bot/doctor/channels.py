"""Are the configured channels private, the workspace's own, alive, and is the bot inside?"""

from collections.abc import Iterator, Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.doctor.findings import Finding, bad, good, note
from psrt_bot.runtime.slack import FAILURES, judge
from psrt_bot.settings import Settings

INVITE = "type /invite @psrt-bot there"
SHARED = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")


def of_channels(client: WebClient | None, settings: Settings) -> Iterator[Finding]:
    """Yield findings about each channel.

    Args:
        client: None where there is no token to ask with; then only what is not set is told.
    """
    if settings.team_channel is None:
        yield bad("PSRT_CHANNEL is not set", "name the team's private channel")
    if settings.admin_channel is None:
        yield note(
            "PSRT_ADMIN_CHANNEL is not set: admins hear everything by direct message",
            "name the admins' private channel",
        )
    if client is None:
        return
    for name, channel in (
        ("PSRT_CHANNEL", settings.team_channel),
        ("PSRT_ADMIN_CHANNEL", settings.admin_channel),
        ("PSRT_COUNCIL_CHANNEL", settings.council_channel),
        *(("PSRT_MEMBER_CHANNELS", channel) for channel in settings.member_channels),
    ):
        if channel:
            yield _channel(client, f"{name} {channel}", channel)


def _channel(client: WebClient, name: str, channel: str) -> Finding:
    try:
        info = client.conversations_info(channel=channel)["channel"]
    except SlackApiError as error:
        return _refused(error, name)
    except FAILURES as error:
        return bad(f"{name} cannot be looked at ({judge(error).code})", "try again in a minute")
    return _unfit(info, name) or good(f"{name} is private and the bot is inside")


def _unfit(info: Mapping[str, Any], name: str) -> Finding | None:
    if not info.get("is_private"):
        return bad(f"{name} is public", "name a private channel")
    if any(info.get(mark) for mark in SHARED):
        return bad(f"{name} is shared with another workspace", "name one that is not")
    if info.get("is_archived"):
        return bad(f"{name} is archived", "name a living channel")
    return None if info.get("is_member") else bad(f"{name}: the bot is not inside", INVITE)


def _refused(error: SlackApiError, name: str) -> Finding:
    code = judge(error).code
    # Slack asks for channels:read, which the bot must not have, for public channels alone. A token
    # without any scope of this kind is told all four at once.
    if code == "missing_scope" and error.response.get("needed") == "channels:read":
        return bad(f"{name} is public", "name a private channel")
    if code == "channel_not_found":
        return bad(
            f"{name}: there is no such channel, or the bot is not inside", f"check the id; {INVITE}"
        )
    if code == "missing_scope":
        return bad(f"{name} cannot be looked at (missing_scope)", "add the missing scopes first")
    return bad(f"{name} cannot be looked at ({code})", "try again in a minute")
