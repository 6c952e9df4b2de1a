"""What admins find in the audit log: newest first, by person, process, time; not of themselves."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import Members, begin_role
from psrt_bot.oversight.messages import PageShown, audit_modal
from psrt_bot.oversight.rules import Wanted
from psrt_bot.oversight.service.auditing import PAGE, Auditing
from psrt_bot.runtime import audit
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.people import note_user
from psrt_bot.runtime.rules import FieldProblems, NotAllowed
from storage.engine import Database
from storage.nominations import Nomination
from storage.people import Person
from storage.voting import Poll
from tests.conftest import START


@pytest.fixture
def house(database: Database) -> Database:
    """Ana and Ben are admins, Chi is a member; Nia is nominated."""
    with database.transaction() as session:
        for login in ("ana", "ben", "chi"):
            name = login.title()
            session.add(
                Person(
                    id=login,
                    name=name,
                    github=login,
                    github_key=login,
                    slack_user_id=f"U{login}",
                    created_at=START,
                )
            )
            note_user(session, START, {"id": f"U{login}", "name": login})
            session.flush()
            begin_role(session, START, login, Role.MEMBER, "tests")
        for login in ("ana", "ben"):
            begin_role(session, START, login, Role.ADMIN, "tests")
    return database


def nominated(session: Session, name: str, slack_user_id: str) -> None:
    """A nomination and its poll, with the ids ``n-NAME`` and ``p-NAME``."""
    poll = Poll(
        id=f"p-{name}",
        subject=f"n-{name}",
        title=name,
        state="open",
        threshold="2/3",
        duration_seconds=1,
        created_at=START,
        electorate_size=0,
        electorate_hash="",
    )
    session.add(poll)
    session.flush()
    session.add(
        Nomination(
            id=f"n-{name}",
            state="voting",
            nominee_key=f"slack:{slack_user_id}",
            nominator_id="chi",
            nominee_slack_user_id=slack_user_id,
            nominee_name=name,
            standing="triager",
            poll_id=f"p-{name}",
            nominated_at=START,
        )
    )


def did(house: Database, actor: str, act: str, subject: str = "x", hours: float = 0) -> None:
    """One entry."""
    with house.transaction() as session:
        at = START + timedelta(hours=hours)
        audit.append(session, at, actor=actor, act=act, subject=subject)


def page(house: Database, wanted: Wanted | None = None, by: str = "Uana") -> PageShown:
    """What somebody is shown."""
    with house.reading() as session:
        return Auditing(Members(Facts())).page(session, by, wanted or Wanted())


def acts(house: Database, by: str = "Uana", **wanted: str) -> list[str]:
    """The acts on the first page."""
    return [line.act for line in page(house, Wanted(**wanted), by).lines]  # type: ignore[arg-type]


def test_admins_alone_read_it(house: Database) -> None:
    """A member is refused in the service as at the door."""
    with pytest.raises(NotAllowed):
        page(house, by="Uchi")
    with pytest.raises(NotAllowed):
        page(house, by="Unobody")


def test_an_empty_log_says_so(house: Database) -> None:
    """Nothing is there before the first act."""
    shown = page(house)
    assert (shown.lines, shown.entries, shown.newer, shown.older) == ([], 0, None, None)
    assert "There is no such entry." in str(audit_modal(shown).to_dict())


def test_people_and_subjects_have_their_names(house: Database) -> None:
    """Who did it, to whom, on which nomination or vote, stands there by name; the rest as it is."""
    with house.transaction() as session:
        nominated(session, "Nia", "Unia")
    did(house, "ben", "membership:grant", "chi")
    did(house, "psrt-bot", "voting:opened", "p-Nia", 1)
    did(house, "chi", "nominations:nominate", "n-Nia", 2)
    shown = [(line.actor, line.subject) for line in page(house).lines]
    assert shown == [("Chi", "nomination of Nia"), ("psrt-bot", "vote on Nia"), ("Ben", "Chi")]


def test_pages_newest_first_both_ways(house: Database) -> None:
    """Older and newer lead through every entry once and back, also where moments are the same."""
    for number in range(2 * PAGE + 5):
        did(house, "ben", "membership:link", str(number), hours=number // 4)
    expected = [str(number) for number in reversed(range(2 * PAGE + 5))]
    seen, wanted, pages = [], Wanted(), []
    while True:
        shown = page(house, wanted)
        pages.append([line.subject for line in shown.lines])
        seen += pages[-1]
        if shown.older is None:
            break
        wanted = wanted.older_than(shown.older)
    assert seen == expected
    assert [len(one) for one in pages] == [PAGE, PAGE, 5]
    assert shown.newer is not None
    back = page(house, wanted.newer_than(shown.newer))
    assert [line.subject for line in back.lines] == pages[1]
    assert back.newer is not None
    first = page(house, wanted.newer_than(back.newer))
    assert ([line.subject for line in first.lines], first.newer) == (pages[0], None)
    gone = page(house, Wanted(before=10**6))  # an entry that is not there: from the newest on
    assert [line.subject for line in gone.lines] == pages[0]


def test_by_person(house: Database) -> None:
    """What somebody did, what was done to them, and what is about their nomination; once each."""
    with house.transaction() as session:
        nominated(session, "Chi", "Uchi")
    did(house, "chi", "membership:claim", "chi")
    did(house, "ben", "membership:grant", "chi", 1)
    did(house, "psrt-bot", "voting:opened", "p-Chi", 2)
    did(house, "ben", "membership:grant", "ana", 3)
    did(house, "slack:Uchi", "membership:import", "roster", 4)
    expected = ["membership:import", "voting:opened", "membership:grant", "membership:claim"]
    for typed in ("Chi", "chi", "Uchi", " CHI "):
        assert acts(house, person=typed) == expected
    assert acts(house, person="PSRT-bot") == ["voting:opened"]
    assert acts(house, person="Chi", process="membership") == [*expected[:1], *expected[2:]]
    with pytest.raises(FieldProblems, match="nobody on the list"):
        acts(house, person="Zoe")


def test_by_process_and_time(house: Database) -> None:
    """A process is the word before the colon, whole; days are those of UTC, both included."""
    did(house, "ben", "council:told", hours=0)
    did(house, "ben", "council:decided", hours=14)  # the next day begins
    did(house, "ben", "councillor:x", hours=15)
    did(house, "ben", "membership:add", hours=37.99)
    did(house, "ben", "membership:add", hours=38)
    assert acts(house, process="council") == ["council:decided", "council:told"]
    assert acts(house, process="nothing") == []
    assert page(house).processes == ["council", "councillor", "membership"]
    day = "2026-03-03"
    assert acts(house, since=day, until=day) == [
        "membership:add",
        "councillor:x",
        "council:decided",
    ]
    assert acts(house, since=day, process="council") == ["council:decided"]
    assert acts(house, until="2026-03-02") == ["council:told"]
    with pytest.raises(FieldProblems, match="before the first"):
        acts(house, since=day, until="2026-03-01")


def test_the_nominee_finds_nothing_of_their_nomination(house: Database) -> None:
    """An admin who was nominated sees every entry but those of their own (R12)."""
    with house.transaction() as session:
        nominated(session, "Ana", "Uana")
        nominated(session, "Nia", "Unia")
    for name in ("Ana", "Nia"):
        did(house, "chi", "nominations:nominate", f"n-{name}")
        did(house, "psrt-bot", "voting:opened", f"p-{name}")
    assert len(acts(house, by="Uben")) == 4
    assert {line.subject for line in page(house).lines} == {"nomination of Nia", "vote on Nia"}
    assert acts(house, person="Ana") == []
    assert len(acts(house, by="Uben", person="Ana")) == 2


def test_what_people_wrote_cannot_speak_for_the_bot(house: Database) -> None:
    """Names are escaped, and a page of the longest entries fits into a modal."""
    with house.transaction() as session:
        for number in range(PAGE):
            audit.append(
                session,
                datetime(2026, 3, 2, tzinfo=START.tzinfo),
                actor="<!channel>" * 20,
                act="x:y",
                subject="<@U1>" * 20,
                details={"a": True, "b": None, "n": number, "text": "<!here>" * 200},
            )
    view = audit_modal(page(house)).to_dict()
    assert "<!channel>" not in str(view)
    assert "<!here>" not in str(view)
    assert len(view["blocks"]) <= 100
    assert "a: yes, b: none, n: 9" in str(view)
