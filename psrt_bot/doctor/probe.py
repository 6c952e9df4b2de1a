"""``psrt-bot doctor --probe``: do for real what the bot will have to do, and undo it again.

Posts, updates and uploads in the admin channel, and looks for a message's mark in the direct
messages of one person; what it made it deletes, trying again where the answer was lost.
"""

import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from slack_sdk import WebClient

from psrt_bot.doctor.findings import Finding, bad, good
from psrt_bot.runtime.sending import METADATA_EVENT
from psrt_bot.runtime.slack import FAILURES, WORKER_TIMEOUT, Failure, judge
from storage.types import new_id

TEXT = "psrt-bot doctor --probe: this message goes away again."
CONTENT = b"psrt-bot doctor --probe\n"
TRIES = 3  # to delete something or to look it up
PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
GONE = ("message_not_found", "file_deleted", "file_not_found")  # deleted by a try of ours
REMEDY = "see docs/slack-setup.md, then try again"
REMEDIES = {
    "messages_tab_disabled": "turn the Messages tab on: the app's page, App Home",
    "restricted_action": "let apps post in this channel: its settings, Posting permissions",
    "missing_scope": "add the missing scopes (psrt-bot manifest) and install the app anew",
    "is_archived": "name a living channel",
    "not_in_channel": "type /invite @psrt-bot there",
    "channel_not_found": "check the id; type /invite @psrt-bot there",
    "user_disabled": "link the admin anew: psrt-bot roster link GITHUB-OR-ID SLACK_USER_ID",
    "user_not_found": "link the admin anew: psrt-bot roster link GITHUB-OR-ID SLACK_USER_ID",
    "file_uploads_disabled": "let apps upload files: the workspace's settings",
}

T = TypeVar("T")
Pause = Callable[[float], None]  # seconds


class _Failed(Exception):
    """A step did not work, and has said so."""


def probe(
    client: WebClient, channel: str, user: str, *, pause: Pause = time.sleep
) -> Iterator[Finding]:
    """Yield what worked and what did not.

    Args:
        channel: the admin channel.
        user: whose direct messages are written to and looked into; one of the admins.
        pause: waits before another try.
    """
    for trial, place in ((_message, channel), (_marked, user), (_file, channel)):
        told = _Told(pause)
        with suppress(_Failed):
            trial(client, place, told)
        yield from told.findings


class _Told:
    """What one trial has found so far."""

    def __init__(self, pause: Pause) -> None:
        self.findings: list[Finding] = []
        self._pause = pause

    def good(self, what: str) -> None:
        """Say that something works."""
        self.findings.append(good(f"probe: {what}"))

    def bad(self, what: str, remedy: str = REMEDY) -> None:
        """Say that something does not."""
        self.findings.append(bad(f"probe: {what}", remedy))

    def step(self, what: str, act: Callable[[], T], where: str = "") -> T:
        """Do one thing.

        Args:
            where: the conversation in which something may be left if only the answer was lost.

        Raises:
            _Failed: it did not work.
        """
        try:
            return act()
        except FAILURES as error:
            verdict = judge(error)
            remedy = REMEDIES.get(verdict.code, REMEDY)
            if verdict.failure is Failure.LATER and verdict.code not in REMEDIES:
                remedy = "try again in a minute"
            if where and verdict.failure is Failure.AMBIGUOUS:
                remedy = f"try again; if something of this is left in {where}, delete it by hand"
            self.bad(f"{what}: {verdict.code}", remedy)
            raise _Failed from None

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask for something that changes nothing, again where Slack does not answer.

        Raises what the last try raises.
        """
        for left in reversed(range(TRIES)):
            try:
                return ask()
            except FAILURES as error:
                verdict = judge(error)
                if verdict.failure is Failure.FINAL or not left:
                    raise
                self.wait(verdict.wait)
        raise AssertionError("unreachable")

    def wait(self, asked: timedelta | None = None) -> None:
        """Wait for as long as Slack asked, within reason."""
        self._pause(min(asked or PAUSE, LONGEST_PAUSE).total_seconds())

    def delete(self, what: str, where: str, act: Callable[[], object]) -> None:
        """Delete something, trying again where Slack does not answer or asks to wait."""
        for left in reversed(range(TRIES)):
            try:
                act()
            except FAILURES as error:
                verdict = judge(error)
                if verdict.code in GONE:
                    break
                if verdict.failure is Failure.FINAL or not left:
                    return self.bad(f"{what}: {verdict.code}", f"delete it by hand in {where}")
                self.wait(verdict.wait)
            else:
                break
        return self.good(what)


def _message(client: WebClient, channel: str, told: _Told) -> None:
    message = {"channel": channel, "text": TEXT, "unfurl_links": False}
    ts = told.step("post in the admin channel", lambda: _post(client, message), channel)
    told.good("post in the admin channel")
    changed = f"{TEXT} (updated)"
    try:
        told.step("update it", lambda: client.chat_update(channel=channel, ts=ts, text=changed))
        told.good("update it")
    finally:
        told.delete("delete it", channel, _deleting(client, channel, ts))


def _marked(client: WebClient, user: str, told: _Told) -> None:
    opened = told.step("open a direct message", lambda: client.conversations_open(users=user))
    channel: str = opened["channel"]["id"]
    mark = new_id()
    metadata = {"event_type": METADATA_EVENT, "event_payload": {"id": mark}}
    message = {"channel": channel, "text": TEXT, "metadata": metadata}
    try:
        ts = told.step("write a direct message", lambda: _post(client, message), channel)
    except _Failed:
        with suppress(*FAILURES):  # the answer may have been lost, and not the message
            if lost := told.patiently(lambda: _by_mark(client, channel, mark)):
                told.delete("delete it", channel, _deleting(client, channel, lost))
        raise
    told.good("write a direct message")
    try:
        sought = told.step(
            "read it back", lambda: told.patiently(lambda: _by_mark(client, channel, mark))
        )
        if sought:
            told.good("find it by its mark")
        else:  # left out without a word where metadata.message:read is missing
            told.bad("find it by its mark: Slack does not show the message's metadata")
    finally:
        told.delete("delete the direct message", channel, _deleting(client, channel, ts))


def _file(client: WebClient, channel: str, told: _Told) -> None:
    place = told.step(
        "ask where to upload a file",
        lambda: client.files_getUploadURLExternal(filename="probe.txt", length=len(CONTENT)),
    )
    file: str = place["file_id"]
    told.step("upload a file", lambda: _upload(place["upload_url"]))
    try:
        told.step("share the file", lambda: _share(client, file, channel), channel)
    except _Failed:
        with suppress(*FAILURES):  # the answer may have been lost, and not the file
            if lost := told.patiently(lambda: _shared_as(client, file, channel)):
                told.delete("delete its line", channel, _deleting(client, channel, lost))
        told.delete("delete the file", channel, lambda: client.files_delete(file=file))
        raise
    told.good("upload a file into the admin channel")
    try:
        _delete_line(client, file, channel, told)
    finally:
        told.delete("delete the file", channel, lambda: client.files_delete(file=file))


def _delete_line(client: WebClient, file: str, channel: str, told: _Told) -> None:
    """Delete the message that shares a file: with the file alone gone, it would say so."""
    code = "Slack does not say"
    for left in reversed(range(TRIES)):
        try:
            ts = told.patiently(lambda: _shared_as(client, file, channel))
        except FAILURES as error:
            code = judge(error).code
            break
        if ts is not None:
            return told.delete("delete its line", channel, _deleting(client, channel, ts))
        if left:
            told.wait()  # Slack tells it a bit later
    return told.bad(
        f"ask where it was shared: {code}",
        f"delete the line about a deleted file in {channel} by hand",
    )


def _deleting(client: WebClient, channel: str, ts: str) -> Callable[[], object]:
    return lambda: client.chat_delete(channel=channel, ts=ts)


def _post(client: WebClient, message: dict[str, Any]) -> str:
    ts: str = client.chat_postMessage(**message)["ts"]
    return ts


def _by_mark(client: WebClient, channel: str, mark: str) -> str | None:
    """Return the ``ts`` of a message; None where it is not there or Slack does not show it."""
    answer = client.conversations_history(channel=channel, include_all_metadata=True, limit=20)
    for message in answer["messages"]:
        if (message.get("metadata") or {}).get("event_payload") == {"id": mark}:
            return str(message["ts"])
    return None


def _share(client: WebClient, file: str, channel: str) -> None:
    client.files_completeUploadExternal(files=[{"id": file, "title": "probe"}], channel_id=channel)


def _upload(url: str) -> None:
    request = urllib.request.Request(url, data=CONTENT, method="POST")  # noqa: S310 -- Slack's
    with urllib.request.urlopen(request, timeout=WORKER_TIMEOUT):  # noqa: S310
        pass


def _shared_as(client: WebClient, file: str, channel: str) -> str | None:
    """Return the ``ts`` of the message that shares a file; None where Slack does not tell yet."""
    shares = client.files_info(file=file)["file"].get("shares") or {}
    for places in shares.values():
        for shared in places.get(channel, []):
            return str(shared["ts"])
    return None
