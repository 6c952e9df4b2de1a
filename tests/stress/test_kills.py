"""SIGKILL at every named point: nothing is lost, nothing is done twice (issue 3, item 5).

``make stress`` kills before every statement, commit, operation on a file of the key folder, call to
Slack and answer, and before and after each call's effect, one by one. By default (``make test``)
only the points named here are tried. They leave out the single statements (what a transaction did
before its commit is undone together) and, at delivery, all but the calls' effects.
"""

from datetime import datetime
from itertools import count

import pytest
from sqlmodel import col, select

from psrt_bot.voting.rules import PollState
from psrt_bot.voting.service.casting import SPENT
from storage.voting import Elector, Poll, SpentSubmission
from tests.stress import claims
from tests.stress.kills import LOOK, Order, killed_everywhere, killed_on_call
from tests.stress.plans import ALL
from tests.stress.scene import CLOSE, DURING, REMINDER, Scene, Try

CASTING = ("commit INSERT spent_submission", "answer")
CLOSING = (
    "commit DELETE deadline",  # open -> closing
    "open keys",
    "commit INSERT outbox",  # closing -> closed, with the card that says so
    "commit DELETE spent_submission",
    "open keys#2",
    "os.remove keys",
    "commit INSERT outbox#2",  # keys_destroyed_at, and what is told
)
EFFECTS = (False, True) if ALL else (True,)  # before it is as good as before the call
POSTGRES_CALLS = [  # one of each kind; on SQLite it is every call
    pytest.param(CLOSE, "chat.postMessage", id="result"),
    pytest.param(CLOSE, "files.completeUploadExternal", id="file"),
    pytest.param(REMINDER, "chat.postMessage", id="reminder"),
]
REMINDING = ("commit INSERT outbox", "call conversations.open", "answer")
OPENING = ("os.link .tmp", "os.remove .tmp", "commit INSERT deadline", "answer")


@pytest.mark.parametrize("login", ["dov", "ben"], ids=["first ballot", "another ballot"])
def test_killed_while_casting(scene: Scene, login: str) -> None:
    """A ballot whose caster's process is killed is wholly there or not at all, and an earlier one
    stays until then; the same submission again says which; the count has exactly these."""
    order: Order = (
        "cast",
        {"user": scene.user(login), "poll": scene.poll, "view": "V0AGAIN", "choice": "yes"},
    )
    before = scene.receipts.get(login)
    fates = set()
    for this, point in killed_everywhere(scene, DURING, order, CASTING):
        stored = claims.stored_receipt(this, login)
        is_new = stored is not None and stored != before
        assert stored == before or is_new, point
        assert claims.rows_of(this, SpentSubmission) == len(scene.receipts) + is_new, point
        answer = this.process(DURING).ask(order[0], **order[1])
        if is_new:
            assert SPENT in str(answer["refusal"]), point
        kept = stored if is_new else answer["receipt"]
        assert kept is not None, point
        this.jump(CLOSE)
        claims.work_to_the_end(this, CLOSE)
        claims.check_counted(this, scene.receipts | {login: kept})
        fates.add(is_new)
    assert fates == {False, True}


def test_killed_while_closing(scene: Scene) -> None:
    """A close that is killed anywhere, from its deadline to the last message, is finished by the
    next process: counted once, shredded, told once, and told only after the keys were gone."""
    with scene.a_try() as untouched:
        sealed = claims.sealed_rows(untouched)
    assert len(sealed) == len(scene.receipts)
    for this, point in killed_everywhere(scene, CLOSE, LOOK, CLOSING):
        finish(this, CLOSE, point)
        claims.check_counted(this, scene.receipts)
        claims.check_shredded(this, sealed)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda is_after: "after" if is_after else "before")
@pytest.mark.parametrize("now", [CLOSE, REMINDER], ids=["result", "reminder"])
def test_killed_while_delivering(sqlite_scene: Scene, now: datetime, effect: bool) -> None:
    """A process killed on any of its calls to Slack leaves a DM that comes once, a file that comes
    once, and a post that comes once, or twice where it took effect and nobody learnt of it."""
    for number in count(1):
        with sqlite_scene.a_try() as this:
            if not killed_on_call(this, now, LOOK, number, effect=effect):
                break
            finish(this, now, f"call {number}")
    assert number > len(("three conversations", "three messages")) + 1


@pytest.mark.postgres
@pytest.mark.parametrize("effect", EFFECTS, ids=lambda is_after: "after" if is_after else "before")
@pytest.mark.parametrize(("now", "method"), POSTGRES_CALLS)
def test_killed_while_delivering_on_postgres(
    postgres_scene: Scene, now: datetime, method: str, effect: bool
) -> None:
    """There the row of the dead is another's by its lease as well, and the promises are kept."""
    with postgres_scene.a_try() as this:
        assert killed_on_call(this, now, LOOK, 1, effect=effect, method=method)
        finish(this, now, method)


def test_killed_while_reminding(scene: Scene) -> None:
    """Reminders reach each who has not voted once, wherever the process that sends them dies."""
    late = {scene.user(login) for login in ("dov", "eve", "fay")}
    for this, point in killed_everywhere(scene, REMINDER, LOOK, REMINDING):
        finish(this, REMINDER, point)
        assert set(claims.outcome(this).direct) == late, point


def test_killed_while_opening(scene: Scene) -> None:
    """A go-ahead that is killed leaves no vote half open, and the next one opens it."""
    order: Order = ("open", {"poll": scene.waiting, "electors": scene.electors})
    fates = set()
    for this, point in killed_everywhere(scene, DURING, order, OPENING):
        with this.database.reading() as session:
            state = session.get_one(Poll, scene.waiting).state
        survivor = this.process(DURING)
        if state == PollState.WAITING:
            survivor.ask(order[0], **order[1])
        check_opened(this, point)
        fates.add(state)
    assert fates == {PollState.WAITING, PollState.OPEN}


def finish(this: Try, now: datetime, point: str) -> None:
    """Let another process finish, and check all that it and the dead one did."""
    maybe_twice = claims.uncertain_posts(this)
    claims.work_to_the_end(this, now)
    claims.check_messages(this, claims.undisturbed(this.scene, now), maybe_twice)
    claims.check_chain(this)
    assert "Traceback" not in this.logs(), f"{point}: {this.logs()}"
    if now == CLOSE:
        assert this.arrivals.seen > 0, point
        assert this.arrivals.early == [], f"{point}: told before the keys were destroyed"


def check_opened(this: Try, point: str) -> None:
    """The planned poll is open, with its own keys and the electorate that was hashed."""
    with this.database.reading() as session:
        poll = session.get_one(Poll, this.scene.waiting)
        found = session.exec(select(Elector).where(col(Elector.poll_id) == poll.id)).all()
    assert poll.state == PollState.OPEN, point
    assert this.keys.get(poll.id).public_key == poll.public_key, point
    assert {(e.person_id, e.slack_user_id) for e in found} == set(this.scene.electors), point
    assert poll.electorate_size == len(found), point
