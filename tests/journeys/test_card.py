"""The card's Details, addenda, and the nominee, who sees nothing of it, now or later (R12, R13)."""

from collections.abc import Callable
from functools import partial

import pytest

from psrt_bot.membership.rules import Role
from psrt_bot.sandbox.modal import Modal
from psrt_bot.voting.service.casting import NOT_YOURS
from tests.journeys.house import TEXTS, House
from tests.journeys.steps import (
    card,
    change_role,
    fill_texts,
    forge_metadata,
    forge_value,
    make_member,
    nominations,
    open_form,
    thread,
    whispered,
    without_checks,
)

NOT_THERE = "There is no such nomination, or it is not for you to see."


def details(house: House, by: str, name: str = "Nia Novak") -> Modal:
    """Press Details on the card."""
    card(house, name, reader=by).click("Details")
    return house.person(by).wait_modal(title="Nomination")


def addendum(house: House, text: str, by: str = "ana") -> Modal:
    """Write an addendum; return its form."""
    details(house, by).click("Add an addendum")
    form = house.person(by).wait_modal(title="Addendum")
    form.fill("What is to be added", text).submit()
    return form


def test_details_show_the_texts_to_every_member(house: House) -> None:
    """All that the nominator wrote, with standing, phase and dates."""
    house.nominate(by="ana", nominee="nia")
    read = details(house, "chi")
    assert all(text in read.text for text in TEXTS.values())
    assert "under vote" in read.text
    assert "2026-03-09 10:00 UTC" in read.text
    assert read.buttons == []  # neither nominator nor admin


def test_details_offer_what_their_reader_may_do(house: House) -> None:
    """Addenda to the nominator, cancelling to admins; nothing of it once it has ended."""
    house.nominate(by="chi", nominee="nia")
    assert details(house, "chi").buttons == ["Add an addendum"]
    assert details(house, "ben").buttons == ["Cancel nomination…"]
    house.pass_time(days=7)
    assert details(house, "chi").buttons == []
    assert details(house, "ben").buttons == []


def test_details_of_a_forged_id_are_not_there(house: House) -> None:
    """An id of nothing gets the words that an id of one's own nomination gets."""
    house.nominate(by="ana", nominee="nia")
    posted = card(house)
    forge_value(posted, "Details", "no-such-nomination")
    assert whispered(house, "chi", lambda: posted.click("Details")) == NOT_THERE


def as_slack_user(house: House) -> None:
    """Nominated as a Slack user, without a GitHub name."""
    form = open_form(house)
    form.fill("Slack user", "nia").fill("Standing", "Triager").submit()
    finish(house)
    make_member(house, "nia", "Anastasia N. Novak")


def as_github_name(house: House) -> None:
    """Nominated from outside the workspace with a GitHub name; they join as a Slack user later."""
    form = open_form(house)
    form.fill("Name", "Nia Novak").fill("E-mail", "n@example.org").fill("GitHub name", "nia-nov")
    form.fill("Standing", "Triager").submit()
    finish(house)
    make_member(house, "nia", "Anastasia N. Novak", github="Nia-Nov")


def as_name(house: House) -> None:
    """Nominated from outside the workspace with name and e-mail alone."""
    form = open_form(house)
    form.fill("Name", "Nia Novak").fill("E-mail", "n@example.org").fill("Standing", "Triager")
    form.submit()
    finish(house)
    make_member(house, "nia", "nia  novak")


def finish(house: House) -> None:
    """Steps 2 and 3."""
    fill_texts(house.person("ana").wait_modal(title="Nominate: texts")).submit()
    house.person("ana").wait_modal(title="Nominate: preview").submit()
    house.work()


@pytest.mark.parametrize("way", [as_slack_user, as_github_name, as_name])
@pytest.mark.parametrize("decided", [False, True], ids=["under-vote", "decided"])
def test_the_nominee_sees_nothing_even_as_a_member_in_the_channel(
    house: House, way: Callable[[House], None], decided: bool
) -> None:
    """Details, status, results, vote, Home: nothing, and no word that differs from "nothing"."""
    way(house)
    if decided:
        for voter in ("ana", "ben", "chi"):
            house.vote(voter, "Yes")
        house.pass_time(days=7)
    house.workspace.add_member("team", "nia")
    house.bot.refresh_people()
    nia = house.person("nia")
    posted = card(house, reader="nia")
    assert whispered(house, "nia", lambda: posted.click("Details")) == NOT_THERE
    assert nia.command("/nominate", "status", channel="team").text == (
        "There are no nominations under way."
    )
    assert "no open vote" in (nia.command("/vote", channel="team").text or "")
    if not decided:
        assert whispered(house, "nia", lambda: posted.click("Vote")) == NOT_YOURS
    results = [m for m in nia.channel("team").everything if "Send me the bulletin" in m.buttons]
    assert bool(results) == decided
    for result in results:
        bulletin = whispered(house, "nia", partial(result.click, "Send me the bulletin"))
        assert bulletin == NOT_THERE
    assert nia.modal is None
    nia.command("/vote", "results", channel="team")
    assert "No vote has ended yet." in nia.wait_modal(title="Results").text
    house.work()
    assert nia.inbox == []
    home = nia.open_home(timeout=0)
    house.work()
    home.wait(lambda shown: "Open votes" in shown.rendered)
    assert "Novak" not in home.rendered.partition("The team:")[0]  # a member, of whom it says so


def test_an_admin_cannot_act_upon_their_own_nomination(house: House) -> None:
    """A nominee who became a member and admin cannot cancel it, nor open its vote."""
    house.nominate(by="ana", nominee="nia")
    make_member(house, "nia", "Anastasia N. Novak")
    change_role(house, "Anastasia N. Novak", Role.ADMIN, held=True)
    said = house.person("nia").command("/nominate", "cancel").text
    assert said == "There are no nominations under way."


# addenda


def test_an_addendum_is_dated_shown_and_noted_in_the_thread(house: House) -> None:
    """The texts and the card stay as they are; the thread says that something was added."""
    house.nominate(by="ana", nominee="nia")
    before = card(house).rendered
    house.pass_time(days=2)
    assert addendum(house, "They also wrote the tokenizer.").errors == {}
    house.work()
    assert house.person("ana").modal is None
    read = details(house, "chi").text
    assert "They also wrote the tokenizer." in read
    assert "Addendum of <!date" in read
    assert "2026-03-04 10:00 UTC" in read
    assert TEXTS["Background"] in read
    assert "Ana Andrade added to the nomination of Nia Novak; see Details." in thread(house)
    assert "tokenizer" not in thread(house)
    assert card(house).rendered == before
    assert not card(house).edited


def test_an_addendum_submitted_twice_is_added_once(house: House) -> None:
    """A redelivered submission of the same form changes nothing."""
    house.nominate(by="ana", nominee="nia")
    addendum(house, "They also wrote the tokenizer.")
    house.installation.redeliver_last()
    house.work()
    assert details(house, "chi").text.count("They also wrote the tokenizer.") == 1
    assert thread(house).count("added to the nomination") == 2  # one message: text and blocks


@pytest.mark.parametrize(
    ("text", "says"),
    [("  ", "Please write what is to be added."), ("x" * 3001, "3001 characters; 3000 fit")],
    ids=["empty", "overlong"],
)
def test_an_addendum_is_neither_empty_nor_overlong(house: House, text: str, says: str) -> None:
    """Checked by the server, and the form can be mended and submitted again."""
    house.nominate(by="ana", nominee="nia")
    details(house, "ana").click("Add an addendum")
    form = without_checks(house.person("ana").wait_modal(title="Addendum"))
    form.fill("What is to be added", text).submit()
    assert says in form.errors["What is to be added"]
    form.fill("What is to be added", "Something.").submit()
    assert "Something." in details(house, "chi").text


def test_only_the_nominator_adds(house: House) -> None:
    """A forged button opens nothing; a forged submission adds nothing."""
    house.nominate(by="ana", nominee="nia")
    house.nominate(by="ben", nominee="oli")
    theirs = next(n.id for n in nominations(house) if n.nominee_name == "Nia Novak")
    mine = details(house, "ben", "Oli Okoro")
    forge_value(mine, "Add an addendum", theirs)
    mine.click("Add an addendum")
    ben = house.person("ben")
    assert "Only the nominator" in ben.wait_modal(title="Note").text
    details(house, "ben", "Oli Okoro").click("Add an addendum")
    form = forge_metadata(ben.wait_modal(title="Addendum"), theirs)
    form.fill("What is to be added", "Slander").submit()
    assert "Only the nominator" in form.errors["What is to be added"]
    assert "Slander" not in details(house, "chi").text


def test_nothing_is_added_after_the_end(house: House) -> None:
    """A form that stayed open until the nomination was decided adds nothing."""
    house.nominate(by="ana", nominee="nia")
    details(house, "ana").click("Add an addendum")
    form = house.person("ana").wait_modal(title="Addendum")
    house.pass_time(days=7)
    form.fill("What is to be added", "Too late").submit()
    assert "has ended" in form.errors["What is to be added"]


def test_there_are_at_most_twenty_addenda(house: House) -> None:
    """Details is one modal, which Slack limits; the thread has room for more."""
    house.nominate(by="ana", nominee="nia")
    for number in range(20):
        assert addendum(house, f"Number {number:02}: {'x' * 2900}").errors == {}
    assert "20 addenda already" in addendum(house, "One more").errors["What is to be added"]
    assert "Number 19" in details(house, "chi").text
