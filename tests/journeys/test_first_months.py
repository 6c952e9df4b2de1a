"""From the nomination to the mentor's word, the whole way, through 120 days (issue 6)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.house import House, built_house
from tests.journeys.mentorings import (
    both_check_in,
    check_ins,
    inbox,
    mentorship,
    question,
    said_together,
    states,
    volunteer,
)
from tests.journeys.mentorings import confirm as confirm_pair
from tests.journeys.newcomers import accept, checklist, confirm
from tests.journeys.steps import whispered

OWN = """
[[step]]
key = "guide"
title = "Read the guide"
text = "All of it."
who = "newcomer"
kind = "read"

[[step]]
key = "talk"
title = "A first talk"
text = "With your mentor."
who = "mentor"
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A team of six, and a council of five with a channel."""
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    with built_house(tmp_path, "socket", council=True, checklist=own) as built:
        yield built


def test_a_newcomer_from_the_nomination_to_the_mentors_word(house: House) -> None:
    """Accepted, paired with somebody who did not nominate them, and after 90 days on their own."""
    volunteer(house, "ana", "5 newcomers")
    volunteer(house, "dov")
    confirm(house, by="ana")
    accept(house)
    assert "*Dov Dahan*?" in question(house).rendered  # Ana nominated them
    confirm_pair(house)
    assert mentorship(house).state == "paired"
    checklist(house).click("I have read it")
    house.person("dov").command("/psrt", "onboarding")
    theirs = house.person("dov").wait_modal(title="Onboarding")
    assert "mentor: Dov Dahan" in theirs.text
    theirs.click("Open")
    house.person("dov").wait_modal(title="Checklist").click("Done")
    house.work()
    for days in (7, 7, 16, 30, 30):
        house.pass_time(days=days)
        both_check_in(house)
    assert states(house) == ["held"] * 5
    last = house.person("dov").wait_inbox(lambda m: "Can they coordinate alone?" in m.text)
    assert "is over" in whispered(house, "dov", lambda: last.click("They can work alone"))
    house.work()
    summary = house.person("nia").inbox[-1].rendered
    assert "Read the guide: 2026-03-09" in summary
    assert "A first talk: 2026-03-09" in summary
    assert len(check_ins(house)) == 5
    house.pass_time(days=30)
    assert mentorship(house).state == "graduated"
    assert inbox(house, "nia").count("you get a mentor") == 2  # text and block of one message
    assert said_together(house).count("*Check-in 5 of 5*") == 2
