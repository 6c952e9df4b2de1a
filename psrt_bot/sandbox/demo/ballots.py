"""The story's second part: secret votes, one changed, one late, and those who may not."""

from collections.abc import Iterable
from datetime import timedelta

from psrt_bot.membership.service.people import REFUSAL
from psrt_bot.sandbox.demo import traces
from psrt_bot.sandbox.demo.nominating import card_of, name_of
from psrt_bot.sandbox.demo.stage import NOMINEE, OUTSIDER, Stage, wait_until
from psrt_bot.sandbox.demo.telling import Broken, contains, same
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.voting.keystore import FileKeyStore

CHANGES, ABSTAINS, LATE, SILENT = "dov", "gus", "kim", "lea"
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


def _cast(person: Person, ballot: Modal, choice: str, check_word: str) -> str:
    ballot.fill("Your vote", choice)
    if check_word:
        ballot.fill("Check word", check_word)
    ballot.submit()
    shown = person.wait_modal(title="Ballot recorded")
    receipt = shown.text.split("`")[1]
    shown.close()
    return receipt


def cast_by_command(stage: Stage, login: str, choice: str) -> None:
    """A member types /vote, votes, and writes the receipt down."""
    person = stage.person(login)
    person.command("/vote", channel="team")
    ballot = person.wait_modal(title="Vote")
    stage.receipts[login] = _cast(person, ballot, choice, CHECK_WORDS.get(login, ""))


def vote(stage: Stage) -> Iterable[str]:
    """Ten members vote in secret; nobody else sees anything of it."""
    before = len(stage.person("lea").channel("team").everything)
    for login, choice in BALLOTS.items():
        cast_by_command(stage, login, choice)
    same(len(BALLOTS), len(set(stage.receipts.values())))
    same(before, len(stage.person("lea").channel("team").everything))
    yield f"{len(BALLOTS)} ballots, as many receipts; {name_of(ABSTAINS)} abstains."
    yield f"{name_of(CHANGES)}'s receipt: {stage.receipts[CHANGES]}. The channel shows nothing."


def change(stage: Stage) -> Iterable[str]:
    """A voter thinks again: the new ballot replaces the old one and has its own receipt."""
    person = stage.person(CHANGES)
    stage.replaced = stage.receipts[CHANGES]
    card_of(person).click("Vote")
    ballot = person.wait_modal(title="Vote")
    contains("Voting again replaces your ballot", ballot.text.replace("*", ""))
    stage.receipts[CHANGES] = _cast(person, ballot, "Yes", CHECK_WORDS[CHANGES])
    if stage.receipts[CHANGES] == stage.replaced:
        raise Broken("a receipt of its own", "the same receipt again")
    yield f"{name_of(CHANGES)}'s new receipt: {stage.receipts[CHANGES]}"


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
    yield f"{name_of(LATE)} and {name_of(SILENT)} read: {message.text}"


def vote_late(stage: Stage) -> Iterable[str]:
    """The reminder's button opens the ballot."""
    person = stage.person(LATE)
    person.wait_inbox(lambda m: "ballot is missing" in m.rendered).click("Vote")
    stage.receipts[LATE] = _cast(person, person.wait_modal(title="Vote"), "Yes", "")
    yield f"{name_of(LATE)} votes; {name_of(SILENT)} stays silent."


def too_late(stage: Stage) -> Iterable[str]:
    """A button that was left over no longer opens a ballot."""
    person = stage.person(SILENT)
    before = len(person.ephemerals)
    person.wait_inbox(lambda m: "ballot is missing" in m.rendered).click("Vote")
    wait_until(lambda: len(person.ephemerals) > before or person.modal is not None)
    same(None, person.modal)
    same(before + 1, len(person.ephemerals))
    yield f"{name_of(SILENT)} presses Vote and reads: {person.ephemerals[-1].text}"
