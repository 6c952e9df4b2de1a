"""The audit log's chain: whatever is done to it afterwards is found, and nobody forks it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import col, select

from psrt_bot.runtime import audit
from psrt_bot.runtime.audit import GENESIS, SYSTEM, check_chain, link_hash
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


def problem(entries: list[AuditEntry], head: str) -> str:
    return check_chain(entries, recorded_head=head).problem


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
def test_a_rewritten_entry_breaks_the_next_link(
    entries: list[AuditEntry], data: st.DataObject
) -> None:
    """Who computes the entry's hash anew is found one link later, at the end by the head."""
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 1))
    entries[place].subject += "x"
    entries[place].hash = link_hash(entries[place])
    found = problem(entries, head)
    if place + 1 < len(entries):
        assert found == f"entry {place + 2} does not continue entry {place + 1}"
    else:
        assert "does not end at the recorded head" in found
        assert f"entry {place + 1} was changed" in found


@given(CHAINS, st.data())
def test_a_removed_entry_is_named(entries: list[AuditEntry], data: st.DataObject) -> None:
    """A gap is named by the number that is missing; a missing end by the last that is there."""
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 1))
    last = place == len(entries) - 1
    del entries[place]
    found = problem(entries, head)
    if last:
        assert "entries after it were removed" in found
        assert f"entry {place} " in found
    else:
        assert found == f"entry {place + 1} is missing or out of order"


@given(CHAINS, st.data())
def test_closing_the_gap_does_not_help(entries: list[AuditEntry], data: st.DataObject) -> None:
    """Numbers moved up behind a removed entry are changes of their own."""
    assume(len(entries) > 1)
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries) - 2))
    del entries[place]
    for entry in entries[place:]:
        entry.number -= 1
    assert problem(entries, head) == f"entry {place + 1} does not continue entry {place}"


@given(CHAINS, ACTS, st.data())
def test_an_inserted_entry_is_named(
    entries: list[AuditEntry], act: Act, data: st.DataObject
) -> None:
    """Something slipped in, with a hash and numbers that look right, breaks the chain behind it."""
    head = entries[-1].hash
    place = data.draw(st.integers(0, len(entries)))
    before = entries[place - 1].hash if place else GENESIS
    forged = entry_of(place + 1, act, before)
    for entry in entries[place:]:
        entry.number += 1
    assume(all(forged.hash != entry.hash for entry in entries))
    entries.insert(place, forged)
    found = problem(entries, head)
    if place + 1 < len(entries):
        assert found == f"entry {place + 2} does not continue entry {place + 1}"
    else:
        assert "added" in found


@given(CHAINS, st.randoms(use_true_random=False))
def test_reordered_entries_are_named(entries: list[AuditEntry], random: object) -> None:
    """Out of order means found, at the first entry that is not where it belongs."""
    head = entries[-1].hash
    mixed = list(entries)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assume(mixed != entries)
    first = next(i for i, (a, b) in enumerate(zip(mixed, entries, strict=True)) if a is not b)
    assert problem(mixed, head) == f"entry {first + 1} is missing or out of order"


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
    assert found.problem == "the given head is no link of this chain"


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
    assert checked(database, "ab" * 32).problem == "the given head is no link of this chain"


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


def test_a_row_changed_in_the_database_is_named(database: Database) -> None:
    """``audit verify`` finds what somebody did with SQL."""
    append(database, 3)
    with database.transaction() as session:
        session.execute(update(AuditEntry).where(col(AuditEntry.number) == 2).values(actor="me"))
    assert checked(database).problem == "entry 2 was changed"


def test_a_truncated_log_is_found(database: Database) -> None:
    """Removing the end is found by the head row, and with that one removed by a noted head."""
    heads = append(database, 3)
    with database.transaction() as session:
        session.execute(delete(AuditEntry).where(col(AuditEntry.number) > 1))
    assert "entries after it were removed" in checked(database).problem
    with database.transaction() as session:
        session.execute(update(AuditHead).values(number=1, hash=heads[0]))
    assert checked(database).problem == ""
    assert checked(database, heads[2]).problem == "the given head is no link of this chain"


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
