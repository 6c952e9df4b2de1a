"""What admins and members see of the list of people: modals, and the words of their answers."""

from collections.abc import Collection, Sequence

from slack_sdk.models.blocks import Block, ButtonElement
from slack_sdk.models.views import View

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
    Place,
    role_words,
)
from psrt_bot.membership.roster import MAX_NOTES
from psrt_bot.membership.rules import (
    MAX_DECISION,
    MAX_GITHUB_NAME,
    MAX_NAME,
    MAX_REASON,
    Role,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import escape, mention, moment

LIST, PREVIOUS, NEXT = "members.list", "members.previous", "members.next"
OPEN, ADD, EDIT, LINK = "members.open", "members.add", "members.edit", "members.link"
ROLES_FORM, JOIN, HISTORY = "members.roles", "members.join", "members.history"
OLDER = "members.history_older"
# Fields, by block id.
TEXT, ROLE, LINK_STATE = "text", "role", "link_state"
NAME, GITHUB, NOTES, SLACK_USER = "name", "github", "notes", "slack_user"
ROLES, DECISION, ALONE, REASON = "roles", "decision", "alone", "reason"

NOTHING = "Nothing was to be changed."
EDITED = "Changed, on the public list as well. `/psrt publish` gives you the files."
LINKED = "Linked."
UNLINKED = "The link is taken. They can do nothing here until they are linked again."
ROLES_CHANGED = "The roles are changed. `/psrt publish` gives you the files if the list differs."
JOINED = "They are a member from now on. `/psrt publish` gives you the files."
ADDED = "Added. `/psrt publish` gives you the files if the list differs."
ENDED = "The membership has ended. `/psrt publish` gives you the files."
NO_LONGER_ADMIN = "Done. You are no admin any more."
SAME_NAME = (
    "somebody of this name is known: open them in the list, or give a GitHub name that tells the "
    "two apart"
)
UNKNOWN_USER = "Slack has not told of this user yet; try again in an hour"
NO_PERSON = "this account is deactivated, a guest's, a bot's or of another workspace; choose theirs"
LAST_LINK = "this is the last admin who can be reached in Slack; link another admin first"
CONFIRM_ALONE = "One admin only would be left, and PEP 811 asks for two. Tick this to go on."
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
                accessory=blocks.button("Open", OPEN, one.person_id, spoken=f"Open {one.name}"),
            )
            for one in page.lines
        ]
    else:
        parts += [blocks.section(text) for text in blocks.packed(map(_public, page.lines))]
    if buttons := _list_buttons(page):
        parts.append(blocks.actions(*buttons))
    parts.append(blocks.divider())
    parts += _filter_inputs(place.filter, manages=page.manages)
    return blocks.modal(LIST, "Members", parts, submit="Show", metadata=place.written())


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
        buttons.append(blocks.button("Previous", PREVIOUS, str(at - 1)))
    if at + 1 < page.pages:
        buttons.append(blocks.button("Next", NEXT, str(at + 1)))
    if page.manages:
        buttons.append(blocks.button("Add somebody", ADD))
    return buttons


def _filter_inputs(chosen: Filter, *, manages: bool) -> list[Block]:
    roles: dict[str, str] = {role.value: words for role, words in ROLE_WORDS.items()}
    if manages:
        roles[EVERYBODY] = "Everybody known"
    parts: list[Block] = [
        blocks.text_input(
            TEXT,
            "Name or GitHub name contains",
            optional=True,
            initial=chosen.text,
            max_length=MAX_TEXT,
        ),
        blocks.select_input(ROLE, "Role", roles, initial=chosen.role or EVERYBODY),
    ]
    if manages:
        links = {ANY_LINK: "Any", **{state.value: words for state, words in LINK_WORDS.items()}}
        parts.append(
            blocks.select_input(LINK_STATE, "Slack", links, initial=chosen.link or ANY_LINK)
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
        blocks.button("End membership…", END, line.person_id, style="danger")
        if is_member
        else blocks.button("Make a member…", JOIN, line.person_id)
    )
    parts: list[Block] = [blocks.section(note)] if note else []
    parts += [
        blocks.section("\n".join(facts)),
        *blocks.quoted(f"Notes in the public list: {line.notes}" if line.notes else ""),
        blocks.actions(
            blocks.button("Edit…", EDIT, line.person_id),
            blocks.button("Slack link…", LINK, line.person_id),
            blocks.button("Roles…", ROLES_FORM, line.person_id),
            blocks.button("History", HISTORY, line.person_id),
            way,
        ),
        blocks.actions(blocks.button("Back to the list", LIST)),
    ]
    return blocks.modal("members.person", "Person", parts, metadata=card.place.written())


END = "offboarding.end"  # the door of the process above, which alone ends memberships


def back(person_id: str) -> Block:
    """Return the way back from a form to the person."""
    return blocks.actions(blocks.button("Back", OPEN, person_id))


def add_modal(place: Place) -> View:
    """Return the form that adds somebody."""
    roles = {
        role.value: ROLE_WORDS[role]
        for role in (Role.MEMBER, Role.RELEASE_MANAGER, Role.STEERING_COUNCIL)
    }
    parts: list[Block] = [
        _name(""),
        _github(""),
        _user(None),
        blocks.checkboxes_input(ROLES, "Roles", roles),
        _reason(optional=True),
        blocks.actions(blocks.button("Back to the list", LIST)),
    ]
    return blocks.modal(ADD, "Add somebody", parts, submit="Add", metadata=place.written())


def edit_modal(card: Card) -> View:
    """Return the form by which somebody is called something else."""
    line = card.line
    parts: list[Block] = [_name(line.name), _github(line.github)]
    if card.listed:
        parts.append(
            blocks.text_input(
                NOTES,
                "Notes in the public list",
                hint="Words between commas. Admin and Release Manager follow the roles.",
                optional=True,
                initial=line.notes,
                max_length=MAX_NOTES,
            )
        )
    parts.append(back(line.person_id))
    return _form(EDIT, "Edit", parts, "Save", card.place)


def link_modal(card: Card) -> View:
    """Return the form that says which Slack user somebody is."""
    parts: list[Block] = [
        blocks.section(
            f"Which Slack user is *{escape(card.line.name)}*? Be sure: whoever it is can do here "
            "what their roles permit. Empty it to take the link."
        ),
        _user(card.line.slack_user_id),
        back(card.line.person_id),
    ]
    return _form(LINK, "Slack link", parts, "Save", card.place)


def roles_modal(
    card: Card,
    *,
    chosen: Collection[str] | None = None,
    decision: str = "",
    alone: bool = False,
) -> View:
    """Return the form of somebody's roles.

    Args:
        chosen: what was ticked before; None for the roles they hold.
        alone: also ask whether one admin is to be left alone.
    """
    given = (Role.ADMIN, Role.RELEASE_MANAGER, Role.STEERING_COUNCIL)
    ticked = card.line.roles if chosen is None else chosen
    parts: list[Block] = [
        blocks.section(f"*{escape(card.line.name)}*"),
        blocks.checkboxes_input(
            ROLES, "Roles", {role.value: ROLE_WORDS[role] for role in given}, initial=ticked
        ),
        blocks.text_input(
            DECISION,
            "The council's decision, for a new admin",
            hint="An address, a number or a date. It enters the history and the audit log.",
            optional=True,
            initial=decision,
            max_length=MAX_DECISION,
        ),
    ]
    if alone:
        parts.append(
            blocks.checkboxes_input(
                ALONE, CONFIRM_ALONE, {ALONE: "Leave one admin alone, though PEP 811 asks for two"}
            )
        )
    parts.append(back(card.line.person_id))
    return _form(ROLES_FORM, "Roles", parts, "Save", card.place)


def join_modal(card: Card) -> View:
    """Return the form by which a membership begins without a nomination."""
    parts: list[Block] = [
        blocks.section(
            f"*{escape(card.line.name)}* becomes a member at once, with a line in `psrt.csv`. "
            "Members are nominated and voted on: use this for what was decided elsewhere."
        ),
        _reason(optional=False),
        back(card.line.person_id),
    ]
    return _form(JOIN, "Make a member", parts, "Make a member", card.place)


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
        buttons.append(blocks.button("Newer", HISTORY, str(newer)))
    if older < history.pages:
        buttons.append(blocks.button("Older", OLDER, str(older)))
    buttons.append(blocks.button("Back", OPEN, history.place.person_id))
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


def _form(callback: str, title: str, parts: list[Block], submit: str, place: Place) -> View:
    return blocks.modal(callback, title, parts, submit=submit, metadata=place.written())


def _name(initial: str) -> Block:
    return blocks.text_input(NAME, "Name", initial=initial, max_length=MAX_NAME)


def _github(initial: str) -> Block:
    return blocks.text_input(
        GITHUB, "GitHub name", optional=True, initial=initial, max_length=MAX_GITHUB_NAME
    )


def _user(initial: str | None) -> Block:
    return blocks.user_input(
        SLACK_USER, "Slack user", hint="Empty for somebody outside the workspace.", initial=initial
    )


def _reason(*, optional: bool) -> Block:
    return blocks.text_input(
        REASON,
        "Why without a nomination",
        hint="For a member. Admins read it in the history; it is not in the audit log.",
        multiline=True,
        optional=optional,
        max_length=MAX_REASON,
    )
