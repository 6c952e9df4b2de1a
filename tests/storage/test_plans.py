"""The hot queries find their rows by an index, however long the history grows (SQLite's planner).

What runs is recorded, not rewritten here: the plan shown is that of the very statement.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import Members, begin_role
from psrt_bot.oversight.rules import Wanted
from psrt_bot.oversight.service.auditing import Auditing
from psrt_bot.runtime import audit, deadlines, once, outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.deadlines import Handler, Sweep
from psrt_bot.runtime.delivery import Delivery
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.people import note_user
from psrt_bot.runtime.rules import NotAllowed
from psrt_bot.voting.keystore import KeyStore
from psrt_bot.voting.service.polls import Polls
from psrt_bot.voting.service.voting import Voting
from storage.engine import Database
from storage.people import Person

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def plan_of(database: Database, act: Callable[[], object]) -> list[str]:
    """Do something, and return how SQLite finds the rows of every statement in it."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "WITH", "DELETE", "INSERT")):
            seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)  # of whichever engine of the database
    act()
    event.remove(Engine, "before_cursor_execute", note)
    assert seen
    with database.engine.connect() as connection:
        return [
            row.detail
            for statement, values in seen
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]


def scans(plan: list[str]) -> list[str]:
    """Those steps that walk a whole table or sort more than what an index has chosen."""
    return [
        step
        for step in plan
        if step.startswith("SCAN")
        and not any(
            allowed in step
            for allowed in (
                "CONSTANT ROW",
                "USING COVERING INDEX outbox_",
                "USING INDEX outbox_",
                "USING INDEX deadline_",
                "due",
                "asked",
            )
        )
    ]


def in_session(database: Database, act: Callable[[Session], object]) -> Callable[[], object]:
    def run() -> None:
        with database.transaction() as session:
            act(session)

    return run


def test_due_deadlines(database: Database, clock: MovableClock) -> None:
    """A sweep, and asking for the next due moment, look at open deadlines alone."""
    with database.transaction() as session:
        deadlines.schedule(session, "k", "s", clock.now())
    sweep = Sweep(database, clock, {"k": Handler(lambda *_: None, collapses=True)})
    plan = plan_of(database, sweep.run)
    plan += plan_of(database, in_session(database, deadlines.next_due))
    found = [step for step in plan if " deadline " in step and "(id=?)" not in step]
    assert {step.split("INDEX ")[1].split()[0] for step in found} == {"deadline_waiting"}
    assert scans(plan) == []


def test_dropped_deadlines(database: Database) -> None:
    """What is forgotten of a subject is found by the subject."""
    plan = plan_of(database, in_session(database, lambda s: deadlines.drop(s, "s", ["k"])))
    assert scans(plan) == []


def test_waiting_outbox_rows(database: Database, clock: MovableClock) -> None:
    """A delivery, and asking when to try next, look at unfinished rows alone."""
    with database.transaction() as session:
        outbox.post(session, clock.now(), "C1", Message("x"))
    held = Delivery(database, clock, None, Facts(), lambda *_: "unfit")  # type: ignore[arg-type]
    plan = plan_of(database, held.run)
    plan += plan_of(database, held.next_try)
    assert any("outbox_waiting" in step for step in plan)
    assert scans(plan) == []


def test_superseded_outbox_rows(database: Database, clock: MovableClock) -> None:
    """Older versions of a message or a Home are found by their slot or conversation."""

    def supersede(session: Session) -> None:
        outbox.post(session, clock.now(), "C1", Message("x"), slot="card")
        outbox.change(session, clock.now(), "card", Message("y"))
        outbox.publish_home(session, clock.now(), "U1")

    assert scans(plan_of(database, in_session(database, supersede))) == []


def test_open_polls_of_a_user(database: Database, clock: MovableClock) -> None:
    """Which polls somebody may vote in is found by their Slack user."""
    store: KeyStore = None  # type: ignore[assignment]  # not asked
    polls = Polls(store, Facts(), ())
    asked = in_session(database, lambda s: polls.open_for(s, clock.now(), "U1", "p1"))
    plan = plan_of(database, asked)
    assert any("ix_elector_slack_user_id" in step for step in plan)
    assert scans(plan) == []


def test_who_asks(database: Database) -> None:
    """Who somebody is and which roles they hold is found by index."""
    plan = plan_of(database, in_session(database, lambda s: Members(Facts(), ["U1"]).who(s, "U1")))
    assert any("slack_user_id" in step for step in plan)
    assert scans(plan) == []


def test_casting(database: Database, clock: MovableClock) -> None:
    """Who casts a ballot, as whom, and the poll are found by index, all in one statement."""
    store: KeyStore = None  # type: ignore[assignment]  # not asked: there is no such poll
    voting = Voting(Polls(store, Facts(), ()), Members(Facts()))

    def ballot(session: Session) -> None:
        with suppress(NotAllowed):
            voting.ballot(session, clock.now(), "U1", "no-such-poll")

    plan = plan_of(database, in_session(database, ballot))
    assert any("slack_user_id" in step for step in plan)
    assert scans(plan) == []


def test_repeated_requests(database: Database, clock: MovableClock) -> None:
    """Known requests are found by their key, and old ones by their age."""

    def repeat(session: Session) -> None:
        once.first_time(session, clock.now(), "k")
        once.forget_old(session, clock.now() + timedelta(days=2))

    assert scans(plan_of(database, in_session(database, repeat))) == []


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(person="Ana"),
        Wanted(process="council"),
        Wanted(person="Ana", process="council", since="2026-03-01"),
        Wanted(since="2026-03-01", until="2026-03-02"),
        Wanted(before=2),
        Wanted(after=1),
    ],
)
def test_pages_of_the_audit_log(database: Database, clock: MovableClock, wanted: Wanted) -> None:
    """However an admin asks, each walk follows an index that gives the order: nothing is sorted."""
    with database.transaction() as session:
        person = Person(id="ana", name="Ana", slack_user_id="U1", created_at=clock.now())
        session.add(person)
        note_user(session, clock.now(), {"id": "U1", "name": "ana"}, team="")
        session.flush()
        begin_role(session, clock.now(), "ana", Role.ADMIN, "tests")
        for _ in range(3):
            audit.append(session, clock.now(), actor="ana", act="council:told", subject="x")
    page = Auditing(Members(Facts())).page
    plan = plan_of(database, in_session(database, lambda s: page(s, "U1", wanted)))
    walked = [step for step in plan if "audit_entry" in step]
    assert any("audit_entry_" in step for step in walked)
    unsorted = [step for step in plan if "ORDER BY" in step]
    assert unsorted == []
    by_index = ("INDEX audit_entry_", "INTEGER PRIMARY KEY")
    assert [step for step in walked if not any(index in step for index in by_index)] == []
