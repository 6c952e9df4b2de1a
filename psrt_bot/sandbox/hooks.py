"""response_url: 30 minutes, five uses, and what each kind of answer does.

Source: https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psrt_bot.sandbox import posting
from psrt_bot.sandbox.model import App, Channel, Hook, Json, Message
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.surfaces import check_message_blocks

LIFETIME = timedelta(minutes=30)
USES = 5


def use(state: State, key: str, body: Any) -> tuple[int, str]:
    """Answer a POST to a response_url: the HTTP status and the text of the answer."""
    with state.changed():
        hook = state.hooks.get(key)
        if hook is None:
            return 404, '{"ok":false,"error":"invalid_url"}'
        if state.now() - hook.created > LIFETIME:
            return 404, '{"ok":false,"error":"expired_url"}'
        if hook.uses >= USES:
            return 404, '{"ok":false,"error":"used_url"}'
        if not isinstance(body, dict):
            return 400, "invalid_payload"
        try:
            _act(state, hook, body)
        except Refusal as refusal:
            return 400, refusal.code
        hook.uses += 1
        return 200, "ok"


def _act(state: State, hook: Hook, body: Json) -> None:
    origin = hook.origin
    if body.get("delete_original"):
        if origin:
            posting.remove(state, origin)
        return
    text, blocks = content(body)
    if body.get("replace_original") and origin:
        posting.edit(state, origin, text=text, blocks=blocks or [])
        return
    channel = state.channels[hook.channel_id]
    reply(state, state.apps[hook.app_id], channel, hook.user_id, body)


def content(body: Json) -> tuple[str, list[Json] | None]:
    """Text and blocks of an answer, checked."""
    text, blocks = str(body.get("text") or ""), body.get("blocks")
    if blocks:
        check_message_blocks(blocks)
    if not text and not blocks:
        raise Refusal("no_text")
    return text, blocks


def reply(state: State, app: App, channel: Channel, user_id: str, body: Json) -> Message:
    """Show an answer: to the person alone unless `response_type` is `in_channel`."""
    text, blocks = content(body)
    thread = body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        return posting.post(
            state, channel, app.bot_user_id, text, app=app, blocks=blocks, thread_ts=thread
        )
    return posting.whisper(state, channel, user_id, text, app=app, blocks=blocks, thread_ts=thread)
