"""What one person sees of a conversation, as rows for the template."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from psrt_bot.sandbox.filing import readable
from psrt_bot.sandbox.model import Channel, File, Json, Message, User
from psrt_bot.sandbox.page.mrkdwn import Writer
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State

AVATARS = 10
TOGETHER_SECONDS = 300
PREVIEW_BYTES = 65_536
NEAR = {0: "Today", 1: "Yesterday"}


@dataclass(frozen=True)
class Face:
    """A person or an app as it is drawn: name, initials, the number of a colour."""

    id: str
    name: str
    handle: str
    initials: str
    colour: int
    is_app: bool
    away: bool


@dataclass(frozen=True)
class SharedFile:
    """A file under a message. `text` is its content when it can be shown as text."""

    id: str
    name: str
    title: str
    size: str
    deleted: bool
    text: str | None = None


@dataclass(frozen=True)
class Row:
    """One message before a reader."""

    key: str
    message: Message
    author: Face
    body: Markup
    clock: str
    full_time: str
    day: str | None
    compact: bool
    ephemeral: bool
    tombstone: bool
    files: tuple[SharedFile, ...]
    replies: tuple[Row, ...] = ()
    replied: str = ""

    @property
    def blocks(self) -> list[Json]:
        """The blocks; without any the text is shown."""
        return self.message.blocks


def clock_of(moment: datetime) -> str:
    """A time as Slack's client shows it at first, and as the dates in messages are: 6:56 PM."""
    return f"{moment.hour % 12 or 12}:{moment:%M %p}"


def face(user: User) -> Face:
    """How a user is drawn."""
    name = user.display_name or user.real_name
    words = [w for w in name.replace("-", " ").split() if w[0].isalnum()]
    letters = "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words))
    colour = sum(ord(c) * (i + 3) for i, c in enumerate(user.id)) % AVATARS
    return Face(
        user.id,
        name,
        user.name,
        letters.upper() or "?",
        colour,
        user.is_bot or user.name == "slackbot",
        user.deleted,
    )


@dataclass
class Reader:
    """Somebody who reads: their zone, and a writer of text for them."""

    state: State
    user: User
    writer: Writer = field(init=False)
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.state, self.user)
        self.zone = ZoneInfo(self.user.tz)

    def local(self, ts: str) -> datetime:
        """The moment of a message in the reader's zone."""
        return datetime.fromtimestamp(float(ts), UTC).astimezone(self.zone)

    def day(self, moment: datetime) -> str:
        """A day as a heading: Today, Yesterday, or its date."""
        days = (self.state.now().astimezone(self.zone).date() - moment.date()).days
        return NEAR.get(days) or f"{moment:%A}, {moment.day} {moment:%B %Y}"

    def rows(self, channel: Channel) -> tuple[Row, ...]:
        """The conversation as the reader may see it, replies folded under their parents."""
        mine = [
            m
            for m in self.state.ephemerals
            if m.ephemeral_to == self.user.id and m.channel_id == channel.id
        ]
        shown = list(channel.messages.values()) if visible(channel, self.user.id) else []
        everything = sorted([*shown, *mine], key=lambda m: float(m.ts))
        threads: dict[str, list[Message]] = {}
        top = []
        known = channel.messages
        for message in everything:
            parent = message.thread_ts
            if parent and parent != message.ts and parent in known:
                threads.setdefault(parent, []).append(message)
                if not message.broadcast:
                    continue
            top.append(message)
        return self._rows(top, threads)

    def _rows(self, messages: list[Message], threads: dict[str, list[Message]]) -> tuple[Row, ...]:
        rows: list[Row] = []
        before: Message | None = None
        for message in messages:
            replies = self._rows(threads.get(message.ts, []), {})
            rows.append(self._row(message, before, replies, bool(rows and rows[-1].replies)))
            before = message
        return tuple(rows)

    def _row(
        self,
        message: Message,
        before: Message | None,
        replies: tuple[Row, ...],
        after_thread: bool,
    ) -> Row:
        moment = self.local(message.ts)
        last = self.local(before.ts) if before else None
        new_day = last is None or last.date() != moment.date()
        ephemeral = bool(message.ephemeral_to)
        together = (
            before is not None
            and not new_day
            and not after_thread
            and before.user_id == message.user_id
            and bool(before.ephemeral_to) == ephemeral
            and float(message.ts) - float(before.ts) < TOGETHER_SECONDS
        )
        return Row(
            key=f"{'e' if ephemeral else 'm'}-{message.ts.replace('.', '-')}",
            message=message,
            author=face(self.state.users[message.user_id]),
            body=self.writer.mrkdwn(message.text),
            clock=clock_of(moment),
            full_time=f"{moment:%A} {moment.day} {moment:%B %Y}, {clock_of(moment)}",
            day=self.day(moment) if new_day else None,
            compact=together,
            ephemeral=ephemeral,
            tombstone=message.subtype == "tombstone",
            files=tuple(self._file(file) for file in message.files),
            replies=replies,
            replied=self._when(replies[-1]) if replies else "",
        )

    def _when(self, row: Row) -> str:
        moment = self.local(row.message.ts)
        day = self.day(moment)
        return f"{day.lower() if day in NEAR.values() else day} at {row.clock}"

    def _file(self, file: File) -> SharedFile:
        text = None
        if file.content and readable(self.state, file, self.user.id):
            try:
                text = file.content[:PREVIEW_BYTES].decode()
            except UnicodeDecodeError:
                text = None
        gone = file.deleted or file.content is None
        return SharedFile(file.id, file.name, file.title or file.name, sized(file.size), gone, text)


def sized(count: int) -> str:
    """A number of bytes for people."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
