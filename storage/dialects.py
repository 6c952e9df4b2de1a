"""SQLAlchemy's two dialects, told to share what they compiled.

SQLAlchemy keeps the text of a compiled statement per engine and per dialect object. On SQLite this
bot has three engines a database, and two databases of different patience in one process: the same
statement would be compiled six times, at 1 to 10 ms each, and the first of them in somebody's
request. Dialects of one kind compile alike, so here they count as equal.
"""

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

MANY = 4_000  # statements are kept when half as many again are there; some hundreds are in use

COMPILED: LRUCache[Any, Any] = LRUCache(MANY)  # for the execution option ``compiled_cache``


class _Alike(DefaultDialect):
    """Equal to every dialect of its kind that talks to the same version of the server."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.server_version_info == self.server_version_info

    def __hash__(self) -> int:
        return hash(type(self))


class SQLite(_Alike, SQLiteDialect_pysqlite):
    """SQLite, with a say in how a transaction begins.

    Told to the dialect and not by a listener to the event "begin": an engine with one listener asks
    for listeners at every step of every statement, which is a sixth of a ballot's time.

    Args:
        begin: the statement; None for none, so that each statement is a transaction by itself.
    """

    supports_statement_cache = True

    def __init__(self, begin: str | None = "BEGIN", **options: Any) -> None:
        super().__init__(**options)
        self._begin = begin

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction in this engine's way."""
        if self._begin is not None:
            dbapi_connection.execute(self._begin)


class PostgreSQL(_Alike, PGDialect_psycopg):
    """PostgreSQL through psycopg."""

    supports_statement_cache = True


for _kind in (SQLite, PostgreSQL):
    registry.register(f"{_kind.name}.psrt", __name__, _kind.__name__)


def with_ours(url: URL) -> URL:
    """Return the address with the dialect above; its kind is SQLite or PostgreSQL."""
    return url.set(drivername=f"{url.get_backend_name()}+psrt")
