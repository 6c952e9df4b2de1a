"""What admins hear when a message cannot go where it should."""

from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.faults import Fault
from tests.journeys.house import ADMINS, House


def owe(house: House, text: str) -> None:
    with house.session() as session:
        outbox.post(session, house.clock.now(), house.settings.team_channel or "", Message(text))


def heard(house: House, admin: str) -> list[str]:
    return [message.rendered for message in house.person(admin).inbox]


def test_a_shared_channel_is_held_and_admins_are_told(house: House) -> None:
    """Once the team's channel is shared, nothing goes there; each admin hears why, without what."""
    house.workspace.share("team")
    house.bot.refresh_people()
    owe(house, "embargoed talk")
    house.work()
    house.pass_time(minutes=30)
    for admin in ADMINS:
        told = [text for text in heard(house, admin) if "held back" in text]
        assert len(told) == 1
        assert "it is shared with another workspace" in told[0]
        assert "embargoed talk" not in told[0]
    assert all(
        "embargoed talk" not in m.rendered for m in house.person("chi").channel("team").messages
    )


def test_a_dead_letter_is_told_without_its_content(house: House) -> None:
    """A message that Slack refuses for good: admins hear where to and why, never what."""
    house.workspace.faults.add("chat.postMessage", faults.refused("msg_too_long"))
    owe(house, "embargoed talk")
    house.work()
    for admin in ADMINS:
        told = [text for text in heard(house, admin) if "cannot be delivered" in text]
        assert len(told) == 1
        assert "msg_too_long" in told[0]
        assert "embargoed talk" not in told[0]


def test_a_messages_tab_that_is_off_is_told_where_it_can_be_read(house: House) -> None:
    """Nobody can be written to directly: admins hear it once, in their channel, with the remedy,
    and everything that was owed follows once the tab is on."""
    home = house.installation.app.manifest["features"]["app_home"]
    home["messages_tab_enabled"] = False
    house.nominate()
    with house.session() as session:
        for login in ("chi", "dov"):
            outbox.tell(session, house.clock.now(), house.person(login).id, Message("embargoed"))
    house.work()
    house.pass_time(hours=1)
    admins = house.person("ben").channel("admins")
    (told,) = [m.rendered for m in admins.everything if "held back" in m.rendered]
    assert "the app's Messages tab is off. Turn it on" in told
    assert "embargoed" not in told
    home["messages_tab_enabled"] = True
    house.pass_time(minutes=15)
    assert [m.text for m in house.person("dov").inbox] == ["embargoed"]


def test_a_dead_direct_message_is_told_in_the_admins_channel(house: House) -> None:
    """Somebody who cannot be written to: admins read to whom and why, never what."""
    house.workspace.faults.add("conversations.open", faults.refused("user_disabled"))
    with house.session() as session:
        outbox.tell(session, house.clock.now(), house.person("dov").id, Message("embargoed talk"))
    house.work()
    admins = house.person("ana").channel("admins").everything
    (told,) = [m.rendered for m in admins if "cannot be delivered" in m.rendered]
    assert "user_disabled" in told
    assert "embargoed talk" not in told


def test_an_upload_that_is_refused_is_told_to_admins_at_once(house: House) -> None:
    """The result's file is refused by the upload's address: admins hear of it with the result, by
    the status alone, and the result itself stands in the channel."""
    house.workspace.faults.add("upload", Fault("refused", 403, body={"said": "embargoed talk"}))
    house.nominate()
    house.work()
    for login in ("ana", "ben", "chi"):
        house.vote(login, "Yes")
    house.pass_time(days=7, minutes=1)
    for admin in ADMINS:
        told = [text for text in heard(house, admin) if "cannot be delivered" in text]
        assert len(told) == 1
        assert "http_403" in told[0]
        assert "embargoed talk" not in told[0]
        assert "/upload/" not in told[0]
    assert [file for file in house.workspace.state.files.values() if file.content] == []
