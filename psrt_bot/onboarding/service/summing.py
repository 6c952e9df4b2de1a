"""What somebody has done of their checklist, for the summary at the end of their first months."""

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.onboarding.service.desk import steps_of
from storage.onboarding import Onboarding


def steps_done(session: Session, person_id: str) -> list[str]:
    """Return the steps of somebody's newest checklist that are ticked, each with its day."""
    onboarding = session.scalar(
        select(Onboarding)
        .where(col(Onboarding.person_id) == person_id)
        .order_by(col(Onboarding.begun_at).desc())
        .limit(1)
    )
    if onboarding is None:
        return []
    steps = steps_of(session, onboarding)
    return [f"{one.title}: {one.ticked_at.date()}" for one in steps if one.ticked_at is not None]
