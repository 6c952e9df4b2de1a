"""Where a window looks: a channel, a direct message, an app's Home or its messages."""

from __future__ import annotations

from dataclasses import dataclass

from psrt_bot.sandbox import rooms
from psrt_bot.sandbox.model import App, Channel, User
from psrt_bot.sandbox.page.places import Sidebar
from psrt_bot.sandbox.page.seeing import Face, face
from psrt_bot.sandbox.state import State


@dataclass(frozen=True)
class Spot:
    """A place as one person sees it. `channel` is None for a direct message not opened yet."""

    key: str
    kind: str
    title: str
    channel: Channel | None
    partner: str = ""
    app: App | None = None
    tab: str = "messages"
    topic: str = ""
    members: tuple[Face, ...] = ()
    joined: bool = True

    @property
    def writable(self) -> bool:
        """Whether the composer stands here: commands can be typed even where one only reads."""
        return self.joined and self.tab == "messages" and not self._archived

    @property
    def _archived(self) -> bool:
        return self.channel is not None and self.channel.is_archived

    @property
    def tabs(self) -> tuple[str, ...]:
        """The tabs of an app; none elsewhere."""
        if self.app is None:
            return ()
        return ("home", "messages", "about") if self.app.home_enabled else ("messages", "about")


def find(state: State, user: User, key: str, tab: str) -> Spot | None:
    """The place of this key, or None when there is none that this person may see."""
    kind, _, rest = key.partition("-")
    if kind == "app" and rest in state.apps:
        return _app(state, user, state.apps[rest], tab)
    if kind == "dm" and rest in state.users:
        return _direct(state, user, state.users[rest])
    channel = state.channels.get(key)
    if channel is None or not rooms.visible(channel, user.id):
        return None
    if channel.kind == "im":
        partner = next((m for m in channel.members if m != user.id), user.id)
        app = state.app_of_user(partner)
        return _app(state, user, app, tab) if app else _direct(state, user, state.users[partner])
    members = tuple(face(state.users[m]) for m in channel.members)
    title = channel.name if channel.kind != "mpim" else ", ".join(m.name for m in members)
    return Spot(
        channel.id,
        channel.kind,
        title,
        channel,
        topic=channel.topic,
        members=members,
        joined=user.id in channel.members,
    )


def _app(state: State, user: User, app: App, tab: str) -> Spot:
    there = rooms.existing(state, user.id, app.bot_user_id)
    described = app.manifest.get("display_information", {}).get("description", "")
    spot = Spot(f"app-{app.id}", "app", app.name, there, app.bot_user_id, app, topic=described)
    wanted = tab or ("messages" if there and there.messages else "home")
    chosen = wanted if wanted in spot.tabs else spot.tabs[0]
    return Spot(**{**spot.__dict__, "tab": chosen})


def _direct(state: State, user: User, partner: User) -> Spot | None:
    if partner.deleted and rooms.existing(state, user.id, partner.id) is None:
        return None
    there = rooms.existing(state, user.id, partner.id)
    return Spot(f"dm-{partner.id}", "im", face(partner).name, there, partner.id)


def first(sidebar: Sidebar, wanted: str) -> str:
    """The key of the channel or app of this name if the person has it, else of the first place."""
    for place in (*sidebar.channels, *sidebar.apps):
        if place.name == wanted:
            return place.key
    return sidebar.all[0].key if sidebar.all else ""


def opened(state: State, user: User, spot: Spot) -> Channel:
    """The conversation of a spot, opened now if it was not."""
    return spot.channel or rooms.direct(state, user.id, spot.partner)
