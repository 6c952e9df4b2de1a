"""Secrecy, searched for: in the log at DEBUG, in the database with its journals, in the key folder.

A whole vote with every kind of ballot and mishap is played under the eyes of the logs; then
everything that could betray a voter is looked for everywhere, in every spelling.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from psrt_bot.voting.ballot import PollKeys
from psrt_bot.voting.rules import PollState
from storage.runtime import OutboxRow
from storage.voting import BulletinLine, SealedBallot, SpentSubmission
from tests.journeys.house import MEMBERS, House, built_house
from tests.journeys.polling import (
    bundle,
    card,
    contents,
    key_folder,
    leave,
    open_ballot,
    poll_of,
    posted,
    receipt_of,
    refused,
)
from tests.runtime.captured_logs import FORMATS, Format, logged

CHOICES = re.compile(r"\b(yes|no|abstain)\b", re.IGNORECASE)
WORDS = ("canaryquokka", "canaryotter", "canarylynx", "canaryrefused")
JOURNALS = ("", "-wal", "-shm")


@dataclass
class Vote:
    """What must not be found: what voters submitted and got, and what was stored of it."""

    receipts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=lambda: list(WORDS))
    keys: PollKeys | None = None
    nullifiers: list[bytes] = field(default_factory=list)
    sealed: list[bytes] = field(default_factory=list)
    marks: list[bytes] = field(default_factory=list)

    @property
    def plain(self) -> list[str]:
        """What only a voter may know before the close."""
        return self.receipts + self.words

    @property
    def raw(self) -> list[bytes]:
        """Key bytes, nullifiers, sealed bytes, marks."""
        assert self.keys is not None
        keys = [self.keys.private_key, self.keys.nullifier_key, self.keys.ballot_key]
        return [*keys, *self.nullifiers, *self.sealed, *self.marks]


def spellings(secret: bytes) -> Iterator[bytes]:
    """How bytes can stand in a file: as they are, in hex, in base64 (any alignment)."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + secret)
        # The ends depend on the neighbours; what is between does not.
        inner = whole[4 if offset else 0 : -4]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found(data: bytes, secrets: list[bytes]) -> list[str]:
    """Which of the secrets stand in the data, in any spelling."""
    return [secret.hex()[:12] for secret in secrets if any(s in data for s in spellings(secret))]


def found_words(data: bytes, words: list[str]) -> list[str]:
    """Which receipts (also without dashes) or check words stand in the data, in any case."""
    lower = data.lower()
    return [
        word
        for word in words
        if word.lower().encode() in lower or word.replace("-", "").lower().encode() in lower
    ]


def database(house: House) -> bytes:
    """The database file with its journals."""
    path = house.settings.database_url.get_secret_value().removeprefix("sqlite:///")
    return b"".join(Path(path + end).read_bytes() for end in JOURNALS if Path(path + end).exists())


def folder(house: House) -> bytes:
    """Everything in the key folder, names included."""
    return b"".join(p.name.encode() + p.read_bytes() for p in key_folder(house).iterdir())


def note(house: House, vote: Vote) -> None:
    """Remember what is stored just now."""
    with house.bot.database.reading() as session:
        rows = session.scalars(select(SealedBallot)).all()
        vote.nullifiers += [row.nullifier for row in rows if row.nullifier not in vote.nullifiers]
        vote.sealed += [row.sealed for row in rows if row.sealed not in vote.sealed]
        marks = [row.mark for row in session.scalars(select(SpentSubmission))]
        vote.marks += [mark for mark in marks if mark not in vote.marks]
    vote.keys = house.bot.keys.get(poll_of(house).id)


def play(house: House) -> Vote:
    """Vote in every way there is, up to the moment before the close."""
    vote = Vote()

    def cast(login: str, choice: str, word: str = "") -> None:
        vote.receipts.append(house.vote(login, choice, word))
        note(house, vote)

    house.nominate()
    cast("ana", "Yes")
    cast("ben", "Yes", "canaryquokka")
    cast("chi", "No", "canaryotter")
    cast("chi", "Abstain", "canarylynx")  # changed
    card(house).click("Vote", by=house.person("dov"))
    house.person("dov").wait_modal(title="Vote").fill("Your vote", "No").submit()
    house.installation.redeliver_last()  # a repeated delivery
    vote.receipts.append(receipt_of(house.person("dov")))
    note(house, vote)
    # Refused: a wrong check word, a stranger, keys away, somebody who left, a database that is
    # held, a poll that is over (below).
    bad = open_ballot(house, "eve").fill("Your vote", "Yes").fill("Check word", "canary refused")
    bad.submit()
    bad.fill("Check word", "canaryrefused")
    away = key_folder(house).with_name("away")
    key_folder(house).rename(away)
    refused(bad)
    house.work()
    away.rename(key_folder(house))
    house.person("oli").command("/vote", channel="general")
    leave(house, "eve")
    refused(bad)
    house.pass_time(days=4)  # reminders
    house.pass_time(days=2)
    cast("fay", "Yes")
    return vote


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("transport", ["socket", "http"])
def test_a_vote_leaves_nothing_behind(tmp_path: Path, transport: str, fmt: Format) -> None:
    """During the vote the database holds no choice, receipt or check word in the clear; after the
    close neither log, database with journals, nor key folder holds a key, a nullifier, a sealed
    ballot or a mark, a receipt or check word outside the bulletin, or a choice next to a voter."""
    with logged(fmt, "debug") as stream, built_house(tmp_path, transport) as house:
        vote = play(house)
        during = database(house)
        assert found_words(during, vote.plain) == []
        assert found(during, vote.nullifiers[:1]) != []  # so the search can find what is there
        assert found(folder(house), vote.raw[:3]) != []
        assert found_words(folder(house), vote.plain) == []
        assert_no_choice_beside_a_voter(house)
        late = open_ballot(house, "ana").fill("Your vote", "No").fill("Check word", WORDS[3])
        house.pass_time(days=1)
        refused(late)
        result = posted(house, "has passed")
        house.person("chi").click(result, "Send me the bulletin")
        house.work()
        data = bundle(house, result)
        assert_nothing_left(house, vote, data)
        house.close()  # folds the journals in
        after = database(house)
        house.open()
        assert found(after, vote.raw) == []
        log = stream.getvalue()
    assert len(log) > 200, log  # something was logged, at DEBUG
    assert found_words(log.encode(), vote.plain) == []
    assert found(log.encode(), vote.raw) == []
    assert_no_voter_in(log, house)


def assert_nothing_left(house: House, vote: Vote, data: bytes) -> None:
    """After the close: only the bulletin's lines carry receipts and check words of last ballots."""
    assert poll_of(house).state == PollState.CLOSED
    after = database(house)
    assert found(after, vote.raw) == []
    assert found(folder(house), vote.raw) == []
    assert found_words(folder(house), vote.plain) == []
    with house.bot.database.reading() as session:
        lines = {line.receipt: line for line in session.scalars(select(BulletinLine))}
    last = {vote.receipts[n] for n in (0, 1, 3, 4, 5)}
    assert set(lines) == last
    assert all(code.encode() in data for code in last)
    replaced, never_cast = vote.receipts[2], ["canaryotter", "canaryrefused"]
    assert found_words(after + data, [replaced, *never_cast]) == []
    others = "".join(contents(house, without=("bulletin_line",)).values())
    assert found_words(others.encode(), vote.plain) == []
    assert_no_choice_beside_a_voter(house)


def assert_no_choice_beside_a_voter(house: House) -> None:
    """No row that could be a voter's holds a choice: only the bulletin does, without voters."""
    voters = [house.person(login).id for login in MEMBERS]
    for name, text in contents(house).items():
        values = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
        choices = [value for value in values if value.lower() in ("yes", "no", "abstain")]
        if name == "bulletin_line":
            assert not [voter for voter in voters if voter in text]
        else:
            assert not choices, name
    assert not CHOICES.search(contents(house)["audit_entry"])
    with house.bot.database.reading() as session:
        sent = session.scalars(select(OutboxRow).where(col(OutboxRow.finished_at).is_not(None)))
        assert {str(row.payload) for row in sent} == {"{}"}


def assert_no_voter_in(log: str, house: House) -> None:
    """No line of the log names anybody who votes, by id, login or name, nor any choice."""
    names = [*MEMBERS.values(), *(house.person(login).id for login in MEMBERS)]
    for line in log.splitlines():
        assert not [name for name in names if name in line], line
        assert not CHOICES.search(line), line


def test_the_search_finds_what_is_there() -> None:
    """The search itself works: each spelling of a secret is found wherever it stands."""
    secret = bytes(range(200, 232))
    for offset in range(3):
        for before in (b"x" * offset, b"xyz" + b"q" * offset):
            data = before + secret + b"tail"
            for text in (data, data.hex().encode(), base64.b64encode(data)):
                assert found(text, [secret]), (offset, text)
            assert found(base64.urlsafe_b64encode(data), [secret])
    assert found(b"nothing of the kind", [secret]) == []
    assert found_words(b'{"a": "k7qf2m9xab3d"}', ["K7QF-2M9X-AB3D"]) == ["K7QF-2M9X-AB3D"]
