"""What the templates of blocks ask for: text as HTML, options, values, complaints."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from markupsafe import Markup

from psrt_bot.sandbox import forms
from psrt_bot.sandbox.filing import readable
from psrt_bot.sandbox.model import Json
from psrt_bot.sandbox.page import fields, places
from psrt_bot.sandbox.page.richtext import rich_text
from psrt_bot.sandbox.page.seeing import Reader, face
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.surfaces import elements_of

INPUT_TYPES = {
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "text",  # the browser's number field would hand over nothing for a word
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
}
BLOCKS = frozenset(
    {
        "section",
        "header",
        "divider",
        "context",
        "actions",
        "input",
        "image",
        "rich_text",
        "markdown",
    }
)
TEXTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
PRESSED = frozenset({"button", "overflow"})


@dataclass(frozen=True)
class Choice:
    """One thing to choose: what the browser sends, what people read, whether it is chosen."""

    sent: str
    text: Markup
    description: Markup
    chosen: bool
    group: str = ""


@dataclass(frozen=True)
class Shown:
    """The blocks of a message or a view before a reader; `where` names it to the browser."""

    state: State
    reader: Reader
    where: str
    values: Json
    errors: dict[str, str]
    trouble: str

    def knows(self, block: Json) -> bool:
        """Whether there is a template for this block."""
        return block.get("type") in BLOCKS

    def text(self, part: Json | None) -> Markup:
        """A text object."""
        if not part:
            return Markup("")
        if part.get("type") == "mrkdwn":
            return self.reader.writer.mrkdwn(str(part.get("text", "")))
        return self.reader.writer.plain(str(part.get("text", "")))

    def inline(self, part: Json) -> Markup:
        """A text object that must stand on one line, such as an option."""
        text = str(part.get("text", ""))
        is_mrkdwn = part.get("type") == "mrkdwn"
        return self.reader.writer.inline(text) if is_mrkdwn else self.reader.writer.plain(text)

    def rich(self, block: Json) -> Markup:
        """A rich_text block."""
        return rich_text(self.reader.writer, block)

    def knows_element(self, element: Json) -> bool:
        """Whether there is a template for this element."""
        return element.get("type") in forms.STATEFUL or element.get("type") in PRESSED

    def dom(self, block: Json, element: Json) -> str:
        """An element's id in the page: another field at the same place has another one."""
        name = f"{self.where}-{block.get('block_id')}-{element.get('action_id')}"
        return _dom_id(name)

    def pressed(self, name: str, element: Json) -> str:
        """The id of what is pressed and keeps nothing: by its place, which an update leaves alone
        even where the app names no block and each version of it gets another id."""
        return _dom_id(f"{self.where}-{name}-{element.get('action_id')}")

    def plain_of(self, block: Json) -> str:
        """A section's text without markup, to name what stands beside it for screen readers."""
        text = self.text(block.get("text")).replace("<br>", " ").striptags()
        return text if len(text) <= 80 else text[:79] + "…"

    def name(self, block_index: int, block: Json, element: Json) -> str:
        """The name of an element in what the browser sends."""
        return f"{block_index}.{elements_of(block).index(element)}"

    def value(self, block: Json, element: Json) -> str:
        """What stands in a text, date or time field."""
        found = fields.current(block, element, self.values)
        if found is None:
            return ""
        if element["type"] == "datetimepicker":
            moment = datetime.fromtimestamp(int(found), UTC).astimezone(self.reader.zone)
            return moment.strftime("%Y-%m-%dT%H:%M")
        return str(found)

    def error(self, block: Json) -> str:
        """The complaint under a field."""
        return self.errors.get(str(block.get("block_id")), "")

    def input_type(self, element: Json) -> str:
        """The `type` of a plain input."""
        return INPUT_TYPES.get(element["type"], "text")

    def is_input(self, element: Json) -> bool:
        """Whether the browser's plain input does for it."""
        return element["type"] in INPUT_TYPES or element["type"] == "plain_text_input"

    def tells(self, element: Json) -> str:
        """When an element that tells the app at once does so: `choice`, `enter` or `character`."""
        if element["type"] not in TEXTS:
            return "choice"
        told = (element.get("dispatch_action_config") or {}).get("trigger_actions_on") or ()
        return "character" if "on_character_entered" in told else "enter"

    def is_many(self, element: Json) -> bool:
        """Whether several can be chosen."""
        return forms.STATEFUL[element["type"]].many

    def choices(self, block: Json, element: Json) -> list[Choice]:
        """What a select, radio buttons or checkboxes offer, with what is chosen marked."""
        chosen = fields.current(block, element, self.values)
        picked = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
        kind = element["type"]
        if "users_select" in kind:
            return [self._named(u.id, face(u).name, picked) for u in places.people(self.state)]
        if "channels_select" in kind or "conversations_select" in kind:
            return self._channels(kind, picked)
        return self._options(element, picked)

    def groups(self, block: Json, element: Json) -> list[tuple[str, list[Choice]]]:
        """The same in groups; those of no group have an empty label."""
        grouped = groupby(self.choices(block, element), key=lambda choice: choice.group)
        return [(label, list(choices)) for label, choices in grouped]

    def _named(self, key: str, name: str, picked: list[Any]) -> Choice:
        return Choice(key, Markup("{}").format(name), Markup(""), key in picked)

    def _channels(self, kind: str, picked: list[Any]) -> list[Choice]:
        found = []
        for channel in self.state.channels.values():
            if not visible(channel, self.reader.user.id) or channel.is_archived:
                continue
            if channel.kind in ("channel", "group"):
                sign = "🔒 " if channel.is_private else "#"
                if "channels_select" not in kind or not channel.is_private:
                    found.append(self._named(channel.id, f"{sign}{channel.name}", picked))
            elif "conversations_select" in kind:
                names = ", ".join(
                    face(self.state.users[m]).name
                    for m in channel.members
                    if m != self.reader.user.id
                )
                found.append(self._named(channel.id, f"@{names}", picked))
        return found

    def _options(self, element: Json, picked: list[Any]) -> list[Choice]:
        labels = [""] * len(element.get("options") or [])
        for group in element.get("option_groups") or []:
            labels += [str(group["label"]["text"])] * len(group["options"])
        return [
            Choice(
                str(index),
                self.inline(option["text"]),
                self.inline(option["description"]) if option.get("description") else Markup(""),
                option in picked,
                labels[index],
            )
            for index, option in enumerate(forms.options_of(element))
        ]

    def confirm(self, element: Json) -> str:
        """The confirm dialog of an element as JSON for the script; empty without one."""
        asked = element.get("confirm")
        if not asked:
            return ""
        words = {name: str(asked[name]["text"]) for name in ("title", "confirm", "deny")}
        shown = {**words, "html": str(self.text(asked["text"])), "style": asked.get("style", "")}
        return json.dumps(shown)

    def address(self, element: Json) -> str:
        """Where a button with an address leads: a message's permalink to this very page."""
        address = str(element.get("url") or "")
        here = self.reader.writer.here(address)
        return address if here is None else here

    def picture(self, element: Json) -> str:
        """The address of an image that this page may load: a file of the workspace. Else empty."""
        shared = element.get("slack_file") or {}
        file = self.state.files.get(str(shared.get("id", "")))
        if file is None or not readable(self.state, file, self.reader.user.id):
            return ""
        return f"/as/{self.reader.user.name}/file/{file.id}?inline"


def _dom_id(name: str) -> str:
    return "f-" + re.sub(r"[^A-Za-z0-9]", "-", name)
