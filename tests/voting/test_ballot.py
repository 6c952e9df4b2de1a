"""Claims about keys, receipts, sealing and the count (DESIGN 5)."""

import hashlib
import hmac
import traceback
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PublicKey, SealedBox

from psrt_bot.voting import ballot
from psrt_bot.voting.ballot import (
    SEALED_SIZE,
    Ballot,
    BallotRejected,
    Counted,
    Disputed,
    PollKeys,
    count,
    new_receipt,
    normalise_receipt,
    nullifier,
    seal,
    spent_mark,
    unseal,
)
from psrt_bot.voting.rules import Choice, Tally

KEYS = PollKeys(b"a" * 32, b"b" * 32, b"c" * 32)
OTHER = PollKeys(b"x" * 32, b"y" * 32, b"z" * 32)
POLL = "poll-1"
ALICE = nullifier(KEYS, "UALICE")
CODE = "7Q3V-0KMA-ZZ91"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

receipts = st.text(ALPHABET, min_size=12, max_size=12).map(normalise_receipt)
words = st.none() | st.from_regex(r"[A-Za-z0-9]{2,16}", fullmatch=True)
ballots = st.builds(Ballot, st.sampled_from(Choice), receipts, words)
poll_ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
keys_of_32 = st.binary(min_size=32, max_size=32)
all_keys = st.builds(PollKeys, keys_of_32, keys_of_32, keys_of_32)


def sealed_by_hand(body: bytes, keys: PollKeys = KEYS, tag: bytes | None = None) -> bytes:
    """What somebody with the ballot key, or with a forged tag, could put into a row."""
    tag = hmac.digest(keys.ballot_key, body, "sha256") if tag is None else tag
    return SealedBox(PublicKey(keys.public_key)).encrypt(body + tag)


def body_of(*fields: bytes, size: int = 224, filler: bytes = b"\0") -> bytes:
    """A body in the layout of this version, with any content."""
    return b"".join(len(f).to_bytes(4, "big") + f for f in fields).ljust(size, filler)


def good_fields(**other: bytes) -> list[bytes]:
    """The fields of Alice's yes, with some exchanged."""
    fields = {
        "version": b"psrt-bot/ballot/1",
        "poll": POLL.encode(),
        "nullifier": ALICE,
        "choice": b"yes",
        "receipt": CODE.encode(),
        "word": b"otter",
    }
    return list((fields | other).values())


def row(
    user: str, choice: Choice = Choice.YES, receipt: str | None = None, poll: str = POLL
) -> tuple[bytes, bytes]:
    """A row as casting writes it."""
    mark = nullifier(KEYS, user)
    return mark, seal(KEYS, poll, mark, choice, receipt or new_receipt(), None)


def test_generated_keys_are_random_and_of_full_length() -> None:
    """Each key of each poll is new and has 32 bytes."""
    made = [PollKeys.generate() for _ in range(20)]
    raw = [k for keys in made for k in (keys.private_key, keys.nullifier_key, keys.ballot_key)]
    assert len(set(raw)) == 60
    assert {len(k) for k in raw} == {32}


@given(all_keys, poll_ids)
def test_keys_survive_the_store(keys: PollKeys, poll_id: str) -> None:
    """Keys read back are the keys written, for the same poll."""
    assert PollKeys.from_bytes(keys.to_bytes(poll_id), poll_id) == keys


@given(all_keys, poll_ids, poll_ids)
def test_keys_of_another_poll_are_refused(keys: PollKeys, poll: str, other: str) -> None:
    """A key file put under another poll's name is refused, without its content in the error."""
    if poll != other:
        with pytest.raises(ValueError, match="not this poll's keys") as caught:
            PollKeys.from_bytes(keys.to_bytes(poll), other)
        assert keys.private_key.hex() not in str(caught.value)


def test_damaged_keys_are_refused() -> None:
    """Each byte changed, each length cut and each byte added is noticed."""
    data = KEYS.to_bytes(POLL)
    changed = [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(len(data))]
    for wrong in [*changed, *(data[:i] for i in range(len(data))), data + b"x"]:
        with pytest.raises(ValueError, match=r"poll key has 32 bytes|not this poll's keys"):
            PollKeys.from_bytes(wrong, POLL)


@pytest.mark.parametrize("name", ["private_key", "nullifier_key", "ballot_key"])
@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_length_are_refused(name: str, size: int) -> None:
    """Each of the three keys has exactly 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        replace(KEYS, **{name: b"k" * size})


def test_receipts_are_sixty_random_bits() -> None:
    """New receipts have the published form, use every digit in every place and do not repeat."""
    made = {new_receipt() for _ in range(3000)}
    assert len(made) == 3000
    assert all(normalise_receipt(r) == r for r in made)
    for place in (p for p in range(14) if p not in (4, 9)):
        assert {r[place] for r in made} == set(ALPHABET)


@given(receipts, st.data())
def test_receipts_are_read_as_people_type_them(receipt: str, data: st.DataObject) -> None:
    """Any case, I L O for 1 1 0, dashes of any kind, spaces or none, read as the same receipt."""
    looks = {"1": "1iIlL", "0": "0oO"}
    typed = ""
    for character in receipt.replace("-", ""):
        typed += data.draw(st.sampled_from(["", "", "-", " ", "\u2013", "\u00a0"]))
        options = looks.get(character, character + character.lower())
        typed += data.draw(st.sampled_from(options))
    assert normalise_receipt(f" {typed}\n") == receipt


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7Q3V-0KMA-ZZ9",
        "7Q3V-0KMA-ZZ911",
        "7Q3V-0KMA-ZZ9U",
        "7Q3V-0KMA-ZZ9ı",
        "7Q3V.0KMA.ZZ91",
        "７Q3V-0KMA-ZZ91",
    ],
)
def test_no_receipts_are_refused_without_repeating_them(text: str) -> None:
    """What cannot be a receipt is refused, and the refusal does not hold it."""
    with pytest.raises(ValueError, match="twelve letters or digits") as caught:
        normalise_receipt(text)
    assert "7Q3V" not in "".join(traceback.format_exception_only(caught.value))


def test_nullifier_and_spent_mark_are_plain_hmac() -> None:
    """Both are HMAC-SHA256 with the nullifier key over length-prefixed fields; the forms last."""

    def mac(*fields: bytes) -> bytes:
        message = b"".join(len(f).to_bytes(4, "big") + f for f in fields)
        return hmac.new(b"b" * 32, message, hashlib.sha256).digest()

    assert nullifier(KEYS, "U1") == mac(b"psrt-bot/nullifier/1", b"U1")
    assert spent_mark(KEYS, "V1", {"b": "2", "a": "1"}) == mac(
        b"psrt-bot/spent/1", b"V1", b"a", b"1", b"b", b"2"
    )


submissions = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@given(st.text(max_size=3), submissions, st.text(max_size=3), submissions)
def test_spent_marks_tell_submissions_apart(
    view: str, values: dict[str, str], other_view: str, other: dict[str, str]
) -> None:
    """The very same submission has the same mark in any order, every other one another."""
    same = (view, values) == (other_view, other)
    assert (spent_mark(KEYS, view, values) == spent_mark(KEYS, other_view, other)) is same
    backwards = dict(reversed(values.items()))
    assert spent_mark(KEYS, view, values) == spent_mark(KEYS, view, backwards)


@given(st.text(), st.text())
def test_nullifiers_differ_by_elector_key_and_use(one: str, other: str) -> None:
    """One elector, one nullifier: in this poll alone, and never somebody's spent mark."""
    assert (nullifier(KEYS, one) == nullifier(KEYS, other)) is (one == other)
    assert nullifier(KEYS, one) != nullifier(OTHER, one)
    assert nullifier(KEYS, one) != spent_mark(KEYS, one, {})
    assert len(nullifier(KEYS, one)) == 32


@given(all_keys, poll_ids, keys_of_32, ballots)
def test_a_sealed_ballot_opens_as_cast(
    keys: PollKeys, poll_id: str, mark: bytes, cast: Ballot
) -> None:
    """Unsealing with the same keys and ids gives back choice, receipt and check word."""
    sealed = seal(keys, poll_id, mark, cast.choice, cast.receipt, cast.check_word)
    assert unseal(keys, poll_id, mark, sealed) == cast


@given(poll_ids, ballots)
def test_all_sealed_ballots_have_one_size(poll_id: str, cast: Ballot) -> None:
    """Neither choice nor check word nor poll shows in the size."""
    sealed = seal(KEYS, poll_id, ALICE, cast.choice, cast.receipt, cast.check_word)
    assert len(sealed) == SEALED_SIZE


def test_sealing_twice_gives_two_boxes() -> None:
    """Equal ballots do not look equal, nor does any part of them but the size."""
    boxes = [seal(KEYS, POLL, ALICE, Choice.YES, CODE, None) for _ in range(50)]
    assert len({b[i : i + 16] for b in boxes for i in range(0, SEALED_SIZE, 16)}) == 50 * 19


@pytest.mark.parametrize(
    ("receipt", "word", "says"),
    [
        ("7q3v-0kma-zz91", None, "receipt is like"),
        ("7Q3V0KMAZZ91", None, "receipt is like"),
        ("7Q3V-0KMA-ZZ91\n", None, "receipt is like"),
        (CODE, "", "check word is 2 to 16"),
        (CODE, "a", "check word is 2 to 16"),
        (CODE, "a" * 17, "check word is 2 to 16"),
        (CODE, "zoë", "check word is 2 to 16"),
    ],
)
def test_only_publishable_ballots_are_sealed(receipt: str, word: str | None, says: str) -> None:
    """A receipt in another form or an unfit check word is refused, without repeating either."""
    with pytest.raises(ValueError, match=says) as caught:
        seal(KEYS, POLL, ALICE, Choice.YES, receipt, word)
    assert receipt not in str(caught.value)
    assert not word or len(word) < 2 or word not in str(caught.value)


def test_ids_that_do_not_fit_are_refused() -> None:
    """An over-long poll id is an error, not a longer box; 114 bytes fit the longest ballot."""
    longest = (Choice.ABSTAIN, CODE, "w" * 16)
    assert len(seal(KEYS, "p" * 114, ALICE, *longest)) == SEALED_SIZE
    with pytest.raises(ValueError, match="too long"):
        seal(KEYS, "p" * 115, ALICE, *longest)


@pytest.mark.parametrize(
    "keys", [replace(KEYS, private_key=b"x" * 32), replace(KEYS, ballot_key=b"x" * 32), OTHER]
)
def test_other_keys_open_nothing(keys: PollKeys) -> None:
    """Neither another private key nor another ballot key opens a ballot."""
    with pytest.raises(BallotRejected):
        unseal(keys, POLL, ALICE, row("UALICE")[1])


def test_a_ballot_opens_in_its_own_row_alone() -> None:
    """Moved to another poll or elector, a genuine box is rejected."""
    mark, sealed = row("UALICE")
    assert unseal(KEYS, POLL, mark, sealed).choice is Choice.YES
    for poll, place in [("poll-2", mark), (POLL, nullifier(KEYS, "UBOB")), (POLL, b"")]:
        with pytest.raises(BallotRejected):
            unseal(KEYS, poll, place, sealed)


def test_every_changed_byte_is_rejected() -> None:
    """One bit changed anywhere, any cut and any addition is rejected."""
    mark, box = row("UALICE")
    wrong = [box[:i] + bytes([box[i] ^ 1]) + box[i + 1 :] for i in range(SEALED_SIZE)]
    for data in [*wrong, *(box[:i] for i in range(SEALED_SIZE)), box + b"x"]:
        with pytest.raises(BallotRejected):
            unseal(KEYS, POLL, mark, data)


def test_text_or_nothing_in_the_row_is_rejected() -> None:
    """Whoever writes the database may write other types; they are rejected, not crashed on."""
    for data in ("x" * SEALED_SIZE, None, 7):
        with pytest.raises(BallotRejected):
            unseal(KEYS, POLL, ALICE, data)  # type: ignore[arg-type]


@given(st.binary(min_size=200, max_size=300))
def test_the_public_key_alone_makes_no_ballot(plain: bytes) -> None:
    """The database holds the public key: a box sealed with it, but without the tag, is rejected."""
    with pytest.raises(BallotRejected):
        unseal(KEYS, POLL, ALICE, SealedBox(PublicKey(KEYS.public_key)).encrypt(plain))


FORGED = {
    "a forged tag": sealed_by_hand(body_of(*good_fields()), tag=b"t" * 32),
    "no tag": sealed_by_hand(body_of(*good_fields()), tag=b""),
    "a tag by another key": sealed_by_hand(
        body_of(*good_fields()), tag=hmac.digest(b"x" * 32, body_of(*good_fields()), "sha256")
    ),
}
MALFORMED = {
    "padding": sealed_by_hand(body_of(*good_fields(), filler=b" ")),
    "a byte in the padding": sealed_by_hand(body_of(*good_fields())[:-1] + b"x"),
    "no padding": sealed_by_hand(body_of(*good_fields(), size=0)),
    "a longer body": sealed_by_hand(body_of(*good_fields(), size=225)),
    "another version": sealed_by_hand(body_of(*good_fields(version=b"psrt-bot/ballot/2"))),
    "another poll": sealed_by_hand(body_of(*good_fields(poll=b"poll-2"))),
    "another elector": sealed_by_hand(body_of(*good_fields(nullifier=b"n" * 32))),
    "an unknown choice": sealed_by_hand(body_of(*good_fields(choice=b"maybe"))),
    "a choice in capitals": sealed_by_hand(body_of(*good_fields(choice=b"YES"))),
    "a choice not ASCII": sealed_by_hand(body_of(*good_fields(choice="ja\u00e9".encode()))),
    "a typed receipt": sealed_by_hand(body_of(*good_fields(receipt=CODE.lower().encode()))),
    "a short check word": sealed_by_hand(body_of(*good_fields(word=b"x"))),
    "one field more": sealed_by_hand(body_of(*good_fields(), b"more")),
    "one field less": sealed_by_hand(body_of(*good_fields()[:-2])),
    "lengths beyond the end": sealed_by_hand(b"\xff" * 224),
    "nothing but padding": sealed_by_hand(b"\0" * 224),
}


def test_the_layout_by_hand_is_the_layout() -> None:
    """A body built by hand opens, so that the refusals below are not for another cause."""
    opened = unseal(KEYS, POLL, ALICE, sealed_by_hand(body_of(*good_fields())))
    assert opened == Ballot(Choice.YES, CODE, "otter")


@pytest.mark.parametrize(
    "sealed", [*FORGED.values(), *MALFORMED.values()], ids=[*FORGED, *MALFORMED]
)
def test_what_seal_does_not_write_is_rejected(sealed: bytes) -> None:
    """A box that differs from what `seal` writes is rejected, even with a right tag."""
    with pytest.raises(BallotRejected) as caught:
        unseal(KEYS, POLL, ALICE, sealed)
    assert caught.value.__context__ is None, "what was read must not hang on the error"


def test_no_secret_shows() -> None:
    """Neither repr nor error text of anything here holds a key, choice, receipt or check word."""
    cast = Ballot(Choice.ABSTAIN, CODE, "otter")
    counted = count(KEYS, POLL, [row("UALICE", Choice.ABSTAIN, CODE)], ["UALICE"])
    with pytest.raises(BallotRejected) as caught:
        unseal(KEYS, POLL, ALICE, row("UBOB", Choice.ABSTAIN, CODE)[1])
    assert isinstance(counted, Counted)
    shown = f"{KEYS!r} {KEYS} {cast!r} {cast} {counted!r} {counted.ballots!r} {caught.value!r}"
    for secret in ("abstain", CODE, "otter", "aaaa", "bbbb", "cccc", "6161", "yes="):
        assert secret not in shown
    with pytest.raises(FrozenInstanceError):
        KEYS.private_key = b""  # type: ignore[misc]


@given(st.lists(st.sampled_from(Choice), max_size=12), st.integers(0, 3))
def test_the_count_is_what_was_cast(choices: list[Choice], silent: int) -> None:
    """Every elector's ballot counts once, silent electors not at all, and all ballots come back."""
    users = [f"U{i}" for i in range(len(choices) + silent)]
    rows = [row(user, choice) for user, choice in zip(users, choices, strict=False)]
    counted = count(KEYS, POLL, iter(rows), iter(users))
    assert isinstance(counted, Counted)
    assert counted.tally == Tally(*(choices.count(choice) for choice in Choice))
    opened = [unseal(KEYS, POLL, *r) for r in rows]
    assert sorted(b.receipt for b in counted.ballots) == sorted(b.receipt for b in opened)


def test_counted_ballots_are_shuffled() -> None:
    """The order of the rows, which may follow the voters', is gone from the result."""
    users = [f"U{i}" for i in range(40)]
    rows = [row(user) for user in users]
    orders = []
    for _ in range(2):
        counted = count(KEYS, POLL, rows, users)
        assert isinstance(counted, Counted)
        orders.append(counted.ballots)
    opened = tuple(unseal(KEYS, POLL, *r) for r in rows)
    assert len({opened, *orders}) == 3


BAD_ROWS: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "an outsider's": lambda: row("UMALLORY"),
    "an elector's second": lambda: row("UALICE"),
    "of another poll": lambda: row("UDAVE", poll="poll-2"),
    "moved from another elector": lambda: (nullifier(KEYS, "UDAVE"), row("UALICE")[1]),
    "of no nullifier": lambda: (b"", row("UDAVE")[1]),
    "with a random nullifier": lambda: (b"r" * 32, row("UDAVE")[1]),
    "of rubbish": lambda: (nullifier(KEYS, "UDAVE"), b"rubbish"),
    "with a receipt used before": lambda: row("UDAVE", receipt=CODE),
    "sealed without the ballot key": lambda: (
        nullifier(KEYS, "UDAVE"),
        seal(
            replace(KEYS, ballot_key=b"x" * 32),
            POLL,
            nullifier(KEYS, "UDAVE"),
            Choice.NO,
            CODE,
            None,
        ),
    ),
}


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=BAD_ROWS.keys())
@pytest.mark.parametrize("place", range(4))
def test_one_bad_row_disputes_the_poll(bad: Callable[[], tuple[bytes, bytes]], place: int) -> None:
    """One row that cannot have been cast, anywhere among good ones, leaves no result at all."""
    good = [row("UALICE", receipt=CODE), row("UBOB"), row("UCAROL")]
    electors = ["UALICE", "UBOB", "UCAROL", "UDAVE"]
    assert isinstance(count(KEYS, POLL, good, electors), Counted)
    rows = [*good[:place], bad(), *good[place:]]
    assert count(KEYS, POLL, rows, electors) == Disputed(rejected=1)


def test_all_bad_rows_are_counted() -> None:
    """The alarm says how many rows were rejected: outsiders, second rows and repeated receipts."""
    rows = [
        row("UX"),
        row("UY"),
        row("UALICE", receipt=CODE),
        row("UALICE"),
        row("UBOB", receipt=CODE),
    ]
    assert count(KEYS, POLL, rows, ["UALICE", "UBOB"]) == Disputed(rejected=4)


def test_no_ballots_are_an_empty_tally() -> None:
    """No row is an empty tally, which passes nothing; without electors every row is disputed."""
    assert count(KEYS, POLL, [], ["UALICE"]) == Counted(Tally(0, 0, 0), ())
    assert count(KEYS, POLL, [row("UALICE")], []) == Disputed(rejected=1)


def test_two_choices_apart_everything_is_kept() -> None:
    """All choices with and without check word are distinct ballots after sealing and unsealing."""
    kinds = list(product(Choice, (None, "ab", "w" * 16)))
    opened = {unseal(KEYS, POLL, ALICE, seal(KEYS, POLL, ALICE, c, CODE, w)) for c, w in kinds}
    assert opened == {Ballot(c, CODE, w) for c, w in kinds}
    assert ballot.KEY_SIZE == 32
