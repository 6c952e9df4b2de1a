"""``psrt-bot doctor --probe``: do in the admin channel, for real, what the bot will have to do.

Posts, updates, uploads and deletes there, and looks for a message's mark in the direct messages of
one person; what it made it removes again.
"""

import urllib.request
from collections.abc import Callable, Iterator

from slack_sdk import WebClient

from psrt_bot.doctor.findings import Finding, bad, good
from psrt_bot.runtime.sending import METADATA_EVENT
from psrt_bot.runtime.slack import FAILURES, WORKER_TIMEOUT, judge
from storage.types import new_id

TEXT = "psrt-bot doctor --probe: this message goes away again."


def probe(client: WebClient, admin_channel: str, user: str) -> Iterator[Finding]:
    """Yield what worked and what did not.

    Args:
        user: whose direct messages are written to and looked into; one of the admins.
    """
    yield from _step("post, update and delete", lambda: _message(client, admin_channel))
    yield from _step("find a message by its mark", lambda: _marked(client, user))
    yield from _step("upload and delete a file", lambda: _file(client, admin_channel))


def _step(what: str, act: Callable[[], str | None]) -> Iterator[Finding]:
    try:
        problem = act()
    except FAILURES as error:
        problem = judge(error).code
    if problem:
        yield bad(f"probe: {what}: {problem}", "see docs/slack-setup.md")
    else:
        yield good(f"probe: {what}")


def _message(client: WebClient, channel: str) -> None:
    ts = client.chat_postMessage(channel=channel, text=TEXT, unfurl_links=False)["ts"]
    client.chat_update(channel=channel, ts=ts, text=f"{TEXT} (updated)")
    client.chat_delete(channel=channel, ts=ts)


def _marked(client: WebClient, user: str) -> str | None:
    mark = new_id()
    channel = client.conversations_open(users=user)["channel"]["id"]
    metadata = {"event_type": METADATA_EVENT, "event_payload": {"id": mark}}
    ts = client.chat_postMessage(channel=channel, text=TEXT, metadata=metadata)["ts"]
    found = client.conversations_history(channel=channel, include_all_metadata=True, limit=5)
    client.chat_delete(channel=channel, ts=ts)
    marks = [m.get("metadata", {}).get("event_payload", {}).get("id") for m in found["messages"]]
    return None if mark in marks else "the message is there, its metadata is not"


def _file(client: WebClient, channel: str) -> None:
    content = b"psrt-bot probe\n"
    place = client.files_getUploadURLExternal(filename="probe.txt", length=len(content))
    request = urllib.request.Request(  # noqa: S310 -- the address is Slack's answer
        place["upload_url"], data=content, method="POST"
    )
    with urllib.request.urlopen(request, timeout=WORKER_TIMEOUT):  # noqa: S310
        pass
    client.files_completeUploadExternal(
        files=[{"id": place["file_id"], "title": "probe"}], channel_id=channel
    )
    client.files_delete(file=place["file_id"])
