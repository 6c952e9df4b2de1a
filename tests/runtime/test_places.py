"""Invitations and removals: safe to repeat, in order, and a refusal is told with its reason."""

from datetime import timedelta

import pytest

from psrt_bot.runtime import outbox
from psrt_bot.runtime.delivery import LOOK_AFTER
from psrt_bot.runtime.facts import Invited, PlaceRefused, Removed
from psrt_bot.runtime.rules import GIVE_UP_AFTER
from psrt_bot.sandbox import faults
from tests.runtime.office import MINUTE, Office
from tests.runtime.test_sending import LOST

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.mark.parametrize("lost", LOST)
def test_an_invitation_and_a_removal_under_every_fault(office: Office, lost: str) -> None:
    """However the call fails for a moment, the person is in, or out, and it is told once."""
    office.workspace.faults.add("conversations.invite", LOST[lost]())
    office.invite("chi")
    office.work()
    office.work(after=LOOK_AFTER)
    assert office.is_inside("chi")
    office.workspace.faults.add("conversations.kick", LOST[lost]())
    office.kick("chi")
    office.work()
    office.work(after=LOOK_AFTER)
    assert not office.is_inside("chi")
    chi = office.user("chi")
    assert office.told == [Invited(office.team, chi), Removed(office.team, chi)]
    assert office.outcomes == ["sent", "sent"]
    assert [row.payload for row in office.rows] == [{}, {}], "delivered rows keep nobody's place"


def test_who_is_inside_or_outside_already(office: Office) -> None:
    """Somebody who is where they should be counts as brought there."""
    office.invite("ana")
    office.kick("chi")
    office.work()
    assert office.told == [
        Invited(office.team, office.user("ana")),
        Removed(office.team, office.user("chi")),
    ]


REFUSALS = {
    "restricted_action": "the workspace's settings do not let the bot do it",
    "cant_invite": "Slack does not let this person be invited here",
    "user_is_restricted": "they are a guest, and guests may not be invited here",
    "no_permission": "the workspace's settings do not let the bot do it",
    "is_archived": "it is archived",
    "not_in_channel": "the bot is not in it",
    "missing_scope": "the app lacks the scope groups:write; install it again with the manifest",
    "something_new": "Slack says something_new",
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_invitation_is_told_with_its_reason(office: Office, code: str) -> None:
    """Each refusal ends the row at once, is told in words, and holds up nothing else."""
    office.workspace.faults.add("conversations.invite", faults.refused(code))
    office.invite("chi")
    office.post("hello")
    office.work()
    refused = PlaceRefused("invite", office.team, office.user("chi"), REFUSALS[code])
    assert office.told == [refused]
    assert office.outcomes == ["dead", "sent"]
    assert not office.is_inside("chi")


def test_a_refused_removal_is_told_with_its_reason(office: Office) -> None:
    """What Slack does not allow is told, and the person stays known to be inside."""
    office.workspace.faults.add("conversations.kick", faults.refused("restricted_action"))
    office.kick("ana")
    office.work()
    (refused,) = office.told
    assert isinstance(refused, PlaceRefused)
    assert (refused.kind, refused.user) == ("kick", office.user("ana"))
    assert office.is_inside("ana")


def test_what_the_workspace_forbids_is_left_to_an_admin(office: Office) -> None:
    """A preference of the workspace against invitations or removals ends the row, and is told."""
    office.workspace.restrict("invite", "kick")
    office.invite("chi")
    office.kick("ana")
    office.work()
    reason = REFUSALS["restricted_action"]
    assert office.told == [
        PlaceRefused("invite", office.team, office.user("chi"), reason),
        PlaceRefused("kick", office.team, office.user("ana"), reason),
    ]
    assert office.outcomes == ["dead", "dead"]
    assert not office.is_inside("chi")
    assert office.is_inside("ana")


def test_a_lasting_outage_ends_in_a_refusal(office: Office) -> None:
    """After days of failures an admin hears of it as of any refusal, and not as of a message."""
    for _ in range(2):
        office.workspace.faults.add("conversations.invite", faults.server_error(503))
    office.invite("chi")
    office.work()
    assert office.told == []
    office.work(after=GIVE_UP_AFTER + MINUTE)
    assert office.told == [
        PlaceRefused("invite", office.team, office.user("chi"), "Slack says http_503")
    ]


def test_an_unusable_token_only_waits(office: Office) -> None:
    """A token that an admin must mend first: the invitation follows once it works."""
    office.workspace.faults.add("conversations.invite", faults.refused("token_revoked"))
    office.invite("chi")
    office.work()
    assert office.told == []
    office.work(after=MINUTE)
    assert office.is_inside("chi")


def test_an_invitation_comes_after_what_the_channel_is_owed(office: Office) -> None:
    """A post that a newcomer must not find is changed before they come, however long it takes."""
    office.post("about chi", slot="card")
    office.work()
    office.change("card", "nothing")
    office.workspace.faults.add("chat.update", faults.rate_limited(30))
    office.invite("chi")
    office.work()
    assert not office.is_inside("chi")
    office.work(after=timedelta(seconds=31))
    assert office.is_inside("chi")
    assert office.in_team() == ["nothing"]


def test_a_removal_waits_for_no_message(office: Office) -> None:
    """While posts to the channel are stuck, people are removed from it all the same."""
    office.workspace.faults.add("chat.postMessage", faults.rate_limited(30))
    office.post("hello")
    office.kick("ana")
    office.work()
    assert not office.is_inside("ana")


def test_only_the_last_wish_counts(office: Office) -> None:
    """Invited, removed and invited before anything left: one call, and the person is inside."""
    office.invite("chi")
    office.kick("chi")
    office.invite("chi")
    office.work()
    assert office.is_inside("chi")
    assert office.outcomes == ["superseded", "superseded", "sent"]
    assert office.calls("conversations.kick") == []


def test_a_late_invitation_does_not_outlive_a_removal(office: Office) -> None:
    """An invitation whose answer was lost may take effect late: the removal comes after that."""
    late = faults.late()
    office.workspace.faults.add("conversations.invite", late)
    office.invite("chi")
    office.lose_patience()
    office.work()
    office.kick("chi")
    office.work(after=timedelta(seconds=30))
    late.wait_held()
    late.release()
    office.work(after=timedelta(seconds=30))
    assert not office.is_inside("chi")


def test_an_unfit_channel(office: Office) -> None:
    """Nobody is invited to a channel that became shared; who must leave it does."""
    office.workspace.state.channels[office.team].is_ext_shared = True
    office.refresh()
    office.invite("chi")
    office.kick("ana")
    office.work()
    chi, ana = office.user("chi"), office.user("ana")
    shared = "it is shared with another workspace"
    assert set(office.told) == {
        PlaceRefused("invite", office.team, chi, shared),
        Removed(office.team, ana),
    }
    assert office.calls("conversations.invite") == []


def test_a_channel_that_the_bot_is_not_in(office: Office) -> None:
    """From outside nobody is taken for removed: Slack's answer would look the same."""
    channel = office.workspace.state.channels[office.team]
    channel.members.remove(office.installation.bot_user_id)
    office.refresh()
    office.kick("ana")
    office.work()
    ana = office.user("ana")
    assert office.told == [PlaceRefused("kick", office.team, ana, "the bot is not in it")]
    assert office.is_inside("ana")


def test_a_removal_from_a_channel_not_known_yet(office: Office) -> None:
    """Before Slack told of a channel a removal is tried; Slack itself says what is wrong."""
    with office.database.transaction() as session:
        outbox.kick(session, office.clock.now(), "C0UNKNOWN", office.user("ana"))
    office.work()
    (refused,) = office.told
    assert refused == PlaceRefused("kick", "C0UNKNOWN", office.user("ana"), "the bot is not in it")
