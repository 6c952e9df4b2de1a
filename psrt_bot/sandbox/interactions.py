"""What people do, delivered to the app, and what its ack makes them see.

Sources: https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/surfaces/modals (response actions)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psrt_bot.sandbox import hooks, payloads, posting, viewing
from psrt_bot.sandbox.courier import Ack, Courier
from psrt_bot.sandbox.forms import problems
from psrt_bot.sandbox.model import App, Channel, Json, Message, User, View
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.state import State
from psrt_bot.sandbox.surfaces import check_view

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True)
class Outcome:
    """What a person saw right after an interaction.

    `status`: `ok`; `errors` (a form's fields, from the client or the app); `operation_timeout` (no
    ack in three seconds); `dispatch_failed` (no connection, an HTTP error, an answer Slack cannot
    use); `unknown_command`, `not_in_thread` and `dismissed` (the app was not asked).
    """

    status: str
    text: str | None = None
    blocks: list[Json] = field(default_factory=list)
    ack_ms: float | None = None
    errors: dict[str, str] = field(default_factory=dict)


def command(
    state: State,
    courier: Courier,
    user: User,
    channel: Channel,
    name: str,
    text: str,
    in_thread: str | None,
) -> Outcome:
    """Type a slash command. What is no command of an app never leaves the client."""
    app = next((a for a in state.apps.values() if name in a.commands), None)
    if app is None:
        return _slackbot(state, user, channel, "unknown_command", f"{name} is not a valid command.")
    if in_thread:
        said = f"{name} is not supported in threads. Sorry!"
        return _slackbot(state, user, channel, "not_in_thread", said, in_thread)
    ack = courier.deliver(
        app,
        "slash_commands",
        payloads.slash_command(state, app, user, channel, name, text),
    )
    if ack.status != "ok":
        said = f'{name} failed with the error "{ack.status}"'
        return _slackbot(state, user, channel, ack.status, said, ms=ack.ms)
    if not ack.body:
        return Outcome("ok", ack_ms=ack.ms)
    try:
        message = hooks.reply(state, app, channel, user.id, ack.body)
    except Refusal as refusal:
        said = f'{name} failed with the error "{refusal.code}"'
        return _slackbot(state, user, channel, "dispatch_failed", said, ms=ack.ms)
    return Outcome("ok", message.text, message.blocks, ack.ms)


def _slackbot(
    state: State,
    user: User,
    channel: Channel,
    status: str,
    said: str,
    thread_ts: str | None = None,
    ms: float | None = None,
) -> Outcome:
    posting.whisper(state, channel, user.id, said, thread_ts=thread_ts)
    return Outcome(status, said, ack_ms=ms)


def act_on_message(
    state: State, courier: Courier, user: User, message: Message, values: Json, action: Json
) -> Outcome:
    """Press or choose something in a message."""
    app = state.apps[message.app_id or ""]
    return _acted(courier, app, payloads.message_action(state, app, user, message, values, action))


def act_on_view(state: State, courier: Courier, user: User, view: View, action: Json) -> Outcome:
    """Press or choose something in a modal or an App Home."""
    app = state.apps[view.app_id]
    return _acted(courier, app, payloads.view_action(state, app, user, view, action))


def _acted(courier: Courier, app: App, payload: Json) -> Outcome:
    ack = courier.deliver(app, "interactive", payload)
    return Outcome(ack.status, ack_ms=ack.ms)


def submit(state: State, courier: Courier, user: User, view: View) -> Outcome:
    """Press the submit button of a modal."""
    with state.changed():
        view.errors = problems(view.blocks, view.values)
        if view.errors:
            return Outcome("errors", errors=dict(view.errors))
    app = state.apps[view.app_id]
    payload = payloads.view_submission(state, app, user, view)
    ack = courier.deliver(app, "interactive", payload)
    if ack.status != "ok":
        return Outcome(ack.status, TROUBLE, ack_ms=ack.ms)
    try:
        return _respond(state, app, user, view, ack)
    except Refusal:
        return Outcome("dispatch_failed", TROUBLE, ack_ms=ack.ms)


def _respond(state: State, app: App, user: User, view: View, ack: Ack) -> Outcome:
    """Carry out a response action. Raises Refusal for one that Slack cannot use."""
    body: Any = ack.body or {}
    match body.get("response_action"):
        case None if not body:
            with state.changed():
                if state.stacks.get(user.id, [])[-1:] == [view.id]:
                    viewing.close_top(state, user.id)
        case "clear":
            viewing.dismiss(state, user.id)
        case "update":
            check_view(body.get("view"), "modal")
            viewing.update_modal(state, view, body["view"])
        case "push":
            check_view(body.get("view"), "modal")
            viewing.push_modal(state, app, user.id, body["view"])
        case "errors":
            return _field_errors(state, view, body.get("errors"), ack)
        case _:
            raise Refusal("invalid_arguments")
    return Outcome("ok", ack_ms=ack.ms)


def _field_errors(state: State, view: View, errors: Any, ack: Ack) -> Outcome:
    """Errors belong to input blocks of this view; any other key spoils the answer."""
    inputs = {b["block_id"] for b in view.blocks if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refusal("invalid_arguments")
    with state.changed():
        view.errors = {key: str(text) for key, text in errors.items()}
    return Outcome("errors", ack_ms=ack.ms, errors=dict(view.errors))


def close(state: State, courier: Courier, user: User, view: View) -> Outcome:
    """Press Cancel, or the cross: this modal goes, or all of them when it says clear_on_close."""
    clear = bool(view.source.get("clear_on_close"))
    with state.changed():
        gone = state.stack(user.id) if clear else [view]
        told = [
            (
                state.apps[v.app_id],
                payloads.view_closed(state, state.apps[v.app_id], user, v, clear),
            )
            for v in gone
            if v.source.get("notify_on_close")
        ]
        if clear:
            viewing.dismiss(state, user.id)
        else:
            viewing.close_top(state, user.id)
    outcome = Outcome("ok")
    for app, payload in told:
        outcome = _acted(courier, app, payload)
    return outcome
