"""The database as commands open it, and ``psrt-bot db``.

Only ``db upgrade`` makes a file: any other command refuses a database that is not there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from psrt_bot.commandline.refusals import CommandError, database_troubles
from psrt_bot.settings import Settings, load_settings
from storage.engine import Database, prepare_storage
from storage.schema import current, head, require_current, upgrade

PATIENCE = timedelta(seconds=3)  # somebody waits at the terminal; the bot's own writes are short
PRIVATE = 0o077  # the mode bits that nobody but the bot's user gets


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Yield the database, which is there and at the newest version.

    Raises:
        CommandError: it is not there or cannot be used.
        SchemaError: it is to be upgraded first.
    """
    url = settings.database_url.get_secret_value()
    with database_troubles(settings.database_where):
        file = _file_of(url)
        if file is not None and not file.is_file():
            raise CommandError(
                f"the database {settings.database_where} does not exist yet; "
                "run: psrt-bot db upgrade"
            )
        database = Database(url, patience=PATIENCE)
        try:
            require_current(database)
            yield database
        finally:
            database.close()


def upgrade_database() -> None:
    """Create the database or bring it to the newest version, and say so."""
    settings = load_settings()
    url = settings.database_url.get_secret_value()
    _file_of(url)
    previous = os.umask(PRIVATE)  # nominations are confidential; SQLite's side files take after it
    try:
        with database_troubles(settings.database_where):
            database = Database(url, patience=PATIENCE)
            try:
                before = current(database)
                prepare_storage(database)
                upgrade(database)
            finally:
                database.close()
    finally:
        os.umask(previous)
    was = "was there already" if before == head() else f"was {before or 'empty'}"
    print(f"{settings.database_where}: version {head()} ({was})")


def check_database() -> None:
    """Say that the database is at the newest version."""
    settings = load_settings()
    with opened(settings):
        print(f"{settings.database_where}: version {head()}, current")


def _file_of(url: str) -> Path | None:
    """Return SQLite's file, None for a server. Raises CommandError for a URL that is none."""
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        raise CommandError(
            "DATABASE_URL: cannot be read (not shown, it may hold a password); write "
            "postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME with a number for PORT"
        ) from None
    if target.get_backend_name() != "sqlite" or target.database is None:
        return None
    return Path(target.database.removeprefix("file:"))
