"""Which refusals are counted, what is wanted of the audit log, who is a stranger (pure)."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum, unique

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


LONGEST_PERSON = 100  # characters of what is typed for a person


@dataclass(frozen=True)
class Wanted:
    """Which entries of the audit log somebody wants to see, and from where on.

    Args:
        person: as it was typed; who did it or whom it is about.
        process: the word before an act's colon.
        since: the first day in UTC, as in ``2026-03-02``; ``until``: the last one.
        before: only older entries than this one's number; ``after``: only newer ones.
    """

    person: str = ""
    process: str = ""
    since: str = ""
    until: str = ""
    before: int | None = None
    after: int | None = None

    def from_start(self) -> "Wanted":
        """Return the same, beginning with the newest."""
        return replace(self, before=None, after=None)

    def older_than(self, number: int) -> "Wanted":
        """Return the same, from the next older page on."""
        return replace(self, before=number, after=None)

    def newer_than(self, number: int) -> "Wanted":
        """Return the same, from the next newer page on."""
        return replace(self, before=None, after=number)

    def packed(self) -> str:
        """Return it as a button's value."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    @classmethod
    def unpacked(cls, value: str) -> "Wanted":
        """Read a button's value. What is none, whoever made it, means everything."""
        try:
            read = json.loads(value)
        except ValueError:
            return cls()
        if not isinstance(read, dict):
            return cls()
        return cls(
            person=_text(read.get("person")),
            process=_text(read.get("process")),
            since=_text(read.get("since")),
            until=_text(read.get("until")),
            before=_number(read.get("before")),
            after=_number(read.get("after")),
        )

    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return its first moment, and the first moment after it; None where it has no such end."""
        return _begin_of(self.since), _end_of(self.until)

    def problems(self) -> dict[str, str]:
        """Return what is wrong with its days, by their names."""
        wrong = {
            name: "This is no day."
            for name, day in (("since", self.since), ("until", self.until))
            if day and _begin_of(day) is None
        }
        since, until = self.period()
        if since and until and since >= until:
            wrong["until"] = "This day is before the first one."
        return wrong


def _begin_of(day: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day), time(), tzinfo=UTC)
    except ValueError:
        return None


def _end_of(day: str) -> datetime | None:
    try:
        return end_of(day)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST_PERSON else ""


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value < 2**31 else None  # what a number column holds


@unique
class Stranger(StrEnum):
    """What somebody without a role is, in words for admins."""

    UNKNOWN = "Slack has not told of them yet"
    APP = "another app"
    FOREIGN = "of another workspace"
    GUEST = "a guest"
    NOBODY = "linked to nobody who holds a role"


def what_they_are(*, deleted: bool, bot: bool, foreign: bool, guest: bool) -> Stranger | None:
    """Return what somebody without a role in a channel is; None for one who cannot read it."""
    if deleted:
        return None
    if bot:
        return Stranger.APP
    if foreign:
        return Stranger.FOREIGN
    return Stranger.GUEST if guest else Stranger.NOBODY
