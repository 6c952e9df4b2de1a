"""The team's channels stay fit, and nobody sits in them unnoticed (DESIGN section 2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from psrt_bot.membership.rules import Role
from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.people import is_in_channel, why_unfit
from psrt_bot.sandbox import faults
from storage.people import SlackChannel, SlackChannelMember, SlackUser
from tests.journeys.house import ADMINS, House, built_house
from tests.journeys.steps import change_role, make_member


@pytest.fixture(params=["socket", "http"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """Events come in both ways."""
    with built_house(tmp_path, request.param) as built:
        built.work()
        yield built


def team(house: House) -> str:
    """The team channel's id."""
    assert house.settings.team_channel
    return house.settings.team_channel


def unfit(house: House) -> str | None:
    """Why the team channel is unfit, as the bot knows."""
    with house.bot.database.reading() as session:
        return why_unfit(session, team(house))


def known(house: House, reason: str | None) -> None:
    """Wait until the bot has heard."""
    house.workspace.wait_for(lambda: unfit(house) == reason)
    house.work()


def inside(house: House, who: str, there: bool = True, channel: str = "") -> None:
    """Wait until the bot has heard that somebody came or left, and let it tell."""

    def heard_of_it() -> bool:
        with house.bot.database.reading() as session:
            here = is_in_channel(session, channel or team(house), house.person(who).id)
            return here is there

    house.workspace.wait_for(heard_of_it)
    house.work()


def owe(house: House, text: str, about: str | None = None) -> None:
    """Owe a message to the team."""
    with house.session() as session:
        outbox.post(session, house.clock.now(), team(house), Message(text), about=about)


def said(house: House) -> str:
    """Everything in the team channel."""
    return "\n".join(message.text for message in house.person("chi").channel("team").everything)


def heard(house: House, words: str, who: str = "ben") -> list[str]:
    """What an admin hears by direct message that has these words."""
    return [m.rendered for m in house.person(who).inbox if words in m.rendered]


def noted(house: House, words: str = "without a role") -> list[str]:
    """What stands in the admin channel that has these words."""
    posts = house.person("ben").channel("admins").everything
    return [m.rendered for m in posts if words in m.rendered]


def test_a_channel_that_is_shared_is_left_alone_at_once(house: House) -> None:
    """The event alone is enough: nothing is posted, nobody nominates, each admin hears once."""
    house.workspace.share("team")
    known(house, "it is shared with another workspace")
    owe(house, "embargoed talk")
    house.work()
    house.pass_time(hours=1)
    house.bot.refresh_people()
    house.work()
    assert "embargoed" not in said(house)
    for admin in ADMINS:
        (told,) = heard(house, "are held back", admin)
        assert "it is shared with another workspace" in told
        assert "embargoed" not in told
    house.workspace.unshare("team")
    house.workspace.wait_for(house.bot.directory.in_doubt)
    house.work()
    assert "embargoed" not in said(house)  # what makes it fit again is asked for, not believed
    house.bot.refresh_people()
    house.work()
    assert "embargoed talk" in said(house)  # at once, not only after the usual pause
    assert len(heard(house, "is fit again")) == 1
    house.workspace.share("team")
    known(house, "it is shared with another workspace")
    assert len(heard(house, "are held back")) == 2  # what goes wrong again is told again


def test_a_channel_that_is_archived(house: House) -> None:
    """Likewise, and back."""
    house.workspace.archive("team")
    known(house, "it is archived")
    assert len(heard(house, "it is archived")) == 1
    house.workspace.unarchive("team")
    house.workspace.wait_for(house.bot.directory.in_doubt)
    house.bot.refresh_people()
    assert unfit(house) is None


def test_a_channel_that_the_bot_was_removed_from(house: House) -> None:
    """Nothing more is tried there until it is inside again."""
    assert house.bot._bot_user_id
    house.workspace.remove_member("team", house.bot._bot_user_id)
    known(house, "the bot is not in it")
    assert len(heard(house, "the bot is not in it")) == 1
    house.workspace.invite_bot("team")
    house.workspace.wait_for(house.bot.directory.in_doubt)
    house.bot.refresh_people()
    assert unfit(house) is None
    house.work()
    assert noted(house) == []  # the bot is no stranger


def test_nobody_is_a_stranger_before_slack_has_told_who_there_is(house: House) -> None:
    """At a first start a channel may be asked about before the users are known (a message is due):
    who sits there is judged only then."""
    house.close()
    with house.session() as session:
        for table in (SlackUser, SlackChannelMember, SlackChannel):
            session.execute(delete(table))
    house.workspace.faults.add("users.list", faults.server_error(), times=1)
    house.open()
    owe(house, "Hello")
    house.work()
    house.work()
    assert "Hello" in said(house)
    assert noted(house) == []
    house.bot.refresh_people()
    house.work()
    assert noted(house) == []


def test_a_channel_that_is_renamed(house: House) -> None:
    """It is known by its new name, and stays what it is."""

    def named() -> bool:
        with house.bot.database.reading() as session:
            return session.get_one(SlackChannel, team(house)).name == "response"

    house.workspace.rename("team", "response")
    house.workspace.wait_for(named)
    assert unfit(house) is None


def test_a_channel_that_became_public_is_asked_about_before_a_post(house: House) -> None:
    """Slack has no event for it: so nothing about somebody is posted without having asked."""
    house.pass_time(minutes=5)
    house.workspace.make_public("team")
    house.nominate(by="ana", nominee="nia")
    assert "Nia" not in said(house)
    assert unfit(house) == "it is public"
    assert len(heard(house, "it is public")) == 1


def test_an_outage_while_asking_holds_the_post_up_and_no_more(house: House) -> None:
    """What cannot be asked is not posted; it follows when Slack answers."""
    house.pass_time(minutes=5)
    house.workspace.faults.add("conversations.info", faults.server_error(), times=1)
    owe(house, "about somebody", about="x")
    house.work()
    assert "about somebody" not in said(house)
    house.pass_time(minutes=1)
    assert "about somebody" in said(house)


def test_somebody_without_a_role_comes_in(house: House) -> None:
    """Admins read of it once, not each hour; when they come back, again."""
    house.workspace.add_member("team", "oli", inviter="chi")
    inside(house, "oli")
    (told,) = noted(house)
    assert "1 person without a role can read" in told
    assert "linked to nobody who holds a role" in told
    for _ in range(3):
        house.pass_time(hours=1)
        house.bot.refresh_people()
        house.work()
    assert len(noted(house)) == 1
    house.workspace.remove_member("team", "oli")
    inside(house, "oli", False)
    house.workspace.add_member("team", "oli", inviter="chi")
    inside(house, "oli")
    assert len(noted(house)) == 2


def test_whoever_holds_a_role_is_no_stranger(house: House) -> None:
    """A new member who is added by hand is nobody's business; without the role they are."""
    make_member(house, "nia", "Nia Novak", "nia")
    house.workspace.add_member("team", "nia", inviter="chi")
    house.bot.refresh_people()
    house.work()
    assert noted(house) == []
    change_role(house, "nia", Role.MEMBER, held=False)
    house.bot.refresh_people()
    house.work()
    assert len(noted(house)) == 1


def test_whom_the_bot_invites_is_no_stranger(house: House) -> None:
    """Onboarding may invite before it gives the role: then Slack's event names the bot."""
    with house.session() as session:
        outbox.invite(session, house.clock.now(), team(house), house.person("oli").id)
    house.work()
    assert house.person("oli").channel("team")
    house.pass_time(hours=1)
    house.bot.refresh_people()
    house.work()
    assert noted(house) == []


def test_who_is_inside_before_the_bot_looks(house: House) -> None:
    """Guests, other apps, people of elsewhere and former members are found by the hourly look."""
    house.close()
    house.workspace.add_user("gus", real_name="Gus Guest", guest=True)
    house.workspace.add_user("app", real_name="Another App", bot=True)
    house.workspace.add_user("sam", real_name="Sam Stranger", team_id="T0OTHER")
    house.workspace.add_user("old", real_name="Olga Old", deleted=True)
    for who in ("gus", "app", "sam", "old"):
        house.workspace.add_member("team", who)
    house.open()
    house.work()
    (told,) = noted(house)
    assert "3 people without a role" in told
    for words in ("a guest", "another app", "of another workspace"):
        assert words in told


def test_a_stranger_in_the_admins_channel_is_told_elsewhere(house: House) -> None:
    """Each admin hears of it by direct message: the stranger would read it there."""
    house.workspace.add_member("admins", "oli", inviter="ana")
    assert house.settings.admin_channel
    inside(house, "oli", channel=house.settings.admin_channel)
    assert noted(house) == []
    for admin in ADMINS:
        assert len(heard(house, "without a role", admin)) == 1


def test_other_channels_are_nobodys_business(house: House) -> None:
    """The bot may be invited elsewhere: it keeps nothing of who comes and goes there."""
    house.workspace.add_channel("lunch", private=True, members=["chi"])
    house.workspace.invite_bot("lunch")
    house.workspace.add_member("lunch", "oli", inviter="chi")
    house.workspace.share("lunch")
    house.workspace.remove_member("lunch", "oli")
    house.workspace.rename("lunch", "dinner")
    house.workspace.add_member("team", "nia", inviter="chi")  # heard after all of these
    inside(house, "nia")
    assert len(noted(house)) == 1
    assert heard(house, "are held back") == []
