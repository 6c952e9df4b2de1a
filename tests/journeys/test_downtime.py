"""The bot was away: an hour, a day, most of a vote (issue 3, item 6; DESIGN section 4).

Told in one transport: what is overdue at a start does not depend on the way in.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psrt_bot.voting.rules import PollState
from tests.journeys.house import House, built_house
from tests.journeys.polling import ADMINS, away, poll_of, posted, said, votes
from tests.journeys.test_voting_reminders import counted

VOTED = {"ana": "Yes", "ben": "Yes", "chi": "No"}
NOBODY = dict.fromkeys(("ana", "ben", "chi", "dov", "eve", "fay"), 0)
ONCE = NOBODY | {"dov": 1, "eve": 1, "fay": 1}
UNDECIDED = "It did not close by itself"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A vote under way since Monday, 10:00 UTC, in which three of six have voted."""
    with built_house(tmp_path, "http") as built:
        built.nominate()
        votes(built, **VOTED)
        yield built


def test_an_hour_away(house: House) -> None:
    """A reminder that fell due meanwhile comes at the start, once; the vote closes on time."""
    house.pass_time(days=3, hours=23, minutes=30)
    away(house, hours=1)
    assert counted(house) == NOBODY
    house.work()
    assert counted(house) == ONCE
    house.pass_time(days=2, hours=23, minutes=29)
    assert poll_of(house).state == PollState.OPEN
    house.pass_time(minutes=1)
    assert "Yes 2, no 1" in posted(house, "has passed").rendered
    assert not said(house, UNDECIDED, to=ADMINS)


def test_a_day_away(house: House) -> None:
    """What fell due waits for the morning after the return, and comes once; a day of the week is
    not too much, so the vote closes by itself and on time."""
    house.pass_time(days=3, hours=20)
    away(house, days=1)  # back on Saturday at seven in the morning, in Berlin
    house.work()
    assert counted(house) == NOBODY
    house.pass_time(hours=2)
    assert counted(house) == ONCE
    house.pass_time(days=2, hours=1, minutes=59)
    assert poll_of(house).state == PollState.OPEN
    house.pass_time(minutes=1)
    assert "Yes 2, no 1" in posted(house, "has passed").rendered
    assert not said(house, UNDECIDED, to=ADMINS)


@pytest.mark.parametrize("choice", ["Close now", "Extend"])
def test_most_of_a_vote_away(house: House, choice: str) -> None:
    """Both reminders are overdue and make one; at its hour the vote does not close by itself, and
    once an admin has decided, what was cast before counts."""
    house.pass_time(days=1)
    away(house, days=5, hours=12)  # back on Sunday at eleven in the evening, in Berlin
    house.work()
    assert counted(house) == NOBODY
    house.pass_time(hours=10)
    assert counted(house) == ONCE
    house.pass_time(hours=3)
    assert poll_of(house).state == PollState.OPEN
    (question,) = said(house, UNDECIDED, to=ADMINS)
    assert not said(house, "The vote on Nia Novak has")
    label = next(button for button in question.buttons if button.startswith(choice))
    question.click(label, by=house.person("ben"))
    house.work()
    if choice == "Extend":
        assert poll_of(house).state == PollState.OPEN
        house.vote("dov", "Yes")
        house.pass_time(days=7)
    assert poll_of(house).state == PollState.CLOSED
    expected = "Yes 3, no 1" if choice == "Extend" else "Yes 2, no 1"
    assert expected in posted(house, "has passed").rendered
