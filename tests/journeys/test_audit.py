"""Admins read who did what, and the head of the log is where nobody can unsay it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import REFUSAL, begin_role, find_person
from psrt_bot.runtime import audit
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.seen import SeenMessage
from storage.runtime import AuditEntry, AuditHead
from tests.journeys.councils import answer, notice, pass_the_vote
from tests.journeys.house import House, built_house
from tests.journeys.steps import make_member


@pytest.fixture(params=["socket", "http"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """A house with a council, in both transports."""
    with built_house(tmp_path, request.param, council=True) as built:
        built.work()
        yield built


def log(house: House, by: str = "ben") -> Modal:
    """Type /psrt audit."""
    house.person(by).command("/psrt", "audit")
    return house.person(by).wait_modal(title="Audit log")


def turned(house: House, text: str, by: str = "ben") -> None:
    """Wait until the modal shows something else: it is the same one, with new contents."""

    def there() -> bool:
        modal = house.person(by).modal
        return modal is not None and text in modal.text

    house.workspace.wait_for(there)


def heads(house: House) -> list[str]:
    """The heads in the admin channel, oldest first."""
    posts = house.person("ben").channel("admins").everything
    return [
        m.rendered.split("head\n")[1].split()[0].strip("`") for m in posts if "head\n" in m.rendered
    ]


def holds(house: House, head: str) -> str:
    """What verify says of the chain and a head."""
    with house.session() as session:
        return audit.verify(session, expected_head=head).problem


def test_an_admin_follows_a_nomination_through_the_log(house: House) -> None:
    """Page by page, and by person, process and days."""
    pass_the_vote(house)
    house.work()
    shown = log(house)
    assert "nominations:decided" in shown.text
    assert "nomination of Nia Novak" in shown.text
    shown.click("Older")
    turned(house, "membership:link")
    assert "nominations:decided" not in shown.text
    shown.click("Newer")
    turned(house, "nominations:decided")
    shown.fill("Process", "voting").submit()
    turned(house, "voting:closed")
    assert "vote on Nia Novak" in shown.text
    assert "nominations:" not in shown.text
    shown.fill("Process", "all").fill("Person", "zoe").submit()
    assert "nobody on the list" in shown.errors["Person"]
    shown.fill("Person", "Ana Andrade").fill("From (UTC)", "2026-03-02").submit()
    turned(house, "nominations:nominate")
    assert "voting:opened" not in shown.text


def test_nobody_else_reads_it(house: House) -> None:
    """Members hear that it takes an admin, others what everybody hears; buttons are refused too."""
    assert house.person("chi").command("/psrt", "audit").text == "Only admins can do this."
    assert house.person("nia").command("/psrt", "audit").text == REFUSAL
    assert house.person("cat").command("/psrt", "audit").text == REFUSAL


def test_the_head_is_posted_after_each_decision_and_monthly(house: House) -> None:
    """Each posted head is a link for ever; a decision's comes after the decision's own entry."""
    before = len(heads(house))
    pass_the_vote(house)  # the vote decides
    house.work()
    assert len(heads(house)) == before + 1
    for who in ("cat", "cem", "cia"):
        notice(house)
        answer(house, who, "No objection")  # the third decides
    assert len(heads(house)) == before + 2
    house.pass_time(days=1)
    make_member(house, "nia", "Nia Novak", "nia")  # a membership begins
    house.work()
    assert len(heads(house)) == before + 3
    house.pass_time(days=31)
    posted = heads(house)
    assert len(posted) == before + 4
    assert [holds(house, head) for head in posted] == [""] * len(posted)
    with house.session() as session:
        assert audit.head(session)[1] == posted[-1]


def test_a_head_tells_nothing_of_what_was_decided(house: House) -> None:
    """The nominee may be an admin by then: neither names nor acts stand in the message."""
    pass_the_vote(house)
    house.work()
    told: list[SeenMessage] = [
        m for m in house.person("ben").channel("admins").everything if "head\n" in m.rendered
    ]
    assert told
    for message in told:
        assert "Nia" not in message.rendered
        assert "nominations" not in message.rendered


def test_a_log_written_anew_is_found_by_a_posted_head(house: House) -> None:
    """Who writes the whole chain anew cannot change what was posted."""
    pass_the_vote(house)
    house.work()
    posted = heads(house)[-1]
    with house.session() as session:
        told = list(session.scalars(select(AuditEntry).order_by(col(AuditEntry.number))))
        copies = [(e.at, e.actor, e.act, e.subject, e.details) for e in told]
        session.execute(delete(AuditEntry))
        session.execute(delete(AuditHead))
        for at, actor, act, subject, details in copies:
            actor = "nobody" if act == "nominations:nominate" else actor
            audit.append(session, at, actor=actor, act=act, subject=subject, details=details)
    assert holds(house, audit.GENESIS) == ""
    assert "no link of this chain" in holds(house, posted)


def test_an_admin_who_was_nominated_finds_nothing_of_it(house: House) -> None:
    """Also later, as a member and an admin (R12)."""
    pass_the_vote(house)
    make_member(house, "nia", "Nia Novak", "nia")
    with house.session() as session:
        begin_role(session, house.clock.now(), find_person(session, "nia").id, Role.ADMIN, "tests")
    seen = log(house, "nia").text
    assert "membership:grant" in seen
    assert "nomination of" not in seen
    assert "vote on" not in seen
