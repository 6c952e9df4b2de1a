"""Under the hood: what was delivered to the app, how it acknowledged, what it called.

Secrets are masked by the function the page was configured with; tokens always.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psrt_bot.sandbox.model import Delivered, Json, RecordedCall
from psrt_bot.sandbox.state import State

SHOWN = 120
KINDS = {"payload": "Payloads and acks", "call": "Web API calls"}
_TOKENS = frozenset({"token", "trigger_id", "response_url"})


@dataclass(frozen=True)
class Entry:
    """One line of the pane."""

    key: str
    kind: str
    at: datetime
    title: str
    detail: str
    outcome: str
    bad: bool


class Hood:
    """Reads a workspace's records as entries."""

    def __init__(self, state: State, mask: Callable[[Any], Any]) -> None:
        self._state = state
        self._mask = mask

    def entries(self, words: str = "", kinds: frozenset[str] = frozenset(KINDS)) -> list[Entry]:
        """The newest entries that fit, newest first."""
        found: list[Entry] = []
        wanted = words.casefold().split()
        for entry in self._all(kinds):
            said = f"{entry.title} {entry.detail} {entry.outcome}".casefold()
            if all(word in said for word in wanted):
                found.append(entry)
                if len(found) == SHOWN:
                    break
        return found

    def _all(self, kinds: frozenset[str]) -> Iterator[Entry]:
        with self._state.reading():
            made = []
            if "payload" in kinds:
                made += [self._delivered(d) for d in self._state.delivered]
            if "call" in kinds:
                made += [self._called(i, c) for i, c in enumerate(self._state.recorded)]
        yield from sorted(made, key=lambda entry: entry.at, reverse=True)

    def _who(self, payload: Json) -> str:
        user = payload.get("user")
        key = payload.get("user_id") or (user.get("id") if isinstance(user, dict) else user) or ""
        known = self._state.users.get(str(key))
        return known.name if known else ""

    def _delivered(self, record: Delivered) -> Entry:
        payload = record.payload
        event = payload.get("event") or {}
        title = str(payload.get("command") or event.get("type") or payload.get("type"))
        parts = [self._who(payload) or self._who(event)]
        if view := payload.get("view"):
            parts.append(str((view.get("title") or {}).get("text") or view.get("type")))
        parts += [str(action.get("action_id")) for action in payload.get("actions") or []]
        parts.append(f"attempt {record.attempt + 1}" if record.attempt else "")
        outcome, bad = "waiting …", False
        if ack := record.ack:
            said = ack.body.get("response_action") or "text" if isinstance(ack.body, dict) else ""
            what = "ack" if ack.status == "ok" else ack.status
            outcome = " ".join(part for part in (what, said, f"in {ack.ms:.0f} ms") if part)
            bad = ack.status != "ok"
        detail = ", ".join(part for part in parts if part)
        return Entry(f"d{record.number}", "payload", record.at, title, detail, outcome, bad)

    def _called(self, index: int, call: RecordedCall) -> Entry:
        place = str(call.args.get("channel") or call.args.get("user_id") or "")
        channel = self._state.channels.get(place)
        if channel:
            place = f"#{channel.name}" if channel.name else "direct message"
        elif place in self._state.users:
            place = self._state.users[place].name
        if call.answer is None:
            outcome = "no answer" if call.status == 0 else f"HTTP {call.status}"
        else:
            outcome = "ok" if call.answer.get("ok") else str(call.answer.get("error"))
        return Entry(f"c{index}", "call", call.at, call.method, place, outcome, outcome != "ok")

    def text(self, key: str) -> str:
        """The whole of an entry as JSON, masked. Raises LookupError or ValueError for no entry."""
        index = int(key[1:])
        with self._state.reading():
            if key[0] == "d":
                record = next((d for d in self._state.delivered if d.number == index), None)
                if record is None:
                    raise LookupError(key)
                body: Json = {"payload": record.payload}
                if record.ack:
                    body["ack"] = {
                        "status": record.ack.status,
                        "milliseconds": round(record.ack.ms, 1),
                        "body": record.ack.body,
                    }
            else:
                call = self._state.recorded[index]
                body = {"arguments": call.args, "status": call.status, "answer": call.answer}
                if call.docs:
                    body["documentation"] = call.docs
            copied = json.loads(json.dumps(_parsed(body), default=str))
        return json.dumps(self._mask(_without_tokens(copied)), indent=2, ensure_ascii=False)


def _parsed(part: Any) -> Any:
    """JSON within strings (views and blocks in forms) as JSON."""
    if isinstance(part, dict):
        return {name: _parsed(item) for name, item in part.items()}
    if isinstance(part, list):
        return [_parsed(item) for item in part]
    if isinstance(part, str) and part[:1] in ("{", "["):
        try:
            return json.loads(part)
        except ValueError:
            return part
    return part


def _without_tokens(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: "[masked]" if name in _TOKENS and isinstance(item, str) else _without_tokens(item)
            for name, item in part.items()
        }
    return [_without_tokens(item) for item in part] if isinstance(part, list) else part
