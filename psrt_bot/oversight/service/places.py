"""The team's channels: fit to be posted to, and nobody inside who has no business there.

Asked at the start, hourly, and by Slack's events in between (DESIGN section 2). Admins hear of each
thing once; of what was mended and goes wrong again they hear again.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import delete, select
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Members
from psrt_bot.oversight import messages
from psrt_bot.oversight.rules import Stranger, what_they_are
from psrt_bot.runtime import outbox, people
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.facts import ChannelSeen, DeliveryHeld, Invited
from psrt_bot.runtime.people import channel_problem
from psrt_bot.runtime.sql import insert_ignoring
from storage.oversight import ChannelReport
from storage.people import SlackChannel, SlackChannelMember, SlackUser

log = structlog.get_logger(__name__)

UNFIT = "unfit: "  # before the reason, in a report; a user's id otherwise


class Places:
    """Use cases around the team's channels. Each acts in a transaction of the caller's.

    Args:
        channels: the configured ones.
    """

    def __init__(self, members: Members, admins: Admins, channels: Collection[str]) -> None:
        self._members = members
        self._admins = admins
        self._channels = frozenset(channels)
        self._ourselves: str | None = None

    def we_are(self, bot_user_id: str) -> None:
        """Remember which Slack user the bot is; nobody is judged before that is known."""
        self._ourselves = bot_user_id

    def seen(self, session: Session, now: datetime, fact: ChannelSeen) -> None:
        """Tell admins what is new of a channel: why it is unfit, or fit again, who is in it."""
        if fact.channel not in self._channels:
            return
        inside = self._fitness(session, now, fact.channel)
        if inside and self._ourselves is not None:
            self._strangers(session, now, fact.channel, _everybody(session, fact.channel))

    def joined(self, session: Session, now: datetime, event: Mapping[str, Any]) -> None:
        """Keep that somebody came into a channel, and tell admins of one without a role."""
        channel, user = event["channel"], event["user"]
        if channel not in self._channels:
            return
        if user == self._ourselves:
            people.note_doubt(session, channel)  # Slack tells us more of it from now on
            return
        people.note_joined(session, channel, user)
        if self._ourselves is not None and event.get("inviter") == self._ourselves:
            _expect(session, now, channel, user)
        elif self._ourselves is not None:
            self._strangers(session, now, channel, [user])

    def left(self, session: Session, now: datetime, event: Mapping[str, Any]) -> None:
        """Keep that somebody left a channel; should they come back, admins hear of it anew."""
        channel, user = event["channel"], event["user"]
        if user == self._ourselves:
            self._changed(session, now, channel, is_inside=False)
            return
        people.note_left(session, channel, user)
        session.execute(_report(channel, [user]))

    def invited(self, session: Session, now: datetime, fact: Invited) -> None:
        """Expect whom the bot itself invited: they are no stranger (handler)."""
        if fact.channel in self._channels:
            _expect(session, now, fact.channel, fact.user)

    def shared(self, session: Session, now: datetime, event: Mapping[str, Any]) -> None:
        """Stop posting to a channel that is shared with another workspace from now on."""
        self._changed(session, now, event["channel"], is_shared=True)

    def archived(self, session: Session, now: datetime, event: Mapping[str, Any]) -> None:
        """Stop posting to a channel that was archived."""
        self._changed(session, now, event["channel"], is_archived=True)

    def bot_left(self, session: Session, now: datetime, event: Mapping[str, Any]) -> None:
        """Stop posting to a channel that the bot was removed from."""
        self._changed(session, now, event["channel"], is_inside=False)

    def renamed(self, session: Session, now: datetime, event: Mapping[str, Any]) -> None:
        """Keep a channel's new name."""
        self._changed(session, now, event["channel"]["id"], name=event["channel"]["name"])

    @staticmethod
    def doubtful(session: Session, _: datetime, event: Mapping[str, Any]) -> None:
        """Have a channel looked at again that may be fit now (unshared, out of the archive).

        Only what makes it unfit is believed at once.
        """
        people.note_doubt(session, event["channel"])

    def held(self, session: Session, now: datetime, fact: DeliveryHeld) -> None:
        """Tell admins why messages to a channel wait, unless they know (handler)."""
        known = session.get(ChannelReport, (fact.conversation, f"{UNFIT}{fact.reason}"))
        if known is None:
            self._admins.tell_each(session, now, messages.held(fact.conversation, fact.reason))

    def _changed(self, session: Session, now: datetime, channel: str, **values: bool | str) -> None:
        people.note_change(session, channel, **values)
        if channel in self._channels:
            self._fitness(session, now, channel)

    def _fitness(self, session: Session, now: datetime, channel: str) -> bool:
        """Tell admins if a channel became unfit or fit; return whether the bot is inside."""
        known = session.get(SlackChannel, channel, populate_existing=True)
        if known is None:
            return False
        problem = channel_problem(known)
        this = f"{UNFIT}{problem}"
        table = ChannelReport
        others = session.execute(
            delete(table)
            .where(
                col(table.channel_id) == channel,
                col(table.what).startswith(UNFIT, autoescape=True),
                col(table.what) != this,
            )
            .returning(col(table.what))
        ).all()
        if problem is None:
            if others:
                log.warning("channel_fit", channel=channel)
                self._admins.tell_each(session, now, messages.fit_again(channel))
            outbox.resume(session, now, channel)
        elif _note(session, now, channel, this):
            log.error("channel_unfit", channel=channel, reason=problem)
            self._admins.tell_each(session, now, messages.held(channel, problem))
        return known.is_inside

    def _strangers(
        self, session: Session, now: datetime, channel: str, users: Iterable[str]
    ) -> None:
        """Tell admins of those without a role of whom they have not been told; forget the rest."""
        found, fine = [], []
        for user in users:
            stranger = None if user == self._ourselves else self._judged(session, user)
            if stranger is None:
                fine.append(user)
            elif _note(session, now, channel, user):
                found.append((user, stranger))
        session.execute(_report(channel, fine))
        if not found:
            return
        log.warning("strangers_inside", channel=channel, count=len(found))
        self._tell(session, now, channel, messages.strangers(channel, found))

    def _judged(self, session: Session, user: str) -> Stranger | None:
        """Return what somebody without a role is, None for one who has a role or cannot read."""
        if self._members.who(session, user).roles - {Role.EMERITUS}:
            return None
        known = session.get(SlackUser, user)
        if known is None:
            return Stranger.UNKNOWN
        return what_they_are(
            deleted=known.is_deleted,
            bot=known.is_bot,
            foreign=known.is_foreign,
            guest=known.is_guest,
        )

    def _tell(self, session: Session, now: datetime, channel: str, message: Message) -> None:
        """Tell the admins: where the stranger does not read it."""
        if channel == self._admins.channel:
            self._admins.tell_each(session, now, message)
        else:
            self._admins.tell(session, now, message)


def _everybody(session: Session, channel: str) -> list[str]:
    """Return who is in a channel, and forget reports of those who are not any more."""
    member = SlackChannelMember
    users = session.scalars(
        select(col(member.user_id)).where(col(member.channel_id) == channel)
    ).all()
    reported = session.scalars(
        select(col(ChannelReport.what)).where(col(ChannelReport.channel_id) == channel)
    ).all()
    gone = [what for what in reported if not what.startswith(UNFIT) and what not in users]
    session.execute(_report(channel, gone))
    return sorted(users)


def _report(channel: str, users: Collection[str]) -> Any:
    return delete(ChannelReport).where(
        col(ChannelReport.channel_id) == channel, col(ChannelReport.what).in_(list(users))
    )


def _note(session: Session, now: datetime, channel: str, what: str) -> bool:
    """Remember what admins are told; return whether it is new."""
    values = {"channel_id": channel, "what": what, "reported_at": now}
    return insert_ignoring(session, ChannelReport, values)


def _expect(session: Session, now: datetime, channel: str, user: str) -> None:
    """Let somebody count as told of."""
    _note(session, now, channel, user)
