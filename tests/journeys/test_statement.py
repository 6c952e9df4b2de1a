"""The nominee's statement, and what the nominator lets them know (R12, R13)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from psrt_bot.nominations.service.statements import NOT_FOR_YOU
from storage.nominations import Statement
from tests.journeys.councils import audited, told
from tests.journeys.house import House, built_house
from tests.journeys.steps import (
    card,
    fill_texts,
    forge_value,
    open_form,
    press_anothers,
    thread,
    whispered,
)

ASK, SHARE = "Ask nominee for a statement", "Share progress with nominee"
SAID = "I have time on Fridays & like <parsers>."


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """A team of six, in one transport."""
    with built_house(tmp_path, "socket") as built:
        yield built


def statements(house: House) -> list[Statement]:
    """Every statement's row."""
    with house.session() as session:
        return list(session.scalars(select(Statement)))


def ask(house: House) -> str:
    """Press the button in the nominator's direct message; return what is answered."""
    first = house.person("ana").inbox[-1]
    assert first.buttons == [ASK, SHARE]
    answer = whispered(house, "ana", lambda: first.click(ASK))
    house.work()
    return answer


def details(house: House, reader: str = "chi") -> str:
    """What a member reads behind **Details**."""
    card(house).click("Details", by=house.person(reader))
    shown = house.person(reader).wait_modal(title="Nomination")
    shown.close()
    return shown.text


def test_the_nominee_writes_a_statement_and_the_voters_are_told_once(house: House) -> None:
    """Asked in a direct message, written in a modal, read behind Details by members alone."""
    house.nominate(by="ana", nominee="nia")
    assert "you are told when they answer" in ask(house)
    request = house.person("nia").inbox[-1]
    assert "Ana Andrade nominated you" in request.rendered
    assert "vote is" not in request.rendered
    request.click("Write a statement")
    form = house.person("nia").wait_modal(title="Your statement")
    form.fill("Statement", " . ").submit()
    assert "or decline" in form.errors["Statement"]
    form.fill("Statement", SAID).submit()
    assert not form.is_open
    house.work()
    assert "Your statement is handed in" in house.person("nia").inbox[-1].rendered
    assert house.person("nia").inbox[-1].buttons == []
    shown = details(house)
    assert "Statement of the nominee" in shown
    assert SAID in shown
    assert thread(house).count("There is a statement of Nia Novak now") == 2  # text and block
    assert SAID not in thread(house)
    assert SAID not in told(house, "ana")
    assert "the nominee has handed in a statement" in told(house, "ana")
    assert house.person("ana").inbox[-1].buttons == [SHARE]  # asked once
    assert [entry.details for entry in audited(house, "nominations:statement")] == [{}]

    # A late click changes nothing.
    old = next(m for m in house.person("ana").inbox if ASK in m.buttons)
    assert "There is a statement already" in whispered(house, "ana", lambda: old.click(ASK))
    assert len(statements(house)) == 1


def test_declining_is_told_to_the_nominator_alone(one_house: House) -> None:
    """And a leaked button, or a forged one, says the same to everybody else."""
    house = one_house
    house.nominate(by="ana", nominee="nia")
    ask(house)
    request = house.person("nia").inbox[-1]
    nomination_id = statements(house)[0].nomination_id
    for label, person in (("Write a statement", "oli"), ("Decline", "chi"), ("Decline", "ana")):
        assert press_anothers(house, person, request, label) == NOT_FOR_YOU
    forge_value(request, "Decline", "0" * 32)
    assert whispered(house, "nia", lambda: request.click("Decline")) == NOT_FOR_YOU
    assert statements(house)[0].state == "asked"
    forge_value(request, "Decline", nomination_id)
    request.click("Decline")
    house.work()
    assert statements(house)[0].state == "declined"
    assert "declined to write a statement" in told(house, "ana")
    assert "declined" not in thread(house)
    assert "declined" not in details(house)
    assert "You declined to write a statement" in house.person("nia").inbox[-1].rendered


def test_outside_the_workspace_the_nominator_hands_it_in(one_house: House) -> None:
    """The same button opens a form for what they wrote by mail; progress is shown to be sent."""
    house = one_house
    form = open_form(house)
    form.fill("Name", "Uma Ueda").fill("E-mail", "uma@mail.example").fill("Standing", "Triager")
    form.submit()
    fill_texts(house.person("ana").wait_modal(title="Nominate: texts")).submit()
    house.person("ana").wait_modal(title="Nominate: preview").submit()
    house.work()
    message = house.person("ana").inbox[-1]
    message.click(ASK)
    paste = house.person("ana").wait_modal(title="Nominee's statement")
    assert "is not in this workspace" in paste.text
    paste.fill("Statement", SAID).submit()
    house.work()
    card(house, "Uma Ueda").click("Details", by=house.person("chi"))
    shown = house.person("chi").wait_modal(title="Nomination").text
    assert SAID in shown
    assert "handed in by the nominator" in shown
    assert "There is a statement of Uma Ueda now" in thread(house, "Uma Ueda")
    message.click(SHARE)
    text = house.person("ana").wait_modal(title="Progress").text
    assert "under vote; nominated" in text


def test_progress_is_phase_and_dates_and_never_a_count(one_house: House) -> None:
    """The same before and after votes were cast; the same news is sent once a day."""
    house = one_house
    house.nominate(by="ana", nominee="nia")
    share = house.person("ana").inbox[-1]
    assert "phase and dates" in whispered(house, "ana", lambda: share.click(SHARE))
    house.vote("ben", "Yes")
    house.vote("chi", "Yes")
    assert "told this already" in whispered(house, "ana", lambda: share.click(SHARE))
    house.pass_time(days=2)
    whispered(house, "ana", lambda: share.click(SHARE))
    house.work()
    first, second = house.person("nia").inbox
    assert first.rendered == second.rendered
    assert "Ana Andrade lets you know" in first.rendered
    assert "under vote; nominated" in first.rendered
    house.pass_time(days=5)
    whispered(house, "ana", lambda: house.person("ana").inbox[-1].click(SHARE))
    house.work()
    assert "to be told" in house.person("nia").inbox[-1].rendered
    assert "Yes" not in told(house, "nia")
    own = house.person("ana").command("/nominate", "status", channel="team")
    assert "passed" in (own.text or "")
    assert house.person("ana").ephemerals[-1].buttons == [ASK, SHARE]
    house.person("chi").command("/nominate", "status", channel="team")
    assert house.person("chi").ephemerals[-1].buttons == []
