"""A vote that waits for an admin: too few electors, or members who could not vote (DESIGN 5)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psrt_bot.sandbox.seen import ChannelView, SeenMessage
from tests.journeys.house import House, built_house
from tests.journeys.polling import join
from tests.journeys.steps import card, make_member, thread, to_preview, unlink, whispered


def request(house: House, by: str = "ben") -> SeenMessage:
    """Return the request in the admins' channel."""
    return house.person(by).channel("admins").wait(lambda m: "waits for your go-ahead" in m.text)


@pytest.fixture(params=["socket", "http"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A team of six that wants at least seven electors."""
    with built_house(tmp_path, request.param, min_electorate=7) as built:
        yield built


def test_too_few_electors_wait_for_an_admin(small: House) -> None:
    """The preview says so first; then card, nominator and admins do, and nobody can vote."""
    preview = to_preview(small, by="chi")
    assert "An admin has to open this vote: only 6 could vote; the minimum is 7." in preview.text
    preview.submit()
    small.work()
    assert card(small).buttons == ["Details"]
    assert "waiting for an admin to open the vote" in card(small).rendered
    assert small.person("chi").wait_inbox(lambda m: "an admin has to open" in m.rendered)
    assert "only 6 could vote; the minimum is 7" in request(small).rendered
    assert "no open vote" in (small.person("dov").command("/vote", channel="team").text or "")
    status = small.person("dov").command("/nominate", "status", channel="team").text or ""
    assert "waiting for an admin to open the vote" in status


def test_members_without_a_live_link_are_named(house: House) -> None:
    """Nobody loses their vote unnoticed: unlinked and deactivated members hold it up by name."""
    unlink(house, "fay")
    house.workspace.change_user("eve", deleted=True)
    house.bot.refresh_people()
    preview = to_preview(house)
    assert "no live Slack link: Eve Eriksen, Fay Falk" in preview.text
    assert "only 4 could vote; the minimum is 5" in preview.text
    preview.submit()
    house.work()
    assert "no live Slack link: Eve Eriksen, Fay Falk" in request(house).rendered


def test_an_admin_opens_the_vote_to_the_members_of_that_moment(small: House) -> None:
    """The week begins with the go-ahead; card, nominator and admins read it; it is recorded."""
    small.nominate(by="chi", nominee="nia")
    small.pass_time(days=2)
    asked = request(small)
    assert asked.click("Open the vote", confirm=False).status == "dismissed"
    asked.click("Open the vote")
    small.work()
    assert card(small).buttons == ["Vote", "Details"]
    assert "2026-03-11 10:00 UTC" in card(small).rendered
    assert small.person("chi").wait_inbox(lambda m: "6 members can vote" in m.rendered)
    answered = small.person("ben").channel("admins").everything[-1]
    assert "The vote on Nia Novak was opened by Ben Bright." in answered.rendered
    assert answered.buttons == []
    small.vote("dov", "Yes")


def questions(admins: ChannelView) -> list[SeenMessage]:
    """What stands in the admin channel, but for heads of the audit log and access checklists."""
    others = ("Audit log", "Access of")
    return [m for m in admins.everything if not m.rendered.startswith(others)]


def test_a_go_ahead_is_asked_for_each_day_until_it_is_given(tmp_path: Path) -> None:
    """A question nobody answers is asked again, in one place that can be answered; with a reason
    of today; and never again once it is answered, or its nomination has ended."""
    with built_house(tmp_path, "socket", min_electorate=7) as small:
        small.nominate(by="chi", nominee="nia")
        small.nominate(by="dov", nominee="oli")
        admins = small.person("ben").channel("admins")
        small.pass_time(hours=23, minutes=59)
        assert [len(m.buttons) for m in questions(admins)] == [2, 2]
        small.pass_time(minutes=1)
        assert [len(m.buttons) for m in questions(admins)] == [0, 0, 2, 2]
        assert "asked again below" in questions(admins)[0].rendered
        again = questions(admins)[2]
        assert "Asked again, since nobody has decided yet." in again.rendered
        assert "only 6 could vote; the minimum is 7" in again.rendered
        small.person("dov").command("/nominate", "withdraw", channel="team")
        small.person("dov").wait_modal().fill("Reason", "A slip.").submit()
        small.workspace.add_user("pia", real_name="Pia Park")
        small.bot.refresh_people()
        join(small, "pia", "Pia Park")
        small.work()
        small.pass_time(days=1)
        assert [len(m.buttons) for m in questions(admins)] == [0, 0, 0, 2, 2]
        last = questions(admins)[-1]
        assert "what stood in the way is mended" in last.rendered
        last.click("Open the vote")
        small.work()
        told = len(admins.everything)
        assert "was opened by Ben Bright" in questions(admins)[-1].rendered
        small.pass_time(days=3)
        assert len(admins.everything) == told


def test_a_second_go_ahead_changes_nothing(small: House) -> None:
    """Two admins press at once: the second hears that it is open."""
    small.nominate(by="chi", nominee="nia")
    asked = request(small)
    asked.click("Open the vote")
    said = whispered(small, "ana", lambda: asked.click("Open the vote", by=small.person("ana")))
    assert said == "This vote has been opened already, or has ended."
    small.work()
    opened = [m for m in small.person("chi").inbox if "the vote is open" in m.rendered]
    assert len(opened) == 1


def test_a_go_ahead_takes_an_admin(small: House) -> None:
    """A member who happens to see the request cannot answer it."""
    small.workspace.add_member("admins", "dov")
    small.nominate(by="chi", nominee="nia")
    asked = request(small)
    said = whispered(small, "dov", lambda: asked.click("Open the vote", by=small.person("dov")))
    assert said == "Only admins can do this."
    small.work()
    assert card(small).buttons == ["Details"]


def test_a_go_ahead_after_the_end_is_refused(small: House) -> None:
    """The old message in the admins' channel opens no vote on a cancelled nomination."""
    small.nominate(by="chi", nominee="nia")
    ben = small.person("ben")
    asked = request(small)
    asked.click("Cancel nomination…")
    ben.wait_modal(title="Cancel nomination").fill("Reason", "By mistake").submit()
    said = whispered(small, "ben", lambda: asked.click("Open the vote"))
    assert said == "This vote has been opened already, or has ended."
    small.work()
    assert "Now: cancelled." in card(small).rendered
    assert "By mistake" in thread(small)
    assert small.person("chi").wait_inbox(lambda m: "By mistake" in m.rendered)


def test_a_nominee_who_became_a_member_meanwhile_is_no_elector(small: House) -> None:
    """R12: the electorate is frozen at the go-ahead, and never holds the nominee."""
    small.nominate(by="chi", nominee="nia")  # with the GitHub name nia
    make_member(small, "oli", "Nia N. Novak", github="Nia")  # with another account of theirs
    request(small).click("Open the vote")
    small.work()
    told = small.person("chi").wait_inbox(lambda m: "the vote is open" in m.rendered)
    assert "6 members can vote" in told.rendered
    assert "no open vote" in (small.person("oli").command("/vote").text or "")
