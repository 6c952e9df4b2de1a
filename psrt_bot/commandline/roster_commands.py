"""``psrt-bot roster …``: the public list and who holds which role, from the command line."""

from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated

import typer

roster = typer.Typer(rich_markup_mode=None, help="The list of members, links and roles.")

Who = Annotated[
    str, typer.Argument(metavar="GITHUB-OR-ID", help="GitHub name, Slack user id or full name.")
]
WhichRole = Annotated[
    str, typer.Argument(metavar="ROLE", help="admin, release-manager or steering-council.")
]
Emeriti = Annotated[bool, typer.Option("--emeritus", help="The list of former members.")]


@unique
class Format(StrEnum):
    """How a list is written."""

    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"


@roster.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="psrt.csv", help="The list of members.")],
    emeritus: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The list of former members.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    decision: Annotated[
        str | None,
        typer.Option(metavar="REFERENCE", help="Of the council's decision, for new admins."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Even if one admin only is left.")] = False,
) -> None:
    """Replace the public list, and roles with it; all or nothing."""
    from psrt_bot.commandline.rosters import import_lists

    import_lists(file, emeritus, dry_run=dry_run, decision=decision, confirmed=yes)


@roster.command()
def export(
    format_: Annotated[Format, typer.Option("--format", help="How.")] = Format.CSV,
    emeritus: Emeriti = False,
) -> None:
    """Write the public list to stdout; csv to the byte as it was imported, plus changes since."""
    from psrt_bot.commandline.rosters import export_list

    export_list(format_.value, "emeriti" if emeritus else "members")


@roster.command()
def link(
    who: Who,
    slack_user_id: Annotated[str, typer.Argument(metavar="SLACK_USER_ID", help="U0123ABCD")],
) -> None:
    """Say which Slack user somebody is."""
    from psrt_bot.commandline.rosters import link_person

    link_person(who, slack_user_id)


@roster.command()
def unlink(who: Who) -> None:
    """Say that somebody is no Slack user any more."""
    from psrt_bot.commandline.rosters import unlink_person

    unlink_person(who)


@roster.command()
def grant(
    who: Who,
    role: WhichRole,
    name: Annotated[
        str | None,
        typer.Option(metavar="FULL_NAME", help="Add them under this name: they are on no list."),
    ] = None,
    decision: Annotated[
        str | None,
        typer.Option(metavar="REFERENCE", help="Of the council's decision, for an admin."),
    ] = None,
) -> None:
    """Give somebody a role."""
    from psrt_bot.commandline.rosters import grant_role

    grant_role(who, role, name, decision)


@roster.command()
def revoke(
    who: Who,
    role: WhichRole,
    yes: Annotated[bool, typer.Option("--yes", help="Even if one admin only is left.")] = False,
) -> None:
    """Take a role from somebody."""
    from psrt_bot.commandline.rosters import revoke_role

    revoke_role(who, role, confirmed=yes)


@roster.command()
def end(
    who: Who,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; admins read it, the audit log has it not.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Even if one admin only is left.")] = False,
) -> None:
    """End a membership: both lists change, and the team is told."""
    from psrt_bot.commandline.rosters import end_membership

    end_membership(who, reason, confirmed=yes)
