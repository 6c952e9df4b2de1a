"""What of a vote can still be found on the disk: a search of every byte, not of tables alone."""

import base64
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

SIDE_FILES = ("", "-wal")


def files_with(folder: Path, secrets: Iterable[bytes]) -> list[str]:
    """Return the names of the files below ``folder`` that hold any of the secrets."""
    wanted = list(secrets)
    return sorted(
        file.name
        for file in folder.rglob("*")
        if file.is_file() and _holds(file.read_bytes(), wanted)
    )


def _holds(data: bytes, secrets: list[bytes]) -> bool:
    return any(secret in data for secret in secrets)


def spellings(key: bytes) -> tuple[bytes, ...]:
    """Return a key as it could stand in a file: raw, in hexadecimal, in base64."""
    return key, key.hex().encode(), base64.b64encode(key), base64.urlsafe_b64encode(key)


def outside_bulletin(database: Path, receipts: Iterable[str]) -> list[str]:
    """Return where receipts are found outside the published bulletin: file names.

    On a copy the bulletin's rows are deleted (SQLite overwrites them); what is still found in any
    byte stood elsewhere. The write-ahead log is looked into as it is: it was emptied after the
    close.
    """
    wanted = [receipt.encode() for receipt in receipts]
    found = []
    log = database.with_name(f"{database.name}-wal")
    if log.exists() and _holds(log.read_bytes(), wanted):
        found.append(log.name)
    with TemporaryDirectory(prefix="psrt-demo-copy-") as place:
        copy = Path(place) / database.name
        for side in SIDE_FILES:
            original = database.with_name(database.name + side)
            if original.exists():
                shutil.copy(original, copy.with_name(copy.name + side))
        _delete_bulletin(copy)
        found += files_with(Path(place), wanted)
    return found


def _delete_bulletin(database: Path) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("DELETE FROM bulletin_line")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


def rows_left(database: Path, tables: Iterable[str]) -> dict[str, int]:
    """Return how many rows tables hold."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM {table}"  # noqa: S608 -- names of our own tables
            ).fetchone()[0]
            for table in tables
        }
    finally:
        connection.close()
