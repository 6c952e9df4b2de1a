"""Where the bot speaks: only in channels fit for it, and neutrally once the nominee can read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psrt_bot.cli import main
from psrt_bot.membership.rules import Role
from psrt_bot.nominations.messages.neutral import LINE
from psrt_bot.runtime import outbox
from psrt_bot.sandbox import faults
from storage.people import Person as Known
from tests.journeys.house import ROSTER, House, built_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One transport is enough: what is told here goes out, or comes as plain events."""
    with built_house(tmp_path, "socket") as built:
        yield built


def voted(house: House) -> None:
    """A nomination of Nia with an addendum and a vote that passed with five ballots."""
    house.nominate(by="ana", nominee="nia")
    for voter in ("ben", "chi", "dov", "eve", "fay"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)
    house.work()
    assert house.person("chi").channel("team").wait(lambda m: "has passed" in m.rendered)


def joins(house: House, login: str, name: str) -> None:
    """Begin somebody's membership and owe their invitation, as onboarding does."""
    members = house.bot.services.members
    with house.session() as session:
        now = house.clock.now()
        person = Known(name=name, github=login, github_key=login, created_at=now)
        session.add(person)
        session.flush()
        members.link(session, now, person, house.person(login).id, "tests")
        members.grant(session, now, person, Role.MEMBER, "tests")
        assert house.settings.team_channel
        outbox.invite(session, now, house.settings.team_channel, house.person(login).id)


def test_a_new_member_finds_nothing_about_themselves(house: House) -> None:
    """Card, thread, result and bulletin are gone before they come; the others still see results."""
    voted(house)
    assert [m for m in house.person("chi").channel("team").everything if m.files]
    joins(house, "nia", "Nia Novak")
    house.work()
    nia = house.person("nia")
    seen = nia.channel("team").everything
    assert len(seen) >= 3
    assert "Nia" not in "".join(m.rendered for m in seen)
    assert sum(LINE in m.rendered for m in seen) >= 2
    assert [button for m in seen for button in m.buttons] == []
    assert [f for m in seen for f in m.files] == []
    chi = house.person("chi")
    chi.command("/vote", "results", channel="team")
    shown = chi.wait_modal(title="Results")
    assert "The vote on Nia Novak has passed" in shown.text
    shown.click("Send me the bulletin")
    house.work()
    assert chi.wait_inbox(lambda m: bool(m.files))
    nia.command("/vote", "results", channel="team")
    assert "Nia" not in nia.wait_modal(title="Results").text


def test_a_card_that_resists_keeps_them_out_and_an_admin_goes_on(house: House) -> None:
    """Admins hear of it, remove it by hand and press Try again; then the way is free."""
    voted(house)
    house.workspace.faults.add("chat.update", faults.refused("something_new"))
    joins(house, "nia", "Nia Novak")
    house.work()
    ben = house.person("ben")
    told = ben.wait_inbox(lambda m: "could not be withdrawn" in m.rendered)
    assert "something_new" in told.rendered
    with pytest.raises(PermissionError):
        house.person("nia").channel("team")
    told.click("Try again")
    house.work()
    with house.session() as session:
        assert house.settings.team_channel
        now = house.clock.now()
        outbox.invite(session, now, house.settings.team_channel, house.person("nia").id)
    house.work()
    assert "Nia" not in "".join(m.rendered for m in house.person("nia").channel("team").everything)


def test_a_member_whom_the_command_line_made_finds_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bot hears of an import; with its next look at Slack's people its posts become neutral."""
    voted(house)
    longer = tmp_path / "psrt.csv"
    longer.write_bytes(ROSTER + b"Nia Novak,nia,\n")
    monkeypatch.setenv("DATABASE_URL", house.settings.database_url.get_secret_value())
    monkeypatch.chdir(tmp_path)
    assert main(["roster", "import", str(longer)]) == 0
    seen = house.person("ana").channel("team")
    assert "Nia" in "".join(m.rendered for m in seen.everything)
    house.bot.refresh_people()
    house.work()
    assert "Nia" not in "".join(m.rendered for m in seen.everything)
    assert any(LINE in m.rendered for m in seen.everything)
    changed = len(house.workspace.calls)
    house.bot.refresh_people()
    house.work()
    again = [call.method for call in house.workspace.calls[changed:]]
    assert "chat.update" not in again  # nothing is owed twice
