"""When the keys are away, for a while or for good: casting, closing, giving up, running again."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from psrt_bot.nominations.rules import NominationState
from psrt_bot.runtime import audit
from psrt_bot.voting.rules import PollState
from psrt_bot.voting.service.casting import KEYS_AWAY
from storage.voting import Elector, SealedBallot
from tests.journeys.house import House
from tests.journeys.polling import (
    ADMINS,
    TEAM,
    bundle,
    card,
    join,
    key_folder,
    leave,
    open_ballot,
    poll_of,
    posted,
    refused,
    said,
    votes,
    whispered,
)
from tests.journeys.test_results import audited, nomination


def lose_keys(house: House) -> None:
    """The right folder stays, the poll's file is gone."""
    (key_folder(house) / f"{poll_of(house).id}.keys").rename(key_folder(house).with_name("lost"))


def give_up(house: House, by: str = "ana", reason: str = "The disk died.") -> None:
    """Press **Keys are lost…** (or what stands in its place) and give a reason."""
    person = house.person(by)
    alarm = house.person(by).channel(ADMINS).wait(lambda m: "…" in "".join(m.buttons))
    alarm.click(alarm.buttons[0], by=person)
    person.wait_modal(title="Give up the count").fill("Reason", reason).submit()
    house.work()


def test_during_the_vote_casting_is_refused_and_goes_on_by_itself(house: House) -> None:
    """With the folder away voters hear that nothing was changed and admins where it should be;
    once it is back, both go on without anybody's doing, and a second outage is told again."""
    house.nominate()
    house.vote("chi", "No")
    ballot = open_ballot(house, "chi").fill("Your vote", "Yes")
    away = key_folder(house).with_name("away")
    for _ in range(2):
        key_folder(house).rename(away)
        assert refused(ballot) == KEYS_AWAY
        told = house.person("dov").command("/vote", channel=TEAM).text or ""
        assert "keys of this poll cannot be read now" in told
        house.pass_time(minutes=1)
        house.pass_time(minutes=1)
        away.rename(key_folder(house))
        house.pass_time(minutes=1)
        house.pass_time(minutes=1)
    alarms = said(house, "takes no ballots: its keys cannot be read", to=ADMINS)
    assert len(alarms) == 2
    assert str(key_folder(house)) in alarms[0].rendered
    assert "if the folder is a volume, mount it" in alarms[0].rendered
    assert alarms[0].buttons == []
    assert len(said(house, "ballots are taken again", to=ADMINS)) == 2
    ballot.submit()
    house.person("chi").wait_modal(title="Ballot recorded").close()
    votes(house, ana="Yes", ben="Yes")
    house.pass_time(days=7)
    assert "Yes 3, no 0" in posted(house, "has passed").rendered


@pytest.mark.parametrize("how", ["missing", "another store", "open to others"])
def test_at_the_close_the_right_folder_is_waited_for(house: House, how: str) -> None:
    """A folder that is missing, another one, or readable by others never closes the vote: the
    admins hear the path, it is tried again, and the right folder brings the result."""
    house.nominate()
    receipts = votes(house, ana="Yes", ben="Yes", chi="No")
    folder, away = key_folder(house), key_folder(house).with_name("away")
    if how == "open to others":
        folder.chmod(0o755)
    else:
        folder.rename(away)
    if how == "another store":
        folder.mkdir(mode=0o700)
        shutil.copy(away / f"{poll_of(house).id}.keys", folder)
        (folder / "store-id").touch(0o600)
        (folder / "store-id").write_text(f"psrt-bot/key-store/1 {'0' * 32}\n")
    house.pass_time(days=7)
    for _ in range(3):
        house.pass_time(minutes=5)
    assert poll_of(house).state == PollState.CLOSING
    (alarm,) = said(house, "cannot be counted", to=ADMINS)
    assert str(folder) in alarm.rendered
    assert "is over" in alarm.rendered
    late = house.person("dov").command("/vote", channel=TEAM).text
    assert "no open vote" in (late or "")
    assert not said(house, "The vote on Nia Novak has")
    assert "No" in open_status(house)
    house.pass_time(hours=13)
    assert len(said(house, "cannot be counted", to=ADMINS)) == 2
    if how == "open to others":
        folder.chmod(0o700)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        away.rename(folder)
    house.pass_time(minutes=1)
    result = posted(house, "has passed")
    assert "Yes 2, no 1, abstain 0: 3 ballots" in result.rendered
    data = bundle(house, result).decode()
    assert all(code in data for code in receipts.values())


def open_status(house: House) -> str:
    """What /nominate status tells."""
    return house.person("chi").command("/nominate", "status", channel=TEAM).text or ""


def test_a_restart_without_the_folder_never_closes_the_vote(house: House) -> None:
    """A bot that was started while the folder was away makes a new store, which is not the poll's:
    nothing is counted or destroyed. Started with the right folder it goes on."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    folder, away = key_folder(house), key_folder(house).with_name("away")
    house.close()
    folder.rename(away)
    house.open()
    house.pass_time(days=7)
    assert poll_of(house).state == PollState.CLOSING
    assert "start the bot anew" in posted(house, "cannot be counted", to=ADMINS).rendered
    house.close()
    shutil.rmtree(folder)
    away.rename(folder)
    house.open()
    house.work()
    assert "Yes 2, no 1" in posted(house, "has passed").rendered


def test_keys_that_come_back_are_counted_with(house: House) -> None:
    """Without the poll's file in the right folder the poll is `keys_missing`; the file back, the
    next sweep counts, without anybody's doing."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="Yes")
    lose_keys(house)
    house.pass_time(days=7)
    assert poll_of(house).state == PollState.KEYS_MISSING
    assert len(audited(house, "voting:keys-missing")) == 1
    alarm = posted(house, "cannot be counted", to=ADMINS)
    assert f"{poll_of(house).id}.keys" in alarm.rendered
    assert alarm.buttons == ["Keys are lost…"]
    house.pass_time(days=1)  # said again, twice a day
    assert len(said(house, "cannot be counted", to=ADMINS)) == 2
    key_folder(house).with_name("lost").rename(key_folder(house) / f"{poll_of(house).id}.keys")
    house.pass_time(minutes=1)
    assert "Yes 3, no 0" in posted(house, "has passed").rendered


def test_lost_keys_are_given_up_and_the_vote_run_again(house: House) -> None:
    """An admin says, with a reason that the team reads, that the keys are lost; the vote is void.
    **Rerun** freezes today's members, whose votes alone count, and comes to a result."""
    house.nominate()
    old = votes(house, ana="No", ben="No", chi="No")
    lose_keys(house)
    house.pass_time(days=7)
    first = poll_of(house)
    alarm = posted(house, "cannot be counted", to=ADMINS)
    give_up(house)
    assert poll_of(house).state == PollState.VOID
    assert poll_of(house).void_reason == "The disk died."
    told = posted(house, "could not be counted and was given up")
    assert "The disk died." in told.rendered
    assert nomination(house).state == NominationState.UNCOUNTED
    assert len(audited(house, "voting:void")) == 1
    # Giving up twice is told apart.
    alarm.click("Keys are lost…", by=house.person("ben"))
    again = house.person("ben").wait_modal(title="Give up the count").fill("Reason", "Again.")
    assert again.submit().status == "errors"
    assert "need not be given up" in again.errors["Reason"]
    leave(house, "fay")
    join(house, "oli", "Oli Okoro")
    house.pass_time(days=1)
    assert "asked again below" in posted(house, "asked again", to=ADMINS).rendered
    offer = posted(house, "can be run again", to=ADMINS)
    assert "Asked again" in offer.rendered
    assert offer.click("Rerun", by=house.person("ben"), confirm=False).status == "dismissed"
    offer.click("Rerun", by=house.person("ben"))
    whispered(house.person("ben"), "The vote is run again.")
    offer.click("Rerun", by=house.person("ana"))
    whispered(house.person("ana"), "runs already")
    house.work()
    assert len(audited(house, "voting:rerun")) == 1
    second = poll_of(house)
    assert second.id != first.id
    assert second.electorate_hash != first.electorate_hash
    with house.bot.database.reading() as session:
        people = session.scalars(
            select(col(Elector.slack_user_id)).where(col(Elector.poll_id) == second.id)
        ).all()
    assert set(people) == {
        house.person(login).id for login in ("ana", "ben", "chi", "dov", "eve", "oli")
    }
    assert "is run again; earlier ballots do not count" in posted(house, "is run again").rendered
    assert card(house).buttons == ["Vote", "Details"]
    votes(house, ana="Yes", ben="Yes", oli="Yes")
    house.pass_time(days=7)
    result = posted(house, "has passed")
    assert "Yes 3, no 0, abstain 0: 3 ballots of 6 electors." in result.rendered
    assert not [code for code in old.values() if code in bundle(house, result).decode()]
    with house.bot.database.reading() as session:
        assert audit.verify(session).problem == ""


def test_only_admins_give_up_and_run_again(house: House) -> None:
    """A member who sees the admins' buttons is refused, by each of them, and nothing changes."""
    house.nominate()
    lose_keys(house)
    house.pass_time(days=7)
    house.workspace.add_member(ADMINS, "chi")
    member = house.person("chi")
    posted(house, "cannot be counted", to=ADMINS).click("Keys are lost…", by=member)
    whispered(member, "Only admins can do this")
    assert member.modal is None
    assert poll_of(house).state == PollState.KEYS_MISSING
    give_up(house)
    posted(house, "can be run again", to=ADMINS).click("Rerun", by=member)
    house.work()
    assert nomination(house).state == NominationState.UNCOUNTED
    house.workspace.wait_for(lambda: len(member.ephemerals) == 2)


def test_a_reason_is_needed_to_give_up(house: House) -> None:
    """Without a reason nothing is given up."""
    house.nominate()
    lose_keys(house)
    house.pass_time(days=7)
    person = house.person("ana")
    posted(house, "cannot be counted", to=ADMINS).click("Keys are lost…")
    form = person.wait_modal(title="Give up the count").fill("Reason", "  ")
    assert form.submit().status == "errors"
    assert poll_of(house).state == PollState.KEYS_MISSING


def test_a_whole_store_that_is_lost_can_be_given_up(house: House) -> None:
    """The disk with the keys is gone for good: an admin gives the vote up after the alarm; should
    the folder turn up again, the old keys are destroyed."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    folder, away = key_folder(house), key_folder(house).with_name("away")
    folder.rename(away)
    house.pass_time(days=7)
    give_up(house)
    assert poll_of(house).state == PollState.VOID
    posted(house, "can be run again", to=ADMINS)
    alarms = len(said(house, "keys cannot be", to=ADMINS))
    house.pass_time(days=1)
    assert len(said(house, "keys cannot be", to=ADMINS)) == alarms
    away.rename(folder)
    house.pass_time(minutes=1)
    assert [path.name for path in folder.iterdir()] == ["store-id"]
    assert poll_of(house).keys_destroyed_at is not None


def test_a_vote_given_up_without_its_store_keeps_no_ballot(house: House) -> None:
    """Started anew without the folder, the bot cannot destroy keys; the ballots go all the same,
    and a nomination that is cancelled then says what was destroyed and what not."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    folder, away = key_folder(house), key_folder(house).with_name("away")
    house.close()
    folder.rename(away)
    house.open()
    house.pass_time(days=7)
    give_up(house)
    assert poll_of(house).state == PollState.VOID
    assert sealed_rows(house) == 0
    cancel(house)
    told = posted(house, "was cancelled").rendered
    assert "Its keys are out of reach; should they turn up, they are destroyed." in told
    assert "keys of its vote have been destroyed" not in told


@pytest.mark.parametrize("end", ["cancelled", "counted"])
def test_keys_that_are_lost_before_they_are_destroyed(house: House, end: str) -> None:
    """The vote has ended, and its keys are out of reach: nothing is told until an admin says, with
    a reason, that they are lost. Then the end is told, with that; a day later nothing comes twice.
    Should the folder turn up, its keys are destroyed, and nobody hears of the result again."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    folder, away = key_folder(house), key_folder(house).with_name("away")
    if end == "cancelled":
        folder.rename(away)
        cancel(house)
        words = "was cancelled"
    else:
        with held_log(house):
            house.pass_time(days=7)
        folder.rename(away)
        words = "has passed"
    house.pass_time(minutes=1)
    assert sealed_rows(house) == 0
    assert not said(house, words)
    (alarm,) = said(house, "cannot be destroyed yet", to=ADMINS)
    house.workspace.add_member(ADMINS, "chi")
    alarm.click("Keys are lost…", by=house.person("chi"))
    whispered(house.person("chi"), "Only admins can do this")
    for reason in ("", "The disk died."):
        alarm.click("Keys are lost…", by=house.person("ben"))
        form = house.person("ben").wait_modal(title="Keys are lost").fill("Reason", reason)
        outcome = form.submit()
        assert (outcome.status == "errors") is (reason == "")
    house.work()
    note = posted(house, "gave the keys of the vote on Nia Novak up for lost").rendered
    assert "The disk died." in note
    told = posted(house, words).rendered
    assert ("Its keys are out of reach" in told) is (end == "cancelled")
    assert ("were lost before they could be destroyed" in told) is (end == "counted")
    assert len(audited(house, "voting:keys-lost")) == 1
    alarm.click("Keys are lost…", by=house.person("ana"))
    again = house.person("ana").wait_modal(title="Keys are lost").fill("Reason", "Again.")
    assert again.submit().status == "errors"
    again.close()
    house.pass_time(days=1)
    assert len(said(house, "cannot be destroyed yet", to=ADMINS)) == 1
    away.rename(folder)
    house.pass_time(minutes=1)
    assert [path.name for path in folder.iterdir()] == ["store-id"]
    assert poll_of(house).keys_destroyed_at is not None
    assert len(said(house, words)) == 1


def test_the_result_waits_while_somebody_reads_the_log(house: House) -> None:
    """Deleted ballots stand in the write-ahead log as long as a reader holds it (a backup, say):
    until it is emptied nothing is told."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    with held_log(house):
        house.pass_time(days=7)
        house.pass_time(minutes=1)
        assert poll_of(house).state == PollState.CLOSED
        assert poll_of(house).keys_destroyed_at is None
        assert not said(house, "has passed")
    house.pass_time(minutes=1)
    assert "Yes 2, no 1" in posted(house, "has passed").rendered


@contextmanager
def held_log(house: House) -> Iterator[None]:
    """Read from the database file for a while, so that its write-ahead log cannot be emptied."""
    path = house.bot.database.engine.url.database
    assert path is not None
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sealed_ballot").fetchall()
        yield


def cancel(house: House) -> None:
    """Cancel the only nomination, as an admin."""
    admin = house.person("ben")
    admin.command("/nominate", "cancel", channel=TEAM)
    admin.wait_modal(title="Cancel nomination").fill("Reason", "It is over.").submit()
    house.work()


def sealed_rows(house: House) -> int:
    """How many sealed ballots are in the database."""
    with house.bot.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SealedBallot)) or 0


@pytest.mark.parametrize("state", ["closing", "keys missing"])
def test_withdrawing_during_an_interrupted_close(house: House, state: str) -> None:
    """While the ballots are waiting to be counted the nomination cannot be withdrawn; once the
    keys are found missing it can, and ballots and keys are destroyed."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    folder, away = key_folder(house), key_folder(house).with_name("away")
    if state == "closing":
        folder.rename(away)
    else:
        lose_keys(house)
    house.pass_time(days=7)
    nominator = house.person("ana")
    nominator.command("/nominate", "withdraw", channel=TEAM)
    form = nominator.wait_modal()
    outcome = form.submit()
    house.work()
    if state == "closing":
        assert outcome.status == "errors"
        assert "being counted" in "".join(form.errors.values())
        away.rename(folder)
        house.pass_time(minutes=1)
        assert "Yes 2, no 1" in posted(house, "has passed").rendered
    else:
        assert poll_of(house).state == PollState.CANCELLED
        assert nomination(house).state == NominationState.WITHDRAWN
        assert "have been destroyed" in posted(house, "was withdrawn").rendered
        assert not said(house, "The vote on Nia Novak has")
