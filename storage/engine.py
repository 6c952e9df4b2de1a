"""The database: how connections are opened, and the one way to begin and end a transaction.

DESIGN section 4. SQLite writes in ``BEGIN IMMEDIATE`` and reads in a plain ``BEGIN``, so that two
writers queue up at the start instead of failing in the middle; PostgreSQL needs no such care.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from storage.dialects import COMPILED, with_ours

REQUEST_PATIENCE = timedelta(seconds=1.5)  # Slack wants its ack within 3 s
WORKER_PATIENCE = timedelta(seconds=10)  # nobody waits for a sweep
FOLD_PATIENCE = timedelta(seconds=1)  # while a log is folded away nobody else writes

_WAKE = "psrt_wake"

# Writers of one SQLite file in this process take turns here: waiting in SQLite means sleeping and
# asking again, for up to 100 ms at a time, while the next in line could have gone on at once.
_TURNS: dict[str, Lock] = {}
_TURNS_GUARD = Lock()


class DatabaseBusy(Exception):
    """Another writer did not finish within the patience; nothing was changed."""


class Database:
    """One database, opened with a patience: how long a writer waits for its turn.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql+psycopg://…``.
        patience: how long to wait for a lock before the error "busy".
        on_wake: called after the commit of a transaction that left work for the workers.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: timedelta = REQUEST_PATIENCE,
        on_wake: Callable[[], None] | None = None,
    ) -> None:
        self.engine = open_engine(url, patience=patience)
        # On SQLite three engines with one pool: each begins its transactions in its own way.
        self.writer = _beginning(self.engine, "BEGIN IMMEDIATE", psrt_write=True)
        self._glancer = _beginning(self.engine, None, psrt_glance=True)
        self.on_wake = on_wake
        self._patience = patience
        with _TURNS_GUARD:
            self._turn = _TURNS.setdefault(url, Lock()) if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite (the alternative is PostgreSQL)."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session whose work is committed at the end, or rolled back if anything raises.

        Raises:
            DatabaseBusy, OperationalError: no turn to write came within the patience.
        """
        with self._in_turn(), Session(self.writer, expire_on_commit=False) as session:
            session.connection()  # begins now, and not with the first statement
            yield session
            session.commit()
            woken = session.info.get(_WAKE, False)
        if woken and self.on_wake is not None:
            self.on_wake()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=self._patience.total_seconds()):
            raise DatabaseBusy("the database is busy")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one moment of the database; whatever it did is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            if not self.is_sqlite:  # there each statement would see a moment of its own
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session
            session.expunge_all()  # what was read stays readable after the session

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Yield a bare connection for reading one statement at a time: no transaction around them.

        Each statement sees a moment of its own. For what every request asks: an ORM session with
        its transaction costs several times as much as the question.
        """
        with self._glancer.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As ``transaction``, on a bare connection: for casting, where the session costs more than
        the ballot. What leaves work for the workers needs the session.

        Raises:
            DatabaseBusy, OperationalError: no turn to write came within the patience.
        """
        with self._in_turn(), self.writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def wake_workers(session: Session) -> None:
    """Ask that the workers look for work as soon as this transaction is committed."""
    session.info[_WAKE] = True


def open_engine(url: str, *, patience: timedelta) -> Engine:
    """Return an engine for ``url`` with the settings of DESIGN section 4.

    SQL parameters never appear in error texts: they can be ballots.
    """
    target = with_ours(make_url(url))
    if target.get_backend_name() == "sqlite":
        if target.database:
            Path(target.database).parent.mkdir(parents=True, exist_ok=True)
        return _open_sqlite(target, patience)
    return create_engine(
        target,
        hide_parameters=True,
        pool_size=10,
        max_overflow=20,
        execution_options={"compiled_cache": COMPILED},
        connect_args={
            "options": f"-c lock_timeout={int(patience / timedelta(milliseconds=1))}"
            " -c timezone=UTC",
            "connect_timeout": max(2, int(patience.total_seconds())),
        },
    )


def _open_sqlite(url: URL, patience: timedelta) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=20,
        execution_options={"compiled_cache": COMPILED},
        connect_args={
            "timeout": patience.total_seconds(),
            "check_same_thread": False,
            "isolation_level": None,  # the dialect says BEGIN itself
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")

    return engine


def _beginning(engine: Engine, how: str | None, **options: Any) -> Engine:
    """Return an engine on the same pool whose transactions begin in this way (SQLite alone).

    Args:
        how: as of ``dialects.SQLite``.
        options: execution options of its connections.
    """
    if engine.dialect.name != "sqlite":
        return engine.execution_options(**options)
    return create_engine(
        engine.url,
        pool=engine.pool,
        begin=how,
        hide_parameters=True,
        execution_options={"compiled_cache": COMPILED, **options},
    )


def prepare_storage(database: Database) -> None:
    """Set what is set once for a database file, before any thread uses it (SQLite's WAL)."""
    if not database.is_sqlite:
        return
    raw = database.engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def checkpoint(database: Database) -> bool:
    """Fold the write-ahead log into the database and empty it, so that deleted rows are gone.

    A reader is waited for, but not for long (``FOLD_PATIENCE``): until then nothing else is
    written either, and this can be tried again.

    Returns:
        False when somebody was still reading, and the log is not empty.
    """
    if not database.is_sqlite:
        return True
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {FOLD_PATIENCE // timedelta(milliseconds=1)}")
        try:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:  # the connection goes back to the pool
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
    finally:
        raw.close()
    return not busy
