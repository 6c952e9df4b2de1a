"""What differs between the list and the places, its remedies, and GitHub's answer (R6)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from psrt_bot.access.github_team import GitHubTrouble
from psrt_bot.access.messages import drift as messages
from psrt_bot.access.messages.drift import Report, value_of
from psrt_bot.access.rules import GITHUB, MAILING_LIST, Difference, What
from psrt_bot.access.service.checking import Weekly
from psrt_bot.membership.rules import Role
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import PlaceRefused
from psrt_bot.runtime.leases import LEASE, lease_clock
from psrt_bot.runtime.outbox import Kind
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed
from storage.access import TeamCheck
from storage.engine import Database
from storage.people import SlackChannelMember, SlackUser
from storage.runtime import DeadlineRow
from tests.access.desk import ADMINS, SIDE, TEAM, Counter, user


def compared(counter: Counter) -> Report:
    with counter.database.reading() as session:
        return counter.comparing.of_slack(session)


def found(counter: Counter) -> dict[tuple[str, str], What]:
    return {(one.place, one.key): one.what for one in compared(counter).differences}


def press(counter: Counter, act: str, value: str, by: str = "ana") -> str:
    with counter.database.transaction() as session:
        name = getattr(counter.comparing, act)(session, counter.clock.now(), user(by), value)
    return str(name)


def start(counter: Counter, by: str = "ana") -> Report:
    with counter.database.transaction() as session:
        return counter.comparing.start(session, counter.clock.now(), user(by))


def out(counter: Counter, name: str, channel: str) -> None:
    with counter.database.transaction() as session:
        _out(session, name, channel)


def _out(session: Session, name: str, channel: str) -> None:
    member = SlackChannelMember
    session.execute(
        delete(member).where(col(member.channel_id) == channel, col(member.user_id) == user(name))
    )


def test_in_step(counter: Counter) -> None:
    """Everybody where they belong, the bot and deactivated accounts aside: nothing differs."""
    with counter.database.transaction() as session:
        counter.account(session, "robot", is_bot=True)
        counter.account(session, "gone", is_deleted=True)
        counter.inside(session, "robot", TEAM)
        counter.inside(session, "gone", TEAM)
    report = start(counter)
    assert not report.found_anything
    assert messages.IN_STEP in str(messages.modal(report, asking=False).to_dict())


def test_differences_and_remedies(counter: Counter) -> None:
    """One click invites who is missing, and removes a stranger; until then it is under way."""
    out(counter, "chi", SIDE)
    with counter.database.transaction() as session:
        counter.inside(session, "oli", TEAM)
        counter.inside(session, "chi", ADMINS)
    assert found(counter) == {
        (SIDE, "UCHI"): What.MISSING,
        (TEAM, "UOLI"): What.STRANGER,
        (ADMINS, "UCHI"): What.STRANGER,
    }
    by_key = {(one.place, one.key): one for one in compared(counter).differences}
    missing, stranger = by_key[SIDE, "UCHI"], by_key[TEAM, "UOLI"]
    assert press(counter, "invite", value_of(missing)) == "Chi Chen"
    assert press(counter, "remove", value_of(stranger)) == "Oli of Slack"
    assert counter.owed(Kind.INVITE) == [(SIDE, "UCHI")]
    assert counter.owed(Kind.KICK) == [(TEAM, "UOLI")]
    assert len(counter.prepared) == 1  # what is about them becomes neutral first
    assert compared(counter).under_way == {missing, stranger}
    for act, one in (("invite", missing), ("remove", stranger)):
        with pytest.raises(AlreadyDone):
            press(counter, act, value_of(one))
    assert counter.acts() == ["access:invite", "access:remove"]
    assert "under way" in str(messages.modal(compared(counter), asking=True).to_dict())


def test_a_refused_remedy_is_told(counter: Counter) -> None:
    """It stands on no checklist, so the admins hear why."""
    counter.settled(PlaceRefused(Kind.INVITE, SIDE, "UCHI", "the channel is full"))
    counter.settled(PlaceRefused(Kind.KICK, SIDE, "UCHI", "no"))
    assert "could not be invited to <#C0SIDE>: the channel is full" in counter.said()[0]
    assert "could not be removed from" in counter.said()[1]


def test_an_old_or_forged_button(counter: Counter) -> None:
    """What is not so (any more) changes nothing: nobody is invited or removed by a value alone."""
    out(counter, "chi", SIDE)
    (missing,) = compared(counter).differences
    with counter.database.transaction() as session:
        counter.inside(session, "chi", SIDE)
    forged = [
        value_of(missing),
        f"missing|{TEAM}|UOLI",
        f"stranger|{TEAM}|UANA",
        f"stranger|{TEAM}|UNOBODY",
        "missing|C0OTHER|UANA",
        "missing|github|chi|x",
        "stranger|github|",
        "unknown-there|github|chi",
        "garbage",
        "",
    ]
    for value in forged:
        for act in ("invite", "remove", "put_on_list"):
            with pytest.raises(AlreadyDone):
                press(counter, act, value)
    assert counter.owed(Kind.INVITE) == counter.owed(Kind.KICK) == []
    assert counter.said() == []


def test_admins_alone(counter: Counter) -> None:
    """Members and strangers compare and mend nothing."""
    out(counter, "chi", SIDE)
    (missing,) = compared(counter).differences
    for name in ("chi", "oli"):
        for act in ("invite", "remove", "put_on_list"):
            with pytest.raises(NotAllowed):
                press(counter, act, value_of(missing), by=name)
        with pytest.raises(NotAllowed):
            start(counter, by=name)
        with pytest.raises(NotAllowed), counter.database.reading() as session:
            counter.comparing.look(session, user(name))
    assert counter.checks() == []


def test_what_cannot_be_compared(counter: Counter) -> None:
    """A channel without the bot, and members without a living account, are named as such."""
    with counter.database.transaction() as session:
        counter.room(session, SIDE, is_inside=False)
        session.execute(
            update(SlackUser).where(col(SlackUser.id) == "UCHI").values(is_deleted=True)
        )
    report = compared(counter)
    assert report.unread == {SIDE: "the bot is not in it"}
    assert list(report.unlinked) == ["Chi Chen"]
    assert report.differences == []
    assert report.found_anything
    text = str(messages.weekly(report).payload())
    assert "something to look at" in text
    assert "Chi Chen" in text


def test_github_answers_who_asked(counter: Counter) -> None:
    """The answer comes by direct message, asked once however often one asks meanwhile."""
    assert counter.team is not None
    counter.team.logins = ["ana", "BEN", "xyz"]
    start(counter)
    start(counter)
    start(counter, by="ben")
    assert counter.team.asked == 0  # nothing waits for the network before the ack
    assert counter.checking.next_try() == counter.clock.now()
    assert counter.checking.run() == 2
    assert counter.checking.run() == 0
    assert counter.checking.next_try() is None
    for name in ("ana", "ben"):
        (said,) = counter.said(f"dm:{user(name)}")
        assert "Chi Chen (`@chi`) is a member and not in" in said
        assert "`@xyz` is in" in said
    assert counter.said() == []


def test_who_is_no_admin_any_more_gets_no_answer(counter: Counter) -> None:
    """Between question and answer somebody may lose the role."""
    start(counter)
    counter.dismiss("ana", Role.ADMIN)
    before = counter.said("dm:UANA")
    counter.checking.run()
    assert counter.said("dm:UANA") == before


def test_github_in_trouble_is_told_at_once(counter: Counter) -> None:
    """Whoever asked hears in one line what is wrong and what to do."""
    assert counter.team is not None
    counter.team.trouble = GitHubTrouble("GitHub cannot answer just now; try later", passing=True)
    start(counter)
    counter.checking.run()
    (said,) = counter.said("dm:UANA")
    assert "could not be compared: GitHub cannot answer just now; try later." in said


def put(counter: Counter, what: What, login: str, name: str = "") -> None:
    press(counter, "put_on_list", value_of(Difference(what, GITHUB, login, name)))


def test_a_difference_at_github_goes_on_a_checklist(counter: Counter) -> None:
    """On the person's open one or a new one; also of a name that nobody knows; each once."""
    put(counter, What.MISSING, "chi")
    assert counter.states("chi") == {GITHUB: "add open"}
    with pytest.raises(AlreadyDone):
        put(counter, What.MISSING, "Chi")
    put(counter, What.STRANGER, "xyz")
    with pytest.raises(AlreadyDone):
        put(counter, What.STRANGER, "xyz")
    assert any("Access of xyz" in text for text in counter.said())
    counter.leave("chi")
    assert counter.states("chi")[GITHUB] == "remove open"
    with pytest.raises(AlreadyDone):
        put(counter, What.MISSING, "chi")  # no member any more
    counter.appoint("ben", Role.STEERING_COUNCIL)
    put(counter, What.MISSING, "ben")
    assert counter.states("ben")[GITHUB] == "add open"
    assert len(counter.lists_of("ben")) == 1
    assert counter.acts() == ["access:list"] * 3
    counter.known("oli")
    put(counter, What.STRANGER, "oli")
    assert counter.states("oli") == {GITHUB: "remove open"}


def test_what_was_ticked_and_is_not_so_is_asked_for_anew(counter: Counter) -> None:
    """On the list that is open still, where its row says done: it is open again, once."""
    counter.join("nia")
    with counter.database.transaction() as session:
        item = counter.items("nia")[GITHUB]
        counter.ticking.tick(session, counter.clock.now(), user("ben"), item.id)
    assert counter.states("nia")[GITHUB] == "add done"
    put(counter, What.MISSING, "nia")
    assert counter.states("nia")[GITHUB] == "add open"
    assert counter.items("nia")[GITHUB].done_by is None
    assert len(counter.lists_of("nia")) == 1
    assert "Ben Bright" not in counter.said(kind=Kind.UPDATE)[-1]
    with pytest.raises(AlreadyDone):
        put(counter, What.MISSING, "nia")
    assert counter.acts() == ["access:tick", "access:list"]


def test_what_github_shows_ticks_itself(counter: Counter) -> None:
    """A row that the team bears out is done, by the bot; the others stay."""
    assert counter.team is not None
    counter.join("nia")
    counter.leave("chi")
    put(counter, What.STRANGER, "xyz")
    counter.team.logins = ["ana", "ben", "nia", "chi"]
    start(counter)
    counter.checking.run()
    assert counter.states("nia")[GITHUB] == "add done"
    assert counter.items("nia")[GITHUB].done_by == "psrt-bot"
    assert counter.states("nia")[MAILING_LIST] == "add open"
    assert counter.states("chi")[GITHUB] == "remove open"
    with counter.database.reading() as session:
        open_lists = counter.ticking.overview(session, "UANA")
    assert {one.name for one in open_lists} == {"Nia Novak", "Chi Chen"}  # xyz is out


def test_on_a_list_is_under_way(counter: Counter) -> None:
    """What stands on a checklist is not offered again, what a person cannot be asked for never."""
    put(counter, What.MISSING, "chi")
    with counter.database.reading() as session:
        report = counter.comparing.of_github(session, ["ana"])
    assert {one.key for one in report.under_way} == {"chi"}
    nameless = Difference(What.UNKNOWN_THERE, GITHUB, "", "Lou")
    shown = str(messages.answer(replace(report, differences=[nameless])).payload())
    assert "Lou's GitHub name is not known" in shown
    assert messages.LIST not in shown


def test_weekly_only_if_there_is_something(counter: Counter) -> None:
    """Mondays at nine, posted to the admins; in step it is silent; each week anew."""
    with counter.database.transaction() as session:
        Weekly.arm(session, counter.clock.now())
    counter.work(days=7)
    assert counter.checking.run() == 1
    assert counter.said() == []
    out(counter, "chi", SIDE)
    counter.work(days=7)
    assert counter.checking.run() == 1
    (said,) = counter.said()
    assert "1 difference" in said
    assert "Chi Chen should be in <#C0SIDE>" in said
    assert messages.INVITE in said


def test_without_a_list_nothing_is_compared(database: Database, clock: MovableClock) -> None:
    """A fresh installation is not told that everybody is a stranger."""
    with database.transaction() as session:
        Weekly().due(session, clock.now(), "access")
        assert session.scalars(select(TeamCheck)).all() == []
        assert session.scalars(select(col(DeadlineRow.kind))).all() == ["access:weekly"]


def test_weekly_waits_for_github(counter: Counter) -> None:
    """What passes is tried again, hour by hour; in the end admins hear of it, with Slack's part."""
    assert counter.team is not None
    counter.team.trouble = GitHubTrouble("GitHub cannot answer; try later", passing=True)
    with counter.database.transaction() as session:
        Weekly().due(session, counter.clock.now(), "access")
    for asked in range(1, 5):
        assert counter.said() == []
        assert counter.checking.run() == 1
        assert counter.team.asked == asked
        counter.work(hours=1)
    assert "GitHub cannot answer" in counter.said()[0]
    assert counter.checking.run() == 0


def test_weekly_does_not_wait_for_what_will_not_pass(counter: Counter) -> None:
    """A refused token is told the first time."""
    assert counter.team is not None
    counter.team.trouble = GitHubTrouble("GITHUB_TEAM_TOKEN is refused; make a new one")
    with counter.database.transaction() as session:
        Weekly().due(session, counter.clock.now(), "access")
        Weekly().due(session, counter.clock.now(), "access")
    assert counter.checking.run() == 1
    assert "GITHUB_TEAM_TOKEN is refused" in counter.said()[0]


def test_without_a_token_slack_alone(database: Database, clock: MovableClock) -> None:
    """Nobody asks GitHub; the modal says so, and the weekly comparison is Slack's."""
    counter = Counter(database, clock, team=None)
    out(counter, "chi", SIDE)
    report = start(counter)
    assert counter.checks() == []
    assert messages.NOT_COMPARED in str(messages.modal(report, asking=False).to_dict())
    with counter.database.transaction() as session:
        Weekly().due(session, counter.clock.now(), "access")
    counter.checking.run()
    assert "Chi Chen should be in" in counter.said()[0]


def test_a_copy_that_died_leaves_it_to_another(counter: Counter) -> None:
    """A lease that ran out is taken over, and who comes back late says nothing twice."""
    start(counter)
    slow = counter.checking._claim()
    assert slow is not None
    assert counter.checking.run() == 0  # it is being asked
    with counter.database.transaction() as session:
        past = lease_clock(session) - LEASE - timedelta(seconds=1)
        session.execute(update(TeamCheck).values(lease_until=past))
    assert counter.checking.run() == 1
    with counter.database.transaction() as session:
        now = counter.clock.now()
        counter.checking._conclude(session, now, slow, frozenset({"ana"}), None)
    assert len(counter.said("dm:UANA")) == 1


def test_a_defect_is_told_in_the_log_and_not_tried_for_ever(
    counter: Counter,
) -> None:
    """What breaks on our side ends there: the sweep goes on to its end, and to the next one."""
    assert counter.team is not None
    start(counter)
    counter.team.logins = None  # type: ignore[assignment]
    assert counter.checking.run() == 1
    assert counter.checking.run() == 0
    assert counter.checks()[0].finished_at is not None


def test_many_differences_fit(counter: Counter) -> None:
    """More than Slack's limits bear are counted; names hold no markup."""
    many = [Difference(What.STRANGER, TEAM, f"U{n}", f"<!channel> {n}") for n in range(60)]
    names = [f"Name {n}" for n in range(200)]
    report = Report(differences=many, unlinked=names)
    message = messages.weekly(report)
    assert len(message.blocks) <= 50
    text = str(message.payload())
    assert "and 35 more" in text
    assert "and 160 more" in text
    sections = [block.to_dict()["text"] for block in message.blocks if block.type == "section"]
    assert "&lt;!channel&gt;" in str(sections)
    assert "<!channel>" not in str(sections)
