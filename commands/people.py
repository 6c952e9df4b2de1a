"""Events by which Slack tells of users and channels."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from commands.surface import Surface
from psrt_bot.runtime import people


def joined(session: Session, _: datetime, event: dict[str, Any]) -> None:
    """Keep that somebody joined a channel."""
    people.note_joined(session, event["channel"], event["user"])


def left(session: Session, _: datetime, event: dict[str, Any]) -> None:
    """Keep that somebody left a channel."""
    people.note_left(session, event["channel"], event["user"])


def register(surface: Surface, seen: people.Seen) -> None:
    """Register the listeners of people and places.

    Args:
        seen: what is to happen once a user's new state is kept.
    """

    def user_changed(session: Session, now: datetime, event: dict[str, Any]) -> None:
        """Keep a user's new state (``user_change``, ``team_join``)."""
        people.note_user(session, now, event["user"])
        seen(session, now, [event["user"]])

    surface.event("user_change", user_changed)
    surface.event("team_join", user_changed)
    surface.event("member_joined_channel", joined)
    surface.event("member_left_channel", left)
