"""What admins read of access checklists: a message each, changed in place; reminders; the list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.access.rules import (
    GITHUB,
    MAILING_LIST,
    Cause,
    ChecklistState,
    Doing,
    ItemState,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import Message, escape, moment, plural
from psrt_bot.runtime.called import command

TICK, UNTICK, RETRY = "access.tick", "access.untick", "access.retry"
SHOWN_ROWS = 20  # a message holds 50 blocks, a row up to two
SHOWN_LISTS = 30  # in a reminder
SHOWN_BLOCKS = 90  # of a modal's 100
CALLED = {GITHUB: "GitHub team", MAILING_LIST: "mailing list"}
UNLINKED = f"they are linked to no Slack user ({command('psrt members')})"
NOT_OPEN = "This row was dealt with meanwhile. Nothing was changed now."
REPLACED = "A newer checklist has taken this one's place. Nothing was changed."
GONE = "There is no such row any more. Nothing was changed."
BECAUSE = {
    Cause.JOINED: "their membership began",
    Cause.LEFT: "their membership ended",
    Cause.ROLES: "their roles changed",
    Cause.DRIFT: "a place differed from the list",
}


@dataclass(frozen=True)
class Row:
    """One row, as it is shown.

    Args:
        called: the place in plain words, for a button.
        login: of the GitHub team's row: their GitHub name; empty where it is not known.
        done_by: whose tick it is, as mrkdwn.
        can_retry: the bot could try it once more.
    """

    item_id: str
    place: str
    doing: Doing
    state: ItemState
    called: str
    login: str = ""
    refusal: str | None = None
    done_at: datetime | None = None
    done_by: str = ""
    by_bot: bool = False
    can_retry: bool = False


@dataclass(frozen=True)
class Shown:
    """A checklist, as it is shown.

    Args:
        link: the address of its message, once it is posted.
        team: the GitHub team, as ORG/TEAM; empty where none is set.
    """

    checklist_id: str
    name: str
    cause: Cause
    state: ChecklistState
    began_at: datetime
    rows: Sequence[Row]
    team: str = ""
    link: str | None = None

    @property
    def left(self) -> int:
        """How many rows are not done."""
        return sum(row.state is not ItemState.DONE for row in self.rows)


def checklist(shown: Shown) -> Message:
    """Return the message that stands for a checklist."""
    if shown.state is ChecklistState.SUPERSEDED:
        text = f"Access of {shown.name}: their membership has changed again since."
        more = "What is to be done stands in the newer checklist below."
        return Message(escape(text), [blocks.section(f"{escape(text)} {more}")])
    if shown.state is ChecklistState.DONE:
        text = f"Access of {shown.name}: all done."
    else:
        text = f"Access of {shown.name}: {plural(shown.left, 'thing')} to do."
    parts: list[Block] = [blocks.section(_head(shown)), *_rows(shown, SHOWN_ROWS)]
    if shown.state is ChecklistState.OPEN:
        lists, drift = command("psrt access"), command("psrt drift")
        hint = f"Tick what you have done. All open lists: {lists}; what differs: {drift}."
        parts.append(blocks.context(hint))
    return Message(escape(text), parts)


def reminder(open_lists: Sequence[Shown]) -> Message:
    """Return the reminder of everything that is open."""
    text = f"{plural(len(open_lists), 'access checklist')} still open."
    lines = [f"*{text}*"]
    for shown in open_lists[:SHOWN_LISTS]:
        where = f"<{shown.link}|{escape(shown.name)}>" if shown.link else escape(shown.name)
        what = ", ".join(
            escape(row.called) for row in shown.rows if row.state is not ItemState.DONE
        )
        lines.append(f"• {where} ({BECAUSE[shown.cause]}): {what}")
    if len(open_lists) > SHOWN_LISTS:
        lines.append(f"• and {len(open_lists) - SHOWN_LISTS} more")
    lines.append(f"All of them: {command('psrt access')}.")
    return Message(text, [blocks.section(part) for part in blocks.packed(lines)])


def overview(open_lists: Sequence[Shown]) -> View:
    """Return every open checklist, with its buttons."""
    parts: list[Block] = []
    left = len(open_lists)
    for shown in open_lists:
        one: list[Block] = [blocks.section(_head(shown)), *_rows(shown, SHOWN_ROWS)]
        if len(parts) + len(one) > SHOWN_BLOCKS:
            break
        parts += [*one, blocks.divider()]
        left -= 1
    if left:
        parts.append(blocks.context(f"and {left} more; they follow once these are done"))
    if not parts:
        text = "No access checklist is open. One opens when a membership begins or ends."
        parts.append(blocks.section(text))
    return blocks.modal("access", "Access", parts)


def _head(shown: Shown) -> str:
    how = "all done" if shown.state is ChecklistState.DONE else f"{shown.left} to do"
    since = f"{BECAUSE[shown.cause]}, {moment(shown.began_at)}"
    return f"*Access of {escape(shown.name)}*: {how}\n{since}"


def _rows(shown: Shown, limit: int) -> Iterable[Block]:
    for row in shown.rows[:limit]:
        yield blocks.section(_line(shown, row), accessory=_button(row))
        if row.can_retry and row.state is ItemState.OPEN:
            yield blocks.actions(blocks.button(f"Try again: {row.called}", RETRY, row.item_id))
    if len(shown.rows) > limit:
        yield blocks.context(f"and {len(shown.rows) - limit} more places")


def _button(row: Row) -> ButtonElement | None:
    if row.state is ItemState.OPEN:
        return blocks.button(f"Done: {row.called}", TICK, row.item_id)
    if row.state is ItemState.DONE and not row.by_bot:
        return blocks.button(f"Undo: {row.called}", UNTICK, row.item_id)
    return None


def _line(shown: Shown, row: Row) -> str:
    what = _words(shown, row)
    if row.state is ItemState.DONE:
        when = f", {moment(row.done_at)}" if row.done_at else ""
        return f"☑ {what}\n_{row.done_by}{when}_"
    if row.state is ItemState.OWED:
        return f"⏳ {what}\n_the bot is at it_"
    if row.refusal:
        return f"⚠ {what}\n_the bot could not: {escape(row.refusal)}_"
    return f"☐ {what}"


def _words(shown: Shown, row: Row) -> str:
    add = row.doing is Doing.ADD
    if row.place == MAILING_LIST:
        return "Add them to the mailing list" if add else "Take them off the mailing list"
    if row.place != GITHUB:
        return f"Invite them to <#{row.place}>" if add else f"Remove them from <#{row.place}>"
    who = f"`@{escape(row.login)}`" if row.login else "them"
    text = f"Add {who} to {team_link(shown.team)}"
    if not add:
        text = f"Remove {who} from {team_link(shown.team)}"
    if row.login:
        return text
    return f"{text}; their GitHub name is not known ({command('psrt members')})"


def team_link(team: str) -> str:
    """Return mrkdwn that leads to where GitHub shows a team's members.

    Args:
        team: as ORG/TEAM, which a setting has checked; empty where none is set.
    """
    if not team:
        return "the GitHub team"
    organisation, _, name = team.partition("/")
    address = f"https://github.com/orgs/{organisation}/teams/{name}/members"
    return f"the GitHub team <{address}|{team}>"
