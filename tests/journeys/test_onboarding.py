"""From the decision to a member: asked, accepted, welcomed; or declined, or silent (R7, R11)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from psrt_bot.membership import roster
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.lines import stored
from psrt_bot.membership.service.people import find_person, roles_of
from psrt_bot.nominations.service.council import ONBOARD
from psrt_bot.onboarding.rules import PROMISES
from psrt_bot.runtime import deadlines
from psrt_bot.sandbox.seen import SeenMessage
from storage.onboarding import Onboarding
from storage.people import Person
from tests.journeys.councils import audited, said, told
from tests.journeys.house import House, built_house
from tests.journeys.newcomers import (
    MAIL,
    accept,
    checklist,
    confirm,
    confirm_outsider,
    filled,
    form,
    onboardings,
    question,
    state,
    tick_promises,
)
from tests.journeys.steps import press_anothers, whispered


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


def listed(house: House) -> str:
    """The public list as it stands."""
    with house.bot.database.reading() as session:
        return roster.export_csv(stored(session, "members")).decode()


def reminders(house: House, who: str = "nia") -> list[SeenMessage]:
    """The reminders of onboarding that somebody has."""
    return [m for m in house.person(who).inbox if "reminder of your onboarding" in m.text]


def test_whoever_is_confirmed_accepts_and_is_a_member(house: House) -> None:
    """Asked, every promise ticked, on the list, welcomed, at the checklist, in the next vote."""
    confirm(house)
    asked = question(house)
    assert asked.buttons == ["Begin", "Decline"]
    assert "the Python Security Response Team wants you" in asked.rendered
    assert state(house) == "asked"
    assert "Nia" not in listed(house)

    shown = form(house)
    for promise in PROMISES:
        assert promise.title in shown.text
    assert "neither share embargoed information" in shown.text
    assert "conduct-wg@python.org" in shown.text
    assert shown.value("GitHub name") == "nia"
    assert shown.value("Name in the public list") == "Nia Novak"
    filled(shown).fill("Name in the public list", "Nia N. Novak").submit()
    assert "You are a member" in house.person("nia").wait_modal(title="Welcome").text
    house.work()

    assert state(house) == "checklist"
    assert "Nia N. Novak,nia," in listed(house)
    with house.bot.database.reading() as session:
        nia = find_person(session, "nia")
        assert roles_of(session, nia.id) == {Role.MEMBER}
        assert nia.slack_user_id == house.person("nia").id
    assert "You accepted, and are a member" in told(house, "nia")
    assert "Begin" not in [b for m in house.person("nia").inbox for b in m.buttons]
    assert "Your checklist: 0 of" in checklist(house).rendered
    assert "is a member of the team from today" in said(house, "team", "chi")
    admins = said(house, "admins", "ben")
    assert "has accepted and is a member" in admins
    assert "nia@mail.example" not in admins + said(house, "team", "chi")
    assert len(audited(house, "onboarding:accept")) == 1
    assert [e.details for e in audited(house, "onboarding:accept")] == [{}]

    # The next electorate includes them, and the word under the command is theirs.
    house.workspace.add_member("team", "nia")
    house.nominate(by="ben", nominee="oli")
    assert house.vote("nia", "Yes")


def test_each_promise_is_needed_and_what_is_wrong_is_told_at_its_field(one_house: House) -> None:
    """An unticked box, a GitHub name or address of no such form: nothing is changed."""
    house = one_house
    confirm(house)
    shown = form(house)
    tick_promises(shown, leave=["embargo", "conduct"])
    shown.fill("GitHub name", "nia").fill("E-mail", "nia@mail.example").submit()
    labels = {promise.label for promise in PROMISES if promise.name in ("embargo", "conduct")}
    assert set(shown.errors) == labels
    tick_promises(shown).fill("GitHub name", "no name").fill("E-mail", "nia at mail").submit()
    assert set(shown.errors) == {"GitHub name", "E-mail"}
    assert "no GitHub user name" in shown.errors["GitHub name"]
    assert "no e-mail address" in shown.errors["E-mail"]
    filled(shown, github="CHI").submit()
    assert "Somebody else on the list" in shown.errors["GitHub name"]
    assert state(house) == "asked"
    with house.bot.database.reading() as session:
        assert len(session.scalars(select(Person)).all()) == 11
    filled(shown).submit()
    house.work()
    assert state(house) == "checklist"


def test_a_form_submitted_twice_makes_one_member(house: House) -> None:
    """Slack may deliver a submission again: one member, one line, one welcome, one checklist."""
    confirm(house)
    filled(form(house)).submit()
    house.installation.redeliver_last()
    house.work()
    assert listed(house).count("Nia Novak") == 1
    assert len(audited(house, "onboarding:accept")) == 1
    assert said(house, "team", "chi").count("a member of the team from today") == 2  # text, block
    assert len([m for m in house.person("nia").inbox if "Your checklist: " in m.text]) == 1


def test_an_old_button_of_who_accepted_says_so(one_house: House) -> None:
    """And nobody else's press of it does anything, whoever they are."""
    house = one_house
    confirm(house)
    asked = question(house)
    for label, person in (("Begin", "oli"), ("Decline", "chi"), ("Begin", "ana")):
        assert press_anothers(house, person, asked, label) == "There is nothing here for you to do."
    stale = list(asked.blocks)
    accept(house)
    asked.message.blocks = stale
    assert "member of the team already" in whispered(house, "nia", lambda: asked.click("Begin"))
    assert "member of the team already" not in whispered(
        house, "nia", lambda: asked.click("Decline")
    )
    assert state(house) == "checklist"


def test_declining_is_told_to_the_admins_alone_and_can_be_thought_over(one_house: House) -> None:
    """No member, no word to the team; an admin may ask again."""
    house = one_house
    confirm(house)
    question(house).click("Decline")
    house.work()
    assert state(house) == "declined"
    assert "You declined" in house.person("nia").inbox[-1].rendered
    assert house.person("nia").inbox[-1].buttons == []
    word = house.person("ben").channel("admins").wait(lambda m: "has declined" in m.rendered)
    assert "owe nobody a reason" in word.rendered
    assert "declined" not in said(house, "team", "chi")
    house.pass_time(days=30)
    assert reminders(house) == []
    assert "asked in a direct message" in whispered(
        house, "ben", lambda: word.click("Ask again", by=house.person("ben"))
    )
    house.work()
    assert len(onboardings(house)) == 2
    assert "settled" in whispered(
        house, "ben", lambda: word.click("Ask again", by=house.person("ben"))
    )
    house.person("nia").inbox[-1].click("Begin")
    filled(house.person("nia").wait_modal(title="Joining the team")).submit()
    house.work()
    assert "Nia Novak,nia," in listed(house)


def test_silence_is_reminded_twice_and_then_told_to_admins(one_house: House) -> None:
    """After 3 and 10 days, in the morning; after 21 days the admins; the question stays open."""
    house = one_house
    confirm(house)
    house.pass_time(days=2, hours=23)
    assert reminders(house) == []
    house.pass_time(days=1)
    assert len(reminders(house)) == 1
    assert reminders(house)[0].buttons == ["Begin", "Decline"]
    house.pass_time(days=7)
    assert len(reminders(house)) == 2
    assert "has not answered" not in said(house, "admins", "ben")
    house.pass_time(days=11)
    assert len(reminders(house)) == 2
    assert "was asked 22 days ago" in said(house, "admins", "ben")
    house.pass_time(days=60)
    assert len(reminders(house)) == 2
    reminders(house)[-1].click("Begin")
    filled(house.person("nia").wait_modal(title="Joining the team")).submit()
    house.work()
    assert state(house) == "checklist"


def test_a_reminder_waits_for_the_morning(one_house: House) -> None:
    """What falls due at night comes at nine in the newcomer's own zone."""
    house = one_house
    house.workspace.change_user("nia", tz="America/New_York")  # 10:00 UTC is five in the morning
    confirm(house)
    house.pass_time(days=3)
    assert reminders(house) == []
    house.pass_time(hours=2)
    assert reminders(house) == []
    house.pass_time(hours=2, minutes=1)
    assert len(reminders(house)) == 1


def test_a_bot_that_was_down_for_a_month_sends_one_reminder(one_house: House) -> None:
    """Everything overdue collapses into one word to the newcomer, and one to the admins."""
    house = one_house
    confirm(house)
    house.close()
    house.clock.move(timedelta(days=31))
    house.open()
    house.work()
    assert len(reminders(house)) == 1
    assert said(house, "admins", "ben").count("was asked 31 days ago") == 2  # text and block


def test_somebody_outside_is_invited_and_known_by_the_address(house: House) -> None:
    """Admins get address and text; when they join, in whatever case, all begins by itself."""
    confirm_outsider(house)
    assert state(house) == "outside"
    task = house.person("ben").channel("admins").wait(lambda m: "Please invite" in m.rendered)
    assert MAIL in task.rendered
    assert "Dear Nia Novak" in task.rendered
    assert task.buttons == ["They are here…", "End onboarding"]
    house.pass_time(days=8)
    assert "Have they been invited?" in said(house, "admins", "ben")
    house.workspace.add_user("other", real_name="Other One", email="other@mail.example")
    house.workspace.add_user("uma", real_name="Uma U", tz="Europe/Berlin", email=MAIL.upper())
    house.workspace.wait_for(lambda: state(house) == "asked")
    house.work()
    assert question(house, "uma").buttons == ["Begin", "Decline"]
    assert house.person("other").inbox == []
    assert "They were known by their address" in said(house, "admins", "ben")
    accept(house, "uma", github="uma")
    assert "Nia Novak,uma," in listed(house)
    house.pass_time(days=8)
    assert said(house, "admins", "ben").count("Have they been invited?") == 2  # text and block


def test_whoever_was_outside_sees_nothing_of_their_nomination(one_house: House) -> None:
    """Under another name and GitHub name than they were nominated with, they are the nominee (R12):
    the posts are neutral before they come into the channel, and results are not for them."""
    house = one_house
    confirm_outsider(house)
    house.workspace.add_user("uma", real_name="Uma U", tz="Europe/Berlin", email=MAIL)
    house.workspace.wait_for(lambda: state(house) == "asked")
    house.work()
    shown = filled(form(house, "uma"), github="uma").fill("Name in the public list", "Uma U")
    shown.submit()
    house.work()
    team = said(house, "team", "chi")
    assert "Nomination" not in team.replace("no longer shown", "")
    assert "Nia" not in team
    house.workspace.add_member("team", "uma")
    house.workspace.wait_for(lambda: True)
    results = house.person("uma").command("/vote", "results", channel="team")
    assert "Nia" not in (results.text or "")


def test_who_came_while_the_bot_was_away_is_found_in_the_list_of_users(one_house: House) -> None:
    """Their event is lost; the bot asks Slack for its users at the start, and hourly."""
    house = one_house
    confirm_outsider(house)
    house.close()
    house.workspace.add_user("uma", real_name="Uma U", tz="Europe/Berlin", email=MAIL)
    house.open()
    house.work()
    assert state(house) == "asked"
    assert question(house, "uma")


def test_an_admin_says_who_came_with_another_address(one_house: House) -> None:
    """Not a bot, not a member; once only."""
    house = one_house
    confirm_outsider(house)
    house.workspace.add_user("uma", real_name="Uma U", tz="Europe/Berlin", email="x@mail.example")
    house.bot.refresh_people()
    task = house.person("ben").channel("admins").wait(lambda m: "Please invite" in m.rendered)
    task.click("They are here…", by=house.person("ben"))
    who = house.person("ben").wait_modal(title="Who came")
    who.submit()
    assert "choose who it is" in who.errors["Slack user"]
    who.fill("Slack user", "chi").submit()
    assert "member of the team already" in who.errors["Slack user"]
    who.fill("Slack user", "psrt-bot").submit()
    assert "This is a bot" in who.errors["Slack user"]
    who.fill("Slack user", "uma").submit()
    house.work()
    assert question(house, "uma")
    assert "They were known by" not in said(house, "admins", "ben")
    assert "settled" in whispered(
        house, "ben", lambda: task.click("They are here…", by=house.person("ben"))
    )


def test_a_guest_is_asked_to_come_back_with_a_full_account(one_house: House) -> None:
    """Told politely; the admins get the task once; afterwards it goes on."""
    house = one_house
    house.workspace.change_user("nia", is_restricted=True)
    confirm(house)
    begin = question(house)
    for _ in range(2):
        assert "no full access" in whispered(house, "nia", lambda: begin.click("Begin"))
    house.work()
    assert said(house, "admins", "ben").count("make it a full account") == 2  # text and block
    house.workspace.change_user("nia", is_restricted=False)
    house.bot.refresh_people()
    accept(house)
    assert state(house) == "checklist"


def test_who_loses_the_account_in_between_is_not_asked_any_more(one_house: House) -> None:
    """The admins hear of it; a form still open is refused in plain words."""
    house = one_house
    confirm(house)
    shown = filled(form(house))
    house.workspace.change_user("nia", deleted=True)
    house.workspace.wait_for(lambda: state(house) == "ended")
    shown.submit()
    assert "settled already" in next(iter(shown.errors.values()))
    house.work()
    assert "was deactivated; I ended the onboarding" in said(house, "admins", "ben")
    assert "Nia" not in listed(house)


def import_with(house: House, line: str) -> None:
    """Import the list of members with another line, as it comes from elsewhere: no Slack users."""
    data = f"{listed(house)}{line}\n".encode()
    with house.session() as session:
        lists = house.bot.services.people.lists
        lists.import_files(session, house.clock.now(), {"members": data}, "tests")
    house.work()


def link(house: House, who: str, user: str) -> None:
    """Say who somebody is, as an admin does."""
    with house.session() as session:
        person, members = find_person(session, who), house.bot.services.members
        members.link(session, house.clock.now(), person, house.person(user).id, "tests")
    house.work()


def withdrawn(house: House) -> None:
    """Nothing is asked of Nia any more, and she is one member; nobody is reminded of anything."""
    assert state(house) == "ended"
    assert "Nothing is asked of you here any more" in told(house, "nia")
    house.pass_time(days=30)
    assert reminders(house) == []
    assert "has not answered" not in said(house, "admins", "ben")
    assert listed(house).count("Nia Novak") == 1


def test_who_became_a_member_otherwise_is_not_asked_any_more(one_house: House) -> None:
    """An import took them in, known by the GitHub name of the nomination; linked later."""
    house = one_house
    confirm(house)
    import_with(house, "Nia Novak,NIA,")
    assert state(house) == "ended"
    link(house, "nia", "nia")
    withdrawn(house)


def test_who_is_linked_only_after_an_import_is_not_asked_any_more(one_house: House) -> None:
    """The list had no GitHub name of theirs: the link is what makes them known."""
    house = one_house
    confirm(house)
    import_with(house, "Nia Novak,,")
    assert state(house) == "asked"
    link(house, "Nia Novak", "nia")
    withdrawn(house)


def test_nobody_becomes_a_second_member_before_they_are_linked(one_house: House) -> None:
    """The list learned their GitHub name after them: under another name they are refused."""
    house = one_house
    confirm(house)
    shown = filled(form(house), github="nia-new")
    import_with(house, "Nia Novak,,")
    with house.session() as session:
        data = listed(house).replace("Nia Novak,,", "Nia Novak,nia,").encode()
        lists = house.bot.services.people.lists
        lists.import_files(session, house.clock.now(), {"members": data}, "tests")
    shown.submit()
    assert "on the list of members already" in next(iter(shown.errors.values()))
    shown.close()
    begin = question(house)
    assert "to link it to your Slack account" in whispered(
        house, "nia", lambda: begin.click("Begin")
    )
    assert listed(house).count("nia") == 1
    link(house, "nia", "nia")
    withdrawn(house)


def test_whoever_is_outside_and_on_the_list_is_not_invited_any_more(one_house: House) -> None:
    """The admins are not asked each week whether a member has been invited."""
    house = one_house
    confirm_outsider(house)
    with house.session() as session:
        outside = session.scalars(select(Onboarding)).one()
        outside.nominated_github = "nia"
        session.add(outside)
    import_with(house, "Nia Novak,nia,")
    assert state(house) == "ended"
    house.pass_time(days=15)
    assert "Have they been invited?" not in said(house, "admins", "ben")


def test_an_account_that_the_list_knows_otherwise_is_refused(one_house: House) -> None:
    """A former member of that GitHub name has another Slack account: an admin sorts it out."""
    house = one_house
    confirm(house)
    with house.session() as session:
        now = house.clock.now()
        old = Person(name="Nia Novak", github="Nia", github_key="nia", created_at=now)
        old.slack_user_id = house.person("oli").id
        session.add(old)
    shown = filled(form(house))
    shown.submit()
    assert "by another Slack account" in next(iter(shown.errors.values()))
    assert state(house) == "asked"


def test_a_former_member_comes_back_as_themselves(one_house: House) -> None:
    """Known by the GitHub name with which they were nominated; no second person is made."""
    house = one_house
    confirm(house)
    with house.session() as session:
        old = Person(name="Nia Novak", github="Nia", github_key="nia", created_at=house.clock.now())
        session.add(old)
        session.flush()
        old_id = old.id
    accept(house)
    with house.bot.database.reading() as session:
        nia = find_person(session, "nia")
        assert nia.id == old_id
        assert nia.slack_user_id == house.person("nia").id


def test_nobody_becomes_a_former_member_by_typing_their_name(one_house: House) -> None:
    """The GitHub name of somebody else on our list is refused, unless they were nominated so."""
    house = one_house
    confirm(house)
    with house.session() as session:
        now = house.clock.now()
        session.add(Person(name="Old One", github="old", github_key="old", created_at=now))
    shown = filled(form(house), github="old")
    shown.submit()
    assert "Somebody else on the list" in shown.errors["GitHub name"]


def test_another_github_name_than_was_voted_on_is_shown_to_admins(one_house: House) -> None:
    """It may be a slip or a renamed account: a person looks before it gets access."""
    house = one_house
    confirm(house)
    accept(house, github="nia-new")
    assert "the nomination said nia" in said(house, "admins", "ben")


def test_what_was_confirmed_before_is_taken_up_once(one_house: House) -> None:
    """The deadline that the migration plans begins with whoever is no member yet."""
    house = one_house
    confirm(house)
    subject = onboardings(house)[0].subject
    for _ in range(2):
        with house.session() as session:
            deadlines.schedule(session, ONBOARD, subject, house.clock.now())
        house.work()
        assert len(onboardings(house)) == 1
        house.pass_time(minutes=1)
