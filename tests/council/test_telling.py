"""How the council is told at the edges, and what begins with it; SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from psrt_bot.council.rules import DecisionState, Recusal
from psrt_bot.council.service.answering import NOT_ON_THE_ROLL
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.runtime.facts import CouncilTold, Delivered, DeliveryHeld
from psrt_bot.runtime.rules import AlreadyDone, NotAllowed
from storage.people import SlackChannelMember
from tests.council.chamber import ADMINS, CHANNEL, COUNCIL, DAY, WEEK, Chamber, nominee

SECOND = timedelta(seconds=1)


def test_the_window_starts_with_the_delivery_and_once(chamber: Chamber) -> None:
    """Not when the notice is owed; and a second telling of the same changes nothing."""
    chamber.begin()
    assert chamber.state() is DecisionState.AWAITING_NOTICE
    chamber.clock.move(3 * DAY)
    chamber.deliver()
    assert chamber.decision.opened_at == chamber.clock.now()
    assert chamber.decision.ends_at == chamber.clock.now() + WEEK
    chamber.clock.move(DAY)
    chamber.deliver()
    with chamber.database.transaction() as session:
        chamber.telling.delivered(session, chamber.clock.now(), Delivered("card:of another"))
    assert chamber.told == [CouncilTold("thing")]
    assert chamber.decision.ends_at == chamber.clock.now() + WEEK - DAY


def test_direct_messages_open_the_window_when_the_last_is_through(chamber: Chamber) -> None:
    """One that cannot be delivered holds up nothing; the admins get a name and a mail."""
    chamber.begin(nominee("cem"))
    assert chamber.owed(CHANNEL) == []
    assert len(chamber.slots()) == 4
    first = chamber.slots()[0]
    with chamber.database.transaction() as session:
        chamber.telling.delivered(session, chamber.clock.now(), Delivered(first))
    assert chamber.state() is DecisionState.AWAITING_NOTICE
    chamber.deliver(died=("col",))
    assert chamber.state() is DecisionState.OPEN
    (said,) = chamber.owed(ADMINS)
    assert "not reached in Slack: Col." in said
    assert "Cem is recused as the nominee" in said
    assert all("Cem" not in text for text in chamber.owed("dm:Ucem"))


def test_when_no_direct_message_arrives_admins_write_a_mail(chamber: Chamber) -> None:
    """Nobody was told, so no window; the admins hear why."""
    chamber.begin(nominee("cem"))
    chamber.deliver(died=COUNCIL)
    assert chamber.state() is DecisionState.AWAITING_NOTICE
    assert "Slack says account_inactive" in chamber.owed(ADMINS)[0]


def test_a_nominee_in_the_councils_channel_keeps_it_out_of_there(chamber: Chamber) -> None:
    """They need not be of the council to read along."""
    with chamber.database.transaction() as session:
        session.add(SlackChannelMember(channel_id=CHANNEL, user_id="Udov"))
    chamber.begin(Recusal("the nominee", person_id=chamber.ids["dov"], blind=True))
    assert chamber.owed(CHANNEL) == []
    assert len(chamber.slots()) == 5


def test_a_nominee_alone_in_the_council_leads_to_a_mail(chamber: Chamber) -> None:
    """There is nobody else to tell, and the roll will be empty."""
    with chamber.database.transaction() as session:
        for name in ("cat", "cia", "col", "cyn"):
            person = find_person(session, f"U{name}")
            chamber.members.revoke(
                session, chamber.clock.now(), person, Role.STEERING_COUNCIL, "tests"
            )
    chamber.begin(nominee("cem"))
    assert chamber.slots() == []
    assert "none of the others can be reached" in chamber.owed(ADMINS)[0]


def test_a_channel_that_became_unfit_leads_to_a_mail_and_the_card_may_follow(
    chamber: Chamber,
) -> None:
    """Held at delivery; an admin's mail opens the window, the late card does not open another."""
    chamber.begin()
    (slot,) = chamber.slots()
    with chamber.database.transaction() as session:
        held = DeliveryHeld(CHANNEL, "it is archived", slot)
        chamber.telling.held(session, chamber.clock.now(), held)
        chamber.telling.held(session, chamber.clock.now(), DeliveryHeld(CHANNEL, "x", None))
    assert "of its channel, it is archived" in chamber.owed(ADMINS)[0]
    with chamber.database.transaction() as session:
        chamber.telling.told_by_mail(session, chamber.clock.now(), "Uana", chamber.decision.id)
    opened = chamber.decision.opened_at
    chamber.clock.move(DAY)
    chamber.deliver()
    assert chamber.decision.opened_at == opened
    assert chamber.told == [CouncilTold("thing")]
    with chamber.database.transaction() as session, pytest.raises(AlreadyDone):
        chamber.telling.told_by_mail(session, chamber.clock.now(), "Uben", chamber.decision.id)


def test_who_is_recused_does_not_say_that_the_council_knows(chamber: Chamber) -> None:
    """Else a nominator who is an admin would open the window, and silence confirm; another can."""
    chamber.begin(Recusal("the nominator", person_id=chamber.ids["ana"]), nominee("cem"))
    chamber.deliver(died=COUNCIL)
    decision_id, now = chamber.decision.id, chamber.clock.now()
    with chamber.database.transaction() as session, pytest.raises(NotAllowed, match="recused"):
        chamber.telling.told_by_mail(session, now, "Uana", decision_id)
    assert chamber.state() is DecisionState.AWAITING_NOTICE
    with chamber.database.transaction() as session:
        chamber.telling.told_by_mail(session, now, "Uben", decision_id)
    assert chamber.state() is DecisionState.OPEN
    assert chamber.decision.told_by == chamber.ids["ben"]


def test_admins_are_reminded_until_the_council_was_told(chamber: Chamber) -> None:
    """Every other day, and not once more."""
    chamber.begin()
    for _ in range(3):
        chamber.pass_time(2 * DAY)
    assert sum("has not been told" in said for said in chamber.owed(ADMINS)) == 3
    chamber.deliver()
    chamber.pass_time(2 * DAY)
    assert sum("has not been told" in said for said in chamber.owed(ADMINS)) == 3


def test_the_roll_is_frozen_when_the_council_is_told(chamber: Chamber) -> None:
    """Who joins between putting it before the council and the notice is on it; later, not."""
    chamber.begin()
    with chamber.database.transaction() as session:
        person = find_person(session, "Udov")
        chamber.members.grant(session, chamber.clock.now(), person, Role.STEERING_COUNCIL, "tests")
    chamber.deliver()
    with chamber.database.transaction() as session:
        person = find_person(session, "Uana")
        chamber.members.grant(session, chamber.clock.now(), person, Role.STEERING_COUNCIL, "tests")
    chamber.fine("dov")
    with pytest.raises(NotAllowed, match="not in the council when it was told"):
        chamber.fine("ana")
    assert NOT_ON_THE_ROLL.endswith("(R4).")
