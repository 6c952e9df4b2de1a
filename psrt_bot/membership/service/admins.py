"""How the bot speaks to the admins: in their channel, or to each where there is none."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import ever_had_admin, holders, with_live_slack
from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message


class Admins:
    """Where admins hear of what only they can mend (R6).

    Args:
        channel: their channel's id, or None.
        first_admins: whom to tell as long as nobody ever held the role.
    """

    def __init__(self, channel: str | None, first_admins: Collection[str] = ()) -> None:
        self.channel = channel
        self._first_admins = tuple(first_admins)

    def tell(
        self,
        session: Session,
        now: datetime,
        message: Message,
        *,
        slot: str | None = None,
        about: str | None = None,
    ) -> None:
        """Owe a message to the admins.

        Args:
            slot: remember the message in the admin channel under this name.
            about: whom or what it is about, as of ``outbox.post``.
        """
        if self.channel:
            outbox.post(session, now, self.channel, message, slot=slot, about=about)
        else:
            self.tell_each(session, now, message)

    def tell_each(self, session: Session, now: datetime, message: Message) -> None:
        """Owe a direct message to every admin."""
        for user in self.users(session):
            outbox.tell(session, now, user, message)

    def users(self, session: Session) -> list[str]:
        """Return the admins' Slack users: what is told them is for nobody who was one once."""
        live, _ = with_live_slack(session, holders(session, Role.ADMIN))
        first = [] if live or ever_had_admin(session) else list(self._first_admins)
        return [user.id for _, user in live] or first
