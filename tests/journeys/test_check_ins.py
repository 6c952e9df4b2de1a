"""Check-ins and graduation, with the clock moved through 120 days (issue 6, numbers 5 to 7)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlmodel import select

from psrt_bot.sandbox import faults
from psrt_bot.sandbox.seen import SeenFile, SeenMessage
from storage.runtime import AuditEntry, OutboxRow
from tests.journeys.councils import audited
from tests.journeys.house import House, built_house
from tests.journeys.mentorings import (
    asked,
    asked_of_admins,
    both_check_in,
    check_in,
    check_ins,
    choose,
    confirm,
    in_channel,
    inbox,
    mentorship,
    newcomer,
    paired,
    posted_of_mentoring,
    said_together,
    states,
    together,
    volunteer,
)
from tests.journeys.steps import whispered
from tests.journeys.test_secrecy import found_words
from tests.runtime.captured_logs import FORMATS, Format, logged

SECRET = "The fictional parser of the elder days is stuck"


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """The house in one transport, for what the other adds nothing to."""
    with built_house(tmp_path, "socket") as built:
        yield built


def calendars(house: House) -> list[SeenFile]:
    """The calendar files in the pair's group, the oldest first."""
    return [file for message in together(house) for file in message.files]


def entries(file: SeenFile) -> dict[str, tuple[datetime, int]]:
    """What a calendar program reads: for each entry when it is, and its version."""
    read = Calendar.from_ical(file.download())
    return {
        str(event["uid"]): (event.decoded("dtstart"), int(str(event["sequence"])))
        for event in read.walk("VEVENT")
    }


def first_months(house: House) -> None:
    """Five check-ins, both times answered."""
    paired(house)
    for days in (7, 7, 16, 30, 30):
        house.pass_time(days=days)
        both_check_in(house)


def test_a_check_in_takes_place_and_what_is_said_stays_with_the_two(house: House) -> None:
    """Both are asked, fill in a short form, read each other; the bot keeps that it took place."""
    paired(house)
    house.pass_time(days=6)
    assert "Check-in 1" not in inbox(house, "nia")
    house.pass_time(days=1)
    request = asked(house, "nia")
    assert "Check-in 1 of 5 with *Dov Dahan*: how is it going?" in request.rendered
    assert request.buttons == ["Check in…", "Another day…"]
    request.click("Check in…")
    form = house.person("nia").wait_modal(title="Check-in")
    assert "Ready for coordinating alone?" not in form.labels
    form.close()
    asked(house, "dov").click("Check in…")
    form = house.person("dov").wait_modal(title="Check-in")
    assert "Ready for coordinating alone?" in form.labels
    form.close()
    form = check_in(house, "nia", going="So-so", blocked=SECRET, step="Read the guide")
    assert "It takes place once the other has answered, too." in form.text
    assert states(house)[0] == "open"
    form = check_in(house, "dov", ready="Not yet")
    assert "It took place." in form.text
    assert states(house)[0] == "held"
    said = said_together(house)
    assert "*Check-in 1 of 5*: *Nia Novak*\nHow it is going: So-so" in said
    assert SECRET in said
    assert "Read the guide" in said
    assert "Ready for coordinating alone: not yet" in said
    for hidden in (in_channel(house, "admins"), in_channel(house, "team"), inbox(house, "dov")):
        assert SECRET not in hidden
    kept = sqlite_text(house)
    for word in (SECRET, "Read the guide", "The next step of dov"):
        assert word not in kept
    again = whispered(house, "nia", lambda: asked(house, "nia").click("Check in…"))
    assert "You have answered already" in again


SAID = ("canaryquokka", "canaryotter", "canarylynx", "canarywombat", "canaryrefused")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("transport", ["socket", "http"])
def test_no_log_holds_what_is_said_at_a_check_in(
    tmp_path: Path, transport: str, fmt: Format
) -> None:
    """Not at DEBUG, whatever is ticked, refused, repeated, held up by Slack, or said late."""
    with logged(fmt, "debug") as stream, built_house(tmp_path, transport) as house:
        paired(house)
        house.pass_time(days=7)
        asked(house, "nia").click("Check in…")
        form = house.person("nia").wait_modal(title="Check-in")
        form.fill("How is it going?", "Not well").fill("What blocks?", "canaryrefused")
        form.fill("The next step", " ").submit()
        assert form.errors
        form.close()
        check_in(house, "nia", blocked="canaryquokka", step="canaryotter", raised="yes")
        house.installation.redeliver_last()
        house.work()
        assert "canaryquokka" in in_channel(house, "admins")
        house.pass_time(days=3)
        assert states(house)[0] == "missed"
        house.workspace.faults.add("chat.postMessage", faults.server_error(), times=2)
        check_in(house, "dov", ready="Not yet", blocked="canarylynx", step="canarywombat")
        for _ in range(3):
            house.pass_time(minutes=20)
        assert states(house)[0] == "held"
        assert "canarywombat" in said_together(house)
        house.close()
        log = stream.getvalue()
        house.open()
    assert len(log) > 200, log  # something was logged, at DEBUG
    assert found_words(log.encode(), list(SAID)) == []


def sqlite_text(house: House) -> str:
    """Everything that the database's tables hold now, as text."""
    with house.bot.database.reading() as session:
        rows = session.connection().connection.iterdump()
        return "\n".join(rows)


def test_what_blocks_is_raised_to_admins_only_when_asked_for(one_house: House) -> None:
    """A tick sends what blocks, with the name; without any text there is nothing to send."""
    house = one_house
    paired(house)
    house.pass_time(days=7)
    asked(house, "nia").click("Check in…")
    form = house.person("nia").wait_modal(title="Check-in")
    form.fill("How is it going?", "Not well").fill("The next step", "Wait")
    form.fill("Does it take an admin?", ["Tell the admins what blocks, with my name"]).submit()
    assert form.errors == {
        "What blocks?": "Please say what the admins are to hear, or untick the box below."
    }
    form.fill("What blocks?", SECRET).submit()
    house.work()
    told = in_channel(house, "admins")
    assert "Nia Novak asks for your help in the mentoring of Nia Novak. What blocks:" in told
    assert SECRET in told
    assert "The admins are told what blocks." in said_together(house)


def test_a_missed_check_in_is_reminded_once_and_two_are_told_to_admins(house: House) -> None:
    """After three days one reminder, to whom is silent; a late answer counts; no word is told."""
    paired(house)
    house.pass_time(days=7)
    check_in(house, "nia", step="Something of mine")
    house.pass_time(days=3)
    assert states(house)[0] == "missed"
    assert "*It has waited for some days*" in asked(house, "dov").rendered
    assert "*It has waited for some days*" not in inbox(house, "nia")
    assert asked(house, "dov").buttons == ["Check in…"]
    requests = len(house.person("dov").inbox)
    house.pass_time(days=3)
    assert len(house.person("dov").inbox) == requests
    assert "in a row" not in in_channel(house, "admins")
    house.pass_time(days=1)
    house.pass_time(days=3)
    assert states(house)[:2] == ["missed", "missed"]
    told = in_channel(house, "admins")
    assert "2 check-ins in a row of Nia Novak and Dov Dahan did not take place." in told
    assert "Something of mine" not in told
    last = asked_of_admins(house)[-1]
    assert last.buttons == ["Choose another mentor…"]
    check_in(house, "dov", ready="Not yet")  # the last of the two: a late answer is welcome
    check_in(house, "nia")
    assert states(house)[:2] == ["missed", "held"]


def test_either_moves_a_check_in_and_calendars_follow(one_house: House) -> None:
    """Within two weeks and before the next one; the same entry, a newer version, a new file."""
    house = one_house
    paired(house)
    before = entries(calendars(house)[0])
    assert sorted(before.values())[0] == (datetime(2026, 3, 9, 10, 0, tzinfo=UTC), 0)
    house.pass_time(days=7)
    asked(house, "dov").click("Another day…")
    form = house.person("dov").wait_modal(title="Another day")
    for day, problem in {
        date(2026, 3, 9): "Please choose a day from tomorrow on.",
        date(2026, 3, 24): "Please choose a day within the next 14 days.",
        date(2026, 3, 16): "The next check-in is on 2026-03-16; please choose a day before it.",
    }.items():
        form.fill("The new day", day.isoformat()).submit()
        assert form.errors == {"The new day": problem}
    form.fill("The new day", "2026-03-12").submit()
    house.work()
    assert "Dov Dahan moved check-in 1 of 5 to" in said_together(house)
    assert states(house)[0] == "planned"
    stale = whispered(house, "nia", lambda: asked(house, "nia").click("Check in…"))
    assert "waits for no answer" in stale
    after = entries(calendars(house)[1])
    assert after.keys() == before.keys()
    changed = {uid: after[uid] for uid in after if after[uid] != before[uid]}
    assert list(changed.values()) == [(datetime(2026, 3, 12, 10, 0, tzinfo=UTC), 1)]
    house.person("nia").command("/mentor", "status")
    house.person("nia").wait_modal(title="Mentoring").click("Another day…")
    form = house.person("nia").wait_modal(title="Another day")
    form.fill("The new day", "2026-03-11").submit()
    house.work()
    house.pass_time(days=2)
    assert states(house)[0] == "open"
    both_check_in(house)
    assert {version for _, version in entries(calendars(house)[2]).values()} == {0, 2}


def test_graduation_by_the_mentors_word(house: House) -> None:
    """After the last check-in the mentor is asked; thanks to both, a summary, the team told."""
    paired(house)
    for days in (7, 7, 16, 30):
        house.pass_time(days=days)
        both_check_in(house)
    house.person("dov").command("/mentor", "status")
    seen = house.person("dov").wait_modal(title="Mentoring")
    assert "They can work alone" not in seen.buttons
    seen.close()
    house.pass_time(days=30)
    both_check_in(house)
    assert states(house) == ["held"] * 5
    question = house.person("dov").wait_inbox(lambda m: "Can they coordinate alone?" in m.text)
    assert question.buttons == ["They can work alone", "Extend…"]
    question.click("They can work alone", confirm=False)
    assert mentorship(house).state == "paired"
    told = whispered(house, "dov", lambda: question.click("They can work alone"))
    assert "Your mentoring of Nia Novak is over." in told
    house.work()
    assert mentorship(house).state == "graduated"
    summary = house.person("nia").inbox[-1].rendered
    assert "Dov Dahan says that you can coordinate alone. Thank you" in summary
    assert "Check-in 5 of 5" in summary
    assert summary.count("took place") == 5
    assert "Nia Novak has finished their first months with a mentor, Dov Dahan" in in_channel(
        house, "team", "chi"
    )
    assert len(audited(house, "mentoring:graduate")) == 1
    late = whispered(house, "dov", lambda: question.click("They can work alone"))
    assert "moved on" in late
    before = len(house.workspace.calls)
    house.pass_time(days=30)  # 120 days in all: nothing more comes
    assert posted_of_mentoring(house, before) == []


def test_a_mentor_who_says_nothing_is_asked_weekly_and_then_told_to_admins(
    one_house: House,
) -> None:
    """The word is the mentor's alone; a missed last check-in does not hold it up."""
    house = one_house
    paired(house)
    for days in (7, 7, 16, 30):
        house.pass_time(days=days)
        both_check_in(house)
    house.pass_time(days=30)
    house.pass_time(days=3)
    assert states(house)[-1] == "missed"

    def questions() -> int:
        return sum("Can they coordinate alone?" in m.text for m in house.person("dov").inbox)

    assert questions() == 1
    house.pass_time(days=6)
    assert questions() == 1
    house.pass_time(days=1)
    assert questions() == 2
    house.pass_time(days=7)
    assert questions() == 3

    def told() -> list[SeenMessage]:
        heard = house.person("ben").channel("admins").everything
        return [m for m in heard if "has not answered" in m.text]

    assert told() == []
    house.pass_time(days=7)
    (heard,) = told()
    assert "Dov Dahan was asked 3 times whether Nia Novak can coordinate alone" in heard.text
    assert heard.buttons == ["Choose another mentor…"]
    for _ in range(3):
        house.pass_time(days=7)
    assert len(told()) == 1
    house.pass_time(days=7)
    assert len(told()) == 2
    assert "asked 7 times" in told()[-1].text
    volunteer(house, "eve")
    house.pass_time(hours=1)
    choose(house, told()[-1], "Eve Eriksen (0 of 1)")
    house.work()
    assert "Can they coordinate alone?" in house.person("eve").inbox[-1].text
    house.pass_time(days=7)
    assert len(told()) == 2  # another mentor, asked once so far


def test_extending_brings_further_check_ins_up_to_ninety_days(one_house: House) -> None:
    """A check-in every month and at the end; the calendar grows; ninety days are the most."""
    house = one_house
    first_months(house)
    question = house.person("dov").wait_inbox(lambda m: "Can they coordinate alone?" in m.text)
    question.click("Extend…")
    form = house.person("dov").wait_modal(title="Extend")
    assert "90 of 90 days are left." in form.text
    today = house.clock.now().date()
    form.fill("Until", (today + timedelta(days=91)).isoformat()).submit()
    assert "Please choose a day from" in form.errors["Until"]
    form.fill("Until", (today + timedelta(days=45)).isoformat()).submit()
    house.work()
    assert "Dov Dahan and Nia Novak go on for a while." in said_together(house)
    assert states(house) == [*["held"] * 5, "planned", "planned"]
    assert [(one.due_at.date() - today).days for one in check_ins(house)[5:]] == [30, 45]
    assert len(entries(calendars(house)[-1])) == 7
    assert [e.details for e in audited(house, "mentoring:extend")] == [{"days": 45}]
    early = whispered(house, "dov", lambda: question.click("They can work alone"))
    assert "still to come" in early
    house.pass_time(days=30)
    both_check_in(house)
    house.pass_time(days=15)
    both_check_in(house)
    assert sum("Can they coordinate alone?" in m.text for m in house.person("dov").inbox) == 2
    question.click("Extend…")
    form = house.person("dov").wait_modal(title="Extend")
    assert "45 of 90 days are left." in form.text
    later = house.clock.now().date()
    form.fill("Until", (later + timedelta(days=46)).isoformat()).submit()
    assert "Please choose a day from" in form.errors["Until"]


def test_a_bot_that_was_down_for_a_month_asks_once(one_house: House) -> None:
    """Overdue check-ins become one; the others are left out, and nobody missed them."""
    house = one_house
    paired(house)
    house.pass_time(days=7)
    house.close()
    house.clock.move(timedelta(days=32))
    house.open()
    before = {who: len(house.person(who).inbox) for who in ("nia", "dov")}
    house.work()
    for who in ("nia", "dov"):
        said = house.person(who).inbox[before[who] :]
        assert len(said) == 1
        assert "Check-in 3 of 5" in said[0].rendered
        assert "Check-in 2 of 5" not in said[0].rendered
    assert states(house) == ["missed", "skipped", "open", "planned", "planned"]
    house.pass_time(days=1)
    assert len(house.person("nia").inbox) == before["nia"] + 1


def test_questions_wait_for_the_morning_and_come_once_a_day(tmp_path: Path) -> None:
    """A mentor far away reads of two mentees in one message, when their day begins."""
    with built_house(tmp_path, "socket") as house:
        house.workspace.state.user("dov").tz = "America/Los_Angeles"
        house.bot.refresh_people()
        volunteer(house, "dov", "2 newcomers")
        for login, name in (("nia", "Nia Novak"), ("oli", "Oli Okoro")):
            newcomer(house, login, name)
            confirm(house, who=name)
        house.pass_time(days=7)
        assert "Check-in 1 of 5 with *Dov Dahan*" in inbox(house, "nia")
        assert "Check-in" not in inbox(house, "dov")
        house.pass_time(hours=8)  # 09:00 or 10:00 there
        requests = [m for m in house.person("dov").inbox if "Check in…" in m.buttons]
        assert len(requests) == 1
        assert "*Nia Novak*" in requests[0].rendered
        assert "*Oli Okoro*" in requests[0].rendered


def test_rows_of_the_outbox_and_the_audit_log_hold_no_words(one_house: House) -> None:
    """Once delivered a row is empty; the audit log never had anything to say."""
    house = one_house
    first_months(house)
    with house.bot.database.reading() as session:
        rows = session.scalars(select(OutboxRow)).all()
        assert all(row.payload == {} for row in rows if row.finished_at)
        acts = {e.act for e in session.scalars(select(AuditEntry)) if e.act.startswith("mentoring")}
    assert acts == {"mentoring:pair"}
