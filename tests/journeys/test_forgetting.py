"""What is not kept for ever: the texts of nominations that ended long ago."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from storage.nominations import Addendum, Nomination, Statement
from storage.runtime import AuditEntry
from tests.journeys.house import House, built_house
from tests.journeys.steps import nominations


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One transport, for what the other adds nothing to."""
    with built_house(tmp_path, "socket") as built:
        yield built


def kept(house: House) -> tuple[list[bool], int, list[object]]:
    """Which nominations have texts, how many addenda and statements, and what was audited."""
    texts = [bool(one.texts) for one in sorted(nominations(house), key=lambda n: n.nominated_at)]
    with house.session() as session:
        addenda = [one.text for one in session.scalars(select(Addendum))]
        stated = [one.text for one in session.scalars(select(Statement)) if one.text]
        forgot = session.scalars(
            select(AuditEntry).where(col(AuditEntry.act) == "nominations:forget")
        )
        return texts, len(addenda) + len(stated), [entry.details for entry in forgot]


def test_texts_are_not_kept_for_ever(house: House) -> None:
    """`PSRT_RETENTION` after the end texts, addenda and statement are gone; who and when stay."""
    house.nominate(nominee="nia")
    nia = nominations(house)[0]
    with house.session() as session:
        now = house.clock.now()
        session.add(
            Addendum(nomination_id=nia.id, author_id=nia.nominator_id, text="More.", added_at=now)
        )
        session.add(Statement(nomination_id=nia.id, state="given", asked_at=now, text="I would."))
    house.pass_time(days=7)  # nobody voted: not passed
    house.pass_time(days=364)
    assert kept(house) == ([True], 2, [])
    house.nominate(by="ben", nominee="oli")  # what runs keeps everything
    house.pass_time(days=2)
    assert kept(house) == ([False, True], 0, [{"nominations": 1}])
    house.pass_time(days=1)
    assert kept(house) == ([False, True], 0, [{"nominations": 1}])
    chi = house.person("chi")
    chi.channel("team").wait(lambda m: "Nomination: Nia Novak" in m.rendered).click("Details")
    seen = chi.wait_modal(title="Nomination").text
    assert "Nia Novak" in seen
    assert "The texts are no longer kept." in seen
    with house.session() as session:
        forgotten = session.get_one(Nomination, nia.id)
        assert (forgotten.nominee_name, forgotten.state) == ("Nia Novak", "not_passed")
