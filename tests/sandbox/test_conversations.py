"""conversations.* beyond the everyday, and links to messages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.sandbox.page.places import Reads, sidebar
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import Server
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import SCOPES, make_manifest

EVERYTHING = [
    *SCOPES,
    "channels:join",
    "channels:manage",
    "groups:history",
    "mpim:read",
    "mpim:write",
]


@pytest.fixture
def client(workspace: Workspace, server: Server) -> WebClient:
    """A client of an app that may do everything."""
    installed = workspace.install(make_manifest(scopes=EVERYTHING))
    workspace.invite_bot("team")
    return WebClient(installed.bot_token, base_url=server.api_url)


@pytest.fixture
def alice(workspace: Workspace, client: WebClient) -> Person:
    return workspace.as_user("alice")


def code(client: WebClient, method: str, **args: Any) -> str:
    """The error of a call, or ok."""
    try:
        client.api_call(method, json=args)
    except SlackApiError as error:
        return str(error.response["error"])
    return "ok"


def test_group_message(workspace: Workspace, client: WebClient) -> None:
    """conversations.open with several people makes one group DM, the same each time."""
    ids = ",".join(workspace.state.user(name).id for name in ("alice", "bob"))
    opened = client.conversations_open(users=ids, return_im=True)["channel"]
    assert opened["is_mpim"]
    assert opened["id"].startswith("G")
    assert client.conversations_open(users=ids)["channel"]["id"] == opened["id"]
    assert client.conversations_open(channel=opened["id"])["channel"]["id"] == opened["id"]
    assert code(client, "conversations.open") == "users_list_not_supplied"
    many = [workspace.add_user(f"p{n}").id for n in range(9)]
    assert code(client, "conversations.open", users=",".join(many[:8])) == "ok"
    assert code(client, "conversations.open", users=",".join(many)) == "too_many_users"
    gone = workspace.add_user("gone", deleted=True).id
    assert code(client, "conversations.open", users=gone) == "user_disabled"


def test_a_group_with_the_app_stands_among_the_direct_messages(
    workspace: Workspace, client: WebClient
) -> None:
    """Whoever sorts first in it, the page lists it; the app's own DM stands elsewhere."""
    ids = ",".join(workspace.state.user(name).id for name in ("alice", "bob"))
    group = client.conversations_open(users=ids)["channel"]["id"]
    client.chat_postMessage(channel=group, text="hello")
    alone = client.conversations_open(users=workspace.state.user("alice").id)["channel"]["id"]
    client.chat_postMessage(channel=alone, text="hello")
    for order in (1, -1):
        workspace.state.channels[group].members[:] = workspace.state.channels[group].members[
            ::order
        ]
        seen = sidebar(workspace.state, Reads(), workspace.state.user("alice"))
        assert [place.key for place in seen.directs] == [group]
        assert seen.directs[0].unread == 1


def test_join_leave_create(workspace: Workspace, client: WebClient) -> None:
    """A bot joins public channels only, leaves, and makes channels with proper, new names."""
    general, secret, team = (workspace.state.channel(n).id for n in ("general", "secret", "team"))
    assert code(client, "conversations.join", channel=general) == "ok"
    assert code(client, "conversations.join", channel=secret) == "channel_not_found"
    wrong_kind = "method_not_supported_for_channel_type"
    assert code(client, "conversations.join", channel=team) == wrong_kind
    assert code(client, "conversations.leave", channel=general) == "ok"
    assert client.conversations_leave(channel=general)["not_in_channel"]
    created = client.conversations_create(name="council", is_private=True)["channel"]
    assert created["is_private"]
    assert created["is_member"]
    assert code(client, "conversations.create", name="council") == "name_taken"
    assert code(client, "conversations.create", name="Not So") == "invalid_name_specials"
    workspace.archive("general")
    assert code(client, "conversations.join", channel=general) == "is_archived"


def test_invite_and_kick_refusals(workspace: Workspace, client: WebClient) -> None:
    """Who cannot be invited or kicked, and where, is refused with Slack's codes."""
    team = workspace.state.channel("team").id
    bot = workspace.state.only_app().bot_user_id
    gone = workspace.add_user("gone", deleted=True).id
    guest = workspace.add_user("guest", single_channel_guest=True).id
    direct = client.conversations_open(users=workspace.state.user("alice").id)["channel"]["id"]
    for user, expected in (
        (bot, "cant_invite_self"),
        (gone, "user_not_found"),
        (guest, "user_is_restricted"),
    ):
        assert code(client, "conversations.invite", channel=team, users=user) == expected
    assert code(client, "conversations.kick", channel=team, user=bot) == "cant_kick_self"
    assert code(client, "conversations.kick", channel=team, user=guest) == "not_in_channel"
    wrong_kind = "method_not_supported_for_channel_type"
    assert code(client, "conversations.invite", channel=direct, users=guest) == wrong_kind
    assert code(client, "conversations.list", types="rooms") == "invalid_types"
    workspace.archive("team")
    assert code(client, "conversations.kick", channel=team, user=guest) == "is_archived"


def test_replies_and_permalink(workspace: Workspace, client: WebClient, alice: Person) -> None:
    """A thread reads parent first; a link names channel, message and thread."""
    parent = alice.say("team", "question")
    answer = client.chat_postMessage(channel="team", text="answer", thread_ts=parent.ts)
    place = answer["channel"]
    thread = client.conversations_replies(channel=place, ts=parent.ts)["messages"]
    assert [m["text"] for m in thread] == ["question", "answer"]
    assert (thread[0]["reply_count"], thread[1]["parent_user_id"]) == (1, alice.id)
    assert code(client, "conversations.replies", channel=place, ts="1.0") == "thread_not_found"
    link = client.chat_getPermalink(channel=place, message_ts=answer["ts"])["permalink"]
    assert f"/archives/{place}/p{answer['ts'].replace('.', '')}?thread_ts={parent.ts}" in link
    missing = {"channel": place, "message_ts": "1.0"}
    assert code(client, "chat.getPermalink", **missing) == "message_not_found"


def test_tombstone(client: WebClient, workspace: Workspace) -> None:
    """A deleted message that has replies leaves a tombstone, which cannot be changed."""
    parent = client.chat_postMessage(channel="team", text="card")
    place, ts = parent["channel"], parent["ts"]
    client.chat_postMessage(channel=place, text="reply", thread_ts=ts)
    client.chat_delete(channel=place, ts=ts)
    (left,) = workspace.as_user("bob").channel("team").messages
    assert left.text == "This message was deleted."
    assert code(client, "chat.update", channel=place, ts=ts, text="x") == "message_not_found"


def test_archived_and_closed_doors(workspace: Workspace, client: WebClient, alice: Person) -> None:
    """Archived channels take no edits, a switched-off Messages tab no posts, a missing
    argument is named."""
    posted = client.chat_postMessage(channel="team", text="x")
    place = posted["channel"]
    workspace.archive("team")
    changed = {"channel": place, "ts": posted["ts"], "text": "y"}
    assert code(client, "chat.update", **changed) == "is_inactive"
    whisper = {"channel": place, "user": alice.id, "text": "y"}
    assert code(client, "chat.postEphemeral", **whisper) == "is_archived"
    assert code(client, "chat.update", channel=place, ts=posted["ts"]) == "is_inactive"
    features = workspace.state.only_app().manifest["features"]
    features["app_home"] = {"home_tab_enabled": False, "messages_tab_enabled": False}
    assert code(client, "chat.postMessage", channel=alice.id, text="x") == "messages_tab_disabled"
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    assert code(client, "views.publish", user_id=alice.id, view=home) == "not_enabled"
    assert code(client, "chat.postMessage", text="x") == "invalid_arguments"
    assert code(client, "files.completeUploadExternal", files=[]) == "invalid_arguments"


def test_malformed_bodies(server: Server) -> None:
    """A body that is no JSON is refused as such."""
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(f"{server.api_url}auth.test", content=b"{", headers=headers)
    assert answer.json() == {"ok": False, "error": "invalid_json"}
