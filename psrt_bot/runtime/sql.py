"""The two statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table behind a SQLModel class."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def insert_ignoring(session: Session, model: type[SQLModel], values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key exists; return whether it was inserted."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    table = table_of(model)
    statement = insert(table).values(**values).on_conflict_do_nothing()
    # Asked for the key of what was inserted: psycopg tells no row count for such a statement.
    inserted = session.execute(statement.returning(*table.primary_key.columns)).first()
    return inserted is not None


def is_sqlite(session: Session) -> bool:
    """Whether this session speaks to SQLite (the alternative is PostgreSQL)."""
    return session.get_bind().dialect.name == "sqlite"


def rows(result: Any) -> int:
    """Return how many rows a statement touched; what guarded updates are decided by."""
    assert isinstance(result, CursorResult)  # every DML result is one
    assert result.rowcount >= 0  # "unknown" must never pass for "some"
    return result.rowcount


def upsert(
    session: Session,
    model: type[SQLModel],
    values: Mapping[str, Any],
    *,
    keys: Sequence[str],
    kept: Sequence[str] = (),
) -> None:
    """Insert a row, or overwrite the one that has the same ``keys``.

    Args:
        kept: columns that an existing row keeps.
    """
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    changed = {name: value for name, value in values.items() if name not in (*keys, *kept)}
    session.execute(
        insert(table_of(model))
        .values(**values)
        .on_conflict_do_update(index_elements=list(keys), set_=changed)
    )
