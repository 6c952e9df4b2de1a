"""How each kind of outbox row becomes Slack calls. What is promised of each: DESIGN section 4."""

import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.called import told
from psrt_bot.runtime.neutral import delete_file, make_neutral, replacement
from psrt_bot.runtime.outbox import DIRECT, GROUP, Kind
from psrt_bot.runtime.slack import WORKER_TIMEOUT, Failure, judge
from psrt_bot.runtime.waking import those_awake
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


class Keep(Protocol):
    """Say before a call that must not happen twice that this worker still has the row.

    Args:
        progress: what a later try must know.

    Raises:
        TakenOver: another worker has it.
    """

    def __call__(self, progress: dict[str, Any] | None = None) -> None: ...


@dataclass(frozen=True)
class Sent:
    """Where a message stands now; None where that is unknown or nothing was to be sent.

    Args:
        rest_at: when the rest of a fan-out may be sent.
        refused: Slack's error codes of those of a fan-out who cannot be reached; nobody's name.
    """

    channel: str | None = None
    ts: str | None = None
    dropped: bool = False
    rest_at: datetime | None = None
    refused: tuple[str, ...] = ()


DROPPED = Sent(dropped=True)


class _Place(Enum):
    """How far a file got."""

    NOWHERE = auto()
    UPLOADED = auto()
    SHARED = auto()


class Sender:
    """Carries out outbox rows with one client. Raises what the client raises; retries nothing.

    Args:
        prefix: stands before the names of slash commands.
    """

    def __init__(
        self, database: Database, client: WebClient, renderers: Renderers, prefix: str = ""
    ) -> None:
        self._database = database
        self._client = client
        self._renderers = renderers
        self._prefix = prefix
        self._direct: dict[str, str] = {}  # user ids -> D… or G…; Slack never changes it

    def send(self, row: OutboxRow, now: datetime, keep: Keep) -> Sent:
        """Make the calls that ``row`` owes."""
        with self._database.reading() as session:
            neutral = replacement(session, row)
        if neutral is not None:
            if row.kind != Kind.MESSAGE:
                return DROPPED
            row.payload = neutral
        match Kind(row.kind):
            case Kind.MESSAGE:
                return self._message(row, keep)
            case Kind.UPDATE:
                return self._update(row)
            case Kind.FILE:
                return self._file(row, keep)
            case Kind.FAN_OUT:
                return self._fan_out(row, now, keep)
            case Kind.HOME:
                return self._home(row, now)
            case Kind.INVITE:
                return self._invite(row)
            case Kind.KICK:
                return self._kick(row)
            case Kind.NEUTRAL:
                return self._neutral(row)
            case Kind.FILE_GONE:
                return self._file_gone(row, keep)

    def _message(self, row: OutboxRow, keep: Keep) -> Sent:
        if row.conversation.startswith(DIRECT):
            user = row.conversation.removeprefix(DIRECT)
            look_first = row.ambiguous_at is not None
            return self._direct_message(user, row.payload, row.id, keep, look_first=look_first)
        channel = self._place(row.conversation)
        answer = self._client.chat_postMessage(
            channel=channel,
            thread_ts=self._thread(row),
            client_msg_id=str(uuid.uuid5(uuid.NAMESPACE_OID, row.id)),
            **self._quiet(row.payload),
        )
        return Sent(channel, answer["ts"])

    def _direct_message(
        self, user: str, payload: Mapping[str, Any], mark: str, keep: Keep, *, look_first: bool
    ) -> Sent:
        channel = self._channel_of(user)
        if look_first and (ts := self._find(channel, mark)):
            return Sent(channel, ts)
        keep()
        metadata = {"event_type": METADATA_EVENT, "event_payload": {"id": mark}}
        answer = self._client.chat_postMessage(
            channel=channel, metadata=metadata, **self._quiet(payload)
        )
        return Sent(channel, answer["ts"])

    def _channel_of(self, users: str) -> str:
        """Return where somebody is written to; several, with commas, are written to together."""
        if users not in self._direct:
            answer = self._client.conversations_open(users=users)
            self._direct[users] = answer["channel"]["id"]
        return self._direct[users]

    def _place(self, conversation: str) -> str:
        """Return the channel of a row's conversation, opened where it is people's."""
        for kind in (DIRECT, GROUP):
            if conversation.startswith(kind):
                return self._channel_of(conversation.removeprefix(kind))
        return conversation

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
            text=told(row.payload["text"], self._prefix),
            blocks=told(row.payload["blocks"], self._prefix),
        )
        return Sent(place.channel, place.ts)

    def _file(self, row: OutboxRow, keep: Keep) -> Sent:
        with self._database.reading() as session:
            file = self._renderers.files[row.payload["renderer"]](session, row.payload["argument"])
        if file is None:
            return DROPPED
        channel = self._place(row.conversation)
        known = row.progress.get("file_id") if row.progress.get("uploaded") else None
        place = self._where_is(known, channel) if known else _Place.NOWHERE
        if place is _Place.SHARED:
            return Sent(channel)
        if known is None or place is _Place.NOWHERE:
            known = self._upload(file, keep)
        keep()
        self._client.files_completeUploadExternal(
            files=[{"id": known, "title": file.title}],
            channel_id=channel,
            thread_ts=self._thread(row),
            initial_comment=told(file.comment, self._prefix),
        )
        return Sent(channel)

    def _upload(self, file: File, keep: Keep) -> str:
        """Bring the bytes to Slack, where nobody sees them yet, and return the file's id."""
        place = self._client.files_getUploadURLExternal(
            filename=file.name, length=len(file.content)
        )
        file_id: str = place["file_id"]
        request = urllib.request.Request(  # noqa: S310 -- the address is Slack's answer
            place["upload_url"], data=file.content, method="POST"
        )
        with urllib.request.urlopen(request, timeout=WORKER_TIMEOUT):  # noqa: S310
            pass
        keep({"file_id": file_id, "uploaded": True})
        return file_id

    def _where_is(self, file_id: str, channel: str) -> "_Place":
        """Ask what became of a file whose sharing was not answered."""
        try:
            info = self._client.files_info(file=file_id)["file"]
        except SlackApiError as error:
            code = judge(error).code
            if code == "file_deleted":
                return _Place.SHARED  # and somebody removed it since
            if code == "file_not_found":
                return _Place.NOWHERE  # Slack forgets what was never completed
            raise
        places = [*info.get("channels", []), *info.get("groups", []), *info.get("ims", [])]
        return _Place.SHARED if channel in places else _Place.UPLOADED

    def _fan_out(self, row: OutboxRow, now: datetime, keep: Keep) -> Sent:
        expand = self._renderers.expanders[row.payload["expander"]]
        with self._database.reading() as session:
            # A reminder that comes late waits for the morning, for each where they are.
            awake, later = those_awake(session, now, row.payload["users"])
            messages = expand(session, now, awake)
        # On a second try some were reached already; only their own conversations tell which.
        again = bool(row.progress.get("begun"))
        keep({"begun": True})
        refused = []
        for user, message in messages.items():
            try:
                self._direct_message(user, message.payload(), row.id, keep, look_first=again)
            except SlackApiError as error:
                verdict = judge(error)
                if verdict.failure is not Failure.FINAL:
                    raise
                refused.append(verdict.code)  # one who cannot be reached holds up nobody
        return Sent(rest_at=later, refused=tuple(refused))

    def _home(self, row: OutboxRow, now: datetime) -> Sent:
        user = row.payload["user"]
        with self._database.reading() as session:
            view = self._renderers.home(session, now, user)
        if view is None:
            return DROPPED
        self._client.views_publish(user_id=user, view=told(view, self._prefix))
        return Sent()

    def _invite(self, row: OutboxRow) -> Sent:
        try:
            self._client.conversations_invite(
                channel=row.payload["channel"], users=row.payload["user"]
            )
        except SlackApiError as error:
            if judge(error).code != "already_in_channel":
                raise
        return Sent()

    def _kick(self, row: OutboxRow) -> Sent:
        try:
            self._client.conversations_kick(
                channel=row.payload["channel"], user=row.payload["user"]
            )
        except SlackApiError as error:
            if judge(error).code != "not_in_channel":
                raise
        return Sent()

    def _neutral(self, row: OutboxRow) -> Sent:
        place = self._posted(row.slot)
        if place is None or not make_neutral(self._client, place, row.payload):
            return DROPPED
        return Sent(place.channel, place.ts)

    def _file_gone(self, row: OutboxRow, keep: Keep) -> Sent:
        with self._database.reading() as session:
            owed = select(OutboxRow).where(col(OutboxRow.id) == row.payload["row"])
            file_id = session.scalars(owed).one().progress.get("file_id")
        if file_id is None or not delete_file(self._client, file_id, row.progress, keep):
            return DROPPED
        return Sent(row.conversation)

    def _thread(self, row: OutboxRow) -> str | None:
        place = self._posted(row.thread_slot)
        return place.ts if place else None

    def _posted(self, slot: str | None) -> Posted | None:
        if slot is None:
            return None
        with self._database.reading() as session:
            return session.get(Posted, slot)

    def _quiet(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return message arguments without previews of links, which fetch what is embargoed."""
        said: dict[str, Any] = {"text": told(payload["text"], self._prefix)}
        if payload["blocks"]:
            said["blocks"] = told(payload["blocks"], self._prefix)
        return said | {"unfurl_links": False, "unfurl_media": False}
