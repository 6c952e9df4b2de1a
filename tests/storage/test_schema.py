"""Migrations give exactly the tables of the code, and another schema is refused with the remedy."""

import importlib
import pkgutil

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import storage
from storage.engine import Database, prepare_storage
from storage.schema import SchemaError, _config, current, head, require_current, upgrade
from storage.tables import METADATA, MODULES

WITHOUT_ROWID = {"elector", "sealed_ballot", "spent_submission", "bulletin_line", "refusal_count"}


@pytest.fixture
def empty(empty_url: str) -> Database:
    """A database without any table."""
    database = Database(empty_url)
    prepare_storage(database)
    return database


def test_upgrade_gives_the_tables_of_the_code(database: Database) -> None:
    """From nothing to the newest version: no table, column, index or constraint differs."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []


def test_every_module_of_tables_is_known() -> None:
    """A new module's tables are compared with the migrations only if `tables.py` imports it."""
    with_tables = []
    for found in pkgutil.iter_modules(storage.__path__):
        module = importlib.import_module(f"storage.{found.name}")
        own = [
            it for it in vars(module).values() if getattr(it, "__module__", "") == module.__name__
        ]
        if any(hasattr(one, "__table__") for one in own):
            with_tables.append(module)
    assert len(with_tables) > 5
    assert set(with_tables) == set(MODULES)


def test_upgrade_of_an_empty_database(empty: Database) -> None:
    """An empty database has no version, is refused with the remedy, and is ready afterwards."""
    assert current(empty) is None
    with pytest.raises(SchemaError, match=r"no tables yet; run: psrt-bot db upgrade"):
        require_current(empty)
    upgrade(empty)
    assert current(empty) == head()
    require_current(empty)
    empty.close()


def test_upgrade_twice_is_harmless(database: Database) -> None:
    """A second upgrade changes nothing and keeps every row."""
    with database.transaction() as session:
        session.execute(text("INSERT INTO posted (slot, channel, ts) VALUES ('s', 'C', '1')"))
    upgrade(database)
    assert current(database) == head()
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM posted")).scalar() == 1


def test_newer_schema_is_refused(database: Database) -> None:
    """A version this code does not know is refused: running on it or upgrading it."""
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="a newer one has used it; update psrt-bot"):
        require_current(database)
    with pytest.raises(SchemaError, match="update psrt-bot"):
        upgrade(database)
    assert current(database) == "9999"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_tables_of_ballots_have_no_row_id(database: Database) -> None:
    """SQLite keeps no order of insertion where it would betray the order of casting."""
    with database.reading() as session:
        tables = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        without = {name for name, sql in tables if sql.rstrip().endswith("WITHOUT ROWID")}
    assert without == WITHOUT_ROWID


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_failed_upgrade_leaves_nothing(empty: Database) -> None:
    """SQLite makes tables within the transaction too: a table in the way undoes all of it."""
    with empty.transaction() as session:
        session.execute(text("CREATE TABLE poll (id TEXT)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert current(empty) is None
    with empty.reading() as session:
        tables = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        assert [name for (name,) in tables] == ["poll"]
    empty.close()


def test_what_passed_before_is_taken_up(empty: Database) -> None:
    """Migration 0003 plans to tell the council of each nomination whose result is out already, and
    0007 to begin with whoever was confirmed."""
    with empty.engine.connect().execution_options(psrt_write=True) as connection:
        command.upgrade(_config(connection), "0002")
        connection.execute(
            text(
                "INSERT INTO person (id, name, github, created_at) "
                "VALUES ('ana', 'Ana', '', '2026-03-02 10:00:00+00')"
            )
        )
        for name, state, destroyed in (
            ("due", "awaiting_notice", "'2026-03-09 10:00:00+00'"),
            ("early", "awaiting_notice", "NULL"),
            ("lost", "not_passed", "'2026-03-09 10:00:00+00'"),
            ("won", "confirmed", "'2026-03-09 10:00:00+00'"),
        ):
            connection.execute(text(_POLL.format(name=name, destroyed=destroyed)))
            connection.execute(text(_NOMINATION.format(name=name, state=state)))
        connection.commit()
    upgrade(empty)
    with empty.reading() as session:
        planned = session.execute(text("SELECT kind, subject, attempts FROM deadline")).all()
        assert sorted(tuple(row) for row in planned) == [
            ("nominations:onboard", "won", 0),
            ("nominations:tell-council", "due", 0),
        ]
    empty.close()


_POLL = (
    "INSERT INTO poll (id, subject, title, state, threshold, duration_seconds, created_at, "
    "keys_destroyed_at, close_confirmed, awaits_close_decision, electorate_size, "
    "electorate_hash, left_during) VALUES ('{name}', '{name}', 't', 'closed', '2/3', 1, "
    "'2026-03-02 10:00:00+00', {destroyed}, false, false, 0, '', 0)"
)
_NOMINATION = (
    "INSERT INTO nomination (id, state, running, nominee_key, nominator_id, nominee_name, "
    "nominee_github, standing, texts, poll_id, nominated_at) VALUES ('{name}', '{state}', true, "
    "'mail:{name}', 'ana', 'n', '', 'triager', '{{}}', '{name}', '2026-03-02 10:00:00+00')"
)
