"""What is promised of each kind of side effect, kept under every fault (DESIGN section 4).

On SQLite alone: which database holds the row makes no difference to Slack; what does depend on the
database, claims and leases, is in ``test_delivery.py`` on both.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from psrt_bot.runtime import outbox
from psrt_bot.runtime.delivery import LOOK_AFTER
from psrt_bot.runtime.facts import DeliveryDied
from psrt_bot.runtime.outbox import link_to
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.faults import Fault
from psrt_bot.sandbox.seen import Home
from tests.runtime.captured_logs import CANARY, assert_safe, logged
from tests.runtime.office import MINUTE, Office

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

DIRECT_CALLS = ("conversations.open", "chat.postMessage")
LOST: dict[str, Callable[[], Fault]] = {
    "cut after": faults.cut_after,
    "cut before": faults.cut_before,
    "5xx after": lambda: faults.server_error(502, took_effect=True),
    "5xx before": lambda: faults.server_error(502),
    "internal error after": lambda: faults.refused("internal_error", took_effect=True),
    "internal error before": lambda: faults.refused("fatal_error"),
    "rate limited": lambda: faults.rate_limited(3),
}


@pytest.fixture(params=LOST)
def fault(request: pytest.FixtureRequest) -> Fault:
    """Each way in which a call can fail for a moment."""
    return LOST[request.param]()


@pytest.mark.parametrize("method", DIRECT_CALLS)
def test_a_direct_message_comes_once(office: Office, method: str, fault: Fault) -> None:
    """Whatever happens to either call, the person reads the message exactly once."""
    office.workspace.faults.add(method, fault)
    office.tell("ana", "hello")
    office.work()
    for _ in range(3):
        office.work(after=LOOK_AFTER)
    assert office.inbox("ana") == ["hello"]
    assert office.outcomes == ["sent"]


def test_a_lost_answer_is_looked_for_first(office: Office) -> None:
    """After a lost answer nothing is sent for a minute; then the message is found, not repeated."""
    office.workspace.faults.add("chat.postMessage", faults.cut_after())
    office.tell("ana", "hello")
    office.work()
    assert office.delivery.next_try() == office.clock.now() + LOOK_AFTER
    office.work(after=LOOK_AFTER - timedelta(seconds=1))
    assert office.calls("conversations.history") == []
    office.work(after=timedelta(seconds=1))
    assert len(office.calls("chat.postMessage")) == 1
    assert office.inbox("ana") == ["hello"]


def test_a_late_effect_is_found(office: Office) -> None:
    """A request that timed out and takes effect seconds later is found, not repeated."""
    late = faults.late()
    office.workspace.faults.add("chat.postMessage", late)
    office.tell("ana", "hello")
    office.lose_patience()
    office.work()
    assert office.inbox("ana") == []
    late.wait_held()
    late.release()
    office.work(after=LOOK_AFTER)
    assert office.inbox("ana") == ["hello"]


def test_looking_can_fail_too(office: Office) -> None:
    """When the look for the message fails, it is looked for again before anything is sent."""
    office.workspace.faults.add("chat.postMessage", faults.cut_after())
    office.workspace.faults.add("conversations.history", faults.server_error())
    office.tell("ana", "hello")
    office.work()
    office.work(after=LOOK_AFTER)
    office.work(after=LOOK_AFTER)
    assert office.inbox("ana") == ["hello"]
    assert len(office.calls("conversations.history")) == 2


def test_a_direct_message_survives_a_crash(office: Office) -> None:
    """A worker killed after the call and before the database heard of it: no second message."""
    office.tell("ana", "hello")
    killed = office.worker()
    row = killed._claim()
    assert row is not None
    killed._sender.send(row, office.clock.now(), lambda progress=None: killed._keep(row, progress))
    office.forget_leases()
    assert office.work() == 1
    assert office.inbox("ana") == ["hello"]


def test_a_direct_message_that_never_left_survives_a_crash(office: Office) -> None:
    """A worker killed before the call: the message is sent all the same."""
    office.tell("ana", "hello")
    office.crash(office.worker())
    assert office.work() == 1
    assert office.inbox("ana") == ["hello"]


def test_direct_messages_of_the_same_text_are_two(office: Office) -> None:
    """Each row has a mark of its own: an equal message before does not pass for this one."""
    office.tell("ana", "hello")
    office.work()
    office.workspace.faults.add("chat.postMessage", faults.cut_before())
    office.tell("ana", "hello")
    office.work()
    office.work(after=LOOK_AFTER)
    assert office.inbox("ana") == ["hello", "hello"]


def test_the_mark_is_random_and_nothing_else(office: Office) -> None:
    """Metadata holds the row's id alone."""
    row_id = office.tell("ana", "hello")
    office.work()
    (message,) = office.workspace.as_user("ana").inbox
    assert message.metadata == {"event_type": "psrt_outbox", "event_payload": {"id": row_id}}


def test_a_channel_post_comes_at_least_once(office: Office, fault: Fault) -> None:
    """A post arrives under every fault, twice only where an answer was lost, and soon."""
    office.workspace.faults.add("chat.postMessage", fault)
    office.post("hello")
    office.work()
    office.work(after=timedelta(seconds=10))
    took_effect = fault.took_effect or fault.cut == "after"
    assert office.in_team() == ["hello"] * (2 if took_effect else 1)
    assert office.calls("conversations.history") == [], "the team's talk is not read"


def test_a_group_message_comes_at_least_once_and_is_not_looked_for(
    office: Office, fault: Fault
) -> None:
    """Two people and the bot, in one place that the bot never reads; soon, as in channels."""
    office.workspace.faults.add("chat.postMessage", fault)
    office.gather("ana", "chi")
    office.work()
    office.work(after=timedelta(seconds=10))
    took_effect = fault.took_effect or fault.cut == "after"
    texts = [message.text for message in office.together("ana", "chi")]
    assert texts == ["hello"] * (2 if took_effect else 1)
    assert office.calls("conversations.history") == []
    assert office.inbox("ana") == office.inbox("chi") == []
    assert [row.payload for row in office.rows] == [{}], "its content is not kept"


def test_a_group_is_the_same_whoever_is_named_first(office: Office) -> None:
    """One conversation, one order, messages that can be changed, files; named twice is once."""
    office.gather("ana", "chi", text="one", slot="first")
    office.gather("chi", "ana", "chi", text="two")
    office.change("first", "one, changed")
    office.attach(conversation=outbox.group([office.user("chi"), office.user("ana")]))
    office.work()
    said = office.together("ana", "chi")
    assert [message.text for message in said] == ["one, changed", "two", "Here is the list."]
    assert [file.name for file in said[-1].files] == ["list.json"]
    assert len(office.calls("conversations.open")) == 1
    with pytest.raises(PermissionError):
        office.messages("ben", said[0].channel_id)


def test_a_group_with_somebody_who_is_gone_is_given_up(office: Office) -> None:
    """Slack opens no group with a deactivated account: admins hear of it, once."""
    office.workspace.state.user("chi").deleted = True
    office.gather("ana", "chi")
    office.work()
    assert office.outcomes == ["dead"]
    users = ",".join(sorted(office.user(name) for name in ("ana", "chi")))
    assert office.heard == [DeliveryDied("message", f"group:{users}", "user_disabled")]


def test_posts_bear_no_previews_and_no_names(office: Office) -> None:
    """Links are not unfolded, since a preview would fetch what is embargoed."""
    office.post("hello")
    office.tell("ana", "hello")
    office.work()
    for call in office.calls("chat.postMessage"):
        assert str(call.args["unfurl_links"]).lower() in ("false", "0")
        assert str(call.args["unfurl_media"]).lower() in ("false", "0")


def test_a_thread_follows_its_message(office: Office) -> None:
    """An answer owed before its message is posted stands in the thread; the link leads there."""
    office.post("card", slot="card")
    office.post("discuss here", thread_slot="card")
    office.work()
    card, reply = office.messages()
    assert reply.thread_ts == card.ts
    with office.database.reading() as session:
        link = link_to(session, "card")
        assert link_to(session, "unknown") is None
    assert link == f"https://slack.com/archives/{office.team}/p{card.ts.replace('.', '')}"


def test_only_the_newest_version_is_sent(office: Office) -> None:
    """Versions that were replaced before they left are never sent."""
    office.post("one", slot="card")
    office.change("card", "two")
    office.change("card", "three")
    office.work()
    assert [message.text for message in office.messages()] == ["three"]
    assert len(office.calls("chat.update")) == 1


def test_an_update_is_repeated_safely(office: Office, fault: Fault) -> None:
    """Under every fault the message says the newest at the end, and there is one message."""
    office.post("one", slot="card")
    office.work()
    office.workspace.faults.add("chat.update", fault)
    office.change("card", "two")
    office.work()
    office.work(after=LOOK_AFTER)
    assert office.in_team() == ["two"]


def test_a_late_older_version_does_not_stay(office: Office) -> None:
    """A version whose answer was lost may come late: the newer one is sent only after that."""
    office.post("one", slot="card")
    office.work()
    late = faults.late()
    office.workspace.faults.add("chat.update", late)
    office.change("card", "older")
    office.lose_patience()
    office.work()
    office.change("card", "newer")
    office.work(after=timedelta(seconds=30))
    late.wait_held()
    late.release()
    assert office.in_team() == ["older"]
    office.work(after=timedelta(seconds=30))
    assert office.in_team() == ["newer"]


def test_a_version_of_nothing(office: Office) -> None:
    """A message that was never owed cannot be changed; one that died is not updated."""
    assert office.change("card", "two") is None
    office.workspace.faults.add("chat.postMessage", faults.refused("msg_too_long"))
    office.post("one", slot="card")
    office.change("card", "two")
    office.work()
    assert office.outcomes == ["dead", "dropped"]


STEPS = ("files.getUploadURLExternal", "upload", "files.completeUploadExternal")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lost", ["cut after", "cut before", "5xx before", "5xx after"])
@pytest.mark.parametrize("direct", [False, True], ids=["channel", "direct"])
def test_a_file_comes_once(office: Office, step: str, lost: str, direct: bool) -> None:
    """Whichever of the three calls fails and however, one file is shared, whole, once."""
    office.workspace.faults.add(step, LOST[lost]())
    office.attach(conversation=f"dm:{office.user('ana')}" if direct else None)
    office.work()
    for _ in range(2):
        office.work(after=LOOK_AFTER)
    ana = office.workspace.as_user("ana")
    shared = [file for m in (ana.inbox if direct else office.messages()) for file in m.files]
    assert [file.download() for file in shared] == [b'{"a": 1}']
    assert shared[0].title == "The list"
    assert office.outcomes == ["sent"]


def test_a_file_is_not_uploaded_twice(office: Office) -> None:
    """When only the sharing failed, the same file is shared; the bytes stay where they are."""
    office.workspace.faults.add("files.completeUploadExternal", faults.cut_before())
    office.attach()
    office.work()
    office.work(after=LOOK_AFTER)
    assert len(office.calls("files.getUploadURLExternal")) == 1
    assert len(office.messages()[0].files) == 1


def test_a_file_that_slack_forgot_is_uploaded_anew(office: Office) -> None:
    """What was uploaded and never shared may be gone; then there is nothing to share twice."""
    office.workspace.faults.add("files.completeUploadExternal", faults.cut_before())
    office.workspace.faults.add("files.info", faults.refused("file_not_found"))
    office.attach()
    office.work()
    office.work(after=LOOK_AFTER)
    assert len(office.calls("files.getUploadURLExternal")) == 2
    assert [len(message.files) for message in office.messages()] == [1]


def test_a_removed_file_is_not_shared_again(office: Office) -> None:
    """A file that arrived and was removed by somebody, its answer lost, stays removed."""
    office.workspace.faults.add("files.completeUploadExternal", faults.cut_after())
    office.workspace.faults.add("files.info", faults.refused("file_deleted"))
    office.attach()
    office.work()
    office.work(after=LOOK_AFTER)
    assert office.outcomes == ["sent"]
    assert len(office.calls("files.completeUploadExternal")) == 1


def test_asking_for_a_file_can_fail(office: Office) -> None:
    """While Slack does not say what became of the file, nothing is shared."""
    office.workspace.faults.add("files.completeUploadExternal", faults.cut_after())
    office.workspace.faults.add("files.info", faults.server_error())
    office.attach()
    office.work()
    office.work(after=LOOK_AFTER)
    office.work(after=LOOK_AFTER)
    assert [len(message.files) for message in office.messages()] == [1]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refused_upload_is_given_up_at_once(office: Office, status: int) -> None:
    """What the upload's address refuses is told to admins now and not after days, by its status
    alone; what is behind it goes on."""
    said = Fault("refused", status, body={"said": CANARY})
    office.workspace.faults.add("upload", said)
    office.attach()
    office.post("behind it")
    with logged() as stream:
        office.work()
    died = DeliveryDied("file", office.team, f"http_{status}")
    assert office.told == [died]
    assert office.outcomes == ["dead", "sent"]
    assert office.in_team() == ["behind it"]
    lines = stream.getvalue()
    assert f"http_{status}" in lines
    assert_safe(lines)
    assert "/upload/" not in lines


def test_a_rate_limited_upload_waits_as_long_as_it_is_told(office: Office) -> None:
    """Retry-After is obeyed there too; then the upload begins anew, with an address of its own."""
    office.workspace.faults.add("upload", faults.rate_limited(120))
    office.attach()
    office.work()
    assert office.delivery.next_try() == office.clock.now() + timedelta(seconds=120)
    office.work(after=timedelta(seconds=119))
    assert len(office.calls("files.getUploadURLExternal")) == 1
    office.work(after=timedelta(seconds=1))
    assert len(office.calls("files.getUploadURLExternal")) == 2
    assert [file.download() for m in office.messages() for file in m.files] == [b'{"a": 1}']
    assert office.outcomes == ["sent"]


def test_a_file_that_is_no_more_is_dropped(office: Office) -> None:
    """A file that cannot be rendered any more is not owed any more."""
    office.attach()
    office.files.clear()
    office.work()
    assert office.outcomes == ["dropped"]
    assert office.calls("files.getUploadURLExternal") == []


def test_a_fan_out_reaches_each_once(office: Office, fault: Fault) -> None:
    """When it breaks off half-way, those reached before are not reached again."""
    ben = office.workspace.as_user("ben")
    office.tell("ben", "first")  # so that the conversation is known
    office.work()
    place = ben.inbox[0].channel_id
    office.workspace.faults.add("chat.postMessage", fault, when=lambda a: a["channel"] == place)
    office.remind("ana", "ben", "chi")
    office.work()
    office.work(after=LOOK_AFTER)
    office.work(after=LOOK_AFTER)
    assert office.inbox("ana") == ["Please vote"]
    assert office.inbox("ben") == ["first", "Please vote"]
    assert office.inbox("chi") == ["Please vote"]


def test_a_fan_out_survives_a_crash(office: Office) -> None:
    """A worker killed half-way: the rest is reached, nobody twice."""
    office.remind("ana", "ben", "chi")
    killed = office.worker()
    row = killed._claim()
    assert row is not None
    reached: list[int] = []

    def keep(progress: dict[str, object] | None = None) -> None:
        killed._keep(row, progress)
        reached.append(1)
        if len(reached) == 4:  # once for all of them, once for each
            raise SystemExit

    with pytest.raises(SystemExit):
        killed._sender.send(row, office.clock.now(), keep)
    assert len(office.calls("chat.postMessage")) == 2
    office.forget_leases()
    office.work()
    assert [office.inbox(name) for name in ("ana", "ben", "chi")] == [["Please vote"]] * 3


def test_a_fan_out_goes_past_who_cannot_be_reached(office: Office) -> None:
    """One whom Slack refuses keeps nobody else waiting; admins hear of it without a name."""
    ben = office.user("ben")
    office.workspace.faults.add(
        "conversations.open", faults.refused("user_disabled"), when=lambda a: ben in a["users"]
    )
    office.remind("ana", "ben", "chi")
    office.work()
    assert office.inbox("ana") == office.inbox("chi") == ["Please vote"]
    (died,) = office.told
    assert isinstance(died, DeliveryDied)
    assert died.code == "user_disabled"
    assert ben not in repr(died)
    assert office.outcomes == ["sent"]


def test_a_fan_out_does_not_tell_whom_it_reached(office: Office) -> None:
    """No row names those who were reached: that would tell who has not voted."""
    office.workspace.faults.add("chat.postMessage", faults.rate_limited(5), when=lambda _a: True)
    office.remind("ana", "ben")
    office.reminded.pop(office.user("ben"))  # worked out at delivery: ben needs none
    office.work()
    (row,) = office.rows
    assert sorted(row.payload["users"]) == sorted([office.user("ana"), office.user("ben")])
    assert row.progress == {"begun": True}
    office.work(after=MINUTE)
    assert office.rows[0].payload == {}
    assert office.inbox("ben") == []


def test_a_home_is_published_in_its_newest_version(office: Office, fault: Fault) -> None:
    """Under every fault a Home shows the state at delivery, rendered anew each time."""
    office.workspace.faults.add("views.publish", fault)
    office.publish_home("ana", "one")
    office.publish_home("ana", "two")
    office.work()
    office.homes[office.user("ana")]["blocks"][0]["text"]["text"] = "three"
    office.work(after=LOOK_AFTER)
    home = Home(office.workspace.as_user("ana"), office.installation.app_id)
    assert home.rendered == "three"
    assert office.outcomes == ["superseded", "sent"]


def test_a_home_of_who_has_none_is_dropped(office: Office) -> None:
    """Where there is no Home for somebody, nothing is asked of Slack."""
    office.publish_home("chi", None)
    office.work()
    assert office.outcomes == ["dropped"]
    assert office.calls("views.publish") == []
