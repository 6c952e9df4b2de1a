"""What is before the council is read by the same few queries, however much it is."""

from collections.abc import Callable

from sqlalchemy import event
from sqlmodel import Session

from psrt_bot.council.rules import Answer
from psrt_bot.council.service.telling import Matter
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
