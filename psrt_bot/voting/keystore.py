"""Where a poll's keys live while it is open: a folder outside the database (DESIGN 5, `file:PATH`).

Opened by descriptor and checked anew at every call, keys are never cached. What overwriting cannot
reach is not promised: snapshots, backups and the spare blocks of a disk.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from psrt_bot.voting.ballot import PollKeys


class KeyStoreError(Exception):
    """The root: the text names the place and the remedy, never key material."""


class KeysAbsent(KeyStoreError):
    """The store is the right one and readable, and does not hold this poll's keys."""


class KeysPresent(KeyStoreError):
    """The store already holds keys of this poll; they are never overwritten."""


class KeysUnreadable(KeyStoreError):
    """The store cannot be used now (missing, unmounted, permissions, I/O, damage): try again."""


class NoStoreYet(KeysUnreadable):
    """Nothing is there, and nothing was to be made: right before the first start only."""


class WrongStore(KeyStoreError):
    """Another store stands in this place than the one that was opened."""


class KeyStore(Protocol):
    """A place for poll keys.

    Every method raises KeysUnreadable or WrongStore when it cannot tell, and KeyStoreError itself
    for what is no poll id (1 to 64 letters, digits, - or _).
    """

    @property
    def id(self) -> str:
        """Random, lasting; stands in each poll's row, so that another store never closes it."""

    @property
    def where(self) -> str:
        """The place, as text for people."""

    def put(self, poll_id: str, keys: PollKeys) -> None:
        """Keep the keys; on return they survive a crash. Raises KeysPresent."""

    def get(self, poll_id: str) -> PollKeys:
        """Read the keys. Raises KeysAbsent."""

    def destroy(self, poll_id: str) -> None:
        """Overwrite and remove all the store has of the poll; quietly when it has nothing."""

    def holds(self, poll_id: str) -> bool:
        """Whether keys of the poll are there, readable or not."""

    def poll_ids(self, *, min_age: timedelta = timedelta(0)) -> list[str]:
        """The polls of which the store has anything at least `min_age` old, sorted."""

    def check(self) -> None:
        """Silent when polls can be opened and closed here."""


_ID_FILE = "store-id"
_ID = re.compile(rb"psrt-bot/key-store/1 ([0-9a-f]{32})\n")
_POLL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY_FILE = re.compile(
    rf"({_POLL_ID.pattern})\.keys|\.tmp\.({_POLL_ID.pattern})\.keys\.[0-9a-f]{{16}}"
)
_MAX_FILE = 4096  # bytes; a key file has about 300, so more is not ours
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK  # neither follow a link nor wait at a pipe
_REASONS = {
    errno.ELOOP: "is a symbolic link; put the file itself in its place",
    errno.ENOENT: "is not there; if the folder is a volume, mount it",
    errno.ENOTDIR: "is no folder of its own but a file or a symbolic link; name the folder itself",
}
_REMEDY = "; see that the folder is mounted and the bot's user may read and write it"


@dataclass(frozen=True)
class FileKeyStore:
    """One file a poll in a folder of the bot's user alone (0700, files 0600); see `KeyStore`.

    Copies on several hosts may share the folder. `open` makes one; the constructor checks nothing.
    """

    path: Path
    id: str

    @classmethod
    def open(cls, path: str | Path, *, make: bool = True) -> FileKeyStore:
        """Open the store, creating folder and id when new. Raises KeysUnreadable.

        A folder with keys and without its id is refused: a new id would disown the polls. Without
        `make` nothing is created; where something would have to be, it raises NoStoreYet.
        """
        place = Path(path).absolute()
        if not make and not os.path.lexists(place):
            raise NoStoreYet(f"{place} {_REASONS[errno.ENOENT]}")
        with _explained(place):
            _make_folder(place)
            with _opened(place) as folder:
                names = os.listdir(folder)
                if _ID_FILE not in names:
                    if any(map(_poll_of, names)):
                        raise KeysUnreadable(f"{place} holds keys but no {_ID_FILE}; bring it back")
                    if not make:
                        raise NoStoreYet(f"{place} is empty; if it is a volume, mount it")
                    line = f"psrt-bot/key-store/1 {secrets.token_hex(16)}\n"
                    _publish(folder, _ID_FILE, line.encode())  # the first of several copies wins
                return cls(place, _read_id(folder, place))

    @property
    def where(self) -> str:
        """See `KeyStore`."""
        return f"the key folder {self.path}"

    def put(self, poll_id: str, keys: PollKeys) -> None:
        """See `KeyStore`. What an interrupted `put` of the poll left is removed as well."""
        name = _key_file(poll_id)
        with self._folder() as folder:
            if not _publish(folder, name, keys.to_bytes(poll_id)):
                raise KeysPresent(f"{self.path / name} exists already; a poll's keys never change")
            for leftover in _files_of(folder, poll_id):
                if leftover != name:
                    _shred(folder, leftover)
            os.fsync(folder)

    def get(self, poll_id: str) -> PollKeys:
        """See `KeyStore`. Also KeysUnreadable for a damaged file or another poll's."""
        name = _key_file(poll_id)
        with self._folder() as folder:
            try:
                data = _read(folder, name, self.path)
            except FileNotFoundError:
                message = f"{self.path} has no {name}: bring the file back, or void the poll"
                raise KeysAbsent(message) from None
        try:
            return PollKeys.from_bytes(data, poll_id)
        except ValueError:
            message = f"{self.path / name} is damaged or not this poll's: bring the right file back"
            raise KeysUnreadable(message) from None

    def destroy(self, poll_id: str) -> None:
        """See `KeyStore`. Interrupted anywhere, calling it again finishes."""
        _key_file(poll_id)
        with self._folder() as folder:
            for name in _files_of(folder, poll_id):
                _shred(folder, name)
            os.fsync(folder)  # even with nothing left: the last call may have stopped before it

    def holds(self, poll_id: str) -> bool:
        """See `KeyStore`."""
        name = _key_file(poll_id)
        with self._folder() as folder:
            return name in os.listdir(folder)

    def poll_ids(self, *, min_age: timedelta = timedelta(0)) -> list[str]:
        """See `KeyStore`; with what interrupted calls left. Give an age to clear orphans: keys are
        written before their poll commits, and another copy may be between the two."""
        # The system's clock, not the bot's: it is what the files' times are of.
        newest = time.time() - min_age.total_seconds()
        found = set()
        with self._folder() as folder:
            for name in os.listdir(folder):
                poll_id = _poll_of(name)
                with suppress(FileNotFoundError):  # another copy destroyed it just now
                    if poll_id and (not min_age or _info(folder, name).st_mtime <= newest):
                        found.add(poll_id)
        return sorted(found)

    def check(self) -> None:
        """See `KeyStore`: the folder can be written and every key file is the bot's alone."""
        with self._folder() as folder:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder):
                raise KeysUnreadable(f"{self.path} cannot be written{_REMEDY}")
            for name in filter(_poll_of, os.listdir(folder)):
                with suppress(FileNotFoundError):
                    _private(_info(folder, name), self.path / name)

    @contextmanager
    def _folder(self) -> Iterator[int]:
        """A descriptor of the folder, for as long as it is the one that was opened."""
        with _explained(self.path), _opened(self.path) as folder:
            if _read_id(folder, self.path) != self.id:
                raise WrongStore(f"{self.path} is another key store: mount the right folder there")
            yield folder


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    """Turn what the system reports into KeysUnreadable with a remedy."""
    try:
        yield
    except OSError as error:
        path = place / error.filename if isinstance(error.filename, str) else place
        reason = _REASONS.get(error.errno or 0, f"cannot be used ({error.strerror}){_REMEDY}")
        raise KeysUnreadable(f"{path} {reason}") from error


@contextmanager
def _opened(place: Path) -> Iterator[int]:
    """The folder as a descriptor: what is mounted over it meanwhile cannot mislead a call."""
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        _private(os.fstat(folder), place, kind=stat.S_IFDIR)
        yield folder
    finally:
        os.close(folder)


def _private(info: os.stat_result, path: Path, *, kind: int = stat.S_IFREG) -> None:
    """Refuse what is of another kind, another user's, or open to others."""
    if stat.S_IFMT(info.st_mode) != kind:
        raise KeysUnreadable(f"{path} is not a plain file; move it away")
    if info.st_uid != os.geteuid():
        raise KeysUnreadable(f"{path} is another user's; chown it to the user the bot runs as")
    if info.st_mode & 0o077:
        mode = "700" if kind == stat.S_IFDIR else "600"
        raise KeysUnreadable(f"{path} is open to other users; run: chmod {mode} {path}")


def _make_folder(place: Path) -> None:
    """Make the folder and those above it, lasting: a folder that a crash undoes loses its keys."""
    if place.is_dir():
        return
    _make_folder(place.parent)
    with suppress(FileExistsError):  # another copy was faster, or it is a file, which opening tells
        place.mkdir(mode=0o700)
    parent = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _key_file(poll_id: str) -> str:
    if _POLL_ID.fullmatch(poll_id) is None:  # nor may it lead out of the folder
        raise KeyStoreError("a poll id is 1 to 64 letters, digits, - or _")
    return f"{poll_id}.keys"


def _poll_of(name: str) -> str | None:
    """The poll whose keys a file holds, finished or interrupted; None for other files."""
    match = _KEY_FILE.fullmatch(name)
    return match and (match[1] or match[2])


def _files_of(folder: int, poll_id: str) -> list[str]:
    return [name for name in os.listdir(folder) if _poll_of(name) == poll_id]


def _info(folder: int, name: str) -> os.stat_result:
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _read_id(folder: int, place: Path) -> str:
    match = _ID.fullmatch(_read(folder, _ID_FILE, place))
    if match is None:
        raise KeysUnreadable(f"{place / _ID_FILE} is damaged; bring the right file back")
    return match[1].decode()


def _read(folder: int, name: str, place: Path) -> bytes:
    file = os.open(name, os.O_RDONLY | _FLAGS, dir_fd=folder)
    try:
        _private(os.fstat(file), place / name)
        return os.read(file, _MAX_FILE)
    finally:
        os.close(file)


def _write(file: int, data: bytes) -> None:
    """Write all of it to the disk and close."""
    try:
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)


def _publish(folder: int, name: str, data: bytes) -> bool:
    """Make a file whole or not at all, never over another; False when the name is taken."""
    temporary = f".tmp.{name}.{secrets.token_hex(8)}"
    try:
        _write(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600, dir_fd=folder),
            data,
        )
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        return False
    finally:
        # Unlinked, not overwritten: it is the published file, or keys that no poll will ever use.
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
    os.fsync(folder)
    return True


def _shred(folder: int, name: str) -> None:
    """Overwrite and remove a file. Wherever this stops, doing it again finishes."""
    with suppress(FileNotFoundError):  # another copy was faster
        file = os.open(name, os.O_WRONLY | _FLAGS, dir_fd=folder)
        _write(file, secrets.token_bytes(os.fstat(file).st_size))
        os.unlink(name, dir_fd=folder)
