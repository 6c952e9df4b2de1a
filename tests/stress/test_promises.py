"""DESIGN section 4's table, line by line, under each fault of the sandbox (issue 3, item 3).

``tests/runtime/test_sending.py`` and ``test_places.py`` tell the same as stories. Here every effect
meets every fault at each of its calls; what is slow (a call that is never answered, or takes effect
when its sender has given up) is tried by default, the rest where no such story tells it, and all of
it under ``make stress``.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import pytest

from psrt_bot.runtime import outbox
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.delivery import LOOK_AFTER
from psrt_bot.runtime.facts import DeliveryDied, Invited, PlaceRefused, Removed
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.faults import Fault
from psrt_bot.sandbox.seen import Home
from storage.engine import Database
from tests.runtime.office import Office, opened_office
from tests.runtime.test_sending import LOST, STEPS
from tests.stress.plans import ALL

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

PATIENCE = 0.8  # seconds until the client gives up; for the tests' sake far less than in production
SLOW: dict[str, Callable[[], Fault]] = {
    "timed out before": faults.timed_out,
    "timed out after": lambda: faults.timed_out(took_effect=True),
    "late": faults.late,
}
FAULTS = SLOW | LOST | {"slow": lambda: faults.slow_answer(PATIENCE / 5)}
LINE = "(nothing to see)"
FINE = frozenset({"sent", "superseded"})


@dataclass(frozen=True)
class Effect:
    """One line of the table.

    Args:
        calls: the methods it takes, in order; by default the last one meets the faults.
        owe: what is owed at first.
        meanwhile: what is owed once the fault has struck.
        kept: what must be true at the end; told whether the answer of a call may be in doubt.
        spared: how many of a method's calls pass before one meets the fault.
        ends: how its rows may end.
        told: whether a story of ``tests/runtime`` tells it under each fault that takes no time.
    """

    calls: tuple[str, ...]
    owe: Callable[[Office], object]
    meanwhile: Callable[[Office], object]
    kept: Callable[[Office, bool], None]
    spared: int = 0
    ends: frozenset[str] = FINE
    told: bool = True

    @property
    def tried(self) -> tuple[str, ...]:
        """The calls that meet the faults."""
        return self.calls if ALL else self.calls[-1:]

    @property
    def met(self) -> tuple[str, ...]:
        """The faults that they meet."""
        return tuple(SLOW if self.told and not ALL else FAULTS)


def _nothing(_: Office) -> None:
    """Nothing is owed."""


def _changed_card(office: Office) -> None:
    office.post("one", slot="card")
    office.work()
    office.change("card", "two")


def _inside_then_out(office: Office) -> None:
    office.invite("chi")
    office.work()
    office.told.clear()
    office.kick("chi")


def _group_file(office: Office) -> None:
    office.attach(conversation=outbox.group([office.user("ana"), office.user("chi")]))


def _told_of_chi(office: Office) -> Office:
    office.post("Nominated: Chi", slot="card", about="chi")
    office.work()
    return office


def _chi_comes(office: Office) -> None:
    office.neutralise("chi")
    office.invite("chi")


def _not_to_be_edited(office: Office) -> None:
    _told_of_chi(office)
    office.workspace.faults.add("chat.update", faults.refused("edit_window_closed"), times=5)
    office.neutralise("chi")


def _file_about_chi(office: Office) -> None:
    office.attach(about="chi")
    office.work()
    office.neutralise("chi")


def _direct_once(office: Office, _doubtful: bool) -> None:
    assert office.inbox("ana") == ["first", "second"]


def _post_at_least_once(office: Office, doubtful: bool) -> None:
    _at_least_once(office.in_team(), doubtful)


def _group_at_least_once(office: Office, doubtful: bool) -> None:
    _at_least_once([message.text for message in office.together("ana", "chi")], doubtful)
    assert office.calls("conversations.history") == [], "what people say in a group was read"


def _at_least_once(texts: list[str], doubtful: bool) -> None:
    assert list(dict.fromkeys(texts)) == ["first", "second"]
    assert texts == sorted(texts), "the second overtook the first"
    times = Counter(texts)
    assert times["second"] == 1
    assert times["first"] in ((1, 2) if doubtful else (1,))


def _newest_version(office: Office, _doubtful: bool) -> None:
    assert office.in_team() == ["three"]
    sent = [call.args["text"] for call in office.calls("chat.update")]
    assert sent == ["two", "three"], "a version was sent that is not the newest"


def _newest_home(office: Office, _doubtful: bool) -> None:
    assert Home(office.workspace.as_user("ana"), office.installation.app_id).rendered == "two"


def _invited(office: Office, _doubtful: bool) -> None:
    assert office.is_inside("chi")
    assert office.told == [Invited(office.team, office.user("chi"))]


def _removed(office: Office, _doubtful: bool) -> None:
    assert not office.is_inside("chi")
    assert office.told == [Removed(office.team, office.user("chi"))]


def _file_once(office: Office, _doubtful: bool) -> None:
    shared = [file for message in office.messages() for file in message.files]
    assert [file.download() for file in shared] == [b'{"a": 1}']


def _each_reminded_once(office: Office, _doubtful: bool) -> None:
    assert [office.inbox(name) for name in ("ana", "ben", "chi")] == [["Please vote"]] * 3


def _direct_file_once(office: Office, _doubtful: bool) -> None:
    assert office.inbox("ana") == ["Here is the list.", "second"]
    (file,) = office.workspace.as_user("ana").inbox[0].files
    assert file.download() == b'{"a": 1}'


def _group_file_once(office: Office, _doubtful: bool) -> None:
    said = office.together("ana", "chi")
    assert [message.text for message in said] == ["Here is the list.", "second"]
    assert [file.download() for file in said[0].files] == [b'{"a": 1}']


def _reads_nothing(office: Office) -> None:
    """Who came was told so once, and no file about them is left."""
    assert office.is_inside("chi")
    assert office.heard == [Invited(office.team, office.user("chi"))]
    assert not [file for message in office.messages("chi") for file in message.files]


def _neutral_line(office: Office, _doubtful: bool) -> None:
    _reads_nothing(office)
    assert office.in_team("chi") == [LINE]


def _neutral_or_deleted(office: Office, _doubtful: bool) -> None:
    _reads_nothing(office)
    assert office.in_team("chi") in ([], [LINE])


def _file_deleted(office: Office, _doubtful: bool) -> None:
    _reads_nothing(office)
    assert office.in_team("chi") == []
    shared = [file for file in office.workspace.state.files.values() if file.completed]
    assert all(file.deleted for file in shared)


EFFECTS = {
    "direct message": Effect(
        ("conversations.open", "chat.postMessage"),
        lambda office: office.tell("ana", "first"),
        lambda office: office.tell("ana", "second"),
        _direct_once,
    ),
    "post": Effect(
        ("chat.postMessage",),
        lambda office: office.post("first"),
        lambda office: office.post("second"),
        _post_at_least_once,
    ),
    "update": Effect(
        ("chat.update",),
        _changed_card,
        lambda office: office.change("card", "three"),
        _newest_version,
    ),
    "home": Effect(
        ("views.publish",),
        lambda office: office.publish_home("ana", "one"),
        lambda office: office.publish_home("ana", "two"),
        _newest_home,
    ),
    "invitation": Effect(
        ("conversations.invite",), lambda office: office.invite("chi"), _nothing, _invited
    ),
    "removal": Effect(
        ("conversations.kick",),
        _inside_then_out,
        _nothing,
        _removed,
    ),
    "file": Effect(STEPS, lambda office: office.attach(), _nothing, _file_once),
    "file in a direct message": Effect(
        ("conversations.open", *STEPS),
        lambda office: office.attach(conversation=outbox.DIRECT + office.user("ana")),
        lambda office: office.tell("ana", "second"),
        _direct_file_once,
        told=False,
    ),
    "file in a group": Effect(
        ("conversations.open", *STEPS),
        _group_file,
        lambda office: office.gather("ana", "chi", text="second"),
        _group_file_once,
        told=False,
    ),
    "group message": Effect(
        ("conversations.open", "chat.postMessage"),
        lambda office: office.gather("ana", "chi", text="first"),
        lambda office: office.gather("ana", "chi", text="second"),
        _group_at_least_once,
    ),
    "fan-out": Effect(
        ("conversations.open", "chat.postMessage"),
        lambda office: office.remind("ana", "ben", "chi"),
        _nothing,
        _each_reminded_once,
        spared=1,  # one of them was reached before
    ),
    "neutral": Effect(
        ("chat.update",),
        lambda office: _told_of_chi(office).neutralise("chi"),
        lambda office: office.invite("chi"),
        _neutral_line,
        told=False,
    ),
    "neutral over a version": Effect(
        ("chat.update",),
        lambda office: _told_of_chi(office).change("card", "Chi: passed"),
        _chi_comes,
        _neutral_line,
        ends=FINE | {"dropped"},  # the version
        told=False,
    ),
    "neutral by deletion": Effect(
        ("chat.update", "chat.delete"),
        _not_to_be_edited,
        lambda office: office.invite("chi"),
        _neutral_or_deleted,
        ends=FINE | {"dropped"},  # it was gone
        told=False,
    ),
    "file gone": Effect(
        ("files.info", "files.delete", "chat.delete"),
        _file_about_chi,
        lambda office: office.invite("chi"),
        _file_deleted,
        told=False,
    ),
    "file gone that may have come": Effect(
        STEPS,
        lambda office: office.attach(about="chi"),
        _chi_comes,
        _file_deleted,
        ends=FINE | {"dropped"},  # the file
        told=False,
    ),
}
CASES = [
    (name, call, kind)
    for name, effect in EFFECTS.items()
    for call in effect.tried
    for kind in effect.met
    # The upload's address is no Web API method: it answers with an HTTP status, not with a code.
    if not (call == "upload" and kind.startswith("internal error"))
]


@pytest.fixture
def office(database: Database, clock: MovableClock) -> Iterator[Office]:
    """An outbox with as much patience as in production."""
    with opened_office(database, clock) as opened:
        yield opened


@contextmanager
def hasty(office: Office, fault: Fault) -> Iterator[None]:
    """Give up soon on a call that is never answered; on a busy machine others may take longer."""
    patience = office.client.timeout
    if fault.silent or fault.held:
        office.client.timeout = PATIENCE  # type: ignore[assignment]  # the SDK passes on any number
    yield
    office.client.timeout = patience


def doubtful(fault: Fault) -> bool:
    """Whether the call took effect, or may have, without its sender hearing of it."""
    after = "after" in (fault.cut, fault.silent)
    return after or fault.took_effect or fault.held


def wait_held(office: Office, fault: Fault) -> None:
    """Wait for the request that is to be late; on a busy machine a step before it may time out by
    itself, and is tried again."""
    for _ in range(4):
        try:
            return fault.wait_held(timeout=1)
        except AssertionError:
            office.work(after=LOOK_AFTER)
    return fault.wait_held()


@pytest.mark.parametrize(("name", "call", "kind"), CASES)
def test_every_promise_under_every_fault(office: Office, name: str, call: str, kind: str) -> None:
    """A direct message and a file come once, a post at least once, and twice only if its answer was
    lost; what is safe to repeat ends in its newest version; nobody overtakes, and nothing dies."""
    effect, fault = EFFECTS[name], FAULTS[kind]()
    met = count(1)
    office.workspace.faults.add(call, fault, when=lambda _args: next(met) > effect.spared)
    effect.owe(office)
    with hasty(office, fault):
        office.work()
        effect.meanwhile(office)
        if fault.held:
            wait_held(office, fault)
            fault.release()
    for _ in range(4):
        office.work(after=LOOK_AFTER)
    effect.kept(office, doubtful(fault))
    assert not [fact for fact in office.told if isinstance(fact, DeliveryDied | PlaceRefused)]
    assert set(office.outcomes) <= effect.ends
    assert office.delivery.next_try() is None


DEATHS = {
    "direct message": ("message", "msg_too_long"),
    "post": ("message", "msg_too_long"),
    "update": ("update", "cant_update_message"),
    "file": ("file", "file_uploads_disabled"),
    "file in a direct message": ("file", "file_uploads_disabled"),
    "group message": ("message", "msg_too_long"),
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_dead_letter_is_told_and_holds_up_nobody(office: Office, name: str) -> None:
    """What Slack refuses for good is told at once (to admins: ``test_delivery_alarms.py``), with
    where to and why, and what is behind it goes on."""
    effect, (kind, code) = EFFECTS[name], DEATHS[name]
    office.workspace.faults.add(effect.calls[-1], faults.refused(code))
    effect.owe(office)
    office.work()
    office.post("behind it")
    office.work()
    (died,) = [fact for fact in office.told if isinstance(fact, DeliveryDied)]
    assert (died.kind, died.code) == (kind, code)
    assert died.conversation == office.rows[-2].conversation
    assert office.outcomes[-2:] == ["dead", "sent"]
    assert office.in_team()[-1] == "behind it"
