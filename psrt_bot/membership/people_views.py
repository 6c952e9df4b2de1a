"""What is shown of the list of people: the list, one person, their history. The forms beside."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

from psrt_bot.membership import people_forms as forms
from psrt_bot.membership.browsing import (
    EVERYBODY,
    MAX_TEXT,
    ROLE_WORDS,
    Card,
    Filter,
    Held,
    History,
    Line,
    LinkState,
    Page,
    role_words,
)
from psrt_bot.membership.rules import Role
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import escape, mention, moment

LINK_WORDS = {
    LinkState.LINKED: "Linked to Slack",
    LinkState.GONE: "Linked to an account that is gone",
    LinkState.NONE: "Not linked",
}
ANY_LINK = "any"


def list_modal(page: Page) -> View:
    """Return a part of the list, with its filter; an admin opens people from it."""
    place = page.place
    parts: list[Block] = [blocks.section(_counted(page))]
    if page.manages:
        parts += [
            blocks.section(
                _line(one),
                accessory=blocks.button(
                    "Open", forms.OPEN, one.person_id, spoken=f"Open {one.name}"
                ),
            )
            for one in page.lines
        ]
    else:
        parts += [blocks.section(text) for text in blocks.packed(map(_public, page.lines))]
    if buttons := _list_buttons(page):
        parts.append(blocks.actions(*buttons))
    parts.append(blocks.divider())
    parts += _filter_inputs(place.filter, manages=page.manages)
    return blocks.modal(forms.LIST, "Members", parts, submit="Show", metadata=place.written())


def _counted(page: Page) -> str:
    role = page.place.filter.role
    who = f"with the role {ROLE_WORDS[role]}" if role else "known to the bot"
    people = blocks.plural(page.total, "person", "people")
    text = f"*{people}* {who}"
    if page.place.filter.text:
        text += f", named like “{escape(page.place.filter.text)}”"
    return f"{text}; page {page.place.page + 1} of {page.pages}"


def _list_buttons(page: Page) -> list[ButtonElement]:
    buttons = []
    at = page.place.page
    if at > 0:
        buttons.append(blocks.button("Previous", forms.PREVIOUS, str(at - 1)))
    if at + 1 < page.pages:
        buttons.append(blocks.button("Next", forms.NEXT, str(at + 1)))
    if page.manages:
        buttons.append(blocks.button("Add somebody", forms.ADD))
    return buttons


def _filter_inputs(chosen: Filter, *, manages: bool) -> list[Block]:
    roles: dict[str, str] = {role.value: words for role, words in ROLE_WORDS.items()}
    if manages:
        roles[EVERYBODY] = "Everybody known"
    parts: list[Block] = [
        blocks.text_input(
            forms.TEXT,
            "Name or GitHub name contains",
            optional=True,
            initial=chosen.text,
            max_length=MAX_TEXT,
        ),
        blocks.select_input(forms.ROLE, "Role", roles, initial=chosen.role or EVERYBODY),
    ]
    if manages:
        links = {ANY_LINK: "Any", **{state.value: words for state, words in LINK_WORDS.items()}}
        parts.append(
            blocks.select_input(forms.LINK_STATE, "Slack", links, initial=chosen.link or ANY_LINK)
        )
    return parts


def _line(line: Line) -> str:
    called = f"*{escape(line.name)}*" + (f" (`{escape(line.github)}`)" if line.github else "")
    return f"{called}\n{role_words(line.roles) or 'No role'} · {_linked(line)}"


def _linked(line: Line) -> str:
    if line.slack_user_id is None:
        return LINK_WORDS[line.link]
    gone = "" if line.link is LinkState.LINKED else " (gone)"
    return f"{mention(line.slack_user_id)}{gone}"


def _public(line: Line) -> str:
    """Return what is public of somebody, as the list on the web has it."""
    github = f" (`{escape(line.github)}`)" if line.github else ""
    noted = line.notes or role_words(line.roles & {Role.ADMIN, Role.RELEASE_MANAGER})
    return f"• {escape(line.name)}{github}" + (f", {escape(noted)}" if noted else "")


def person_modal(card: Card, note: str = "") -> View:
    """Return somebody as an admin sees them, with all that can be done.

    Args:
        note: what was just done, or why not, above it.
    """
    line = card.line
    since = [
        f"{words} since {moment(card.since[role])}"
        for role, words in ROLE_WORDS.items()
        if role in card.since
    ]
    facts = [
        f"*{escape(line.name)}*",
        f"GitHub: {f'`{escape(line.github)}`' if line.github else 'not known'}",
        f"Slack: {_linked(line)}",
        *(since or ["No role"]),
    ]
    is_member = Role.MEMBER in line.roles
    way = (
        blocks.button("End membership…", forms.END, line.person_id, style="danger")
        if is_member
        else blocks.button("Make a member…", forms.JOIN, line.person_id)
    )
    parts: list[Block] = [blocks.section(note)] if note else []
    parts += [
        blocks.section("\n".join(facts)),
        *blocks.quoted(f"Notes in the public list: {line.notes}" if line.notes else ""),
        blocks.actions(
            blocks.button("Edit…", forms.EDIT, line.person_id),
            blocks.button("Slack link…", forms.LINK, line.person_id),
            blocks.button("Roles…", forms.ROLES_FORM, line.person_id),
            blocks.button("History", forms.HISTORY, line.person_id),
            way,
        ),
        blocks.actions(blocks.button("Back to the list", forms.LIST)),
    ]
    return blocks.modal("members.person", "Person", parts, metadata=card.place.written())


def history_modal(history: History) -> View:
    """Return what roles somebody held: since, until, by whom, and why."""
    parts: list[Block] = [
        blocks.section(
            f"*{escape(history.name)}*; page {history.page + 1} of {history.pages}, newest first"
        )
    ]
    for held in history.held:
        parts += _held(held)
    if not history.held:
        parts.append(blocks.context("They never held a role."))
    older, newer = history.page + 1, history.page - 1
    buttons = []
    if newer >= 0:
        buttons.append(blocks.button("Newer", forms.HISTORY, str(newer)))
    if older < history.pages:
        buttons.append(blocks.button("Older", forms.OLDER, str(older)))
    buttons.append(blocks.button("Back", forms.OPEN, history.place.person_id))
    parts.append(blocks.actions(*buttons))
    return blocks.modal("members.past", "History", parts, metadata=history.place.written())


def _held(held: Held) -> Sequence[Block]:
    until = f"until {moment(held.until)}, by {held.ended_by}" if held.until else "until now"
    words = [
        ("The council's decision", held.decision),
        ("Why", held.reason),
        ("Why it ended", held.end_reason),
    ]
    told = f"*{ROLE_WORDS[held.role]}* since {moment(held.since)}, by {held.by}; {until}"
    said = "\n".join(f"{label}: {text}" for label, text in words if text)
    return [blocks.section(told), *blocks.quoted(said)]
