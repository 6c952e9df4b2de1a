"""Modals and App Homes: stacks, hashes, triggers, and the values people have entered.

Sources: https://docs.slack.dev/surfaces/modals, https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

import time
from typing import Any, Literal

from psrt_bot.sandbox.forms import initial_values
from psrt_bot.sandbox.model import App, Json, Trigger, View
from psrt_bot.sandbox.posting import completed
from psrt_bot.sandbox.refusals import Refusal
from psrt_bot.sandbox.state import State

TRIGGER_SECONDS = 3.0
STACK_LIMIT = 3


def exchange(state: State, app: App, trigger_id: str) -> Trigger:
    """Use up a trigger. Refuses an unknown one, one used before, one older than three seconds."""
    with state.changed():
        trigger = state.triggers.get(trigger_id)
        if trigger is None or trigger.app_id != app.id:
            raise Refusal("invalid_trigger_id")
        if trigger.exchanged:
            raise Refusal("exchanged_trigger_id")
        if time.monotonic() - trigger.born > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        trigger.exchanged = True
        return trigger


def _fresh(state: State) -> tuple[int, str]:
    seq = state.serial()
    return seq, f"{int(state.now().timestamp())}.{seq:08x}"


def _source(state: State, view: Json) -> Json:
    return {**view, "blocks": completed(state, view["blocks"])}


def _new(state: State, app: App, user_id: str, kind: Literal["modal", "home"], view: Json) -> View:
    source, (seq, digest), key = _source(state, view), _fresh(state), state.new_id("V")
    created = View(key, app.id, user_id, kind, source, digest, seq, root_view_id=key)
    created.values = initial_values(source["blocks"])
    return created


def check_external_id(state: State, view: Json, but: str | None = None) -> None:
    """Refuses an external id that another open view carries."""
    wanted = view.get("external_id")
    if wanted and any(
        v.source.get("external_id") == wanted and v.id != but for v in state.views.values()
    ):
        raise Refusal("duplicate_external_id")


def open_modal(state: State, app: App, user_id: str, view: Json) -> View:
    """Put a new modal before a person; what stood there is gone."""
    with state.changed():
        check_external_id(state, view)
        dismiss(state, user_id)
        created = _new(state, app, user_id, "modal", view)
        state.views[created.id] = created
        state.stacks[user_id] = [created.id]
    return created


def push_modal(state: State, app: App, user_id: str, view: Json) -> View:
    """Put a modal on top of those that stand there, at most three in all."""
    with state.changed():
        stack = state.stack(user_id)
        if not stack:
            raise Refusal("not_found")
        if len(stack) >= STACK_LIMIT:
            raise Refusal("push_limit_reached")
        check_external_id(state, view)
        created = _new(state, app, user_id, "modal", view)
        created.root_view_id, created.previous_view_id = stack[0].id, stack[-1].id
        state.views[created.id] = created
        state.stacks[user_id].append(created.id)
    return created


def update_modal(state: State, view: View, source: Json, digest: str | None = None) -> View:
    """Replace a view's content. What was entered stays where block id, action id and type stay."""
    with state.changed():
        if digest and digest != view.hash:
            raise Refusal("hash_conflict")
        check_external_id(state, source, but=view.id)
        _replace(state, view, source)
    return view


def _replace(state: State, view: View, source: Json) -> None:
    view.source = _source(state, source)
    view.seq, view.hash = _fresh(state)
    fresh, old = initial_values(view.blocks), view.values
    for block_id, actions in fresh.items():
        for action_id, value in actions.items():
            kept: Any = old.get(block_id, {}).get(action_id)
            if kept and kept["type"] == value["type"]:
                actions[action_id] = kept
    view.values, view.errors = fresh, {}


def publish_home(state: State, app: App, user_id: str, view: Json, digest: str | None) -> View:
    """Show a person's App Home, refusing when `digest` is not the hash it has now."""
    with state.changed():
        home = state.homes.get((app.id, user_id))
        check_external_id(state, view, but=home.id if home else None)
        if home is None:
            home = _new(state, app, user_id, "home", view)
            state.homes[app.id, user_id] = home
            state.views[home.id] = home
        elif digest and digest != home.hash:
            raise Refusal("hash_conflict")
        else:
            _replace(state, home, view)
    return home


def close_top(state: State, user_id: str) -> None:
    """The visible modal goes; the one below it, if any, shows again."""
    with state.changed():
        stack = state.stacks.get(user_id)
        if stack:
            state.views.pop(stack.pop(), None)


def dismiss(state: State, user_id: str) -> None:
    """All modals before a person go."""
    with state.changed():
        for key in state.stacks.pop(user_id, []):
            state.views.pop(key, None)
