"""A workspace as JSON and back: people, conversations, files, apps, Homes.

Open modals and triggers are not kept. Plain data only, so that a file from a folder can do nothing
but be read.
"""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from psrt_bot.sandbox.model import App, Channel, File, Json, Message, User, View
from psrt_bot.sandbox.state import State

FORMAT = 1
_Record = TypeVar("_Record", User, Channel, File, App, View, Message)


def saved(state: State) -> Json:
    """Everything that is kept of a workspace, as JSON."""
    with state.reading():
        serial, last_ts = state.marks
        return {
            "format": FORMAT,
            "serial": serial,
            "last_ts": last_ts,
            "team_id": state.team_id,
            "users": [_plain(u) for u in state.users.values()],
            "files": [_plain(f) for f in state.files.values()],
            "channels": [_plain(c) for c in state.channels.values()],
            "apps": [_plain(a) for a in state.apps.values()],
            "homes": [_plain(h) for h in state.homes.values()],
            "ephemerals": [_plain(m) for m in state.ephemerals],
        }


def restore(state: State, kept: Json) -> None:
    """Put what was kept into a workspace that is not served yet.

    Raises ValueError, KeyError or TypeError for anything but what `saved` returned.
    """
    if kept["format"] != FORMAT:
        raise ValueError(f"format {kept['format']}")
    with state.changed():
        state.resume(kept["serial"], kept["last_ts"])
        state.team_id = kept["team_id"]
        state.users = {d["id"]: _record(User, d) for d in kept["users"]}
        state.files = {d["id"]: _record(File, d) for d in kept["files"]}
        state.apps = {d["id"]: _record(App, d, scopes=frozenset(d["scopes"])) for d in kept["apps"]}
        state.channels = {
            d["id"]: _record(
                Channel, d, messages={m["ts"]: _message(state, m) for m in d["messages"].values()}
            )
            for d in kept["channels"]
        }
        state.ephemerals = [_message(state, d) for d in kept["ephemerals"]]
        for d in kept["homes"]:
            home = _record(View, d)
            state.homes[home.app_id, home.user_id] = state.views[home.id] = home


def _message(state: State, data: Json) -> Message:
    return _record(Message, data, files=[state.files[f["id"]] for f in data["files"]])


def _record(kind: type[_Record], data: Json, **instead: Any) -> _Record:
    given = {name: _thing(value) for name, value in data.items() if name not in instead}
    return kind(**given, **instead)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return {"$at": value.isoformat()}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case frozenset():
            return sorted(value)
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _thing(value: Any) -> Any:
    if isinstance(value, dict):
        if "$at" in value:
            return datetime.fromisoformat(value["$at"])
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
    return value
