"""Claims about the key folder: what it keeps, refuses, destroys, and survives (DESIGN 5)."""

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psrt_bot.voting.ballot import PollKeys
from psrt_bot.voting.keystore import (
    FileKeyStore,
    KeysAbsent,
    KeysPresent,
    KeyStore,
    KeyStoreError,
    KeysUnreadable,
    WrongStore,
)

KEYS = PollKeys(b"a" * 32, b"b" * 32, b"c" * 32)
OTHER = PollKeys(b"x" * 32, b"y" * 32, b"z" * 32)
EFFECTS = ("open", "write", "fsync", "link", "unlink", "mkdir")


class Crash(BaseException):
    """The process died here."""


@contextmanager
def dying_after(effects: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """From the effect of that number on, nothing reaches the disk any more; yields what did.

    A write dies half-way. Clean-up code that still runs finds the disk gone, as if killed.
    """
    done: list[str] = []

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def effect(*args: Any, **options: Any) -> Any:
            if len(done) == effects and name == "write":
                real(args[0], args[1][: len(args[1]) // 2])
            if len(done) >= effects:
                raise Crash
            result = real(*args, **options)
            done.append(name)
            return result

        return effect

    with monkeypatch.context() as patch:
        for name in EFFECTS:
            patch.setattr(os, name, wrap(name, getattr(os, name)))
        yield done


def every_crash(
    monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]
) -> Iterator[tuple[int, bool]]:
    """Run the action, dying after 0, 1, 2 ... effects, until it ends by itself (True)."""
    for effects in range(100):
        with dying_after(effects, monkeypatch):
            try:
                action()
                finished = True
            except Crash:
                finished = False
        yield effects, finished
        if finished:
            return
    raise AssertionError("it never ended")


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    """A new store."""
    return FileKeyStore.open(tmp_path / "keys")


def files(store: FileKeyStore) -> set[str]:
    """All that lies in the folder beside the id."""
    return set(os.listdir(store.path)) - {"store-id"}


def mode_of(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_kept_for_their_poll(store: FileKeyStore) -> None:
    """What is put is read, also by a copy that opens the folder later; others are absent."""
    store.put("poll-1", KEYS)
    store.put("poll-2", OTHER)
    copy = FileKeyStore.open(str(store.path))
    assert copy == store
    assert (copy.get("poll-1"), copy.get("poll-2")) == (KEYS, OTHER)
    assert [copy.holds(p) for p in ("poll-1", "poll-2", "poll-3")] == [True, True, False]
    with pytest.raises(KeysAbsent, match=r"keys has no poll-3\.keys: bring the file back, or void"):
        copy.get("poll-3")


def test_it_is_a_key_store(store: FileKeyStore) -> None:
    """The folder fits the protocol, and tells people where it is."""
    port: KeyStore = store
    assert port.where == f"the key folder {store.path}"
    assert len(port.id) == 32
    port.check()


def test_only_the_bots_user_may_read(store: FileKeyStore) -> None:
    """The folder is 0700 and its files 0600, the folders above it too when new."""
    deep = FileKeyStore.open(store.path.parent / "new" / "keys")
    deep.put("poll-1", KEYS)
    assert mode_of(deep.path.parent) == mode_of(deep.path) == 0o700
    assert {mode_of(f) for f in deep.path.iterdir()} == {0o600}


def test_a_relative_path_is_told_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People are told the whole path, and a later change of directory moves no store."""
    monkeypatch.chdir(tmp_path)
    assert FileKeyStore.open("keys").path == tmp_path / "keys"


def test_keys_are_never_overwritten(store: FileKeyStore) -> None:
    """A second put is refused, leaves the first keys alone and no file behind."""
    store.put("poll-1", KEYS)
    with pytest.raises(KeysPresent, match=r"poll-1\.keys exists already"):
        store.put("poll-1", OTHER)
    assert store.get("poll-1") == KEYS
    assert files(store) == {"poll-1.keys"}


def test_destroyed_keys_are_overwritten(store: FileKeyStore, tmp_path: Path) -> None:
    """Not only the name goes: the bytes on the disk are others, all of them."""
    store.put("poll-1", KEYS)
    store.put("poll-2", OTHER)
    os.link(store.path / "poll-1.keys", tmp_path / "same-bytes")
    before = (tmp_path / "same-bytes").read_bytes()
    store.destroy("poll-1")
    after = (tmp_path / "same-bytes").read_bytes()
    assert len(after) == len(before)
    assert not any(before[i : i + 4] == after[i : i + 4] for i in range(len(before) - 3))
    assert files(store) == {"poll-2.keys"}
    store.destroy("poll-1")
    assert store.get("poll-2") == OTHER


def test_order_of_effects(store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are synced before they get their name or lose it, and the folder after that."""
    with dying_after(99, monkeypatch) as done:
        store.put("poll-1", KEYS)
    opened = ["open", "open"]  # the folder, its id
    synced = ["open", "write", "fsync"]
    assert done == [*opened, *synced, "link", "unlink", "fsync", "fsync"]
    with dying_after(99, monkeypatch) as done:
        store.destroy("poll-1")
    assert done == [*opened, *synced, "unlink", "fsync"]
    with dying_after(99, monkeypatch) as done:
        store.destroy("poll-1")
    assert done == [*opened, "fsync"], "an unlink that was interrupted before its sync is synced"
    with dying_after(99, monkeypatch) as done:
        FileKeyStore.open(store.path.parent / "new")
    assert done[:3] == ["mkdir", "open", "fsync"], "the folder's own name is synced"


def test_interrupted_put(store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed anywhere, put leaves the whole keys or none; its remains are listed and removed."""
    for effects, finished in every_crash(monkeypatch, lambda: store.put("poll-1", KEYS)):
        if store.holds("poll-1"):
            assert store.get("poll-1") == KEYS
        assert not finished or files(store) == {"poll-1.keys"}
        assert store.poll_ids() == (["poll-1"] if files(store) else [])
        if effects % 2 and not store.holds("poll-1"):
            store.put("poll-1", OTHER)
            assert files(store) == {"poll-1.keys"}
            assert store.get("poll-1") == OTHER
        store.destroy("poll-1")
        assert files(store) == set()


def test_interrupted_destroy(store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed anywhere, destroy is finished by calling it again, also with remains of a put."""
    for _ in every_crash(monkeypatch, lambda: store.destroy("poll-1")):
        store.destroy("poll-1")
        assert files(store) == set()
        store.put("poll-1", KEYS)
        os.link(store.path / "poll-1.keys", store.path / (".tmp.poll-1.keys." + "0" * 16))
        (store.path / (".tmp.poll-1.keys." + "1" * 16)).touch(0o600)


def test_half_destroyed_keys_are_unreadable(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys overwritten in part are neither read as keys nor told to be absent."""
    store.put("poll-1", KEYS)
    with dying_after(3, monkeypatch), pytest.raises(Crash):
        store.destroy("poll-1")
    assert store.holds("poll-1")
    with pytest.raises(KeysUnreadable, match="damaged"):
        store.get("poll-1")


def test_interrupted_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed anywhere, opening again gives a store with one lasting id."""
    place = tmp_path / "a" / "keys"
    for _ in every_crash(monkeypatch, lambda: FileKeyStore.open(place)):
        store = FileKeyStore.open(place)
        assert FileKeyStore.open(place).id == store.id
        assert store.poll_ids() == []
        for path in [*place.iterdir()]:
            path.unlink()
        place.rmdir()
        place.parent.rmdir()


def test_copies_agree_on_one_id(tmp_path: Path) -> None:
    """Many that open a new folder at once have the same id, and leave no other file."""
    barrier, found = threading.Barrier(8), []

    def start() -> None:
        barrier.wait()
        found.append(FileKeyStore.open(tmp_path / "keys"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({s.id for s in found}) == 1
    assert files(found[0]) == set()


def test_two_puts_at_once_keep_one(store: FileKeyStore) -> None:
    """Of several puts of one poll exactly one wins, and its keys are the ones kept."""
    for attempt in range(20):
        poll, barrier = f"poll-{attempt}", threading.Barrier(4)
        won: list[PollKeys] = []

        def put(poll: str, barrier: threading.Barrier, won: list[PollKeys]) -> None:
            keys = PollKeys.generate()
            barrier.wait()
            try:
                store.put(poll, keys)
            except (KeysPresent, KeysUnreadable):
                return
            won.append(keys)

        threads = [threading.Thread(target=put, args=(poll, barrier, won)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [store.get(poll)] == won
        assert files(store) == {f"poll-{i}.keys" for i in range(attempt + 1)}


def every_call(store: FileKeyStore) -> list[Callable[[], object]]:
    """All that can be asked of a store."""
    return [
        lambda: store.get("poll-1"),
        lambda: store.put("poll-9", KEYS),
        lambda: store.destroy("poll-1"),
        lambda: store.holds("poll-1"),
        store.poll_ids,
        store.check,
    ]


def refused(store: FileKeyStore, error: type[KeyStoreError], match: str) -> None:
    """Every call raises just this error; the text names the folder and no key."""
    for call in every_call(store):
        with pytest.raises(error, match=match) as caught:
            call()
        assert type(caught.value) is error
        assert str(store.path) in str(caught.value)


def test_a_vanished_folder_is_not_absent_keys(store: FileKeyStore) -> None:
    """Folder gone: unreadable, never absent, and nothing claims to be destroyed."""
    store.put("poll-1", KEYS)
    moved = store.path.rename(store.path.with_name("moved"))
    refused(store, KeysUnreadable, "keys is not there; if the folder is a volume, mount it")
    moved.rename(store.path)
    assert store.get("poll-1") == KEYS


def test_an_empty_mount_is_not_absent_keys(store: FileKeyStore) -> None:
    """An empty folder in its place: unreadable, naming the missing id file."""
    store.put("poll-1", KEYS)
    store.path.rename(store.path.with_name("moved"))
    store.path.mkdir(0o700)
    refused(store, KeysUnreadable, "store-id is not there; if the folder is a volume, mount it")


def test_another_store_in_its_place_is_told(store: FileKeyStore, tmp_path: Path) -> None:
    """Another store's folder mounted there is the wrong store at every call."""
    store.put("poll-1", KEYS)
    other = FileKeyStore.open(tmp_path / "other")
    store.path.rename(store.path.with_name("moved"))
    other.path.rename(store.path)
    refused(store, WrongStore, "another key store: mount the right folder there")


@pytest.mark.parametrize("content", [b"", b"rubbish", b"psrt-bot/key-store/2 " + b"0" * 32 + b"\n"])
def test_a_damaged_id_is_unreadable(store: FileKeyStore, content: bytes) -> None:
    """An id file of another content is neither another store nor a new one."""
    (store.path / "store-id").write_bytes(content)
    refused(store, KeysUnreadable, "store-id is damaged; bring the right file back")
    with pytest.raises(KeysUnreadable, match="damaged"):
        FileKeyStore.open(store.path)


@pytest.mark.parametrize("remains", ["poll-1.keys", ".tmp.poll-1.keys." + "0" * 16])
def test_keys_without_an_id_get_no_new_one(store: FileKeyStore, remains: str) -> None:
    """A folder that lost its id is refused; with foreign files alone it becomes a store."""
    store.put("poll-1", KEYS)
    (store.path / "poll-1.keys").rename(store.path / remains)
    (store.path / "store-id").unlink()
    with pytest.raises(KeysUnreadable, match="holds keys but no store-id; bring it back"):
        FileKeyStore.open(store.path)
    (store.path / remains).rename(store.path / "README")
    assert FileKeyStore.open(store.path).id != store.id


@pytest.mark.parametrize("mode", [0o710, 0o701, 0o740, 0o777])
def test_an_open_folder_is_refused(store: FileKeyStore, mode: int) -> None:
    """A folder that others may enter is refused with the command that closes it."""
    store.put("poll-1", KEYS)
    store.path.chmod(mode)
    refused(store, KeysUnreadable, f"run: chmod 700 {store.path}")
    with pytest.raises(KeysUnreadable, match="chmod 700"):
        FileKeyStore.open(store.path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_an_open_key_file_is_refused(store: FileKeyStore, mode: int) -> None:
    """A key file that others may read is refused by get and check, and can be destroyed."""
    store.put("poll-1", KEYS)
    file = store.path / "poll-1.keys"
    file.chmod(mode)
    for call in (lambda: store.get("poll-1"), store.check):
        with pytest.raises(KeysUnreadable, match=f"run: chmod 600 {file}"):
            call()
    store.destroy("poll-1")
    assert files(store) == set()


def test_another_users_files_are_refused(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder or id file of another user is refused with the remedy."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    refused(store, KeysUnreadable, "another user's; chown it to the user the bot runs as")


def test_links_and_other_things_are_refused(store: FileKeyStore, tmp_path: Path) -> None:
    """A symbolic link, pipe, folder or socket for a key file is refused, by check as well."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(KEYS.to_bytes("poll-1"))
    elsewhere.chmod(0o600)
    file = store.path / "poll-1.keys"

    def bind() -> None:
        with socket.socket(socket.AF_UNIX) as server:
            os.chdir(store.path)
            server.bind(file.name)
        file.chmod(0o600)

    here = Path.cwd()
    makers = [
        lambda: file.symlink_to(elsewhere),
        lambda: os.mkfifo(file, 0o600),
        lambda: file.mkdir(0o700),
        bind,
    ]
    for make in makers:
        make()
        os.chdir(here)
        for call in (lambda: store.get("poll-1"), lambda: store.destroy("poll-1"), store.check):
            with pytest.raises(KeysUnreadable, match=r"poll-1\.keys"):
                call()
        with pytest.raises(KeysUnreadable, match=r"poll-1\.keys is not a plain file; move it away"):
            store.check()
        with pytest.raises(KeysPresent):
            store.put("poll-1", OTHER)
        file.rmdir() if file.is_dir() else file.unlink()
    assert PollKeys.from_bytes(elsewhere.read_bytes(), "poll-1") == KEYS


def test_a_linked_folder_or_a_file_is_no_folder(store: FileKeyStore, tmp_path: Path) -> None:
    """A symbolic link to a folder, and a file, are refused with what to name instead."""
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(store.path)
    file.touch()
    for place in (link, file, file / "keys"):
        with pytest.raises(KeysUnreadable, match="name the folder itself"):
            FileKeyStore.open(place)


def test_swapped_key_files_are_refused(store: FileKeyStore) -> None:
    """A key file renamed to another poll is unreadable, and its text holds no key."""
    store.put("poll-1", KEYS)
    (store.path / "poll-1.keys").rename(store.path / "poll-2.keys")
    with pytest.raises(
        KeysUnreadable, match=r"poll-2\.keys is damaged or not this poll's"
    ) as caught:
        store.get("poll-2")
    assert caught.value.__suppress_context__
    assert "aaaa" not in str(caught.value)
    assert "6161" not in str(caught.value)


def test_a_disk_that_fails_is_unreadable(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An I/O error without a file's name is told with the folder, the reason and a remedy."""

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    put = partial(store.put, "poll-1", KEYS)
    for call in (put, partial(store.destroy, "poll-1")):
        with pytest.raises(KeysUnreadable) as caught:
            call()
        assert str(caught.value) == (
            f"{store.path} cannot be used (Input/output error); "
            "see that the folder is mounted and the bot's user may read and write it"
        )
    assert files(store) == set()


def test_an_error_about_a_descriptor_names_the_folder(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system names a descriptor by its number; people are told the folder."""

    def fails(folder: int) -> None:
        raise OSError(5, "Input/output error", folder)

    monkeypatch.setattr(os, "listdir", fails)
    with pytest.raises(KeysUnreadable, match=f"^{store.path} cannot be used"):
        store.poll_ids()


def test_descriptors_are_closed(store: FileKeyStore) -> None:
    """Neither calls that succeed nor calls that fail leave a descriptor open."""

    def opened() -> list[int]:
        found = []
        for number in range(4096):
            with suppress(OSError):
                os.fstat(number)
                found.append(number)
        return found

    before = opened()
    FileKeyStore.open(store.path.parent / "new" / "keys").put("poll-1", KEYS)
    store.put("poll-1", KEYS)
    for call in every_call(store):
        call()
    (store.path / "store-id").chmod(0o644)
    refused(store, KeysUnreadable, "chmod 600")
    assert opened() == before


def test_short_writes_are_continued(store: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that writes a few bytes at a time loses none."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))
    store.put("poll-1", KEYS)
    assert store.get("poll-1") == KEYS


def test_check_notices_a_folder_that_cannot_be_written(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that could not put or destroy is told before a poll needs it."""
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(KeysUnreadable, match="cannot be written; see that the folder is mounted"):
        store.check()


def test_files_that_vanish_meanwhile_disturb_nothing(
    store: FileKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that another copy destroys between listing and looking are as if destroyed before."""
    listed = ["store-id", "gone.keys", ".tmp.gone.keys." + "0" * 16]
    monkeypatch.setattr(os, "listdir", lambda _: listed)
    store.check()
    store.destroy("gone")
    assert store.poll_ids(min_age=timedelta(hours=1)) == []


def test_orphans_have_an_age(store: FileKeyStore) -> None:
    """Polls are listed sorted, once each, interrupted ones too; young ones can be left out."""
    for poll in ("poll-b", "poll-a", "poll-c"):
        store.put(poll, KEYS)
    (store.path / (".tmp.poll-a.keys." + "0" * 16)).touch(0o600)
    (store.path / (".tmp.poll-d.keys." + "0" * 16)).touch(0o600)
    for name in ("README", "x.keys.bak", "a.b.keys", ".tmp.keys", f"poll-e.keys.{'0' * 16}"):
        (store.path / name).touch(0o600)
    assert store.poll_ids() == ["poll-a", "poll-b", "poll-c", "poll-d"]
    old = (store.path / "poll-b.keys").stat().st_mtime - 3601
    os.utime(store.path / "poll-b.keys", (old, old))
    assert store.poll_ids(min_age=timedelta(hours=1)) == ["poll-b"]
    assert store.poll_ids(min_age=timedelta(hours=2)) == []
    os.utime(store.path / "poll-b.keys", (old + 9999, old + 9999))
    assert "poll-b" in store.poll_ids(), "a file server's clock may be ahead"


@pytest.mark.parametrize(
    "poll_id", ["", "..", "../x", "a/b", "/etc/x", "a.b", "a\n", "a b", "é", "x" * 65, ".tmp.x"]
)
def test_no_poll_id_leads_out_of_the_folder(store: FileKeyStore, poll_id: str) -> None:
    """What is no url-safe id is refused by every call, and not repeated."""
    calls: list[Callable[[], object]] = [
        lambda: store.put(poll_id, KEYS),
        lambda: store.get(poll_id),
        lambda: store.destroy(poll_id),
        lambda: store.holds(poll_id),
    ]
    for call in calls:
        with pytest.raises(KeyStoreError, match=r"^a poll id is 1 to 64 letters, digits, - or _$"):
            call()
    assert files(store) == set()
    assert not (store.path.parent / "x.keys").exists()


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
@settings(max_examples=20)
def test_every_url_safe_id_is_fine(tmp_path_factory: pytest.TempPathFactory, poll_id: str) -> None:
    """Any url-safe random string names a poll."""
    store = FileKeyStore.open(tmp_path_factory.mktemp("any") / "keys")
    store.put(poll_id, KEYS)
    assert store.poll_ids() == [poll_id]
    assert store.get(poll_id) == KEYS


def test_nothing_is_cached(store: FileKeyStore) -> None:
    """Keys destroyed by another copy are gone for this one at once."""
    store.put("poll-1", KEYS)
    assert store.get("poll-1") == KEYS
    FileKeyStore.open(store.path).destroy("poll-1")
    assert not store.holds("poll-1")
    with pytest.raises(KeysAbsent):
        store.get("poll-1")
