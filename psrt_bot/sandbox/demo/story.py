"""The story of the headless demo: nominate, vote, decide, verify.

Each step does through Slack what people do, and checks what people would see.
"""

import json
from collections.abc import Iterable
from datetime import timedelta

from psrt_bot.commandline.verifying import told
from psrt_bot.membership.service.people import REFUSAL
from psrt_bot.runtime import audit
from psrt_bot.sandbox.demo import traces
from psrt_bot.sandbox.demo.stage import ADMINS, MEMBERS, NOMINEE, OUTSIDER, Stage, wait_until
from psrt_bot.sandbox.demo.telling import Broken, Step, contains, same
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.seen import SeenMessage
from psrt_bot.voting import bulletin
from psrt_bot.voting.keystore import FileKeyStore

NOMINATOR, CHANGES, ABSTAINS, LATE, SILENT = "ana", "dov", "gus", "kim", "lea"
BALLOTS = {
    "ana": "Yes",
    "ben": "Yes",
    "chi": "Yes",
    CHANGES: "No",
    "eve": "No",
    "fay": "Yes",
    ABSTAINS: "Abstain",
    "hana": "Yes",
    "ivo": "No",
    "jun": "Yes",
}
CHECK_WORDS = {"chi": "kestrel", CHANGES: "juniper"}
TEXTS = {
    "Background": "Maintains the fictional parser library.",
    "Security experience": "Handled eleven reports.",
    "Contributions to the ecosystem": "Wrote the fuzzing guide.",
    "How you know them": "Two years of shared reviews.",
    "Conflicts of interest": "none",
}
PROMISES = [
    "They have agreed to be nominated",
    "They have read PEP 811, including review and removal",
]
RESULT = "Yes 8, no 2, abstain 1: 11 ballots of 12 electors."


def _name(login: str) -> str:
    return MEMBERS[login][0]


def _card(person: Person) -> SeenMessage:
    return person.channel("team").wait(lambda m: "Nomination: Nia Novak" in m.rendered)


def connect(stage: Stage) -> Iterable[str]:
    """The bot comes up and learns who there is."""
    if not wait_until(lambda: stage.bot.problem() is None):
        raise Broken("a bot that is ready", stage.bot.problem())
    same(1, stage.installation.connections)
    yield f"{len(MEMBERS)} members, {len(ADMINS)} of them admins; SQLite, Socket Mode."


def nominate(stage: Stage) -> Iterable[str]:
    """The nominator goes through the three modals."""
    person = stage.person(NOMINATOR)
    person.command("/nominate", channel="team")
    who = person.wait_modal(title="Nominate: who")
    yield f"{who.title}: {', '.join(who.labels)}"
    who.fill("Slack user", NOMINEE).fill("Standing", "Core developer")
    who.fill("GitHub name", NOMINEE).submit()
    texts = person.wait_modal(title="Nominate: texts")
    yield f"{texts.title}: {', '.join(texts.labels)}"
    for label, text in TEXTS.items():
        texts.fill(label, text)
    texts.fill("You have made sure", PROMISES).submit()
    preview = person.wait_modal(title="Nominate: preview")
    contains("12 members", preview.text)
    yield f"{preview.title}: 12 members will be asked."
    preview.submit()


def card(stage: Stage) -> Iterable[str]:
    """The team sees names and dates; the texts only behind Details; the nominee nothing."""
    reader = stage.person("chi")
    seen = _card(reader)
    same(["Vote", "Details"], seen.buttons)
    for text in TEXTS.values():
        if len(text) > len("none") and text in seen.rendered:
            raise Broken("a card without the texts", seen.rendered)
    seen.click("Details")
    contains(TEXTS["Background"], reader.wait_modal(title="Nomination").text)
    same([], [m.text for m in stage.person(NOMINEE).inbox])
    yield from (line for line in seen.rendered.splitlines()[1:] if line)
    yield f"Buttons: {', '.join(seen.buttons)}. The nominee is told nothing."


def _cast(person: Person, ballot: Modal, choice: str, check_word: str) -> str:
    ballot.fill("Your vote", choice)
    if check_word:
        ballot.fill("Check word", check_word)
    ballot.submit()
    shown = person.wait_modal(title="Ballot recorded")
    receipt = shown.text.split("`")[1]
    shown.close()
    return receipt


def _vote(stage: Stage, login: str, choice: str) -> None:
    person = stage.person(login)
    person.command("/vote", channel="team")
    ballot = person.wait_modal(title="Vote")
    stage.receipts[login] = _cast(person, ballot, choice, CHECK_WORDS.get(login, ""))


def vote(stage: Stage) -> Iterable[str]:
    """Ten members vote in secret; nobody else sees anything of it."""
    # The thread's first message comes after the card; what is counted here must stand still.
    stage.person("lea").channel("team").wait(lambda m: m.thread_ts is not None)
    before = len(stage.person("lea").channel("team").everything)
    for login, choice in BALLOTS.items():
        _vote(stage, login, choice)
    same(len(BALLOTS), len(set(stage.receipts.values())))
    same(before, len(stage.person("lea").channel("team").everything))
    yield f"{len(BALLOTS)} ballots, as many receipts; {_name(ABSTAINS)} abstains."
    yield f"{_name(CHANGES)}'s receipt: {stage.receipts[CHANGES]}. The channel shows nothing."


def change(stage: Stage) -> Iterable[str]:
    """A voter thinks again: the new ballot replaces the old one and has its own receipt."""
    person = stage.person(CHANGES)
    stage.replaced = stage.receipts[CHANGES]
    _card(person).click("Vote")
    ballot = person.wait_modal(title="Vote")
    contains("Voting again replaces your ballot", ballot.text.replace("*", ""))
    stage.receipts[CHANGES] = _cast(person, ballot, "Yes", CHECK_WORDS[CHANGES])
    if stage.receipts[CHANGES] == stage.replaced:
        raise Broken("a receipt of its own", "the same receipt again")
    yield f"{_name(CHANGES)}'s new receipt: {stage.receipts[CHANGES]}"


def refuse(stage: Stage) -> Iterable[str]:
    """Who is outside learns nothing, not even whether there is a vote."""
    for login in (OUTSIDER, NOMINEE):
        person = stage.person(login)
        same(REFUSAL, person.command("/vote", channel="general").text)
        same(None, person.modal)
        try:
            person.channel("team")
        except PermissionError:
            continue
        raise Broken(f"no way into the team channel for {login}", "it opens")
    yield f"Oli Okoro and the nominee read: {REFUSAL}"


def sealed(stage: Stage) -> Iterable[str]:
    """While the vote is open the keys are in the key folder alone, the ballots are sealed."""
    store = FileKeyStore.open(stage.key_folder)
    (poll_id,) = store.poll_ids()
    held = store.get(poll_id)
    stage.keys = [held.private_key, held.nullifier_key, held.ballot_key]
    every_spelling = [text for key in stage.keys for text in traces.spellings(key)]
    same([f"{poll_id}.keys"], traces.files_with(stage.folder, every_spelling))
    receipts = [r.encode() for r in (*stage.receipts.values(), stage.replaced)]
    same([], traces.files_with(stage.folder, receipts))
    rows = traces.rows_left(stage.database_file, ["sealed_ballot"])
    same({"sealed_ballot": len(BALLOTS)}, rows)
    yield f"{len(BALLOTS)} sealed ballots, no receipt readable in any file; the keys in one file."


def remind(stage: Stage) -> Iterable[str]:
    """Four days on, who has not voted is reminded, and nobody else."""
    stage.bot.move_clock(timedelta(days=4))
    for login in (LATE, SILENT):
        message = stage.person(login).wait_inbox(lambda m: "ballot is missing" in m.rendered)
    for login in BALLOTS:
        reminders = [m for m in stage.person(login).inbox if "ballot is missing" in m.rendered]
        same([], reminders)
    yield f"{_name(LATE)} and {_name(SILENT)} read: {message.text}"


def vote_late(stage: Stage) -> Iterable[str]:
    """The reminder's button opens the ballot."""
    person = stage.person(LATE)
    person.wait_inbox(lambda m: "ballot is missing" in m.rendered).click("Vote")
    stage.receipts[LATE] = _cast(person, person.wait_modal(title="Vote"), "Yes", "")
    yield f"{_name(LATE)} votes; {_name(SILENT)} stays silent."


def close(stage: Stage) -> Iterable[str]:
    """The week is over: the ballots are counted, the team gets the result."""
    stage.bot.move_clock(timedelta(days=3))
    message = _result(stage)
    contains(RESULT, message.rendered)
    contains("has passed", message.rendered)
    yield from (line for line in message.rendered.splitlines()[1:3] if line)


def _result(stage: Stage) -> SeenMessage:
    channel = stage.person("chi").channel("team")
    return channel.wait(lambda m: "Bulletin SHA-256" in m.rendered, timeout=5)


def too_late(stage: Stage) -> Iterable[str]:
    """A button that was left over no longer opens a ballot."""
    person = stage.person(SILENT)
    before = len(person.ephemerals)
    person.wait_inbox(lambda m: "ballot is missing" in m.rendered).click("Vote")
    wait_until(lambda: len(person.ephemerals) > before or person.modal is not None)
    same(None, person.modal)
    same(before + 1, len(person.ephemerals))
    yield f"{_name(SILENT)} presses Vote and reads: {person.ephemerals[-1].text}"


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


STORY: tuple[Step, ...] = (
    Step("The bot connects to a local Slack with a fictional team", connect),
    Step("Ana Andrade types /nominate and goes through three modals", nominate),
    Step("The team channel gets a card", card),
    Step("Members vote in secret", vote),
    Step("Dov Dahan changes their ballot", change),
    Step("An outsider is refused", refuse),
    Step("Ballots are sealed while the vote is open", sealed),
    Step("Four days later: a reminder", remind),
    Step("A late ballot from the reminder", vote_late),
    Step("The week is over: the result", close),
    Step("Too late is too late", too_late),
    Step("The bulletin is downloaded", download),
    Step("The bulletin is verified with a receipt", verify),
    Step("A forged bulletin is found out", forge),
    Step("Nothing is left that could give a vote back", forget),
    Step("The audit log holds", account),
)
