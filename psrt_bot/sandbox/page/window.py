"""What one browser window shows: everything its template needs, read in one go under the lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psrt_bot.sandbox.filing import readable
from psrt_bot.sandbox.model import Json, User, View
from psrt_bot.sandbox.page import commands, places, spot
from psrt_bot.sandbox.page.config import Deadline, PageConfig
from psrt_bot.sandbox.page.faultline import SWITCHES, Faultline
from psrt_bot.sandbox.page.hood import KINDS, Hood
from psrt_bot.sandbox.page.places import Reads
from psrt_bot.sandbox.page.seeing import Reader, clock_of, face
from psrt_bot.sandbox.page.shown import Shown
from psrt_bot.sandbox.page.spot import Spot
from psrt_bot.sandbox.page.tour import Tour
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.workspace import Workspace


@dataclass
class Jump:
    """A move of the clock: from where on messages are new because of it, and up to where: what
    comes after somebody did something again may be their doing."""

    ts: float
    by: str
    until: float | None = None

    def brought(self, ts: str) -> bool:
        """Whether a message of this moment came with the move."""
        return float(ts) > self.ts and (self.until is None or float(ts) < self.until)


@dataclass
class Desk:
    """What all windows share: the workspace, the configuration, what is remembered between clicks.

    `trouble` keeps, by person and place, what went wrong with the last click there.
    """

    workspace: Workspace
    config: PageConfig
    reads: Reads = field(default_factory=Reads)
    trouble: dict[tuple[str, str], str] = field(default_factory=dict)
    checks: dict[tuple[str, str], tuple[bool, list[str]]] = field(default_factory=dict)
    jump: Jump | None = None
    preparing: str = ""
    """While the scene is being set: what is said instead of the page."""

    def __post_init__(self) -> None:
        self.tour = Tour(self.config.tour)
        self.faultline = Faultline(self.workspace)
        self.hood = Hood(self.state, self.config.mask)

    @property
    def state(self) -> State:
        """The workspace's records."""
        return self.workspace.state


@dataclass(frozen=True)
class Pane:
    """What the address says of the under-the-hood pane."""

    open: bool
    words: str
    kinds: frozenset[str]

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words.strip()) or self.kinds != frozenset(KINDS)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Pane:
        """Read it from an address."""
        chosen = frozenset(query.get("kinds", " ".join(KINDS)).split()) & set(KINDS)
        return cls("hood" in query, query.get("words", ""), chosen)


def context(desk: Desk, user: User, key: str, query: Mapping[str, str]) -> Json | None:
    """Everything for the template; None when there is no such place for this person."""
    state = desk.state
    with state.reading():
        here = spot.find(state, user, key, query.get("tab", ""))
        if here is None:
            return None
        if here.channel and here.tab == "messages":
            desk.reads.mark(user.id, here.channel)
        pane = Pane.of(query)
        reader = Reader(state, user)
        return {
            "workspace": state.name,
            "me": face(user),
            "note": desk.config.notes.get(user.name, ""),
            "zone": user.tz,
            "people": _people(desk),
            "sidebar": places.sidebar(state, desk.reads, user),
            "here": here,
            "rows": reader.rows(here.channel) if here.channel else (),
            "modal": _modal(desk, reader),
            "home": _home(desk, reader, here),
            "shown": lambda row: _in_message(desk, reader, row),
            "writer": reader.writer,
            "commands": commands.offered(state),
            "trouble": desk.trouble.get((user.id, "composer"), ""),
            "clock": _clock(desk, reader),
            "jump": _jumped(desk, reader),
            "tour": desk.tour,
            "pane": pane,
            "entries": _entries(desk, reader, pane),
            "switches": SWITCHES,
            "faults_on": desk.faultline.on,
            "file_check": desk.config.file_check,
            "checks": lambda file: desk.checks.get((user.id, file.id)),
            "has_hood": desk.config.show_hood,
            "kinds": KINDS,
        }


def _people(desk: Desk) -> list[tuple[str, list[Json]]]:
    """Everybody under their headings; without any configured there is one, which is empty."""
    groups = desk.config.groups
    heading = {name: title for title, names in groups for name in names}
    found: dict[str, list[Json]] = {title: [] for title, _ in groups}
    for user in places.people(desk.state):
        rest = "Others" if groups else ""
        found.setdefault(heading.get(user.name, rest), []).append(_person(desk, user))
    return [(title, people) for title, people in found.items() if people]


def _person(desk: Desk, user: User) -> Json:
    unread = sum(
        desk.reads.unread(user.id, c)
        for c in desk.state.channels.values()
        if c.kind in ("im", "mpim") and user.id in c.members
    )
    return {"face": face(user), "note": desk.config.notes.get(user.name, ""), "unread": unread}


def _shown(desk: Desk, reader: Reader, where: str, values: Json, view: View | None = None) -> Shown:
    return Shown(
        desk.state,
        reader,
        where,
        values,
        view.errors if view else {},
        desk.trouble.get((reader.user.id, where), ""),
    )


def _in_message(desk: Desk, reader: Reader, row: Any) -> Shown:
    where = f"message:{row.message.channel_id}:{row.message.ts}"
    return _shown(desk, reader, where, {})


def _modal(desk: Desk, reader: Reader) -> Json | None:
    stack = desk.state.stack(reader.user.id)
    if not stack:
        return None
    view = stack[-1]
    return {
        "view": view,
        "app": face(desk.state.users[desk.state.apps[view.app_id].bot_user_id]),
        "depth": len(stack),
        "shown": _shown(desk, reader, f"view:{view.id}", view.values, view),
    }


def _home(desk: Desk, reader: Reader, here: Spot) -> Json | None:
    if here.app is None or here.tab != "home":
        return None
    view = desk.state.homes.get((here.app.id, reader.user.id))
    if view is None:
        return {"view": None}
    return {"view": view, "shown": _shown(desk, reader, f"view:{view.id}", view.values, view)}


def _clock(desk: Desk, reader: Reader) -> Json | None:
    machine = desk.config.time
    if machine is None:
        return None
    now = desk.state.now().astimezone(reader.zone)
    coming = [d for d in machine.deadlines() if d.at > desk.state.now()]
    due = coming[0] if coming else None
    return {
        "weekday": f"{now:%a} ",
        "day": f"{now.day} {now:%b}",
        "year": f" {now:%Y}",
        "time": clock_of(now),
        "city": reader.user.tz.rpartition("/")[2].replace("_", " "),
        "iso": now.isoformat(timespec="minutes"),
        "next": _due(due, reader),
    }


def _due(due: Deadline | None, reader: Reader) -> str:
    """What falls due next, and when; empty for nothing."""
    if due is None:
        return ""
    local = due.at.astimezone(reader.zone)
    return f"{due.what}, {local:%a} {local.day} {local:%b}, {clock_of(local)}"


def _jumped(desk: Desk, reader: Reader) -> Json | None:
    """What came of the last move of the clock, as far as this person may see it."""
    if desk.jump is None:
        return None
    found: dict[str, int] = {}
    elsewhere = 0
    for channel in desk.state.channels.values():
        new = sum(desk.jump.brought(ts) for ts in channel.messages)
        if not new:
            continue
        if reader.user.id not in channel.members:
            elsewhere += new
        else:
            found[channel.id] = new
    seen = [(spot.find(desk.state, reader.user, key, ""), n) for key, n in found.items()]
    return {"by": desk.jump.by, "seen": [s for s in seen if s[0]], "elsewhere": elsewhere}


def _entries(desk: Desk, reader: Reader, pane: Pane) -> list[Json]:
    if not (pane.open and desk.config.show_hood):
        return []
    return [
        {"entry": e, "clock": f"{e.at.astimezone(reader.zone):%H:%M:%S}"}
        for e in desk.hood.entries(pane.words, pane.kinds)
    ]


def may_read(state: State, user: User, key: str) -> bool:
    """Whether this person may open this file now."""
    file = state.files.get(key)
    return file is not None and file.content is not None and readable(state, file, user.id)
