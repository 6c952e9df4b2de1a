"""What Slack says of users and channels, kept in our own tables.

Filled from ``users.list`` and ``conversations.members`` at the start and hourly, and by events in
between, so that no rule needs the network before an ack (DESIGN section 4).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from psrt_bot.runtime.facts import ChannelSeen, Facts
from psrt_bot.runtime.slack import judge
from psrt_bot.runtime.sql import insert_ignoring, upsert
from storage.engine import Database
from storage.people import SlackChannel, SlackChannelMember, SlackUser

UNSEEN = ("channel_not_found", "not_in_channel")  # what Slack says of a channel one is not in
UNSEEN_AT = datetime(2000, 1, 1, tzinfo=UTC)  # of a channel that is to be looked at again
FRESH = timedelta(minutes=1)
PAGE = 200  # users.list: "no more than 200 results at a time" is Slack's recommendation

Seen = Callable[[Session, datetime, Iterable[Mapping[str, Any]]], None]


@dataclass(frozen=True)
class Workspace:
    """What ``auth.test`` says of where the bot is."""

    team_id: str
    bot_user_id: str
    url: str


class Directory:
    """Fetches users and channels from Slack into the tables. Runs on a worker, never before an ack.

    Args:
        channels: the configured channels' ids.
        seen: what is to happen once what Slack tells of some users is kept.
    """

    def __init__(
        self,
        database: Database,
        client: WebClient,
        channels: Iterable[str],
        seen: Seen | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._seen = seen
        self._facts = facts or Facts()
        self._channels = tuple(dict.fromkeys(channels))
        self._team_id: str | None = None

    def whoami(self) -> Workspace:
        """Ask Slack whose token this is.

        Raises:
            SlackApiError: the token is refused.
        """
        answer = self._client.auth_test()
        self._team_id = answer["team_id"]
        return Workspace(answer["team_id"], answer["user_id"], answer["url"])

    def refresh_users(self, now: datetime) -> None:
        """Fetch all users.

        Raises:
            SlackApiError: Slack refused; what was fetched before is kept.
        """
        for page in self._client.users_list(limit=PAGE):
            with self._database.transaction() as session:
                for user in page["members"]:
                    note_user(session, now, user, team=self._team_id)
                if self._seen is not None:
                    self._seen(session, now, page["members"])

    def refresh_channels(self, now: datetime) -> None:
        """Fetch each configured channel and its members; raises as ``refresh_users``."""
        for channel in self._channels:
            self.refresh_channel(now, channel)

    def refresh_channel(self, now: datetime, channel: str) -> None:
        """Fetch one channel's state and members.

        A private channel that the bot is not in does not exist for it, and a public one it may not
        ask about (it has no ``channels:read``): either is kept as one that may not be posted to,
        and the other channels are fetched all the same.
        """
        try:
            info = self._client.conversations_info(channel=channel)["channel"]
        except SlackApiError as error:
            is_public = error.response.get("needed") == "channels:read"
            if judge(error).code not in UNSEEN and not is_public:
                raise
            with self._database.transaction() as session:
                note_unread(session, now, channel, is_public=is_public)
                self._facts.announce(session, now, ChannelSeen(channel))
            return
        inside = bool(info.get("is_member"))
        members: list[str] = []
        if inside:
            for page in self._client.conversations_members(channel=channel, limit=PAGE):
                members.extend(page["members"])
        with self._database.transaction() as session:
            note_channel(session, now, info)
            if inside:
                table = SlackChannelMember
                session.execute(delete(table).where(col(table.channel_id) == channel))
                session.add_all(table(channel_id=channel, user_id=user) for user in members)
                session.flush()
            self._facts.announce(session, now, ChannelSeen(channel))

    def make_sure(self, now: datetime, channel: str) -> None:
        """Ask Slack how one of our channels is, unless that was done a moment ago.

        Of a private channel that became public there is no event; so it is asked before anything
        about somebody is posted there.

        Raises:
            SlackApiError: Slack refused.
        """
        if channel not in self._channels:
            return
        with self._database.reading() as session:
            known = session.get(SlackChannel, channel)
        if known is None or now - known.seen_at > FRESH:
            self.refresh_channel(now, channel)

    def in_doubt(self) -> bool:
        """Say whether an event left open how one of our channels is now (``note_doubt``)."""
        ours = col(SlackChannel.id).in_(self._channels)
        doubted = select(col(SlackChannel.id)).where(ours, col(SlackChannel.seen_at) == UNSEEN_AT)
        with self._database.reading() as session:
            return session.scalar(doubted.limit(1)) is not None


def note_user(
    session: Session, now: datetime, user: Mapping[str, Any], *, team: str | None = None
) -> None:
    """Keep what Slack's user object says (``users.list``, ``user_change``, ``team_join``).

    Args:
        team: our workspace's id; without it a user of another one is known by Slack's own mark
            only, and by what was kept before.
    """
    profile = user.get("profile") or {}
    name = profile.get("display_name") or user.get("name") or user["id"]
    values = {
        "id": user["id"],
        "team_id": user.get("team_id") or "",
        "name": name,
        "handle": user.get("name"),
        "real_name": profile.get("real_name") or user.get("real_name") or name,
        "is_bot": bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        "is_deleted": bool(user.get("deleted")),
        "is_guest": bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        "time_zone": user.get("tz") or "",
        "seen_at": now,
        "is_foreign": _is_foreign(user, team) if team else bool(user.get("is_stranger")),
    }
    kept = () if team or user.get("is_stranger") else ("is_foreign",)
    upsert(session, SlackUser, values, keys=("id",), kept=kept)


def _is_foreign(user: Mapping[str, Any], team: str) -> bool:
    """Whether somebody is of another workspace; in an organisation they may be of several."""
    teams = (user.get("enterprise_user") or {}).get("teams", ())
    return bool(user.get("is_stranger")) or (
        user.get("team_id", team) != team and team not in teams
    )


def note_channel(session: Session, now: datetime, info: Mapping[str, Any]) -> None:
    """Keep what Slack's channel object says (``conversations.info``)."""
    shared = ("is_shared", "is_ext_shared", "is_org_shared", "is_pending_ext_shared")
    values = {
        "id": info["id"],
        "name": info.get("name") or info["id"],
        "is_private": bool(info.get("is_private")),
        "is_shared": any(info.get(flag) for flag in shared),
        "is_archived": bool(info.get("is_archived")),
        "is_inside": bool(info.get("is_member")),
        "seen_at": now,
    }
    upsert(session, SlackChannel, values, keys=("id",))


def note_unread(session: Session, now: datetime, channel: str, *, is_public: bool) -> None:
    """Keep that Slack tells nothing of a channel: it is public, or the bot is not in it.

    Who was last seen in it stays known: they may still read it.
    """
    values = {
        "id": channel,
        "name": channel,
        "is_private": not is_public,
        "is_shared": False,
        "is_archived": False,
        "is_inside": False,
        "seen_at": now,
    }
    kept = ("name", "is_shared", "is_archived")
    upsert(session, SlackChannel, values, keys=("id",), kept=kept)


def note_change(session: Session, channel: str, **values: bool | str) -> None:
    """Keep what an event tells of a channel that is known: archived, shared, its name, …"""
    session.execute(update(SlackChannel).where(col(SlackChannel.id) == channel).values(**values))


def note_doubt(session: Session, channel: str) -> None:
    """Keep that an event told less of a channel than there is to know: it is looked at soon."""
    session.execute(
        update(SlackChannel).where(col(SlackChannel.id) == channel).values(seen_at=UNSEEN_AT)
    )


def note_joined(session: Session, channel: str, user: str) -> None:
    """Keep that somebody joined a channel (``member_joined_channel``)."""
    insert_ignoring(session, SlackChannelMember, {"channel_id": channel, "user_id": user})


def note_left(session: Session, channel: str, user: str) -> None:
    """Keep that somebody left a channel (``member_left_channel``)."""
    table = SlackChannelMember
    session.execute(
        delete(table).where(col(table.channel_id) == channel, col(table.user_id) == user)
    )


def is_in_channel(session: Session, channel: str, user: str) -> bool:
    """Return whether somebody is in a channel, as far as Slack told us."""
    return session.get(SlackChannelMember, (channel, user)) is not None


def live_users(session: Session, users: Iterable[str]) -> dict[str, SlackUser]:
    """Return those of ``users`` that exist: people of ours, not deactivated and not guests."""
    found = session.scalars(
        select(SlackUser).where(
            col(SlackUser.id).in_(list(users)),
            col(SlackUser.is_deleted).is_(False),
            col(SlackUser.is_bot).is_(False),
            col(SlackUser.is_guest).is_(False),
            col(SlackUser.is_foreign).is_(False),
        )
    )
    return {user.id: user for user in found}


def channel_problem(channel: SlackChannel | None) -> str | None:
    """Return why nothing may be posted to a channel, or None when it is fit (DESIGN section 2).

    A channel that Slack has not told of yet is not fit: it could be public.
    """
    if channel is None:
        return "Slack has not told of it yet"
    if not channel.is_private:
        return "it is public"
    if channel.is_shared:
        return "it is shared with another workspace"
    if channel.is_archived:
        return "it is archived"
    return None if channel.is_inside else "the bot is not in it"


def why_unfit(session: Session, channel: str) -> str | None:
    """Return why nothing may be posted to the channel of this id, or None."""
    return channel_problem(session.get(SlackChannel, channel))
