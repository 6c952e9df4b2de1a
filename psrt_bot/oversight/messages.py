"""What admins read of the audit log, its head, and of channels that are not as they should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.oversight.rules import LONGEST_PERSON, Stranger, Wanted
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural, shorten

# Callback and action ids: ``process.act``.
SHOW = "oversight.audit"
NEWER = "oversight.audit_newer"
OLDER = "oversight.audit_older"

# Fields of the form.
PERSON_FIELD = "person"
PROCESS_FIELD = "process"
SINCE_FIELD = "since"
UNTIL_FIELD = "until"
EVERY = "*"  # the choice of no process in particular; Slack wants a value

LONGEST_DETAILS = 400
SHOWN_STRANGERS = 20
SHOWN_HASH = 12  # digits: enough to find an entry in an export


@dataclass(frozen=True)
class Line:
    """One entry, its people and subjects by their names."""

    at: datetime
    actor: str
    act: str
    subject: str
    details: Mapping[str, object]
    hash: str


@dataclass(frozen=True)
class PageShown:
    """A page of the audit log.

    Args:
        newer: the number of the entry from which newer ones follow, if there are any.
        older: likewise.
        processes: which there are to choose from.
        entries: how many the whole log has; ``head``: its last hash.
    """

    wanted: Wanted
    lines: Sequence[Line]
    newer: int | None
    older: int | None
    processes: Sequence[str]
    entries: int
    head: str


def audit_modal(shown: PageShown) -> View:
    """Return a page, newest first, with what narrows it below."""
    parts: list[Block] = [blocks.section(_line(line)) for line in shown.lines]
    if not parts:
        parts.append(blocks.section("There is no such entry."))
    turns = []
    if shown.newer is not None:
        value = shown.wanted.newer_than(shown.newer).packed()
        turns.append(blocks.button("Newer", NEWER, value))
    if shown.older is not None:
        value = shown.wanted.older_than(shown.older).packed()
        turns.append(blocks.button("Older", OLDER, value))
    if turns:
        parts.append(blocks.actions(*turns))
    whole = f"{plural(shown.entries, 'entry', 'entries')} in all; head `{shown.head}`"
    parts += [blocks.context(whole), blocks.divider(), *_narrowing(shown)]
    return blocks.modal(SHOW, "Audit log", parts, submit="Show")


def _narrowing(shown: PageShown) -> list[Block]:
    wanted = shown.wanted
    processes = {EVERY: "all", **{name: name for name in shown.processes}}
    return [
        blocks.text_input(
            PERSON_FIELD,
            "Person",
            hint="By or about whom: a name, GitHub name, Slack user id, psrt-bot, command line",
            optional=True,
            initial=wanted.person,
            max_length=LONGEST_PERSON,
        ),
        blocks.select_input(
            PROCESS_FIELD, "Process", processes, initial=wanted.process or EVERY, optional=True
        ),
        blocks.date_input(SINCE_FIELD, "From (UTC)", initial=_day(wanted.since), optional=True),
        blocks.date_input(UNTIL_FIELD, "To (UTC)", initial=_day(wanted.until), optional=True),
    ]


def _line(line: Line) -> str:
    told = (
        f"{moment(line.at)} · *{escape(line.actor)}* · `{escape(line.act)}` · "
        f"{escape(line.subject)} · `{line.hash[:SHOWN_HASH]}`"
    )
    details = ", ".join(f"{name}: {_word(value)}" for name, value in line.details.items())
    return f"{told}\n{escape(shorten(details, LONGEST_DETAILS))}" if details else told


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _day(day: str) -> date | None:
    return date.fromisoformat(day) if day else None


def head(number: int, value: str, *, monthly: bool) -> Message:
    """Return the head for the admins: after a decision, or monthly."""
    why = "this month" if monthly else "after a decision"
    text = f"Audit log {why}: {plural(number, 'entry', 'entries')}, head {value}"
    check = "Was anything in it changed since? `psrt-bot audit verify --head HASH`"
    return Message(
        text,
        [
            blocks.section(
                f"Audit log {why}: {plural(number, 'entry', 'entries')}, head\n`{value}`"
            ),
            blocks.context(check),
        ],
    )


def _section(text: str) -> Message:
    return Message(text, [blocks.section(text)])


def held(channel: str, reason: str) -> Message:
    """Return what admins hear when messages to a channel wait until it is fit (DESIGN section 2).

    Args:
        reason: why it is not, as words that follow its name.
    """
    return _section(
        f"Messages to <#{channel}> are held back: {reason}. It must be private, not shared with "
        "another workspace, not archived, let apps post, and the bot must be in it. They follow "
        "once it is."
    )


def fit_again(channel: str) -> Message:
    """Return what they hear when it is mended."""
    return _section(f"<#{channel}> is fit again. What was held back follows.")


def strangers(channel: str, found: Sequence[tuple[str, Stranger]]) -> Message:
    """Return what admins hear of people without a role in a channel.

    Args:
        found: Slack users, and what each of them is.
    """
    told = [f"• {blocks.mention(user)}: {what}" for user, what in found[:SHOWN_STRANGERS]]
    if len(found) > SHOWN_STRANGERS:
        told.append(f"• and {len(found) - SHOWN_STRANGERS} more")
    intro = f"{plural(len(found), 'person', 'people')} without a role can read <#{channel}>:"
    remedy = (
        "If they belong there, link them (`psrt-bot roster link`) or give them a role; else remove "
        "them, and mind what they have read. I say this once."
    )
    return Message(
        "\n".join([intro, *told]),
        [
            blocks.section(intro),
            *(blocks.section(text) for text in blocks.packed(told)),
            blocks.context(remedy),
        ],
    )
