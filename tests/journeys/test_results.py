"""The result: the rule, what is published, what anybody can recompute, and getting it again."""

import json
import re

import pytest
from sqlalchemy import select
from sqlmodel import col

from psrt_bot.nominations.messages.words import BULLETIN
from psrt_bot.nominations.rules import NominationState
from psrt_bot.voting import bulletin
from psrt_bot.voting.rules import electorate_hash
from storage.nominations import Nomination
from storage.runtime import AuditEntry
from storage.voting import BulletinLine, Elector
from tests.journeys.house import House
from tests.journeys.polling import (
    TEAM,
    bundle,
    card,
    contents,
    join,
    key_folder,
    poll_of,
    posted,
    said,
    votes,
)


def audited(house: House, act: str) -> list[AuditEntry]:
    """The audit log's entries of one act."""
    with house.bot.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(col(AuditEntry.act) == act)))


def nomination(house: House) -> Nomination:
    """The only nomination."""
    with house.bot.database.reading() as session:
        return session.scalars(select(Nomination)).one()


@pytest.mark.parametrize(
    ("choices", "passed", "line"),
    [
        ("yes yes no", True, "Yes 2, no 1, abstain 0: 3 ballots of 6 electors."),
        ("yes yes yes no no", False, "Yes 3, no 2, abstain 0: 5 ballots of 6 electors."),
        ("abstain abstain abstain", False, "Yes 0, no 0, abstain 3: 3 ballots of 6 electors."),
        ("yes abstain abstain", True, "Yes 1, no 0, abstain 2: 3 ballots of 6 electors."),
    ],
)
def test_the_rule(house: House, choices: str, passed: bool, line: str) -> None:
    """Exactly two thirds of yes and no pass, less does not; abstentions are not votes (R3).

    A passed nomination awaits the council's notice, a failed one ends, told without reproach.
    """
    house.nominate()
    for voter, choice in zip(("ana", "ben", "chi", "dov", "eve"), choices.split(), strict=False):
        house.vote(voter, choice.capitalize())
    house.pass_time(days=7)
    result = posted(house, "The vote on Nia Novak has")
    assert ("has passed" in result.rendered) is passed
    assert line in result.rendered
    assert "left the team" not in result.rendered
    if passed:
        assert "unless the Steering Council vetoes it" in result.rendered
        assert nomination(house).state == NominationState.AWAITING_NOTICE
        assert "passed; the Steering Council is to be told" in card(house).rendered
    else:
        assert "has ended: not passed" in result.rendered
        assert "a new nomination is possible later" in result.rendered
        assert nomination(house).state == NominationState.NOT_PASSED
        assert "Now: not passed" in card(house).rendered
    assert card(house).buttons == ["Details"]
    # The nominator hears it as well.
    assert line in house.person("ana").wait_inbox(lambda m: line in m.rendered).rendered


def test_what_is_published_can_be_checked_by_anybody(house: House) -> None:
    """The bulletin's SHA-256 stands in the message and the audit log; every voter finds their
    ballot; tally, rule and the electorate's hash can be recomputed; the same file comes again."""
    house.nominate()
    house.vote("eve", "No", check_word="otter7")
    receipts = votes(house, ana="Yes", ben="Yes", chi="Yes", dov="Abstain")
    house.pass_time(days=7)
    result, poll = posted(house, "has passed"), poll_of(house)
    data = bundle(house, result)
    digest = bulletin.sha256(data)
    assert f"Bulletin SHA-256 `{digest}`" in result.rendered
    (closed,) = audited(house, "voting:closed")
    assert closed.subject == poll.id
    assert closed.details == {"passed": True, "bundle_sha256": digest}
    for receipt in receipts.values():
        check = bulletin.verify(data, receipt=receipt, sha256=digest)
        assert check.ok, check.problems
        assert check.passed
    assert not bulletin.verify(data, receipt="0000-0000-0000").ok
    with house.bot.database.reading() as session:
        electors = session.scalars(select(Elector).where(col(Elector.poll_id) == poll.id)).all()
    recomputed = electorate_hash(poll.id, [(e.person_id, e.slack_user_id) for e in electors])
    assert json.loads(data)["electorate"] == {"size": 6, "hash": recomputed}
    assert recomputed in result.rendered
    (opened,) = audited(house, "voting:opened")
    assert opened.details == {"electorate": 6, "electorate_hash": recomputed}
    # Again on request: by the message's button, and from /vote results.
    person = house.person("fay")
    person.click(result, "Send me the bulletin")
    assert "on its way" in person.wait_ephemeral().rendered
    person.command("/vote", "results", channel=TEAM)
    shown = person.wait_modal(title="Results")
    assert "The vote on Nia Novak has passed." in shown.text.replace("*", "")
    assert digest in shown.text
    shown.click("Send me the bulletin")
    house.work()
    files = [m.files[0].download() for m in person.inbox if m.files]
    assert files == [data, data]


@pytest.mark.parametrize(
    ("choices", "outcome"),
    [({}, "not passed"), ({"ana": "Yes"}, "has passed"), ({"ana": "Yes", "ben": "No"}, "not p")],
)
def test_few_ballots_are_not_published(house: House, choices: dict[str, str], outcome: str) -> None:
    """With fewer than three ballots only passed or not passed is told: no count, no bulletin, and
    none in the database either."""
    house.nominate()
    receipts = votes(house, **choices)
    house.pass_time(days=7)
    result, poll = posted(house, "The vote on Nia Novak has"), poll_of(house)
    assert outcome in result.rendered
    assert "Fewer than three ballots" in result.rendered
    assert result.buttons == []
    assert not re.search(r"[Yy]es \d|abstain \d|SHA-256", result.rendered)
    assert not [m for m in house.person("chi").channel(TEAM).everything if m.files]
    assert (poll.yes, poll.no, poll.abstain, poll.bundle_sha256) == (None, None, None, None)
    with house.bot.database.reading() as session:
        assert session.scalars(select(BulletinLine)).all() == []
    everything = "".join(contents(house).values())
    assert not [code for code in receipts.values() if code in everything]
    (closed,) = audited(house, "voting:closed")
    assert closed.details["bundle_sha256"] is None
    person = house.person("chi")
    person.command("/vote", "results", channel=TEAM)
    shown = person.wait_modal(title="Results")
    assert "Fewer than three ballots" in shown.text
    # Not even for somebody who forges the button.
    label = {"type": "plain_text", "text": "Send me the bulletin"}
    forged = {"type": "button", "action_id": BULLETIN, "text": label, "value": poll.id}
    person.press(shown.view, {"block_id": "forged"}, forged, confirm=True)
    assert "Too few ballots" in person.wait_modal(title="Note").text
    house.work()
    assert not [m for m in person.inbox if m.files]


def test_the_result_waits_for_the_keys_to_be_gone(house: House) -> None:
    """As long as the keys cannot be destroyed nothing is told, also on request; the admins hear
    why. Then the next sweep goes on."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    poll = poll_of(house)
    # A folder in the place of a leftover: it cannot be overwritten, so not everything is gone.
    stuck = key_folder(house) / f".tmp.{poll.id}.keys.{'0' * 16}"
    stuck.mkdir(mode=0o700)
    house.pass_time(days=7)
    counted = poll_of(house)
    assert (counted.state, counted.keys_destroyed_at) == ("closed", None)
    assert not said(house, "The vote on Nia Novak has")
    assert not [m for m in house.person("ana").inbox if "has passed" in m.rendered]
    house.person("chi").command("/vote", "results", channel=TEAM)
    assert "No vote has ended yet" in house.person("chi").wait_modal(title="Results").text
    house.pass_time(seconds=15)  # the next sweep: another copy was not just finishing it
    alarm = posted(house, "its keys cannot be destroyed yet", to="admins")
    assert str(key_folder(house)) in alarm.rendered
    stuck.rmdir()
    house.pass_time(minutes=1)
    assert poll_of(house).keys_destroyed_at == house.clock.now()
    assert "Yes 2, no 1" in posted(house, "has passed").rendered
    assert [path.name for path in key_folder(house).iterdir()] == ["store-id"]
    assert len(said(house, "The vote on Nia Novak has")) == 1


def test_who_was_the_nominee_never_sees_the_result(house: House) -> None:
    """Also as a member later, the nominee finds nothing of the vote and gets no bulletin (R12)."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    house.pass_time(days=7)
    result = posted(house, "has passed")

    join(house, "nia", "Nia Novak")
    nominee = house.person("nia")
    nominee.command("/vote", "results", channel=TEAM)
    assert "No vote has ended yet" in nominee.wait_modal(title="Results").text
    result.click("Send me the bulletin", by=nominee)
    assert "not for you to see" in nominee.wait_ephemeral().rendered
    house.work()
    assert not [m for m in nominee.inbox if m.files]
