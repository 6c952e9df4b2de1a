"""What ``psrt-bot roster …`` does: reads files, calls one use case, tells what changed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from psrt_bot.commandline.databases import opened
from psrt_bot.commandline.refusals import CommandError
from psrt_bot.composition.bindings import bind_people
from psrt_bot.composition.mentoring import bind_leaving, build_mentoring
from psrt_bot.composition.newcomers import bind_watching, build_watching
from psrt_bot.composition.people import PeopleServices, build_people
from psrt_bot.membership import roster
from psrt_bot.membership.roster import RosterError
from psrt_bot.membership.rules import MIN_ADMINS, Role
from psrt_bot.membership.service.appointing import SLACK_USER, NoDecision, TooFewAdmins
from psrt_bot.membership.service.lines import stored
from psrt_bot.membership.service.lists import Imported, list_problems
from psrt_bot.membership.service.people import find_person
from psrt_bot.offboarding.rules import end_reason_problem
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import Settings, load_settings
from storage.people import SlackUser

ACTOR = "command line"  # in the audit log; who may log in to the machine is the machine's affair
EXPORTS = {
    "csv": roster.export_csv,
    "json": roster.export_json,
    "markdown": roster.export_markdown,
}
TITLES = {"members": "Members", "emeriti": "Former members"}


def import_lists(
    members: Path,
    emeriti: Path | None,
    *,
    dry_run: bool,
    decision: str | None = None,
    confirmed: bool = False,
) -> None:
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
    lists = _people(settings).lists
    given = "none yet: a dry run" if dry_run else decision  # it is told what else would change
    with _asking_twice(), opened(settings) as database:
        try:
            with database.transaction() as session:
                done = lists.import_files(
                    session, _now(), files, ACTOR, decision=given, alone=confirmed or dry_run
                )
                if dry_run:
                    raise _DryRun  # undoes all of it
        except _DryRun:
            pass
    _tell(done)
    if dry_run:
        print("Nothing was changed: this was a dry run.")
    if sum(Role.ADMIN in entry.roles for entry in parsed["members"].entries) < MIN_ADMINS:
        print(f"Note: PEP 811 asks for at least {MIN_ADMINS} admins.", file=sys.stderr)


class _DryRun(Exception):
    """Ends the transaction of a dry run."""


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


def _tell(done: Imported) -> None:
    for listing, change in done.changes.items():
        print(f"{TITLES[listing]}:")
        for line in roster.summary(change):
            print(f"  {line}")
    if done.began or done.ended:
        print("Roles:")
    for mark, told in (("+", done.began), ("-", done.ended)):
        for name, role in told:
            print(f"  {mark} {name}: {role.value}")


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
    settings = load_settings()
    members = _people(settings).members
    with opened(settings) as database, database.transaction() as session:
        person = find_person(session, who)
        members.link(session, _now(), person, slack_user_id, ACTOR)
        user = session.get(SlackUser, slack_user_id)
    known = f"{user.real_name}" if user else "Slack has not told of this user yet"
    print(f"{person.name} is the Slack user {slack_user_id} ({known}).")


def unlink_person(who: str) -> None:
    """Say that somebody is no Slack user any more."""
    settings = load_settings()
    members = _people(settings).members
    with opened(settings) as database, database.transaction() as session:
        person = find_person(session, who)
        members.unlink(session, _now(), person, ACTOR)
    print(f"{person.name} is linked to no Slack user now.")


def grant_role(who: str, word: str, name: str | None, decision: str | None) -> None:
    """Give somebody a role; with a name, somebody who is on no list is added first."""
    role = _role(word)
    settings = load_settings()
    appointing = _people(settings).appointing
    with _asking_twice(), opened(settings) as database, database.transaction() as session:
        person = appointing.grant(session, _now(), who, role, ACTOR, name=name, decision=decision)
    print(f"{person.name} now holds the role {role.value}.")


def revoke_role(who: str, word: str, *, confirmed: bool) -> None:
    """Take a role from somebody."""
    role = _role(word)
    settings = load_settings()
    appointing = _people(settings).appointing
    with _asking_twice(), opened(settings) as database, database.transaction() as session:
        person = appointing.revoke(session, _now(), who, role, ACTOR, confirmed=confirmed)
    print(f"{person.name} no longer holds the role {role.value}.")


def end_membership(who: str, reason: str, *, confirmed: bool) -> None:
    """End somebody's membership, by the same door as in Slack."""
    if problem := end_reason_problem(reason):
        raise CommandError(f"--reason: {problem}")
    settings = load_settings()
    offboarding = _people(settings).offboarding
    with _asking_twice(), opened(settings) as database, database.transaction() as session:
        person = find_person(session, who)
        offboarding.end_as(
            session,
            _now(),
            person,
            ACTOR,
            reason=reason.strip(),
            alone=confirmed,
            told_as="Somebody at the command line",
        )
    print(f"{person.name} is no member any more; both lists have changed.")


@contextmanager
def _asking_twice() -> Iterator[None]:
    try:
        yield
    except TooFewAdmins as error:
        raise CommandError(f"{error}; to do it all the same, repeat with --yes") from None
    except NoDecision as error:
        raise CommandError(f"{error}: --decision REFERENCE") from None


def _role(word: str) -> Role:
    if word not in set(Role):
        raise CommandError(
            f"{word!r} is no role; there are admin, release-manager and steering-council"
        )
    return Role(word)


def _people(settings: Settings) -> PeopleServices:
    facts = Facts()
    people = build_people(settings, facts)
    bind_people(facts, people)
    bind_watching(facts, build_watching(settings, people, facts))
    bind_leaving(facts, build_mentoring(settings, people, facts))
    return people


def _now() -> datetime:
    return datetime.now(UTC)
