"""What is before the council is read by the same few queries, however much it is."""

from collections.abc import Callable

import pytest
from sqlalchemy import event
from sqlmodel import Session

from psrt_bot.council.messages.office import overview_modal
from psrt_bot.council.rules import Answer, Recusal
from psrt_bot.council.service.telling import Matter
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.runtime.rules import NotAllowed
from tests.council.chamber import Chamber


def queries(chamber: Chamber, read: Callable[[Session], object]) -> int:
    """How many statements reading something takes."""
    asked: list[str] = []
    with chamber.database.reading() as session:
        event.listen(
            session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2])
        )
        read(session)
    return len(asked)


def test_lists_cost_what_one_costs(chamber: Chamber) -> None:
    """For admins and for the council: one decision and four take as many queries, and show all."""
    chamber.open()
    chamber.answer("cat", Answer.NO_OBJECTION)

    def admins(session: Session) -> object:
        return chamber.reading.for_admin(session, "Uana")

    def members(session: Session) -> object:
        return chamber.reading.for_member(session, "Ucat")

    before = [queries(chamber, read) for read in (admins, members)]
    for number in range(3):
        with chamber.database.transaction() as session:
            matter = Matter(f"another {number}", "Another thing", ("Of note.",), ())
            chamber.telling.begin(session, chamber.clock.now(), matter)
    chamber.deliver()
    assert [queries(chamber, read) for read in (admins, members)] == before
    with chamber.database.reading() as session:
        for_admin = chamber.reading.for_admin(session, "Uana")
        for_member = chamber.reading.for_member(session, "Ucat")
    assert for_admin is not None
    assert len(for_admin) == len(for_member) == 4
    for view in for_admin:
        assert [seat.name for seat in view.seats] == ["Cat", "Cem", "Cia", "Col", "Cyn"]
        said = [seat.answer for seat in view.seats]
        answered = Answer.NO_OBJECTION if view.subject == "thing" else None
        assert said == [answered, None, None, None, None]


def change_ana(chamber: Chamber, *, held: bool) -> None:
    """Let Ana, an admin, come into the council, or leave it."""
    with chamber.database.transaction() as session:
        person, now = find_person(session, "Uana"), chamber.clock.now()
        role = chamber.members.grant if held else chamber.members.revoke
        role(session, now, person, Role.STEERING_COUNCIL, "tests")


def answerable(chamber: Chamber, user: str) -> list[str]:
    """What an admin may answer of all that is before the council, by its subject."""
    with chamber.database.reading() as session:
        decisions = chamber.reading.for_admin(session, user) or []
        ids = chamber.reading.answerable(session, user, decisions)
    return [one.subject for one in decisions if one.decision_id in ids]


def test_an_admin_of_the_council_answers_where_they_record(chamber: Chamber) -> None:
    """While it is open, and they are on the roll, not recused, and still in the council."""
    change_ana(chamber, held=True)
    chamber.begin()
    assert answerable(chamber, "Uana") == []
    chamber.deliver()
    with chamber.database.transaction() as session:
        own = Recusal("the nominator", person_id=chamber.ids["ana"])
        chamber.telling.begin(session, chamber.clock.now(), Matter("own", "Own", ("x",), (own,)))
    chamber.deliver()
    assert answerable(chamber, "Uana") == ["thing"]
    assert answerable(chamber, "Uben") == []
    with chamber.database.reading() as session, pytest.raises(NotAllowed):
        chamber.reading.answerable(session, "Udov", [])
    change_ana(chamber, held=False)
    assert answerable(chamber, "Uana") == []


def test_what_one_decides_on_oneself_stands_at_the_top(chamber: Chamber) -> None:
    """Else the office's list, which is cut, could hide it."""
    chamber.open()
    for number in range(12):
        with chamber.database.transaction() as session:
            matter = Matter(f"another {number}", f"Thing {number}", ("Of note.",), ())
            chamber.telling.begin(session, chamber.clock.now(), matter)
    with chamber.database.reading() as session:
        decisions = chamber.reading.for_admin(session, "Uana")
    assert decisions is not None
    last = decisions[-1]
    view = overview_modal(decisions, {last.decision_id}).to_dict()
    assert last.title in view["blocks"][0]["text"]["text"]
    rows = [part["elements"] for part in view["blocks"] if part["type"] == "actions"]
    labels = [element["text"]["text"] for element in rows[0]]
    assert labels == ["Veto…", "No objection", "Abstain"]
    assert sum("Abstain" in str(row) for row in rows) == 1
