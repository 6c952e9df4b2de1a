"""Whoever can write the database still cannot vote for others: such a poll has no result."""

import os
from collections.abc import Callable

import pytest
from nacl.public import PublicKey, SealedBox
from sqlalchemy import Executable, insert, select, update
from sqlmodel import col

from psrt_bot.nominations.rules import NominationState
from psrt_bot.voting import ballot
from psrt_bot.voting.ballot import PollKeys
from psrt_bot.voting.rules import Choice, PollState, electorate_hash
from storage.voting import Elector, Poll, SealedBallot
from tests.journeys.house import House
from tests.journeys.polling import (
    ADMINS,
    TEAM,
    key_folder,
    poll_of,
    posted,
    said,
    votes,
)
from tests.journeys.test_results import audited, nomination

Attack = Callable[[House, str], None]


def write(house: House, statement: Executable) -> None:
    """Write past the bot."""
    with house.session() as session:
        session.execute(statement)


def unknown_voter(house: House, poll: str) -> None:
    """A well-sealed ballot under a nullifier of nobody."""
    keys, mark = PollKeys.generate(), os.urandom(32)
    sealed = ballot.seal(keys, poll, mark, Choice.YES, ballot.new_receipt(), None)
    write(house, insert(SealedBallot).values(poll_id=poll, nullifier=mark, sealed=sealed))


def replaced_by_garbage(house: House, poll: str) -> None:
    """A real elector's ballot overwritten."""
    with house.bot.database.reading() as session:
        mark = session.scalars(select(col(SealedBallot.nullifier))).first()
    write(
        house,
        update(SealedBallot)
        .where(col(SealedBallot.nullifier) == mark)
        .values(sealed=os.urandom(ballot.SEALED_SIZE)),
    )


def resealed_to_the_public_key(house: House, poll: str) -> None:
    """A real elector's row replaced by one that opens: the public key stands in the database."""
    with house.bot.database.reading() as session:
        public = session.get_one(Poll, poll).public_key
        mark = session.scalars(select(col(SealedBallot.nullifier))).first()
    assert public is not None
    body = b"\0" * (ballot.SEALED_SIZE - 48)
    write(
        house,
        update(SealedBallot)
        .where(col(SealedBallot.nullifier) == mark)
        .values(sealed=SealedBox(PublicKey(public)).encrypt(body)),
    )


def one_voters_row_for_another(house: House, poll: str) -> None:
    """One elector's sealed bytes copied into another elector's row."""
    with house.bot.database.reading() as session:
        (first, sealed), (second, _) = session.execute(
            select(col(SealedBallot.nullifier), col(SealedBallot.sealed)).limit(2)
        ).all()
    assert first != second
    write(
        house,
        update(SealedBallot).where(col(SealedBallot.nullifier) == second).values(sealed=sealed),
    )


def added_elector(house: House, poll: str) -> None:
    """Somebody written into the list of electors."""
    user = house.person("oli").id
    write(house, insert(Elector).values(poll_id=poll, person_id="mole", slack_user_id=user))


def exchanged_elector(house: House, poll: str) -> None:
    """An elector who has not voted, given another Slack user."""
    write(
        house,
        update(Elector)
        .where(col(Elector.slack_user_id) == house.person("fay").id)
        .values(slack_user_id=house.person("oli").id),
    )


def exchanged_elector_and_hash(house: House, poll: str) -> None:
    """An elector exchanged, and the hash in the poll's row made to fit."""
    exchanged_elector(house, poll)
    with house.bot.database.reading() as session:
        electors = session.execute(select(col(Elector.person_id), col(Elector.slack_user_id)))
        found = electorate_hash(poll, [(person, user) for person, user in electors])
    write(house, update(Poll).where(col(Poll.id) == poll).values(electorate_hash=found))


def lower_threshold(house: House, poll: str) -> None:
    """A vote that would pass with fewer votes than when it opened."""
    write(house, update(Poll).where(col(Poll.id) == poll).values(threshold="1/2"))


OF_THE_TERMS = (added_elector, exchanged_elector, exchanged_elector_and_hash, lower_threshold)


@pytest.mark.parametrize(
    "attack",
    [
        unknown_voter,
        replaced_by_garbage,
        resealed_to_the_public_key,
        one_voters_row_for_another,
        *OF_THE_TERMS,
    ],
)
def test_a_tampered_poll_has_no_result(house: House, attack: Attack) -> None:
    """Rows that no elector can have cast, or electors that were not frozen: no result, no count,
    no bulletin, but an alarm; ballots and keys are destroyed."""
    house.nominate()
    receipts = votes(house, ana="Yes", ben="Yes", chi="No")
    attack(house, poll_of(house).id)
    house.pass_time(days=7)
    poll = poll_of(house)
    assert poll.state == PollState.DISPUTED
    assert (poll.passed, poll.yes, poll.bundle_sha256) == (None, None, None)
    (alarm,) = said(house, "has no result", to=ADMINS)
    expected = "electors" if attack in OF_THE_TERMS else "1 row"
    assert expected in alarm.rendered
    assert "may have written to the database" in alarm.rendered
    assert alarm.buttons == ["Give up the count…"]
    (entry,) = audited(house, "voting:disputed")
    assert entry.details == {"rejected": 0 if expected == "electors" else 1}
    house.pass_time(days=1)
    assert not said(house, "The vote on Nia Novak has passed")
    assert not said(house, "not passed")
    assert not [m for m in house.person("ana").channel(TEAM).everything if m.files]
    with house.bot.database.reading() as session:
        assert session.scalars(select(SealedBallot)).all() == []
    assert [path.name for path in key_folder(house).iterdir()] == ["store-id"]
    assert receipts
    house.pass_time(days=1)  # asked again each day, in one place
    asked = [m for m in said(house, "Nia Novak", to=ADMINS) if "Give up the count…" in m.buttons]
    assert ["nobody has given it up yet" in m.rendered for m in asked] == [True]


def test_a_row_of_another_poll_is_no_ballot(house: House) -> None:
    """A ballot copied from another poll of the same voters disputes the poll it was copied to, and
    the poll it came from has its result."""
    house.nominate(by="ana", nominee="nia")
    first = poll_of(house).id
    votes(house, ana="Yes", ben="Yes", chi="Yes")
    house.pass_time(hours=1)
    house.nominate(by="ben", nominee="oli")
    second = poll_of(house).id
    with house.bot.database.reading() as session:
        row = session.scalars(select(SealedBallot)).first()
    assert row is not None
    assert row.poll_id == first
    values = {"poll_id": second, "nullifier": row.nullifier, "sealed": row.sealed}
    write(house, insert(SealedBallot).values(values))
    house.pass_time(days=7)
    assert "The vote on Nia Novak has passed" in posted(house, "has passed").rendered
    assert "Oli Okoro" in posted(house, "has no result", to=ADMINS).rendered
    with house.bot.database.reading() as session:
        assert session.get_one(Poll, first).state == PollState.CLOSED
        assert session.get_one(Poll, second).state == PollState.DISPUTED


def test_a_disputed_poll_is_given_up_and_run_again(house: House) -> None:
    """An admin gives the disputed vote up with a reason, runs it again, and it has a result."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    unknown_voter(house, poll_of(house).id)
    house.pass_time(days=7)
    person = house.person("ana")
    posted(house, "has no result", to=ADMINS).click("Give up the count…")
    person.wait_modal(title="Give up the count").fill("Reason", "Rows from nowhere.").submit()
    house.work()
    assert poll_of(house).state == PollState.VOID
    assert nomination(house).state == NominationState.UNCOUNTED
    assert "Rows from nowhere." in posted(house, "was given up").rendered
    posted(house, "can be run again", to=ADMINS).click("Rerun")
    house.work()
    votes(house, ana="No", ben="No", chi="No")
    house.pass_time(days=7)
    assert "Yes 0, no 3" in posted(house, "not passed.").rendered
