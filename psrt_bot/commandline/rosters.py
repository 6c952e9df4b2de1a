"""What ``psrt-bot roster …`` does: reads files, calls one use case, tells what changed."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from psrt_bot.commandline.databases import opened
from psrt_bot.commandline.refusals import CommandError
from psrt_bot.composition.bindings import bind_people
from psrt_bot.membership import roster
from psrt_bot.membership.roster import Changes, RosterError
from psrt_bot.membership.rules import MIN_ADMINS, Role
from psrt_bot.membership.service.appointing import Appointing, TooFewAdmins
from psrt_bot.membership.service.lists import Lists, list_problems, stored
from psrt_bot.membership.service.people import Members, find_person
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import load_settings
from storage.people import SlackUser

ACTOR = "command line"  # in the audit log; who may log in to the machine is the machine's affair
EXPORTS = {
    "csv": roster.export_csv,
    "json": roster.export_json,
    "markdown": roster.export_markdown,
}
TITLES = {"members": "Members", "emeriti": "Former members"}
SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,}")


def import_lists(members: Path, emeriti: Path | None, *, dry_run: bool) -> None:
    """Replace the public lists and tell what changed; all or nothing.

    Raises:
        CommandError, RosterError, OSError: a file cannot be used; nothing was changed.
    """
    paths = {"members": members} | ({"emeriti": emeriti} if emeriti else {})
    files = {listing: path.read_bytes() for listing, path in paths.items()}
    parsed = _parsed(files, paths)
    if problems := list_problems(parsed):
        raise RosterError(problems)
    settings = load_settings()
    facts = Facts()
    bind_people(facts)
    lists = Lists(facts)
    with opened(settings) as database:
        if dry_run:
            with database.reading() as session:
                changes = lists.compare(session, files)
        else:
            with database.transaction() as session:
                changes = lists.import_files(session, _now(), files, ACTOR)
    _tell_changes(changes)
    if dry_run:
        print("Nothing was changed: this was a dry run.")
    if sum(Role.ADMIN in entry.roles for entry in parsed["members"].entries) < MIN_ADMINS:
        print(f"Note: PEP 811 asks for at least {MIN_ADMINS} admins.", file=sys.stderr)


def _parsed(files: dict[str, bytes], paths: dict[str, Path]) -> dict[str, roster.Roster]:
    parsed: dict[str, roster.Roster] = {}
    problems: list[str] = []
    for listing, data in files.items():
        try:
            parsed[listing] = roster.parse(data)
        except RosterError as error:
            problems += [f"{paths[listing]}: {problem}" for problem in error.problems]
    if problems:
        raise CommandError(*problems)
    return parsed


def _tell_changes(changes: dict[str, Changes]) -> None:
    for listing, change in changes.items():
        print(f"{TITLES[listing]}:")
        for line in roster.summary(change):
            print(f"  {line}")


def export_list(format_: str, listing: str) -> None:
    """Write a public list to stdout, byte for byte."""
    with opened(load_settings()) as database, database.reading() as session:
        data = EXPORTS[format_](stored(session, listing))
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def link_person(who: str, slack_user_id: str) -> None:
    """Say which Slack user somebody is."""
    if SLACK_USER.fullmatch(slack_user_id) is None:
        raise CommandError(
            f"{slack_user_id!r} is not a Slack user id; copy the member ID from the Slack profile, "
            "it looks like U0123ABCD"
        )
    members = Members(Facts())
    with opened(load_settings()) as database, database.transaction() as session:
        person = find_person(session, who)
        members.link(session, _now(), person, slack_user_id, ACTOR)
        user = session.get(SlackUser, slack_user_id)
    known = f"{user.real_name}" if user else "Slack has not told of this user yet"
    print(f"{person.name} is the Slack user {slack_user_id} ({known}).")


def grant_role(who: str, word: str, name: str | None) -> None:
    """Give somebody a role; with a name, somebody who is on no list is added first."""
    role = _role(word)
    with opened(load_settings()) as database, database.transaction() as session:
        person = _appointing().grant(session, _now(), who, role, ACTOR, name=name)
    print(f"{person.name} now holds the role {role.value}.")


def revoke_role(who: str, word: str, *, confirmed: bool) -> None:
    """Take a role from somebody."""
    role = _role(word)
    try:
        with opened(load_settings()) as database, database.transaction() as session:
            person = _appointing().revoke(session, _now(), who, role, ACTOR, confirmed=confirmed)
    except TooFewAdmins as error:
        raise CommandError(f"{error}; to do it all the same, repeat with --yes") from None
    print(f"{person.name} no longer holds the role {role.value}.")


def _role(word: str) -> Role:
    if word not in set(Role):
        raise CommandError(
            f"{word!r} is no role; there are admin, release-manager and steering-council"
        )
    return Role(word)


def _appointing() -> Appointing:
    facts = Facts()
    bind_people(facts)
    return Appointing(Members(facts))


def _now() -> datetime:
    return datetime.now(UTC)
