"""Moments and identifiers are the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError
from sqlmodel import col, select

from storage.engine import Database
from storage.runtime import SeenRequest
from storage.types import new_id

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 3),  # noqa: DTZ001 -- Hypothesis wants naive bounds
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=OFFSETS,
)
SHARED = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SHARED
@given(moment=MOMENTS)
def test_moments_survive_the_round_trip(database: Database, moment: datetime) -> None:
    """A moment comes back as the same moment to the microsecond, in UTC, whatever its zone was."""
    key = new_id()
    with database.transaction() as session:
        session.add(SeenRequest(key=key, seen_at=moment))
    with database.reading() as session:
        found = session.get_one(SeenRequest, key).seen_at
    assert found == moment
    assert found.tzinfo is UTC


@SHARED
@given(one=MOMENTS, two=MOMENTS)
def test_moments_compare_in_the_database(database: Database, one: datetime, two: datetime) -> None:
    """The database orders moments of different zones as Python does."""
    key = new_id()
    with database.transaction() as session:
        session.add(SeenRequest(key=key, seen_at=one))
        query = select(col(SeenRequest.seen_at) < two).where(col(SeenRequest.key) == key)
        assert bool(session.exec(query).one()) == (one < two)


def test_naive_moments_are_refused(database: Database) -> None:
    """A moment without a zone is an error: nobody could say which moment it means."""
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 -- what is refused
    with (
        pytest.raises(StatementError, match="must carry its time zone"),
        database.transaction() as session,
    ):
        session.add(SeenRequest(key="k", seen_at=naive))


def test_identifiers_tell_no_order() -> None:
    """Identifiers are random, of one form, and not sorted by their making."""
    made = [new_id() for _ in range(100)]
    assert len(set(made)) == 100
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in made)
    assert made != sorted(made)
