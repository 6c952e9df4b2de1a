"""Events by which Slack tells of users and channels."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from commands.surface import Surface
from psrt_bot.oversight.service.places import Places
from psrt_bot.runtime import people


def register(surface: Surface, seen: people.Seen, places: Places) -> None:
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
    surface.event("member_joined_channel", places.joined)
    surface.event("member_left_channel", places.left)
    surface.event("channel_shared", places.shared)
    surface.event("channel_unshared", places.doubtful)
    surface.event("group_archive", places.archived)
    surface.event("group_unarchive", places.doubtful)
    surface.event("group_left", places.bot_left)
    surface.event("group_rename", places.renamed)
