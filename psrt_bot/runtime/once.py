"""Requests that Slack repeats are acted upon once; their ids are kept for a day."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from psrt_bot.runtime.sql import insert_ignoring
from storage.runtime import SeenRequest

KEPT = timedelta(days=1)  # Slack redelivers within the hour; a modal stays open for less than a day


def first_time(session: Session, now: datetime, key: str) -> bool:
    """Return whether ``key`` is new, and remember it in this transaction."""
    return insert_ignoring(session, SeenRequest, {"key": key, "seen_at": now})


def forget_old(session: Session, now: datetime) -> None:
    """Drop what is older than a day."""
    session.execute(delete(SeenRequest).where(col(SeenRequest.seen_at) < now - KEPT))
