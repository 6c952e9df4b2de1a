"""The slash commands that the installed apps' manifests declare, and reading a composer's line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psrt_bot.sandbox.model import User
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State

_SLASH = re.compile(r"/(\S+)(?:\s+(.*))?\Z", re.DOTALL)
_MENTION = re.compile(r"(?<![\w&])([@#])([\w.-]*\w)")
_ADDRESS = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)]")


@dataclass(frozen=True)
class Command:
    """One slash command as the composer offers it."""

    name: str
    usage: str
    description: str
    app: str


def offered(state: State) -> list[Command]:
    """All commands of all apps, by name."""
    found = [
        Command(
            str(c["command"]),
            str(c.get("usage_hint") or ""),
            str(c.get("description") or ""),
            app.name,
        )
        for app in state.apps.values()
        for c in app.manifest.get("features", {}).get("slash_commands", [])
    ]
    return sorted(found, key=lambda c: c.name)


def split(line: str) -> tuple[str, str] | None:
    """A command and its text, when a line is one."""
    found = _SLASH.match(line.strip())
    return (f"/{found[1]}", (found[2] or "").strip()) if found else None


def written(state: State, user: User, text: str) -> str:
    """What a person typed, as a message's text: escaped, with addresses, people and channels."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    pieces = _ADDRESS.split(safe)
    links = _ADDRESS.findall(safe)
    told = [_MENTION.sub(lambda found: _mentioned(state, user, found), piece) for piece in pieces]
    out = told[0]
    for address, piece in zip(links, told[1:], strict=True):
        out += f"<{address}>{piece}"
    return out


def _mentioned(state: State, user: User, found: re.Match[str]) -> str:
    sign, name = found[1], found[2]
    try:
        if sign == "@":
            return f"<@{state.user(name).id}>"
        channel = state.channel(name)
    except KeyError:
        return found[0]
    return f"<#{channel.id}|{channel.name}>" if visible(channel, user.id) else found[0]
