"""New SQLite databases for tests: migrated once a process, then copied, which is far quicker."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.engine import Database
from storage.schema import upgrade


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "psrt.db")
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        database.close()
        return path.read_bytes()


def new_database(path: Path) -> str:
    """Write a database of the newest schema, without a row; return its address."""
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"
