"""Who may not vote: no member at the opening, none any more, or after the close; and repeats."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from psrt_bot.membership.service.people import REFUSAL, find_person
from psrt_bot.runtime.heartbeat import beat
from psrt_bot.sandbox import faults
from psrt_bot.voting.service.casting import NOT_YOURS, OVER, PAUSED
from storage.voting import Poll, SealedBallot
from tests.journeys.house import House
from tests.journeys.polling import (
    ADMINS,
    TEAM,
    bundle,
    card,
    join,
    leave,
    open_ballot,
    posted,
    receipt_of,
    refused,
    votes,
    whispered,
)


def stored(house: House) -> int:
    """How many ballots there are."""
    with house.bot.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SealedBallot)) or 0


def test_strangers_and_the_nominee_see_nothing(house: House) -> None:
    """An outsider and the nominee hear the same words as if there were no vote, by any door."""
    before = house.person("oli").command("/vote", channel="general").text
    house.nominate(nominee="nia")
    for login in ("oli", "nia"):
        person = house.person(login)
        assert person.command("/vote", channel="general").text == before == REFUSAL
        assert person.command("/vote", "results", channel="general").text == REFUSAL
        # Even with the button before their eyes, which the channel would not show them.
        house.workspace.add_member(TEAM, login)
        card(house).click("Vote", by=person)
        whispered(person, REFUSAL)
        assert person.modal is None


def test_who_becomes_a_member_later_has_no_ballot(house: House) -> None:
    """A member since the opening finds no vote, and the card's button says why; nothing is cast."""
    house.nominate()
    join(house, "oli", "Oli Okoro")
    person = house.person("oli")
    assert "no open vote for you" in (person.command("/vote", channel=TEAM).text or "")
    card(house).click("Vote", by=person)
    whispered(person, NOT_YOURS)
    assert person.modal is None
    # The nominee who becomes a member by another way takes no part either (R12).
    join(house, "nia", "Nia Novak")
    nominee = house.person("nia")
    card(house).click("Vote", by=nominee)
    whispered(nominee, NOT_YOURS)
    assert stored(house) == 0


def test_who_left_keeps_the_ballot_cast_and_loses_the_vote(house: House) -> None:
    """Leaving during a vote: a ballot already cast counts, none can be cast or changed any more,
    not even from a modal that is open; the result tells how many left, not who."""
    house.nominate()
    receipts = votes(house, ana="Yes", ben="Yes", fay="No")
    voted, not_voted = open_ballot(house, "fay"), open_ballot(house, "eve")
    leave(house, "fay")
    leave(house, "eve")
    for login, ballot in (("fay", voted), ("eve", not_voted)):
        assert refused(ballot.fill("Your vote", "Yes")) == REFUSAL
        assert house.person(login).command("/vote", channel=TEAM).text == REFUSAL
    house.pass_time(days=7)
    result = posted(house, "has passed")
    assert "Yes 2, no 1, abstain 0: 3 ballots of 6 electors." in result.rendered
    assert "2 members left the team during the vote." in result.rendered
    assert "Fay" not in result.rendered
    assert receipts["fay"] in bundle(house, result).decode()


def test_another_slack_account_brings_no_vote(house: House) -> None:
    """Linking an elector to another Slack user during the vote moves no right to vote there."""
    house.nominate()
    with house.session() as session:
        person = find_person(session, "fay")
        user = house.person("oli").id
        house.bot.services.members.link(session, house.clock.now(), person, user, "tests")
    house.workspace.add_member(TEAM, "oli")
    member = house.person("oli")
    assert "no open vote for you" in (member.command("/vote", channel=TEAM).text or "")
    card(house).click("Vote", by=member)
    whispered(member, NOT_YOURS)
    assert house.person("fay").command("/vote", channel=TEAM).text == REFUSAL
    assert stored(house) == 0


def test_an_electors_account_in_other_hands_brings_no_vote(house: House) -> None:
    """Whoever is given the account of an elector is not that elector: nothing is offered to them,
    and the button of the card takes no ballot."""
    house.nominate()
    join(house, "oli", "Oli Olsen")
    with house.session() as session:
        fay, oli = find_person(session, "fay"), find_person(session, "oli")
        now, links = house.clock.now(), house.bot.services.members
        user = house.person("fay").id
        links.unlink(session, now, fay, "tests")
        links.unlink(session, now, oli, "tests")
        links.link(session, now, oli, user, "tests")
    member = house.person("fay")
    assert "no open vote for you" in (member.command("/vote", channel=TEAM).text or "")
    card(house).click("Vote", by=member)
    whispered(member, NOT_YOURS)
    assert stored(house) == 0


def test_no_ballot_opens_while_admins_decide_on_the_close(house: House) -> None:
    """Neither by the command nor by the card, though the vote has not ended."""
    house.nominate()
    with house.session() as session:
        session.execute(update(Poll).values(awaits_close_decision=True))
    member = house.person("chi")
    assert member.command("/vote", channel=TEAM).text == PAUSED
    card(house).click("Vote", by=member)
    whispered(member, PAUSED)


@pytest.mark.parametrize("swept", [True, False])
def test_nobody_votes_after_the_close(house: House, swept: bool) -> None:
    """A modal opened in time and submitted too late is refused in clear words, whether or not the
    close was swept yet; the ballot cast before counts, and nothing of the modal is lost."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    late = open_ballot(house, "chi").fill("Your vote", "Yes").fill("Check word", "otter7")

    if swept:
        house.pass_time(days=7)
    else:
        house.clock.move(timedelta(days=7))
        with house.session() as session:
            beat(session, house.clock.now(), absent=False)
    assert refused(late) == OVER
    assert late.value("Your vote") == "Yes"
    assert late.value("Check word") == "otter7"
    card_before = card(house)
    if not swept:
        card_before.click("Vote", by=house.person("dov"))
        whispered(house.person("dov"), OVER)
        house.work()
    assert "Vote" not in card(house).buttons
    result = posted(house, "has passed")
    assert "Yes 2, no 1, abstain 0: 3 ballots" in result.rendered


def test_the_very_same_submission_counts_once(house: House) -> None:
    """A submission that Slack delivers twice gives one receipt and leaves one ballot."""
    house.nominate()
    person = house.person("chi")
    open_ballot(house, "chi").fill("Your vote", "Yes").fill("Check word", "otter7").submit()
    again = house.installation.redeliver_last()
    assert again.status == "ok"
    assert list(again.body["errors"]) == ["choice"]
    assert "is recorded already" in again.body["errors"]["choice"]
    code = receipt_of(person)
    assert stored(house) == 1
    votes(house, ana="Yes", ben="Yes")
    house.pass_time(days=7)
    assert code in bundle(house, posted(house, "has passed")).decode()


def test_when_the_ack_was_lost(house: House) -> None:
    """The bot recorded a ballot, its voter saw "trouble connecting": the same again is told to be
    recorded, a changed one from the same modal replaces it and shows its own receipt."""
    house.nominate()
    person = house.person("chi")
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    house.workspace.faults.add("view_submission", faults.ack_lost())
    assert ballot.submit().status == "operation_timeout"
    house.workspace.wait_for(lambda: stored(house) == 1)
    assert ballot.is_open
    assert "is recorded already" in refused(ballot)
    ballot.fill("Your vote", "Abstain").submit()
    code = receipt_of(person)
    assert stored(house) == 1
    votes(house, ana="Yes", ben="Yes")
    house.pass_time(days=7)
    result = posted(house, "has passed")
    assert "Yes 2, no 0, abstain 1" in result.rendered
    assert code in bundle(house, result).decode()
    # Nothing of all this was worth an alarm.
    told = [message.text for message in house.person("ana").channel(ADMINS).messages]
    assert [t for t in told if "Steering Council" not in t and not t.startswith("Audit log")] == []
