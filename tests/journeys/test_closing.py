"""The close: once, whatever interrupts it; and what admins decide when the bot was away."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import func, select

from psrt_bot.runtime import audit
from psrt_bot.voting.rules import PollState
from psrt_bot.voting.service.casting import PAUSED, UNCOUNTED
from storage.people import Person
from storage.voting import SealedBallot, SpentSubmission
from tests.journeys.house import House
from tests.journeys.polling import (
    ADMINS,
    TEAM,
    away,
    bundle,
    card,
    key_folder,
    open_ballot,
    poll_of,
    posted,
    refused,
    said,
    votes,
    whispered,
)
from tests.journeys.test_results import audited


def test_the_close_happens_once_at_its_time(house: House) -> None:
    """One minute before the week is over nothing happens; at it the vote closes; the ballots and
    the marks of submissions are gone, and further sweeps change and say nothing."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    house.pass_time(days=6, hours=23, minutes=59)
    assert poll_of(house).state == PollState.OPEN
    house.pass_time(minutes=1)
    closed = poll_of(house)
    assert closed.state == PollState.CLOSED
    with house.bot.database.reading() as session:
        for table in (SealedBallot, SpentSubmission):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    messages = len(house.person("ana").channel(TEAM).everything)
    house.pass_time(days=1)
    house.close()
    house.open()
    house.work()
    assert poll_of(house) == closed
    assert len(house.person("ana").channel(TEAM).everything) == messages
    assert len(audited(house, "voting:closed")) == 1


def test_a_close_missed_by_hours_happens_at_the_next_start(house: House) -> None:
    """A bot that was down at the close, for less than a day of the week, closes when it is back."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    house.pass_time(days=6, hours=12)
    away(house, days=3)  # twelve hours of them during the vote
    late = house.person("dov").command("/vote", channel=TEAM)
    assert "no open vote" in (late.text or "")
    house.work()
    assert "Yes 2, no 1" in posted(house, "has passed").rendered


@pytest.mark.parametrize("step", ["count", "destroy"])
def test_an_interrupted_close_goes_on(house: House, step: str) -> None:
    """Stopped before the count or before the keys are destroyed, and the bot started anew: the
    next sweep goes on, with the same ballots and one result."""
    house.nominate()
    receipts = votes(house, ana="Yes", ben="Yes", chi="No")
    folder, elsewhere = key_folder(house), key_folder(house).with_name("elsewhere")
    stuck = folder / f".tmp.{poll_of(house).id}.keys.{'0' * 16}"
    if step == "count":
        folder.rename(elsewhere)
    else:
        stuck.mkdir(mode=0o700)
    house.pass_time(days=7)
    assert poll_of(house).state == (PollState.CLOSING if step == "count" else PollState.CLOSED)
    assert not said(house, "The vote on Nia Novak has")
    house.close()
    if step == "count":
        elsewhere.rename(folder)
    else:
        stuck.rmdir()
    house.open()
    house.work()
    result = posted(house, "has passed")
    assert "Yes 2, no 1, abstain 0: 3 ballots" in result.rendered
    data = bundle(house, result).decode()
    assert all(code in data for code in receipts.values())
    assert len(said(house, "The vote on Nia Novak has")) == 1
    assert not list(folder.glob("*.keys*"))


def test_withdrawing_destroys_ballots_and_keys(house: House) -> None:
    """A nomination taken back during the vote: ballots and keys are destroyed first, then it is
    told; an open ballot is refused, and there is no result, ever."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    ballot = open_ballot(house, "dov").fill("Your vote", "No")
    stuck = key_folder(house) / f".tmp.{poll_of(house).id}.keys.{'0' * 16}"
    stuck.mkdir(mode=0o700)
    house.person("ana").command("/nominate", "withdraw", channel=TEAM)
    house.person("ana").wait_modal().submit()
    assert refused(ballot) == UNCOUNTED
    house.work()
    assert poll_of(house).state == PollState.CANCELLED
    assert not said(house, "have been destroyed")
    stuck.rmdir()
    house.pass_time(minutes=1)
    assert posted(house, "ballots and keys of its vote have been destroyed")
    assert [path.name for path in key_folder(house).iterdir()] == ["store-id"]
    with house.bot.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SealedBallot)) == 0
    house.pass_time(days=8)
    assert not said(house, "The vote on Nia Novak has")


@pytest.mark.parametrize("choice", ["Close now", "Extend"])
def test_after_a_long_absence_admins_decide(house: House, choice: str) -> None:
    """Away for more than a day of the week, the bot does not close by itself: voters hear that it
    is undecided, an admin closes or extends once, which is audited and told to the team."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    ballot = open_ballot(house, "dov").fill("Your vote", "Yes")
    away(house, days=1, minutes=1)
    house.pass_time(days=6)
    assert poll_of(house).state == PollState.OPEN
    house.pass_time(hours=1)
    (question,) = said(house, "It did not close by itself", to=ADMINS)
    assert question.buttons[0] == "Close now"
    assert question.buttons[1].startswith("Extend by")
    assert refused(ballot) == PAUSED
    house.pass_time(days=1)  # nobody decides: it is asked again, and the older buttons go
    question = said(house, "It did not close by itself", to=ADMINS)[-1]
    assert [m.buttons for m in said(house, "asked again below", to=ADMINS)] == [[]]
    house.workspace.add_member(ADMINS, "chi")
    question.click("Close now", by=house.person("chi"))
    whispered(house.person("chi"), "Only admins can do this")
    label = next(button for button in question.buttons if button.startswith(choice))
    ben = house.person("ben")
    question.click(label, by=ben)
    whispered(ben, "extended" if choice == "Extend" else "being closed")
    other = next(button for button in question.buttons if not button.startswith(choice))
    question.click(other, by=house.person("ana"))
    whispered(house.person("ana"), "decided already")
    house.work()
    with house.bot.database.reading() as session:
        admin = session.scalars(select(Person).where(Person.name == "Ben Bright")).one()  # type: ignore[arg-type]
    if choice == "Close now":
        assert [e.actor for e in audited(house, "voting:close")] == [admin.id]
        assert "Ben Bright closed it as it stands" in posted(house, "was away during").rendered
        assert "Yes 2, no 1, abstain 0: 3 ballots" in posted(house, "has passed").rendered
    else:
        assert [e.actor for e in audited(house, "voting:extend")] == [admin.id]
        assert "Ben Bright extended it" in posted(house, "was away during").rendered
        assert "2026-03-13 23:01 UTC" in card(house).text
        ballot.submit()
        house.person("dov").wait_modal(title="Ballot recorded").close()
        reminded = house.person("eve").inbox
        house.pass_time(hours=21)  # three days before the new close, then the next morning
        assert len(house.person("eve").inbox) == len(reminded) + 1
        house.pass_time(days=3)
        assert "Yes 3, no 1, abstain 0: 4 ballots" in posted(house, "has passed").rendered
    with house.bot.database.reading() as session:
        assert audit.verify(session).problem == ""


def test_a_day_away_is_no_reason(house: House) -> None:
    """Away for exactly a seventh of the vote, the bot closes as usual."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    away(house, days=1)
    house.pass_time(days=6)
    assert posted(house, "has passed")
    assert not said(house, "did not close by itself", to=ADMINS)


def test_a_busy_database_loses_no_ballot(house: House) -> None:
    """While another process holds the database the voter hears that nothing was changed, with the
    ballot still before them; submitted again, it counts."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    ballot = open_ballot(house, "dov").fill("Your vote", "Yes")
    path = house.settings.database_url.get_secret_value().removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "busy just now and changed nothing" in refused(ballot)
        other.execute("ROLLBACK")
    ballot.submit()
    house.person("dov").wait_modal(title="Ballot recorded").close()
    house.pass_time(days=7)
    assert "Yes 3, no 1" in posted(house, "has passed").rendered
