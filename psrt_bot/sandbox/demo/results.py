"""The story's last part: the result, the bulletin recounted, and what is left on the disk."""

import json
from collections.abc import Iterable
from datetime import timedelta

from psrt_bot.commandline.verifying import told
from psrt_bot.runtime import audit
from psrt_bot.sandbox.demo import traces
from psrt_bot.sandbox.demo.ballots import CHANGES, CHECK_WORDS
from psrt_bot.sandbox.demo.nominating import read
from psrt_bot.sandbox.demo.stage import Stage
from psrt_bot.sandbox.demo.telling import Broken, contains, same
from psrt_bot.sandbox.seen import SeenMessage
from psrt_bot.voting import bulletin
from psrt_bot.voting.keystore import FileKeyStore

RESULT = "Yes 8, no 2, abstain 1: 11 ballots of 12 electors."


def _result(stage: Stage) -> SeenMessage:
    channel = stage.person("chi").channel("team")
    return channel.wait(lambda m: "Bulletin SHA-256" in m.rendered, timeout=5)


def close(stage: Stage) -> Iterable[str]:
    """The week is over: the ballots are counted, the team gets the result."""
    stage.bot.move_clock(timedelta(days=3))
    message = _result(stage)
    contains(RESULT, message.rendered)
    contains("has passed", message.rendered)
    yield from read(message)


def download(stage: Stage) -> Iterable[str]:
    """The bulletin is a file in the result's thread, with the SHA-256 of the message."""
    channel = stage.person(CHANGES).channel("team")
    result = _result(stage)
    reply = channel.wait(lambda m: m.thread_ts == result.ts and bool(m.files))
    file = reply.files[0]
    stage.bundle = file.download()
    digest = bulletin.sha256(stage.bundle)
    contains(digest, result.rendered)
    contains(digest, reply.rendered)
    yield f"{file.name}, {len(stage.bundle)} bytes, SHA-256 {digest}: as in the message."


def verify(stage: Stage) -> Iterable[str]:
    """A voter recounts offline and finds their last ballot; the replaced one is not there."""
    message = _result(stage).rendered
    digest = message.split("SHA-256 ")[1].split("`")[1]
    found = bulletin.verify(stage.bundle, receipt=stage.receipts[CHANGES], sha256=digest)
    if not found.ok or found.found is None:
        raise Broken("a bulletin that holds, with the receipt in it", found.problems)
    same(("yes", CHECK_WORDS[CHANGES]), (found.found.choice.value, found.found.check_word))
    lines = told(found, digest, compared=True)
    contains("Yes 8, no 2, abstain 1", "\n".join(lines))
    old = bulletin.verify(stage.bundle, receipt=stage.replaced)
    same(True, old.receipt_missing)
    for login, receipt in stage.receipts.items():
        if bulletin.verify(stage.bundle, receipt=receipt).found is None:
            raise Broken(f"{login}'s ballot in the bulletin", "it is missing")
    yield f"psrt-bot verify FILE --receipt {stage.receipts[CHANGES]} --sha256 {digest[:8]}…"
    yield from lines
    yield f"All {len(stage.receipts)} receipts are in it; the replaced one is not."


def forge(stage: Stage) -> Iterable[str]:
    """A bulletin with one ballot turned round does not hold."""
    document = json.loads(stage.bundle)
    turned = next(b for b in document["ballots"] if b["choice"] == "no")
    turned["choice"] = "yes"
    found = bulletin.verify(json.dumps(document).encode(), sha256=bulletin.sha256(stage.bundle))
    same(False, found.ok)
    yield from found.problems


def forget(stage: Stage) -> Iterable[str]:
    """Nothing on the disk opens the vote again: no key, no receipt outside the bulletin."""
    every_spelling = [text for key in stage.keys for text in traces.spellings(key)]
    if not every_spelling:
        raise Broken("keys to look for", "none")
    same([], traces.files_with(stage.folder, every_spelling))
    same([], FileKeyStore.open(stage.key_folder).poll_ids())
    same([], traces.files_with(stage.folder, [stage.replaced.encode()]))
    same([], traces.outside_bulletin(stage.database_file, stage.receipts.values()))
    tables = ("sealed_ballot", "spent_submission")
    same(dict.fromkeys(tables, 0), traces.rows_left(stage.database_file, tables))
    yield "Searched: database, its -wal, key folder, byte by byte. The keys are gone."


def account(stage: Stage) -> Iterable[str]:
    """The audit log's chain holds."""
    with stage.bot.database.reading() as session:
        check = audit.verify(session)
    same("", check.problem)
    if not check.entries:
        raise Broken("acts in the audit log", "none")
    yield f"{check.entries} entries, head {check.head[:16]}…"
