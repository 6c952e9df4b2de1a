"""The Steering Council's window: told in its channel, answered with buttons, decided (R4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.councils import (
    answer,
    audited,
    decision,
    notice,
    pass_the_vote,
    said,
    state,
    told,
    veto,
)
from tests.journeys.house import House, built_house
from tests.journeys.steps import card, thread


@pytest.fixture(params=["socket", "http"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A team of six, and a council of five with a channel."""
    with built_house(tmp_path, request.param, council=True) as built:
        yield built


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """The same in one transport, for what the other adds nothing to."""
    with built_house(tmp_path, "socket", council=True) as built:
        yield built


def test_a_passed_vote_goes_to_the_council_and_is_confirmed(house: House) -> None:
    """Notice, window, named answers on the card, an early decision; everybody learns of it."""
    pass_the_vote(house)
    first = notice(house)
    assert first.buttons == ["Veto…", "No objection", "Abstain", "Details"]
    assert "Nominated by Ana Andrade. Core developer. GitHub: nia." in first.rendered
    assert "unless the council vetoes it by" in first.rendered
    assert "2026-03-16 10:00 UTC" in first.rendered
    assert "ballots" not in first.rendered
    assert "• Cat Cole: no answer yet" in first.rendered
    assert state(house) == "council"
    assert "Now: passed; the Steering Council may veto." in card(house).rendered
    assert "has been told of Nia Novak; a veto is possible until" in thread(house)
    assert "the Steering Council has been told; it may veto until" in told(house, "ana")
    status = house.person("chi").command("/nominate", "status", channel="team").text or ""
    assert "a veto is possible until" in status

    assert "recorded: *no objection*. You can change it until" in answer(
        house, "cat", "No objection"
    )
    assert "recorded: *abstains*" in answer(house, "cat", "Abstain")
    assert "• Cat Cole: abstains" in notice(house).rendered
    answer(house, "cem", "No objection")
    assert decision(house).state == "open"  # of four, two are pending and could still veto
    assert "*Decided: no veto.*" in answer(house, "cia", "No objection")
    assert state(house) == "confirmed"
    last = notice(house)
    assert last.buttons == []
    assert "*Decided: no veto.*" in last.rendered
    assert "• Cia Costa: no objection" in last.rendered
    assert "The nomination of Nia Novak is confirmed" in said(house, "team", "chi")
    assert "The nomination of Nia Novak is confirmed" in told(house, "ana")
    assert "• Col Cruz: no answer yet" in said(house, "admins", "ben")
    assert "confirmed" in card(house).rendered
    assert [e.details for e in audited(house, "council:decided")] == [
        {"confirmed": True, "how": "early"}
    ]
    assert len(audited(house, "council:answer")) == 4
    house.pass_time(days=8)  # the window's own end finds nothing to do
    assert len(audited(house, "council:decided")) == 1


def test_a_veto_needs_reason_and_confirmation_and_its_reason_stays_with_few(house: House) -> None:
    """Three of five veto: final at once. The reasons go to admins and nominator, nobody else."""
    pass_the_vote(house, by="chi")
    notice(house).click("Veto…")
    form = house.person("cat").wait_modal(title="Veto")
    form.fill("Reason", "Employed by a vendor.").submit()
    assert form.errors == {"Please confirm": "Please tick the box: a veto has to be confirmed."}
    form.fill("Please confirm", ["Yes, I veto this"]).submit()
    assert "recorded: *veto*" in house.person("cat").wait_modal(title="Note").text
    notice(house).click("Veto…")  # one's own words stand in the form again
    again = house.person("cat").wait_modal(title="Veto")
    assert again.value("Reason") == "Employed by a vendor."
    again.close()
    veto(house, "cem", "Leaked a draft.")
    assert "• Cem Celik: veto" in notice(house).rendered
    assert state(house) == "council"
    veto(house, "cyn", "Not now.")
    assert state(house) == "vetoed"
    reasons = ("Employed by a vendor.", "Leaked a draft.", "Not now.")
    for reason in reasons:
        assert reason in said(house, "admins", "ben")
        assert reason in told(house, "chi")
        for hidden in (said(house, "council", "cat"), said(house, "team", "dov")):
            assert reason not in hidden
        assert reason not in told(house, "dov")
    assert "The Steering Council vetoed the nomination of Nia Novak" in said(house, "team", "dov")
    assert "*Decided: vetoed.*" in notice(house).rendered


def test_silence_is_no_veto_and_the_silent_are_reminded(one_house: House) -> None:
    """A day before the end those who have not answered hear of it; two vetoes do not carry."""
    house = one_house
    pass_the_vote(house)
    veto(house, "cat", "I do not know them.")
    veto(house, "cem", "Nor do I.")
    house.pass_time(days=6)
    for silent in ("cia", "col", "cyn"):
        assert "1 decision of the council waits for your answer" in told(house, silent)
    assert "waits for your answer" not in told(house, "cat")
    reminder = house.person("cia").inbox[-1]
    assert reminder.buttons == ["Veto…", "No objection", "Abstain", "Details"]
    house.pass_time(days=1)
    assert state(house) == "confirmed"
    assert "• Cat Cole: veto" in notice(house).rendered
    assert "I do not know them." not in said(house, "admins", "ben")  # it did not carry
    assert notice(house).buttons == []
    reminder.click("No objection")
    over = house.person("cia").wait_ephemeral(lambda m: "window is over" in m.text)
    assert "nothing was changed" in over.text


def test_withdrawing_ends_the_councils_decision(one_house: House) -> None:
    """The card says that nothing is to be decided; an old button changes nothing."""
    house = one_house
    pass_the_vote(house)
    old = notice(house)
    stale = list(old.blocks)
    house.person("ana").command("/nominate", "withdraw", channel="team")
    house.person("ana").wait_modal(title="Withdraw").submit()
    house.work()
    assert state(house) == "withdrawn"
    assert decision(house).state == "ended"
    assert notice(house).buttons == []
    assert "*Nothing is to be decided any more*" in notice(house).rendered
    old.message.blocks = stale  # a client that has not heard of it
    assert "window is over" in answer(house, "cat", "No objection")
    house.pass_time(days=8)
    assert state(house) == "withdrawn"


def test_the_council_reads_the_texts_while_it_decides(one_house: House) -> None:
    """**Details** opens for who is on the roll, and closes with the decision."""
    house = one_house
    pass_the_vote(house)
    notice(house).click("Details")
    shown = house.person("cat").wait_modal(title="Nomination")
    assert "Handled eleven reports." in shown.text
    assert shown.buttons == []
    reminder = notice(house)
    stale = list(reminder.blocks)
    for member in ("cat", "cem", "cia"):
        answer(house, member, "No objection")
    reminder.message.blocks = stale
    before = len(house.person("cat").ephemerals)
    reminder.click("Details")
    house.workspace.wait_for(lambda: len(house.person("cat").ephemerals) > before)
    assert "no such nomination" in house.person("cat").ephemerals[-1].text
