"""Two processes on one database and one key folder (issue 3, item 4)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from psrt_bot.voting.rules import PollState
from storage.runtime import AuditEntry, Heartbeat
from storage.voting import Poll
from tests.stress import claims
from tests.stress.kills import LOOK, Order, names_of
from tests.stress.plans import ALL, chosen
from tests.stress.points import BETWEEN, STATEMENT
from tests.stress.races import hold, meanwhile
from tests.stress.scene import CLOSE, DURING, REMINDER, Scene, Try

EARLY = CLOSE - timedelta(hours=1)

ONE_HELD = ("open keys", "open keys#2", "os.remove keys", "call chat.postMessage#2")


def check_all(this: Try, now: datetime, point: str) -> None:
    """Everything was done, and once."""
    assert "Traceback" not in this.logs(), f"{point}: {this.logs()}"
    if now == CLOSE:
        claims.check_counted(this, this.scene.receipts)
    claims.check_messages(this, claims.undisturbed(this.scene, now))
    claims.check_chain(this)


@pytest.mark.parametrize("now", [CLOSE, REMINDER], ids=["close", "reminder"])
def test_both_work_at_once(scene: Scene, now: datetime) -> None:
    """Two processes that look at the same moment do each thing once between them."""
    for _ in range(10 if ALL else 1):
        with scene.a_try() as this:
            this.jump(now)
            both = [this.process(now), this.process(now)]
            for process in both:
                process.send("look")
            for process in both:
                process.result()
            claims.work_to_the_end(this, now)
            check_all(this, now, "at once")


def test_one_is_held_while_the_other_does_everything(scene: Scene) -> None:
    """Wherever one process stops for a while outside a transaction, another does what is due, and
    the first then does nothing of it again."""
    for number in chosen(names_of(scene, CLOSE, LOOK, BETWEEN), ONE_HELD):
        with scene.a_try() as this:
            this.jump(CLOSE)
            slow, quick = this.process(CLOSE), this.process(CLOSE)
            held = hold(slow, LOOK, number, BETWEEN)
            meanwhile(this, held, quick, LOOK)
            claims.work_to_the_end(this, CLOSE)
            check_all(this, CLOSE, held.point)


def test_one_whose_clock_is_behind_raises_no_alarm(scene: Scene) -> None:
    """A process that saw the vote open is overtaken by one that closes it and shreds its keys: the
    keys it then misses are no reason to alarm anybody."""
    for number in chosen(names_of(scene, EARLY, LOOK, BETWEEN), ("open folder",)):
        with scene.a_try() as this:
            this.jump(EARLY)
            slow, quick = this.process(EARLY), this.process(EARLY)
            held = hold(slow, LOOK, number, BETWEEN)
            quick.ask("move", seconds=3601)
            meanwhile(this, held, quick, LOOK)
            claims.work_to_the_end(this, CLOSE)
            check_all(this, CLOSE, held.point)


def test_two_go_aheads_open_a_vote_once(scene: Scene) -> None:
    """Of two admins who open the same vote in two processes one succeeds, and the keys in the
    store are the ones whose public key stands in the poll's row."""
    order: Order = ("open", {"poll": scene.waiting, "electors": scene.electors, "may_fail": True})
    names = names_of(scene, DURING, order, (STATEMENT, *BETWEEN))
    for number in chosen(names, ("UPDATE poll", "os.link .tmp")):
        with scene.a_try() as this:
            first, second = this.process(DURING), this.process(DURING)
            held = hold(first, order, number, (STATEMENT, *BETWEEN))
            meanwhile(this, held, second, order)
            with this.database.reading() as session:
                poll = session.get_one(Poll, scene.waiting)
            assert poll.state == PollState.OPEN
            assert this.keys.get(poll.id).public_key == poll.public_key
            assert this.keys.poll_ids() == sorted([scene.poll, scene.waiting])


def test_two_first_starts_at_once(scene: Scene) -> None:
    """Two processes that start for the first time, at the same moment, both start."""
    with scene.a_try() as this:
        with this.database.transaction() as session:
            session.execute(delete(Heartbeat))
        first, second = this.process(DURING, start=False), this.process(DURING, start=False)
        held = hold(first, ("start", {}), 2, (STATEMENT,))
        meanwhile(this, held, second, ("start", {}))
        assert claims.rows_of(this, Heartbeat) == 1


def test_both_append_to_the_audit_log(scene: Scene) -> None:
    """What two processes append at once is one chain without a fork or a gap, and checking it
    meanwhile raises no false alarm."""
    times = 100 if ALL else 30
    with scene.a_try() as this:
        first, second, reader = (this.process(DURING) for _ in range(3))
        before = claims.rows_of(this, AuditEntry)
        for name, process in (("first", first), ("second", second)):
            process.send("append", times=times, actor=name)
        assert [reader.ask("verify") for _ in range(5)] == [""] * 5
        first.result()
        second.result()
        claims.check_chain(this)
        with this.database.reading() as session:
            actors = session.exec(
                select(AuditEntry.actor).where(col(AuditEntry.act) == "tests:act")
            ).all()
        assert sorted(actors) == ["first"] * times + ["second"] * times
        assert claims.rows_of(this, AuditEntry) == before + 2 * times


def test_an_append_during_a_check_is_no_tampering(scene: Scene) -> None:
    """An act that is appended while the chain is being checked does not look like removed ones."""
    names = names_of(scene, DURING, ("verify", {}), (STATEMENT,))
    for number in range(1, len(names) + 1):
        with scene.a_try() as this:
            checker, writer = this.process(DURING), this.process(DURING)
            held = hold(checker, ("verify", {}), number, (STATEMENT,))
            writer.ask("append", times=1, actor="meanwhile")
            held.process.go_on()
            assert checker.result() == "", held.point
