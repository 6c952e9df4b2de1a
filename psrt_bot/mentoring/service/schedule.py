"""When the check-ins are: planned with the pairing, taken up by another mentor, prolonged."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from psrt_bot.mentoring.messages import calendar
from psrt_bot.mentoring.messages.calendar import Entry
from psrt_bot.mentoring.rules import (
    WITHOUT_CHECK_INS,
    CheckInState,
    MentorshipState,
    may_graduate,
    taken_up_at,
)
from psrt_bot.mentoring.service.desk import (
    CHECK_IN,
    GRADUATION,
    MISSED,
    check_ins_of,
    pair_of,
    states_of,
    zone_of,
)
from psrt_bot.runtime import deadlines, outbox
from psrt_bot.runtime.rules import next_waking
from psrt_bot.runtime.sending import File
from storage.mentoring import CheckIn, Mentorship

CALENDAR = "mentoring:calendar"
TAKEN_UP_AFTER = timedelta(days=1)  # what fell due without a mentor is asked for so soon


def add(
    session: Session, now: datetime, mentorship: Mentorship, after: Iterable[timedelta]
) -> None:
    """Add check-ins, each so long from now, in the newcomer's waking hours."""
    zone = zone_of(session, mentorship.newcomer_id)
    number = len(check_ins_of(session, mentorship))
    moments = {next_waking(now + duration, zone) for duration in after}
    for due_at in sorted(moments):
        number += 1
        check_in = CheckIn(
            mentorship_id=mentorship.id,
            number=number,
            due_at=due_at,
            state=CheckInState.PLANNED,
            changed_at=now,
        )
        session.add(check_in)
    session.flush()
    plan(session, mentorship)


def take_up(session: Session, now: datetime, mentorship: Mentorship) -> None:
    """Let another mentor go on: of what fell due without one, the last is asked for soon.

    Unless the next one comes about then (`taken_up_at`).
    """
    zone = zone_of(session, mentorship.newcomer_id)
    waiting = [one for one in check_ins_of(session, mentorship) if is_planned(one)]
    overdue = [one for one in waiting if one.due_at <= now]
    following = min((one.due_at for one in waiting if one.due_at > now), default=None)
    at = taken_up_at(next_waking(now + TAKEN_UP_AFTER, zone), following)
    left_out = overdue[:-1] if at else overdue
    for check_in in left_out:
        check_in.state = CheckInState.SKIPPED
    if overdue and at:
        shift(overdue[-1], now, at)
    session.add_all(overdue)
    session.flush()
    plan(session, mentorship)


def is_planned(check_in: CheckIn) -> bool:
    """Whether a check-in is still to come."""
    return check_in.state == CheckInState.PLANNED


def shift(check_in: CheckIn, now: datetime, due_at: datetime) -> None:
    """Give a check-in another moment: a new version of its calendar entry."""
    check_in.due_at, check_in.changed_at = due_at, now
    check_in.sequence += 1


def plan(session: Session, mentorship: Mentorship) -> None:
    """Plan the deadlines of what is still to come, and forget those of what was."""
    deadlines.drop(session, mentorship.id, [CHECK_IN])
    for check_in in check_ins_of(session, mentorship):
        if is_planned(check_in):
            deadlines.schedule(session, CHECK_IN, mentorship.id, check_in.due_at)


def stop_waiting(session: Session, mentorship: Mentorship) -> None:
    """Forget the end of the time for answers where none is waited for any more."""
    if CheckInState.OPEN not in states_of(session, mentorship):
        deadlines.drop(session, mentorship.id, [MISSED])


def plan_graduation(
    session: Session, now: datetime, mentorship: Mentorship, after: timedelta = timedelta(0)
) -> None:
    """Plan to ask the mentor for their word, if the last check-in is over; in their morning.

    A question that is planned already stays: who was just asked is asked again in a week, not at
    once since somebody answered late.
    """
    states = states_of(session, mentorship)
    if not may_graduate(states) or mentorship.mentor_id is None:
        return
    if deadlines.is_planned(session, mentorship.id, GRADUATION):
        return
    zone = zone_of(session, mentorship.mentor_id)
    start = now + after
    if not states and mentorship.paired_at is not None:
        start = max(start, mentorship.paired_at + WITHOUT_CHECK_INS)
    deadlines.schedule(session, GRADUATION, mentorship.id, next_waking(start, zone))


def on_day(due_at: datetime, day: date, zone: ZoneInfo) -> datetime:
    """Return the hour of ``due_at`` on another day, within the waking hours of ``zone``."""
    hour = due_at.astimezone(zone).time()
    return next_waking(datetime.combine(day, hour, tzinfo=zone).astimezone(UTC), zone)


def post_calendar(session: Session, now: datetime, mentorship: Mentorship) -> None:
    """Owe the pair one file with all check-ins, as they are when it is delivered."""
    if (pair := pair_of(session, mentorship)) and check_ins_of(session, mentorship):
        outbox.attach(
            session,
            now,
            outbox.group(pair),
            renderer=CALENDAR,
            argument=f"{mentorship.id}:{mentorship.mentor_id}",
        )


def calendar_file(session: Session, argument: str) -> File | None:
    """Return the calendar of a pair, or None where they are none any more (renderer)."""
    mentorship_id, _, mentor_id = argument.partition(":")
    mentorship = session.get(Mentorship, mentorship_id)
    if mentorship is None or mentorship.mentor_id != mentor_id:
        return None
    if mentorship.state != MentorshipState.PAIRED:
        return None
    entries = [
        Entry(
            uid=one.id,
            sequence=one.sequence,
            changed_at=one.changed_at,
            starts_at=one.due_at,
            title=f"Mentoring: check-in {one.number}",
        )
        for one in check_ins_of(session, mentorship)
        if one.state != CheckInState.SKIPPED
    ]
    return File(
        name=calendar.FILE_NAME,
        title="Check-ins",
        content=calendar.calendar(entries),
        comment="All check-ins for your calendars; opened again it moves what has moved.",
    )
