"""Who may not is refused in Slack as in process; what is kept of it is told after the day."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from psrt_bot.membership.service.people import FOR_ADMINS
from psrt_bot.nominations.service.reading import NOT_THERE
from psrt_bot.oversight.service.refusals import REFUSED
from psrt_bot.runtime import audit
from psrt_bot.voting.service.casting import NOT_YOURS
from storage.people import Person
from storage.runtime import AuditEntry
from tests.journeys.house import House, built_house
from tests.journeys.steps import (
    STRANGERS_ARE_TOLD,
    card,
    forge_value,
    make_member,
    nominations,
    whispered,
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One transport is enough: refusals are made before either is reached."""
    with built_house(tmp_path, "socket") as built:
        yield built


def refusals(house: House) -> list[tuple[str, str, object]]:
    """Who was refused what how often, as the audit log has it."""
    with house.session() as session:
        names = {person.id: person.name for person in session.scalars(select(Person))}
        entries = session.scalars(
            select(AuditEntry)
            .where(col(AuditEntry.act) == REFUSED)
            .order_by(col(AuditEntry.number))
        )
        return sorted((names[e.actor], e.subject, e.details["times"]) for e in entries)


def test_the_nominee_presses_leaked_buttons_and_the_day_is_told_in_one_row(house: House) -> None:
    """First a stranger, then a member: the same words as for what never was; counted by day."""
    house.nominate(by="ana", nominee="nia")
    house.workspace.add_member("team", "nia")  # somebody invited her by hand
    posted = card(house)
    nia = house.person("nia")
    for button in ("Vote", "Details"):
        assert whispered(house, "nia", partial(posted.click, button, by=nia)) == (
            STRANGERS_ARE_TOLD
        )
    make_member(house, "nia", "Nia Novak", "nia")
    assert whispered(house, "nia", lambda: posted.click("Vote", by=nia)) == NOT_YOURS
    assert whispered(house, "nia", lambda: posted.click("Details", by=nia)) == NOT_THERE
    real = nominations(house)[0].id
    forge_value(posted, "Details", "0" * 32)
    assert whispered(house, "nia", lambda: posted.click("Details", by=nia)) == NOT_THERE
    forge_value(posted, "Details", real)
    for _ in range(2):
        assert house.person("chi").command("/nominate", "cancel", channel="team").text == FOR_ADMINS
    house.work()
    assert refusals(house) == []  # a row now would tell at which moment somebody tried
    house.pass_time(hours=14)  # midnight, in UTC
    expected = [("Chi Chen", "nominations:cancel", 2), ("Nia Novak", "nominations:read", 1)]
    assert refusals(house) == expected
    house.pass_time(days=1)
    assert refusals(house) == expected  # a day without refusals leaves nothing
    with house.session() as session:
        assert not audit.verify(session).problem
