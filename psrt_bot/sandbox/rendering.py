"""What text looks like to one reader: dates in their zone, mentions by name, escapes undone.

Source: https://docs.slack.dev/messaging/formatting-message-text. Only mrkdwn is rendered;
plain_text shows every character as it stands, a `<!date^...>` too. Stars, underscores and
backticks stay.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from psrt_bot.sandbox.model import User
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State

_MARKUP = re.compile(r"<([^<>]+)>")
_TOKEN = re.compile(r"\{(\w+)\}")
_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def rendered(state: State, reader: User, text: str, kind: str = "mrkdwn") -> str:
    """A text object's text as `reader` sees it; `kind` is its type."""
    if kind != "mrkdwn":
        return text
    return html.unescape(_MARKUP.sub(lambda found: _marked(state, reader, found[1]), text))


def _marked(state: State, reader: User, markup: str) -> str:
    """What stands between < and >: a date, a mention, a link."""
    inside, _, label = markup.partition("|")
    match inside[0]:
        case "!":
            return _special(state, reader, inside[1:], label)
        case "@":
            user = state.users.get(inside[1:])
            return f"@{user.display_name or user.real_name}" if user else f"<{markup}>"
        case "#":
            channel = state.channels.get(inside[1:])
            known = channel and visible(channel, reader.id)
            return f"#{channel.name}" if channel and known else "#private-channel"
        case _:
            return label or inside


def _special(state: State, reader: User, command: str, fallback: str) -> str:
    if not command.startswith("date^"):
        return f"@{fallback or command}"
    _, stamp, pattern, *_link = [*command.split("^"), "", ""]
    try:
        moment = datetime.fromtimestamp(int(stamp), UTC)
        zone = ZoneInfo(reader.tz)
        return _TOKEN.sub(
            lambda token: _part(token[1], moment.astimezone(zone), state.now().astimezone(zone)),
            pattern,
        )
    except (ValueError, KeyError, OverflowError):
        return fallback


def _part(token: str, moment: datetime, now: datetime) -> str:
    """One token of a date. Raises KeyError for one that Slack does not know."""
    if token.endswith("_pretty"):
        days = (moment.date() - now.date()) // timedelta(days=1)
        return _NEAR.get(days) or _part(token.removesuffix("_pretty"), moment, now)
    day = f"{moment:%B} {_ordinal(moment.day)}, {moment.year}"
    clock = f"{moment.hour % 12 or 12}:{moment:%M}"
    return {
        "date": day,
        "date_num": f"{moment:%Y-%m-%d}",
        "date_slash": f"{moment:%m/%d/%Y}",
        "date_short": f"{moment:%b} {moment.day}, {moment.year}",
        "date_long": f"{moment:%A}, {day}",
        "time": f"{clock} {moment:%p}",
        "time_secs": f"{clock}:{moment:%S} {moment:%p}",
    }[token]


def _ordinal(day: int) -> str:
    teens = 11 <= day <= 13
    return f"{day}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"
