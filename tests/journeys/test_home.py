"""App Home: what is open for a member; for everybody else, how people join (R12, R14)."""

from sqlalchemy import event

from psrt_bot.membership.rules import Role
from psrt_bot.sandbox.seen import Home
from tests.journeys.house import House
from tests.journeys.polling import leave
from tests.journeys.steps import STRANGERS_ARE_TOLD, change_role, to_texts

ALWAYS = ["Nominate somebody", "What else you can do"]


def home(house: House, by: str, shows: str) -> Home:
    """Open App Home, and wait until it shows something."""
    house.pass_time(seconds=2)  # at most one publication in that time
    shown = house.person(by).open_home(timeout=0)
    house.work()
    return shown.wait(lambda seen: shows in seen.rendered)


def test_a_member_with_nothing_to_do_is_told_so(house: House) -> None:
    """Three lists, each with its word for "none", and a way to begin."""
    seen = home(house, "chi", "Open votes")
    assert "No vote is open for you." in seen.rendered
    assert seen.buttons == ALWAYS
    seen.click("Nominate somebody")
    assert house.person("chi").wait_modal().title == "Nominate: who"


def test_open_votes_are_voted_on_from_home(house: House) -> None:
    """Each with its Vote button and close; gone once the vote is over."""
    house.nominate(by="ana", nominee="nia")
    seen = home(house, "chi", "Nomination of Nia Novak")
    assert "2026-03-09 10:00 UTC" in seen.rendered
    seen.click("Vote")
    ballot = house.person("chi").wait_modal(title="Vote").fill("Your vote", "Yes")
    ballot.submit()
    assert house.person("chi").wait_modal(title="Ballot recorded")
    house.pass_time(days=7)
    assert "Nia" not in home(house, "chi", "No vote is open for you.").rendered


def test_own_nominations_and_drafts_are_ones_own(house: House) -> None:
    """The nominator finds Details and Continue; other members see neither of them."""
    house.nominate(by="ana", nominee="nia")
    to_texts(house, by="ana", nominee="oli")
    seen = home(house, "ana", "Oli Okoro")
    assert "under vote; nominated" in seen.rendered
    assert seen.buttons == ["Vote", "Details", "Continue", *ALWAYS]
    seen.click("Details")
    assert house.person("ana").wait_modal().title == "Nomination"
    seen.click("Continue")
    who = house.person("ana").wait_modal(title="Nominate: who")
    assert who.value("Slack user") == house.person("oli").id
    others = home(house, "chi", "Nia Novak")
    assert "Oli Okoro" not in others.rendered
    assert others.buttons == ["Vote", *ALWAYS]


def test_strangers_learn_how_to_join_and_never_whether_a_nomination_exists(house: House) -> None:
    """R14: the Home of the nominee and of everybody else is the same before and after."""
    before = home(house, "nia", "How people join").rendered
    house.nominate(by="ana", nominee="nia")
    for stranger in ("nia", "oli"):
        seen = home(house, stranger, "How people join")
        assert seen.rendered == before
        assert seen.buttons == []


def test_whoever_leaves_the_team_loses_what_members_see(house: House) -> None:
    """A Home stays at Slack until it is replaced: who leaves gets the strangers' one at once."""
    house.nominate(by="ana", nominee="nia")
    seen = home(house, "fay", "Nia Novak")
    leave(house, "fay")
    house.pass_time(seconds=2)
    seen.wait(lambda shown: "How people join" in shown.rendered)
    assert "Nia" not in seen.rendered


def test_a_button_of_a_home_from_before_is_refused(house: House) -> None:
    """A Home that was drawn for a member gives a former member nothing."""
    house.nominate(by="ana", nominee="nia")
    seen = home(house, "fay", "Nia Novak")
    change_role(house, "fay", Role.MEMBER, held=False)  # from the command line: no new Home
    seen.click("Vote")
    assert STRANGERS_ARE_TOLD in house.person("fay").wait_modal(title="Note").text


def test_opening_home_twice_before_delivery_publishes_the_newest_once(house: House) -> None:
    """An older Home that was not sent is dropped, and none is kept in the database."""
    house.person("chi").open_home(timeout=0)
    house.person("chi").open_home(timeout=0)
    house.work()
    published = [c for c in house.workspace.calls if c.method == "views.publish"]
    assert len(published) == 1


def published(house: House) -> list[str]:
    """Return for whom Homes were published so far."""
    calls = [c for c in house.workspace.calls if c.method == "views.publish"]
    return [str(call.args["user_id"]) for call in calls]


def test_an_open_home_follows_what_changes_and_nobody_elses_is_drawn(house: House) -> None:
    """Votes, drafts, roles are shown without opening Home again; who never did so has none."""
    chi = home(house, "chi", "No vote is open for you.")
    ana = home(house, "ana", "No vote is open for you.")
    assert "The team: 6 members" in chi.rendered
    assert "Ana Andrade (Admin)" in chi.rendered
    house.pass_time(seconds=2)
    to_texts(house, by="ana", nominee="nia")
    house.pass_time(seconds=2)
    assert "Nia Novak" in ana.wait(lambda seen: "Continue" in seen.buttons).rendered
    assert "Nia Novak" not in chi.rendered
    house.nominate(by="ben", nominee="oli")
    house.pass_time(seconds=2)
    assert "Vote" in chi.wait(lambda seen: "Oli Okoro" in seen.rendered).buttons
    house.pass_time(days=7)
    chi.wait(lambda seen: "No vote is open for you." in seen.rendered)
    leave(house, "dov")
    house.pass_time(seconds=2)
    chi.wait(lambda seen: "The team: 5 members" in seen.rendered)
    assert set(published(house)) == {house.person("chi").id, house.person("ana").id}


def test_a_burst_of_changes_publishes_once_and_two_seconds_later_once_more(house: House) -> None:
    """At most one publication a person in two seconds, and the last one shows the last state."""
    seen = home(house, "chi", "No vote is open for you.")
    house.pass_time(seconds=2)
    before = len(published(house))
    house.nominate(by="ana", nominee="nia")
    house.nominate(by="ben", nominee="oli")
    house.work()
    assert len(published(house)) == before + 1
    house.pass_time(seconds=2)
    seen.wait(lambda shown: "Oli Okoro" in shown.rendered and "Nia Novak" in shown.rendered)
    assert len(published(house)) == before + 2


def test_opening_the_messages_tab_draws_no_home(house: House) -> None:
    """Slack tells the same event for either tab; only one of them shows a Home."""
    house.person("chi").open_home(timeout=0)
    last = house.installation.last_payload
    assert last is not None
    house.work()
    event = {**last["event"], "tab": "messages"}
    again = {**last, "event_id": "Ev0OTHER", "event": event}
    house.workspace.courier.deliver(house.installation.app, "events_api", again)
    house.work()
    published = [c for c in house.workspace.calls if c.method == "views.publish"]
    assert len(published) == 1


def test_who_asks_is_asked_once(house: House) -> None:
    """Drawing a Home reads who its owner is one time, whatever it shows."""
    house.nominate()
    asked: list[str] = []
    with house.bot.database.reading() as session:
        event.listen(
            session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2])
        )
        house.bot.services.home.render(session, house.clock.now(), house.person("ana").id)
    assert sum("not_a_member" in statement for statement in asked) == 1
