"""The schema's version: upgrade it, and refuse to run on another (``psrt-bot db upgrade``)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.engine import Database

SCRIPTS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database's schema is not the one this code works with; the text names the remedy."""


def upgrade(database: Database) -> None:
    """Bring the schema to the newest version; an empty database gets all of it.

    Raises:
        SchemaError: a newer version of the bot has used it; nothing is changed.
    """
    if (found := current(database)) is not None:
        _refuse_unknown(found)
    with database.writer.connect() as connection:
        command.upgrade(_config(connection), "head")
        connection.commit()


def current(database: Database) -> str | None:
    """Return the database's schema version, or None when it has none."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Return the schema version this code works with."""
    version = ScriptDirectory(str(SCRIPTS)).get_current_head()
    assert version is not None
    return version


def require_current(database: Database) -> None:
    """Refuse another schema than ours.

    Raises:
        SchemaError: it is older (or newer: another version of the bot was here).
    """
    found, ours = current(database), head()
    if found == ours:
        return
    if found is not None:
        _refuse_unknown(found)
    state = "has no tables yet" if found is None else f"is at the older version {found}"
    raise SchemaError(f"the database {state}; run: psrt-bot db upgrade")


def _refuse_unknown(found: str) -> None:
    known = {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}
    if found not in known:
        raise SchemaError(
            f"the database is at version {found}, which this psrt-bot does not know: "
            "a newer one has used it; update psrt-bot"
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
