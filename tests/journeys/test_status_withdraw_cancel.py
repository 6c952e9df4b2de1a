"""/nominate status, withdraw and cancel: phase and dates; an end that destroys the ballots."""

from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, select

from psrt_bot.sandbox.modal import Modal
from storage.voting import Poll, SealedBallot, SpentSubmission
from tests.journeys.house import House
from tests.journeys.steps import (
    card,
    nominations,
    thread,
    unlink,
    whispered,
    without_checks,
)

DESTROYED = "The ballots and keys of its vote have been destroyed."


def status(house: House, by: str = "chi") -> str:
    """Type /nominate status."""
    return house.person(by).command("/nominate", "status", channel="team").text or ""


def withdraw(house: House, by: str = "ana", reason: str = "") -> Modal:
    """Withdraw the only nomination somebody made; return the form."""
    house.person(by).command("/nominate", "withdraw", channel="team")
    form = house.person(by).wait_modal(title="Withdraw")
    form.fill("Reason", reason or None).submit()
    return form


def cancel(house: House, reason: str, by: str = "ben") -> Modal:
    """Cancel the only nomination as an admin; return the form."""
    house.person(by).command("/nominate", "cancel", channel="team")
    form = without_checks(house.person(by).wait_modal(title="Cancel nomination"))
    form.fill("Reason", reason or None).submit()
    return form


def test_status_tells_phase_and_dates_and_never_a_count(house: House) -> None:
    """The same words before and after votes were cast."""
    assert status(house) == "There are no nominations under way."
    house.nominate(by="ana", nominee="nia")
    before = status(house)
    assert "*Nia Novak*: under vote; nominated " in before
    assert "2026-03-09 10:00 UTC" in before
    house.vote("ben", "Yes")
    house.vote("chi", "No")
    assert status(house) == before
    house.pass_time(days=7)
    assert status(house) == "There are no nominations under way."  # not passed, so decided


def test_a_passed_nomination_stays_under_way_until_the_council_was_told(house: House) -> None:
    """R4: passing the vote is not the end of the road."""
    house.nominate(by="ana", nominee="nia")
    for voter in ("ana", "ben", "chi"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)
    assert "passed; the Steering Council is to be told" in status(house)


# withdrawing


def test_a_withdrawn_nomination_leaves_no_ballot_key_or_mark(house: House) -> None:
    """Gone from the tables, from the database's file and its -wal, and from the key folder."""
    house.nominate(by="ana", nominee="nia")
    for voter in ("ben", "chi"):
        house.vote(voter, "Yes")
    traces = rows_of(house)
    keys = files_below(house.settings.keys_path)
    poll_id = str(nominations(house)[0].poll_id)
    in_keys = [content for path, content in keys.items() if poll_id in path]
    assert len(traces) >= 6
    assert in_keys
    assert any(trace in all_bytes(house) for trace in traces)  # they would be found

    withdraw(house, reason="They asked me to.")
    house.work()
    assert rows_of(house) == []
    left = all_bytes(house)
    assert [trace for trace in traces if trace in left] == []
    remaining = files_below(house.settings.keys_path)
    assert [path for path in remaining if poll_id in path] == []
    assert not set(in_keys) & set(remaining.values())


def rows_of(house: House) -> list[bytes]:
    """Return what the database holds of ballots cast, as bytes to look for in its files."""
    with house.session() as session:
        return [*_values(session, SealedBallot), *_values(session, SpentSubmission)]


def _values(session: Session, table: type[SQLModel]) -> list[bytes]:
    found: list[bytes] = []
    for row in session.scalars(select(table)):
        values = row.model_dump(exclude={"poll_id"}).values()
        found += [v if isinstance(v, bytes) else str(v).encode() for v in values]
    return found


def all_bytes(house: House) -> bytes:
    """Return the database's files, -wal and -shm included."""
    path = Path(house.settings.database_url.get_secret_value().removeprefix("sqlite:///"))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by path."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_card_thread_and_nominator_hear_of_a_withdrawal(house: House) -> None:
    """The card loses its Vote button; thread and nominator read the reason, after the keys went."""
    house.nominate(by="ana", nominee="nia")
    withdraw(house, reason="They asked me to.")
    assert house.person("ana").modal is None
    house.work()
    posted = card(house)
    assert posted.buttons == ["Details"]
    assert "Now: withdrawn." in posted.rendered
    said = thread(house)
    assert f"The nomination of Nia Novak was withdrawn. {DESTROYED}" in said
    assert "They asked me to." in said
    told = house.person("ana").wait_inbox(lambda m: "withdrawn" in m.rendered)
    assert DESTROYED in told.rendered
    with house.session() as session:
        poll = session.scalars(select(Poll)).one()
    assert poll.keys_destroyed_at is not None
    assert status(house) == "There are no nominations under way."


def test_nothing_is_said_of_a_withdrawal_before_the_keys_are_gone(house: House) -> None:
    """Without a sweep the card is all that can change: the words promise what has happened."""
    house.nominate(by="ana", nominee="nia")
    withdraw(house)
    house.bot._delivery.run()
    assert "destroyed" not in thread(house)
    assert not [m for m in house.person("ana").inbox if "destroyed" in m.rendered]
    house.work()
    assert DESTROYED in thread(house)


def test_a_vote_button_from_before_the_end_casts_nothing(house: House) -> None:
    """Vote on an old message, and a ballot that stayed open, are refused after the withdrawal."""
    house.nominate(by="ana", nominee="nia")
    posted = card(house)
    chi = house.person("chi")
    posted.click("Vote")
    ballot = chi.wait_modal(title="Vote").fill("Your vote", "Yes")
    withdraw(house)
    ballot.submit()
    assert ballot.errors
    ballot.close()
    # The card is not updated yet.
    assert "no ballot is taken" in whispered(house, "chi", lambda: posted.click("Vote"))
    house.work()
    assert rows_of(house) == []


def test_a_second_withdrawal_of_the_same_is_refused(house: House) -> None:
    """Two forms open at once: one ends it, the other hears that it has moved on."""
    ana = house.person("ana")
    house.nominate(by="ana", nominee="nia")
    ana.command("/nominate", "withdraw", channel="team")
    form = ana.wait_modal(title="Withdraw")
    form.submit()
    house.installation.redeliver_last()
    house.work()
    assert thread(house).count("was withdrawn") == 2  # one message: text and blocks
    said = ana.command("/nominate", "withdraw", channel="team").text
    assert said == "You have no nomination under way."


def test_only_ones_own_nomination_can_be_withdrawn(house: House) -> None:
    """The list offers one's own; an id of another in the submission is refused."""
    house.nominate(by="ana", nominee="nia")
    house.nominate(by="ben", nominee="oli")
    theirs = next(n.id for n in nominations(house) if n.nominee_name == "Nia Novak")
    ben = house.person("ben")
    ben.command("/nominate", "withdraw", channel="team")
    form = ben.wait_modal(title="Withdraw")
    assert "Nia Novak" not in form.text
    chosen = form.view.values["nomination"]["nomination"]
    chosen["selected_option"] = {**chosen["selected_option"], "value": theirs}
    form.submit()
    assert "Only the nominator" in form.errors["Nomination"]
    assert card(house).buttons == ["Vote", "Details"]


def test_a_waiting_nomination_is_withdrawn_without_talk_of_ballots(house: House) -> None:
    """Before its vote opened there is nothing to destroy, and the words do not claim it."""
    unlink(house, "fay")
    house.nominate(by="ana", nominee="nia")
    withdraw(house)
    house.work()
    assert "was withdrawn." in thread(house)
    assert "destroyed" not in thread(house)


def test_a_passed_nomination_can_be_withdrawn(house: House) -> None:
    """Its ballots and keys are gone since the close; team and nominator are told at once."""
    house.nominate(by="ana", nominee="nia")
    for voter in ("ana", "ben", "chi"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)
    withdraw(house, reason="They took another job.")
    house.work()
    assert "was withdrawn" in thread(house)
    assert house.person("ana").wait_inbox(lambda m: "They took another job." in m.rendered)


def test_an_overlong_reason_is_refused_past_slacks_own_check(house: House) -> None:
    """Optional for the nominator, but not endless."""
    house.nominate(by="ana", nominee="nia")
    ana = house.person("ana")
    ana.command("/nominate", "withdraw", channel="team")
    form = without_checks(ana.wait_modal(title="Withdraw")).fill("Reason", "x" * 3001)
    form.submit()
    assert "3000 fit" in form.errors["Reason"]


# cancelling


def test_an_admin_cancels_from_the_command_with_a_reason(house: House) -> None:
    """Team and nominator read who may do this did it, and why; ballots and keys go."""
    house.nominate(by="chi", nominee="nia")
    house.vote("dov", "No")
    assert "Please give a reason" in cancel(house, reason=" ").errors["Reason"]
    house.modal("ben").close()
    assert cancel(house, reason="The nominee is under investigation.").errors == {}
    house.work()
    assert "Now: cancelled." in card(house).rendered
    assert f"was cancelled. {DESTROYED}" in thread(house)
    assert "under investigation" in thread(house)
    assert house.person("chi").wait_inbox(lambda m: "under investigation" in m.rendered)
    assert rows_of(house) == []


def test_an_admin_cancels_from_details(house: House) -> None:
    """The button leads to the form of this nomination alone, and closes both modals."""
    house.nominate(by="chi", nominee="nia")
    house.nominate(by="chi", nominee="oli")
    ben = house.person("ben")
    card(house, reader="ben").click("Details")
    ben.wait_modal(title="Nomination").click("Cancel nomination…")
    form = ben.wait_modal(title="Cancel nomination")
    assert "Oli Okoro" not in form.text
    form.fill("Reason", "By mistake").submit()
    assert ben.modal is None
    house.work()
    assert "Now: cancelled." in card(house).rendered
    assert card(house, "Oli Okoro").buttons == ["Vote", "Details"]


def test_a_member_who_is_no_admin_cannot_cancel(house: House) -> None:
    """Neither by command, nor by a button that was not offered to them."""
    house.nominate(by="ana", nominee="nia")
    chi = house.person("chi")
    assert "Only admins" in (chi.command("/nominate", "cancel", channel="team").text or "")
    card(house, reader="ben").click("Details")
    shown = house.person("ben").wait_modal(title="Nomination")
    card(house).click("Details")
    mine = chi.wait_modal(title="Nomination")
    mine.view.source["blocks"].append(shown.view.blocks[-1])  # a forged client
    mine.click("Cancel nomination…")
    assert "Only admins" in chi.wait_modal(title="Note").text
    assert card(house).buttons == ["Vote", "Details"]


def test_a_cancel_button_from_before_the_end_says_so(house: House) -> None:
    """An admin who looks at old details hears that it has ended."""
    house.nominate(by="chi", nominee="nia")
    card(house, reader="ben").click("Details")
    old = house.person("ben").wait_modal(title="Nomination")
    withdraw(house, by="chi")
    house.work()
    old.click("Cancel nomination…")
    assert "has ended already" in house.person("ben").wait_modal(title="Note").text
    said = house.person("ben").command("/nominate", "cancel", channel="team").text
    assert said == "There are no nominations under way."


@pytest.mark.parametrize("forged", ["", "no-such-nomination"])
def test_a_forged_nomination_is_not_there(house: House, forged: str) -> None:
    """The id in an admin's submission is looked up, never trusted."""
    house.nominate(by="chi", nominee="nia")
    ben = house.person("ben")
    ben.command("/nominate", "cancel", channel="team")
    form = ben.wait_modal(title="Cancel nomination").fill("Reason", "Because")
    chosen = form.view.values["nomination"]["nomination"]
    chosen["selected_option"] = {**chosen["selected_option"], "value": forged}
    form.submit()
    assert "no such nomination" in form.errors["Nomination"]


def test_details_of_a_withdrawn_nomination_name_no_close_that_never_was(house: House) -> None:
    """Phase and dates stay true after the end."""
    house.nominate(by="ana", nominee="nia")
    withdraw(house)
    house.work()
    card(house).click("Details")
    read = house.person("chi").wait_modal(title="Nomination").text
    assert "Phase: withdrawn" in read
    assert "2026-03-09" not in read
