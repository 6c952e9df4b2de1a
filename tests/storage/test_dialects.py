"""What is compiled is shared by all engines of one kind, and nothing else is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlmodel import col, select

from storage.dialects import COMPILED, SQLite, with_ours
from storage.engine import Database
from storage.people import Person
from tests.databases import new_database


def test_a_statement_is_compiled_once_for_all_engines(database_url: str) -> None:
    """Both databases of a bot, each with its ways to begin, find it compiled already."""
    statement = select(col(Person.id)).where(col(Person.name) == "of this test alone")
    first, second = Database(database_url), Database(database_url)
    with first.reading() as session:
        session.execute(statement)
    held = len(COMPILED)
    for database in (first, second):
        with database.reading() as session:
            assert session.execute(statement).all() == []
        with database.transaction() as session:
            assert session.execute(statement).all() == []
        with database.glancing() as connection:
            assert connection.execute(statement).all() == []
        with database.writing() as connection:
            assert connection.execute(statement).all() == []
        database.close()
    # One more, for a bare connection: there a statement is compiled without the ORM.
    assert len(COMPILED) <= held + 1


def test_each_kind_begins_in_its_own_way(tmp_path: Path) -> None:
    """What is shared is the text of statements: a writer still keeps the others waiting."""
    path = tmp_path / "psrt.db"
    database = Database(new_database(path))
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        locked = pytest.raises(sqlite3.OperationalError, match="locked")
        with database.transaction(), locked:  # before any statement: BEGIN IMMEDIATE was said
            other.execute("BEGIN IMMEDIATE")
        with database.reading() as session, database.glancing() as connection:
            session.execute(text("SELECT 1"))
            connection.execute(text("SELECT 1"))
            other.execute("BEGIN IMMEDIATE")  # who reads keeps nobody waiting
            other.execute("ROLLBACK")
    database.close()


def test_what_differs_is_not_shared() -> None:
    ours, newer, here = (
        create_engine(with_ours(make_url(url))).dialect
        for url in ("postgresql+psycopg://a@b/c", "postgresql://d@e/f", "sqlite://")
    )
    assert ours == newer
    assert hash(ours) == hash(newer)
    newer.server_version_info = (99,)
    assert ours != newer
    assert ours != here
    assert SQLite("BEGIN IMMEDIATE") == SQLite(None) == here
