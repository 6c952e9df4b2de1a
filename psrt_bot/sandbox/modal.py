"""A modal before a person: read it, fill it by label, submit, press, close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psrt_bot.sandbox import forms, interactions, payloads, reading
from psrt_bot.sandbox.interactions import Outcome
from psrt_bot.sandbox.model import Json, View

if TYPE_CHECKING:
    from psrt_bot.sandbox.person import Person


class Modal:
    """One view of a person's stack. It follows updates; another view needs another handle."""

    def __init__(self, person: Person, view: View) -> None:
        self._person = person
        self.view = view

    def _text(self, name: str) -> str:
        part = self.view.source.get(name)
        return str(part["text"]) if part else ""

    @property
    def title(self) -> str:
        """The title in its bar."""
        return self._text("title")

    @property
    def submit_label(self) -> str:
        """The text of the submit button; empty without one."""
        return self._text("submit")

    @property
    def callback_id(self) -> str:
        """The app's name for it."""
        return str(self.view.source.get("callback_id") or "")

    @property
    def text(self) -> str:
        """Everything that can be read, title and buttons included."""
        parts = [self.title, reading.text_of(self.view.blocks), self._text("submit")]
        return "\n".join(part for part in parts if part)

    @property
    def as_read(self) -> str:
        """The text of its blocks as its reader sees it, dates in their zone."""
        return reading.text_of(self.view.blocks, self._person.look)

    @property
    def labels(self) -> list[str]:
        """The labels of the inputs, in order."""
        return [b["label"]["text"] for b in self.view.blocks if b["type"] == "input"]

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons inside (not submit and close)."""
        return [e["text"]["text"] for _, e in reading.buttons_of(self.view.blocks)]

    @property
    def errors(self) -> dict[str, str]:
        """The complaints under the fields, by label."""
        labels = {
            b["block_id"]: b["label"]["text"] for b in self.view.blocks if b["type"] == "input"
        }
        return {labels[key]: said for key, said in self.view.errors.items()}

    @property
    def is_open(self) -> bool:
        """Whether it is somewhere on the person's stack."""
        return any(v is self.view for v in self._person.workspace.state.stack(self._person.id))

    def value(self, label: str) -> Any:
        """What stands in a field: text, an option's text (or a list of them), an id, or None."""
        block, element = reading.field_named(self.view.blocks, label)
        state = self.view.values[block["block_id"]][element["action_id"]]
        value = state[forms.STATEFUL[element["type"]].key]
        if isinstance(value, list):
            return [v["text"]["text"] if isinstance(v, dict) else v for v in value]
        return value["text"]["text"] if isinstance(value, dict) else value

    def fill(self, label: str, value: Any) -> Modal:
        """Enter a value into the field of this label; None empties it.

        Texts for inputs, option texts for selects and radio buttons, lists of them for checkboxes
        and multi-selects, names for users and channels. A field with `dispatch_action` tells the
        app. Raises AssertionError for no such field, LookupError for no such option.
        """
        block, element = reading.field_named(self.view.blocks, label)
        state = self._person.workspace.state
        self._must_be_visible()
        with state.changed():
            entered = forms.entered(state, element, value)
            self.view.values[block["block_id"]][element["action_id"]] = entered
        if block["type"] != "input" or block.get("dispatch_action"):
            self._dispatch(block, element, entered)
        return self

    def _dispatch(self, block: Json, element: Json, entered: Json) -> Outcome:
        person, state = self._person, self._person.workspace.state
        action = payloads.action(state, block["block_id"], element, entered)
        courier = person.workspace.courier
        outcome = interactions.act_on_view(state, courier, person.user, self.view, action)
        return person.noted(f"{element['action_id']} by {person.name}", outcome)

    def _must_be_visible(self) -> None:
        state = self._person.workspace.state
        if state.stack(self._person.id)[-1:] != [self.view]:
            raise AssertionError(f"the modal {self.title!r} is not on top; {state.story()}")

    def click(self, label: str, confirm: bool = True) -> Outcome:
        """Press a button inside; `confirm=False` dismisses its dialog. Raises AssertionError."""
        self._must_be_visible()
        block, element = reading.button_named(self.view.blocks, label)
        return self._person.press(self.view, block, element, confirm)

    def submit(self) -> Outcome:
        """Press submit. Errors stay in `errors`; AssertionError when there is no such button."""
        self._must_be_visible()
        if not self.submit_label:
            raise AssertionError(f"the modal {self.title!r} has no submit button")
        person = self._person
        workspace = person.workspace
        outcome = interactions.submit(workspace.state, workspace.courier, person.user, self.view)
        return person.noted(f"submit {self.title!r} by {person.name}", outcome)

    def close(self) -> Outcome:
        """Press Cancel: the modal goes, and the app hears of it if it asked to."""
        self._must_be_visible()
        person = self._person
        workspace = person.workspace
        return interactions.close(workspace.state, workspace.courier, person.user, self.view)

    def __repr__(self) -> str:
        return f"<modal {self.title!r} {self.labels} {self.buttons}>"
