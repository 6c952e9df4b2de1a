"""How each kind of outbox row becomes Slack calls. What is promised of each: DESIGN section 4."""

import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from slack_sdk import WebClient
from sqlmodel import Session

from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.outbox import DIRECT, Kind
from psrt_bot.runtime.slack import WORKER_TIMEOUT
from storage.engine import Database
from storage.runtime import OutboxRow, Posted

METADATA_EVENT = "psrt_outbox"
SEARCHED_MESSAGES = 200  # of a direct message, newest first, when an answer was lost


@dataclass(frozen=True)
class File:
    """A file rendered at delivery.

    Args:
        comment: the text that stands above it in the conversation.
    """

    name: str
    title: str
    content: bytes
    comment: str


Expander = Callable[[Session, datetime, list[str]], Mapping[str, Message]]
FileRenderer = Callable[[Session, str], File | None]
HomeRenderer = Callable[[Session, datetime, str], dict[str, Any] | None]


@dataclass(frozen=True)
class Renderers:
    """What ``app.py`` bound: how files, fanned-out messages and App Homes are made at delivery."""

    files: Mapping[str, FileRenderer]
    expanders: Mapping[str, Expander]
    home: HomeRenderer


class SaveProgress(Protocol):
    """Keep what a later try must know, before the next call is made."""

    def __call__(self, progress: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class Sent:
    """Where a message stands now; None where that is unknown or nothing was to be sent."""

    channel: str | None = None
    ts: str | None = None
    dropped: bool = False


DROPPED = Sent(dropped=True)


class Sender:
    """Carries out outbox rows with one client. Raises what the client raises; retries nothing."""

    def __init__(self, database: Database, client: WebClient, renderers: Renderers) -> None:
        self._database = database
        self._client = client
        self._renderers = renderers
        self._direct: dict[str, str] = {}  # user id -> D…; Slack never changes it

    def send(self, row: OutboxRow, now: datetime, save: SaveProgress) -> Sent:
        """Make the calls that ``row`` owes."""
        match Kind(row.kind):
            case Kind.MESSAGE:
                return self._message(row)
            case Kind.UPDATE:
                return self._update(row)
            case Kind.FILE:
                return self._file(row, save)
            case Kind.FAN_OUT:
                return self._fan_out(row, now)
            case Kind.HOME:
                return self._home(row, now)

    def _message(self, row: OutboxRow) -> Sent:
        if row.conversation.startswith(DIRECT):
            user = row.conversation.removeprefix(DIRECT)
            return self._direct_message(
                user, row.payload, row.id, look_first=row.ambiguous_at is not None
            )
        answer = self._client.chat_postMessage(
            channel=row.conversation,
            thread_ts=self._thread(row),
            client_msg_id=str(uuid.uuid5(uuid.NAMESPACE_OID, row.id)),
            **_quiet(row.payload),
        )
        return Sent(row.conversation, answer["ts"])

    def _direct_message(
        self, user: str, payload: Mapping[str, Any], mark: str, *, look_first: bool
    ) -> Sent:
        channel = self._channel_of(user)
        if look_first and (ts := self._find(channel, mark)):
            return Sent(channel, ts)
        metadata = {"event_type": METADATA_EVENT, "event_payload": {"id": mark}}
        answer = self._client.chat_postMessage(
            channel=channel, metadata=metadata, **_quiet(payload)
        )
        return Sent(channel, answer["ts"])

    def _channel_of(self, user: str) -> str:
        if user not in self._direct:
            answer = self._client.conversations_open(users=user)
            self._direct[user] = answer["channel"]["id"]
        return self._direct[user]

    def _find(self, channel: str, mark: str) -> str | None:
        answer = self._client.conversations_history(
            channel=channel, include_all_metadata=True, limit=SEARCHED_MESSAGES
        )
        for message in answer["messages"]:
            metadata = message.get("metadata") or {}
            if metadata.get("event_payload", {}).get("id") == mark:
                ts: str = message["ts"]
                return ts
        return None

    def _update(self, row: OutboxRow) -> Sent:
        place = self._posted(row.slot)
        if place is None:
            return DROPPED
        # Without blocks Slack keeps the old ones, so an empty list is said outright.
        self._client.chat_update(
            channel=place.channel,
            ts=place.ts,
            text=row.payload["text"],
            blocks=row.payload["blocks"],
        )
        return Sent(place.channel, place.ts)

    def _file(self, row: OutboxRow, save: SaveProgress) -> Sent:
        with self._database.reading() as session:
            file = self._renderers.files[row.payload["renderer"]](session, row.payload["argument"])
        if file is None:
            return DROPPED
        is_direct = row.conversation.startswith(DIRECT)
        channel = (
            self._channel_of(row.conversation.removeprefix(DIRECT))
            if is_direct
            else row.conversation
        )
        known = row.progress.get("file_id")
        if known and self._is_shared(known, channel):
            return Sent(channel)
        place = self._client.files_getUploadURLExternal(
            filename=file.name, length=len(file.content)
        )
        save({"file_id": place["file_id"]})
        request = urllib.request.Request(  # noqa: S310 -- the address is Slack's answer
            place["upload_url"], data=file.content, method="POST"
        )
        with urllib.request.urlopen(request, timeout=WORKER_TIMEOUT):  # noqa: S310
            pass
        self._client.files_completeUploadExternal(
            files=[{"id": place["file_id"], "title": file.title}],
            channel_id=channel,
            thread_ts=self._thread(row),
            initial_comment=file.comment,
        )
        return Sent(channel)

    def _is_shared(self, file_id: str, channel: str) -> bool:
        info = self._client.files_info(file=file_id)["file"]
        places = [*info.get("channels", []), *info.get("groups", []), *info.get("ims", [])]
        return channel in places

    def _fan_out(self, row: OutboxRow, now: datetime) -> Sent:
        expand = self._renderers.expanders[row.payload["expander"]]
        with self._database.reading() as session:
            messages = expand(session, now, row.payload["users"])
        # On a second try some were reached already; only their own conversations tell which.
        for user, message in messages.items():
            self._direct_message(user, message.payload(), row.id, look_first=row.attempts > 1)
        return Sent()

    def _home(self, row: OutboxRow, now: datetime) -> Sent:
        user = row.payload["user"]
        with self._database.reading() as session:
            view = self._renderers.home(session, now, user)
        if view is None:
            return DROPPED
        self._client.views_publish(user_id=user, view=view)
        return Sent()

    def _thread(self, row: OutboxRow) -> str | None:
        place = self._posted(row.thread_slot)
        return place.ts if place else None

    def _posted(self, slot: str | None) -> Posted | None:
        if slot is None:
            return None
        with self._database.reading() as session:
            return session.get(Posted, slot)


def _quiet(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return message arguments without link previews; a preview would fetch what is embargoed."""
    said: dict[str, Any] = {"text": payload["text"], "unfurl_links": False, "unfurl_media": False}
    if payload["blocks"]:
        said["blocks"] = payload["blocks"]
    return said
