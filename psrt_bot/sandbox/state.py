"""All of a workspace's state behind one lock, with ids, look-ups and waiting for a change.

Everything that changes state does so inside `with state.changed():`, which wakes those who wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count

from psrt_bot.sandbox.faults import Faults
from psrt_bot.sandbox.model import (
    App,
    Channel,
    Delivered,
    File,
    Hook,
    Json,
    Message,
    RecordedCall,
    Trigger,
    User,
    View,
)
from psrt_bot.sandbox.rates import RateLimits

SLACKBOT = "USLACKBOT"
LOOK_SECONDS = 0.02
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class State:
    """The records of one workspace. `now` is the workspace's clock: aware UTC datetimes."""

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self.name = name
        self.now = now
        self.base_url = ""
        """`http://127.0.0.1:PORT/` while the workspace is served, else empty."""
        self.faults = Faults()
        self.rates = RateLimits(now)
        self.restricted: set[str] = set()
        """What a workspace preference forbids to apps; see `workspace.restrict`."""
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.apps: dict[str, App] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[str]] = {}
        """User id to the ids of the modals open before them, the visible one last."""
        self.homes: dict[tuple[str, str], View] = {}
        self.ephemerals: list[Message] = []
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.tickets: dict[str, str] = {}
        """Socket Mode addresses not used yet: ticket to app id."""
        self.recorded: list[RecordedCall] = []
        self.clock_off = timedelta(0)
        """How far Slack's own clock is from this machine's: its Date header and its signatures."""
        self.delivered: list[Delivered] = []
        """What was delivered to the apps, oldest first."""
        self.listeners: list[Callable[[], None]] = []
        """Called after every change, with the lock held: they must return at once."""
        self.notices: list[str] = []
        """The last outcomes, in words, for the messages of failed waits."""
        self.emit: Callable[[App, Json], None] = lambda _app, _event: None
        self._condition = threading.Condition(threading.RLock())
        self._serial = count(1)
        self._last_ts = 0
        self.team_id = self.new_id("T")
        self.domain = name.lower().replace(" ", "-")
        self.users[SLACKBOT] = User(SLACKBOT, self.team_id, "slackbot", "Slackbot")

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Hold the lock, and wake everybody who waits when done."""
        with self._condition:
            yield
            self._condition.notify_all()
            for listener in self.listeners:
                listener()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the lock to read several things that belong together."""
        with self._condition:
            yield

    def wait_for(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Wait until the predicate holds, at most `timeout` real seconds. False if it never did.

        Every change of the workspace wakes it; it also looks by itself now and then, for
        predicates about things outside (what a test's own app has received).
        """
        end = time.monotonic() + timeout
        with self._condition:
            while not (held := predicate()) and (left := end - time.monotonic()) > 0:
                self._condition.wait(min(left, LOOK_SECONDS))
            return held

    # ids and time

    def serial(self) -> int:
        """The next number; every id and version comes from this one row."""
        return next(self._serial)

    @property
    def marks(self) -> tuple[int, int]:
        """The next number, and the last message's time in microseconds: where to go on from."""
        number = self.serial()
        return number, self._last_ts

    def resume(self, serial: int, last_ts: int) -> None:
        """Go on from marks that were kept."""
        self._serial, self._last_ts = count(serial), last_ts

    def new_id(self, prefix: str) -> str:
        """A new id such as `U0PSRT00A1`: the prefix says what it names."""
        number, digits = self.serial(), ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return f"{prefix}0PSRT{digits:0>5}"

    def new_ts(self) -> str:
        """The next message timestamp: the workspace's time, always larger than the last."""
        self._last_ts = max(round(self.now().timestamp() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_trigger(self, app: App, user_id: str, view_id: str | None = None) -> str:
        """A trigger id of the form 13345224609.738474920.8088930838d88f008e0."""
        number = self.serial()
        key = f"{number}.{number * 7919}.{number * 2654435761 % 2**64:016x}"
        self.triggers[key] = Trigger(app.id, user_id, time.monotonic(), view_id=view_id)
        return key

    def new_hook(self, app: App, user_id: str, channel_id: str, origin: Message | None) -> str:
        """A response_url for an interaction, or the command, in this channel."""
        key = f"{self.serial():d}/{self.new_id('h')}"
        self.hooks[key] = Hook(app.id, user_id, channel_id, self.now(), origin)
        return f"{self.base_url}hooks/{key}"

    # look-ups

    def user(self, who: str) -> User:
        """A user by id or by name. Raises KeyError."""
        name = who.removeprefix("@")
        if name in self.users:
            return self.users[name]
        for user in self.users.values():
            if user.name == name:
                return user
        raise KeyError(f"no user {who!r} in {self.name}: {[u.name for u in self.users.values()]}")

    def channel(self, which: str) -> Channel:
        """A channel by id or by name, with or without `#`. Raises KeyError."""
        name = which.removeprefix("#")
        if name in self.channels:
            return self.channels[name]
        for channel in self.channels.values():
            if channel.name == name and channel.kind in ("channel", "group"):
                return channel
        names = [c.name for c in self.channels.values() if c.name]
        raise KeyError(f"no channel {which!r} in {self.name}: {names}")

    def only_app(self) -> App:
        """The one installed app. Raises LookupError when there is none, or more than one."""
        if len(self.apps) != 1:
            raise LookupError(f"expected one installed app, there are {len(self.apps)}")
        return next(iter(self.apps.values()))

    def app_of_user(self, user_id: str) -> App | None:
        """The app whose bot user this is."""
        return next((a for a in self.apps.values() if a.bot_user_id == user_id), None)

    def stack(self, user_id: str) -> list[View]:
        """The modals before a user, the visible one last."""
        return [self.views[key] for key in self.stacks.get(user_id, [])]

    def note(self, text: str) -> None:
        """Remember an outcome for the message of a wait that fails."""
        self.notices = [*self.notices[-9:], text]

    def story(self) -> str:
        """What happened lately, for humans who read a failed assertion."""
        with self.reading():
            calls = [
                f"{c.method} -> {'cut' if c.answer is None else c.answer.get('error', 'ok')}"
                for c in self.recorded[-10:]
            ]
            return f"last outcomes: {self.notices[-5:]}; last Web API calls: {calls}"
