"""Refusals of people we know: counted by day, then one row in the audit log a person and act.

The audit log cannot count: it is append-only and chained. So the count is kept beside it and the
row is appended when the day is over, whole and once. The day's end also takes from the log what a
row at the first refusal would tell: at which moment somebody tried something.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission, named
from psrt_bot.membership.service.people import Members
from psrt_bot.oversight.rules import counts, day_of, end_of
from psrt_bot.runtime import audit, deadlines
from psrt_bot.runtime.rules import NotAllowed, NotForYou, RuleError
from psrt_bot.runtime.sql import insert_ignoring, rows
from storage.oversight import RefusalCount

log = structlog.get_logger(__name__)

DAY_ENDS = "oversight:refusals"  # a deadline of the day
REFUSED = "oversight:refused"  # the act in the audit log


@dataclass(frozen=True)
class Refused:
    """A refusal that is to be counted."""

    person_id: str
    permission: Permission


class Refusals:
    """Use cases around refusals."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def judge(
        self, session: Session, slack_user_id: str, asked: Permission, error: RuleError
    ) -> Refused | None:
        """Put a refusal into the log, without its person; return it if it is to be counted.

        Only what somebody known was refused is. A stranger costs no write.

        Args:
            asked: what the door asks for; a door may lead to another, whose permission then counts.
            error: other errors than refusals are none of ours.
        """
        if not isinstance(error, NotAllowed | NotForYou):
            return None
        lacking = error.lacking if isinstance(error, NotAllowed) else ""
        permission = named(lacking) if lacking else asked
        person_id = self._members.who(session, slack_user_id).person_id
        log.info("refused", act=permission.value, known=person_id is not None)
        if person_id is None or not counts(permission, for_want_of_role=bool(lacking)):
            return None
        return Refused(person_id, permission)

    @staticmethod
    def count(session: Session, now: datetime, refused: Refused) -> None:
        """Count a refusal for its day."""
        day = day_of(now)
        key = {"day": day, "person_id": refused.person_id, "permission": refused.permission.value}
        once_more = update(RefusalCount).filter_by(**key).values(times=col(RefusalCount.times) + 1)
        while not insert_ignoring(session, RefusalCount, key | {"times": 1}):
            if rows(session.execute(once_more)):
                return
            # Between the two another copy has ended the day and taken the row.
        deadlines.schedule(session, DAY_ENDS, day, end_of(day))

    @staticmethod
    def day_ended(session: Session, now: datetime, day: str) -> None:
        """Put a day's counts into the audit log (handler of a deadline).

        And those of an earlier day that were added after its end, by a copy whose clock is behind.
        """
        until_then = col(RefusalCount.day) <= day
        counted = session.scalars(
            select(RefusalCount)
            .where(until_then)
            .order_by(
                col(RefusalCount.day), col(RefusalCount.person_id), col(RefusalCount.permission)
            )
        ).all()
        for refused in counted:
            audit.append(
                session,
                now,
                actor=refused.person_id,
                act=REFUSED,
                subject=refused.permission,
                details={"day": refused.day, "times": refused.times},
            )
        session.execute(delete(RefusalCount).where(until_then))
