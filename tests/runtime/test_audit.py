"""The audit log's chain: whatever is done to it afterwards is found, and nobody forks it."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import delete, text, update
from sqlmodel import col, select

from psrt_bot.runtime import audit
from psrt_bot.runtime.audit import GENESIS, SYSTEM, check_chain, link_hash
from psrt_bot.runtime.chain import NO_LINK
from storage.engine import Database
from storage.runtime import AuditEntry, AuditHead
from tests.conftest import START

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
DETAILS = st.dictionaries(
    TEXTS, st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.booleans(), st.none()), max_size=3
)


@dataclass(frozen=True)
class Act:
    """What one entry says."""

    actor: str
    act: str
    subject: str
    details: dict[str, object]
    at: datetime


ACTS = st.builds(
    Act,
    actor=TEXTS,
    act=TEXTS,
    subject=TEXTS,
    details=DETAILS,
    at=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


def entry_of(number: int, act: Act, previous: str) -> AuditEntry:
    entry = AuditEntry(number=number, prev_hash=previous, hash="", **vars(act))
    entry.hash = link_hash(entry)
    return entry


def chain_of(acts: list[Act]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number, act in enumerate(acts, start=1):
        entries.append(entry_of(number, act, entries[-1].hash if entries else GENESIS))
    return entries


def problem(entries: list[AuditEntry], head: str, number: int | None = None) -> str:
    return check_chain(entries, recorded_head=head, recorded_number=number).problem


CHAINS = st.lists(ACTS, min_size=1, max_size=6).map(chain_of)


@given(CHAINS)
def test_an_untouched_chain_holds(entries: list[AuditEntry]) -> None:
    """A chain as it was written has no problem, and its head is the last hash."""
    check = check_chain(entries, recorded_head=entries[-1].hash)
    assert (check.entries, check.head, check.problem) == (len(entries), entries[-1].hash, "")


@given(CHAINS, st.data())
def test_a_changed_entry_is_named(entries: list[AuditEntry], data: st.DataObject) -> None:
    """Whichever field of whichever entry is changed, the check names that entry."""
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(["actor", "act", "subject", "details", "at"]))
    now = getattr(data.draw(ACTS), name)
    assume(now != getattr(entries[place], name))
    setattr(entries[place], name, now)
    assert problem(entries, head) == f"entry {place + 1} was changed"


@given(CHAINS, st.data())
def test_a_rewritten_entry_is_named(entries: list[AuditEntry], data: st.DataObject) -> None:
    """Who computes the changed entry's hash anew as well is found by what comes behind it."""
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 1))
    entries[place].subject += "x"
    entries[place].hash = link_hash(entries[place])
    found = problem(entries, head)
    assert found.startswith(f"entry {place + 1} was changed, and its hash computed anew")


@given(CHAINS, st.data())
def test_a_removed_entry_is_named(entries: list[AuditEntry], data: st.DataObject) -> None:
    """A gap is named by the number that is missing, also the end's."""
    whole, head = len(entries), entries[-1].hash
    place = data.draw(st.integers(0, whole - 1))
    del entries[place]
    found = problem(entries, head, number=whole)
    assert found.startswith(f"entry {place + 1} was removed")


@given(CHAINS, st.data())
def test_closing_the_gap_does_not_help(entries: list[AuditEntry], data: st.DataObject) -> None:
    """Numbers moved up behind a removed entry do not hide it: hashes tell the old ones."""
    assume(len(entries) > 1)
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 2))
    del entries[place]
    for entry in entries[place:]:
        entry.number -= 1
    stands = f"in its place stands what was entry {place + 2}"
    assert problem(entries, head) == f"entry {place + 1} was removed: {stands}"


@given(CHAINS, ACTS, st.data(), st.booleans())
def test_an_inserted_entry_is_named(
    entries: list[AuditEntry], act: Act, data: st.DataObject, linked: bool
) -> None:
    """Something slipped in is named, whether its hashes look right or not."""
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries)))
    before = entries[place - 1].hash if place else GENESIS
    forged = entry_of(place + 1, act, before)
    for entry in entries[place:]:
        entry.number += 1
    assume(all(forged.hash != entry.hash for entry in entries))
    at_the_end = place == len(entries)
    if not linked and not at_the_end:
        forged.hash = "f" * 64
    entries.insert(place, forged)
    found = problem(entries, head)
    assert found.startswith(f"entry {place + 1} was inserted")


@given(CHAINS, st.data())
def test_exchanged_entries_are_named(entries: list[AuditEntry], data: st.DataObject) -> None:
    """Of two that changed places the first is named, and where it is now."""
    assume(len(entries) > 1)
    head = entries[-1].hash
    places = st.sets(st.integers(0, len(entries) - 1), min_size=2, max_size=2)
    one, other = (entries[place] for place in sorted(data.draw(places)))
    first, second = one.number, other.number
    one.number, other.number = second, first
    assert problem(entries, head) == (
        f"entry {first} was moved: it stands as entry {second}; "
        f"in its place stands what was entry {second}"
    )


@given(CHAINS, st.integers(2, 50))
def test_an_entry_moved_behind_the_end_is_named(entries: list[AuditEntry], by: int) -> None:
    """A number that nothing had does not hide where an entry went."""
    assume(len(entries) > 1)
    head = entries[-1].hash
    entries[0].number = len(entries) + by
    assert problem(entries, head) == f"entry 1 was moved: it stands as entry {len(entries) + by}"


def test_the_head_row_may_be_what_was_changed() -> None:
    """A chain that holds and ends elsewhere than the head's row says is told as either."""
    entries = chain_of([Act("a", "b", "c", {}, START)])
    found = problem(entries, "f" * 64, number=1)
    assert found.startswith("entry 1 was changed")
    assert "head's row was changed" in found
    assert problem(entries, GENESIS).startswith(
        "entry 1 was inserted: the recorded head is entry 0"
    )
    entries[0].prev_hash = "f" * 64
    entries[0].hash = link_hash(entries[0])
    assert problem(entries, entries[0].hash).startswith("entry 1 was changed: nothing can stand")


@given(CHAINS)
def test_a_rewritten_chain_is_found_by_a_noted_head(entries: list[AuditEntry]) -> None:
    """Who computes the whole chain anew passes, but for a head that somebody noted before."""
    noted = entries[-1].hash
    other = chain_of(
        [
            replace(Act(e.actor, e.act, e.subject, e.details, e.at), subject=e.subject + "x")
            for e in entries
        ]
    )
    head = other[-1].hash
    assert check_chain(other, recorded_head=head).problem == ""
    found = check_chain(other, recorded_head=head, expected_head=noted)
    assert found.problem == NO_LINK


@given(CHAINS, st.data())
def test_any_earlier_head_is_a_link(entries: list[AuditEntry], data: st.DataObject) -> None:
    """A head noted at any time before, or of the empty log, is found in the chain."""
    noted = data.draw(st.sampled_from([GENESIS, *(entry.hash for entry in entries)]))
    check = check_chain(entries, recorded_head=entries[-1].hash, expected_head=noted)
    assert check.problem == ""


def append(database: Database, count: int, **details: str) -> list[str]:
    heads = []
    for number in range(count):
        with database.transaction() as session:
            heads.append(
                audit.append(
                    session,
                    START + timedelta(seconds=number),
                    actor=SYSTEM,
                    act="test:act",
                    subject=str(number),
                    details={"name": "Łukasz Ünal 李 🐍", "n": number, "yes": True, **details},
                )
            )
    return heads


def checked(database: Database, expected: str | None = None) -> audit.ChainCheck:
    with database.reading() as session:
        return audit.verify(session, expected_head=expected)


def test_an_empty_log_holds(database: Database) -> None:
    """Before the first act there is nothing to find."""
    assert checked(database) == audit.ChainCheck(0, GENESIS)
    assert checked(database, "ab" * 32).problem == NO_LINK


def test_acts_are_read_back_as_they_were_hashed(database: Database) -> None:
    """Moments, numbers, truth values and letters of any script survive the database unchanged."""
    heads = append(database, 3)
    for expected in (None, *heads):
        assert checked(database, expected) == audit.ChainCheck(3, heads[-1])


def test_details_are_canonical() -> None:
    """The order of the details does not count, and letters are hashed as themselves, in UTF-8."""
    entry = AuditEntry(
        number=1,
        at=START,
        actor="a",
        act="b",
        subject="c",
        prev_hash=GENESIS,
        hash="",
        details={"ü": "é", "a": None},
    )
    canonical = (
        '{"act":"b","actor":"a","at":"2026-03-02T10:00:00.000000+00:00",'
        '"details":{"a":null,"ü":"é"},"number":1,"subject":"c"}'
    )
    assert link_hash(entry) == hashlib.sha256((GENESIS + canonical).encode()).hexdigest()
    entry.details = {"a": None, "ü": "é"}
    assert link_hash(entry) == hashlib.sha256((GENESIS + canonical).encode()).hexdigest()


def tamper(database: Database, *statements: str) -> str:
    """Do with SQL what somebody might; return what verify says."""
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))
    return checked(database).problem


def test_a_row_changed_in_the_database_is_named(database: Database) -> None:
    """``audit verify`` finds what somebody did with SQL to one row."""
    append(database, 3)
    found = tamper(database, "UPDATE audit_entry SET actor = 'me' WHERE number = 2")
    assert found == "entry 2 was changed"


def test_a_row_removed_from_the_database_is_named(database: Database) -> None:
    """A row that is gone is named, also when those behind it were moved up, head and all."""
    heads = append(database, 4)
    assert tamper(database, "DELETE FROM audit_entry WHERE number = 2") == "entry 2 was removed"
    found = tamper(
        database,
        "UPDATE audit_entry SET number = 2 WHERE number = 3",
        "UPDATE audit_entry SET number = 3 WHERE number = 4",
        "UPDATE audit_head SET number = 3",
    )
    assert found.startswith("entry 2 was removed: in its place stands what was entry 3")
    assert checked(database, heads[3]).problem == found


def test_a_row_inserted_into_the_database_is_named(database: Database) -> None:
    """A row slipped in, those behind it moved away, is named."""
    append(database, 3)
    found = tamper(
        database,
        "UPDATE audit_entry SET number = number + 10 WHERE number >= 2",
        "INSERT INTO audit_entry SELECT 2, at, 'me', act, subject, details, hash, hash "
        "FROM audit_entry WHERE number = 1",
        "UPDATE audit_entry SET number = number - 9 WHERE number >= 10",
        "UPDATE audit_head SET number = 4",
    )
    assert found.startswith("entry 2 was inserted")


def test_rows_reordered_in_the_database_are_named(database: Database) -> None:
    """Two rows that changed places are named by the first of them."""
    append(database, 4)
    found = tamper(
        database,
        "UPDATE audit_entry SET number = 99 WHERE number = 2",
        "UPDATE audit_entry SET number = 2 WHERE number = 4",
        "UPDATE audit_entry SET number = 4 WHERE number = 99",
    )
    assert found.startswith("entry 2 was moved: it stands as entry 4")


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    "change", ["at = 'noon'", "details = '{'", "details = '[1]'", "actor = x'00'"]
)
def test_a_row_that_cannot_be_read_is_named(database: Database, change: str) -> None:
    """What SQLite lets somebody write, no moment or no JSON, is found as well, and exported."""
    append(database, 3)
    found = tamper(database, f"UPDATE audit_entry SET {change} WHERE number = 2")  # noqa: S608
    assert found == "entry 2 was changed"
    with database.reading() as session:
        assert len(list(audit.exported(session))) == 3


def test_a_truncated_log_is_found(database: Database) -> None:
    """Removing the end is found by the head row, and with that one removed by a noted head."""
    heads = append(database, 3)
    with database.transaction() as session:
        session.execute(delete(AuditEntry).where(col(AuditEntry.number) > 1))
    expected = "entry 2 was removed: the recorded head is entry 3"
    assert checked(database).problem == expected
    with database.transaction() as session:
        session.execute(update(AuditHead).values(number=1, hash=heads[0]))
    assert checked(database).problem == ""
    assert checked(database, heads[2]).problem == NO_LINK


def test_an_export_can_be_recomputed_by_anybody(database: Database) -> None:
    """Each line holds what its hash is made from, as docs/operating.md tells to recompute it."""
    heads = append(database, 3)
    previous = GENESIS
    with database.reading() as session:
        lines = [json.loads(line) for line in audit.exported(session)]
    for line, head in zip(lines, heads, strict=True):
        assert (line.pop("prev_hash"), line.pop("hash")) == (previous, head)
        told = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256((previous + told).encode()).hexdigest() == head
        previous = head


def test_an_act_is_undone_with_its_transaction(database: Database) -> None:
    """What was rolled back is not in the log, and the next act continues the chain."""
    append(database, 1)

    def fail() -> None:
        with database.transaction() as session:
            audit.append(session, START, actor="a", act="b", subject="c")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    append(database, 1)
    assert checked(database).entries == 2
    assert checked(database).problem == ""


def test_several_acts_of_one_transaction(database: Database) -> None:
    """Acts of one transaction are links one after the other."""
    with database.transaction() as session:
        for subject in "abc":
            audit.append(session, START, actor="a", act="b", subject=subject)
    with database.reading() as session:
        order = session.exec(select(AuditEntry.subject).order_by(col(AuditEntry.number))).all()
    assert list(order) == ["a", "b", "c"]
    assert checked(database).problem == ""


def test_concurrent_acts_do_not_fork(database: Database) -> None:
    """Many writers at once, from an empty log on, make one chain with every act in it."""
    together = Barrier(6)
    failures: list[BaseException] = []

    def work() -> None:
        together.wait()
        try:
            append(database, 5)
        except BaseException as error:  # noqa: BLE001 -- told by the assertion below
            failures.append(error)

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert checked(database).entries == 30
    assert checked(database).problem == ""
