"""What Slack says of users and channels, fetched and kept (DESIGN sections 2 and 4)."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from psrt_bot.runtime import people
from psrt_bot.runtime.people import channel_problem, live_users
from psrt_bot.sandbox import faults
from storage.engine import Database
from storage.people import SlackChannel, SlackUser
from tests.conftest import START
from tests.runtime.office import Office

sqlite_only = pytest.mark.parametrize("backend", ["sqlite"])


def known(database: Database, user: str) -> SlackUser:
    with database.reading() as session:
        return session.get_one(SlackUser, user)


def alive(database: Database, *users: str) -> set[str]:
    with database.reading() as session:
        return set(live_users(session, users))


FLAGS: dict[str, dict[str, Any]] = {
    "deleted": {"deleted": True},
    "bot": {"bot": True},
    "guest": {"guest": True},
    "single-channel guest": {"single_channel_guest": True},
    "stranger": {"team_id": "T0OTHER"},
}


@sqlite_only
@pytest.mark.parametrize("flag", FLAGS)
def test_only_people_of_ours_are_live(office: Office, flag: str) -> None:
    """Who is deactivated, a bot, a guest, or of another workspace is known, and nobody to ask."""
    odd = office.workspace.add_user("odd", **FLAGS[flag]).id
    office.directory.whoami()
    office.refresh()
    assert known(office.database, odd).name == "odd"
    assert alive(office.database, odd, office.user("ana"), "U0NOBODY") == {office.user("ana")}


@sqlite_only
def test_every_page_is_fetched(office: Office) -> None:
    """A workspace and a channel of more than one page are known whole."""
    members = [office.workspace.add_user(f"member{number}").id for number in range(250)]
    for user in members:
        office.workspace.add_member("team", user)
    office.refresh()
    assert alive(office.database, *members) == set(members)
    with office.database.reading() as session:
        assert all(people.is_in_channel(session, office.team, user) for user in members)
    assert len(office.calls("users.list")) >= 3, "once at the start, then two pages"


def test_a_refresh_brings_what_changed(office: Office) -> None:
    """Who was deactivated is dead, who left a channel is out, who changed zone has the new one."""
    ana, ben = office.user("ana"), office.user("ben")
    office.workspace.change_user("ana", deleted=True)
    office.workspace.change_user("ben", tz="Asia/Tokyo")
    office.workspace.remove_member("team", "ben")
    office.refresh()
    assert alive(office.database, ana, ben) == {ben}
    assert known(office.database, ben).time_zone == "Asia/Tokyo"
    with office.database.reading() as session:
        assert people.is_in_channel(session, office.team, ana)
        assert not people.is_in_channel(session, office.team, ben)


@sqlite_only
def test_what_slack_refuses_keeps_what_is_known(office: Office) -> None:
    """An outage in the middle forgets nobody."""
    office.workspace.faults.add("users.list", faults.server_error())
    with pytest.raises(SlackApiError):
        office.refresh()
    assert alive(office.database, office.user("ana")) == {office.user("ana")}


@sqlite_only
def test_who_we_are(office: Office) -> None:
    """The token's owner is asked for, and a token that is refused raises."""
    me = office.directory.whoami()
    assert me.bot_user_id == office.installation.bot_user_id
    assert me.team_id == known(office.database, office.user("ana")).team_id
    office.workspace.faults.add("auth.test", faults.refused("invalid_auth"))
    with pytest.raises(SlackApiError):
        office.directory.whoami()


def user(**values: object) -> dict[str, object]:
    return {"id": "U1", "team_id": "T1", "name": "una", "tz": "Europe/Berlin", **values}


def note(database: Database, said: dict[str, object], team: str | None = None) -> SlackUser:
    with database.transaction() as session:
        people.note_user(session, START, said, team=team)
    return known(database, "U1")


def test_events_overwrite_what_is_known(database: Database) -> None:
    """``user_change`` tells the whole new state; nothing of the old one stays."""
    note(database, user(is_restricted=True, deleted=True))
    now = note(database, user(profile={"display_name": "Una", "real_name": "Una Ulm"}))
    assert (now.name, now.real_name) == ("Una", "Una Ulm")
    assert (now.is_guest, now.is_deleted) == (False, False)


@sqlite_only
def test_names_fall_back(database: Database) -> None:
    """Somebody without a display name, a real name, a zone or a profile is kept all the same."""
    found = note(database, {"id": "U1", "profile": None})
    assert (found.name, found.real_name, found.time_zone, found.team_id) == ("U1", "U1", "", "")
    found = note(database, user(real_name="Una Ulm", profile={"display_name": ""}))
    assert (found.name, found.real_name) == ("una", "Una Ulm")


@sqlite_only
def test_slackbot_is_a_bot(database: Database) -> None:
    """Slack does not mark its own bot as one."""
    with database.transaction() as session:
        people.note_user(session, START, {"id": "USLACKBOT", "is_bot": False})
    assert known(database, "USLACKBOT").is_bot


@sqlite_only
def test_people_of_other_workspaces(database: Database) -> None:
    """Foreign is who is of another team, unless an organisation has them in ours as well."""
    assert note(database, user(team_id="T2"), team="T1").is_foreign
    assert note(database, user(), team="T1").is_foreign is False
    in_both = user(team_id="T2", enterprise_user={"teams": ["T2", "T1"]})
    assert note(database, in_both, team="T1").is_foreign is False
    assert note(database, user(is_stranger=True), team="T1").is_foreign


@sqlite_only
def test_an_event_forgets_no_stranger(database: Database) -> None:
    """An event does not say whose workspace ours is: a stranger stays one until the next look."""
    note(database, user(team_id="T2"), team="T1")
    assert note(database, user(team_id="T2")).is_foreign
    assert note(database, user(team_id="T1"), team="T1").is_foreign is False
    assert note(database, user(is_stranger=True)).is_foreign


def test_comings_and_goings(database: Database) -> None:
    """Events of a channel are kept, also when one comes twice or about somebody unknown."""
    with database.transaction() as session:
        people.note_joined(session, "C1", "U1")
        people.note_joined(session, "C1", "U1")
        people.note_joined(session, "C2", "U1")
    with database.transaction() as session:
        people.note_left(session, "C1", "U1")
        people.note_left(session, "C1", "U9")
    with database.reading() as session:
        assert not people.is_in_channel(session, "C1", "U1")
        assert people.is_in_channel(session, "C2", "U1")


def channel(**changes: bool) -> SlackChannel:
    values = {"is_private": True, "is_shared": False, "is_archived": False, "is_inside": True}
    return SlackChannel(id="C1", name="c", seen_at=START, **values | changes)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (channel(), None),
        (None, "Slack has not told of it yet"),
        (channel(is_private=False), "it is public"),
        (channel(is_shared=True), "it is shared with another workspace"),
        (channel(is_archived=True), "it is archived"),
        (channel(is_inside=False), "the bot is not in it"),
    ],
)
def test_which_channels_are_fit(found: SlackChannel | None, problem: str | None) -> None:
    """Fit is a private, unshared, living channel with the bot inside; the unknown is not."""
    assert channel_problem(found) == problem


@sqlite_only
@pytest.mark.parametrize(
    "flag", ["is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared"]
)
def test_every_way_of_sharing_counts(database: Database, flag: str) -> None:
    """A channel shared in any way, also only offered to be, is a shared one."""
    with database.transaction() as session:
        info = {"id": "C1", "is_private": True, "is_member": True, flag: True}
        people.note_channel(session, START, info)
        assert people.why_unfit(session, "C1") == "it is shared with another workspace"


@sqlite_only
def test_channels_that_cannot_be_read(office: Office) -> None:
    """A channel without the bot, or a public one, is kept as unfit; the others are read still.

    Who was in it is remembered: a nominee who could read the card must not be forgotten.
    """
    office.workspace.remove_member("team", office.installation.bot_user_id)
    office.workspace.state.channel("side").kind = "channel"
    office.refresh()
    with office.database.reading() as session:
        assert people.why_unfit(session, office.team) == "the bot is not in it"
        assert people.why_unfit(session, office.side) == "it is public"
        assert people.is_in_channel(session, office.team, office.user("ana"))
        assert session.get_one(SlackChannel, office.team).name == "team"


@sqlite_only
def test_a_channel_read_from_outside(office: Office) -> None:
    """Where Slack tells of a channel without the bot in it, who was in it is remembered too."""
    app = office.installation.app
    app.scopes = app.scopes | {"channels:read"}
    office.workspace.remove_member("team", app.bot_user_id)
    office.workspace.state.channel("team").kind = "channel"
    office.refresh()
    with office.database.reading() as session:
        assert people.why_unfit(session, office.team) == "it is public"
        assert people.is_in_channel(session, office.team, office.user("ana"))


@sqlite_only
def test_a_channel_never_seen_from_inside(office: Office) -> None:
    """A configured channel that the bot never was in is unfit, and does not stop the look."""
    unseen = office.workspace.add_channel("unseen", private=True, members=["ana"]).id
    directory = people.Directory(office.database, office.client, [unseen, office.side])
    office.workspace.remove_member("side", "ben")
    directory.refresh_channels(office.clock.now())
    with office.database.reading() as session:
        assert people.why_unfit(session, unseen) == "the bot is not in it"
        assert not people.is_in_channel(session, office.side, office.user("ben"))


@sqlite_only
def test_other_refusals_of_a_channel_are_told(office: Office) -> None:
    """What is no answer about the channel is raised."""
    office.workspace.faults.add("conversations.info", faults.refused("invalid_auth"))
    with pytest.raises(SlackApiError):
        office.refresh()
