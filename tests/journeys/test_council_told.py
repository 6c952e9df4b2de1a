"""How the council is told when its channel will not do: by direct messages, or by mail (R4)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import select

from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.nominations.service.council import TELL
from psrt_bot.runtime import deadlines
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.council import CouncilDecision
from storage.nominations import Nomination
from tests.journeys.councils import (
    answer,
    audited,
    decision,
    notice,
    office,
    pass_the_vote,
    said,
    state,
    told,
    veto,
)
from tests.journeys.house import COUNCIL, House, built_house
from tests.journeys.polling import posted
from tests.journeys.steps import change_role, press_anothers, whispered

MAIL = "Council notified by mail"
MEMBERS, WHOLE = "Record a member's answer…", "Record the council's decision…"
OTHERS = ("cat", "cia", "col", "cyn")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A team of six, and a council of five with a channel."""
    with built_house(tmp_path, "socket", council=True) as built:
        yield built


@pytest.fixture
def small_house(tmp_path: Path) -> Iterator[House]:
    """A team of six; the bot knows of no council."""
    with built_house(tmp_path, "http") as built:
        yield built


def direct_card(house: House, who: str, words: str = "For the Steering Council") -> SeenMessage:
    """The card in somebody's direct messages."""
    return house.person(who).wait_inbox(lambda m: words in m.rendered and "Cem" in m.rendered)


def test_who_left_the_council_again_leaves_its_channel_silent(house: House) -> None:
    """The nominee came into the council and left: posts about them stay neutral in its channel, so
    the council is told one by one; a neutral line there must not start the window."""
    house.nominate()
    for voter in ("ana", "ben", "chi"):
        house.vote(voter, "Yes")
    appointing, nia = house.bot.services.people.appointing, house.person("nia").id
    council = Role.STEERING_COUNCIL
    with house.session() as session:
        appointing.grant(session, house.clock.now(), nia, council, "tests", name="Nia Novak")
    house.pass_time(days=1)
    with house.session() as session:
        appointing.revoke(session, house.clock.now(), nia, council, "tests")
    house.work()
    house.workspace.remove_member("council", "nia")
    house.bot.refresh_people()
    house.pass_time(days=6)
    house.work()
    assert state(house) == "council"
    assert "For the Steering Council" not in said(house, "council", "cat")
    for who in COUNCIL:
        card = house.person(who).wait_inbox(lambda m: "For the Steering Council" in m.rendered)
        assert "No objection" in card.buttons
    assert "Steering Council" not in told(house, "nia")


def test_a_nominee_of_the_council_sees_nothing_of_it(house: House) -> None:
    """The others are told one by one and answer there; the nominator, of it too, is recused."""
    change_role(house, "ana", Role.STEERING_COUNCIL, held=True)
    pass_the_vote(house, by="ana", nominee="cem")
    assert decision(house).told == "direct"
    assert house.person("cat").channel("council").everything == []
    assert told(house, "cem") == ""
    for other in OTHERS:
        shown = direct_card(house, other)
        assert "• Ana Andrade: recused as the nominator" in shown.rendered
        assert "• Cem Celik: recused as the nominee" in shown.rendered
        assert shown.buttons == ["Veto…", "No objection", "Abstain", "Details"]
    assert "For the Steering Council" not in told(house, "ana")  # she hears as the nominator
    assert "not reached" not in said(house, "admins", "ben")
    empty = office(house, "cem")
    assert "Nothing is before the council." in empty.text
    empty.close()
    leaked = direct_card(house, "cat")
    assert "not for you" in press_anothers(house, "cem", leaked, "No objection")
    recused = press_anothers(house, "ana", leaked, "No objection")
    assert "You are recused from this decision as the nominator" in recused
    whispered(house, "cat", lambda: leaked.click("Abstain"))
    house.work()
    assert "• Cat Cole: abstains" in direct_card(house, "cyn").rendered  # updated in place
    veto(house, "cia", "They chair the vendor.", direct_card(house, "cia"))
    veto(house, "col", "So I hear.", direct_card(house, "col"))
    assert decision(house).state == "vetoed"
    assert state(house) == "vetoed"
    assert "They chair the vendor." in told(house, "ana")
    assert "Decided: vetoed" in direct_card(house, "cyn").rendered
    assert told(house, "cem") == ""


def fill_mail(form: Modal, **fields: str) -> Modal:
    """Fill the fields about a mail."""
    labels = {"answer": "The answer", "decision": "The decision", "whose": "Whose answer"}
    labels |= {"writer": "Who wrote for the council", "came": "When it came"}
    labels |= {"reference": "Reference", "reason": "Reason"}
    for name, value in fields.items():
        form.fill(labels[name], value)
    return form


def test_without_a_council_the_admins_write_and_record(small_house: House) -> None:
    """Ready text, a button that starts the window, and a decision of the whole by mail."""
    house = small_house
    pass_the_vote(house, by="ana")
    request = posted(house, "I cannot tell the Steering Council", to="admins", reader="ben")
    assert "there is no channel of the council's" in request.rendered
    assert "Dear Steering Council," in request.rendered
    assert "Nominated by Ana Andrade" in request.rendered
    assert "The window is 7 days from this mail." in request.rendered
    assert state(house) == "awaiting_notice"
    house.pass_time(days=2)
    assert "has not been told of Nia Novak" in said(house, "admins", "ben")
    assert "You are recused" in press_anothers(house, "ana", request, MAIL)
    house.work()
    assert state(house) == "awaiting_notice"
    request.click(MAIL)
    house.work()
    assert state(house) == "council"
    assert "Ben Bright told the Steering Council" in request.rendered
    assert request.buttons == []
    assert "Nobody is on the council's roll" in said(house, "admins", "ben")
    house.pass_time(days=8)
    assert state(house) == "council"  # silence of nobody confirms nothing

    board = office(house, "ana")
    board.click(WHOLE)
    assert "You are recused" in house.person("ana").wait_modal(title="Note").text
    board = office(house)
    assert MEMBERS not in board.buttons
    board.click(WHOLE)
    form = house.person("ben").wait_modal(title="Record the decision")
    assert "*It is final*" in form.text
    fill_mail(form, decision="Veto", writer="Cat Cole", came="2026-04-01", reference="x").submit()
    assert set(form.errors) == {"When it came", "Reference", "Reason"}
    fill_mail(form, came="2026-03-17", reference="<42@mail.example>", reason="Too early.").submit()
    house.work()
    assert state(house) == "vetoed"
    outcome = said(house, "admins", "ben")
    assert "By mail of 2026-03-17 from Cat Cole, recorded by Ben Bright." in outcome
    assert "&lt;42@mail.example&gt;" in outcome
    assert "Too early." in outcome
    assert "Too early." in told(house, "ana")
    assert "Too early." not in said(house, "team", "dov")
    assert [e.details for e in audited(house, "council:record-decision")] == [
        {"answer": "veto", "received": "2026-03-17"}
    ]
    assert [e.details for e in audited(house, "council:told")] == [{"how": "mail", "roll": 0}]


def test_an_answer_by_mail_is_recorded_and_its_author_told(house: House) -> None:
    """An unfit channel leads to a mail; an admin records an answer; its author may correct it."""
    house.workspace.archive("council")
    house.bot.refresh_people()
    pass_the_vote(house, by="chi")
    request = posted(house, "of its channel, it is archived", to="admins", reader="ben")
    assert whispered(house, "ben", lambda: request.click(MAIL, by=house.person("ben")))
    house.work()
    assert state(house) == "council"
    board = office(house)
    assert "• Cat Cole: no answer yet" in board.text
    board.click(MEMBERS)
    form = house.person("ben").wait_modal(title="Record an answer")
    fill_mail(form, whose="Cat Cole", answer="Abstains", reference="mail of today").submit()
    assert "Cat Cole, abstains" in house.person("ben").wait_modal(title="Recorded").text
    house.work()
    word = house.person("cat").inbox[-1]
    assert "Ben Bright recorded your answer that came by mail" in word.rendered
    assert "• Cat Cole: abstains (by mail)" in office(house).text
    whispered(house, "cat", lambda: word.click("No objection"))
    assert "• Cat Cole: no objection\n" in office(house).text
    board = office(house)
    board.click(MEMBERS)
    form = house.person("ben").wait_modal(title="Record an answer")
    with pytest.raises(LookupError):  # what she said in Slack is hers alone
        form.fill("Whose answer", "Cat Cole")
    assert [e.details["answer"] for e in audited(house, "council:record-answer")] == ["abstain"]
    own = office(house, "cem")  # where there is no card, the council answers here
    own.click("No objection")
    house.person("cem").wait_modal(title="Note")
    house.pass_time(days=7)
    assert state(house) == "confirmed"


def test_an_admin_of_the_council_answers_where_they_record(house: House) -> None:
    """Told by mail there is no card: `/psrt council` has the buttons of both, for both."""
    change_role(house, "ben", Role.STEERING_COUNCIL, held=True)
    house.workspace.archive("council")
    house.bot.refresh_people()
    pass_the_vote(house, by="chi")
    request = posted(house, "of its channel, it is archived", to="admins", reader="ben")
    assert whispered(house, "ana", lambda: request.click(MAIL, by=house.person("ana")))
    house.work()
    assert "No objection" not in office(house, "ana").buttons  # an admin and no more
    board = office(house)
    answers = ["Veto…", "No objection", "Abstain", "Details"]
    assert board.buttons == [*answers, MEMBERS, WHOLE]
    board.click("No objection")
    assert "recorded: *no objection*" in house.person("ben").wait_modal(title="Note").text
    house.work()
    assert "• Ben Bright: no objection\n" in office(house, "ana").text
    board = office(house)
    board.click("Veto…")
    form = house.person("ben").wait_modal(title="Veto")
    form.fill("Reason", "Not yet.").fill("Please confirm", ["Yes, I veto this"]).submit()
    house.work()
    assert "• Ben Bright: veto\n" in office(house, "ana").text


def test_a_mail_need_not_be_written_for_what_was_taken_back(small_house: House) -> None:
    """The request says so itself, and its button is gone."""
    house = small_house
    pass_the_vote(house)
    house.person("ana").command("/nominate", "withdraw", channel="team")
    house.person("ana").wait_modal(title="Withdraw").submit()
    house.work()
    request = posted(house, "need not be told of Nia Novak", to="admins", reader="ben")
    assert request.buttons == []
    assert state(house) == "withdrawn"
    house.pass_time(days=4)
    assert "has not been told" not in said(house, "admins", "ben")


def test_what_passed_before_the_bot_knew_of_a_council_is_put_before_it(small_house: House) -> None:
    """The deadline that the migration plans does it once; for what has moved on it does nothing."""
    house = small_house
    pass_the_vote(house)
    with house.session() as session:
        nomination_id = session.scalars(select(Nomination)).one().id
        session.execute(delete(CouncilDecision))
        deadlines.schedule(session, TELL, nomination_id, house.clock.now())
        deadlines.schedule(session, TELL, "0" * 32, house.clock.now())
    house.work()
    assert decision(house).subject == nomination_id
    with house.session() as session:
        deadlines.schedule(session, TELL, nomination_id, house.clock.now() + timedelta(hours=1))
    house.pass_time(hours=1)
    assert decision(house).state == "awaiting_notice"


def test_who_leaves_the_council_answers_no_more(house: House) -> None:
    """The roll stays; who came later is told that they are not on it; admins hear of who left."""
    pass_the_vote(house)
    answer(house, "cat", "No objection")
    members = house.bot.services.members
    with house.session() as session:
        now = house.clock.now()
        for leaver in ("Cat Cole", "Cem Celik"):
            person = find_person(session, leaver)
            members.revoke(session, now, person, Role.STEERING_COUNCIL, "tests")
        dov = find_person(session, "dov")
        members.grant(session, now, dov, Role.STEERING_COUNCIL, "tests")
    house.work()  # the role leads to the council's channel, and its end out of it
    assert "Cem Celik left the Steering Council while it decides" in said(house, "admins", "ben")
    shown = notice(house, "cia").rendered
    assert "• Cat Cole: no objection (left the council since)" in shown
    assert "• Cem Celik: no answer yet (left the council since)" in shown
    assert "Dov" not in shown
    card = notice(house, "cia")
    assert "ask an admin" in press_anothers(house, "cem", card, "No objection")
    assert "You were not in the council when it was told" in answer(house, "dov", "Abstain")
    answer(house, "cia", "No objection")
    answer(house, "col", "No objection")
    assert state(house) == "confirmed"  # three of five: what Cem might say changes nothing
