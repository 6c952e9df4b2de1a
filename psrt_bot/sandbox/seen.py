"""What one person sees: messages, files, a channel, their App Home. Live handles, no snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psrt_bot.sandbox import filing, forms, interactions, payloads, reading, rooms
from psrt_bot.sandbox.interactions import Outcome
from psrt_bot.sandbox.model import PATIENCE, Channel, File, Json, Message, View

if TYPE_CHECKING:
    from psrt_bot.sandbox.person import Person


class SeenFile:
    """A file as its reader sees it."""

    def __init__(self, person: Person, file: File) -> None:
        self._person = person
        self.file = file
        self.name = file.name
        self.title = file.title or file.name
        self.size = file.size

    def download(self) -> bytes:
        """The bytes. Raises PermissionError for who may not, FileNotFoundError when deleted."""
        state = self._person.workspace.state
        with state.reading():
            if not filing.readable(state, self.file, self._person.id):
                raise PermissionError(f"{self._person.name} may not read {self.name}")
            if self.file.content is None:
                raise FileNotFoundError(self.name)
            return self.file.content


class SeenMessage:
    """A message before a reader."""

    def __init__(self, person: Person, message: Message) -> None:
        self._person = person
        self.message = message

    text = property(lambda self: self.message.text, doc="The fallback text.")
    blocks = property(lambda self: self.message.blocks, doc="The blocks as JSON.")
    metadata = property(lambda self: self.message.metadata, doc="event_type and event_payload.")
    ts = property(lambda self: self.message.ts)
    thread_ts = property(lambda self: self.message.thread_ts)
    edited = property(lambda self: self.message.edited_ts is not None)
    channel_id = property(lambda self: self.message.channel_id)

    @property
    def author(self) -> str:
        """The name of who wrote it."""
        return self._person.workspace.state.users[self.message.user_id].name

    @property
    def rendered(self) -> str:
        """The fallback text and all text of the blocks."""
        return f"{self.message.text}\n{reading.text_of(self.message.blocks)}".strip()

    @property
    def as_read(self) -> str:
        """What its reader sees: the blocks, or the text of a message without any.

        Dates stand in the reader's zone and mentions as names, in mrkdwn; see `rendering`.
        """
        look = self._person.look
        blocks = reading.text_of(self.message.blocks, look)
        return blocks if self.message.blocks else look(self.message.text, "mrkdwn")

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons."""
        return [e["text"]["text"] for _, e in reading.buttons_of(self.message.blocks)]

    @property
    def files(self) -> list[SeenFile]:
        """The files it shares."""
        return [SeenFile(self._person, file) for file in self.message.files]

    def click(self, label: str, by: Person | None = None, confirm: bool = True) -> Outcome:
        """Press a button; `confirm=False` dismisses its dialog, and nothing is sent.

        Raises AssertionError without such a button, PermissionError for who does not see it.
        """
        block, element = reading.button_named(self.message.blocks, label)
        if element.get("confirm") and not confirm:
            return Outcome("dismissed")
        return self._act(by or self._person, block, element, None)

    def choose(self, label: str, value: Any, by: Person | None = None) -> Outcome:
        """Choose from a select, a date picker or the like by its placeholder, text or action id."""
        block, element = reading.field_named(self.message.blocks, label)
        chosen = forms.entered(self._person.workspace.state, element, value)
        return self._act(by or self._person, block, element, chosen)

    def _act(self, person: Person, block: Json, element: Json, chosen: Json | None) -> Outcome:
        state, message = person.workspace.state, self.message
        if not person.sees(message):
            raise PermissionError(f"{person.name} does not see this message")
        values = forms.initial_values(message.blocks)
        if chosen:
            values[block["block_id"]][element["action_id"]] = chosen
        action = payloads.action(state, block["block_id"], element, chosen)
        person.begin()
        return person.noted(
            f"{element['action_id']} by {person.name}",
            interactions.act_on_message(
                state, person.workspace.courier, person.user, message, values, action
            ),
        )

    def __repr__(self) -> str:
        return f"<message {self.message.ts} {self.message.text!r} {self.buttons}>"


class ChannelView:
    """A conversation before a reader. Raises PermissionError once they may not see it."""

    def __init__(self, person: Person, channel: Channel) -> None:
        self._person = person
        self._channel = channel

    @property
    def channel(self) -> Channel:
        """The record itself, for members, topic and the like."""
        if not rooms.visible(self._channel, self._person.id):
            raise PermissionError(f"{self._person.name} is not in {self._channel.name}")
        return self._channel

    @property
    def everything(self) -> list[SeenMessage]:
        """All messages with replies, oldest first."""
        with self._person.workspace.state.reading():
            return [SeenMessage(self._person, m) for m in self.channel.messages.values()]

    @property
    def messages(self) -> list[SeenMessage]:
        """The messages of the channel itself, oldest first."""
        return [m for m in self.everything if m.thread_ts in (None, m.ts) or m.message.broadcast]

    def thread(self, parent: SeenMessage) -> list[SeenMessage]:
        """The replies to a message, oldest first."""
        return [m for m in self.everything if m.thread_ts == parent.ts and m.ts != parent.ts]

    def wait(
        self, predicate: Callable[[SeenMessage], bool], timeout: float = PATIENCE
    ) -> SeenMessage:
        """The newest message or reply that fits, once there is one. Raises AssertionError."""
        return self._person.wait_message(lambda: self.everything, predicate, timeout)


class Home:
    """A person's App Home."""

    def __init__(self, person: Person, app_id: str) -> None:
        self._person = person
        self._key = (app_id, person.id)

    @property
    def view(self) -> View:
        """The published view. Raises AssertionError when the app never published one."""
        view = self._person.workspace.state.homes.get(self._key)
        if view is None:
            story = self._person.workspace.state.story()
            raise AssertionError(f"no App Home was published for {self._person.name}; {story}")
        return view

    @property
    def rendered(self) -> str:
        """All its text."""
        return reading.text_of(self.view.blocks)

    @property
    def as_read(self) -> str:
        """All its text as its reader sees it, dates in their zone."""
        return reading.text_of(self.view.blocks, self._person.look)

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons."""
        return [e["text"]["text"] for _, e in reading.buttons_of(self.view.blocks)]

    def click(self, label: str, confirm: bool = True) -> Outcome:
        """Press a button; `confirm=False` dismisses its dialog. Raises AssertionError."""
        block, element = reading.button_named(self.view.blocks, label)
        self._person.begin()
        return self._person.press(self.view, block, element, confirm)

    def wait(self, predicate: Callable[[Home], bool], timeout: float = PATIENCE) -> Home:
        """Wait until the Home fits. Raises AssertionError with what it shows instead."""
        state = self._person.workspace.state
        if not state.wait_for(lambda: self._key in state.homes and predicate(self), timeout):
            raise AssertionError(f"the Home shows: {self.rendered}; {state.story()}")
        return self
