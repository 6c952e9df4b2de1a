"""Posts about somebody who comes: neutral before the invitation, whatever Slack does meanwhile."""

import pytest

from psrt_bot.runtime.delivery import LINGERS, LOOK_AFTER
from psrt_bot.runtime.facts import Invited, PlaceRefused, PostLingers
from psrt_bot.sandbox import faults
from tests.runtime.office import MINUTE, Office, said
from tests.runtime.test_sending import LOST

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
LINE = "(nothing to see)"


def posted(office: Office) -> None:
    """A card with a thread, a result with a file, and something about somebody else."""
    office.post("Nominated: Chi", slot="card", about="chi")
    office.post("Discuss Chi here", thread_slot="card", about="chi")
    office.post("Chi has passed", slot="result", about="chi")
    office.attach(thread_slot="result", about="chi")
    office.post("Nominated: Dov", slot="other", about="dov")
    office.work()
    assert len(office.in_team()) == 5


def test_everything_about_somebody_is_neutral_before_they_come(office: Office) -> None:
    """Card, thread, result: one line each; the file is gone with its message; others stay."""
    posted(office)
    assert office.neutralise("chi") is False
    office.invite("chi")
    office.work()
    assert office.in_team("chi") == [LINE, LINE, LINE, "Nominated: Dov"]
    assert office.heard == [Invited(office.team, office.user("chi"))]
    (file,) = office.workspace.state.files.values()
    assert file.deleted
    methods = [c.method for c in office.workspace.calls]
    assert methods.count("chat.update") == 3
    assert methods.index("conversations.invite") > methods.index("files.delete")


def test_nothing_is_told_about_them_afterwards(office: Office) -> None:
    """Later posts are the neutral line, later versions and files are none."""
    posted(office)
    office.neutralise("chi")
    assert office.change("card", "Chi: confirmed") is None
    office.post("Chi is vetoed", about="chi")
    office.attach("more.json", about="chi")
    office.work()
    assert not [text for text in office.in_team() if "Chi" in text]
    assert len(office.workspace.state.files) == 1


def test_what_was_written_at_the_same_moment_is_neutral_at_its_delivery(office: Office) -> None:
    """A post, a version and a file that stood in line before: dropped, or sent as the line."""
    office.post("Nominated: Chi", slot="card", about="chi")
    office.work()
    office.post("Chi, an addendum", about="chi")
    office.attach(about="chi")
    office.change("card", "Chi: passed")
    worker = office.worker()
    worker._claim()  # the addendum is in a worker's hands
    office.neutralise("chi")
    office.invite("chi")
    office.forget_leases()
    office.work(after=LOOK_AFTER)
    assert office.is_inside("chi")
    assert set(office.in_team("chi")) == {LINE}
    assert office.workspace.state.files == {}


@pytest.mark.parametrize("lost", ["cut after", "5xx before"])
@pytest.mark.parametrize("method", ["chat.update", "files.info", "files.delete", "chat.delete"])
def test_under_every_fault_nobody_comes_too_early(office: Office, method: str, lost: str) -> None:
    """However a call fails for a moment, the invitation waits until all is neutral."""
    posted(office)
    office.workspace.faults.add(method, LOST[lost]())
    office.neutralise("chi")
    office.invite("chi")
    office.work()
    assert not office.is_inside("chi")
    office.work(after=LOOK_AFTER)
    assert office.in_team("chi") == [LINE, LINE, LINE, "Nominated: Dov"]
    assert office.heard == [Invited(office.team, office.user("chi"))]


def test_what_somebody_removed_by_hand_is_gone(office: Office) -> None:
    """A message or a file that an admin deleted before holds up nothing."""
    posted(office)
    office.client.chat_delete(channel=office.team, ts=office.messages()[2].ts)
    office.client.files_delete(file=next(iter(office.workspace.state.files)))
    office.neutralise("chi")
    office.invite("chi")
    office.work()
    assert office.is_inside("chi")
    assert office.outcomes[-5:].count("dropped") == 2


def test_what_can_not_be_edited_any_more_is_deleted(office: Office) -> None:
    """Where a workspace lets nobody edit old messages, the bot deletes its own."""
    posted(office)
    for _ in range(3):
        office.workspace.faults.add("chat.update", faults.refused("edit_window_closed"))
    office.neutralise("chi")
    office.invite("chi")
    office.work()
    assert [t for t in office.in_team("chi") if "Chi" in t] == []
    assert office.is_inside("chi")


def test_a_post_that_resists_keeps_them_out_until_it_is_gone(office: Office) -> None:
    """Refused for good: admins hear where and why, the invitation is refused, then both follow."""
    posted(office)
    office.workspace.faults.add("chat.update", faults.refused("something_new"))
    office.neutralise("chi")
    office.invite("chi")
    office.invite("ben")  # somebody else is not kept out
    office.work()
    chi = office.user("chi")
    assert office.heard == [
        PostLingers("chi", office.team, "something_new"),
        PlaceRefused("invite", office.team, chi, LINGERS),
        Invited(office.team, office.user("ben")),
    ]
    assert not office.is_inside("chi")
    office.neutralise("chi")
    office.invite("chi")
    office.work(after=MINUTE)
    assert office.heard[-1] == Invited(office.team, chi)
    assert office.in_team("chi") == [LINE, LINE, LINE, "Nominated: Dov"]


def test_whose_slack_user_is_unknown_could_be_anybody(office: Office) -> None:
    """While a post resists about somebody not known in Slack, nobody at all is invited."""
    posted(office)
    office.workspace.faults.add("chat.update", faults.refused("something_new"))
    office.neutralise("chi", newcomer=None)
    office.invite("chi")
    office.work()
    assert PlaceRefused("invite", office.team, office.user("chi"), LINGERS) in office.heard


def test_again_owes_nothing_that_is_done(office: Office) -> None:
    """Asked twice, each post is changed once."""
    posted(office)
    office.neutralise("chi")
    office.work()
    office.neutralise("chi")
    office.work()
    assert len(office.calls("chat.update")) == 3


def test_a_post_that_may_stand_there_twice_is_told(office: Office) -> None:
    """An answer that was lost may have left a copy which nobody knows: the caller hears of it."""
    office.workspace.faults.add("chat.postMessage", faults.cut_after())
    office.post("Nominated: Chi", slot="card", about="chi")
    office.work()
    office.work(after=LOOK_AFTER)
    assert office.neutralise("chi") is True
    assert said(LINE).text == LINE
