"""The sidebar: which conversations a person has, what is unread, who else there is."""

from __future__ import annotations

from dataclasses import dataclass

from psrt_bot.sandbox import rooms
from psrt_bot.sandbox.model import App, Channel, User
from psrt_bot.sandbox.page.seeing import Face, face
from psrt_bot.sandbox.state import State


@dataclass(frozen=True)
class Place:
    """An entry of the sidebar."""

    key: str
    name: str
    kind: str
    unread: int
    joined: bool = True
    face: Face | None = None
    app_id: str = ""


class Reads:
    """Up to where each person has read each conversation."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], float] = {}

    def mark(self, user_id: str, channel: Channel) -> None:
        """Everything that stands there now has been read."""
        if channel.messages:
            self._read[user_id, channel.id] = max(float(ts) for ts in channel.messages)

    def unread(self, user_id: str, channel: Channel) -> int:
        """How many messages by others came since; replies within threads do not count."""
        since = self._read.get((user_id, channel.id), 0.0)
        return sum(
            float(m.ts) > since and m.user_id != user_id and m.thread_ts in (None, m.ts)
            for m in channel.messages.values()
        )

    def saved(self) -> list[tuple[str, str, float]]:
        """All marks, to be kept."""
        return [(user, channel, at) for (user, channel), at in self._read.items()]

    def restore(self, marks: list[tuple[str, str, float]]) -> None:
        """Take up marks that were kept."""
        self._read = {(user, channel): at for user, channel, at in marks}


@dataclass(frozen=True)
class Sidebar:
    """What a person can go to."""

    channels: tuple[Place, ...]
    directs: tuple[Place, ...]
    apps: tuple[Place, ...]
    others: tuple[Face, ...]
    """People they have no conversation with yet."""

    @property
    def all(self) -> tuple[Place, ...]:
        """Every place."""
        return (*self.channels, *self.directs, *self.apps)


def people(state: State) -> list[User]:
    """Who can sit before the page: everybody but bots and who has left."""
    return [
        u for u in state.users.values() if not u.is_bot and not u.deleted and u.name != "slackbot"
    ]


def sidebar(state: State, reads: Reads, user: User) -> Sidebar:
    """The sidebar of this person. Opens nothing."""
    channels, directs = [], []
    for channel in state.channels.values():
        if not rooms.visible(channel, user.id) or channel.is_archived:
            continue
        joined = user.id in channel.members
        unread = reads.unread(user.id, channel) if joined else 0
        if channel.kind in ("channel", "group"):
            channels.append(Place(channel.id, channel.name, channel.kind, unread, joined))
        elif channel.messages and not _is_with_an_app(state, channel, user):
            directs.append(_direct(state, channel, user, unread))
    known = {d.face.id for d in directs if d.face}
    return Sidebar(
        tuple(sorted(channels, key=lambda p: (not p.joined, p.name))),
        tuple(directs),
        tuple(_app(state, reads, user, app) for app in state.apps.values()),
        tuple(face(u) for u in people(state) if u.id not in known and u.id != user.id),
    )


def _is_with_an_app(state: State, channel: Channel, user: User) -> bool:
    """Whether this is somebody's direct message with an app, which stands among the apps."""
    return channel.kind == "im" and state.app_of_user(_partner(channel, user)) is not None


def _partner(channel: Channel, user: User) -> str:
    return next((m for m in channel.members if m != user.id), user.id)


def _direct(state: State, channel: Channel, user: User, unread: int) -> Place:
    names = ", ".join(face(state.users[m]).name for m in channel.members if m != user.id)
    partner = state.users[_partner(channel, user)]
    key = f"dm-{partner.id}" if channel.kind == "im" else channel.id
    return Place(key, names or face(user).name, channel.kind, unread, face=face(partner))


def _app(state: State, reads: Reads, user: User, app: App) -> Place:
    there = rooms.existing(state, user.id, app.bot_user_id)
    unread = reads.unread(user.id, there) if there else 0
    bot = face(state.users[app.bot_user_id])
    return Place(f"app-{app.id}", app.name, "app", unread, face=bot, app_id=app.id)
