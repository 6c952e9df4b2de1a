"""Which refusals are counted, and how a day is named (pure)."""

from datetime import UTC, date, datetime, time, timedelta

from psrt_bot.membership.permissions import Permission

# Its refusals inside the use case are those of electors: a ballot that is not theirs, a vote that
# they left. Counting them would tell on which day an elector went to the urn.
SECRET = frozenset({Permission.VOTING_VOTE})


def counts(permission: Permission, *, for_want_of_role: bool) -> bool:
    """Say whether a refusal of somebody known is counted for the audit log.

    Args:
        for_want_of_role: they hold no role that permits the act, so they can cast no ballot either.
    """
    return for_want_of_role or permission not in SECRET


def day_of(moment: datetime) -> str:
    """Return the day of a moment in UTC, as in ``2026-03-02``."""
    return moment.astimezone(UTC).date().isoformat()


def end_of(day: str) -> datetime:
    """Return the first moment after a day.

    Raises:
        ValueError: it is no day.
    """
    after = date.fromisoformat(day) + timedelta(days=1)
    return datetime.combine(after, time(), tzinfo=UTC)


def next_month(moment: datetime) -> datetime:
    """Return the first moment of the month after ``moment``, in UTC."""
    there = moment.astimezone(UTC)
    year, month = (there.year + 1, 1) if there.month == 12 else (there.year, there.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
