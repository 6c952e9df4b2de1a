"""The places of members kept in step: checklists, the bot's own rows, reminders, drift (R6)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from psrt_bot.composition.bindings import bind_people
from psrt_bot.composition.people import PeopleServices, build_people
from psrt_bot.nominations.messages.neutral import LINE
from psrt_bot.runtime.facts import Facts
from psrt_bot.sandbox.seen import SeenMessage
from storage.people import Person as Known
from storage.runtime import AuditEntry
from tests.access.github_server import GitHub, serving
from tests.journeys.house import MEMBERS, House, built_house
from tests.journeys.steps import STRANGERS_ARE_TOLD, press_anothers, whispered


@pytest.fixture
def one_house(tmp_path: Path) -> Iterator[House]:
    """One transport, for what the other adds nothing to."""
    with built_house(tmp_path, "socket") as built:
        yield built


@pytest.fixture
def github() -> Iterator[GitHub]:
    """GitHub, where Fay is missing and somebody is in the team who is no member."""
    logins = ["xyz", *(login for login in MEMBERS if login != "fay")]
    with serving(GitHub(logins=logins, page=3)) as served:
        yield served


@pytest.fixture
def compared(github: GitHub, tmp_path: Path) -> Iterator[House]:
    """A house whose bot may read the GitHub team."""
    with built_house(
        tmp_path,
        "socket",
        github_team="python/psrt",
        github_team_token=SecretStr(github.token),
        github_api_url=github.url,
    ) as built:
        yield built


def joins(house: House, people: PeopleServices | None = None, login: str = "nia") -> None:
    """Begin a membership, as whoever confirms it does."""
    services = people or house.bot.services.people
    with house.session() as session:
        now = house.clock.now()
        person = Known(
            name="Nia Novak",
            github=login,
            github_key=login,
            slack_user_id=house.person(login).id,
            created_at=now,
        )
        session.add(person)
        session.flush()
        services.joining.join(session, now, person, "tests")


def leaves(house: House, login: str) -> None:
    """End a membership by the one door."""
    with house.session() as session:
        now = house.clock.now()
        user = house.person(login).id
        person = session.scalars(select(Known).where(col(Known.slack_user_id) == user)).one()
        house.bot.services.people.offboarding.leave(session, now, person, "tests", reason="Why")


def checklist(house: House, name: str = "Nia Novak") -> SeenMessage:
    """The newest checklist in the admins' channel."""
    channel = house.person("ana").channel("admins")
    return [m for m in channel.everything if f"Access of {name}" in m.rendered][-1]


def press(house: House, by: str, label: str, name: str = "Nia Novak") -> None:
    """Press a button of the newest checklist."""
    checklist(house, name).click(label, by=house.person(by))
    house.work()


def inside(house: House, login: str, channel: str = "team") -> bool:
    """Whether somebody is in a channel."""
    state = house.workspace.state
    return house.person(login).id in state.channel(channel).members


def test_a_membership_begins(house: House) -> None:
    """One message to the admins; the bot invites and ticks by itself, people tick; then it ends."""
    joins(house)
    house.work()
    assert inside(house, "nia")
    posted = checklist(house)
    assert "2 things to do" in posted.rendered
    assert f"☑ Invite them to <#{house.settings.team_channel}>\n_by the bot" in posted.rendered
    assert "☐ Add `@nia` to the GitHub team" in posted.rendered
    assert posted.buttons == ["Done: GitHub team", "Done: mailing list"]
    press(house, "ana", "Done: GitHub team")
    assert "_Ana Andrade, " in checklist(house).rendered
    press(house, "ben", "Done: mailing list")
    assert checklist(house).ts == posted.ts  # changed in place
    assert "all done" in checklist(house).rendered
    assert checklist(house).buttons == ["Undo: GitHub team", "Undo: mailing list"]
    press(house, "ana", "Undo: GitHub team")
    assert "1 thing to do" in checklist(house).rendered
    press(house, "ana", "Done: GitHub team")
    house.pass_time(days=2)
    assert not any("checklist" in m.rendered for m in house.person("ben").inbox)
    with house.session() as session:
        ticks = select(AuditEntry.act).where(col(AuditEntry.act).like("access:%"))
        acts = session.scalars(ticks.order_by(col(AuditEntry.number)))
        assert list(acts) == ["access:tick"] * 2 + ["access:untick", "access:tick"]


def test_a_membership_ends(one_house: House) -> None:
    """The bot removes them from the channel at once; admins are asked for the rest."""
    leaves(one_house, "fay")
    one_house.work()
    assert not inside(one_house, "fay")
    posted = checklist(one_house, "Fay Falk")
    assert "☐ Remove `@fay` from the GitHub team" in posted.rendered
    assert "☐ Take them off the mailing list" in posted.rendered
    assert "_by the bot" in posted.rendered


def test_an_admin_leaves(one_house: House) -> None:
    """They are removed from the admins' channel as well, and see no checklist any more."""
    leaves(one_house, "ben")
    one_house.work()
    assert not inside(one_house, "ben", "admins")
    assert not inside(one_house, "ben")


def test_joined_and_gone_again(one_house: House) -> None:
    """The older checklist says that there is a newer one, and its buttons are gone."""
    joins(one_house)
    one_house.work()
    old = checklist(one_house)
    one_house.pass_time(minutes=5)
    leaves(one_house, "nia")
    one_house.work()
    assert not inside(one_house, "nia")
    assert old.buttons == []
    assert "newer checklist below" in old.rendered
    assert checklist(one_house).ts != old.ts
    assert "☐ Remove `@nia`" in checklist(one_house).rendered


def test_slack_refuses(one_house: House) -> None:
    """The row says why and what can be done; once it is mended, one press has the bot try again."""
    one_house.workspace.restrict("invite")
    joins(one_house)
    one_house.work()
    assert not inside(one_house, "nia")
    assert "the workspace's settings do not let the bot do it" in checklist(one_house).rendered
    assert {"Done: #team", "Try again: #team"} <= set(checklist(one_house).buttons)
    one_house.workspace.allow("invite")
    press(one_house, "ana", "Try again: #team")
    assert inside(one_house, "nia")
    assert "Try again: #team" not in checklist(one_house).buttons


def test_slack_refuses_a_removal(one_house: House) -> None:
    """Whom the bot may not remove stays a row for an admin, who removes them by hand and says so;
    or, once the workspace allows it, has the bot try again."""
    one_house.workspace.restrict("kick")
    leaves(one_house, "fay")
    leaves(one_house, "eve")
    one_house.work()
    for login, name in (("fay", "Fay Falk"), ("eve", "Eve Eriksen")):
        assert inside(one_house, login)
        rendered = checklist(one_house, name).rendered
        assert f"⚠ Remove them from <#{one_house.settings.team_channel}>" in rendered
        assert "the workspace's settings do not let the bot do it" in rendered
    one_house.workspace.remove_member("team", "eve")  # an admin may do what the bot may not
    press(one_house, "ben", "Done: #team", "Eve Eriksen")
    assert "_Ben Bright, " in checklist(one_house, "Eve Eriksen").rendered
    assert "Try again: #team" not in checklist(one_house, "Eve Eriksen").buttons
    one_house.workspace.allow("kick")
    press(one_house, "ana", "Try again: #team", "Fay Falk")
    assert not inside(one_house, "fay")
    assert "Try again: #team" not in checklist(one_house, "Fay Falk").buttons


def test_the_newcomer_finds_nothing_about_themselves(one_house: House) -> None:
    """The invitation comes behind the neutral lines, also where the command line began it (R12)."""
    one_house.nominate()
    for voter in ("ana", "ben", "chi"):
        one_house.vote(voter, "Yes")
    one_house.pass_time(days=7)
    # Another process: it knows nothing of nominations, and the bot finds what is due.
    facts = Facts()
    people = build_people(one_house.settings, facts)
    bind_people(facts, people)
    joins(one_house, people)
    assert not inside(one_house, "nia")
    one_house.work()
    assert inside(one_house, "nia")
    seen = one_house.person("nia").channel("team").everything
    assert any(LINE in m.rendered for m in seen)
    assert "Nia" not in "".join(m.rendered for m in seen)


def test_reminders(one_house: House) -> None:
    """Each day, in the admins' morning, one direct message to each, until all is done."""
    one_house.pass_time(hours=9)  # 20:00 in Berlin
    joins(one_house)
    one_house.work()
    one_house.pass_time(hours=24)
    assert not any("still open" in m.rendered for m in one_house.person("ana").inbox)
    one_house.pass_time(hours=13)
    for admin in ("ana", "ben"):
        told = [m for m in one_house.person(admin).inbox if "still open" in m.rendered]
        assert len(told) == 1
        assert "Nia Novak" in told[0].rendered
        assert "GitHub team, mailing list" in told[0].rendered
    assert not any("still open" in m.rendered for m in one_house.person("chi").inbox)


def test_the_list_and_who_may(house: House) -> None:
    """`/psrt access`: admins tick in it; members and strangers learn nothing, also by a button."""
    joins(house)
    house.work()
    ana = house.person("ana")
    ana.command("/psrt", "access")
    modal = ana.wait_modal(title="Access")
    assert "Access of Nia Novak" in modal.text
    modal.click("Done: GitHub team")
    house.workspace.wait_for(lambda: "Undo: GitHub team" in modal.buttons)
    house.work()
    assert "1 thing to do" in checklist(house).rendered
    posted = checklist(house)
    assert press_anothers(house, "chi", posted, "Done: mailing list") == "Only admins can do this."
    assert press_anothers(house, "oli", posted, "Done: mailing list") == STRANGERS_ARE_TOLD
    for name, told in (("chi", "Only admins can do this."), ("oli", STRANGERS_ARE_TOLD)):
        for word in ("access", "drift"):
            person = house.person(name)
            said = whispered(house, name, partial(person.command, "/psrt", word))
            assert said == told
    press(house, "ana", "Done: mailing list")
    ana.command("/psrt", "access")
    assert "No access checklist is open" in ana.wait_modal(title="Access").text


def test_drift(compared: House, github: GitHub) -> None:
    """Slack at once, GitHub by direct message over all its pages; each difference has a remedy."""
    workspace, ana = compared.workspace, compared.person("ana")
    team = workspace.state.channel("team")
    team.members.remove(compared.person("chi").id)  # unheard, as while the bot was down
    team.members.append(compared.person("oli").id)
    compared.bot.refresh_people()
    ana.command("/psrt", "drift")
    modal = ana.wait_modal(title="Drift")
    assert "Chi Chen should be in" in modal.text
    assert "no role leads them there" in modal.text
    assert "GitHub is being asked" in modal.text
    assert github.asked == []  # nothing waits for GitHub before the ack
    compared.work()
    assert len(github.asked) == 2  # two pages of three
    told = ana.inbox[-1]
    assert "Fay Falk (`@fay`) is a member and not in" in told.rendered
    assert "`@xyz` is in" in told.rendered
    modal.click("Invite Chi Chen")
    workspace.wait_for(lambda: "under way" in modal.text)
    modal.click("Remove Oli Okoro")
    workspace.wait_for(lambda: modal.text.count("under way") == 2)
    compared.work()
    assert inside(compared, "chi")
    assert not inside(compared, "oli")
    told.click("Put on a checklist: Fay Falk")
    workspace.wait_for(lambda: bool(ana.ephemerals))
    assert "Fay Falk" in ana.ephemerals[-1].text
    compared.work()
    assert "☐ Add `@fay`" in checklist(compared, "Fay Falk").rendered
    github.logins = [*MEMBERS]
    ana.command("/psrt", "drift")
    compared.work()
    assert "all done" in checklist(compared, "Fay Falk").rendered  # GitHub shows it
    assert "Nothing differs" in ana.inbox[-1].rendered


def test_drift_in_trouble(compared: House, github: GitHub) -> None:
    """What is wrong with GitHub is one line with its remedy, and no token anywhere."""
    github.breaks(403, "API rate limit exceeded for user", X_RateLimit_Reset="1772452800")
    compared.person("ben").command("/psrt", "drift")
    compared.person("ben").wait_modal(title="Drift")
    compared.work()
    told = compared.person("ben").inbox[-1].rendered
    assert "GitHub's rate limit is used up until 12:00 UTC; try again later" in told
    assert github.token not in told


def test_weekly(compared: House, github: GitHub) -> None:
    """Mondays at nine, to the admins' channel, only if something differs."""
    channel = compared.person("ana").channel("admins")

    def weekly() -> list[SeenMessage]:
        return [m for m in channel.everything if "Places compared" in m.rendered]

    compared.pass_time(days=6, hours=22)
    assert github.asked == []
    compared.pass_time(hours=1)  # Monday, 09:00 UTC
    (posted,) = weekly()
    assert "2 differences" in posted.rendered
    github.logins = [*MEMBERS]
    compared.pass_time(days=7)
    assert len(weekly()) == 1
