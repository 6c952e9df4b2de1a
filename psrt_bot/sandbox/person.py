"""One person at their Slack client: types, presses, reads. Synchronous, for tests and the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from psrt_bot.sandbox import events, interactions, payloads, posting, rooms
from psrt_bot.sandbox.courier import event_callback
from psrt_bot.sandbox.interactions import Outcome
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.model import PATIENCE, Channel, Json, Message, User, View
from psrt_bot.sandbox.rendering import rendered
from psrt_bot.sandbox.seen import ChannelView, Home, SeenMessage

if TYPE_CHECKING:
    from psrt_bot.sandbox.workspace import Workspace


class Person:
    """A user of the workspace; made by `workspace.as_user`.

    Each interaction blocks until the app has acknowledged it (or three seconds have passed); the
    `wait_*` methods block until its consequences show, and raise AssertionError when they do not.
    """

    def __init__(self, workspace: Workspace, user: User) -> None:
        self.workspace = workspace
        self.user = user
        self.id = user.id
        self.name = user.name
        self._seen_before = 0

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def look(self, text: str, kind: str) -> str:
        """How a text of this type (`mrkdwn`, `plain_text`) looks to this person."""
        return rendered(self.workspace.state, self.user, text, kind)

    # doing

    def begin(self) -> None:
        """An interaction begins: modals from before it no longer answer `wait_modal`."""
        self._seen_before = self.workspace.state.serial()

    def noted(self, what: str, outcome: Outcome) -> Outcome:
        """Remember an outcome for the messages of failed waits."""
        said = f": {outcome.text}" if outcome.text else f" {outcome.errors or ''}"
        self.workspace.state.note(f"{what} -> {outcome.status}{said}")
        return outcome

    def command(
        self,
        name: str,
        text: str = "",
        channel: str | None = None,
        thread: SeenMessage | None = None,
    ) -> Outcome:
        """Type a slash command in a channel one sees, or (None) in the DM with the app."""
        state = self.workspace.state
        place = self._place(channel)
        self.begin()
        in_thread = thread.ts if thread else None
        outcome = interactions.command(
            state, self.workspace.courier, self.user, place, name, text, in_thread
        )
        return self.noted(f"{self.name}: {name} {text}", outcome)

    def _place(self, channel: str | None) -> Channel:
        if channel is None:
            return rooms.direct(self.workspace.state, self.id, self._bot())
        return self.channel(channel).channel

    def _bot(self) -> str:
        return self.workspace.state.only_app().bot_user_id

    def click(self, message: SeenMessage, label: str, confirm: bool = True) -> Outcome:
        """Press a button of a message; `confirm=False` dismisses its dialog."""
        return message.click(label, by=self, confirm=confirm)

    def press(self, view: View, block: Json, element: Json, confirm: bool) -> Outcome:
        """Press a button of a view (used by Modal and Home)."""
        if element.get("confirm") and not confirm:
            return Outcome("dismissed")
        state = self.workspace.state
        action = payloads.action(state, block["block_id"], element)
        outcome = interactions.act_on_view(state, self.workspace.courier, self.user, view, action)
        return self.noted(f"{self.name} presses {element['text']['text']!r}", outcome)

    def say(self, channel: str | None, text: str, thread: SeenMessage | None = None) -> SeenMessage:
        """Write a message where one is a member; None is the DM with the app."""
        place = self._place(channel)
        if self.id not in place.members:
            raise PermissionError(f"{self.name} is not in {channel}")
        if channel is None and not self.workspace.state.only_app().takes_messages:
            raise PermissionError("the app's Messages tab takes no messages")
        thread_ts = thread.ts if thread else None
        message = posting.post(self.workspace.state, place, self.id, text, thread_ts=thread_ts)
        return SeenMessage(self, message)

    def join(self, channel: str) -> None:
        """Join a public channel. Raises PermissionError for one that is not."""
        place = self.channel(channel).channel
        rooms.join(self.workspace.state, place, self.id)

    def leave(self, channel: str) -> None:
        """Leave a channel."""
        rooms.leave(self.workspace.state, self.channel(channel).channel, self.id)

    def open_home(self, timeout: float = 1) -> Home:
        """Open the app's Home tab; waits up to `timeout` seconds for it to be published anew."""
        state, app = self.workspace.state, self.workspace.state.only_app()
        self.begin()
        before = self._seen_before
        place = self._place(None)
        if "app_home_opened" in app.events:
            event = events.home_opened(state, app, self.id, place.id)
            ack = self.workspace.courier.deliver_event(app, event_callback(state, app, event))
            state.note(f"{self.name} opens the Home -> {ack.status}")
            key = (app.id, self.id)
            if ack.status == "ok":
                state.wait_for(
                    lambda: key in state.homes and state.homes[key].seq > before, timeout
                )
        return Home(self, app.id)

    # seeing

    def sees(self, message: Message) -> bool:
        """Whether a message, ephemeral or not, is before this person's eyes."""
        state = self.workspace.state
        with state.reading():
            if message.ephemeral_to:
                return message.ephemeral_to == self.id and message in state.ephemerals
            channel = state.channels[message.channel_id]
            there = channel.messages.get(message.ts) is message
            return there and rooms.visible(channel, self.id)

    @property
    def modal(self) -> Modal | None:
        """The modal on top, now."""
        stack = self.workspace.state.stack(self.id)
        return Modal(self, stack[-1]) if stack else None

    def wait_modal(self, timeout: float = PATIENCE, title: str | None = None) -> Modal:
        """The modal on top since the last command or click, perhaps of a title.

        Raises AssertionError with what happened instead, after `timeout` seconds.
        """
        state = self.workspace.state

        def there() -> bool:
            stack = state.stack(self.id)
            fresh = bool(stack) and stack[-1].seq > self._seen_before
            return fresh and title in (None, stack[-1].source["title"]["text"])

        if not state.wait_for(there, timeout):
            raise AssertionError(
                f"no modal for {self.name} in {timeout} s (now: {self.modal}); {state.story()}"
            )
        return Modal(self, state.stack(self.id)[-1])

    def channel(self, name: str) -> ChannelView:
        """A conversation by name or id. Raises PermissionError when this person may not see it."""
        view = ChannelView(self, self.workspace.state.channel(name))
        _ = view.channel  # refuses by itself
        return view

    @property
    def ephemerals(self) -> list[SeenMessage]:
        """What only this person sees, replies to commands included, newest last."""
        state = self.workspace.state
        with state.reading():
            mine = [m for m in state.ephemerals if m.ephemeral_to == self.id]
            return [SeenMessage(self, m) for m in mine]

    @property
    def inbox(self) -> list[SeenMessage]:
        """The DM with the app, newest last."""
        state = self.workspace.state
        with state.reading():
            place = rooms.direct(state, self.id, self._bot())
            return [SeenMessage(self, m) for m in place.messages.values()]

    def wait_inbox(
        self, predicate: Callable[[SeenMessage], bool] = lambda _m: True, timeout: float = PATIENCE
    ) -> SeenMessage:
        """The newest message of the DM with the app that fits, once there is one."""
        return self.wait_message(lambda: self.inbox, predicate, timeout)

    def wait_ephemeral(
        self, predicate: Callable[[SeenMessage], bool] = lambda _m: True, timeout: float = PATIENCE
    ) -> SeenMessage:
        """The newest ephemeral message that fits, once there is one."""
        return self.wait_message(lambda: self.ephemerals, predicate, timeout)

    def wait_message(
        self,
        source: Callable[[], list[SeenMessage]],
        predicate: Callable[[SeenMessage], bool],
        timeout: float,
    ) -> SeenMessage:
        """The newest message of a source that fits, once there is one. Raises AssertionError."""
        found: list[SeenMessage] = []

        def there() -> bool:
            found[:] = [m for m in source() if predicate(m)]
            return bool(found)

        if not self.workspace.state.wait_for(there, timeout):
            texts = [m.text for m in source()]
            raise AssertionError(
                f"no such message for {self.name} in {timeout} s; there are {texts}; "
                f"{self.workspace.state.story()}"
            )
        return found[-1]
