"""``psrt-bot verify``: a recount offline, with nothing but the file."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from psrt_bot.voting.ballot import Ballot
from psrt_bot.voting.bulletin import MAX_BYTES, build
from psrt_bot.voting.rules import Choice, Threshold
from tests.cli.conftest import Cli, everything, refused

MINE, OTHERS, ABSENT = "AAAA-0000-0001", ("BBBB-0000-0002", "CCCC-0000-0003"), "DDDD-0000-0004"


@pytest.fixture
def bundle(place: Path) -> Path:
    """A bulletin of three ballots."""
    ballots = [Ballot(Choice.YES, MINE, "kestrel"), Ballot(Choice.YES, OTHERS[0], None)]
    data = build(
        poll_id="p1",
        opened_at=datetime(2026, 3, 2, tzinfo=UTC),
        closed_at=datetime(2026, 3, 9, tzinfo=UTC),
        threshold=Threshold(2, 3),
        electorate_size=5,
        electorate_hash="0" * 64,
        ballots=[*ballots, Ballot(Choice.NO, OTHERS[1], None)],
    )
    (place / "bundle.json").write_bytes(data)
    return place / "bundle.json"


def test_sound_bundle(cli: Cli, bundle: Path, place: Path) -> None:
    """A sound bundle is recounted, without settings, database or any file being made."""
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    ran = cli("verify", "bundle.json", "--receipt", MINE.lower(), "--sha256", digest.upper())
    assert (ran.code, ran.err) == (0, "")
    assert "3 ballots of 5 electors" in ran.text
    assert "Yes 2, no 1, abstain 0; needs 2/3 of yes and no: passed." in ran.text
    assert "you voted yes, check word kestrel" in ran.text
    assert ran.text.endswith("Everything holds.\n")
    assert list(everything(place)) == ["bundle.json"]
    assert cli("verify", "bundle.json").code == 0


def test_needs_no_settings(cli: Cli, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verifier's own environment does not matter, however wrong it is for a bot."""
    monkeypatch.setenv("PSRT_PASS", "most")
    assert cli("verify", "bundle.json").code == 0


def test_missing_receipt(cli: Cli, bundle: Path) -> None:
    """A receipt that is not in the bundle is exit code 1, and is not repeated."""
    ran = cli("verify", "bundle.json", "--receipt", ABSENT)
    assert ran.code == 1
    assert "PROBLEM: Your receipt is not in this bundle" in ran.text
    assert "Everything holds" not in ran.text
    assert ABSENT not in ran.text + ran.err


def test_changed_bundle(cli: Cli, bundle: Path) -> None:
    """A changed ballot, result or file is found."""
    published = hashlib.sha256(bundle.read_bytes()).hexdigest()
    document = json.loads(bundle.read_text())
    document["passed"] = False
    bundle.write_text(json.dumps(document))
    ran = cli("verify", "bundle.json")
    assert (ran.code, ran.text.count("PROBLEM")) == (1, 1)
    ran = cli("verify", "bundle.json", "--sha256", published)
    assert (ran.code, ran.text.count("PROBLEM")) == (1, 2)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nowhere.json",), ("nowhere.json", "No such file")),
        (("folder",), ("folder", "directory")),
        (("text.json",), ("text.json", "no bulletin")),
        (("huge.json",), ("huge.json", "larger than")),
        (("other.json",), ("other.json", "no bulletin")),
        (("bundle.json", "--receipt", "my-s3cret"), ("--receipt", "XXXX-XXXX-XXXX")),
        (("bundle.json", "--sha256", "abc"), ("--sha256", "64")),
    ],
)
def test_bad_input(
    cli: Cli, bundle: Path, place: Path, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """What is no bulletin, receipt or hash is exit code 2 with its name, not its content."""
    (place / "folder").mkdir()
    (place / "text.json").write_text("my-s3cret")
    (place / "other.json").write_text('{"my-s3cret": 1}')
    with (place / "huge.json").open("wb") as huge:
        huge.truncate(MAX_BYTES + 10)
    ran = cli("verify", *args)
    refused(ran, *words)
    if "my-s3cret" in args or "text.json" in args:
        assert "my-s3cret" not in ran.err
