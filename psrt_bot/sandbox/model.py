"""What a workspace is made of: people, conversations, messages, views, files.

Plain records; the rules live beside them (posting, viewing, filing, rooms). Ids and fields are
Slack's: https://docs.slack.dev/reference/objects/user-object and its siblings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["channel", "group", "im", "mpim"]
PATIENCE = 10.0
"""Real seconds that a wait lasts at most, unless told otherwise: what holds is seen at once."""


@dataclass
class User:
    """A person or a bot. `team_id` differs from the workspace's for a stranger of Slack Connect."""

    id: str
    team_id: str
    name: str
    real_name: str
    tz: str = "Etc/UTC"
    display_name: str = ""
    email: str | None = None
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    app_id: str | None = None


@dataclass
class File:
    """An uploaded file. It is seen where a message shares it, and by who uploaded it."""

    id: str
    name: str
    size: int
    user_id: str
    created: datetime
    upload_key: str
    title: str = ""
    content: bytes | None = None
    completed: bool = False
    deleted: bool = False
    channels: list[str] = field(default_factory=list)


@dataclass
class Message:
    """A message of a conversation, or an ephemeral one of a single reader (`ephemeral_to`)."""

    channel_id: str
    ts: str
    user_id: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    bot_id: str | None = None
    app_id: str | None = None
    edited_ts: str | None = None
    files: list[File] = field(default_factory=list)
    ephemeral_to: str | None = None
    client_msg_id: str | None = None
    broadcast: bool = False
    unfurl_links: bool = True
    subtype: str | None = None
    version: int = 0


@dataclass
class Channel:
    """A conversation of any kind: public or private channel, direct or group direct message."""

    id: str
    name: str
    kind: Kind
    creator: str
    created: datetime
    members: list[str] = field(default_factory=list)
    topic: str = ""
    is_archived: bool = False
    is_ext_shared: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_private(self) -> bool:
        """Everything but a public channel is private."""
        return self.kind != "channel"


@dataclass
class View:
    """A modal or an App Home, with what its reader has entered so far."""

    id: str
    app_id: str
    user_id: str
    type: Literal["modal", "home"]
    source: Json
    hash: str
    seq: int
    root_view_id: str
    previous_view_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The blocks as they stand now."""
        blocks: list[Json] = self.source["blocks"]
        return blocks


@dataclass
class Trigger:
    """A trigger id: handed out with an interaction, exchanged once, within three real seconds."""

    app_id: str
    user_id: str
    born: float
    exchanged: bool = False
    view_id: str | None = None


@dataclass
class Hook:
    """A response_url: where it answers, for whom, how often it was used."""

    app_id: str
    user_id: str
    channel_id: str
    created: datetime
    origin: Message | None = None
    uses: int = 0


@dataclass(frozen=True)
class RecordedCall:
    """One Web API call as the tests read it back. `answer` is None when the connection was cut."""

    method: str
    args: Json
    app_id: str | None
    answer: Json | None
    at: datetime
    status: int = 200
    docs: str | None = None
    """The page of Slack's documentation a refusal follows."""
    number: int = 0
    """Its place in the order of everything, taken when the request arrived."""


@dataclass
class Delivered:
    """One delivery to an app as it is read back: what was sent, when, and what came of it."""

    number: int
    app_id: str
    kind: str
    payload: Json
    at: datetime
    attempt: int = 0
    ack: Any = None
    """A courier's Ack; None while the app is still being waited for."""
    acked: int | None = None
    """The ack's place in the order of everything, taken when it arrived (Socket Mode)."""


@dataclass
class App:
    """An installed app: its credentials, and what its manifest asked for.

    The manifest is Slack's: https://docs.slack.dev/reference/app-manifest
    """

    id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    manifest: Json
    deliver_url: str | None = None
    """Where signed HTTP requests go; None means Socket Mode."""
    scopes: frozenset[str] = frozenset()

    def _part(self, *path: str) -> Any:
        part: Any = self.manifest
        for name in path:
            part = part.get(name) if isinstance(part, dict) else None
        return part

    @property
    def commands(self) -> frozenset[str]:
        """The slash commands with their slash."""
        return frozenset(c["command"] for c in self._part("features", "slash_commands") or [])

    @property
    def events(self) -> frozenset[str]:
        """The bot events subscribed to."""
        return frozenset(self._part("settings", "event_subscriptions", "bot_events") or [])

    @property
    def home_enabled(self) -> bool:
        """Whether the App Home's Home tab is switched on."""
        return bool(self._part("features", "app_home", "home_tab_enabled"))

    @property
    def takes_messages(self) -> bool:
        """Whether people may write in the Messages tab, not only read."""
        read_only = self._part("features", "app_home", "messages_tab_read_only_enabled")
        return self.messages_enabled and read_only is not True

    @property
    def messages_enabled(self) -> bool:
        """Whether people and the app may exchange messages in its Messages tab."""
        return self._part("features", "app_home", "messages_tab_enabled") is not False
