"""Deliveries that go wrong, through the whole bot: twice, late, never, cut off, ack lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from commands.surface import TOO_SLOW
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.model import Delivered
from psrt_bot.voting.service.casting import SPENT
from storage.voting import SealedBallot
from tests.journeys.house import House, built_house
from tests.journeys.polling import (
    TEAM,
    bundle,
    card,
    open_ballot,
    posted,
    receipt_of,
    said,
    votes,
    whispered,
)
from tests.journeys.steps import nominations, to_preview
from tests.runtime.captured_logs import logged

BACK = 20  # seconds at most; slack_sdk looks after its connection every five


@pytest.fixture
def socket_house(tmp_path: Path) -> Iterator[House]:
    """A bot in Socket Mode, for what only a socket can suffer."""
    with built_house(tmp_path, "socket") as built:
        yield built


def stored(house: House) -> int:
    """How many ballots there are."""
    with house.bot.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SealedBallot)) or 0


def submissions(house: House, callback_id: str) -> list[Delivered]:
    """The deliveries of a form's submission so far."""
    return [
        parcel
        for parcel in house.workspace.state.delivered
        if parcel.payload.get("type") == "view_submission"
        and parcel.payload["view"]["callback_id"] == callback_id
    ]


def receipts_in(parcels: list[Delivered]) -> list[str]:
    """The receipts that acks of ballots showed."""
    shown = [parcel.ack.body["view"] for parcel in parcels if "view" in parcel.ack.body]
    texts = [str(view["blocks"]) for view in shown]
    return [text.split("`")[1] for text in texts]


def bulletin_of(house: House) -> str:
    """Close the vote on Nia, with two more ballots in it, and read what is published."""
    votes(house, ana="Yes", ben="Yes")
    house.pass_time(days=7)
    result = posted(house, "has passed")
    assert "3 ballots of 6 electors" in result.rendered
    return bundle(house, result).decode()


# twice at once


def test_a_ballot_delivered_twice_at_once_counts_once(house: House) -> None:
    """Both copies are answered: one with the receipt that counts, one that it is recorded."""
    house.nominate()
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    house.workspace.faults.add("view_submission", faults.twice(at_once=True))
    assert ballot.submit().status in ("ok", "errors")  # whichever copy's answer Slack takes
    both = submissions(house, "voting.cast")
    assert [parcel.ack.status for parcel in both] == ["ok", "ok"]
    assert [p.ack.body["errors"] for p in both if "errors" in p.ack.body] == [{"choice": SPENT}]
    (code,) = receipts_in(both)
    assert stored(house) == 1
    assert code in bulletin_of(house)


def test_a_nomination_delivered_twice_at_once_is_made_once(house: House) -> None:
    """One nomination, one card, one vote; neither copy is answered with an error."""
    preview = to_preview(house)
    house.workspace.faults.add("view_submission", faults.twice(at_once=True))
    assert preview.submit().status == "ok"
    both = submissions(house, preview.callback_id)
    assert [parcel.ack.status for parcel in both] == ["ok", "ok"]
    assert both[0].ack.body == both[1].ack.body
    house.work()
    assert len(nominations(house)) == 1
    assert len(said(house, "Nomination: Nia Novak")) == 1
    house.person("chi").command("/vote", channel=TEAM)
    house.person("chi").wait_modal(title="Vote")  # with two it were a list


# on the way there, and on the way back


def test_a_ballot_whose_ack_is_lost_counts_until_it_is_cast_again(house: House) -> None:
    """Acknowledged means committed, whether or not Slack hears of it."""
    house.nominate()
    house.workspace.faults.add("view_submission", faults.ack_lost())
    ballot = open_ballot(house, "chi").fill("Your vote", "No")
    assert ballot.submit().status == "operation_timeout"
    assert stored(house) == 1
    (lost,) = receipts_in(submissions(house, "voting.cast"))
    ballot.close()
    again = open_ballot(house, "chi")
    assert "You have voted." in again.text.replace("*", "")
    again.fill("Your vote", "Yes").submit()
    code = receipt_of(house.person("chi"))
    assert stored(house) == 1
    bulletin = bulletin_of(house)
    assert code in bulletin
    assert lost not in bulletin


def test_a_ballot_that_never_arrives_is_not_there(house: House) -> None:
    """The form stays, and submitting it again casts it."""
    house.nominate()
    house.workspace.faults.add("view_submission", faults.never_delivered())
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    assert ballot.submit().status == "operation_timeout"
    assert stored(house) == 0
    assert ballot.submit().status == "ok"
    assert receipt_of(house.person("chi")) in bulletin_of(house)


def test_a_command_that_comes_late_asks_to_try_again(house: House) -> None:
    """Its trigger has expired: no window opens, and the person hears why."""
    house.nominate()
    chi = house.person("chi")
    house.workspace.faults.add("/vote", faults.delivered_late(3.1))
    assert chi.command("/vote", channel=TEAM).status == "ok"
    whispered(chi, TOO_SLOW)
    assert chi.modal is None
    open_ballot(house, "chi").fill("Your vote", "Yes").submit()
    assert receipt_of(chi)


def test_a_connection_cut_while_a_ballot_is_under_way(house: House) -> None:
    """The bot has the ballot and nobody its answer; it is reached again by itself."""
    house.nominate()
    house.workspace.faults.add("view_submission", faults.cut_off())
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    assert ballot.submit().status == "dispatch_failed"
    house.workspace.wait_for(lambda: stored(house) == 1)
    reached_again(house)
    assert ballot.submit().status == "errors"
    assert ballot.errors["Your vote"] == SPENT
    ballot.close()
    open_ballot(house, "chi").fill("Your vote", "Yes").submit()
    code = receipt_of(house.person("chi"))
    assert stored(house) == 1
    assert code in bulletin_of(house)


def reached_again(house: House) -> None:
    """Wait until a socket's bot has come back."""
    if house.transport == "socket":
        house.installation.wait_connected(BACK)


@pytest.mark.parametrize("reason", ["refresh_requested", None])
def test_a_disconnect_in_the_middle_of_a_vote(socket_house: House, reason: str | None) -> None:
    """With a word before or without one: the bot comes back, and the open ballot can be cast."""
    house = socket_house
    house.nominate()
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    house.installation.disconnect(reason)
    house.installation.wait_connected(BACK)
    assert ballot.submit().status == "ok"
    assert receipt_of(house.person("chi")) in bulletin_of(house)


def test_a_warned_bot_is_there_when_its_connection_goes(socket_house: House) -> None:
    """It opens another one at the warning, and the next click comes by that."""
    house = socket_house
    house.nominate()
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    hub, app_id = house.workspace.server.hub, house.installation.app_id
    house.installation.warn()
    house.workspace.wait_for(lambda: not all(socket.warned for socket in hub.of(app_id)), BACK)
    house.installation.close_warned()
    assert ballot.submit().status == "ok"
    card(house).click("Details", by=house.person("dov"))
    house.person("dov").wait_modal()
    assert receipt_of(house.person("chi")) in bulletin_of(house)


# at most once (DESIGN section 4)

LOST: dict[str, Callable[[], faults.Fault]] = {
    "503": faults.server_error,
    "503 after the effect": lambda: faults.server_error(took_effect=True),
    "429": faults.rate_limited,
    "cut before": faults.cut_before,
    "cut after the effect": faults.cut_after,
    "timed out after the effect": lambda: faults.timed_out(took_effect=True),
}


def windows(house: House) -> int:
    """How often a window was asked for so far."""
    return sum(call.method == "views.open" for call in house.workspace.calls)


def test_windows_and_whispers_are_tried_once(house: House) -> None:
    """Whatever becomes of views.open and of a response_url: one try each, none of them later."""
    house.nominate()
    chi = house.person("chi")
    whispers: list[Any] = []

    def heard(args: dict[str, Any]) -> bool:
        whispers.append(args)
        return True

    before = windows(house)
    for number, (name, lost) in enumerate(LOST.items(), 1):
        house.workspace.faults.add("views.open", lost(), times=9)
        house.workspace.faults.add("response_url", lost(), times=9, when=heard)
        with logged() as log:
            assert chi.command("/vote", channel=TEAM).status == "ok"
            house.workspace.wait_for(lambda: "response_lost" in log.getvalue(), 8)
            house.work()
        assert "view_not_opened" in log.getvalue()
        assert (windows(house) - before, len(whispers)) == (number, number), name
        house.workspace.faults.clear()
        if chi.modal:
            chi.modal.close()
    house.workspace.faults.add("response_url", faults.delayed(0), times=9, when=heard)
    house.pass_time(minutes=5)
    house.pass_time(days=1)
    house.close()  # which waits for what is under way
    house.open()
    house.work()
    assert (windows(house) - before, len(whispers)) == (len(LOST), len(LOST))
    assert "chat.postEphemeral" not in {call.method for call in house.workspace.calls}
