"""(b) Casting a ballot through the service against one raw seal and one raw upsert of its bytes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from nacl.public import PrivateKey, SealedBox

from benchmarks.measure import Row, in_turns
from benchmarks.postgres import server
from benchmarks.rig import bot, open_poll, user_id
from psrt_bot.app import Bot
from psrt_bot.voting.ballot import SEALED_SIZE

ELECTORS = 200
TIMES = 200
WARM_UP = 600  # a new SQLite file's first commits are two to three times slower

UPSERT = (
    "INSERT INTO ballot VALUES ({0}, {0}, {0}) "
    "ON CONFLICT (poll, nullifier) DO UPDATE SET sealed = excluded.sealed"
)
TABLE = "CREATE TABLE ballot (poll TEXT, nullifier {0}, sealed {0}, PRIMARY KEY (poll, nullifier))"


def caster(built: Bot, poll: str) -> Callable[[int], None]:
    """Return the service's whole work for one ballot: seal it, then record it."""
    counter = iter(range(10**9))

    def cast(i: int) -> None:
        with built.database.glancing() as connection:
            sealed = built.services.voting.seal(
                connection,
                built.clock.now(),
                user_id(i % ELECTORS),
                poll_id=poll,
                view_id=f"V{next(counter)}",
                choice="yes",
                check_word="",
            )
        with built.database.writing() as connection:
            built.services.voting.record(connection, built.clock.now(), sealed)

    return cast


def _sealer() -> Callable[[], bytes]:
    box = SealedBox(PrivateKey.generate().public_key)
    body = b"\0" * (SEALED_SIZE - 48)
    return lambda: box.encrypt(body)


@contextmanager
def raw_sqlite() -> Iterator[Callable[[int], None]]:
    """Yield one seal and one upsert with the sqlite3 module, as durable as ours."""
    seal = _sealer()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "raw.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(TABLE.format("BLOB") + " WITHOUT ROWID")
            statement = UPSERT.format("?")

            def cast(i: int) -> None:
                row = ("poll", (i % ELECTORS).to_bytes(32, "big"), seal())
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(statement, row)
                connection.execute("COMMIT")

            yield cast


@contextmanager
def raw_postgresql(url: str) -> Iterator[Callable[[int], None]]:
    """Yield one seal and one upsert with psycopg, BEGIN and COMMIT included."""
    seal = _sealer()
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute("DROP TABLE IF EXISTS ballot")
        connection.execute(TABLE.format("BYTEA"))
        connection.commit()
        statement = UPSERT.format("%s")

        def cast(i: int) -> None:
            connection.execute(statement, ("poll", (i % ELECTORS).to_bytes(32, "big"), seal()))
            connection.commit()

        yield cast


def measure() -> list[Row]:
    """Return the comparison on both databases."""
    rows = []
    with bot(ELECTORS) as built, raw_sqlite() as raw:
        rows.append(_compare("casting, SQLite", built, raw, "raw sqlite3 upsert + seal"))
    with server() as url, bot(ELECTORS, url) as built, raw_postgresql(url) as raw:
        rows.append(_compare("casting, PostgreSQL", built, raw, "raw psycopg upsert + seal"))
    return rows


def _compare(name: str, built: Bot, raw: Callable[[int], None], base_name: str) -> Row:
    cast = caster(built, open_poll(built, ELECTORS))
    for i in range(WARM_UP):
        cast(i)
        raw(i)
    ours, base = in_turns(TIMES, cast, raw)
    return Row(name, ours, base, base_name, 0.5)
