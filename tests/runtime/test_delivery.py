"""Delivery's order, leases and endings: what a worker does with rows, whatever they hold."""

from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import delete
from sqlmodel import Session

from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.facts import Delivered, DeliveryDied, DeliveryHeld
from psrt_bot.runtime.leases import LEASE, lease_clock
from psrt_bot.runtime.rules import GIVE_UP_AFTER
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.rates import POSTING
from storage.people import SlackChannel
from tests.runtime.office import MINUTE, Office


def test_delivered_in_order(office: Office) -> None:
    """Messages of a conversation arrive in the order in which they were owed."""
    for text in ("one", "two", "three"):
        office.post(text)
    assert office.work() == 3
    assert office.in_team() == ["one", "two", "three"]
    assert office.work() == 0


def test_a_failure_holds_up_its_conversation_alone(office: Office) -> None:
    """What cannot be sent now keeps what is behind it waiting, and nobody else."""
    office.workspace.faults.add("chat.postMessage", faults.server_error(), times=1)
    office.post("one")
    office.post("two")
    office.post("elsewhere", office.side)
    office.tell("chi", "and you")
    assert office.work() == 2
    assert office.in_team() == []
    assert office.in_team(channel="side") == ["elsewhere"]
    assert office.inbox("chi") == ["and you"]
    office.work(after=MINUTE)
    assert office.in_team() == ["one", "two"]


def test_retry_after_is_obeyed(office: Office) -> None:
    """Slack says how long to wait, and nothing is asked before; then it is sent, once."""
    office.workspace.faults.add("chat.postMessage", faults.rate_limited(45))
    office.post("one")
    office.work()
    assert office.delivery.next_try() == office.clock.now() + timedelta(seconds=45)
    office.work(after=timedelta(seconds=44))
    assert len(office.calls("chat.postMessage")) == 1
    office.work(after=timedelta(seconds=1))
    assert office.in_team() == ["one"]


def test_back_off(office: Office) -> None:
    """Repeated failures are asked again less and less often, and never twice a second."""
    office.workspace.faults.add("chat.postMessage", faults.server_error(), times=8)
    office.post("one")
    waits = []
    for _ in range(8):
        office.work()
        due = office.delivery.next_try()
        assert due is not None
        waits.append(due - office.clock.now())
        office.clock.move(waits[-1])
    office.work()
    assert office.in_team() == ["one"]
    assert all(wait >= timedelta(seconds=1) for wait in waits)
    assert waits[7] > 8 * waits[0]
    assert [row.attempts for row in office.rows] == [8]


def test_planned_for_later(office: Office) -> None:
    """What is planned is not sent before, and is as young as any when its time comes."""
    later = office.clock.now() + GIVE_UP_AFTER * 3
    office.remind("ana", at=later)
    assert office.work() == 0
    assert office.delivery.next_try() == later
    office.workspace.faults.add("chat.postMessage", faults.rate_limited(5))
    office.work(after=GIVE_UP_AFTER * 3)
    office.work(after=MINUTE)
    assert office.inbox("ana") == ["Please vote"]


def test_given_up_after_three_days_of_failing(office: Office) -> None:
    """A row that has failed for three days is dead, admins are told, and the next one goes on."""
    office.workspace.faults.add(
        "chat.postMessage", faults.server_error(), 10_000, when=lambda args: args["text"] == "one"
    )
    office.post("one")
    office.post("two")
    office.work()
    office.work(after=GIVE_UP_AFTER - MINUTE)
    assert office.told == []
    office.work(after=timedelta(minutes=30))
    assert office.told == [DeliveryDied("message", office.team, "http_503")]
    assert office.in_team() == ["two"]
    assert office.outcomes == ["dead", "sent"]


def test_waiting_in_line_is_no_failure(office: Office) -> None:
    """What waited for days behind another, or while the bot was off, has all its tries yet."""
    office.post("one")
    office.clock.move(GIVE_UP_AFTER * 2)
    office.workspace.faults.add("chat.postMessage", faults.server_error())
    office.work()
    assert office.told == []
    office.work(after=MINUTE)
    assert office.in_team() == ["one"]


@pytest.mark.parametrize("code", ["invalid_auth", "missing_scope"])
def test_what_admins_must_mend_waits(office: Office, code: str) -> None:
    """With a token that cannot be used nothing dies, however long it takes to mend it."""
    office.workspace.faults.add("chat.postMessage", faults.refused(code), times=2)
    office.post("one")
    office.work()
    office.work(after=GIVE_UP_AFTER * 2)
    assert office.told == []
    office.work(after=timedelta(minutes=15))
    assert office.in_team() == ["one"]


def test_refused_for_good(office: Office) -> None:
    """What Slack refuses is dead at once; admins hear where to and why, never what."""
    office.workspace.faults.add("chat.postMessage", faults.refused("msg_too_long"))
    office.post("the-secret-text")
    office.post("next")
    office.work()
    assert office.told == [DeliveryDied("message", office.team, "msg_too_long")]
    assert office.in_team() == ["next"]
    assert "the-secret-text" not in repr(office.told)


def test_nothing_is_kept_of_what_was_delivered(office: Office) -> None:
    """Neither a delivered nor a dead nor a superseded row holds its content."""
    office.workspace.faults.add("chat.postMessage", faults.refused("msg_too_long"))
    office.post("dead")
    office.post("card", slot="card")
    office.work()
    office.change("card", "older")
    office.change("card", "newer")
    office.publish_home("ana", "one")
    office.publish_home("ana", "two")
    office.work()
    assert office.outcomes == ["dead", "sent", "superseded", "sent", "superseded", "sent"]
    assert {str(row.payload) for row in office.rows} == {"{}"}


def test_two_workers_deliver_each_once(office: Office) -> None:
    """Several copies at once send everything, in order, each message once."""
    texts = [str(number) for number in range(6)]
    for text in texts:
        office.post(text)
        office.post(text, office.side)
        office.tell("ana", text)
    threads = [Thread(target=office.worker().run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.work()
    assert office.in_team() == texts
    assert office.in_team(channel="side") == texts
    assert office.inbox("ana") == texts


def test_a_row_in_hand_is_nobody_elses(office: Office) -> None:
    """While one worker is at a row, others take neither it nor what is behind it."""
    office.post("one")
    office.post("two")
    row = office.delivery._claim()
    assert row is not None
    assert row.lease_until is not None
    with office.database.reading() as session:
        left = row.lease_until - lease_clock(session)
    assert LEASE - timedelta(seconds=5) < left <= LEASE
    assert office.worker().run() == 0
    assert office.delivery.next_try() is None, "nothing to be done: no busy waiting"


def test_a_worker_that_lost_its_row_changes_nothing(office: Office) -> None:
    """Whoever was held up for longer than a lease neither finishes nor postpones the row."""
    office.post("one", slot="card")
    slow = office.worker()
    held = slow._claim()
    assert held is not None
    office.forget_leases()
    assert office.work() == 1
    assert slow._deliver(held) is True  # a channel's post may come twice; the row is as it was
    assert office.outcomes == ["sent"]
    office.change("card", "new")
    office.work()
    assert office.messages()[0].text == "new"


def test_a_worker_that_lost_a_direct_message_does_not_send_it(office: Office) -> None:
    """Right before the call a worker makes sure that the row is still its own."""
    office.tell("ana", "hello")
    slow = office.worker()
    held = slow._claim()
    assert held is not None
    office.forget_leases()
    assert office.work() == 1
    assert slow._deliver(held) is False
    assert office.inbox("ana") == ["hello"]


def test_the_lease_is_renewed_on_the_way(office: Office) -> None:
    """A fan-out that takes longer than a lease is not taken over while it goes on."""
    office.remind("ana", "ben", "chi")
    renewed: list[bool] = []

    def expire(_args: object) -> bool:
        with office.database.reading() as session:
            until = office.rows[0].lease_until
            renewed.append(until is not None and until > lease_clock(session))
        office.forget_leases()  # all the time of a lease is over, after each of the calls
        return False

    office.workspace.faults.add("chat.postMessage", faults.server_error(), when=expire)
    assert office.work() == 1
    assert renewed == [True] * 3
    assert [office.inbox(name) for name in ("ana", "ben", "chi")] == [["Please vote"]] * 3


def test_nothing_owed_is_no_next_try(office: Office) -> None:
    """With an empty outbox there is no moment to wake for."""
    assert office.delivery.next_try() is None


def test_what_waits_in_line_wakes_nobody(office: Office) -> None:
    """The next try is the first row's, not that of the one behind it, which is due long since."""
    office.workspace.faults.add("chat.postMessage", faults.rate_limited(90))
    office.post("one")
    office.post("two")
    office.work()
    assert office.delivery.next_try() == office.clock.now() + timedelta(seconds=90)


def test_a_run_ends_with_its_budget(office: Office) -> None:
    """A slow Slack keeps a run from deadlines no longer than the budget; the rest stays due."""
    office.workspace.faults.add("chat.postMessage", faults.delayed(0.05), times=2)
    office.post("one")
    office.post("two")
    hurried = office.worker(budget=timedelta(seconds=0.01))
    assert hurried.run() == 1
    assert hurried.next_try() == office.clock.now()
    assert hurried.run() == 1
    assert office.in_team() == ["one", "two"]


def test_an_error_of_our_own_is_tried_again(office: Office) -> None:
    """A renderer that raises stops neither the worker nor the others' rows, and is asked again."""
    office.remind("ana")
    office.post("one")
    working, office.renderers.expanders["expander"] = office.renderers.expanders["expander"], None  # type: ignore[index]
    assert office.work() == 1
    office.renderers.expanders["expander"] = working  # type: ignore[index]
    office.work(after=MINUTE)
    assert office.inbox("ana") == ["Please vote"]


UNFIT = {
    "public": "it is public",
    "shared": "it is shared with another workspace",
    "archived": "it is archived",
    "outside": "the bot is not in it",
}


@pytest.mark.parametrize("state", UNFIT)
def test_an_unfit_channel_holds(office: Office, state: str) -> None:
    """Nothing goes to a channel that became unfit; admins hear once why; it follows when fit."""
    channel = office.workspace.state.channel("team")
    bot = office.installation.bot_user_id
    match state:
        case "public":
            channel.kind = "channel"
        case "shared":
            channel.is_ext_shared = True
        case "archived":
            channel.is_archived = True
        case "outside":
            office.workspace.remove_member("team", bot)
    office.refresh()
    office.post("one")
    office.post("two")
    office.post("elsewhere", office.side)
    for _ in range(3):
        office.work(after=timedelta(minutes=15))
    assert office.calls("chat.postMessage")[0].args["text"] == "elsewhere"
    assert len(office.calls("chat.postMessage")) == 1
    assert office.told == [DeliveryHeld(office.team, UNFIT[state])]
    channel.kind, channel.is_ext_shared, channel.is_archived = "group", False, False
    if state == "outside":
        office.workspace.add_member("team", bot)
    office.clock.move(GIVE_UP_AFTER * 2)
    office.refresh()
    office.work()
    assert office.in_team() == ["one", "two"]
    assert len(office.told) == 1


def test_an_unfit_channel_is_held_by_slacks_word(office: Office) -> None:
    """What Slack says of a channel holds as well, before the hourly look has found it out."""
    office.workspace.remove_member("team", office.installation.bot_user_id)
    office.post("one")
    office.work()
    assert office.told == [DeliveryHeld(office.team, "the bot is not in it")]
    office.workspace.add_member("team", office.installation.bot_user_id)
    office.work(after=timedelta(minutes=15))
    assert office.in_team() == ["one"]


def test_a_channel_where_apps_may_not_post_holds(office: Office) -> None:
    """What an admin can mend in the channel's settings kills no message."""
    office.workspace.restrict("post")
    office.post("one")
    office.work()
    office.work(after=GIVE_UP_AFTER * 2)
    assert office.told == [DeliveryHeld(office.team, "apps may not post in it")]
    office.workspace.allow("post")
    office.work(after=timedelta(minutes=15))
    assert office.in_team() == ["one"]


def test_direct_messages_wait_for_the_messages_tab(office: Office) -> None:
    """With the app's Messages tab off nobody can be written to: it all waits, in order, a fan-out
    too, and follows once the tab is on."""
    home = office.installation.app.manifest["features"]["app_home"]
    home["messages_tab_enabled"] = False
    office.tell("ana", "one")
    office.remind("ben")
    office.work()
    office.work(after=GIVE_UP_AFTER * 2)
    assert [(type(fact), fact.reason) for fact in office.told] == [  # type: ignore[attr-defined]
        (DeliveryHeld, "the app's Messages tab is off")
    ] * 2
    home["messages_tab_enabled"] = True
    office.work(after=timedelta(minutes=15))
    assert (office.inbox("ana"), office.inbox("ben")) == (["one"], ["Please vote"])


def test_slacks_rate_limits_lose_nothing(office: Office) -> None:
    """More than Slack takes at once goes out as fast as it does, in order, each once."""
    office.workspace.rate_limits = True
    texts = [str(number) for number in range(POSTING.burst * 3)]
    for text in texts:
        office.post(text)
    office.work()
    assert office.in_team() == texts[: POSTING.burst]
    for _ in range(len(texts)):
        office.work(after=timedelta(seconds=1))
    assert office.in_team() == texts
    assert office.told == []


def test_a_fan_out_waits_for_those_who_sleep(office: Office) -> None:
    """Late in delivery, some of it may be asleep: those awake hear now, the others in the morning,
    nobody twice, and waiting is no failure."""
    office.workspace.change_user("ben", tz="Pacific/Auckland")  # 23:00 there at 10:00 UTC
    office.refresh()
    morning = office.clock.now() + timedelta(hours=10)
    office.remind("ana", "ben")
    office.work()
    assert (office.inbox("ana"), office.inbox("ben")) == (["Please vote"], [])
    assert office.delivery.next_try() == morning
    office.work(after=timedelta(hours=9, minutes=59))
    assert office.inbox("ben") == []
    office.workspace.change_user("ana", tz="Pacific/Auckland")  # so that nobody is asleep
    office.refresh()
    office.work(after=MINUTE)
    assert (office.inbox("ana"), office.inbox("ben")) == (["Please vote"], ["Please vote"])
    assert office.delivery.next_try() is None
    assert office.told == []


def test_an_unknown_channel_holds(office: Office) -> None:
    """A channel that Slack has not told of could be public: nothing goes there."""
    office.workspace.add_channel("unseen", members=["ana"])
    office.workspace.invite_bot("unseen")
    office.post("one", office.workspace.state.channel("unseen").id)
    office.work()
    assert office.calls("chat.postMessage") == []
    assert [type(fact) for fact in office.told] == [DeliveryHeld]


def test_a_channel_not_told_of_yet_is_asked_about_first(office: Office) -> None:
    """Right after a start something may be owed before Slack has told of the channels: it is asked,
    and nobody is told that a message is held that need not be."""
    with office.database.transaction() as session:
        session.execute(delete(SlackChannel))
    worker = office.worker(look=office.directory.make_sure)
    office.workspace.faults.add("conversations.info", faults.server_error(), times=1)
    asked = len(office.calls("conversations.info"))
    office.post("one")
    worker.run()
    assert (office.in_team(), office.told) == ([], [])
    office.clock.move(MINUTE)
    worker.run()
    assert (office.in_team(), office.told) == (["one"], [])
    office.post("two")
    worker.run()
    assert office.in_team() == ["one", "two"]
    assert len(office.calls("conversations.info")) - asked == 2, "once in vain, then never again"


def test_a_remembered_message_tells_once_that_it_stands_in_slack(office: Office) -> None:
    """What begins with a delivery begins once: not while it fails, not with its later versions."""
    office.workspace.faults.add("chat.postMessage", faults.server_error(), times=1)
    office.post("notice", slot="notice:1")
    office.post("no slot", office.side)
    assert office.work() == 1
    assert office.told == []
    office.change("notice:1", "notice, changed")
    office.work(after=MINUTE)
    assert office.in_team() == ["notice, changed"]
    assert office.told == [Delivered("notice:1")]


def test_a_defect_of_who_listens_sends_nothing_twice(office: Office) -> None:
    """The message stays delivered and what its listener began is undone; the next goes on."""

    def begin(session: Session, now: datetime, _: Delivered) -> None:
        outbox.post(session, now, office.side, Message("half of it"))
        raise LookupError("a defect")

    office.facts.bind(Delivered, begin)
    office.post("notice", slot="notice:1")
    office.post("next")
    assert office.work() == 2
    office.forget_leases()
    office.work(after=MINUTE)
    assert office.in_team() == ["notice", "next"]
    assert office.in_team(channel="side") == []
    assert {row.outcome for row in office.rows} == {"sent"}
