"""The GitHub name that a newcomer gives is looked up, where there is a token (R11)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update
from sqlmodel import col, select

from psrt_bot.onboarding.service.accounts import ACCOUNT, TRIES
from storage.runtime import DeadlineRow
from tests.access.github_server import GitHub, serving
from tests.journeys.councils import said, told
from tests.journeys.house import House, built_house
from tests.journeys.newcomers import accept, confirm, filled, form, state


@pytest.fixture
def github() -> Iterator[GitHub]:
    """GitHub, where Nia has an account, and there is an organisation."""
    with serving(GitHub(accounts={"nia": "User", "python": "Organization"})) as served:
        yield served


@contextmanager
def with_token(path: Path, github: GitHub) -> Iterator[House]:
    """A house with a token, in which Nia is asked."""
    with built_house(
        path,
        "socket",
        council=True,
        github_team_token=SecretStr(github.token),
        github_api_url=github.url,
    ) as built:
        confirm(built)
        yield built


@pytest.fixture
def house(github: GitHub, tmp_path: Path) -> Iterator[House]:
    """The bot has a token."""
    with with_token(tmp_path, github) as built:
        yield built


def asked(github: GitHub) -> list[str]:
    """Which names GitHub was asked for."""
    return [path.rpartition("/")[2] for path, _ in github.asked if "/users/" in path]


def owed(house: House) -> list[DeadlineRow]:
    """The questions that are not answered."""
    with house.bot.database.reading() as session:
        open_ = select(DeadlineRow).where(
            col(DeadlineRow.kind) == ACCOUNT, col(DeadlineRow.done_at).is_(None)
        )
        return list(session.scalars(open_))


def let_an_hour_pass(house: House) -> None:
    """As if the lease of a failed question had run out; leases follow the machine's clock."""
    with house.session() as session:
        session.execute(
            update(DeadlineRow).where(col(DeadlineRow.kind) == ACCOUNT).values(lease_until=None)
        )
    house.work()


def test_a_name_that_is_somebodys_is_looked_up_after_the_ack(house: House, github: GitHub) -> None:
    """Nothing is asked before the acceptance has committed; a found name makes no words."""
    filled(form(house)).submit()
    assert asked(github) == []
    house.person("nia").wait_modal(title="Welcome").close()
    house.work()
    assert asked(github) == ["nia"]
    assert owed(house) == []
    house.work()
    assert asked(github) == ["nia"]
    assert "GitHub knows no" not in told(house, "nia") + said(house, "admins", "ben")


@pytest.mark.parametrize("name", ["nobody-here", "python"])
def test_a_name_that_is_nobodys_is_told(house: House, name: str) -> None:
    """To them, with how to correct it, and to the admins; they are a member all the same."""
    accept(house, github=name)
    assert f"GitHub knows no person's account called {name}" in told(house, "nia")
    assert "/psrt link" in told(house, "nia")
    assert f"{name}, which Nia Novak gave" in said(house, "admins", "ben")
    assert state(house) == "checklist"


def test_an_outage_of_github_is_waited_for(house: House, github: GitHub) -> None:
    """Asked again after an hour; reminders and all else go on meanwhile."""
    github.breaks(503)
    accept(house, github="nobody-here")
    house.work()
    assert len(asked(github)) == 1
    github.broken = None
    let_an_hour_pass(house)
    assert len(asked(github)) == 2
    assert "GitHub knows no" in told(house, "nia")


def test_a_refused_token_and_a_long_outage_end_the_question(house: House, github: GitHub) -> None:
    """What trying again cannot mend is given up, without a word about the newcomer's name."""
    github.breaks(503)
    accept(house)
    for _ in range(TRIES - 1):
        assert len(owed(house)) == 1
        let_an_hour_pass(house)
    assert owed(house) == []
    assert len(asked(github)) == TRIES
    assert "GitHub knows no" not in told(house, "nia")


def test_without_a_token_nobody_is_asked(github: GitHub, tmp_path: Path) -> None:
    """Nothing is owed then; what was owed while there was one is let go."""
    with with_token(tmp_path, github) as house:
        github.breaks(503)
        accept(house)
        assert len(owed(house)) == 1
        house.close()
        house.settings = house.settings.model_copy(update={"github_team_token": None})
        house.open()
        house.work()
        assert owed(house) == []
        house.work()


class Broken:
    """A client with a defect."""

    def is_persons(self, login: str) -> bool:
        """What nobody foresaw."""
        raise LookupError(login)


def test_a_defect_ends_the_question_and_not_the_sweep(house: House, github: GitHub) -> None:
    """What breaks on our side is not tried for ever, and everything else goes on."""
    house.bot._accounts._accounts = Broken()
    accept(house)
    assert owed(house) == []
    assert asked(github) == []
    assert "GitHub knows no" not in told(house, "nia")
    assert state(house) == "checklist"
