"""The newcomer's checklist: ticked in place, reminded of, seen by mentor and admins (R11)."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.onboarding.messages.checklist import EXAMPLE
from psrt_bot.onboarding.service.desk import Desk
from psrt_bot.runtime.facts import ChecklistDone, NewcomerAccepted
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import Home, SeenMessage
from tests.journeys.councils import audited, said, told
from tests.journeys.house import House, built_house
from tests.journeys.newcomers import accept, checklist, confirm, onboardings, state, steps
from tests.journeys.polling import leave
from tests.journeys.steps import forge_value, press_anothers, whispered

OWN = """\
[[step]]
key = "guide"
title = "Read the guide"
text = "All of it."
who = "newcomer"
kind = "read"
due = "P7D"
remind = "P3D"
links = [{ text = "Guide", url = "https://devguide.example/psrt" }]

[[step]]
key = "score"
title = "Score something"
text = "With the calculator."
who = "newcomer"
kind = "cvss"
due = "P7D"
remind = "P3D"

[[step]]
key = "talk"
title = "A first talk"
text = "With your mentor."
who = "mentor"
due = "P10D"

[[step]]
key = "access"
title = "Access is given"
text = "GitHub, list, chat."
who = "admin"
due = "P5D"
remind = "P2D"
"""


@contextmanager
def opened(path: Path, transport: str = "socket") -> Iterator[House]:
    """A house with a checklist of its own, of four steps, in which Nia has accepted."""
    own = path / "own.toml"
    own.write_text(OWN)
    with built_house(path, transport, council=True, checklist=own) as built:
        confirm(built)
        accept(built)
        yield built


@pytest.fixture(params=["socket", "http"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """Nia is at her checklist."""
    with opened(tmp_path, request.param) as built:
        yield built


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """The same in one transport."""
    with opened(tmp_path) as built:
        yield built


def overview(house: House, by: str, title: str = "Onboarding") -> Modal:
    """Type /psrt onboarding."""
    house.person(by).command("/psrt", "onboarding")
    return house.person(by).wait_modal(title=title)


def score(house: House, vector: str, message: SeenMessage | None = None) -> Modal:
    """Paste a vector."""
    (message or checklist(house)).click("Score a vector…", by=house.person("nia"))
    form = house.person("nia").wait_modal(title="CVSS v4.0")
    form.fill("Vector", vector).submit()
    return form


def reminders(house: House, who: str) -> list[SeenMessage]:
    """The reminders of onboarding that somebody has."""
    return [m for m in house.person(who).inbox if "reminder of your onboarding" in m.text]


def home(house: House, by: str, shows: str) -> Home:
    """Open App Home, and wait until it shows something."""
    house.pass_time(seconds=2)
    shown = house.person(by).open_home(timeout=0)
    house.work()
    return shown.wait(lambda seen: shows in seen.rendered)


def office(house: House) -> SeenMessage:
    """The admins' message of who accepted."""
    channel = house.person("ben").channel("admins")
    return channel.wait(lambda m: "has accepted and is a member" in m.text)


def with_mentor(house: House, mentor: str) -> None:
    """Give Nia a mentor, as mentoring will by the desk's hook."""
    services = house.bot.services.onboarding
    with house.session() as session:
        mentor_id = find_person(session, mentor).id

    def mentors_of(_: Session, newcomers: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(newcomers, mentor_id)

    for part in (services.ticking, services.reminding, services.watching):
        desk: Desk = part._desk
        part._desk = replace(desk, mentors_of=mentors_of)


def test_a_checklist_is_ticked_by_each_whose_step_it_is(house: House) -> None:
    """Newcomer and admins, in messages that keep up; the last tick ends it, and all are told."""
    mine = checklist(house)
    assert mine.buttons == ["I have read it", "Score a vector…"]
    assert "Your checklist: 0 of 4" in mine.rendered
    assert "Guide" in mine.rendered
    assert office(house).buttons == ["Done", "Whole checklist"]
    count = len(house.person("nia").inbox)

    mine.click("I have read it")
    house.work()
    assert "Your checklist: 1 of 4" in checklist(house).rendered
    assert "Checklist: 1 of 4" in office(house).rendered
    assert len(house.person("nia").inbox) == count  # in place

    wrong = score(house, "9.3")
    assert "no CVSS v4.0 vector" in wrong.errors["Vector"]
    wrong.fill("Vector", f"{EXAMPLE}/XX:Y").submit()
    assert "A metric of it is unknown" in wrong.errors["Vector"]
    wrong.fill("Vector", EXAMPLE).submit()
    assert "9.3 (Critical)" in house.person("nia").wait_modal(title="CVSS v4.0").text
    house.work()
    assert "Score something: 9.3 (Critical)" in checklist(house).rendered.replace("*", "")
    assert EXAMPLE not in str(steps(house))
    assert checklist(house).buttons == []

    office(house).click("Done", by=house.person("ben"))
    house.work()
    assert office(house).buttons == ["Whole checklist"]
    assert state(house) == "checklist"
    office(house).click("Whole checklist", by=house.person("ben"))
    whole = house.person("ben").wait_modal(title="Checklist")
    assert whole.buttons == ["Done", "End onboarding"]  # the mentor's: there is none
    assert "E-mail: nia@mail.example" in whole.text  # by which admins give access
    whole.click("Done")
    house.workspace.wait_for(lambda: house.modal("ben").buttons == [])
    house.work()
    assert state(house) == "done"
    assert "Your checklist is done: 4 of 4 steps" in told(house, "nia")
    assert "checklist is done" in said(house, "admins", "ben")
    ticks = audited(house, "onboarding:tick")
    assert [t.details["step"] for t in ticks] == ["guide", "score", "access", "talk"]
    assert len(audited(house, "onboarding:done")) == 1
    house.pass_time(days=60)
    assert reminders(house, "nia") == []


def test_facts_are_told_to_whoever_listens(one_house: House, tmp_path: Path) -> None:
    """That a checklist is done; that somebody accepted was told before."""
    house = one_house
    heard: list[object] = []
    for fact in (ChecklistDone, NewcomerAccepted):
        house.bot.facts.bind(fact, lambda _s, _n, told: heard.append(told))
    checklist(house).click("I have read it")
    score(house, EXAMPLE)
    office(house).click("Done", by=house.person("ben"))
    overview(house, "ben").click("Open")
    house.person("ben").wait_modal(title="Checklist").click("Done")
    house.workspace.wait_for(lambda: bool(heard))
    assert heard == [ChecklistDone(onboardings(house)[0].person_id or "")]


def test_a_step_is_ticked_once_and_by_nobody_else(one_house: House) -> None:
    """An old button, a forged one, another member's press."""
    house = one_house
    mine = checklist(house)
    stale = list(mine.blocks)
    nothing = "There is nothing here for you to do."
    assert press_anothers(house, "chi", mine, "I have read it") == nothing
    assert press_anothers(house, "ben", mine, "I have read it") == (
        "This step is for somebody else to tick; the checklist says who."
    )
    onboarding = onboardings(house)[0].id
    for value in (f"{onboarding}:access", f"{onboarding}:talk"):
        forge_value(mine, "I have read it", value)
        assert "for somebody else" in whispered(house, "nia", lambda: mine.click("I have read it"))
    for value in (f"{onboarding}:score", f"{onboarding}:made-up", "made-up", ""):
        forge_value(mine, "I have read it", value)
        assert whispered(house, "nia", lambda: mine.click("I have read it")) == nothing
    forge_value(mine, "Score a vector…", f"{onboarding}:guide")
    assert nothing in score(house, EXAMPLE, mine).errors["Vector"]
    assert [s for s in steps(house) if s.ticked_at] == []

    forge_value(mine, "I have read it", f"{onboarding}:guide")
    mine.click("I have read it")
    house.work()
    mine.message.blocks = stale
    forge_value(mine, "I have read it", f"{onboarding}:guide")
    assert "settled already" in whispered(house, "nia", lambda: mine.click("I have read it"))
    assert len(audited(house, "onboarding:tick")) == 1


def test_who_is_late_is_reminded_and_shown(one_house: House) -> None:
    """Before it is due, when it is, then weekly: one word a time; admins see who is late."""
    house = one_house
    house.pass_time(days=3, hours=1)
    assert "Access is given" in said(house, "admins", "ben")
    assert reminders(house, "nia") == []
    house.pass_time(days=1)
    assert len(reminders(house, "nia")) == 1
    word = reminders(house, "nia")[0].rendered
    assert "Read the guide" in word
    assert "Score something" in word
    assert "late" not in word
    checklist(house).click("I have read it")
    house.pass_time(days=3)
    assert len(reminders(house, "nia")) == 2
    assert "Read the guide" not in reminders(house, "nia")[1].rendered
    assert "late, was due" in reminders(house, "nia")[1].rendered.replace("*", "")
    assert "late, was due" in checklist(house).rendered.replace("*", "")
    shown = overview(house, "ben")
    assert "Late: Score something, Access is given" in shown.text.replace("*", "")
    assert "1 of 4 steps" in shown.text
    shown.close()
    house.pass_time(days=6)
    assert len(reminders(house, "nia")) == 2
    for weeks in (1, 2, 3):
        house.pass_time(days=1)
        assert len(reminders(house, "nia")) == 2 + weeks
        house.pass_time(days=6)
        assert len(reminders(house, "nia")) == 2 + weeks


def test_a_month_of_absence_makes_one_reminder_each(one_house: House) -> None:
    """Everything overdue collapses: one word to the newcomer, and to the admins one of their own
    steps and one of those that a mentor would tick."""
    house = one_house
    house.close()
    house.clock.move(timedelta(days=30))
    house.open()
    house.work()
    assert len(reminders(house, "nia")) == 1
    words = house.person("ben").channel("admins").messages
    asked = [m.rendered for m in words if "wait for an admin" in m.rendered]
    assert ["A first talk" in word for word in asked].count(True) == 1
    assert ["Access is given" in word for word in asked].count(True) == 1
    assert len(asked) == 2


def test_mentors_see_their_mentees_and_are_reminded(one_house: House) -> None:
    """With a mentor the mentor's steps are theirs; the admins are not asked for them."""
    house = one_house
    with_mentor(house, "dov")
    shown = overview(house, "dov")
    assert "Nia Novak" in shown.text
    assert "mentor: Dov Dahan" in shown.text
    shown.click("Open")
    whole = house.person("dov").wait_modal(title="Checklist")
    assert whole.buttons == ["Done"]
    assert "nia@mail.example" not in whole.text
    house.pass_time(days=10, hours=1)
    word = reminders(house, "dov")[-1]
    assert "A first talk" in word.rendered
    assert "A first talk" not in said(house, "admins", "ben").rpartition("wait for an admin")[2]
    word.click("Open the checklist")
    house.person("dov").wait_modal(title="Checklist").click("Done")
    house.workspace.wait_for(lambda: bool(audited(house, "onboarding:tick")))
    assert "Nia Novak" in home(house, "dov", "Onboarding").rendered


def test_overviews_are_for_those_whom_it_concerns(one_house: House) -> None:
    """The newcomer sees their own, another member nothing, somebody outside is refused."""
    house = one_house
    own = overview(house, "nia", title="Checklist")
    assert own.buttons == ["I have read it", "Score a vector…"]
    own.click("I have read it")
    house.workspace.wait_for(lambda: house.modal("nia").buttons == ["Score a vector…"])
    own.close()
    assert "No onboarding is under way." in overview(house, "chi").text
    assert "Nia" not in overview(house, "chi").text
    refused = house.person("oli").command("/psrt", "onboarding")
    assert "This is for members" in (refused.text or "")


def test_home_shows_the_checklist_to_the_newcomer_and_progress_to_admins(
    one_house: House,
) -> None:
    """Ticked from there as well; drawn anew when something changes."""
    house = one_house
    mine = home(house, "nia", "Your checklist: 0 of 4")
    admins = home(house, "ben", "0 of 4 steps")
    mine.click("I have read it")
    house.pass_time(seconds=3)
    mine.wait(lambda seen: "Your checklist: 1 of 4" in seen.rendered)
    admins.wait(lambda seen: "1 of 4 steps" in seen.rendered)
    assert "Nia" not in home(house, "chi", "No vote is open").rendered.partition("The team")[0]


def test_a_replaced_file_changes_nothing_for_who_is_under_way(
    one_house: House, tmp_path: Path
) -> None:
    """Running checklists keep their steps; who accepts later gets the new ones."""
    house = one_house
    house.close()
    one = OWN.partition("\n[[step]]")[0].replace("Read the guide", "Read the new guide")
    (tmp_path / "own.toml").write_text(one)
    house.open()
    checklist(house).click("I have read it")
    house.work()
    assert "Your checklist: 1 of 4" in checklist(house).rendered
    assert "Read the guide" in checklist(house).rendered
    confirm_again(house)
    accept(house, "oli", github="oli")
    assert "Your checklist: 0 of 1" in checklist(house, "oli").rendered
    assert "Read the new guide" in checklist(house, "oli").rendered


def confirm_again(house: House) -> None:
    """Confirm Oli."""
    house.nominate(by="ana", nominee="oli")
    for voter in ("ana", "ben", "chi"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)
    card = "For the Steering Council: Oli Okoro"
    for member in ("cat", "cem", "cia"):
        person = house.person(member)
        message = person.channel("council").wait(lambda m: card in m.rendered)
        whispered(house, member, partial(message.click, "No objection", by=person))
        house.work()


@pytest.mark.parametrize("way", ["leave", "end"])
def test_who_leaves_in_the_middle_ends_it(one_house: House, way: str) -> None:
    """By the one door, or by an admin's hand; buttons say that it is over."""
    house = one_house
    old = checklist(house)
    stale = list(old.blocks)
    if way == "leave":
        leave(house, "nia")
    else:
        overview(house, "ben").click("Open")
        house.person("ben").wait_modal(title="Checklist").click("End onboarding")
    house.work()
    assert state(house) == "ended"
    assert len(audited(house, "onboarding:end")) == 1
    assert "Your onboarding has ended" in told(house, "nia")
    if way == "end":
        old.message.blocks = stale
        assert "settled already" in whispered(house, "nia", lambda: old.click("I have read it"))
    house.pass_time(days=40)
    assert reminders(house, "nia") == []


def lose_account(house: House) -> None:
    """Nia has ticked one step; then her account is deactivated, of which Slack tells twice."""
    checklist(house).click("I have read it")
    house.work()
    house.workspace.change_user("nia", deleted=True)
    house.workspace.wait_for(lambda: len(audited(house, "onboarding:rest")) == 1)
    house.bot.refresh_people()
    house.work()
    assert state(house) == "checklist"
    assert said(house, "admins", "ben").count("They are still a member") == 2  # text and block


def steps_asked_for(house: House) -> int:
    """How often the admins were asked for their steps."""
    words = house.person("ben").channel("admins").messages
    return len([m for m in words if "wait for an admin" in m.rendered])


def test_a_checklist_rests_while_the_account_is_gone(one_house: House) -> None:
    """A mistake of an admin costs no step: nobody is reminded meanwhile, then all goes on."""
    house = one_house
    lose_account(house)
    house.pass_time(days=41)
    assert (reminders(house, "nia"), steps_asked_for(house)) == ([], 0)
    assert said(house, "admins", "ben").count("They are still a member") == 2
    house.workspace.change_user("nia", deleted=False)
    house.workspace.wait_for(lambda: len(audited(house, "onboarding:go-on")) == 1)
    house.bot.refresh_people()
    house.work()
    assert said(house, "admins", "ben").count("goes on: 1 of 4 steps") == 2
    assert "Your checklist: 1 of 4" in checklist(house).rendered
    house.pass_time(days=8)
    assert len(reminders(house, "nia")) == 1
    assert steps_asked_for(house) == 2  # theirs, and the mentor's, of whom there is none
    score(house, EXAMPLE)
    house.work()
    assert "Your checklist: 2 of 4" in checklist(house).rendered
    house.workspace.change_user("nia", deleted=True)
    house.workspace.wait_for(lambda: len(audited(house, "onboarding:rest")) == 2)


def test_a_replaced_account_keeps_the_steps(one_house: House) -> None:
    """The old one is deactivated first, then an admin links the new one."""
    house = one_house
    lose_account(house)
    house.workspace.add_user("nia2", real_name="Nia Novak", tz="Europe/Berlin")
    house.bot.refresh_people()
    with house.session() as session:
        nia, user = find_person(session, "nia"), house.person("nia2").id
        house.bot.services.members.link(session, house.clock.now(), nia, user, "tests")
    house.work()
    assert len(audited(house, "onboarding:go-on")) == 1
    assert "Your checklist: 1 of 4" in checklist(house, "nia2").rendered
    house.pass_time(days=8)
    assert len(reminders(house, "nia2")) >= 1
    assert reminders(house, "nia") == []


@pytest.mark.parametrize("way", ["leave", "end"])
def test_a_resting_checklist_ends_as_any_other(one_house: House, way: str) -> None:
    """By leaving the team, or by an admin's hand."""
    house = one_house
    lose_account(house)
    if way == "leave":
        leave(house, "nia")
    else:
        word = house.person("ben").channel("admins").wait(lambda m: "rests" in m.rendered)
        word.click("End onboarding", by=house.person("ben"))
        house.workspace.wait_for(lambda: state(house) == "ended")
    assert state(house) == "ended"


def change_admin(house: House, login: str, *, held: bool) -> None:
    """Appoint an admin, or revoke one, as their use case does."""
    with house.session() as session:
        person, members = find_person(session, login), house.bot.services.members
        now = house.clock.now()
        if held:
            members.grant(session, now, person, Role.ADMIN, "tests", decision="SC 2026-03-02")
        else:
            members.revoke(session, now, person, Role.ADMIN, "tests")


def test_the_admins_steps_are_for_those_who_are_admins_now(one_house: House) -> None:
    """Revoked in the middle: old buttons refuse, Home loses it; who is appointed goes on."""
    house = one_house
    word, bens = office(house), home(house, "ben", "0 of 4 steps")
    overview(house, "ben").click("Open")
    old = house.person("ben").wait_modal(title="Checklist")
    chis = home(house, "chi", "The team")
    assert "0 of 4 steps" not in chis.rendered
    change_admin(house, "chi", held=True)
    change_admin(house, "ben", held=False)
    nothing = "There is nothing here for you to do."
    assert press_anothers(house, "ben", word, "Done") == nothing
    old.click("End onboarding")
    house.work()
    assert audited(house, "onboarding:tick") == []
    assert state(house) == "checklist"
    house.pass_time(seconds=3)
    bens.wait(lambda seen: "0 of 4 steps" not in seen.rendered)
    chis.wait(lambda seen: "0 of 4 steps" in seen.rendered)
    assert "Nia" not in overview(house, "ben").text
    house.workspace.add_member("admins", "chi")
    word.click("Done", by=house.person("chi"))
    house.workspace.wait_for(lambda: len(audited(house, "onboarding:tick")) == 1)
    assert audited(house, "onboarding:tick")[0].details == {"step": "access"}
    assert state(house) == "checklist"


def test_the_checklist_follows_to_another_account(one_house: House) -> None:
    """An admin links the newcomer to another Slack user: they go on there."""
    house = one_house
    house.workspace.add_user("nia2", real_name="Nia Novak", tz="Europe/Berlin")
    house.bot.refresh_people()
    with house.session() as session:
        services = house.bot.services.people
        nia = find_person(session, "nia")
        user = house.person("nia2").id
        services.members.link(session, house.clock.now(), nia, user, "tests")
    house.work()
    checklist(house, "nia2").click("I have read it")
    house.work()
    assert "Your checklist: 1 of 4" in checklist(house, "nia2").rendered
