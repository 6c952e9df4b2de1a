"""``psrt-bot verify`` (offline), ``psrt-bot audit verify`` and ``export``."""

import os
import re
import sys
from pathlib import Path

from psrt_bot.commandline.refusals import CommandError
from psrt_bot.voting import bulletin
from psrt_bot.voting.ballot import normalise_receipt
from psrt_bot.voting.bulletin import MAX_BYTES, BundleError, Verification

_SHA256 = re.compile(r"[0-9a-f]{64}")


def verify_bundle(path: Path, receipt: str | None, sha256: str | None) -> bool:
    """Recount a bulletin, print what was found, and return whether everything holds.

    Raises:
        CommandError: a receipt or SHA-256 that cannot be one, or the file is no bulletin.
        OSError: the file cannot be read.
    """
    if receipt is not None:
        _must_be_a_receipt(receipt)
    if sha256 is not None:
        _must_be_a_hash("--sha256", sha256)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        found = bulletin.verify(data, receipt=receipt, sha256=sha256)
    except BundleError as error:
        raise CommandError(f"{path}: no bulletin: {error}; give the file as published") from None
    for line in told(found, bulletin.sha256(data), compared=sha256 is not None):
        print(line)
    return found.ok


def told(found: Verification, digest: str, *, compared: bool) -> list[str]:
    """Return what a recount found, in lines for people.

    Args:
        digest: the file's SHA-256.
        compared: whether it was compared with one from elsewhere.
    """
    tally = found.tally
    cast = tally.yes + tally.no + tally.abstain
    result = "passed" if found.passed else "not passed"
    lines = [
        f"Poll {found.poll_id}: {cast} ballots of {found.electorate_size} electors, recounted.",
        f"Yes {tally.yes}, no {tally.no}, abstain {tally.abstain}; "
        f"needs {found.threshold} of yes and no: {result}.",
        f"SHA-256 {digest}" + ("" if compared else " (compare it with the result message)"),
        f"Electorate hash {found.electorate_hash}",
    ]
    if found.found is not None:
        word = found.found.check_word
        mark = f"check word {word}" if word else "no check word"
        lines.append(f"Your receipt is in it once: you voted {found.found.choice.value}, {mark}.")
    if found.ok:
        return [*lines, "Everything holds."]
    return [*lines, *(f"PROBLEM: {problem}" for problem in found.problems)]


def verify_audit(expected_head: str | None) -> bool:
    """Recompute the audit log's chain, print what was found, and return whether it holds."""
    from psrt_bot.commandline.databases import opened
    from psrt_bot.runtime import audit
    from psrt_bot.settings import load_settings

    if expected_head is not None:
        expected_head = _must_be_a_hash("--head", expected_head)
    with opened(load_settings()) as database, database.reading() as session:
        check = audit.verify(session, expected_head=expected_head)
    if check.problem:
        print(f"PROBLEM: {check.problem}. The links before it hold: {check.entries}.")
        return False
    print(f"{check.entries} entries, every link holds.")
    print(f"Head {check.head}")
    return True


def export_audit(path: Path | None) -> None:
    """Write the whole audit log as JSON lines, each entry with its hashes, oldest first.

    Args:
        path: a file that must not be there yet; None for stdout.

    Raises:
        CommandError: the file is there.
        OSError: it cannot be written.
    """
    from psrt_bot.commandline.databases import opened
    from psrt_bot.runtime import audit
    from psrt_bot.settings import load_settings

    with opened(load_settings()) as database, database.reading() as session:
        if path is None:
            sys.stdout.flush()
            for line in audit.exported(session):
                sys.stdout.buffer.write(f"{line}\n".encode())  # UTF-8 on every terminal
            sys.stdout.buffer.flush()
            return
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(f"{path}: is there already, and is not overwritten") from None
        with os.fdopen(file, "w", encoding="utf-8", newline="\n") as out:
            count = 0
            for line in audit.exported(session):
                out.write(f"{line}\n")
                count += 1
        number, head = audit.head(session)
    print(f"{path}: {count} of {number} entries, head {head}", file=sys.stderr)


def _must_be_a_receipt(text: str) -> None:
    try:
        normalise_receipt(text)
    except ValueError as error:
        raise CommandError(f"--receipt: {error}") from None  # the text itself stays untold


def _must_be_a_hash(option: str, text: str) -> str:
    given = text.strip().lower()
    if _SHA256.fullmatch(given) is None:
        raise CommandError(f"{option}: a SHA-256 has 64 digits 0-9 and letters a-f; copy it whole")
    return given
