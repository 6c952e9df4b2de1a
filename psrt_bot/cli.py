"""``psrt-bot``: the command line, and how its errors are told.

Heavy imports stand inside the commands, so that ``--help`` answers at once. Whatever is wrong with
an input becomes lines on stderr that name it and the remedy, exit code 2, nothing changed.
"""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from psrt_bot.commandline.roster_commands import roster

NAME = "psrt-bot"
PROBLEM, BAD_INPUT, INTERRUPTED = 1, 2, 130  # exit codes; 128 + SIGINT, as shells have it

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The bot of a security response team: nominations, secret votes, the list of members.",
)
database = typer.Typer(rich_markup_mode=None, help="The database's schema.")
audit = typer.Typer(rich_markup_mode=None, help="The log of who did what.")
app.add_typer(roster, name="roster")
app.add_typer(database, name="db")
app.add_typer(audit, name="audit")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the arguments behind the program's name; those of the process unless given.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows ASCII alone
    command = typer.main.get_command(app)
    try:
        code = command.main(args=argv, prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except TyperException as error:
        return _refuse(_usage_line(error))
    except Exception as error:  # noqa: BLE001 -- the one translator of the command line
        return _tell(error)
    return code if isinstance(code, int) else 0


def _usage_line(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else NAME
    said = " ".join(error.format_message().split()).rstrip(".")
    return f"{said}; see: {path} --help"


def _refuse(*lines: str) -> int:
    for line in lines:
        print(f"{NAME}: {' '.join(line.splitlines())}", file=sys.stderr)
    return BAD_INPUT


def _tell(error: Exception) -> int:
    from psrt_bot.commandline.refusals import expected, report_unexpected

    if isinstance(error, BrokenPipeError):
        return PROBLEM  # whoever read our output (head, less) has gone
    if lines := expected(error):
        return _refuse(*lines)
    _refuse(report_unexpected(error))
    return PROBLEM


def told(held: bool) -> None:
    """End a command that has told what it found: exit code 1 unless everything held."""
    if not held:
        raise typer.Exit(PROBLEM)


@app.command()
def run(
    http: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Listen for signed HTTP requests there."),
    ] = None,
) -> None:
    """Run the bot, in Socket Mode unless --http is given, until SIGTERM or SIGINT."""
    from psrt_bot.commandline.running import run_bot

    run_bot(http)


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Tell it in the terminal.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Begin without any nomination.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the page is; the next free one if taken.")
    ] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget what was done before.")] = False,
    folder: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the demo keeps its state.")
    ] = Path("data/demo"),
) -> None:
    """Open a local Slack in the browser to play with: nominate, vote, decide, verify."""
    if headless:
        from psrt_bot.sandbox.demo.play import play

        told(play())
        return
    from psrt_bot.sandbox.demo.page_demo import Wishes, show

    show(Wishes(port, not no_open, empty, reset, folder))


@app.command()
def manifest(
    http: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The bot's public https address; else Socket Mode."),
    ] = None,
) -> None:
    """Print the Slack app manifest as JSON: exactly the commands, events and scopes used."""
    from psrt_bot.commandline.describing import manifest_text

    print(manifest_text(http))


@app.command()
def doctor(
    probe: Annotated[
        bool, typer.Option("--probe", help="Also post in the admin channel, and clean up.")
    ] = False,
) -> None:
    """Check settings, database, keys, Slack; say what to do. Exit code 1 if something is bad."""
    from psrt_bot.commandline.describing import examined

    told(examined(probe=probe))


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="The bulletin's file.")],
    receipt: Annotated[
        str | None, typer.Option(metavar="CODE", help="Your receipt: is your ballot in it?")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(metavar="HEX", help="The SHA-256 that the result message names.")
    ] = None,
) -> None:
    """Recount a published bulletin, offline. Exit code 1 if anything does not hold."""
    from psrt_bot.commandline.verifying import verify_bundle

    told(verify_bundle(bundle, receipt, sha256))


@database.command("upgrade")
def upgrade() -> None:
    """Create the database or bring it to the newest version."""
    from psrt_bot.commandline.databases import upgrade_database

    upgrade_database()


@database.command("check")
def check() -> None:
    """Say whether the database is at the version this program works with."""
    from psrt_bot.commandline.databases import check_database

    check_database()


@audit.command("verify")
def audit_verify(
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="A head noted earlier; must be a link.")
    ] = None,
) -> None:
    """Recompute the audit log's chain. Exit code 1 names the first broken link."""
    from psrt_bot.commandline.verifying import verify_audit

    told(verify_audit(head))


@audit.command("export")
def audit_export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A new file; stdout unless given.")
    ] = None,
) -> None:
    """Write the audit log as JSON lines, each entry with its hashes. Overwrites nothing."""
    from psrt_bot.commandline.verifying import export_audit

    export_audit(file)
