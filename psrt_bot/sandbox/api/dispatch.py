"""From a method's name and a token to the answer: who calls, scopes, the method, the record."""

from __future__ import annotations

from psrt_bot.sandbox.api import chat, conversations, files, people, views
from psrt_bot.sandbox.api.call import Call, Method
from psrt_bot.sandbox.model import App, Json, RecordedCall
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.state import State

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **people.METHODS,
    **views.METHODS,
}


def app_of_token(state: State, token: str) -> App | None:
    """The app whose bot token or app-level token this is."""
    return next(
        (a for a in state.apps.values() if token and token in (a.bot_token, a.app_token)), None
    )


def answer(state: State, name: str, token: str, args: Json) -> tuple[Json, str | None]:
    """Run a method. Returns the JSON body, and the page of the documentation of a refusal."""
    try:
        with state.changed():
            return {"ok": True, **_run(state, name, token, args)}, None
    except Refusal as refusal:
        return refusal.of(name).answer(), refusal.docs


def _run(state: State, name: str, token: str, args: Json) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise Refusal("unknown_method", req_method=name)
    if not token:
        raise Refusal("not_authed")
    app = app_of_token(state, token)
    if app is None:
        raise Refusal("invalid_auth")
    if method.app_level != (token == app.app_token):
        raise Refusal("not_allowed_token_type")
    call = Call(state, app, args)
    call.need(*method.scopes)
    return method.run(call)


def too_soon(state: State, name: str, token: str, args: Json) -> int | None:
    """After how many seconds to call again; None when the call is within the app's rate."""
    app = app_of_token(state, token)
    return state.rates.retry_after(app.id, name, args) if app else None


def scopes_told(state: State, name: str, token: str) -> dict[str, str]:
    """The headers that tell what the token may do, and what the method asks for.

    Source: docs.slack.dev/tools/node-slack-sdk/reference/web-api/interfaces/WebAPICallResult,
    whose ``scopes`` and ``acceptedScopes`` are read from them.
    """
    app = app_of_token(state, token)
    if app is None or token != app.bot_token:
        return {}
    method = METHODS.get(name)
    accepted = ",".join(method.scopes) if method else ""
    told = {"x-oauth-scopes": ",".join(sorted(app.scopes))}
    return told | ({"x-accepted-oauth-scopes": accepted} if accepted else {})


def record(
    state: State,
    name: str,
    token: str,
    args: Json,
    body: Json | None,
    status: int,
    docs: str | None,
    number: int,
) -> None:
    """Write a call down for the tests; the token is left out."""
    app = app_of_token(state, token)
    by = app.id if app else None
    with state.changed():
        seen = RecordedCall(name, args, by, body, state.now(), status, docs, number)
        state.recorded.append(seen)
