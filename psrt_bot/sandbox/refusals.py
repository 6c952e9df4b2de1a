"""Every refusal of the Web API: what brings it about, which methods say it, where Slack says so.

One table and one exception: a code that is not in the table cannot be raised, and a method that
the table does not give for it cannot answer it. So no refusal is without its source, and
docs/sandbox-fidelity.md, which a test keeps equal to this table, is complete.
Pages are below https://docs.slack.dev/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DOCS = "https://docs.slack.dev/"
_METHOD = "reference/methods/"
EVERY = "every method"


@dataclass(frozen=True)
class Rule:
    """One error code.

    `methods`: those whose page lists it. `page`: another page that describes it, instead of the
    methods' own. `unlisted`: methods that answer it here although their page does not list it
    (seen in the wild, or our reading): these stand on the page as unchecked.
    """

    when: str
    methods: tuple[str, ...] = (EVERY,)
    page: str | None = None
    unlisted: tuple[str, ...] = ()

    def page_for(self, method: str) -> str:
        """The page to cite when this method answers the code."""
        return self.page or _METHOD + method

    def allows(self, method: str) -> bool:
        """Whether this method may answer the code."""
        return self.methods == (EVERY,) or method in self.methods or method in self.unlisted


_CHAT = ("chat.postMessage", "chat.postEphemeral", "chat.update")
_FIRST_PAGE = ("conversations.list", "conversations.members")
_READING = ("conversations.history", "conversations.replies")
_CHANNEL = tuple(
    f"conversations.{name}" for name in ("info", "members", "open", "invite", "kick", "join")
)
_VIEWS = ("views.open", "views.push", "views.update", "views.publish")

_CALLS = {
    "not_authed": Rule("no token"),
    "invalid_auth": Rule("a token of no app"),
    "not_allowed_token_type": Rule("a bot token where an app-level one belongs, or the reverse"),
    "missing_scope": Rule("a scope is lacking; `needed` and `provided` say which"),
    "invalid_arguments": Rule("an argument is missing or malformed; `response_metadata` says why"),
    "unknown_method": Rule("no such method here", page="apis/web-api"),
    "invalid_json": Rule("a JSON body that is no JSON object", page="apis/web-api"),
    "ratelimited": Rule("`workspace.rate_limits = True`, and too many calls; HTTP 429"),
    "invalid_cursor": Rule(
        "a cursor that was never given", (*_FIRST_PAGE, *_READING), None, ("users.list",)
    ),
    "invalid_limit": Rule(
        "a limit outside 1 to 1000", _FIRST_PAGE, None, (*_READING, "users.list")
    ),
}
_CONVERSATIONS = {
    "channel_not_found": Rule(
        "no such conversation, or a private one the app is not in",
        (*_CHAT, "chat.delete", "chat.getPermalink", *_CHANNEL, "conversations.leave", *_READING),
    ),
    "not_in_channel": Rule(
        "the app (or the person to be removed) is not a member",
        (
            "chat.postMessage",
            "chat.postEphemeral",
            "conversations.invite",
            "conversations.kick",
            "conversations.history",
            "files.completeUploadExternal",
        ),
        None,
        ("conversations.replies",),
    ),
    "is_archived": Rule(
        "the channel is archived",
        (
            "chat.postMessage",
            "chat.postEphemeral",
            "conversations.invite",
            "conversations.join",
            "conversations.leave",
        ),
        None,
        ("conversations.kick",),
    ),
    "method_not_supported_for_channel_type": Rule(
        "a direct message where a channel belongs, or a private channel to be joined",
        tuple(f"conversations.{name}" for name in ("invite", "kick", "join", "leave")),
    ),
    "restricted_action": Rule(
        '`workspace.restrict("invite", "kick", "post", "create")`',
        ("chat.postMessage", "chat.postEphemeral", "conversations.kick", "conversations.create"),
        None,
        ("conversations.invite",),
    ),
    "no_user": Rule("nobody is named", ("conversations.invite",)),
    "already_in_channel": Rule("the person is a member", ("conversations.invite",)),
    "cant_invite_self": Rule("the app invites itself", ("conversations.invite",)),
    "cant_invite": Rule(
        "a stranger of another workspace, into a channel that is not shared",
        ("conversations.invite",),
    ),
    "ura_max_channels": Rule(
        "a single-channel guest who is in a channel already", ("conversations.invite",)
    ),
    "user_is_restricted": Rule(
        "a single-channel guest without a channel; any guest after "
        '`workspace.restrict("invite_guests")`',
        ("conversations.invite",),
    ),
    "cant_kick_self": Rule("the app removes itself", ("conversations.kick",)),
    "users_list_not_supplied": Rule("neither people nor a channel", ("conversations.open",)),
    "too_many_users": Rule("more than eight people", ("conversations.open",)),
    "user_disabled": Rule("somebody is deactivated", ("conversations.open",)),
    "cannot_dm_bot": Rule("the one person is a bot", (), None, ("conversations.open",)),
    "user_not_found": Rule(
        "no such person (to be invited: or a deactivated one)",
        ("conversations.open", "conversations.invite", "conversations.kick", "users.info"),
    ),
    "name_taken": Rule("there is a channel of this name", ("conversations.create",)),
    "invalid_name_maxlength": Rule("a name of more than 80 characters", ("conversations.create",)),
    "invalid_name_specials": Rule(
        "a name with capitals, blanks or other characters than letters, digits, - and _",
        ("conversations.create",),
    ),
    "thread_not_found": Rule("no message of this ts", ("conversations.replies",)),
    "invalid_ts_oldest": Rule("`oldest` is no timestamp", _READING),
    "invalid_ts_latest": Rule("`latest` is no timestamp", _READING),
    "invalid_types": Rule("a type of conversation there is not", ("conversations.list",)),
}
_MESSAGES = {
    "no_text": Rule("neither text nor blocks", _CHAT),
    "msg_too_long": Rule(
        "a text over 40,000 characters (chat.update: 4,000)", _CHAT[1:], None, _CHAT[:1]
    ),
    "invalid_blocks": Rule("blocks that break a limit or a shape of Block Kit", _CHAT),
    "invalid_blocks_format": Rule("blocks that are no JSON list", _CHAT),
    "invalid_metadata_format": Rule(
        "metadata that is no JSON object", ("chat.postMessage", "chat.update")
    ),
    "invalid_metadata_schema": Rule(
        "metadata without event_type or event_payload", ("chat.postMessage", "chat.update")
    ),
    "metadata_too_large": Rule(
        "metadata over 16,000 bytes (the number is ours)", ("chat.postMessage", "chat.update")
    ),
    "messages_tab_disabled": Rule(
        "a DM, and the app's Messages tab is off", ("chat.postMessage", "chat.postEphemeral")
    ),
    "message_not_found": Rule(
        "no message of this ts, an ephemeral or a deleted one",
        ("chat.update", "chat.delete", "chat.getPermalink"),
    ),
    "cant_update_message": Rule("somebody else's message", ("chat.update",)),
    "cant_delete_message": Rule("somebody else's message", ("chat.delete",)),
    "is_inactive": Rule("a message in an archived channel", ("chat.update",)),
    "user_not_in_channel": Rule("the reader is not a member", ("chat.postEphemeral",)),
}
_SURFACES = {
    "invalid_trigger_id": Rule(
        "a trigger that was never given, or to another app", ("views.open",), None, ("views.push",)
    ),
    "expired_trigger_id": Rule(
        "a trigger older than three real seconds", ("views.open",), None, ("views.push",)
    ),
    "exchanged_trigger_id": Rule("a trigger used before", ("views.open",), None, ("views.push",)),
    "duplicate_external_id": Rule("an external_id of another open view", _VIEWS),
    "view_too_large": Rule("a view over 250 kB", _VIEWS),
    "not_found": Rule("no such view; views.push: no modal is open", _VIEWS[2:3], None, _VIEWS[1:2]),
    "hash_conflict": Rule("a hash that is not the view's", ("views.update", "views.publish")),
    "push_limit_reached": Rule("a fourth modal on the stack", ("views.push",)),
    "not_enabled": Rule("the app's Home tab is off", ("views.publish",)),
}
_FILES = {
    "missing_argument": Rule("a length of 0", ("files.getUploadURLExternal",)),
    "file_not_found": Rule(
        "no such file, one the app may not see, one without bytes or completed before",
        ("files.info", "files.delete", "files.completeUploadExternal"),
    ),
    "file_deleted": Rule("a deleted file", ("files.info", "files.delete")),
    "cant_delete_file": Rule("somebody else's file", ("files.delete",)),
    "invalid_channel": Rule("no conversation the app knows of", ("files.completeUploadExternal",)),
    "posting_to_channel_denied": Rule("an archived channel", ("files.completeUploadExternal",)),
}
REFUSALS: dict[str, Rule] = {**_CALLS, **_CONVERSATIONS, **_MESSAGES, **_SURFACES, **_FILES}

PAGES: dict[str, str] = {
    code: rule.page_for((rule.methods + rule.unlisted)[0])
    if rule.methods != (EVERY,)
    else rule.page or "apis/web-api"
    for code, rule in REFUSALS.items()
}
"""Code to one page that describes it."""


class Refusal(Exception):
    """Slack says no. `code` is Slack's error; `extra` goes into the answer beside it.

    Raises KeyError when the code is not in `REFUSALS`: add it with its source first.
    """

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.docs = DOCS + PAGES[code]
        self.extra: dict[str, Any] = dict(extra)
        if messages:
            self.extra["response_metadata"] = {"messages": list(messages)}

    def of(self, method: str) -> Refusal:
        """This refusal as the answer of a method. Raises LookupError when the table forbids it."""
        rule = REFUSALS[self.code]
        if not rule.allows(method):
            raise LookupError(f"the table of refusals does not give {self.code} for {method}")
        self.docs = DOCS + rule.page_for(method)
        return self

    def answer(self) -> dict[str, Any]:
        """The JSON body Slack would send."""
        return {"ok": False, "error": self.code, **self.extra}
