"""Whose App Home is kept up to date: those who opened it once, at most every two seconds.

A process that changes what Homes show says so here, in the transaction of the change; what is shown
is drawn at delivery (DESIGN sections 2 and 4).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.runtime import outbox
from psrt_bot.runtime.sql import insert_ignoring
from storage.runtime import HomeViewer

SPACING = timedelta(seconds=2)  # between two publications to one person


def opened(session: Session, now: datetime, slack_user_id: str) -> None:
    """Owe somebody a fresh App Home, now and from now on whenever it changes."""
    insert_ignoring(session, HomeViewer, {"slack_user_id": slack_user_id, "due_at": now - SPACING})
    changed(session, now, [slack_user_id])


def changed(session: Session, now: datetime, slack_user_ids: Iterable[str] | None = None) -> None:
    """Owe fresh App Homes to those who ever opened theirs.

    Args:
        slack_user_ids: whose Homes show something else now; None for everybody's.
    """
    viewers = select(HomeViewer).order_by(col(HomeViewer.slack_user_id)).with_for_update()
    if slack_user_ids is not None:
        viewers = viewers.where(col(HomeViewer.slack_user_id).in_(list(slack_user_ids)))
    for viewer in session.scalars(viewers.execution_options(populate_existing=True)):
        viewer.due_at = outbox.publish_home(
            session, now, viewer.slack_user_id, not_before=viewer.due_at + SPACING
        )
        session.add(viewer)
