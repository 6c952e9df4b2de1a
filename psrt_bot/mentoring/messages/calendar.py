"""The check-ins as a calendar file, for the pair's own calendars (RFC 5545)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event

LASTS = timedelta(minutes=30)
FILE_NAME = "check-ins.ics"


@dataclass(frozen=True)
class Entry:
    """One check-in as an entry.

    Args:
        uid: stays the same for ever, so that a calendar moves the entry it has.
        sequence: grows with each change.
        changed_at: when it became what it is.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    title: str


def calendar(entries: Iterable[Entry]) -> bytes:
    """Return the file. It names nobody and tells nothing: calendars are often shared."""
    made = Calendar()
    made.add("prodid", "-//psrt-bot//mentoring//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for entry in entries:
        event = Event()
        event.add("uid", f"check-in-{entry.uid}@psrt-bot")
        event.add("sequence", entry.sequence)
        event.add("dtstamp", entry.changed_at)
        event.add("dtstart", entry.starts_at)
        event.add("dtend", entry.starts_at + LASTS)
        event.add("summary", entry.title)
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())
