"""Lists of nominations cost the same few queries, however long; each shows its own parts."""

from datetime import datetime, timedelta

from sqlalchemy import event
from sqlmodel import Session

from psrt_bot.council.rules import DecisionState
from psrt_bot.nominations.rules import NominationState, Standing
from psrt_bot.nominations.service.showing import all_shown, shown
from psrt_bot.runtime.clock import MovableClock
from storage.council import CouncilDecision
from storage.engine import Database
from storage.nominations import Addendum, Nomination, Statement
from storage.people import Person


def a_nomination(session: Session, now: datetime, number: int) -> Nomination:
    """One before the council, with two addenda, a statement, and an earlier decision."""
    nominator = Person(name=f"Nominator {number}", created_at=now)
    session.add(nominator)
    session.flush()
    made = Nomination(
        state=NominationState.COUNCIL,
        nominee_key=f"slack:U{number}",
        nominator_id=nominator.id,
        nominee_name=f"Nominee {number}",
        standing=Standing.CORE_DEVELOPER,
        nominated_at=now,
    )
    session.add(made)
    session.flush()
    for part in (1, 2):
        later = now + timedelta(minutes=part)
        session.add(
            Addendum(
                nomination_id=made.id,
                author_id=nominator.id,
                text=f"{number}.{part}",
                added_at=later,
            )
        )
        session.add(
            CouncilDecision(
                subject=made.id,
                title="",
                state=DecisionState.ENDED if part == 1 else DecisionState.OPEN,
                running=part == 2,
                window_seconds=60,
                created_at=later,
                ends_at=now + timedelta(days=number * 10 + part),
            )
        )
    session.add(
        Statement(
            nomination_id=made.id,
            state="given",
            text=f"I am {number}",
            asked_at=now,
        )
    )
    session.flush()
    return made


def test_a_list_costs_what_one_costs(database: Database, clock: MovableClock) -> None:
    """The same queries for one and for seven; every one has its own nominator, texts, dates."""
    now = clock.now()
    with database.transaction() as session:
        made = [a_nomination(session, now, number) for number in range(7)]
    asked: list[str] = []
    with database.reading() as session:
        bind = session.connection()
        event.listen(bind, "before_cursor_execute", lambda *args: asked.append(args[2]))
        one = shown(session, made[3])
        for_one = len(asked)
        session.expunge_all()
        views = all_shown(session, made)
    assert len(asked) == 2 * for_one
    assert views[3] == one
    assert all_shown(session, []) == []
    for number, view in enumerate(views):
        assert view.nominator == f"Nominator {number}"
        assert [text for _, text in view.addenda] == [f"{number}.1", f"{number}.2"]
        assert view.veto_until == now + timedelta(days=number * 10 + 2)
        assert view.statement is not None
        assert view.statement.text == f"I am {number}"
