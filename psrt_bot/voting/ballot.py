"""Sealed ballots: the keys of one poll, receipts, sealing, unsealing and the count (DESIGN 5).

Composed of libsodium's sealed boxes (PyNaCl) and HMAC-SHA256; nothing here is invented. Not checked
here: whether the poll is open, who asks, and whether all the rows there should be are there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from psrt_bot.voting.rules import CHECK_WORD, Choice, Tally

KEY_SIZE = 32  # bytes, of X25519 (RFC 7748) and of HMAC-SHA256 (RFC 2104)
SEALED_SIZE = 304
"""Bytes of every sealed ballot, whatever it says, so that its size tells nothing."""
_BODY_SIZE = SEALED_SIZE - 48 - 32  # without the sealed box's own bytes and the HMAC-SHA256

# Domain separation: no two uses of a key ever see the same message.
_KEYS = "psrt-bot/poll-keys/2"
_TERMS = "psrt-bot/terms/1"
_NULLIFIER = "psrt-bot/nullifier/1"
_SPENT = "psrt-bot/spent/1"
_BALLOT = "psrt-bot/ballot/1"


class BallotRejected(Exception):
    """A sealed row that nobody can have cast through the bot. Carries no value of it."""


def _pack(*fields: str | bytes) -> bytes:
    """Fields with their lengths before them: no two lists of fields give the same bytes."""
    data = bytearray()
    for item in fields:
        raw = item.encode("utf-8", "surrogatepass") if isinstance(item, str) else item
        data += len(raw).to_bytes(4, "big") + raw
    return bytes(data)


def _unpack(data: bytes, count: int) -> list[bytes]:
    """The first `count` fields of `_pack`; cut short where `data` is: callers pack and compare."""
    fields = []
    for _ in range(count):
        end = 4 + int.from_bytes(data[:4], "big")
        fields.append(data[4:end])
        data = data[end:]
    return fields


def terms(threshold: str, electorate_size: int, electorate_hash: str) -> bytes:
    """What a vote is held under, 32 bytes: beside the keys no writer of the database reaches it."""
    return hashlib.sha256(_pack(_TERMS, threshold, str(electorate_size), electorate_hash)).digest()


@dataclass(frozen=True)
class PollKeys:
    """The three keys of one poll, 32 bytes each (DESIGN 5). Raises ValueError for another length.

    Never in the database, never cached. Python cannot wipe them from memory.

    Args:
        terms: what `terms` makes of the poll when it opens, kept beside the keys.
    """

    private_key: bytes = field(repr=False)
    nullifier_key: bytes = field(repr=False)
    ballot_key: bytes = field(repr=False)
    terms: bytes = field(default=bytes(KEY_SIZE), repr=False)

    def __post_init__(self) -> None:
        parts = (self.private_key, self.nullifier_key, self.ballot_key, self.terms)
        if any(len(part) != KEY_SIZE for part in parts):
            raise ValueError("a poll key has 32 bytes")

    @classmethod
    def generate(cls, terms: bytes = bytes(KEY_SIZE)) -> PollKeys:
        """New keys from the system's random source."""
        private, nullifier, ballot = (secrets.token_bytes(KEY_SIZE) for _ in range(3))
        return cls(private, nullifier, ballot, terms)

    @property
    def public_key(self) -> bytes:
        """The X25519 public key, 32 bytes; for the poll's row, where it does no harm."""
        return bytes(PrivateKey(self.private_key).public_key)

    def to_bytes(self, poll_id: str) -> bytes:
        """For the key store: versioned, bound to `poll_id`, with a checksum against damage."""
        parts = (self.private_key, self.nullifier_key, self.ballot_key, self.terms)
        data = _pack(_KEYS, poll_id, *parts)
        return data + hashlib.sha256(data).digest()

    @classmethod
    def from_bytes(cls, data: bytes, poll_id: str) -> PollKeys:
        """Read `to_bytes` back. Raises ValueError: damaged, another version, or another poll's."""
        _, _, *raw = _unpack(data, 6)
        keys = cls(*raw)
        if not hmac.compare_digest(keys.to_bytes(poll_id), data):
            raise ValueError("these are not this poll's keys, undamaged and of this version")
        return keys


_RECEIPT_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32
RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}")
_RECEIPT_GAPS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")  # chat programs make dashes longer
_LOOK_ALIKES = str.maketrans("ILO", "110")


def new_receipt() -> str:
    """60 random bits as XXXX-XXXX-XXXX in Crockford's base32, upper case (DESIGN 5)."""
    bits = secrets.randbits(60)
    code = "".join(_RECEIPT_ALPHABET[bits >> shift & 31] for shift in range(0, 60, 5))
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def normalise_receipt(text: str) -> str:
    """A typed receipt as `new_receipt` writes it: any case, dashes or none, I L O read as 1 1 0.

    Raises ValueError, without the text, when it cannot be a receipt.
    """
    code = _RECEIPT_GAPS.sub("", text)
    # Only ASCII is put in upper case: some letters elsewhere would turn into I or S.
    code = code.upper().translate(_LOOK_ALIKES) if code.isascii() else ""
    receipt = f"{code[:4]}-{code[4:8]}-{code[8:]}"
    if RECEIPT.fullmatch(receipt) is None:
        raise ValueError("a receipt is twelve letters or digits, like XXXX-XXXX-XXXX, without U")
    return receipt


@dataclass(frozen=True)
class Ballot:
    """One unsealed ballot: what the bulletin publishes of it. Names no voter; repr shows nothing.

    Raises ValueError, without the values, for a receipt not as `new_receipt` writes it or a check
    word that is not 2 to 16 ASCII letters or digits.
    """

    choice: Choice = field(repr=False)
    receipt: str = field(repr=False)
    check_word: str | None = field(repr=False)

    def __post_init__(self) -> None:
        if RECEIPT.fullmatch(self.receipt) is None:
            raise ValueError("a ballot's receipt is like XXXX-XXXX-XXXX")
        if self.check_word is not None and CHECK_WORD.fullmatch(self.check_word) is None:
            raise ValueError("a ballot's check word is 2 to 16 ASCII letters or digits, or none")


def nullifier(keys: PollKeys, slack_user_id: str) -> bytes:
    """The elector's row key in this poll, 32 bytes: HMAC-SHA256, only computable with the keys."""
    return hmac.digest(keys.nullifier_key, _pack(_NULLIFIER, slack_user_id), "sha256")


def spent_mark(keys: PollKeys, view_id: str, submitted: Mapping[str, str]) -> bytes:
    """Marks one modal submission, 32 bytes: the same view and values give the same mark (DESIGN 5).

    HMAC-SHA256, so that without the keys it tells neither the values nor the voter.
    """
    values = (text for item in sorted(submitted.items()) for text in item)
    return hmac.digest(keys.nullifier_key, _pack(_SPENT, view_id, *values), "sha256")


def _body(poll_id: str, nullifier: bytes, ballot: Ballot) -> bytes:
    """The one canonical encoding of a ballot, padded. Raises ValueError for ids too long."""
    word = ballot.check_word or ""
    body = _pack(_BALLOT, poll_id, nullifier, ballot.choice.value, ballot.receipt, word)
    if len(body) > _BODY_SIZE:
        raise ValueError("the poll id or the nullifier is too long for a sealed ballot")
    return body.ljust(_BODY_SIZE, b"\0")


def seal(
    keys: PollKeys,
    poll_id: str,
    nullifier: bytes,
    choice: Choice,
    receipt: str,
    check_word: str | None,
) -> bytes:
    """Seal a ballot to the poll's public key: `SEALED_SIZE` bytes, different every time (DESIGN 5).

    The public key comes from the key store, not from the poll's row, which whoever writes the
    database could exchange. Raises ValueError as `Ballot` does, or for ids that do not fit.
    """
    body = _body(poll_id, nullifier, Ballot(choice, receipt, check_word))
    tag = hmac.digest(keys.ballot_key, body, "sha256")
    return SealedBox(PublicKey(keys.public_key)).encrypt(body + tag)


def unseal(keys: PollKeys, poll_id: str, nullifier: bytes, sealed: bytes) -> Ballot:
    """Open one ballot. Raises BallotRejected unless it was sealed by `seal` with just these ids."""
    ballot = _open(_box(keys), keys.ballot_key, poll_id, nullifier, sealed)
    if ballot is None:
        raise BallotRejected("a sealed ballot is not of this poll and elector, or was altered")
    return ballot


def _box(keys: PollKeys) -> SealedBox[PrivateKey]:
    return SealedBox(PrivateKey(keys.private_key))


def _open(
    box: SealedBox[PrivateKey], ballot_key: bytes, poll_id: str, nullifier: bytes, sealed: bytes
) -> Ballot | None:
    # None instead of an exception: one raised from here would carry the values in its context.
    try:
        plain = box.decrypt(sealed)
    except (CryptoError, TypeError):  # TypeError: somebody wrote other than bytes into the row
        return None
    body, tag = plain[:_BODY_SIZE], plain[_BODY_SIZE:]
    if not hmac.compare_digest(tag, hmac.digest(ballot_key, body, "sha256")):
        return None
    try:
        choice, receipt, word = (f.decode("ascii") for f in _unpack(body, 6)[3:])
        ballot = Ballot(Choice(choice), receipt, word or None)
        # One canonical encoding: comparing it checks ids, version and padding at once.
        return ballot if _body(poll_id, nullifier, ballot) == body else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Counted:
    """The result of a count. `ballots` are shuffled; repr shows nothing."""

    tally: Tally = field(repr=False)
    ballots: tuple[Ballot, ...] = field(repr=False)


@dataclass(frozen=True)
class Disputed:
    """No result: `rejected` rows (at least 1) cannot have been cast by electors through the bot."""

    rejected: int


def count(
    keys: PollKeys, poll_id: str, rows: Iterable[tuple[bytes, bytes]], electors: Iterable[str]
) -> Counted | Disputed:
    """Count rows (nullifier, sealed) against the frozen electors' Slack user ids (R3, DESIGN 5).

    Disputed when any row belongs to no elector, is an elector's second, or is refused by `unseal`:
    whoever can write the database still cannot vote for others. Two ballots with one receipt are
    disputed as well: only somebody with the keys can make them (60 random bits do not meet), and
    the bulletin would be one that `psrt-bot verify` refuses. A missing row cannot be seen here: its
    voter sees it in the bulletin. No row at all is an empty tally, which does not pass.
    """
    waiting = {nullifier(keys, elector) for elector in electors}
    box = _box(keys)
    ballots: list[Ballot] = []
    rejected = 0
    for mark, sealed in rows:
        known = mark in waiting
        waiting.discard(mark)
        ballot = _open(box, keys.ballot_key, poll_id, mark, sealed) if known else None
        if ballot is None:
            rejected += 1
        else:
            ballots.append(ballot)
    rejected += len(ballots) - len({b.receipt for b in ballots})
    if rejected:
        return Disputed(rejected)
    secrets.SystemRandom().shuffle(ballots)  # the rows' order may follow the nullifiers'
    said = Counter(b.choice for b in ballots)
    return Counted(Tally(said[Choice.YES], said[Choice.NO], said[Choice.ABSTAIN]), tuple(ballots))
