"""Every refusal of the Web API, each with the page of Slack's documentation it follows.

One table and one exception: a code that is not in the table cannot be raised, so no refusal is
without its source. Pages are below https://docs.slack.dev/.
"""

from __future__ import annotations

from typing import Any

DOCS = "https://docs.slack.dev/"
_METHOD = "reference/methods/"

PAGES: dict[str, str] = {
    # Any method: https://docs.slack.dev/apis/web-api/ and each method's list of common errors.
    "not_authed": _METHOD + "auth.test",
    "invalid_auth": _METHOD + "auth.test",
    "not_allowed_token_type": _METHOD + "apps.connections.open",
    "missing_scope": "authentication/tokens",
    "unknown_method": "apis/web-api",
    "invalid_arguments": "apis/web-api",
    "invalid_cursor": "apis/web-api/pagination",
    "invalid_limit": _METHOD + "conversations.history",
    "invalid_json": "apis/web-api",
    "ratelimited": "apis/web-api/rate-limits",
    # Conversations
    "channel_not_found": _METHOD + "conversations.info",
    "not_in_channel": _METHOD + "chat.postMessage",
    "is_archived": _METHOD + "chat.postMessage",
    "already_in_channel": _METHOD + "conversations.invite",
    "cant_invite_self": _METHOD + "conversations.invite",
    "user_is_restricted": _METHOD + "conversations.invite",
    "cant_kick_self": _METHOD + "conversations.kick",
    "method_not_supported_for_channel_type": _METHOD + "conversations.invite",
    "name_taken": _METHOD + "conversations.create",
    "invalid_name": _METHOD + "conversations.create",
    "users_list_not_supplied": _METHOD + "conversations.open",
    "thread_not_found": _METHOD + "conversations.replies",
    "invalid_types": _METHOD + "conversations.list",
    # Users
    "user_not_found": _METHOD + "users.info",
    # Messages
    "no_text": _METHOD + "chat.postMessage",
    "msg_too_long": _METHOD + "chat.postMessage",
    "invalid_blocks": _METHOD + "chat.postMessage",
    "invalid_blocks_format": _METHOD + "chat.postMessage",
    "invalid_metadata_format": _METHOD + "chat.postMessage",
    "invalid_metadata_schema": _METHOD + "chat.postMessage",
    "metadata_too_large": _METHOD + "chat.postMessage",
    "messages_tab_disabled": _METHOD + "chat.postMessage",
    "message_not_found": _METHOD + "chat.update",
    "cant_update_message": _METHOD + "chat.update",
    "cant_delete_message": _METHOD + "chat.delete",
    "is_inactive": _METHOD + "chat.update",
    "user_not_in_channel": _METHOD + "chat.postEphemeral",
    # Views
    "invalid_trigger_id": _METHOD + "views.open",
    "expired_trigger_id": _METHOD + "views.open",
    "exchanged_trigger_id": _METHOD + "views.open",
    "duplicate_external_id": _METHOD + "views.open",
    "view_too_large": _METHOD + "views.open",
    "not_found": _METHOD + "views.update",
    "hash_conflict": _METHOD + "views.update",
    "push_limit_reached": _METHOD + "views.push",
    "not_enabled": _METHOD + "views.publish",
    # Files
    "file_not_found": _METHOD + "files.info",
    "file_deleted": _METHOD + "files.info",
    "cant_delete_file": _METHOD + "files.delete",
    "invalid_channel": _METHOD + "files.completeUploadExternal",
    "posting_to_channel_denied": _METHOD + "files.completeUploadExternal",
}


class Refusal(Exception):
    """Slack says no. `code` is Slack's error; `extra` goes into the answer beside it.

    Raises KeyError when the code has no page in `PAGES`: add the source first.
    """

    def __init__(self, code: str, *messages: str, page: str | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.docs = DOCS + (page or PAGES[code])
        self.extra: dict[str, Any] = dict(extra)
        if messages:
            self.extra["response_metadata"] = {"messages": list(messages)}

    def answer(self) -> dict[str, Any]:
        """The JSON body Slack would send."""
        return {"ok": False, "error": self.code, **self.extra}
