"""Claims about the bundle and its recount (R3, DESIGN 5)."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.voting import bulletin
from psrt_bot.voting.ballot import Ballot, normalise_receipt
from psrt_bot.voting.bulletin import MAX_BYTES, BundleError, build, verify
from psrt_bot.voting.rules import Choice, Tally, Threshold, passes

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOSED = OPENED + timedelta(days=7)
HASH = "0123456789abcdef" * 4
BALLOTS = [
    Ballot(Choice.NO, "ZZZZ-0000-0000", None),
    Ballot(Choice.YES, "0000-0000-0001", "otter"),
    Ballot(Choice.YES, "0000-0000-0002", None),
    Ballot(Choice.ABSTAIN, "A000-0000-0000", "Heron7"),
]

receipts = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=12, max_size=12)
words = st.none() | st.from_regex(r"[A-Za-z0-9]{2,16}", fullmatch=True)
ballots = st.builds(Ballot, st.sampled_from(Choice), receipts.map(normalise_receipt), words)
polls = st.lists(ballots, min_size=3, max_size=9, unique_by=lambda b: b.receipt)
thresholds = (
    st.tuples(st.integers(1, 9), st.integers(1, 9)).map(sorted).map(lambda f: Threshold(*f))
)


def built(cast: list[Ballot], size: int | None = None, **other: Any) -> bytes:
    """The bundle of a poll, with some arguments exchanged."""
    arguments: dict[str, Any] = {
        "poll_id": "poll-1",
        "opened_at": OPENED,
        "closed_at": CLOSED,
        "threshold": Threshold(2, 3),
        "electorate_size": len(cast) if size is None else size,
        "electorate_hash": HASH,
        "ballots": cast,
    }
    return build(**(arguments | other))


def document() -> dict[str, Any]:
    """A right bundle as JSON values, to be spoilt."""
    parsed: dict[str, Any] = json.loads(built(BALLOTS, size=5))
    return parsed


def spoilt(spoil: Callable[[dict[str, Any]], object]) -> bytes:
    """A right bundle after one change."""
    values = document()
    spoil(values)
    return json.dumps(values).encode()


def test_the_bundle_to_the_byte() -> None:
    """The published form is this one; changing it changes every SHA-256 that was posted."""
    expected = """{
  "ballots": [
    {
      "check_word": "otter",
      "choice": "yes",
      "receipt": "0000-0000-0001"
    },
    {
      "check_word": null,
      "choice": "yes",
      "receipt": "0000-0000-0002"
    },
    {
      "check_word": "Heron7",
      "choice": "abstain",
      "receipt": "A000-0000-0000"
    },
    {
      "check_word": null,
      "choice": "no",
      "receipt": "ZZZZ-0000-0000"
    }
  ],
  "closed_at": "2026-03-09T09:00:00Z",
  "electorate": {
    "hash": "HASH",
    "size": 5
  },
  "format": "psrt-bot/bulletin/1",
  "opened_at": "2026-03-02T09:00:00Z",
  "passed": true,
  "poll_id": "poll-1",
  "tally": {
    "abstain": 1,
    "no": 1,
    "yes": 2
  },
  "threshold": "2/3"
}
""".replace("HASH", HASH)
    assert built(BALLOTS, size=5).decode() == expected


@given(polls, st.randoms(use_true_random=False))
def test_the_bytes_depend_on_the_poll_alone(cast: list[Ballot], random: Any) -> None:
    """Neither the ballots' order, nor the times' zone, nor their fractions change a byte."""
    shuffled = random.sample(cast, len(cast))
    zone = timezone(timedelta(hours=-5))
    again = built(
        shuffled,
        opened_at=OPENED.astimezone(zone),
        closed_at=CLOSED + timedelta(microseconds=999_999),
    )
    assert again == built(cast)


@given(polls, thresholds, st.integers(0, 5))
def test_what_is_built_verifies(cast: list[Ballot], threshold: Threshold, silent: int) -> None:
    """Every built bundle verifies: tally, result and each receipt's ballot are as cast."""
    data = built(cast, size=len(cast) + silent, threshold=threshold)
    for mine in cast:
        result = verify(data, receipt=mine.receipt.lower(), sha256=bulletin.sha256(data).upper())
        assert result.ok
        assert result.problems == ()
        assert result.found == mine
        assert not result.receipt_missing
    said = [b.choice for b in cast]
    assert result.tally == Tally(*(said.count(choice) for choice in Choice))
    assert result.passed is passes(result.tally, threshold)
    assert (result.poll_id, result.threshold) == ("poll-1", threshold)
    assert (result.electorate_size, result.electorate_hash) == (len(cast) + silent, HASH)


def test_without_a_receipt_nothing_is_looked_for() -> None:
    """A mere recount finds no ballot and misses none."""
    result = verify(built(BALLOTS))
    assert (result.ok, result.found, result.receipt_missing) == (True, None, False)


@pytest.mark.parametrize("receipt", ["0000-0000-0003", "otter", "", "0000-0000-000U"])
def test_a_missing_receipt_fails_and_says_what_to_do(receipt: str) -> None:
    """A receipt that is not there, or is none, fails with advice, and is not repeated."""
    result = verify(built(BALLOTS), receipt=receipt)
    assert (result.ok, result.found, result.receipt_missing) == (False, None, True)
    (problem,) = result.problems
    for advice in ("Check the typing", "only your last ballot counts", "tell the admins"):
        assert advice in problem
    assert "show nobody the receipt" in problem
    assert not receipt or receipt not in problem


@pytest.mark.parametrize("digest", ["", "0" * 64, "otter", "é"])
def test_another_hash_fails(digest: str) -> None:
    """A SHA-256 that is not the file's fails, whatever was given; found ballots are still shown."""
    data = built(BALLOTS)
    result = verify(data, receipt="0000-0000-0001", sha256=digest)
    assert result.problems == (
        "The file's SHA-256 is not the one given: it is not the file published.",
    )
    assert result.found == BALLOTS[1]


def test_sha256_is_that_of_the_bytes() -> None:
    """The hash is `sha256sum`'s, and verify takes it with spaces around."""
    data = built(BALLOTS)
    assert bulletin.sha256(data) == hashlib.sha256(data).hexdigest()
    assert verify(data, sha256=f" {bulletin.sha256(data)}\n").ok


CONTRADICTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "The poll closed before it opened.": lambda d: d.update(closed_at="2026-03-02T08:59:59Z"),
    "The ballots are not ordered by receipt.": lambda d: d["ballots"].reverse(),
    "There are 4 ballots, more than the 3 electors.": lambda d: d["electorate"].update(size=3),
    "The result does not follow from the ballots and the threshold 2/3.": (
        lambda d: d.update(passed=False)
    ),
    "Two ballots carry the same receipt.": (
        lambda d: d["ballots"][1].update(receipt="0000-0000-0001")
    ),
}


@pytest.mark.parametrize("problem", CONTRADICTIONS)
def test_a_contradiction_fails(problem: str) -> None:
    """Each single thing that cannot be true is the one problem told."""
    assert verify(spoilt(CONTRADICTIONS[problem])).problems == (problem,)


@pytest.mark.parametrize("kind", Choice)
@pytest.mark.parametrize("by", [-1, 1])
def test_a_tally_that_is_not_the_recount_fails(kind: Choice, by: int) -> None:
    """One more or less of any kind is noticed; what is returned is the recount."""

    def spoil(values: dict[str, Any]) -> None:
        values["tally"][kind] += by

    result = verify(spoilt(spoil))
    assert result.problems == ("The tally is not what the ballots say.",)
    assert result.tally == Tally(2, 1, 1)


@given(st.sampled_from(Choice), st.integers(0, 3))
def test_one_changed_choice_fails(choice: Choice, place: int) -> None:
    """A choice changed in the file without the tally is noticed."""
    values = document()
    same = values["ballots"][place]["choice"] == choice
    values["ballots"][place]["choice"] = choice
    assert verify(json.dumps(values).encode()).ok is same


def test_a_removed_ballot_fails_even_with_its_tally() -> None:
    """Whoever removes a ballot and corrects the tally is noticed by its voter and by the hash."""

    def spoil(values: dict[str, Any]) -> None:
        del values["ballots"][2]
        values["tally"]["abstain"] = 0

    data = spoilt(spoil)
    assert verify(data).ok
    assert verify(data, receipt="A000-0000-0000").receipt_missing
    assert not verify(data, sha256=bulletin.sha256(built(BALLOTS, size=5))).ok


def test_too_few_ballots_fail() -> None:
    """A bundle of fewer than 3 ballots is refused, an empty one most of all."""
    for left in range(3):
        values = document()
        values["ballots"] = values["ballots"][:left]
        values["tally"] = {"yes": left, "no": 0, "abstain": 0}
        values["passed"] = left > 0
        result = verify(json.dumps(values).encode())
        assert result.problems == ("Fewer than 3 ballots are never published.",)


def test_a_shared_receipt_comforts_nobody() -> None:
    """A receipt that two ballots carry is a problem and shows neither ballot as the voter's."""
    data = spoilt(CONTRADICTIONS["Two ballots carry the same receipt."])
    result = verify(data, receipt="0000-0000-0001")
    assert not result.ok
    assert (result.found, result.receipt_missing) == (None, False)


def test_all_problems_are_told_at_once() -> None:
    """A bundle wrong in several ways says so in one go."""

    def spoil(values: dict[str, Any]) -> None:
        for change in CONTRADICTIONS.values():
            change(values)

    result = verify(spoilt(spoil), receipt="0000-0000-000X", sha256="x")
    assert len(result.problems) == len(CONTRADICTIONS) + 2


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"ballots": BALLOTS[:2], "electorate_size": 2}, "Fewer than 3"),
        ({"ballots": [*BALLOTS, BALLOTS[0]], "electorate_size": 5}, "same receipt"),
        ({"electorate_size": 3}, "more than the 3 electors"),
        ({"electorate_size": -1}, "electorate.size is not a whole number"),
        ({"closed_at": OPENED - timedelta(seconds=1)}, "closed before it opened"),
        ({"closed_at": CLOSED.replace(tzinfo=None)}, "time needs a time zone"),
        ({"poll_id": "not an id"}, "poll_id is not as this format writes it"),
        ({"electorate_hash": ""}, "electorate.hash is not as this format writes it"),
    ],
)
def test_nothing_is_built_that_would_not_verify(other: dict[str, Any], says: str) -> None:
    """Arguments that make no right bundle raise, so that none is published."""
    with pytest.raises(BundleError, match=says):
        built(BALLOTS, **other)


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Set one field, by its path with dots."""

    def spoil(values: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        target: Any = values
        for parent in parents:
            target = target[int(parent)] if isinstance(target, list) else target[parent]
        target[last] = value

    return spoil


BALLOT_0 = r"ballots\[0\]"
ILL_TYPED: list[tuple[str, list[object], str]] = [
    ("format", ["psrt-bot/bulletin/2", None, 1], "^format is not psrt-bot/bulletin/1$"),
    ("poll_id", ["", "a b", "x" * 65, "a\n", 1, None], "^poll_id is not as"),
    ("opened_at", ["", "2026-03-02", "2026-03-02T09:00:00+00:00", 1, None], "^opened_at is not as"),
    ("opened_at", ["2026-02-30T09:00:00Z", "2026-03-02T24:00:00Z"], "^opened_at is no time$"),
    ("closed_at", ["2026-03-09T09:00:00.5Z", "٢٠٢٦-03-09T09:00:00Z"], "^closed_at is not as"),
    ("closed_at", ["0000-01-01T00:00:00Z"], "^closed_at is no time$"),
    ("threshold", ["0.66", "2 / 3", "02/3", "0/3", 0.66, None], "^threshold is not as"),
    ("threshold", ["4/3"], "^threshold: a threshold is above 0 and at most 1"),
    ("electorate", [None, [], 5], "^electorate is not an object$"),
    (
        "electorate.size",
        [-1, 1.0, True, "5", None, 10**9, float("nan")],
        r"^electorate\.size is not",
    ),
    ("electorate.hash", ["", "A" * 64, "0" * 63, "0" * 65, 0], r"^electorate\.hash is not as"),
    ("tally", [None, [2, 1, 1]], "^tally is not an object$"),
    ("tally.yes", [-1, 2.0, True, "2", None, float("inf")], r"^tally\.yes is not a whole number"),
    ("tally.no", [-1, 1.0, True], r"^tally\.no is not a whole number"),
    ("tally.abstain", [-1, 1.0, True], r"^tally\.abstain is not a whole number"),
    ("passed", [1, 0, "true", None], "^passed is neither true nor false$"),
    ("ballots", [None, {}, "x"], "^ballots is not a list$"),
    ("ballots", [[None], [[]], ["yes"]], rf"^{BALLOT_0} is not an object$"),
    ("ballots.0.choice", ["YES", "maybe", "", None, []], rf"^{BALLOT_0}\.choice is not as"),
    (
        "ballots.0.receipt",
        ["000000000001", "0000-0000-000i", "", None],
        rf"^{BALLOT_0}\.receipt is",
    ),
    ("ballots.0.check_word", ["", "a", "a" * 17, "zoë", 7], rf"^{BALLOT_0}\.check_word is not as"),
]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [(path, value, says) for path, wrong, says in ILL_TYPED for value in wrong],
)
def test_an_ill_typed_field_is_named(path: str, value: object, says: str) -> None:
    """Each field of another type or form is no bundle; the one line names the field alone."""
    with pytest.raises(BundleError, match=says) as caught:
        verify(spoilt(put(path, value)))
    assert "\n" not in str(caught.value)


PLACES = ["", "electorate", "tally", "ballots.0"]


@pytest.mark.parametrize("place", PLACES)
def test_fields_more_or_less_are_named(place: str) -> None:
    """Each missing field and any unknown one makes it no bundle, wherever it stands."""
    sample: Any = document()
    for step in filter(None, place.split(".")):
        sample = sample[int(step)] if isinstance(sample, list) else sample[step]
    for name in sample:

        def remove(values: Any, name: str = name) -> None:
            for step in filter(None, place.split(".")):
                values = values[int(step)] if isinstance(values, list) else values[step]
            del values[name]

        with pytest.raises(BundleError, match=f"has no field {name}$"):
            verify(spoilt(remove))
    extra = put(f"{place}.\x1b[31mred" if place else "\x1b[31mred", 1)
    with pytest.raises(BundleError, match=r"has an unknown field '\\x1b\[31mred'$"):
        verify(spoilt(extra))


@pytest.mark.parametrize("name", ["passed", "yes", "receipt", "size"])
def test_a_field_twice_is_refused(name: str) -> None:
    """Readers differ on which of two equal names counts, so neither does."""
    text = built(BALLOTS).decode()
    start = text.index(f'"{name}": ')
    line = text[start : text.index("\n", start)].rstrip(",")
    with pytest.raises(BundleError, match=f"the field '{name}' stands twice in one object"):
        verify((text[:start] + line + ", " + text[start:]).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{}{}", b"[" * 100_000, b"9" * 5000, b"'a'", b"\0"],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    """Rubbish, other encodings and traps for parsers are one clear line, without the text."""
    with pytest.raises(BundleError, match=r"^the bundle is not JSON in UTF-8$") as caught:
        verify(data)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("data", [b"[]", b"null", b"1", b'"x"', b"NaN", b"true"])
def test_json_that_is_no_object_is_refused(data: bytes) -> None:
    """Other JSON is no bundle."""
    with pytest.raises(BundleError, match=r"^the bundle is not an object$"):
        verify(data)


def test_an_empty_object_is_no_bundle() -> None:
    """Nothing at all fails, naming the first field."""
    with pytest.raises(BundleError, match=r"^the bundle has no field format$"):
        verify(b"{}")


def test_size_is_capped() -> None:
    """A file larger than the cap is refused unread; one of just that size is read."""
    data = built(BALLOTS)
    assert verify(data.ljust(MAX_BYTES)).ok
    with pytest.raises(BundleError, match="larger than 5242880 bytes"):
        verify(data.ljust(MAX_BYTES + 1))


def test_large_polls_fit() -> None:
    """40,000 ballots with the longest check words are under the cap."""
    cast = [
        Ballot(Choice.ABSTAIN, f"0000-{i // 10000:04}-{i % 10000:04}", "w" * 16)
        for i in range(40_000)
    ]
    assert len(built(cast)) < MAX_BYTES


@given(st.binary() | st.text().map(str.encode))
def test_no_input_crashes(data: bytes) -> None:
    """Any bytes are a bundle or a BundleError, nothing else; random ones never pass."""
    with pytest.raises(BundleError):
        verify(data)


def test_results_do_not_show_the_voters_ballot() -> None:
    """What verify found is not in its repr: it may be logged, or shared with the output."""
    shown = repr(verify(built(BALLOTS), receipt="A000-0000-0000"))
    assert "Heron7" not in shown
    assert "A000" not in shown
    assert "found" not in shown
