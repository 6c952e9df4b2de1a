"""App Home: Slack tells when somebody opens it."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from commands.surface import Surface
from psrt_bot.home.service import Homes


def register(surface: Surface, homes: Homes) -> None:
    """Register the listener of App Home."""

    def opened(session: Session, now: datetime, event: dict[str, Any]) -> None:
        # The tab with messages tells the same event, and has nothing to be drawn.
        if event.get("tab") == "home":
            homes.opened(session, now, event["user"])

    surface.event("app_home_opened", opened)
