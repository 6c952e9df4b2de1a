"""The forms by which admins change people, the names of their parts, and the words of answers."""

from collections.abc import Collection

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from psrt_bot.membership.browsing import (
    ROLE_WORDS,
    Card,
    Place,
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
from psrt_bot.runtime.blocks import escape
from psrt_bot.runtime.called import command

LIST, PREVIOUS, NEXT = "members.list", "members.previous", "members.next"
OPEN, ADD, EDIT, LINK = "members.open", "members.add", "members.edit", "members.link"
ROLES_FORM, JOIN, HISTORY = "members.roles", "members.join", "members.history"
OLDER = "members.history_older"
END = "offboarding.end"  # the door of the process above, which alone ends memberships
# Fields, by block id.
TEXT, ROLE, LINK_STATE = "text", "role", "link_state"
NAME, GITHUB, NOTES, SLACK_USER = "name", "github", "notes", "slack_user"
ROLES, DECISION, ALONE, REASON = "roles", "decision", "alone", "reason"

NOTHING = "Nothing was to be changed."
EDITED = f"Changed. {command('psrt publish')} gives you the files if the list differs."
LINKED = "Linked."
UNLINKED = "The link is taken. They can do nothing here until they are linked again."
ROLES_CHANGED = (
    f"The roles are changed. {command('psrt publish')} gives you the files if the list differs."
)
JOINED = f"They are a member from now on. {command('psrt publish')} gives you the files."
ADDED = f"Added. {command('psrt publish')} gives you the files if the list differs."
ENDED = f"The membership has ended. {command('psrt publish')} gives you the files."
NO_LONGER_ADMIN = "Done. You are no admin any more."
LAST_LINK = "this is the last admin who can be reached in Slack; link another admin first"
CONFIRM_ALONE = "One admin only would be left, and PEP 811 asks for two. Tick this to go on."


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
