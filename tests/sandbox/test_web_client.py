"""slack_sdk's own WebClient works against the sandbox, and is refused as Slack refuses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import Server
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import SCOPES, make_manifest
from tests.sandbox.kit import actions, button, home, section


def refused(client: WebClient, method: str, **args: Any) -> str:
    """The error code of a call that must fail."""
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, json=args)
    return str(caught.value.response["error"])


def test_auth(installation: Installation, client: WebClient, server: Server) -> None:
    """auth.test tells who the token is; missing, wrong and app-level tokens are told apart."""
    assert client.auth_test()["user_id"] == installation.bot_user_id
    assert refused(WebClient(base_url=server.api_url), "auth.test") == "not_authed"
    wrong = WebClient("xoxb-no", base_url=server.api_url)
    assert refused(wrong, "auth.test") == "invalid_auth"
    app_level = WebClient(installation.app_token, base_url=server.api_url)
    assert refused(app_level, "auth.test") == "not_allowed_token_type"
    assert app_level.apps_connections_open(app_token=installation.app_token)["url"]
    assert refused(client, "chat.shout") == "unknown_method"


def test_post_update_delete(client: WebClient, alice: Person) -> None:
    """A post is seen, an update keeps the blocks it does not give, a deletion removes it."""
    blocks = [section("Choose"), actions(button("Go"))]
    posted = client.chat_postMessage(channel="#team", text="one", blocks=blocks)
    channel, ts = posted["channel"], posted["ts"]
    (message,) = alice.channel("team").messages
    assert (message.text, message.buttons, message.rendered) == ("one", ["Go"], "one\nChoose\nGo")
    assert posted["message"]["blocks"][0]["block_id"]
    client.chat_update(channel=channel, ts=ts, text="two")
    assert (message.text, message.buttons, message.edited) == ("two", ["Go"], True)
    client.chat_update(channel=channel, ts=ts, text="three", blocks=[])
    assert message.buttons == []
    client.chat_delete(channel=channel, ts=ts)
    assert alice.channel("team").messages == []
    assert refused(client, "chat.update", channel=channel, ts=ts, text="x") == "message_not_found"


def test_message_refusals(workspace: Workspace, client: WebClient, alice: Person) -> None:
    """Nothing to say, too much to say, the wrong place, another's message: Slack's codes."""
    post = "chat.postMessage"
    assert refused(client, post, channel="team") == "no_text"
    assert refused(client, post, channel="team", text="x" * 40_001) == "msg_too_long"
    assert refused(client, post, channel="nowhere", text="x") == "channel_not_found"
    assert refused(client, post, channel="secret", text="x") == "channel_not_found"
    workspace.add_channel("lobby")
    assert refused(client, post, channel="lobby", text="x") == "not_in_channel"
    workspace.archive("general")
    assert refused(client, post, channel="general", text="x") == "is_archived"
    place = workspace.state.channel("team").id
    own = client.chat_postMessage(channel=place, text="x")["ts"]
    update = {"channel": place, "ts": own, "text": "x" * 4_001}
    assert refused(client, "chat.update", **update) == "msg_too_long"
    theirs = alice.say("team", "mine").ts
    changed = {"channel": place, "ts": theirs, "text": "x"}
    assert refused(client, "chat.update", **changed) == "cant_update_message"
    assert refused(client, "chat.delete", channel=place, ts=theirs) == "cant_delete_message"
    assert refused(client, post, channel="team", text="x", blocks="{") == "invalid_blocks_format"


def test_longest_texts(workspace: Workspace, client: WebClient, alice: Person) -> None:
    """The longest text that Slack takes: 40,000 characters posted, 4,000 when it is changed."""
    place = workspace.state.channel("team").id
    ts = client.chat_postMessage(channel=place, text="x" * 40_000)["ts"]
    client.chat_postEphemeral(channel=place, user=alice.id, text="x" * 40_000)
    (message,) = alice.channel("team").messages
    assert (len(message.text), len(alice.ephemerals[0].text)) == (40_000, 40_000)
    client.chat_update(channel=place, ts=ts, text="y" * 4_000)
    assert message.text == "y" * 4_000


def test_direct_message(client: WebClient, alice: Person, bob: Person) -> None:
    """Posting to a person opens the DM with them, which nobody else sees."""
    channel = client.chat_postMessage(channel=alice.id, text="hello")["channel"]
    assert channel == client.conversations_open(users=alice.id)["channel"]["id"]
    assert [m.text for m in alice.inbox] == ["hello"]
    assert bob.inbox == []
    with pytest.raises(PermissionError):
        bob.channel(channel)


def test_threads(client: WebClient, alice: Person) -> None:
    """Replies stay in their thread unless broadcast; the parent counts them."""
    parent = client.chat_postMessage(channel="team", text="card")
    reply = {"channel": parent["channel"], "thread_ts": parent["ts"]}
    client.chat_postMessage(text="inside", **reply)
    client.chat_postMessage(text="outside", reply_broadcast=True, **reply)
    channel = alice.channel("team")
    assert [m.text for m in channel.messages] == ["card", "outside"]
    assert [m.text for m in channel.thread(channel.messages[0])] == ["inside", "outside"]
    history = {"channel": parent["channel"], "ts": parent["ts"]}
    assert refused(client, "conversations.replies", **history) == "missing_scope"


def test_history_and_metadata(client: WebClient, alice: Person) -> None:
    """A DM's history comes newest first in pages; metadata shows to whom asks for it."""
    sent = {"event_type": "outbox", "event_payload": {"id": "a1"}}
    for text in ("one", "two", "three"):
        posted = client.chat_postMessage(channel=alice.id, text=text, metadata=sent)
    channel = posted["channel"]
    first = client.conversations_history(channel=channel, limit=2, include_all_metadata=True)
    assert [m["text"] for m in first["messages"]] == ["three", "two"]
    assert first["has_more"]
    assert first["messages"][0]["metadata"] == sent
    cursor = first["response_metadata"]["next_cursor"]
    rest = client.conversations_history(channel=channel, limit=2, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["one"]
    assert "metadata" not in rest["messages"][0]
    later = client.conversations_history(channel=channel, oldest=posted["ts"], inclusive=True)
    assert [m["text"] for m in later["messages"]] == ["three"]
    assert refused(client, "conversations.history", channel=channel, cursor="?") == "invalid_cursor"
    assert alice.inbox[-1].metadata == sent


def test_ephemeral(workspace: Workspace, client: WebClient, alice: Person, bob: Person) -> None:
    """An ephemeral message is its reader's alone, in no history, and only for members."""
    place = workspace.state.channel("team").id
    client.chat_postEphemeral(channel=place, user=alice.id, text="psst")
    assert [m.text for m in alice.ephemerals] == ["psst"]
    assert bob.ephemerals == []
    assert alice.channel("team").messages == []
    outsider = workspace.state.user("carol").id
    args = {"channel": place, "user": outsider, "text": "x"}
    assert refused(client, "chat.postEphemeral", **args) == "user_not_in_channel"


def test_pagination(workspace: Workspace, client: WebClient) -> None:
    """users.list leads through its pages by cursor, as slack_sdk's iteration expects."""
    for number in range(7):
        workspace.add_user(f"extra{number}")
    pages = [page["members"] for page in client.users_list(limit=5)]  # one object, refilled
    names = [user["name"] for page in pages for user in page]
    assert len(pages) > 1
    assert len(names) == len(set(names)) == len(workspace.state.users)
    assert client.users_list(limit=1000)["ok"]
    assert refused(client, "users.list", limit=1001) == "invalid_limit"


def test_people(workspace: Workspace, client: WebClient, alice: Person) -> None:
    """users.info tells zone, guest, stranger and bot; the e-mail only with its scope."""
    user = client.users_info(user=alice.id)["user"]
    assert (user["tz"], user["tz_offset"]) == ("Europe/Berlin", 3600)
    assert "email" not in user["profile"]
    stranger = workspace.add_user("eve", team_id="T0OTHER", guest=True)
    seen = client.users_info(user=stranger.id)["user"]
    assert (seen["team_id"], seen["is_stranger"], seen["is_restricted"]) == ("T0OTHER", True, True)
    assert refused(client, "users.info", user="U0") == "user_not_found"


def test_conversations(workspace: Workspace, client: WebClient, carol: Person) -> None:
    """Channels are listed and described; members come and go; what is hidden stays hidden."""
    listed = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert sorted(c["name"] for c in listed) == ["general", "team"]
    team = workspace.state.channel("team")
    info = client.conversations_info(channel=team.id)["channel"]
    assert (info["is_private"], info["is_member"], info["is_archived"]) == (True, True, False)
    client.conversations_invite(channel=team.id, users=carol.id)
    assert carol.id in client.conversations_members(channel=team.id)["members"]
    invite = {"channel": team.id, "users": carol.id}
    assert refused(client, "conversations.invite", **invite) == "already_in_channel"
    client.conversations_kick(channel=team.id, user=carol.id)
    assert carol.id not in team.members
    hidden = workspace.state.channel("secret").id
    assert refused(client, "conversations.info", channel=hidden) == "channel_not_found"


def test_upload(
    client: WebClient, installation: Installation, alice: Person, carol: Person
) -> None:
    """files_upload_v2 shares a file; the answer holds no ts; readers read it, others do not."""
    place = alice.channel("team").channel.id
    answer = client.files_upload_v2(
        channel=place, content="{}", filename="result.json", initial_comment="Result"
    )
    assert "ts" not in answer["file"]
    (message,) = alice.channel("team").messages
    assert message.text == "Result"
    (file,) = message.files
    assert (file.name, file.download()) == ("result.json", b"{}")
    stolen = type(file)(carol, file.file)
    with pytest.raises(PermissionError):
        stolen.download()
    info = client.files_info(file=answer["file"]["id"])["file"]
    assert (info["channels"], info["groups"], info["ims"]) == ([], [place], [])
    bearer = {"Authorization": f"Bearer {installation.bot_token}"}
    assert httpx.get(info["url_private"], headers=bearer).content == b"{}"
    assert b"Sign in" in httpx.get(info["url_private"]).content
    client.files_delete(file=info["id"])
    assert refused(client, "files.info", file=info["id"]) == "file_deleted"
    with pytest.raises(FileNotFoundError):
        file.download()


def test_upload_order(client: WebClient) -> None:
    """A file cannot be completed before its bytes are there, nor twice."""
    started = client.files_getUploadURLExternal(filename="a.txt", length=2)
    files = [{"id": started["file_id"]}]
    assert refused(client, "files.completeUploadExternal", files=files) == "file_not_found"
    assert httpx.post(started["upload_url"], content=b"too long").status_code == 400
    assert httpx.post(started["upload_url"], content=b"ok").status_code == 200
    client.files_completeUploadExternal(files=files)
    assert refused(client, "files.completeUploadExternal", files=files) == "file_not_found"


def test_home(client: WebClient, alice: Person) -> None:
    """A published Home is seen by its person; an old hash is refused."""
    first = client.views_publish(user_id=alice.id, view=home(section("Version 1")))["view"]
    second = home(section("Version 2"), actions(button("More")))
    client.views_publish(user_id=alice.id, view=second, hash=first["hash"])
    seen = alice.open_home(timeout=0)
    assert "Version 2" in seen.rendered
    assert seen.buttons == ["More"]
    again = {"user_id": alice.id, "view": second, "hash": first["hash"]}
    assert refused(client, "views.publish", **again) == "hash_conflict"


SCOPED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat:write": ("chat.postMessage", {"channel": "team", "text": "x"}),
    "users:read": ("users.list", {}),
    "files:write": ("files.getUploadURLExternal", {"filename": "a", "length": 1}),
    "groups:history": ("conversations.history", {"channel": "team"}),
    "im:write": ("conversations.open", {"users": "alice"}),
    "im:history": ("conversations.history", {"channel": "dm"}),
    "groups:read": ("conversations.members", {"channel": "team"}),
    "groups:write.invites": ("conversations.invite", {"channel": "team", "users": "carol"}),
}


@pytest.mark.parametrize("scope", SCOPED)
def test_scopes(workspace: Workspace, scope: str) -> None:
    """Each method asks for its scope, and says which is needed and which there are."""
    family = scope.split(":")[0]
    left = [s for s in SCOPES if s != scope and not (":write." in scope and family in s)]
    left = [*left, "groups:read"] if scope != "groups:read" else left
    installed = workspace.install(make_manifest(scopes=left))
    workspace.invite_bot("team")
    method, args = SCOPED[scope]
    people = {user.name: user.id for user in workspace.state.users.values()}
    places = {c.name: c.id for c in workspace.state.channels.values()}
    with workspace.serve() as server:
        client = WebClient(installed.bot_token, base_url=server.api_url)
        if args.get("channel") == "dm":
            places["dm"] = client.chat_postMessage(channel=people["alice"], text="x")["channel"]
        if "users" in args:
            args = {**args, "users": people[str(args["users"])]}
        if args.get("channel") in places:
            args = {**args, "channel": places[str(args["channel"])]}
        with pytest.raises(SlackApiError) as caught:
            client.api_call(method, json=args)
    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
    assert scope not in answer["provided"].split(",")


def test_record(workspace: Workspace, client: WebClient, installation: Installation) -> None:
    """Every call is recorded with its answer, and never with a token."""
    client.chat_postMessage(channel="team", text="x", client_msg_id="id-1")
    call = workspace.calls[-1]
    assert (call.method, call.app_id) == ("chat.postMessage", installation.app_id)
    assert call.args["client_msg_id"] == "id-1"
    assert installation.bot_token not in repr(workspace.calls)
