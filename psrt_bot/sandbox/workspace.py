"""A local Slack workspace: set it up, serve it, act as its people, read what the bot did.

    workspace = Workspace(name="Fictional Security", now=clock.now)
    workspace.add_user("alice", real_name="Alice Adams")
    workspace.add_channel("team", private=True, members=["alice"])
    installation = workspace.install(manifest)
    with workspace.serve() as server:
        ...  # start the bot with server.api_url and the installation's tokens
        workspace.as_user("alice").command("/hello", channel="team")

It knows nothing of any bot: any Slack app that takes a base URL for the Web API can run on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from starlette.routing import BaseRoute

from psrt_bot.sandbox import events, rooms
from psrt_bot.sandbox.courier import Courier
from psrt_bot.sandbox.faults import Faults
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.model import PATIENCE, App, Channel, Json, RecordedCall, User
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import Server
from psrt_bot.sandbox.state import State

Restriction = Literal["invite", "invite_guests", "kick", "post", "create"]


def _real_now() -> datetime:
    return datetime.now(UTC)


class Workspace:
    """One workspace. `now` is its clock and must return aware datetimes; trigger ids and acks run
    on real time, everything else on this one."""

    def __init__(self, name: str = "Sandbox", now: Callable[[], datetime] = _real_now) -> None:
        self.state = State(name, now)
        self._people: dict[str, Person] = {}
        self._server: Server | None = None

    # setting up

    def add_user(
        self,
        name: str,
        *,
        real_name: str | None = None,
        display_name: str = "",
        tz: str = "Etc/UTC",
        email: str | None = None,
        bot: bool = False,
        deleted: bool = False,
        guest: bool = False,
        single_channel_guest: bool = False,
        team_id: str | None = None,
    ) -> User:
        """A new person, or another app's bot. `team_id` makes a stranger of another workspace."""
        state = self.state
        with state.changed():
            user = User(
                id=state.new_id("U"),
                team_id=team_id or state.team_id,
                name=name,
                real_name=real_name or name.title(),
                display_name=display_name,
                tz=tz,
                email=email,
                is_bot=bot,
                deleted=deleted,
                is_restricted=guest or single_channel_guest,
                is_ultra_restricted=single_channel_guest,
            )
            state.users[user.id] = user
            events.user_changed(state, user, joined=True)
        return user

    def change_user(self, who: str, **changes: Any) -> User:
        """Change fields of a user (`deleted=True`, `tz=...`); apps hear `user_change`."""
        with self.state.changed():
            user = self.state.user(who)
            for field, value in changes.items():
                if not hasattr(user, field):
                    raise AttributeError(f"a user has no {field!r}")
                setattr(user, field, value)
            events.user_changed(self.state, user)
        return user

    def add_channel(
        self,
        name: str,
        *,
        private: bool = False,
        members: Iterable[str] = (),
        archived: bool = False,
        shared: bool = False,
        topic: str = "",
    ) -> Channel:
        """A new channel with these members (names or ids)."""
        ids = [self.state.user(who).id for who in members]
        with self.state.changed():
            channel = rooms.create(self.state, name, "group" if private else "channel", ids)
            channel.is_archived, channel.is_ext_shared, channel.topic = archived, shared, topic
        return channel

    def install(self, manifest: Json) -> Installation:
        """Install an app from its manifest: bot user, tokens, scopes, commands, events."""
        state = self.state
        name = manifest.get("display_information", {}).get("name", "app")
        shown = manifest.get("features", {}).get("bot_user", {}).get("display_name", name)
        handle = re.sub(r"[^a-z0-9_-]+", "-", shown.lower())
        bot = self.add_user(handle, real_name=shown, bot=True)
        with state.changed():
            app_id = state.new_id("A")
            bot.app_id = app_id
            app = App(
                id=app_id,
                name=name,
                bot_id=state.new_id("B"),
                bot_user_id=bot.id,
                bot_token=f"xoxb-{state.new_id('')}-sandbox",
                app_token=f"xapp-1-{app_id}-sandbox",
                signing_secret=state.new_id("secret"),
                verification_token=state.new_id("verification"),
                manifest=manifest,
                scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
            )
            state.apps[app_id] = app
        return Installation(self, app)

    def invite_bot(self, channel: str) -> None:
        """Put the only app's bot user into a channel."""
        self.add_member(channel, self.state.only_app().bot_user_id)

    def add_member(self, channel: str, who: str, inviter: str | None = None) -> None:
        """Somebody comes into a channel; apps inside hear `member_joined_channel`."""
        invited_by = self.state.user(inviter).id if inviter else None
        place = self.state.channel(channel)
        rooms.join(self.state, place, self.state.user(who).id, invited_by)

    def remove_member(self, channel: str, who: str) -> None:
        """Somebody leaves a channel; apps inside hear `member_left_channel`."""
        rooms.leave(self.state, self.state.channel(channel), self.state.user(who).id)

    def archive(self, channel: str) -> None:
        """Archive a channel; apps inside hear `group_archive` or `channel_archive`."""
        self._archived(channel, archived=True)

    def unarchive(self, channel: str) -> None:
        """Take it out of the archive again."""
        self._archived(channel, archived=False)

    def _archived(self, channel: str, *, archived: bool) -> None:
        with self.state.changed():
            place = self.state.channel(channel)
            place.is_archived = archived
            events.channel_archived(self.state, place, place.creator)

    def rename(self, channel: str, name: str) -> None:
        """Give a channel another name; apps inside hear `group_rename` or `channel_rename`."""
        with self.state.changed():
            place = self.state.channel(channel)
            place.name = name
            events.channel_renamed(self.state, place)

    def make_public(self, channel: str) -> None:
        """Let everybody find and read a channel that was private. Slack has no event for it."""
        with self.state.changed():
            self.state.channel(channel).kind = "channel"

    def share(self, channel: str, team_id: str = "T0STRANGER") -> None:
        """Share a channel with another workspace; apps inside hear `channel_shared`."""
        with self.state.changed():
            place = self.state.channel(channel)
            place.is_ext_shared = True
            events.channel_shared(self.state, place, team_id)

    def unshare(self, channel: str, team_id: str = "T0STRANGER") -> None:
        """Take the other workspace out of a channel; apps inside hear `channel_unshared`."""
        with self.state.changed():
            place = self.state.channel(channel)
            place.is_ext_shared = False
            events.channel_unshared(self.state, place, team_id)

    def restrict(self, *actions: Restriction) -> None:
        """Preferences of the workspace that forbid apps something: they get `restricted_action`.

        `post` is about channels. `invite_guests` makes guests answer with `user_is_restricted`.
        """
        with self.state.changed():
            self.state.restricted |= set(actions)

    def allow(self, *actions: Restriction) -> None:
        """Take preferences back."""
        with self.state.changed():
            self.state.restricted -= set(actions)

    @property
    def rate_limits(self) -> bool:
        """Whether too many calls are answered with 429 (off at first); see `rates.py`."""
        return self.state.rates.enabled

    @rate_limits.setter
    def rate_limits(self, enabled: bool) -> None:
        """Answer too many calls with 429 from now on, or no longer."""
        self.state.rates.enabled = enabled

    @property
    def clock_off(self) -> timedelta:
        """How far Slack's clock is from this machine's, as its answers and signatures tell."""
        return self.state.clock_off

    @clock_off.setter
    def clock_off(self, off: timedelta) -> None:
        """Put Slack's clock wrong by as much."""
        self.state.clock_off = off

    # serving and acting

    @contextmanager
    def serve(self, port: int = 0, routes: Sequence[BaseRoute] = ()) -> Iterator[Server]:
        """Serve on the loopback address (port 0: any free one) until the block ends.

        `routes` are served beside Slack's own, as the page is.
        """
        if self._server:
            raise RuntimeError("the workspace is served already")
        self._server = Server(self.state, port, routes)
        try:
            with self._server as server:
                yield server
        finally:
            self._server = None

    @property
    def server(self) -> Server:
        """The server while serving. Raises RuntimeError otherwise."""
        if self._server is None:
            raise RuntimeError("the workspace is not served: use `with workspace.serve():`")
        return self._server

    @property
    def courier(self) -> Courier:
        """What carries interactions to the app while serving."""
        return self.server.courier

    def as_user(self, who: str) -> Person:
        """A person by name or id; the same object each time. Raises KeyError for nobody."""
        user = self.state.user(who)
        return self._people.setdefault(user.id, Person(self, user))

    # reading and disturbing

    @property
    def calls(self) -> list[RecordedCall]:
        """A snapshot of all Web API calls so far, oldest first."""
        with self.state.reading():
            return list(self.state.recorded)

    @property
    def faults(self) -> Faults:
        """What is planned to go wrong."""
        return self.state.faults

    def wait_for(self, predicate: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Wait until something holds of the workspace. Raises AssertionError with the story."""
        if not self.state.wait_for(predicate, timeout):
            raise AssertionError(f"it never happened in {timeout} s; {self.state.story()}")
