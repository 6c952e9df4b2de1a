"""Members volunteer, the bot proposes, an admin decides, the two meet (issue 6, number 4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from psrt_bot.membership.service.people import find_person
from psrt_bot.sandbox.modal import Modal
from storage.mentoring import Mentorship
from storage.people import Person
from tests.journeys.councils import audited
from tests.journeys.house import House, built_house
from tests.journeys.mentorings import (
    asked_of_admins,
    choose,
    confirm,
    days_after,
    in_channel,
    inbox,
    mentorship,
    newcomer,
    paired,
    posted_of_mentoring,
    question,
    said_together,
    states,
    together,
    volunteer,
)
from tests.journeys.steps import STRANGERS_ARE_TOLD, forge_value, press_anothers, whispered


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """The house in one transport, for what the other adds nothing to."""
    with built_house(tmp_path, "socket") as built:
        yield built


def person_id(house: House, login: str) -> str:
    """Somebody's id."""
    with house.bot.database.reading() as session:
        return find_person(session, login).id


def leave(house: House, login: str) -> None:
    """Let somebody leave the team, as an admin does."""
    with house.session() as session:
        person = find_person(session, login)
        house.bot.services.people.offboarding.leave(session, house.clock.now(), person, "tests")
    house.work()


def status(house: House, who: str) -> Modal:
    """Type /mentor status."""
    house.person(who).command("/mentor", "status")
    return house.person(who).wait_modal(title="Mentoring")


def test_a_newcomer_meets_a_mentor(house: House) -> None:
    """Volunteering, the proposal, the admin's word, the introduction, the calendar, both Homes."""
    told = volunteer(house, "dov", "2 newcomers", "Severity: CVSS v4.0")
    assert "You mentor up to 2 at a time, and have 0 mentees." in told.text
    newcomer(house)
    assert "you get a mentor" in inbox(house, "nia")
    asked = question(house)
    assert "A mentor for *Nia Novak*: *Dov Dahan*?" in asked.rendered
    assert "Severity: CVSS v4.0" in asked.rendered
    assert asked.buttons == ["Confirm", "Choose another…"]
    assert together(house) == []
    assert "Dov Dahan mentors Nia Novak from now on" in confirm(house)
    met = together(house)
    nia, dov = house.person("nia"), house.person("dov")
    assert f"<@{nia.id}>, this is <@{dov.id}>, your mentor from now on." in met[0].rendered
    assert "What a first talk could cover:" in met[0].rendered
    assert "Check-in 1 of 5" in met[0].rendered
    assert "I keep none of it" in met[0].rendered
    assert days_after(house) == [7, 14, 30, 60, 90]
    (file,) = met[1].files
    assert file.name == "check-ins.ics"
    answered = asked_of_admins(house)[-1]
    assert answered.buttons == []
    assert "Dov Dahan mentors Nia Novak; Ben Bright decided." in answered.rendered
    assert [entry.act for entry in audited(house, "mentoring:pair")] == ["mentoring:pair"]
    theirs = status(house, "nia").text
    assert "Your mentor: *Dov Dahan*" in theirs
    assert "Check-in 5 of 5" in theirs
    own = status(house, "dov").text
    assert "*Nia Novak*, your mentee" in own
    home = house.person("dov").open_home(timeout=0)
    house.work()
    home.wait(lambda seen: "Your mentees" in seen.rendered and "Nia Novak" in seen.rendered)
    home = house.person("nia").open_home(timeout=0)
    house.work()
    home.wait(lambda seen: "Your mentor" in seen.rendered and "Dov Dahan" in seen.rendered)


def test_without_a_volunteer_admins_hear_at_once_and_weekly(one_house: House) -> None:
    """Not daily: nobody comes of that. Whoever volunteers is proposed at once."""
    house = one_house
    newcomer(house)
    assert "nobody volunteers just now; please ask members" in question(house).rendered
    assert question(house).buttons == []
    told = len(asked_of_admins(house))
    house.pass_time(days=6)
    assert len(asked_of_admins(house)) == told
    house.pass_time(days=1)
    assert "Asked again" in question(house).rendered
    first = asked_of_admins(house)[-2]
    assert first.rendered.endswith("What stood here is asked again below.")
    volunteer(house, "eve")
    assert "*Eve Eriksen*?" in question(house).rendered
    assert mentorship(house).state == "proposed"


def test_the_nominator_comes_last_and_is_said_to_be(one_house: House) -> None:
    """Another pair of eyes, where there is one; and without, the admins know."""
    house = one_house
    volunteer(house, "chi", "5 newcomers")
    newcomer(house, by="chi")
    assert "*Chi Chen*?" in question(house).rendered
    assert "they nominated them, and nobody else has room" in question(house).rendered
    newcomer(house, "oli", "Oli Okoro", by="ana")
    volunteer(house, "fay")
    assert "*Fay Falk*?" in question(house).rendered
    assert "they nominated them" not in question(house).rendered
    assert "*Chi Chen*?" in question(house, "Oli Okoro").rendered  # what was proposed stays
    house.person("fay").command("/mentor", "pause")
    house.work()
    assert "they nominated them, and nobody else has room" in question(house).rendered
    house.pass_time(days=1)
    assert "they nominated them, and nobody else has room" in question(house).rendered
    volunteer(house, "dov")
    assert "*Dov Dahan*?" in question(house).rendered
    assert "Dov Dahan mentors Nia Novak" in confirm(house)


def test_admins_are_asked_again_daily_and_can_choose_another(house: House) -> None:
    """The older question loses its buttons; a choice shows who has room; a second admin is told."""
    volunteer(house, "dov")
    volunteer(house, "eve")
    newcomer(house)
    assert "*Dov Dahan*?" in question(house).rendered
    old = question(house)
    stale = list(old.blocks)
    house.pass_time(days=1)
    assert "Asked again, since nobody has decided yet." in question(house).rendered
    question(house).click("Choose another…")
    form = house.person("ben").wait_modal(title="Choose a mentor")
    assert "Dov Dahan (0 of 1)" in form.text
    form.fill("Who", "Eve Eriksen (0 of 1)").submit()
    assert "Eve Eriksen mentors Nia Novak from now on" in house.modal("ben").text
    house.work()
    assert mentorship(house).mentor_id == person_id(house, "eve")
    assert "this is <@" in said_together(house, other="eve")
    old.message.blocks = stale  # a client that has not heard of it
    assert "moved on" in whispered(house, "ana", lambda: old.click("Confirm", house.person("ana")))
    house.pass_time(days=2)
    assert all(not m.buttons for m in asked_of_admins(house)[1:])


def test_a_mentor_who_pauses_hands_over_and_check_ins_go_on(house: House) -> None:
    """The pair is told, another is proposed, meets the newcomer with the rest of the calendar."""
    paired(house)
    house.pass_time(days=7)
    assert states(house)[0] == "open"
    volunteer(house, "eve")
    told = house.person("dov").command("/mentor", "pause").text or ""
    assert "Your 1 mentee get another mentor." in told
    house.work()
    assert "Dov Dahan hands over; another mentor follows." in said_together(house)
    assert "Dov Dahan hands over and no longer mentors Nia Novak." in in_channel(house, "admins")
    assert "*Eve Eriksen*?" in question(house).rendered
    assert states(house) == ["planned"] * 5
    house.pass_time(days=8)  # two fell due meanwhile
    assert states(house) == ["planned"] * 5
    confirm(house)
    met = together(house, other="eve")
    assert "They take over; the check-ins go on." in met[0].rendered
    assert met[1].files[0].name == "check-ins.ics"
    assert states(house) == ["skipped", *["planned"] * 4]
    house.pass_time(days=1)
    assert states(house)[1] == "open"
    assert "Check-in 2 of 5 with *Eve Eriksen*" in inbox(house, "nia")
    again = house.person("dov").command("/mentor", "pause").text or ""
    assert "You pause already." in again
    assert "You mentor up to 1" in (house.person("dov").command("/mentor", "resume").text or "")
    assert "You do not pause." in (house.person("dov").command("/mentor", "resume").text or "")


def test_a_mentor_who_leaves_hands_over(one_house: House) -> None:
    """And somebody who rejoins does not find themselves a volunteer."""
    house = one_house
    paired(house)
    leave(house, "dov")
    assert "Dov Dahan hands over" in said_together(house)
    assert "nobody volunteers just now" in question(house).rendered
    assert mentorship(house).state == "seeking"
    assert mentorship(house).mentor_id is None


def test_a_newcomer_who_leaves_ends_it(one_house: House) -> None:
    """The mentor is thanked and has room again; nothing is asked any more."""
    house = one_house
    paired(house)
    newcomer(house, "oli", "Oli Okoro")
    assert "as many mentees as they take" in question(house, "Oli Okoro").rendered
    leave(house, "nia")
    assert "Nia Novak has left the team, so your mentoring ends." in inbox(house, "dov")
    assert "*Dov Dahan*?" in question(house, "Oli Okoro").rendered
    leave(house, "oli")
    assert "Oli Okoro needs no mentor any more." in in_channel(house, "admins")
    before = len(house.workspace.calls)
    house.pass_time(days=30)
    assert posted_of_mentoring(house, before) == []


def test_a_deactivated_mentor_hands_over_and_a_deactivated_newcomer_rests(
    one_house: House,
) -> None:
    """Nobody says so but Slack, and it is told once."""
    house = one_house
    paired(house)
    dov, nia = (house.workspace.state.user(login) for login in ("dov", "nia"))
    dov.deleted = True
    house.bot.refresh_people()
    house.work()
    assert "Dov Dahan hands over and no longer mentors" in in_channel(house, "admins")
    assert "Dov Dahan hands over" in inbox(house, "nia")
    volunteer(house, "eve")
    confirm(house)
    nia.deleted = True
    house.bot.refresh_people()
    house.pass_time(days=1)
    house.pass_time(days=10)
    resting = "Nia Novak cannot be reached in Slack: "
    told = [m for m in house.person("ben").channel("admins").everything if resting in m.text]
    assert len(told) == 1
    assert states(house)[0] == "skipped"
    assert "Check-in 1 of 5" not in inbox(house, "eve")
    nia.deleted = False
    house.bot.refresh_people()
    house.pass_time(days=3)
    assert states(house)[1] == "open"


def test_a_newcomer_says_what_they_want_to_learn(one_house: House) -> None:
    """Topics decide between volunteers who are alike, also when they are told later."""
    house = one_house
    volunteer(house, "dov")
    volunteer(house, "eve", "1 newcomer", "Cryptography: ssl, hashlib, secrets")
    newcomer(house)
    assert "*Dov Dahan*?" in question(house).rendered
    nia = house.person("nia")
    nia.wait_inbox(lambda m: "you get a mentor" in m.rendered).click("What do you want to learn?")
    form = nia.wait_modal(title="What to learn")
    form.fill("What you want to learn", ["Cryptography: ssl, hashlib, secrets"]).submit()
    house.work()
    asked = question(house)
    assert "*Eve Eriksen*?" in asked.rendered
    assert "Wants to learn: Cryptography: ssl, hashlib, secrets" in asked.rendered
    confirm(house)
    house.person("eve").command("/mentor", "status")
    seen = house.person("eve").wait_modal(title="Mentoring").text
    assert "Wants to learn: Cryptography" in seen
    again = whispered(house, "nia", lambda: nia.inbox[0].click("What do you want to learn?"))
    assert "You have a mentor; tell them" in again


def test_volunteers_change_how_and_newcomers_cannot_volunteer(one_house: House) -> None:
    """Room can be taken back down to what one has; who is mentored sees that instead."""
    house = one_house
    paired(house)
    newcomer(house, "oli", "Oli Okoro")
    assert "as many mentees as they take" in question(house, "Oli Okoro").rendered
    volunteer(house, "dov", "2 newcomers")
    assert "*Dov Dahan*?" in question(house, "Oli Okoro").rendered
    volunteer(house, "dov", "1 newcomer")
    assert "as many mentees as they take" in question(house, "Oli Okoro").rendered
    form = choose(house, question(house, "Oli Okoro"), "Dov Dahan (no room)")
    assert "Dov Dahan mentors Oli Okoro" in form.text
    house.person("dov").command("/mentor")
    form = house.person("dov").wait_modal(title="Mentoring")
    form.fill("At a time", "1 newcomer").submit()
    assert form.errors == {"At a time": "You have 2 now. Pause to hand all of them over."}
    form.close()
    house.person("dov").command("/mentor")
    house.person("dov").wait_modal(title="Mentoring").click("Pause")
    assert "Your 2 mentees get another" in house.person("dov").wait_modal(title="Note").text
    house.person("nia").command("/mentor")
    assert "An admin is about to pair you" in house.person("nia").wait_modal().text


def test_words_after_the_command(one_house: House) -> None:
    """Help, slips, a status of nothing; and /psrt mentor is the same."""
    house = one_house
    ana = house.person("ana")
    assert "`/mentor pause`" in (ana.command("/mentor", "help").text or "")
    assert "Did you mean `pause`?" in (ana.command("/mentor", "puase").text or "")
    assert "You do not mentor." in (ana.command("/mentor", "pause").text or "")
    assert "You mentor nobody, and nobody mentors you." in status(house, "ana").text
    ana.command("/psrt", "mentor")
    assert ana.wait_modal(title="Mentoring").submit_label == "Volunteer"
    assert "`/mentor` volunteers as a mentor" in (ana.command("/psrt", "help").text or "")


def test_strangers_and_others_learn_nothing(house: House) -> None:
    """Refusals are the same whatever there is: for strangers, for members, for who is meant."""
    paired(house)
    oli = house.person("oli")
    assert oli.command("/mentor").text == STRANGERS_ARE_TOLD
    assert oli.command("/mentor", "status").text == STRANGERS_ARE_TOLD
    house.pass_time(days=7)
    request = house.person("nia").wait_inbox(lambda m: "Check in…" in m.buttons)
    real = request.blocks[1]["elements"][0]["value"]
    for value in (real, "0" * 32):
        forge_value(request, "Check in…", value)
        said = press_anothers(house, "eve", request, "Check in…")
        assert said == "There is nothing like that, or it is not yours."


def test_who_is_put_on_the_list_is_no_newcomer(one_house: House) -> None:
    """A membership that begins by an import or by an admin's hand begins no mentorship."""
    house = one_house
    with house.session() as session:
        person = Person(name="Oli Okoro", github="oli", created_at=house.clock.now())
        session.add(person)
        session.flush()
        house.bot.services.people.joining.join(session, house.clock.now(), person, "tests")
    house.work()
    with house.bot.database.reading() as session:
        assert session.scalars(select(Mentorship)).all() == []
