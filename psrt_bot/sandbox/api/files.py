"""files.*: https://docs.slack.dev/reference/methods?family=files"""

from __future__ import annotations

from psrt_bot.sandbox import filing
from psrt_bot.sandbox.api.call import Call, Method
from psrt_bot.sandbox.model import Channel, Json
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.wire import file_json


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal"""
    name, length = call.required("filename"), call.required("length")
    if length == "0":
        raise Refusal("missing_argument")
    if not length.isdigit():
        raise Refusal("invalid_arguments", "[ERROR] must provide a positive integer: length")
    file = filing.begin(call.state, call.app, name, int(length))
    return {"upload_url": f"{call.state.base_url}upload/v1/{file.upload_key}", "file_id": file.id}


def _channel(call: Call) -> Channel | None:
    if not call.text("channel_id"):
        return None
    channel = call.channel("channel_id", "invalid_channel")
    if call.app.bot_user_id not in channel.members:
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("posting_to_channel_denied")
    return channel


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: the answer names files, never the message that shares them."""
    files = call.parsed("files")
    if not isinstance(files, list) or not files:
        raise Refusal("invalid_arguments", "[ERROR] missing required field: files")
    titles = {f["id"]: f.get("title") or "" for f in files if isinstance(f, dict) and "id" in f}
    comment, thread_ts = call.text("initial_comment"), call.text("thread_ts") or None
    done = filing.complete(call.state, call.app, titles, _channel(call), comment, thread_ts)
    return {"files": [file_json(call.state, file) for file in done]}


def info(call: Call) -> Json:
    """files.info"""
    file = filing.find(call.state, call.required("file"), call.app)
    return {"file": file_json(call.state, file)}


def delete(call: Call) -> Json:
    """files.delete: a bot deletes its own files only."""
    file = filing.find(call.state, call.required("file"), call.app)
    if file.user_id != call.app.bot_user_id:
        raise Refusal("cant_delete_file")
    filing.delete(call.state, file)
    return {}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",)),
    "files.info": Method(info, ("files:read",)),
    "files.delete": Method(delete, ("files:write",)),
}
