"""Conversations: opening direct messages, joining and leaving, who may see what."""

from __future__ import annotations

from psrt_bot.sandbox import events
from psrt_bot.sandbox.model import Channel, Kind
from psrt_bot.sandbox.state import State


def create(state: State, name: str, kind: Kind, members: list[str], creator: str = "") -> Channel:
    """A new conversation; direct messages have ids D..., group ones G..., all others C..."""
    prefix = {"im": "D", "mpim": "G"}.get(kind, "C")
    with state.changed():
        channel = Channel(
            id=state.new_id(prefix),
            name=name,
            kind=kind,
            creator=creator or (members[0] if members else ""),
            created=state.now(),
            members=list(members),
        )
        state.channels[channel.id] = channel
    return channel


def direct(state: State, *user_ids: str) -> Channel:
    """The direct message between two people, or of a group; opened when it is not there yet."""
    people = sorted(set(user_ids))
    with state.changed():
        if there := existing(state, *user_ids):
            return there
        if len(people) <= 2:
            return create(state, "", "im", people)
        names = "--".join(state.users[p].name for p in people)
        return create(state, f"mpdm-{names}-1", "mpim", people)


def existing(state: State, *user_ids: str) -> Channel | None:
    """The direct message of these people if it was ever opened."""
    people = sorted(set(user_ids))
    for channel in state.channels.values():
        if channel.kind in ("im", "mpim") and sorted(channel.members) == people:
            return channel
    return None


def join(state: State, channel: Channel, user_id: str, inviter: str | None = None) -> None:
    """Add a member and tell the apps inside; nothing happens to one who is there already."""
    with state.changed():
        if user_id not in channel.members:
            channel.members.append(user_id)
            events.membership(state, channel, user_id, inviter)


def leave(state: State, channel: Channel, user_id: str) -> None:
    """Take a member out and tell the apps inside."""
    with state.changed():
        if user_id in channel.members:
            channel.members.remove(user_id)
            events.membership(state, channel, user_id)
            events.app_left(state, channel, user_id)


def visible(channel: Channel, user_id: str) -> bool:
    """Whether this person may read the conversation: public ones all, the others as a member."""
    return not channel.is_private or user_id in channel.members
