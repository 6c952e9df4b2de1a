"""However many newcomers there are, a Home and the overview are read by the same few queries."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from psrt_bot.runtime.clock import MovableClock
from storage.engine import Database
from tests.onboarding.test_service import FILLED, NIA, Bureau


@pytest.fixture
def bureau(database: Database, clock: MovableClock, tmp_path: Path) -> Bureau:
    """An admin, a member, a newcomer."""
    return Bureau(database, clock, tmp_path)


def queries(bureau: Bureau, user: str) -> list[int]:
    """How many statements somebody's Home, and the overview, take."""
    counted = [0]  # who asks is not counted

    def count(*_: object) -> None:
        counted[-1] += 1

    event.listen(bureau.database.engine, "before_cursor_execute", count)
    with bureau.database.reading() as session:
        actor = bureau.services.members.who(session, user)
        for read in (
            lambda: bureau.begun.ticking.home(session, bureau.clock.now(), actor),
            lambda: bureau.begun.ticking.overview(session, user),
        ):
            counted.append(0)
            read()
    event.remove(bureau.database.engine, "before_cursor_execute", count)
    return counted[1:]


def test_newcomers_are_read_together(bureau: Bureau) -> None:
    """Those at their checklist as well, for an admin and for another member."""
    bureau.accept(bureau.start())
    before = [queries(bureau, user) for user in ("UANA", "UBEN")]
    for user in ("UCAT", "UDOV", "UEVE"):
        bureau.join(user)
        begun = bureau.start(replace(NIA, subject=user, github=user, slack_user_id=user))
        bureau.accept(begun, replace(FILLED, github=user, listed_name=user), user)
    assert [queries(bureau, user) for user in ("UANA", "UBEN")] == before
