"""What of channels needs no Slack: long lists, and a bot that does not know itself yet."""

from sqlmodel import select

from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Members
from psrt_bot.oversight.messages import SHOWN_STRANGERS, strangers
from psrt_bot.oversight.rules import Stranger
from psrt_bot.oversight.service.places import Places
from psrt_bot.runtime.facts import ChannelSeen, Facts
from psrt_bot.runtime.people import note_channel, note_joined, note_user
from storage.engine import Database
from storage.oversight import ChannelReport
from storage.runtime import OutboxRow
from tests.conftest import START


def reports(database: Database) -> tuple[int, int]:
    """How many reports are remembered, and how many messages owed."""
    with database.reading() as session:
        reported = session.scalars(select(ChannelReport)).all()
        return len(reported), len(session.scalars(select(OutboxRow)).all())


def test_a_long_list_is_cut() -> None:
    """On the first day nobody may be linked: so many are named, and the others counted."""
    many = [(f"U{number}", Stranger.NOBODY) for number in range(SHOWN_STRANGERS + 5)]
    message = strangers("C1", many)
    assert "25 people without a role" in message.text
    assert "and 5 more" in message.text
    assert len(message.blocks) <= 50


def test_a_bot_that_does_not_know_itself_judges_nobody(database: Database) -> None:
    """Slack was away at the start: the bot would report itself."""
    places = Places(Members(Facts()), Admins("C2", ["U9"]), ["C1"])
    event = {"channel": "C1", "user": "U1"}
    with database.transaction() as session:
        note_channel(session, START, {"id": "C1", "is_private": True, "is_member": True})
        note_user(session, START, {"id": "U1", "name": "somebody"})
        note_joined(session, "C1", "U1")
        places.seen(session, START, ChannelSeen("C1"))
        places.joined(session, START, event)
    assert reports(database) == (0, 0)
    places.we_are("U0BOT")
    with database.transaction() as session:
        places.seen(session, START, ChannelSeen("C1"))
        places.seen(session, START, ChannelSeen("C3"))  # none of ours
    assert reports(database) == (1, 1)


def test_somebody_slack_has_not_told_of_is_a_stranger(database: Database) -> None:
    """An event may come before the one that tells who they are."""
    places = Places(Members(Facts()), Admins("C2", ["U9"]), ["C1"])
    places.we_are("U0BOT")
    with database.transaction() as session:
        places.joined(session, START, {"channel": "C1", "user": "U1"})
        places.seen(session, START, ChannelSeen("C1"))  # of the channel itself neither
    with database.reading() as session:
        told = session.scalars(select(OutboxRow)).one().payload["text"]
    assert Stranger.UNKNOWN in told
