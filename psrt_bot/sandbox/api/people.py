"""auth.test, users.* and apps.connections.open: https://docs.slack.dev/reference/methods"""

from __future__ import annotations

from psrt_bot.sandbox.api.call import Call, Method
from psrt_bot.sandbox.model import Json, User
from psrt_bot.sandbox.wire import user_json


def auth_test(call: Call) -> Json:
    """auth.test"""
    app = call.app
    return {
        "url": f"https://{call.state.domain}.slack.com/",
        "team": call.state.name,
        "user": call.state.users[app.bot_user_id].name,
        "team_id": call.state.team_id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def _shown(call: Call, user: User) -> Json:
    """A user; the e-mail address only with the scope users:read.email."""
    answer = user_json(call.state, user)
    if "users:read.email" not in call.app.scopes:
        answer["profile"].pop("email", None)
    return answer


def users_list(call: Call) -> Json:
    """users.list: bots and deactivated people included."""
    page, more = call.page(list(call.state.users.values()), 1000)
    members = [_shown(call, user) for user in page]
    return {"members": members, "cache_ts": int(call.state.now().timestamp()), **more}


def users_info(call: Call) -> Json:
    """users.info"""
    return {"user": _shown(call, call.user())}


def open_connection(call: Call) -> Json:
    """apps.connections.open: a WebSocket address that works once."""
    ticket = call.state.new_id("ticket-")
    call.state.tickets[ticket] = call.app.id
    base = call.state.base_url.replace("http", "ws", 1)
    return {"url": f"{base}link/?ticket={ticket}&app_id={call.app.id}"}


METHODS = {
    "auth.test": Method(auth_test),
    "users.list": Method(users_list, ("users:read",)),
    "users.info": Method(users_info, ("users:read",)),
    "apps.connections.open": Method(open_connection, app_level=True),
}
