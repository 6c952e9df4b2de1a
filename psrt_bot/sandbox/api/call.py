"""One Web API call: its arguments, who makes it, and what every method asks of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from psrt_bot.sandbox.events import FAMILY
from psrt_bot.sandbox.model import App, Channel, Json, Kind, User
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State


@dataclass(frozen=True)
class Call:
    """A call under way. Arguments come from a form or from JSON; the readers here take both."""

    state: State
    app: App
    args: Json

    def text(self, name: str, default: str = "") -> str:
        """A text argument, or the default."""
        value = self.args.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """A text argument that must be there. Refuses with `invalid_arguments`."""
        if not (value := self.text(name)):
            raise Refusal("invalid_arguments", f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value: true, "true", 1 and "1" are true."""
        value = self.args.get(name)
        return default if value is None else str(value).lower() in ("true", "1")

    def parsed(self, name: str, code: str = "invalid_arguments") -> Any:
        """An argument that is JSON, as text in a form or as such. None when absent."""
        value = self.args.get(name)
        if not isinstance(value, str) or not value:
            return None if value == "" else value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(code) from None

    def need(self, *scopes: str) -> None:
        """Refuses with `missing_scope` unless the app has all of them."""
        if any(scope not in self.app.scopes for scope in scopes):
            provided = ",".join(sorted(self.app.scopes))
            raise Refusal("missing_scope", needed=",".join(scopes), provided=provided)

    def need_for(self, channel: Channel, right: str) -> None:
        """The scope of this kind of conversation: `groups:history` of a private channel."""
        self.need(f"{FAMILY[channel.kind]}:{right}")

    def channel(self, name: str = "channel", code: str = "channel_not_found") -> Channel:
        """A conversation the app may know of, by id. Private ones are known to members only."""
        found = self.state.channels.get(self.required(name))
        if found is None or not visible(found, self.app.bot_user_id):
            raise Refusal(code)
        return found

    def member_channel(self, name: str = "channel") -> Channel:
        """A conversation the app sits in."""
        found = self.channel(name)
        if self.app.bot_user_id not in found.members:
            raise Refusal("not_in_channel")
        return found

    def user(self, name: str = "user") -> User:
        """A person by id."""
        found = self.state.users.get(self.required(name))
        if found is None:
            raise Refusal("user_not_found")
        return found

    def page(self, rows: Sequence[Any], default: int = 100) -> tuple[list[Any], Json]:
        """One page of rows, and the `response_metadata` that leads to the next.

        Source: https://docs.slack.dev/apis/web-api/pagination
        """
        try:
            limit = int(self.text("limit") or default) or default
        except ValueError:
            raise Refusal("invalid_limit") from None
        if not 1 <= limit <= 1000:
            raise Refusal("invalid_limit")
        start = self._start()
        end = start + limit
        more = base64.b64encode(f"offset:{end}".encode()).decode() if end < len(rows) else ""
        return list(rows[start:end]), {"response_metadata": {"next_cursor": more}}

    def _start(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        try:
            return int(base64.b64decode(cursor, validate=True).decode().removeprefix("offset:"))
        except (binascii.Error, ValueError):
            raise Refusal("invalid_cursor") from None


@dataclass(frozen=True)
class Method:
    """A method of the Web API: what runs it, the scopes it always needs, its kind of token."""

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    app_level: bool = False


KINDS: dict[str, Kind] = {
    "public_channel": "channel",
    "private_channel": "group",
    "im": "im",
    "mpim": "mpim",
}
"""The `types` of conversations.list: https://docs.slack.dev/reference/methods/conversations.list"""
