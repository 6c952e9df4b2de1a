"""The head of the audit log, posted to the admins: whoever writes the database cannot unsay it."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from psrt_bot.membership.service.admins import Admins
from psrt_bot.oversight import messages
from psrt_bot.oversight.rules import next_month
from psrt_bot.runtime import audit, deadlines
from storage.runtime import DeadlineRow

MONTHLY = "month"  # the deadline's subject, beside the one after a decision


class Heads:
    """Use cases around the head."""

    def __init__(self, admins: Admins) -> None:
        self._admins = admins

    def post_when_due(self, session: Session, now: datetime, why: str) -> None:
        """Post the head as it is now, after a decision or a month (handler of a deadline).

        It says nothing of what was decided: an admin may be the nominee (R12).
        """
        if why != MONTHLY:
            _forget_others(session)  # before the head is read, which is theirs as well
        number, head = audit.head(session)
        self._admins.tell(session, now, messages.head(number, head, monthly=why == MONTHLY))
        if why == MONTHLY:
            self.arm(session, now)

    @staticmethod
    def arm(session: Session, now: datetime) -> None:
        """Plan the next month's; planning it twice makes one."""
        deadlines.schedule(session, audit.HEAD_DUE, MONTHLY, next_month(now))


def _forget_others(session: Session) -> None:
    """Drop what is planned after other decisions: one head stands for all of them."""
    row = DeadlineRow
    session.execute(
        delete(row).where(
            col(row.subject).startswith(audit.AFTER_DECISION, autoescape=True),
            col(row.kind) == audit.HEAD_DUE,
            col(row.done_at).is_(None),
        )
    )
