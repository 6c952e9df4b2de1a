"""Connections and transactions (DESIGN section 4), on both databases."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, select

from storage.engine import (
    REQUEST_PATIENCE,
    WORKER_PATIENCE,
    Database,
    DatabaseBusy,
    checkpoint,
    prepare_storage,
    wake_workers,
)
from storage.runtime import Posted, SeenRequest
from tests.conftest import START
from tests.databases import new_database

LATE = REQUEST_PATIENCE.total_seconds()  # what it would take if nobody heeded the patience given


def seen(key: str) -> SeenRequest:
    return SeenRequest(key=key, seen_at=START)


def keys(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(SeenRequest.key)))


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A SQLite database with one table to write to."""
    database = Database(f"sqlite:///{tmp_path / 'new' / 'psrt.db'}")
    prepare_storage(database)
    SeenRequest.__table__.create(database.engine)  # type: ignore[attr-defined]
    yield database
    database.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 1500),
    ],
)
def test_sqlite_settings_are_in_force(sqlite: Database, pragma: str, value: object) -> None:
    """Every pooled connection has the settings, not only the first."""
    with sqlite.engine.connect() as one, sqlite.engine.connect() as two:
        for connection in (one, two):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_sqlite_makes_the_folder(sqlite: Database, tmp_path: Path) -> None:
    """A database in a folder that is not there yet can be opened."""
    assert (tmp_path / "new" / "psrt.db").exists()


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgresql"])
def test_postgresql_settings_are_in_force(database_url: str) -> None:
    """A lock is waited for as long as the patience lasts, and moments are told in UTC."""
    database = Database(database_url)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "1500ms"
        assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
    database.close()


def test_transaction_commits_whole(database: Database) -> None:
    """What was written is there afterwards, all of it."""
    with database.transaction() as session:
        session.add_all([seen("one"), seen("two")])
    assert keys(database) == {"one", "two"}


def test_transaction_rolls_back_whole(database: Database) -> None:
    """After an error nothing is there, also not what had been sent to the database."""

    def fail(session: Session) -> None:
        session.add(seen("one"))
        session.flush()
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"), database.transaction() as session:
        fail(session)
    assert keys(database) == set()


def test_foreign_keys_hold(database: Database) -> None:
    """A row cannot refer to one that is not there."""
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(
            text("INSERT INTO sealed_ballot (poll_id, nullifier, sealed) VALUES ('no', :n, :n)"),
            {"n": b"x"},
        )


def test_sql_parameters_are_hidden_in_errors(database: Database) -> None:
    """An error's text names no value that was to be written: it could be a ballot."""
    with database.transaction() as session:
        session.add(Posted(slot="s", channel="C", ts="1"))
    with pytest.raises(IntegrityError) as caught, database.transaction() as session:
        session.execute(
            text("INSERT INTO posted (slot, channel, ts) VALUES (:slot, :secret, :secret)"),
            {"slot": "s", "secret": "the-secret-choice"},
        )
    assert "the-secret-choice" not in f"{caught.value} {caught.value!r}"


def test_reading_keeps_nothing(database: Database) -> None:
    """Whatever was written while reading is gone."""
    with database.reading() as session:
        session.add(seen("one"))
        session.flush()
    assert keys(database) == set()


def test_reading_sees_one_moment(database: Database) -> None:
    """What somebody commits meanwhile does not appear half-way through."""
    with database.transaction() as session:
        session.add(seen("before"))
    with database.reading() as reader:
        assert len(reader.exec(select(SeenRequest)).all()) == 1
        with database.transaction() as writer:
            writer.add(seen("meanwhile"))
        assert len(reader.exec(select(SeenRequest)).all()) == 1
    assert keys(database) == {"before", "meanwhile"}


def test_a_glance_sees_every_moment_anew_and_waits_for_nobody(database: Database) -> None:
    """What somebody commits between two statements appears in the second; a writer under way
    holds up neither."""
    with database.glancing() as connection:
        assert connection.execute(select(SeenRequest.key)).all() == []
        with database.transaction() as writer:
            writer.add(seen("meanwhile"))
            writer.flush()
            assert connection.execute(select(SeenRequest.key)).all() == []
        assert connection.execute(select(SeenRequest.key)).all() == [("meanwhile",)]
    with database.reading() as reader:  # the same connection again, in one moment
        assert len(reader.exec(select(SeenRequest)).all()) == 1
        with database.transaction() as writer:
            writer.add(seen("later"))
        assert len(reader.exec(select(SeenRequest)).all()) == 1


def test_writing_on_a_bare_connection_is_whole_as_well(database: Database) -> None:
    """It is committed at the end, and undone if anything raises; another writer waits."""
    insert = text("INSERT INTO seen_request (key, seen_at) VALUES (:key, '2026-01-05 09:00:00')")
    with database.writing() as connection:
        connection.execute(insert, {"key": "one"})

    def fail(connection: Connection) -> None:
        connection.execute(insert, {"key": "two"})
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"), database.writing() as connection:
        fail(connection)
    assert keys(database) == {"one"}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_bare_connection_waits_for_its_turn(database_url: str, database: Database) -> None:
    """A writer is waited for from the beginning, not from the first statement on."""
    hasty = Database(database_url, patience=timedelta(milliseconds=200))
    with database.transaction(), pytest.raises(DatabaseBusy), hasty.writing():
        pass
    hasty.close()


def test_what_was_read_stays_readable(database: Database) -> None:
    """Rows can be used after their session."""
    with database.transaction() as session:
        session.add(seen("one"))
    with database.reading() as session:
        row = session.get_one(SeenRequest, "one")
    assert row.key == "one"
    assert row.seen_at == START


def test_busy_is_an_error_within_patience(database_url: str, database: Database) -> None:
    """Whoever waits for another writer gets an error when the patience ends, not later."""
    with database.transaction() as session:
        session.add(seen("one"))
    hasty = Database(database_url, patience=timedelta(milliseconds=200))
    with database.transaction() as holder:
        holder.execute(text("UPDATE seen_request SET key = 'mine'"))
        begun = time.monotonic()
        # One process's writers wait for their turn, other processes' in the database.
        busy = pytest.raises((OperationalError, DatabaseBusy))
        with busy, hasty.transaction() as session:
            session.execute(text("UPDATE seen_request SET key = 'yours'"))
        waited = time.monotonic() - begun
    hasty.close()
    assert 0.15 < waited < LATE
    with database.transaction() as session:  # the next one gets its turn again
        session.add(seen("two"))
    assert keys(database) == {"mine", "two"}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_another_process_is_waited_for(database_url: str) -> None:
    """A writer beside this process, who takes no turns with us, is waited for just as long."""
    hasty = Database(database_url, patience=timedelta(milliseconds=200))
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(OperationalError, match="locked"), hasty.transaction():
        pass
    assert 0.15 < time.monotonic() - begun < LATE
    other.execute("ROLLBACK")
    other.close()
    with hasty.transaction() as session:
        session.add(seen("one"))
    assert keys(hasty) == {"one"}
    hasty.close()


def test_writers_queue_up(database: Database) -> None:
    """Many writers at once all get their turn: each reads what the one before wrote."""
    with database.transaction() as session:
        session.add(Posted(slot="count", channel="C", ts="0"))
    together = Barrier(8)

    def work() -> None:
        together.wait()
        with database.transaction() as session:
            row = session.get_one(Posted, "count", with_for_update=True)
            row.ts = str(int(row.ts) + 1)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Posted, "count").ts == "8"


def test_workers_are_woken_after_the_commit(database: Database) -> None:
    """The poke comes when the work can be seen, and only where work was left."""
    woken: list[set[str]] = []
    database.on_wake = lambda: woken.append(keys(database))
    with database.transaction() as session:
        session.add(seen("idle"))
    assert woken == []
    with database.transaction() as session:
        session.add(seen("work"))
        wake_workers(session)
    assert woken == [{"idle", "work"}]


def test_workers_are_not_woken_by_what_was_undone(database: Database) -> None:
    """A transaction that failed leaves no work."""
    woken: list[int] = []
    database.on_wake = lambda: woken.append(1)

    def fail(session: Session) -> None:
        wake_workers(session)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError), database.transaction() as session:
        fail(session)
    assert woken == []


def test_checkpoint_empties_the_log(sqlite: Database, tmp_path: Path) -> None:
    """After a checkpoint the write-ahead log holds nothing, and deleted bytes are nowhere."""
    with sqlite.transaction() as session:
        session.add(seen("to-be-forgotten"))
    with sqlite.transaction() as session:
        session.execute(text("DELETE FROM seen_request"))
    files = [tmp_path / "new" / "psrt.db", tmp_path / "new" / "psrt.db-wal"]
    assert any(b"to-be-forgotten" in file.read_bytes() for file in files)
    checkpoint(sqlite)
    assert files[1].stat().st_size == 0
    assert b"to-be-forgotten" not in files[0].read_bytes()


def test_a_reader_does_not_hold_up_a_checkpoint_for_long(tmp_path: Path) -> None:
    """While it waits nobody writes: it gives up well before a worker would, and tells."""
    database = Database(new_database(tmp_path / "psrt.db"), patience=WORKER_PATIENCE)
    prepare_storage(database)
    with closing(sqlite3.connect(tmp_path / "psrt.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM seen_request").fetchall()
        with database.transaction() as session:
            session.add(seen("held"))
        begun = time.monotonic()
        assert not checkpoint(database)
        assert time.monotonic() - begun < WORKER_PATIENCE.total_seconds() / 2
    assert checkpoint(database)
    patience = timedelta(milliseconds=_busy_timeout(database))
    assert patience == WORKER_PATIENCE  # as everybody else on that connection waits
    database.close()


def _busy_timeout(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("PRAGMA busy_timeout")).scalar_one())


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgresql"])
def test_checkpoint_is_sqlites_alone(database: Database) -> None:
    """PostgreSQL looks after its own log: nothing happens, nothing fails."""
    checkpoint(database)
    prepare_storage(database)
    assert not database.is_sqlite
