"""Reminders: to those who have not voted, awake, once a day; and nothing kept of who they were."""

from pathlib import Path

from sqlalchemy import select

from psrt_bot.runtime.outbox import Kind
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.seen import SeenMessage
from storage.people import SlackUser
from storage.runtime import OutboxRow
from tests.journeys.house import MEMBERS, House, built_house
from tests.journeys.polling import (
    TEAM,
    contents,
    key_folder,
    leave,
    open_ballot,
    poll_of,
    press,
    receipt_of,
    votes,
)

MISSING = "Your ballot is missing"


def reminders(house: House, login: str) -> list[SeenMessage]:
    """What somebody was reminded of."""
    return [m for m in house.person(login).inbox if MISSING in m.rendered]


def counted(house: House) -> dict[str, int]:
    """How many reminders each member got."""
    return {login: len(reminders(house, login)) for login in MEMBERS}


def test_reminders_three_days_and_one_day_before(house: House) -> None:
    """Who has not voted hears 3 days and 1 day before the close, with a button that opens the
    ballot; who voted, or left, hears nothing."""
    house.nominate()  # on a Monday at 10:00 UTC; everybody lives in Berlin, where it is 11:00
    votes(house, ana="Yes", ben="No")
    leave(house, "fay")
    house.pass_time(days=3, hours=23)
    assert not any(counted(house).values())
    house.pass_time(hours=1)
    assert counted(house) == {"ana": 0, "ben": 0, "chi": 1, "dov": 1, "eve": 1, "fay": 0}
    (reminder,) = reminders(house, "chi")
    assert "Nomination of Nia Novak" in reminder.rendered
    assert "2026-03-09 10:00 UTC" in reminder.text
    person = house.person("chi")
    person.click(reminder, "Vote")
    person.wait_modal(title="Vote").fill("Your vote", "Abstain").submit()
    receipt_of(person)
    house.pass_time(days=2)
    assert counted(house) == {"ana": 0, "ben": 0, "chi": 1, "dov": 2, "eve": 2, "fay": 0}
    house.pass_time(days=1)
    reminders(house, "dov")[-1].click("Vote")
    assert "This vote is over" in house.person("dov").wait_ephemeral().rendered


def test_reminders_wait_for_the_morning(house: House) -> None:
    """Each hears between 9 and 18 o'clock where they are: now, or at nine the next morning."""
    house.workspace.change_user("dov", tz="Pacific/Auckland")  # 23:00 there at 10:00 UTC
    house.workspace.change_user("eve", tz="America/Los_Angeles")  # 02:00
    house.bot.refresh_people()
    with house.session() as session:  # a zone that this machine does not know counts as UTC
        session.get_one(SlackUser, house.person("fay").id).time_zone = "Not/AZone"
    house.nominate()
    house.pass_time(days=4)
    assert counted(house) == {"ana": 1, "ben": 1, "chi": 1, "dov": 0, "eve": 0, "fay": 1}
    house.pass_time(hours=6, minutes=59)  # 16:59 UTC: one minute before nine in Los Angeles
    assert counted(house)["eve"] == 0
    house.pass_time(minutes=1)
    assert counted(house)["eve"] == 1
    assert counted(house)["dov"] == 0
    house.vote("dov", "Yes")  # before the morning comes
    house.pass_time(hours=3)  # 20:00 UTC: nine in Auckland
    assert counted(house)["dov"] == 0
    house.pass_time(days=2)
    assert counted(house)["eve"] == 2


def test_several_polls_make_one_reminder_a_day(house: House) -> None:
    """Two polls that close on the same day are one message, which lists those not voted in."""
    house.nominate(by="ana", nominee="nia")
    house.pass_time(hours=1)
    house.nominate(by="ben", nominee="oli")
    newest = poll_of(house).id
    person = house.person("chi")
    person.command("/vote", channel=TEAM)
    listed = person.wait_modal(title="Open votes")

    press(listed, person, 0)
    person.wait_modal(title="Vote").fill("Your vote", "Yes").submit()
    receipt_of(person)
    house.pass_time(days=4)
    assert counted(house) == dict.fromkeys(MEMBERS, 1)
    (both,) = reminders(house, "dov")
    assert "missing in 2 votes" in both.rendered
    assert both.buttons == ["Vote", "Vote"]
    (one,) = reminders(house, "chi")
    assert "missing in 1 vote" in one.rendered
    assert "Oli Okoro" in one.rendered
    assert "Nia Novak" not in one.rendered
    assert one.blocks[1]["accessory"]["value"] == newest


def test_nothing_tells_who_was_reminded(house: House) -> None:
    """Before and after reminders are sent, no table tells those who voted from the others."""
    house.nominate()
    votes(house, ana="Yes", chi="No", eve="Abstain")
    house.pass_time(days=3, hours=23, minutes=59)
    planned = contents(house)
    house.pass_time(minutes=1)
    assert len(reminders(house, "dov")) == 1
    with house.bot.database.reading() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.kind == Kind.FAN_OUT)).all()  # type: ignore[arg-type]
    assert [row.payload for row in rows] == [{}]
    assert not [login for login in MEMBERS if house.person(login).id in str(rows[0].progress)]
    for name, now in contents(house).items():
        for voter, other in (("ana", "ben"), ("chi", "dov"), ("eve", "fay")):
            # Whatever was added about one was added about the other.
            new = [
                _mentions(text, house.person(login).id)
                for text in (now, planned[name])
                for login in (voter, other)
            ]
            assert new[0] - new[2] == new[1] - new[3], name


def _mentions(text: str, user: str) -> int:
    return text.count(user)


def test_a_reminder_that_is_held_up_waits_for_the_next_morning(tmp_path: Path) -> None:
    """Slack was away at the hour of the reminder and is back at night: who sleeps by then hears at
    nine; who is awake, hears; each once."""
    with built_house(tmp_path, "socket") as house:
        house.workspace.change_user("eve", tz="America/New_York")
        house.bot.refresh_people()
        house.nominate()
        house.workspace.faults.add("chat.postMessage", faults.refused("missing_scope"), times=99)
        house.pass_time(days=4, hours=4)  # 14:00 UTC: 15:00 in Berlin, 10:00 in New York
        house.pass_time(hours=6)  # 20:00 UTC: 21:00 and 16:00
        assert not any(counted(house).values())
        house.workspace.faults.clear()
        house.pass_time(minutes=15)
        assert counted(house) == dict.fromkeys(MEMBERS, 0) | {"eve": 1}
        house.pass_time(hours=11, minutes=44)  # 08:59 in Berlin
        assert counted(house) == dict.fromkeys(MEMBERS, 0) | {"eve": 1}
        house.pass_time(minutes=1)
        assert counted(house) == dict.fromkeys(MEMBERS, 1)


def test_reminders_wait_for_the_keys(house: House) -> None:
    """With the key folder away nobody is reminded wrongly; once it is back, it goes on."""
    house.nominate()
    votes(house, ana="Yes", ben="No")
    away = key_folder(house).with_name("away")
    key_folder(house).rename(away)
    house.pass_time(days=4)
    assert not any(counted(house).values())
    away.rename(key_folder(house))
    house.pass_time(minutes=20)
    assert counted(house) == {"ana": 0, "ben": 0, "chi": 1, "dov": 1, "eve": 1, "fay": 1}
    assert open_ballot(house, "chi").labels
