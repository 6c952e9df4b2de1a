"""Parts of Block Kit that every process builds its messages from.

Limits are Slack's (docs.slack.dev/reference/block-kit). What people wrote is shown as plain text or
escaped, so that nobody can slip a mention or a link into the bot's own words.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    ConfirmObject,
    ContextBlock,
    DatePickerElement,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

SECTION_LIMIT = 3000  # characters of a section's text
INPUT_LIMIT = 3000  # characters of a plain_text_input
OPTION_LIMIT = 75  # characters of an option's text
OPTIONS_LIMIT = 100  # options of a select
HEADER_LIMIT = 150
SPOKEN_LIMIT = 75  # characters of a button's accessibility_label


@dataclass(frozen=True)
class Message:
    """What a message says: blocks, and the plain text for notifications and screen readers."""

    text: str
    blocks: Sequence[Block] = ()

    def payload(self) -> dict[str, Any]:
        """Return the arguments of ``chat.postMessage`` that depend on the content."""
        return {"text": self.text, "blocks": [block.to_dict() for block in self.blocks]}


def escape(text: str) -> str:
    """Return ``text`` with Slack's three control characters escaped, for use inside mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def mention(slack_user_id: str) -> str:
    """Return mrkdwn that names a Slack user."""
    return f"<@{slack_user_id}>"


def moment(at: datetime) -> str:
    """Return mrkdwn that each reader sees in their own zone; UTC where it cannot be rendered."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{in_utc(at)}>"


def in_utc(at: datetime) -> str:
    """Return a moment for places that render no dates (fallback text, plain text)."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def days(duration: timedelta) -> str:
    """Return a duration in words: "7 days", "1 day", "3 hours"."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour")):
        if duration >= unit:
            count = round(duration / unit)
            return f"{count} {name}{'s' if count != 1 else ''}"
    minutes = max(1, round(duration / timedelta(minutes=1)))
    return f"{minutes} minute{'s' if minutes != 1 else ''}"


def plural(count: int, singular: str, several: str | None = None) -> str:
    """Return a count with its noun: "1 member", "27 members"."""
    return f"{count} {singular if count == 1 else several or singular + 's'}"


def packed(lines: Iterable[str]) -> list[str]:
    """Return lines joined into as few texts as fit into a section each."""
    texts: list[str] = []
    for line in lines:
        cut = shorten(line, SECTION_LIMIT)
        if texts and len(texts[-1]) + 1 + len(cut) <= SECTION_LIMIT:
            texts[-1] += f"\n{cut}"
        else:
            texts.append(cut)
    return texts


def header(text: str) -> HeaderBlock:
    """Return a heading."""
    return HeaderBlock(text=PlainTextObject(text=shorten(text, HEADER_LIMIT), emoji=False))


def section(mrkdwn: str, *, accessory: ButtonElement | None = None) -> SectionBlock:
    """Return a paragraph of the bot's own words (mrkdwn)."""
    return SectionBlock(
        text=MarkdownTextObject(text=shorten(mrkdwn, SECTION_LIMIT), verbatim=True),
        accessory=accessory,
    )


def quoted(text: str) -> list[SectionBlock]:
    """Return what somebody wrote, as plain text, in as many sections as it needs."""
    pieces = [text[at : at + SECTION_LIMIT] for at in range(0, len(text), SECTION_LIMIT)]
    return [SectionBlock(text=PlainTextObject(text=piece, emoji=False)) for piece in pieces]


def context(mrkdwn: str) -> ContextBlock:
    """Return a small grey line; shortened to what Slack takes."""
    return ContextBlock(
        elements=[MarkdownTextObject(text=shorten(mrkdwn, SECTION_LIMIT), verbatim=True)]
    )


def divider() -> DividerBlock:
    """Return a line across."""
    return DividerBlock()


def button(
    text: str,
    action_id: str,
    value: str = "",
    *,
    style: str | None = None,
    confirm: ConfirmObject | None = None,
    spoken: str | None = None,
) -> ButtonElement:
    """Return a button.

    Args:
        value: what the listener gets; an identifier, never a secret.
        style: ``primary`` or ``danger``.
        confirm: ask before it is sent.
        spoken: what a screen reader says instead of a text that several buttons have.
    """
    return ButtonElement(
        text=PlainTextObject(text=text, emoji=False),
        action_id=action_id,
        value=value or None,
        style=style,
        confirm=confirm,
        accessibility_label=shorten(spoken, SPOKEN_LIMIT) if spoken else None,
    )


def sure(title: str, text: str, yes: str) -> ConfirmObject:
    """Return the question Slack asks before a button's click is sent."""
    return ConfirmObject(
        title=PlainTextObject(text=title),
        text=PlainTextObject(text=text),
        confirm=PlainTextObject(text=yes),
        deny=PlainTextObject(text="Go back"),
    )


def actions(*buttons: ButtonElement) -> ActionsBlock:
    """Return a row of buttons."""
    return ActionsBlock(elements=list(buttons))


def text_input(
    name: str,
    label: str,
    *,
    hint: str | None = None,
    multiline: bool = False,
    optional: bool = False,
    initial: str = "",
    max_length: int | None = INPUT_LIMIT,
    placeholder: str | None = None,
) -> InputBlock:
    """Return a text field; ``name`` is its block id and action id."""
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label, emoji=False),
        hint=PlainTextObject(text=hint, emoji=False) if hint else None,
        optional=optional,
        element=PlainTextInputElement(
            action_id=name,
            multiline=multiline,
            initial_value=initial or None,
            max_length=max_length,
            placeholder=PlainTextObject(text=placeholder, emoji=False) if placeholder else None,
        ),
    )


def options(choices: Mapping[str, str]) -> list[Option]:
    """Return options from values and their words."""
    return [
        Option(value=value, text=PlainTextObject(text=shorten(words, OPTION_LIMIT), emoji=False))
        for value, words in choices.items()
    ]


def radio_input(
    name: str, label: str, choices: Mapping[str, str], *, initial: str | None = None
) -> InputBlock:
    """Return a choice of one among few, all visible."""
    offered = options(choices)
    chosen = next((option for option in offered if option.value == initial), None)
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label, emoji=False),
        element=RadioButtonsElement(action_id=name, options=offered, initial_option=chosen),
    )


def checkboxes_input(
    name: str,
    label: str,
    choices: Mapping[str, str],
    *,
    initial: Collection[str] = (),
    optional: bool = True,
) -> InputBlock:
    """Return boxes to tick; unless ``optional``, Slack itself asks for one. Which, the use case."""
    offered = options(choices)
    ticked = [option for option in offered if option.value in initial]
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label, emoji=False),
        optional=optional,
        element=CheckboxesElement(action_id=name, options=offered, initial_options=ticked or None),
    )


def user_input(
    name: str, label: str, *, hint: str, initial: str | None = None, optional: bool = True
) -> InputBlock:
    """Return a choice of one Slack user."""
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label, emoji=False),
        hint=PlainTextObject(text=hint, emoji=False),
        optional=optional,
        element=UserSelectElement(action_id=name, initial_user=initial),
    )


def select_input(
    name: str,
    label: str,
    choices: Mapping[str, str],
    *,
    initial: str | None = None,
    optional: bool = False,
) -> InputBlock:
    """Return a choice of one among up to a hundred."""
    offered = options(choices)
    chosen = next((option for option in offered if option.value == initial), None)
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label, emoji=False),
        optional=optional,
        element=StaticSelectElement(
            action_id=name,
            options=offered,
            initial_option=chosen,
            placeholder=PlainTextObject(text="Choose", emoji=False),
        ),
    )


def date_input(
    name: str, label: str, *, initial: date | None = None, optional: bool = False
) -> InputBlock:
    """Return a choice of one day; its value is a date as in 2026-03-09."""
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label, emoji=False),
        optional=optional,
        element=DatePickerElement(
            action_id=name, initial_date=initial.isoformat() if initial else None
        ),
    )


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str | None = None,
    close: str = "Close",
    metadata: str = "",
) -> View:
    """Return a modal; ``metadata`` comes back with its submission (an id, never a secret)."""
    return View(
        type="modal",
        callback_id=callback_id,
        title=PlainTextObject(text=title, emoji=False),
        blocks=list(blocks),
        submit=PlainTextObject(text=submit, emoji=False) if submit else None,
        close=PlainTextObject(text=close, emoji=False),
        private_metadata=metadata or None,
    )


def notice(title: str, *paragraphs: str) -> View:
    """Return a modal that only tells something."""
    return modal("notice", title, [section(paragraph) for paragraph in paragraphs])
