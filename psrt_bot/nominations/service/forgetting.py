"""What is not kept for ever: the texts of nominations that ended long ago (``PSRT_RETENTION``)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from psrt_bot.runtime import audit, deadlines
from storage.nominations import Addendum, Nomination, Statement

FORGET = "nominations:forget"  # the deadline and the act in the audit log
ALL = "nominations"  # what both are about
HOUR = 3  # UTC; hardly anybody reads then


class Forgetting:
    """Use cases of retention.

    Args:
        retention: how long after its end a nomination keeps its texts.
    """

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    def forget(self, session: Session, now: datetime, _: str) -> None:
        """Empty texts, addenda and statements of what ended long ago, each once (handler).

        Who was nominated by whom, the dates, the outcome and the reason of an end stay.
        """
        self.arm(session, now)
        old = session.execute(
            select(col(Nomination.id), col(Nomination.texts)).where(
                col(Nomination.running).is_(False),
                col(Nomination.decided_at) < now - self._retention,
            )
        )
        ids = [row.id for row in old if row.texts]  # no nomination is made without texts
        if not ids:
            return
        audit.hold(session)  # before the nominations, as of ``visible``
        session.execute(update(Nomination).where(col(Nomination.id).in_(ids)).values(texts={}))
        session.execute(delete(Addendum).where(col(Addendum.nomination_id).in_(ids)))
        session.execute(
            update(Statement).where(col(Statement.nomination_id).in_(ids)).values(text=None)
        )
        audit.append(
            session,
            now,
            actor=audit.SYSTEM,
            act=FORGET,
            subject=ALL,
            details={"nominations": len(ids)},
        )

    @staticmethod
    def arm(session: Session, now: datetime) -> None:
        """Plan the next look, each night; planning it twice makes one."""
        tonight = now.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
        due = tonight if tonight > now else tonight + timedelta(days=1)
        deadlines.schedule(session, FORGET, ALL, due)
