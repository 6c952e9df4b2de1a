"""views.*: https://docs.slack.dev/reference/methods?family=views"""

from __future__ import annotations

from psrt_bot.sandbox import viewing
from psrt_bot.sandbox.api.call import Call, Method
from psrt_bot.sandbox.model import Json, View
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.surfaces import check_view
from psrt_bot.sandbox.wire import view_json


def _view(call: Call, *types: str) -> Json:
    view = call.parsed("view")
    check_view(view, *types)
    found: Json = view
    return found


def open_view(call: Call) -> Json:
    """views.open: the view is checked first, then the trigger is used up."""
    view = _view(call, "modal")
    trigger = viewing.exchange(call.state, call.app, call.required("trigger_id"))
    opened = viewing.open_modal(call.state, call.app, trigger.user_id, view)
    return {"view": view_json(call.state, opened)}


def push(call: Call) -> Json:
    """views.push"""
    view = _view(call, "modal")
    trigger = viewing.exchange(call.state, call.app, call.required("trigger_id"))
    pushed = viewing.push_modal(call.state, call.app, trigger.user_id, view)
    return {"view": view_json(call.state, pushed)}


def _open_view(call: Call) -> View:
    key, external = call.text("view_id"), call.text("external_id")
    if not key and not external:
        raise Refusal("invalid_arguments", "[ERROR] missing required field: view_id")
    for view in call.state.views.values():
        named = view.id == key if key else view.source.get("external_id") == external
        if named and view.app_id == call.app.id:
            return view
    raise Refusal("not_found")


def update(call: Call) -> Json:
    """views.update: by view id or external id; a `hash` that is not the current one is refused."""
    source = _view(call, "modal", "home")
    view = viewing.update_modal(call.state, _open_view(call), source, call.text("hash") or None)
    return {"view": view_json(call.state, view)}


def publish(call: Call) -> Json:
    """views.publish"""
    user = call.state.users.get(call.required("user_id"))
    if user is None:
        raise Refusal("invalid_arguments", "[ERROR] invalid `user_id`")
    source = _view(call, "home")
    if not call.app.home_enabled:
        raise Refusal("not_enabled")
    digest = call.text("hash") or None
    home = viewing.publish_home(call.state, call.app, user.id, source, digest)
    return {"view": view_json(call.state, home)}


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
