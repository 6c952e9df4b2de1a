"""/psrt link: a member says which GitHub name is theirs, an admin confirms it (R5)."""

from sqlmodel import select

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.claiming import ASK_AGAIN
from psrt_bot.membership.service.people import find_person
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.people import GithubClaim
from storage.runtime import DeadlineRow
from tests.journeys.councils import audited, told
from tests.journeys.house import House
from tests.journeys.peoples import becomes, csv, everything_audited, form_boxes, sent, shown
from tests.journeys.steps import (
    STRANGERS_ARE_TOLD,
    change_role,
    press_anothers,
    unlink,
    whispered,
    without_checks,
)

GONE = "This was decided already, or a newer request took its place. Nothing was changed."


def form(house: House, by: str = "chi", text: str = "") -> Modal:
    """Type /psrt link."""
    house.person(by).command("/psrt", f"link {text}".strip())
    return house.person(by).wait_modal(title="Your GitHub name")


def claim(house: House, github: str, by: str = "chi") -> Modal:
    """Ask for a GitHub name."""
    asked = form(house, by)
    asked.fill("Your GitHub name", github).submit()
    house.work()
    return asked


def question(house: House, github: str, reader: str = "ben") -> SeenMessage:
    """The question in the admins' channel, with its buttons."""
    channel = house.person(reader).channel("admins")
    return channel.wait(lambda m: f"name is {github}" in m.text and "Confirm" in m.buttons)


def decide(house: House, message: SeenMessage, label: str, by: str = "ben") -> str:
    """Press a button of the question, and return what one is told."""
    said = whispered(house, by, lambda: message.click(label, by=house.person(by)))
    house.work()
    return said


def states(house: House) -> list[str]:
    """What became of every claim, the oldest first."""
    with house.session() as session:
        found = session.scalars(select(GithubClaim)).all()
        return [one.state for one in sorted(found, key=lambda one: one.claimed_at)]


def test_a_confirmed_name_stands_in_the_list(house: House) -> None:
    """Who asked hears it, the list says it, the question shows by whom, the log has no name."""
    assert form(house, text="chi-chen").value("Your GitHub name") == "chi-chen"
    house.modal("chi").close()
    claim(house, "@chi-chen")
    assert "An admin is asked" in house.modal("chi").text
    message = question(house, "chi-chen")
    assert "Chi Chen" in message.rendered
    assert "`chi`" in message.rendered
    assert "Confirmed" in decide(house, message, "Confirm")
    assert "Chi Chen,chi-chen,\n" in csv(house)
    house.person("ben").channel("admins").wait(lambda m: "Confirmed by Ben Bright" in m.rendered)
    assert "confirmed your GitHub name: chi-chen" in told(house, "chi")
    assert len(audited(house, "membership:confirm-claim")) == 1
    assert "chi-chen" not in everything_audited(house)


def test_a_declined_name_changes_nothing(house: House) -> None:
    """They hear that theirs stays."""
    before = csv(house)
    claim(house, "elsewhere")
    assert "Declined" in decide(house, question(house, "elsewhere"), "Decline")
    assert csv(house) == before
    assert "chi stays" in told(house, "chi")
    assert states(house) == ["declined"]


def test_a_question_is_answered_once(house: House) -> None:
    """The second admin, and the first one again, hear politely that it is decided."""
    claim(house, "elsewhere")
    message = question(house, "elsewhere")
    old = list(message.message.blocks)
    decide(house, message, "Decline")
    message.message.blocks = old
    assert decide(house, message, "Confirm", "ana") == GONE
    assert decide(house, message, "Decline", "ben") == GONE
    assert "elsewhere" not in csv(house)
    assert states(house) == ["declined"]


def test_a_newer_request_takes_the_place(house: House) -> None:
    """The older question loses its buttons, and one pressed all the same changes nothing."""
    claim(house, "first")
    older = question(house, "first")
    old = list(older.message.blocks)
    house.pass_time(minutes=1)
    assert "asked for `first`" in form(house).text
    house.modal("chi").close()
    claim(house, "second")
    house.workspace.wait_for(lambda: older.buttons == [])
    assert "no longer open" in older.rendered
    older.message.blocks = old
    assert decide(house, older, "Confirm") == GONE
    decide(house, question(house, "second"), "Confirm")
    assert "Chi Chen,second,\n" in csv(house)
    assert states(house) == ["replaced", "confirmed"]


def test_what_cannot_be_theirs_is_said_at_once(house: House) -> None:
    """No GitHub name, one that stands, another's, one that was asked for; no admin is bothered."""
    for name, why in (
        ("-no-", "no GitHub user name"),
        ("chi", "stands in the list already"),
        ("DOV", "Dov Dahan has this GitHub name already"),
        ("", "write your GitHub user name"),
    ):
        asked = without_checks(form(house)).fill("Your GitHub name", name or None)
        asked.submit()
        assert why in asked.errors["Your GitHub name"]
        asked.close()
    assert states(house) == []
    claim(house, "elsewhere")
    house.modal("chi").close()
    again = claim(house, "elsewhere")
    assert "asked for this name already" in again.errors["Your GitHub name"]


def test_a_name_that_was_taken_meanwhile(house: House) -> None:
    """The confirmation says whose it is, nothing changes, and the question stays open."""
    claim(house, "elsewhere")
    edit = becomes(house, shown(house, "dov"), "Edit…", "Edit")
    sent(house, edit.fill("GitHub name", "elsewhere"))
    said = decide(house, question(house, "elsewhere"), "Confirm")
    assert "Dov Dahan has this GitHub name already; decline it" in said
    assert states(house) == ["open"]
    decide(house, question(house, "elsewhere"), "Decline")
    assert states(house) == ["declined"]


def test_it_is_asked_again_each_day(house: House) -> None:
    """Yesterday's message loses its buttons, today's has them, and once answered it is quiet."""
    claim(house, "elsewhere")
    first = question(house, "elsewhere")
    house.pass_time(days=1)
    house.workspace.wait_for(lambda: first.buttons == [])
    second = question(house, "elsewhere")
    assert "Asked again" in second.rendered
    decide(house, second, "Confirm")
    with house.session() as session:
        planned = select(DeadlineRow).where(DeadlineRow.kind == ASK_AGAIN)
        assert all(row.done_at for row in session.scalars(planned))
    before = len(house.person("ben").channel("admins").everything)
    house.pass_time(days=2)
    assert len(house.person("ben").channel("admins").everything) == before


def test_who_leaves_asks_no_more(house: House) -> None:
    """The question closes with the membership; a button of before changes nothing."""
    claim(house, "elsewhere", by="fay")
    message = question(house, "elsewhere")
    old = list(message.message.blocks)
    end = becomes(house, shown(house, "fay"), "End membership…", "End a membership")
    end.fill("Reason", "Moves on").fill("Are you sure?", form_boxes(end))
    sent(house, end)
    house.workspace.wait_for(lambda: message.buttons == [])
    message.message.blocks = old
    assert decide(house, message, "Confirm") == GONE
    assert states(house) == ["replaced"]
    assert csv(house, "emeriti") == "Fay Falk,fay,\n"


def test_only_members_ask_and_only_admins_answer(house: House) -> None:
    """Strangers and who is unlinked hear what everybody hears; a leaked button does nothing."""
    unlink(house, "dov")
    for who in ("oli", "dov"):
        assert house.person(who).command("/psrt", "link x").text == STRANGERS_ARE_TOLD
    claim(house, "elsewhere")
    message = question(house, "elsewhere")
    assert press_anothers(house, "oli", message, "Confirm") == STRANGERS_ARE_TOLD
    assert "Only admins" in press_anothers(house, "chi", message, "Confirm")
    change_role(house, "ben", Role.ADMIN, held=False)
    assert "Only admins" in press_anothers(house, "ben", message, "Decline")
    assert states(house) == ["open"]


def test_an_admin_may_claim_and_another_confirms(house: House) -> None:
    """Admins are members like others; a gone Slack link later tells nobody."""
    claim(house, "anaand", by="ana")
    message = question(house, "anaand")
    unlink(house, "ana")
    decide(house, message, "Confirm")
    with house.session() as session:
        assert find_person(session, "anaand").name == "Ana Andrade"
    assert "confirmed your GitHub name" not in told(house, "ana")
