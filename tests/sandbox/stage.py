"""A workspace in which every refusal can be provoked, without a server: methods are run as such."""

from __future__ import annotations

from typing import Any

from psrt_bot.sandbox.api import dispatch
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.model import Json, Message
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import SCOPES, Clock, make_manifest
from tests.sandbox.kit import modal

ALL_SCOPES = [
    *SCOPES,
    "channels:join",
    "channels:manage",
    "groups:history",
    "mpim:read",
    "mpim:write",
]
NOBODY, NOWHERE = "U0NOBODY", "C0NOWHERE"


class Stage:
    """alice and bob, guests, the app in #team (private) and #general, not in #secret or #lobby."""

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.clock = Clock()
        self.workspace = Workspace(name="Fictional Security", now=self.clock.now)
        for name in ("alice", "bob"):
            self.workspace.add_user(name)
        for name, private in (("team", True), ("secret", True), ("general", False)):
            self.workspace.add_channel(name, private=private, members=["alice", "bob"])
        self.workspace.add_channel("lobby", members=["alice"])
        self.installation = self.installed(scopes or ALL_SCOPES)
        for name in ("team", "general"):
            self.workspace.invite_bot(name)
        self.state = self.workspace.state

    def installed(self, scopes: list[str]) -> Installation:
        return self.workspace.install(make_manifest(scopes=scopes))

    def call(self, method: str, token: str | None = None, **args: Any) -> Json:
        """Run a method with the bot's token; its JSON body."""
        given = self.installation.bot_token if token is None else token
        return dispatch.answer(self.state, method, given, args)[0]

    def page(self, method: str, **args: Any) -> str | None:
        """The page that the refusal of a call cites."""
        return dispatch.answer(self.state, method, self.installation.bot_token, args)[1]

    def place(self, name: str = "team") -> str:
        return self.state.channel(name).id

    def who(self, name: str = "alice") -> str:
        return self.state.user(name).id

    def added(self, name: str, **about: Any) -> str:
        return self.workspace.add_user(name, **about).id

    def direct(self) -> str:
        opened: str = self.call("conversations.open", users=self.who())["channel"]["id"]
        return opened

    def posted(self, **args: Any) -> Json:
        """A message of the app in #team: channel and ts."""
        answer = self.call("chat.postMessage", channel=self.place(), text="mine", **args)
        return {"channel": answer["channel"], "ts": answer["ts"]}

    def foreign(self) -> Json:
        """A message of alice in #team: channel and ts."""
        message: Message = self.workspace.as_user("alice").say("team", "hers").message
        return {"channel": message.channel_id, "ts": message.ts}

    def trigger(self) -> str:
        app = self.installation.app
        return self.state.new_trigger(app, self.who())

    def opened(self, **view: Any) -> Json:
        """A modal open before alice."""
        shown: Json = self.call("views.open", trigger_id=self.trigger(), view=modal(**view))["view"]
        return shown

    def uploaded(self, complete: bool = False) -> str:
        """A file of the app with its bytes."""
        started = self.call("files.getUploadURLExternal", filename="a.txt", length="2")
        file = self.state.files[started["file_id"]]
        file.content = b"ok"
        if complete:
            self.call("files.completeUploadExternal", files=[{"id": file.id}])
        return file.id

    def archived(self) -> Stage:
        self.workspace.archive("team")
        return self

    def restricted(self, *actions: Any) -> Stage:
        self.workspace.restrict(*actions)
        return self

    def without(self, tab: str) -> Stage:
        features = self.installation.app.manifest["features"]
        features["app_home"] = {**features["app_home"], tab: False}
        return self
