"""Files: the external upload flow, sharing, reading, deleting.

Source: https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

from psrt_bot.sandbox import posting
from psrt_bot.sandbox.model import App, Channel, File
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.rooms import visible
from psrt_bot.sandbox.state import State


def begin(state: State, app: App, name: str, size: int) -> File:
    """Step 1: a file id, and a key in the URL to which its bytes are posted."""
    with state.changed():
        file = File(
            id=state.new_id("F"),
            name=name,
            size=size,
            user_id=app.bot_user_id,
            created=state.now(),
            upload_key=state.new_id("k"),
        )
        state.files[file.id] = file
    return file


def receive(state: State, upload_key: str, content: bytes) -> bool:
    """Step 2: the bytes. False for an unknown key, or a length that was not announced."""
    with state.changed():
        for file in state.files.values():
            if file.upload_key == upload_key and file.content is None:
                if len(content) == file.size:
                    file.content = content
                    return True
                return False
    return False


def complete(
    state: State,
    app: App,
    titles: dict[str, str],
    channel: Channel | None,
    comment: str,
    thread_ts: str | None,
) -> list[File]:
    """Step 3: the files are there, and shared as one message when a channel is given."""
    with state.changed():
        files = [find(state, key, app) for key in titles]
        if any(file.content is None or file.completed for file in files):
            raise Refusal("file_not_found")
        for file in files:
            file.title, file.completed = titles[file.id] or file.name, True
            if channel:
                file.channels.append(channel.id)
        if channel:
            posting.post(
                state, channel, app.bot_user_id, comment, app=app, files=files, thread_ts=thread_ts
            )
    return files


def find(state: State, key: str, app: App) -> File:
    """A file the app may know of. Refuses unknown, unseen and deleted ones."""
    file = state.files.get(key)
    if file is None or not readable(state, file, app.bot_user_id):
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    return file


def readable(state: State, file: File, user_id: str) -> bool:
    """Whether this person may open the file: its owner, and who sees where it is shared."""
    shared = (state.channels[key] for key in file.channels)
    return file.user_id == user_id or any(visible(channel, user_id) for channel in shared)


def delete(state: State, file: File) -> None:
    """The bytes go; messages that shared the file keep a tombstone."""
    with state.changed():
        file.deleted, file.content = True, None
