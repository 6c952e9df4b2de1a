"""Checklists begin and end with memberships and roles; the bot's rows tick themselves (R6)."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from psrt_bot.access.rules import GITHUB, MAILING_LIST
from psrt_bot.membership.rules import Role
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Invited, PersonChanged, PlaceRefused, Removed
from psrt_bot.runtime.outbox import Kind
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed, NotFound
from storage.engine import Database
from storage.people import SlackChannel
from storage.runtime import OutboxRow
from tests.access.desk import ADMINS, COUNCIL, SIDE, TEAM, Counter, user


def tick(counter: Counter, name: str, place: str, by: str = "ana") -> None:
    item = counter.items(name)[place]
    with counter.database.transaction() as session:
        counter.ticking.tick(session, counter.clock.now(), user(by), item.id)


def untick(counter: Counter, name: str, place: str, by: str = "ana") -> None:
    item = counter.items(name)[place]
    with counter.database.transaction() as session:
        counter.ticking.untick(session, counter.clock.now(), user(by), item.id)


def retry(counter: Counter, name: str, place: str) -> None:
    item = counter.items(name)[place]
    with counter.database.transaction() as session:
        counter.ticking.retry(session, counter.clock.now(), user("ana"), item.id)


def finish(counter: Counter, name: str) -> None:
    """Everything of somebody's checklist is done."""
    for place, item in counter.items(name).items():
        if item.state == "open":
            tick(counter, name, place)
        elif item.state == "owed":
            fact = Invited if item.doing == "add" else Removed
            counter.settled(fact(place, user(name)))


def test_the_first_list_opens_nothing(counter: Counter) -> None:
    """Who stands on the first list of an installation was there before, admins as well."""
    assert all(counter.lists_of(name) == [] for name in ("ana", "ben", "chi"))
    assert counter.said() == []


def test_a_new_member(counter: Counter) -> None:
    """One message to the admins; the channels are the bot's, once posts about them are neutral."""
    counter.join("nia")
    assert counter.states("nia") == {
        GITHUB: "add open",
        MAILING_LIST: "add open",
        TEAM: "add owed",
        SIDE: "add owed",
    }
    (said,) = [text for text in counter.said() if "Access of Nia Novak" in text]
    assert "`@nia`" in said
    assert "github.com/orgs/python/teams/psrt/members" in said
    assert counter.owed(Kind.INVITE) == []  # not in the transaction of whoever began it
    counter.work()
    assert counter.owed(Kind.INVITE) == [(SIDE, "UNIA"), (TEAM, "UNIA")]
    assert len({*counter.prepared}) == 1
    assert len(counter.prepared) == 2  # before each of them


def test_before_slack_has_told_of_a_channel(counter: Counter) -> None:
    """At the first start the bot waits; as an unknown channel it would be given up as unfit."""
    with counter.database.transaction() as session:
        session.delete(session.get_one(SlackChannel, SIDE))
    counter.join("nia")
    counter.work()
    assert counter.owed(Kind.INVITE) == [(TEAM, "UNIA")]
    with counter.database.transaction() as session:
        counter.room(session, SIDE)
    counter.work(minutes=1)
    assert counter.owed(Kind.INVITE) == [(SIDE, "UNIA"), (TEAM, "UNIA")]


def test_it_ends_when_all_is_done(counter: Counter) -> None:
    """The bot's rows tick themselves, people tick theirs; who and when is kept; it is closed."""
    counter.join("nia")
    counter.work()
    counter.settled(Invited(TEAM, "UNIA"))
    tick(counter, "nia", GITHUB, by="ben")
    tick(counter, "nia", MAILING_LIST)
    assert counter.lists_of("nia")[0].state == "open"
    counter.settled(Invited(SIDE, "UNIA"))
    (closed,) = counter.lists_of("nia")
    assert closed.state == "done"
    assert closed.ended_at == counter.clock.now()
    items = counter.items("nia")
    with counter.database.reading() as session:
        assert items[GITHUB].done_by == counter.find(session, "ben").id
    assert items[TEAM].done_by == "psrt-bot"
    assert all(item.done_at == counter.clock.now() for item in items.values())
    assert counter.acts() == ["access:tick", "access:tick"]
    newest = counter.said(kind=Kind.UPDATE)[-1]
    assert "all done" in newest
    assert "Ben Bright" in newest
    assert "by the bot" in newest


def test_a_refusal_is_shown_and_tried_again(counter: Counter) -> None:
    """Slack's reason stands on the row; the bot tries again, or a human does it and ticks."""
    counter.join("nia")
    counter.work()
    counter.settled(PlaceRefused(Kind.INVITE, TEAM, "UNIA", "they are a guest of one channel"))
    assert counter.items("nia")[TEAM].refusal == "they are a guest of one channel"
    newest = counter.said(kind=Kind.UPDATE)[-1]
    assert "they are a guest of one channel" in newest
    assert "Try again" in newest
    before = len(counter.owed(Kind.INVITE))
    retry(counter, "nia", TEAM)
    assert counter.states("nia")[TEAM] == "add owed"
    assert counter.items("nia")[TEAM].refusal is None
    assert len(counter.owed(Kind.INVITE)) == before  # the older one made way
    with pytest.raises(AlreadyDone):
        retry(counter, "nia", TEAM)
    with pytest.raises(AlreadyDone):
        tick(counter, "nia", TEAM)  # the bot is at it
    counter.settled(PlaceRefused(Kind.INVITE, TEAM, "UNIA", "no"))
    tick(counter, "nia", TEAM)
    assert counter.states("nia")[TEAM] == "add done"
    assert "access:retry" in counter.acts()


def test_a_tick_is_taken_back(counter: Counter) -> None:
    """Also the last one, which opens the checklist again; the bot's own stay."""
    counter.join("nia")
    counter.work()
    finish(counter, "nia")
    assert counter.lists_of("nia")[0].state == "done"
    untick(counter, "nia", GITHUB, by="ben")
    (again,) = counter.lists_of("nia")
    assert (again.state, again.ended_at) == ("open", None)
    assert counter.states("nia")[GITHUB] == "add open"
    assert counter.items("nia")[GITHUB].done_by is None
    with pytest.raises(AlreadyDone):
        untick(counter, "nia", TEAM)
    with pytest.raises(AlreadyDone):
        untick(counter, "nia", GITHUB)
    with pytest.raises(AlreadyDone):
        tick(counter, "nia", MAILING_LIST)
    assert counter.acts()[-1] == "access:untick"


def test_a_tick_taken_back_shows_the_refusal_again(counter: Counter) -> None:
    """Done by mistake, undone: the bot can still be told to try again."""
    counter.join("nia")
    counter.work()
    counter.settled(PlaceRefused(Kind.INVITE, TEAM, "UNIA", "they are a guest of one channel"))
    tick(counter, "nia", TEAM)
    assert "guest of one channel" not in counter.said(kind=Kind.UPDATE)[-1]
    untick(counter, "nia", TEAM)
    assert counter.items("nia")[TEAM].refusal == "they are a guest of one channel"
    assert "Try again" in counter.said(kind=Kind.UPDATE)[-1]
    retry(counter, "nia", TEAM)
    assert counter.states("nia")[TEAM] == "add owed"


def test_join_then_leave(counter: Counter) -> None:
    """The older checklist is superseded: its rows cannot be ticked, nobody is invited any more."""
    counter.join("nia")
    counter.work()
    old = counter.items("nia")[GITHUB]
    counter.work(minutes=1)
    counter.leave("nia")
    counter.work(minutes=1)
    assert [one.state for one in counter.lists_of("nia")] == ["superseded", "open"]
    assert counter.states("nia") == {
        GITHUB: "remove open",
        MAILING_LIST: "remove open",
        TEAM: "remove owed",
        SIDE: "remove owed",
    }
    assert counter.owed(Kind.INVITE) == []
    assert counter.owed(Kind.KICK) == [(SIDE, "UNIA"), (TEAM, "UNIA")]
    with pytest.raises(AlreadyDone), counter.database.transaction() as session:
        counter.ticking.tick(session, counter.clock.now(), user("ana"), old.id)
    counter.settled(Invited(TEAM, "UNIA"))  # was under way; then the removal follows it
    assert counter.states("nia")[TEAM] == "remove owed"
    counter.settled(Removed(TEAM, "UNIA"))
    assert counter.states("nia")[TEAM] == "remove done"
    assert any("newer checklist" in text for text in counter.said(kind=Kind.UPDATE))


def test_join_then_leave_before_the_bot_looked(counter: Counter) -> None:
    """At one and the same moment, and nothing was owed yet: nobody is ever invited."""
    counter.join("nia")
    counter.leave("nia")
    counter.work()
    assert sorted(one.state for one in counter.lists_of("nia")) == ["open", "superseded"]
    assert counter.owed(Kind.INVITE) == []
    assert counter.owed(Kind.KICK) == [(SIDE, "UNIA"), (TEAM, "UNIA")]


def test_leave_then_join(counter: Counter) -> None:
    """The other way round as well; what the older one alone asked for is carried over."""
    counter.appoint("chi", Role.ADMIN)
    counter.work(minutes=1)
    counter.settled(PlaceRefused(Kind.INVITE, ADMINS, "UCHI", "full"))
    assert ["full" in text for text in counter.said()] == [True]  # now it asks for people
    counter.work(minutes=1)
    counter.leave("chi")
    assert counter.states("chi")[ADMINS] == "remove owed"
    counter.work(minutes=1)
    counter.join("chi")
    counter.work(minutes=1)
    assert [one.state for one in counter.lists_of("chi")] == [
        "superseded",
        "superseded",
        "open",
    ]
    assert counter.states("chi") == {
        GITHUB: "add open",
        MAILING_LIST: "add open",
        TEAM: "add owed",
        SIDE: "add owed",
        ADMINS: "remove owed",
    }
    assert counter.owed(Kind.KICK) == [(ADMINS, "UCHI")]


def test_a_closed_list_is_not_opened_again_once_there_is_a_newer_one(counter: Counter) -> None:
    """Taking back an old tick would open a list about a membership that is over."""
    counter.join("nia")
    counter.work()
    finish(counter, "nia")
    old = counter.items("nia")[GITHUB]
    counter.work(minutes=1)
    counter.leave("nia")
    with pytest.raises(AlreadyDone), counter.database.transaction() as session:
        counter.ticking.untick(session, counter.clock.now(), user("ana"), old.id)
    assert [one.state for one in counter.lists_of("nia")] == ["done", "open"]


def test_roles_lead_to_channels(counter: Counter) -> None:
    """The admins' and the council's channel: in and out, by the bot, on a list of its own."""
    counter.appoint("chi", Role.ADMIN)
    counter.appoint("chi", Role.STEERING_COUNCIL)
    counter.work(minutes=1)
    assert counter.states("chi") == {ADMINS: "add owed", COUNCIL: "add owed"}
    assert len(counter.lists_of("chi")) == 1
    assert counter.said() == []  # nothing for people to do
    counter.settled(Invited(ADMINS, "UCHI"))
    counter.dismiss("chi", Role.ADMIN)
    counter.work(minutes=1)
    assert counter.states("chi") == {ADMINS: "remove owed", COUNCIL: "add owed"}
    counter.settled(Removed(ADMINS, "UCHI"))
    counter.settled(Invited(COUNCIL, "UCHI"))
    assert [one.state for one in counter.lists_of("chi")] == ["done"]
    assert counter.said() == []
    counter.appoint("chi", Role.RELEASE_MANAGER)  # leads nowhere
    assert [one.state for one in counter.lists_of("chi")] == ["done"]


def test_roles_at_the_moment_of_joining(counter: Counter) -> None:
    """What begins with a membership stands on its checklist, not on another one."""
    counter.join("nia")
    counter.appoint("nia", Role.ADMIN)
    assert len(counter.lists_of("nia")) == 1
    assert counter.states("nia")[ADMINS] == "add owed"


def test_an_import_that_ends_and_begins_memberships(counter: Counter) -> None:
    """A changed list opens the same checklists as any other way."""
    counter.work(minutes=1)
    changed = b"Ana Andrade,ana,Admin\nBen Bright,ben,\nDov Dahan,dov,\n"
    with counter.database.transaction() as session:
        now = counter.clock.now()
        counter.lists.import_files(session, now, {"members": changed}, "tests", alone=True)
    counter.work()
    assert counter.states("chi")[TEAM] == "remove owed"
    assert counter.states("ben") == {ADMINS: "remove owed"}
    assert counter.states("dov")[TEAM] == "add open"


def test_without_a_slack_user_it_waits_for_one(counter: Counter) -> None:
    """The row says so; a link has them invited, a mended link the right one."""
    counter.known("oli", linked=False)
    counter.work(minutes=1)
    with counter.database.transaction() as session:
        counter.joining.join(session, counter.clock.now(), counter.find(session, "oli"), "tests")
    assert counter.states("oli")[TEAM] == "add open"
    assert "no Slack user" in str(counter.items("oli")[TEAM].refusal)
    with counter.database.transaction() as session:
        counter.link(session, "Oli Novak", "nia")
    counter.work(minutes=1)
    assert (TEAM, "UNIA") in counter.owed(Kind.INVITE)
    with counter.database.transaction() as session:
        person = counter.find(session, "oli")
        counter.members.unlink(session, counter.clock.now(), person, "tests")
    assert counter.states("oli")[TEAM] == "add open"
    assert counter.owed(Kind.INVITE) == []
    with counter.database.transaction() as session:
        counter.link(session, "Oli Novak", "oli")
    counter.work(minutes=1)
    assert counter.owed(Kind.INVITE) == [(SIDE, "UOLI"), (TEAM, "UOLI")]
    assert counter.owed(Kind.KICK) == []
    assert counter.states("oli")[TEAM] == "add owed"


def begun(counter: Counter, **values: object) -> None:
    """Let delivery have begun what is owed to places."""
    with counter.database.transaction() as session:
        places = col(OutboxRow.kind).in_([Kind.INVITE, Kind.KICK])
        waiting = col(OutboxRow.finished_at).is_(None)
        session.execute(update(OutboxRow).where(places, waiting).values(**values))


def unlink(counter: Counter, name: str) -> None:
    with counter.database.transaction() as session:
        person = counter.find(session, name)
        counter.members.unlink(session, counter.clock.now(), person, "tests")


@pytest.mark.parametrize("how", ["token", "ambiguous_at"])
def test_an_invitation_that_has_begun_is_undone_when_the_link_is_taken(
    counter: Counter, how: str
) -> None:
    """It may be in Slack by now, or come late: a removal follows it, once."""
    counter.join("nia")
    counter.work(minutes=1)
    begun(counter, **{how: "t" if how == "token" else counter.clock.now()})
    unlink(counter, "nia")
    both = [(SIDE, "UNIA"), (TEAM, "UNIA")]
    assert counter.owed(Kind.KICK) == both
    assert counter.owed(Kind.INVITE) == (both if how == "token" else [])
    with counter.database.transaction() as session:
        counter.link(session, "Nia Novak", "oli")
    counter.settled(Invited(TEAM, "UNIA"))
    counter.settled(Removed(TEAM, "UNIA"))
    assert counter.states("nia")[TEAM] == "add owed"  # the other account's
    unlink(counter, "nia")
    assert counter.owed(Kind.KICK) == both


def test_who_left_without_a_link_is_not_invited_later(counter: Counter) -> None:
    """Unlinked, then the membership ends: nothing is owed to the account that was theirs."""
    counter.join("nia")
    counter.work(minutes=1)
    unlink(counter, "nia")
    counter.leave("nia")
    counter.work(minutes=1)
    assert counter.owed(Kind.INVITE) == counter.owed(Kind.KICK) == []
    assert counter.states("nia")[TEAM] == "remove open"


def test_an_invitation_on_no_checklist_goes_with_the_link(counter: Counter) -> None:
    """One that an admin pressed Invite for."""
    with counter.database.transaction() as session:
        counter.placing.invite(session, counter.clock.now(), COUNCIL, "UCHI", None)
        counter.placing.invite(session, counter.clock.now(), TEAM, "UCHI", None)
    unlink(counter, "chi")
    assert counter.owed(Kind.INVITE) == []


def test_a_tick_taken_back_is_about_the_account_of_now(counter: Counter) -> None:
    """A row that was done when the link changed followed it not; opened again, it does."""
    counter.join("nia")
    counter.work(minutes=1)
    counter.settled(PlaceRefused(Kind.INVITE, TEAM, "UNIA", "no"))
    tick(counter, "nia", TEAM)
    unlink(counter, "nia")
    with counter.database.transaction() as session:
        counter.link(session, "Nia Novak", "oli")
    assert counter.items("nia")[TEAM].slack_user_id == "UNIA"
    untick(counter, "nia", TEAM)
    assert counter.states("nia")[TEAM] == "add owed"
    counter.work(minutes=1)
    assert (TEAM, "UOLI") in counter.owed(Kind.INVITE)


def test_a_link_leaves_other_rows_alone(counter: Counter) -> None:
    """Who has no checklist, or leaves, is not invited by a change of their link."""
    with counter.database.transaction() as session:
        counter.link(session, "chi", "oli")
    assert counter.lists_of("chi") == []
    counter.leave("chi")
    with counter.database.transaction() as session:
        counter.link(session, "Chi Chen", "chi")
    counter.work()
    assert counter.owed(Kind.INVITE) == []
    assert counter.owed(Kind.KICK) == [(SIDE, "UOLI"), (TEAM, "UOLI")]


def test_admins_alone(counter: Counter) -> None:
    """Members and strangers tick and see nothing, whatever they know; made-up rows are none."""
    counter.join("nia")
    item = counter.items("nia")[GITHUB]
    for name in ("chi", "oli"):
        with counter.database.transaction() as session:
            now = counter.clock.now()
            for act in (counter.ticking.tick, counter.ticking.untick, counter.ticking.retry):
                with pytest.raises(NotAllowed):
                    act(session, now, user(name), item.id)
            with pytest.raises(NotAllowed):
                counter.ticking.overview(session, user(name))
    with pytest.raises(NotFound), counter.database.transaction() as session:
        counter.ticking.tick(session, counter.clock.now(), user("ana"), "made-up")
    assert counter.acts() == []


def test_the_overview(counter: Counter) -> None:
    """Every open list, the oldest first."""
    counter.join("nia")
    counter.work(minutes=1)
    counter.leave("chi")
    with counter.database.reading() as session:
        lists = counter.ticking.overview(session, user("ben"))
    assert [(one.name, one.left) for one in lists] == [("Nia Novak", 4), ("Chi Chen", 4)]


def test_a_new_name_shows(counter: Counter) -> None:
    """Without a GitHub name the row says so; once it is known, the row has it."""
    counter.join("nia", github="")
    (said,) = [text for text in counter.said() if "Access of Nia Novak" in text]
    assert "their GitHub name is not known" in said
    with counter.database.transaction() as session:
        person = counter.find(session, "nia")
        person.github, person.github_key = "nia-new", "nia-new"
        session.add(person)
        session.flush()
        counter.facts.announce(session, counter.clock.now(), PersonChanged(person.id))
        other = counter.find(session, "chi")
        counter.facts.announce(session, counter.clock.now(), PersonChanged(other.id))
    assert "`@nia-new`" in counter.said(kind=Kind.UPDATE)[-1]
    assert counter.lists_of("chi") == []


def test_reminders_while_it_is_open(counter: Counter) -> None:
    """Daily, in the admins' hours, one for all lists; none once everything is done."""
    counter.join("nia")
    counter.work(minutes=1)
    counter.leave("chi")
    counter.work(days=1)
    with counter.database.reading() as session:
        told = counter.ticking.expand_reminder(
            session, counter.clock.now(), ["UANA", "UBEN", "UNIA", "UCHI"]
        )
    assert sorted(told) == ["UANA", "UBEN"]
    assert "2 access checklists" in told["UANA"].text
    assert "mailing list" in str(told["UANA"].payload())
    fans = fan_outs(counter)
    assert fans == [["UANA", "UBEN"]]  # two lists, one reminder
    finish(counter, "nia")
    finish(counter, "chi")
    counter.work(days=3)
    assert fan_outs(counter) == fans
    with counter.database.reading() as session:
        assert counter.ticking.expand_reminder(session, counter.clock.now(), ["UANA"]) == {}


def test_reminders_go_on(counter: Counter) -> None:
    """Each day one, until it is closed."""
    counter.join("nia")
    for _ in range(3):
        counter.work(days=1)
    assert len(fan_outs(counter)) == 3


def fan_outs(counter: Counter) -> list[list[str]]:
    """To whom reminders are owed."""
    with counter.database.reading() as session:
        found = session.scalars(
            select(OutboxRow)
            .where(col(OutboxRow.kind) == Kind.FAN_OUT)
            .order_by(col(OutboxRow.seq))
        )
        return [row.payload["users"] for row in found]


def test_two_tick_and_somebody_is_linked_at_once(counter: Counter) -> None:
    """Nobody waits for another for ever, and of two who tick the same row one is told so."""
    counter.known("oli", linked=False)
    with counter.database.transaction() as session:
        counter.joining.join(session, counter.clock.now(), counter.find(session, "oli"), "tests")
    rows = counter.items("oli")
    together = Barrier(3)
    ticked: list[str] = []
    broken: list[Exception] = []

    def ticks(name: str) -> None:
        together.wait()
        for place in (GITHUB, MAILING_LIST):
            try:
                with counter.database.transaction() as session:
                    now = counter.clock.now()
                    counter.ticking.tick(session, now, user(name), rows[place].id)
                ticked.append(place)
            except AlreadyDone:
                continue
            except Exception as error:  # noqa: BLE001 -- told by the test's own thread
                broken.append(error)

    def links() -> None:
        together.wait()
        for what in ("link", "unlink") * 3:
            try:
                with counter.database.transaction() as session:
                    person, now = counter.find(session, "oli"), counter.clock.now()
                    if what == "link":
                        counter.members.link(session, now, person, "UOLI", "tests")
                    else:
                        counter.members.unlink(session, now, person, "tests")
            except Exception as error:  # noqa: BLE001 -- as above
                broken.append(error)

    threads = [Thread(target=ticks, args=(name,)) for name in ("ana", "ben")]
    threads.append(Thread(target=links))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert sorted(ticked) == sorted([GITHUB, MAILING_LIST])
    assert counter.acts() == ["access:tick"] * 2


def test_without_an_admin_channel(database: Database, clock: MovableClock) -> None:
    """Each admin has a message of their own, and each changes in place."""
    counter = Counter(database, clock, admin_channel=None)
    counter.join("nia")
    tick(counter, "nia", GITHUB)
    for name in ("ana", "ben"):
        dm = f"dm:{user(name)}"
        assert any("Access of Nia Novak" in text for text in counter.said(dm))
        assert "Ana Andrade" in counter.said(dm, Kind.UPDATE)[-1]
