"""Whatever Slack, or a pretender, sends: an answer, and not a word of it told."""

import copy
import hashlib
import hmac
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psrt_bot import shapes
from psrt_bot.app import Bot
from psrt_bot.gate import Gate, read_form
from psrt_bot.web import wsgi_app
from storage.engine import Database, prepare_storage
from tests.databases import new_database
from tests.settings import settings_of

CANARY = "canary-7f3a"
SECRET = "s" * 32
Payload = dict[str, Any]

VIEW = {
    "id": "V1",
    "type": "modal",
    "callback_id": "voting.cast",
    "private_metadata": CANARY,
    "state": {
        "values": {
            "choice": {"choice": {"type": "radio_buttons", "selected_option": {"value": CANARY}}},
            "check_word": {"check_word": {"type": "plain_text_input", "value": CANARY}},
        }
    },
}
COMMAND: Payload = {
    "command": "/vote",
    "text": CANARY,
    "user_id": "U1",
    "trigger_id": "1.2",
    "team_id": "T1",
    "channel_id": "C1",
    "response_url": "",
}
ACTIONS: Payload = {
    "type": "block_actions",
    "user": {"id": "U1"},
    "team": {"id": "T1"},
    "trigger_id": "1.2",
    "container": {"type": "message"},
    "actions": [{"type": "button", "action_id": "voting.vote", "block_id": "b", "value": CANARY}],
}
SUBMISSION: Payload = {
    "type": "view_submission",
    "user": {"id": "U1"},
    "team": {"id": "T1"},
    "view": VIEW,
}
EVENT: Payload = {
    "type": "event_callback",
    "event_id": "Ev1",
    "team_id": "T1",
    "authorizations": [{"team_id": "T1", "is_enterprise_install": False}],
    "event": {
        "type": "user_change",
        "user": {"id": "U2", "name": CANARY, "tz": "Europe/Oslo", "profile": {"real_name": "B"}},
    },
}
PASSAGE: Payload = {
    **EVENT,
    "event": {"type": "member_joined_channel", "channel": "C1", "user": "U2", "team": "T1"},
}
OPENED: Payload = {**EVENT, "event": {"type": "app_home_opened", "user": "U2", "tab": "home"}}
PAYLOADS = [COMMAND, ACTIONS, SUBMISSION, EVENT, PASSAGE, OPENED]

EVENTS = count()

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A whole bot that never reaches Slack."""
    folder: Path = tmp_path_factory.mktemp("gate")
    url = new_database(folder / "psrt.db")
    database = Database(url)
    prepare_storage(database)
    database.close()
    chosen = settings_of(
        slack_bot_token="xoxb-1",
        slack_signing_secret=SECRET,
        slack_api_url="http://127.0.0.1:9/api/",
        team_channel="C0TEAM",
        database_url=url,
        keys=f"file:{folder / 'keys'}",
    )
    built = Bot(chosen)
    yield built
    built.stop()


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a payload."""
    inner: list[tuple[Any, ...]] = [path] if path else []
    if isinstance(node, dict):
        for key, value in node.items():
            inner += places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            inner += places(value, (*path, index))
    return inner


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A payload of Slack's with one or two places removed or replaced by something else."""
    payload = copy.deepcopy(draw(st.sampled_from(PAYLOADS)))
    if "event_id" in payload:
        payload["event_id"] = f"Ev{next(EVENTS)}"  # one that was heard before is passed over
    for _ in range(draw(st.integers(1, 2))):
        known = places(payload)
        if not known:
            break
        *way, last = draw(st.sampled_from(known))
        part: Any = payload
        for step in way:
            part = part[step]
        if draw(st.booleans()):
            del part[last]
        else:
            part[last] = draw(JSON)
    return payload


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda p: p.get("type", "command"))
def test_what_slack_sends_passes(payload: dict[str, Any]) -> None:
    """No payload of the documented shape is taken for a malformed one."""
    assert shapes.problem(payload) is None


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(payload=damaged())
def test_damaged_payloads_are_answered(
    bot: Bot, caplog: pytest.LogCaptureFixture, payload: Any
) -> None:
    """Whatever is broken in a payload, the gate answers, and its own log repeats nothing of it."""
    caplog.clear()
    caplog.set_level(logging.INFO)
    answer = Gate(bot.bolt).answer(payload)
    assert answer.status in (200, 400, 404)
    ours = [record for record in caplog.records if record.name.startswith(("psrt_bot", "commands"))]
    assert CANARY not in " ".join(record.getMessage() for record in ours)


@settings(max_examples=100, deadline=None)
@given(payload=JSON)
def test_other_json_is_refused(payload: Any) -> None:
    """Something that is no payload at all is named malformed, without a word of it."""
    told = shapes.problem(payload)
    assert told is not None
    assert CANARY not in told


def ask(bot: Bot, body: bytes, *, signature: str | None = None, stamp: str | None = None) -> str:
    """Send a body over HTTP, signed unless told otherwise; return the status."""
    stamp = stamp if stamp is not None else str(int(time.time()))
    signed = hmac.digest(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/slack/events",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "HTTP_X_SLACK_REQUEST_TIMESTAMP": stamp,
        "HTTP_X_SLACK_SIGNATURE": signature if signature is not None else f"v0={signed.hex()}",
        "wsgi.input": io.BytesIO(body),
    }
    told: list[str] = []

    def start_response(status: str, _headers: object) -> Callable[[bytes], None]:
        told.append(status)
        return lambda _body: None

    b"".join(wsgi_app(bot.bolt, SECRET, lambda: None)(environ, start_response))
    return told[0]


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=", b"payload={", b"payload=[]", b"payload=%ff", b"\xff\xfe", b"=", b"&&", b"{"],
)
def test_unreadable_bodies_get_400(bot: Bot, body: bytes) -> None:
    """A signed body that cannot be read is a bad request, never an error of the server."""
    assert ask(bot, body) == "400 Bad Request"


@pytest.mark.parametrize("signature", ["", "v0=00", "v0=é", "nonsense"])
def test_unsigned_requests_get_401(bot: Bot, signature: str) -> None:
    """Without Slack's signature nothing is read, whatever the header holds."""
    assert ask(bot, urlencode(COMMAND).encode(), signature=signature) == "401 Unauthorized"


@pytest.mark.parametrize("stamp", ["", "now", "1", "²", "9" * 30])
def test_old_or_odd_stamps_get_401(bot: Bot, stamp: str) -> None:
    """A signature is good for five minutes; a stamp that is no time is none."""
    assert ask(bot, urlencode(COMMAND).encode(), stamp=stamp) == "401 Unauthorized"


def test_the_word_payload_in_a_command(bot: Bot) -> None:
    """A command whose text holds the word "payload" arrives as the command it is."""
    body = urlencode(COMMAND | {"command": "/psrt", "text": "payload"}).encode()
    assert ask(bot, body) == "200 OK"
    assert read_form(body, "")["text"] == "payload"  # type: ignore[index]


def test_buttons_of_former_times(bot: Bot) -> None:
    """A button that nobody listens to any more is acknowledged, so that Slack shows no error."""
    payload = copy.deepcopy(ACTIONS)
    payload["actions"][0]["action_id"] = "gone.since.long"
    assert ask(bot, urlencode({"payload": json.dumps(payload)}).encode()) == "200 OK"
