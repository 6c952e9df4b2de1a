"""What somebody is called, on the list and on GitHub: checked and changed in one place (R5)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.membership.roster import MAX_NOTES
from psrt_bot.membership.rules import (
    bad_character,
    github_key,
    github_name_problem,
    note_roles,
    sort_key,
)
from psrt_bot.membership.service.lines import LISTED_ROLES, Lines
from psrt_bot.runtime.facts import Facts, PersonChanged
from psrt_bot.runtime.people import live_users
from storage.people import Person, SlackUser

SAME_NAME = (
    "somebody of this name is known: open them in the list, or give a GitHub name that tells the "
    "two apart"
)
UNKNOWN_USER = "Slack has not told of this user yet; try again in an hour"
NO_PERSON = "this account is deactivated, a guest's, a bot's or of another workspace; choose theirs"
NOTED = "Admin and Release Manager are given and taken under Roles; leave these words as they are"


def whose_github(session: Session, github: str, but: Person | None = None) -> Person | None:
    """Return who else has a GitHub name; an empty one is nobody's."""
    key = github_key(github)
    found = select(Person).where(col(Person.github_key) == key) if key else None
    other = session.scalar(found) if found is not None else None
    return None if but is not None and other is not None and other.id == but.id else other


def github_problem(session: Session, github: str, but: Person | None = None) -> str | None:
    """Say what is wrong with a GitHub name for somebody; an empty one is allowed (R5)."""
    if github and (problem := github_name_problem(github)):
        return problem
    other = whose_github(session, github, but)
    return f"{other.name} has this GitHub name already" if other else None


def notes_problem(notes: str, before: str) -> str | None:
    """Say what is wrong with the third column; roles do not change by it."""
    if len(notes) > MAX_NOTES:
        return f"the notes have {len(notes)} characters; shorten to {MAX_NOTES}"
    if bad := bad_character(notes):
        return f"the notes hold the control or invisible character {bad}; remove it"
    return NOTED if note_roles(notes) != note_roles(before) else None


def known_problem(session: Session, name: str, github: str) -> str | None:
    """Say that somebody of this name is known, unless a GitHub name tells the two apart."""
    if github:
        return None
    key = sort_key(name)
    same = any(sort_key(one) == key for one in session.scalars(select(col(Person.name))))
    return SAME_NAME if same else None


def user_problem(session: Session, user: str, person: Person | None) -> str | None:
    """Say why somebody cannot be this Slack user; an empty one is nobody's."""
    if not user:
        return None
    found = session.get(SlackUser, user)
    if found is None:
        return UNKNOWN_USER
    if user not in live_users(session, [user]):
        return NO_PERSON
    other = session.scalar(select(Person).where(col(Person.slack_user_id) == user))
    if other is None or (person is not None and other.id == person.id):
        return None
    return f"this Slack user is linked to {other.name}; take that link first"


def notes_of(session: Session, person: Person) -> str | None:
    """Return somebody's third column, or None where no public list has a line of theirs."""
    for listing in LISTED_ROLES:
        if (entry := Lines.load(session, listing).entry(person.id)) is not None:
            return entry.notes
    return None


def change(
    session: Session,
    now: datetime,
    facts: Facts,
    person: Person,
    *,
    name: str | None = None,
    github: str | None = None,
    notes: str | None = None,
) -> list[str]:
    """Let somebody and their line say something else; after ``lines.lock`` and the checks above.

    Args:
        name, github, notes: None for what stays.

    Returns:
        what changed, by its column; ``PersonChanged`` is announced where anything did.

    Raises:
        RuleError: the public list cannot hold it.
    """
    wanted = {"name": name, "github": github}
    changed = [k for k, v in wanted.items() if v is not None and v != getattr(person, k)]
    for listing in LISTED_ROLES:
        of_list = Lines.load(session, listing)
        before = of_list.entry(person.id)
        if before is None:
            continue
        after = replace(
            before,
            name=before.name if name is None else name,
            github=before.github if github is None else github,
            notes=before.notes if notes is None else notes,
        )
        if after.notes != before.notes:
            changed.append("notes")
        if after != before:
            of_list.replace(person.id, after)
            of_list.save(session)
    if not changed:
        return []
    if name is not None:
        person.name = name
    if github is not None:
        person.github, person.github_key = github, github_key(github)
    session.add(person)
    session.flush()
    facts.announce(session, now, PersonChanged(person.id))
    return changed
