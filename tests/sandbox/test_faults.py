"""Faults on demand, each as the app, or the person, meets it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any
from urllib.error import URLError

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from psrt_bot.sandbox import faults
from psrt_bot.sandbox.installation import Installation
from psrt_bot.sandbox.modal import Modal
from psrt_bot.sandbox.person import Person
from psrt_bot.sandbox.server import STOP_SECONDS, Server
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.kit import modal
from tests.sandbox.listening import Listener
from tests.sandbox.scripted import ScriptedApp

LOST = (OSError, URLError, httpx.HTTPError)


@pytest.fixture
def client(installation: Installation, server: Server) -> WebClient:
    """slack_sdk's client that repeats nothing."""
    token = installation.bot_token
    return WebClient(token, base_url=server.api_url, timeout=10, retry_handlers=[])


@pytest.fixture
def hasty(installation: Installation, server: Server) -> Callable[..., httpx.Response]:
    """A call of a client that gives up soon; a busy machine needs a moment to get it there."""

    def call(method: str, patience: float = 0.3, **args: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {installation.bot_token}"}
        return httpx.post(f"{server.api_url}{method}", json=args, headers=headers, timeout=patience)

    return call


def texts(workspace: Workspace) -> list[str]:
    return [m.text for m in workspace.as_user("alice").channel("team").messages]


ANSWERED = {
    "429": (faults.rate_limited(7), 429, 0),
    "503": (faults.server_error(), 503, 0),
    "500 after the effect": (faults.server_error(500, took_effect=True), 500, 1),
    "internal_error": (faults.refused("internal_error"), 200, 0),
    "fatal_error after the effect": (faults.refused("fatal_error", took_effect=True), 200, 1),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_answered_wrongly(workspace: Workspace, client: WebClient, name: str) -> None:
    """A planned answer comes once instead of the effect, or after it; then all is well."""
    fault, status, effects = ANSWERED[name]
    workspace.faults.add("chat.postMessage", fault)
    with pytest.raises(SlackApiError) as failed:
        client.chat_postMessage(channel="team", text="x")
    response: SlackResponse = failed.value.response
    assert (response.status_code, texts(workspace)) == (status, ["x"] * effects)
    assert workspace.calls[-1].status == status
    client.chat_postMessage(channel="team", text="y")
    assert texts(workspace)[-1] == "y"


SILENT = {
    "cut before": (faults.cut_before(), 0),
    "cut after": (faults.cut_after(), 1),
    "time-out without effect": (faults.timed_out(), 0),
    "time-out after the effect": (faults.timed_out(took_effect=True), 1),
}


@pytest.mark.parametrize("name", SILENT)
def test_no_answer(workspace: Workspace, hasty: Callable[..., httpx.Response], name: str) -> None:
    """No answer comes; the call took effect, or not, as planned."""
    fault, effects = SILENT[name]
    workspace.faults.add("chat.postMessage", fault)
    with pytest.raises(LOST):
        hasty("chat.postMessage", channel="team", text="x")
    workspace.wait_for(lambda: len(workspace.calls) == 1)
    assert texts(workspace) == ["x"] * effects
    assert workspace.calls[-1].answer is None


def test_late(workspace: Workspace, hasty: Callable[..., httpx.Response]) -> None:
    """What timed out takes effect when the test says so, after what was sent later."""
    held = faults.late()
    workspace.faults.add("chat.postMessage", held, times=2)
    for number, text in enumerate(("one", "two"), start=1):
        with pytest.raises(LOST):
            hasty("chat.postMessage", channel="team", text=text)
        held.wait_held(number)
    assert hasty("chat.postMessage", patience=10, channel="team", text="three").json()["ok"]
    assert texts(workspace) == ["three"]
    held.release()
    assert texts(workspace) == ["three", "one", "two"]
    assert [c.answer is None for c in workspace.calls] == [False, True, True]


def test_late_but_patient(workspace: Workspace, client: WebClient) -> None:
    """A client that still waits gets the answer at the release."""
    held = faults.late()
    workspace.faults.add("chat.postMessage", held)
    answers: list[SlackResponse] = []

    def call() -> None:
        answers.append(client.chat_postMessage(channel="team", text="x"))

    thread = Thread(target=call)
    thread.start()
    held.wait_held()
    held.release()
    thread.join()
    assert answers[0]["ok"]
    assert workspace.calls[-1].answer


def test_nothing_held() -> None:
    """A test that waits for, or releases, what does not happen is told."""
    with pytest.raises(LookupError):
        faults.cut_after().release()
    with pytest.raises(AssertionError, match="0 of 1"):
        faults.late().wait_held(timeout=0)


def test_stopped_while_held(workspace: Workspace, installation: Installation) -> None:
    """A server that stops ends what is held without effect, at once."""
    held = faults.late()
    workspace.faults.add("chat.postMessage", held)
    workspace.faults.add("chat.update", faults.timed_out())
    headers = {"Authorization": f"Bearer {installation.bot_token}"}
    with workspace.serve() as server:
        for method in ("chat.postMessage", "chat.update"):
            args, url = {"channel": "team", "text": "x"}, f"{server.api_url}{method}"
            with pytest.raises(LOST):
                httpx.post(url, json=args, headers=headers, timeout=0.05)
        held.wait_held()
        begun = time.monotonic()
    assert texts(workspace) == []
    assert time.monotonic() - begun < STOP_SECONDS


@pytest.mark.parametrize("fault", [faults.delayed(1), faults.slow_answer(1)])
def test_slow(workspace: Workspace, client: WebClient, fault: faults.Fault) -> None:
    """An answer takes its time; the effect comes with it, or before it."""
    workspace.faults.add("chat.postMessage", fault)
    begun = time.monotonic()
    thread = Thread(target=client.chat_postMessage, kwargs={"channel": "team", "text": "x"})
    thread.start()
    workspace.wait_for(lambda: texts(workspace) == ["x"])
    early = time.monotonic() - begun < 1
    thread.join()
    assert early == (fault.name == "slow_answer")
    assert time.monotonic() - begun >= 1


def test_chosen(workspace: Workspace, client: WebClient) -> None:
    """A fault strikes as often as planned, where its condition holds, in the order planned."""
    workspace.faults.add(
        "chat.postMessage", faults.server_error(), times=2, when=lambda args: args["text"] == "a"
    )
    workspace.faults.add("*", faults.rate_limited(), when=lambda args: args.get("text") == "a")
    seen = []
    for text in ("b", "a", "a", "a", "a"):
        try:
            seen.append(client.chat_postMessage(channel="team", text=text).status_code)
        except SlackApiError as error:
            seen.append(error.response.status_code)
    assert seen == [200, 503, 503, 429, 200]


def test_no_connection_offered(
    workspace: Workspace, installation: Installation, server: Server
) -> None:
    """apps.connections.open fails like any method."""
    workspace.faults.add("apps.connections.open", faults.server_error(500))
    web = WebClient(base_url=server.api_url, retry_handlers=[])
    with pytest.raises(SlackApiError):
        web.apps_connections_open(app_token=installation.app_token)
    assert web.apps_connections_open(app_token=installation.app_token)["url"]


@pytest.mark.parametrize(("fault", "arrived"), [("cut_before", False), ("cut_after", True)])
def test_upload_fails(workspace: Workspace, client: WebClient, fault: str, arrived: bool) -> None:
    """The upload address loses the bytes, or the answer."""
    started = client.files_getUploadURLExternal(filename="a.txt", length=2)
    workspace.faults.add("upload", getattr(faults, fault)())
    with pytest.raises(LOST):
        httpx.post(started["upload_url"], content=b"ok")
    assert (workspace.state.files[started["file_id"]].content == b"ok") is arrived


def test_response_url_fails(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """A response_url fails with a status, and counts no use then."""
    alice.command("/order", channel="team")
    url = scripted.last["response_url"]
    workspace.faults.add("response_url", faults.server_error())
    assert httpx.post(url, json={"text": "x"}).status_code == 503
    assert alice.ephemerals == []
    for _ in range(5):
        assert httpx.post(url, json={"text": "x"}).status_code == 200


def test_ack_lost(
    workspace: Workspace,
    scripted: ScriptedApp,
    alice: Person,
    open_modal: Callable[..., Modal],
) -> None:
    """The app acknowledges; the person sees a failure, and the form stays for another try."""
    shown = open_modal(modal())
    shown.fill("Name", "tea")
    workspace.faults.add("view_submission", faults.ack_lost())
    outcome = shown.submit()
    assert (outcome.status, shown.is_open) == ("operation_timeout", True)
    assert scripted.last["type"] == "view_submission"
    assert shown.submit().status == "ok"
    assert not shown.is_open


def test_ack_lost_over_socket(workspace: Workspace, listener: Listener, alice: Person) -> None:
    """In Socket Mode as well: the envelope arrived, its ack counts for nothing."""
    listener.body = {"text": "Hello"}
    workspace.faults.add("/order", faults.ack_lost())
    assert alice.command("/order", channel="team").status == "operation_timeout"
    assert len(listener.received) == 1


def test_never_delivered(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """What is lost on the way never reaches the app."""
    workspace.faults.add("slash_commands", faults.never_delivered())
    assert alice.command("/order", channel="team").status == "operation_timeout"
    assert scripted.received == []


@pytest.mark.parametrize("at_once", [False, True])
def test_twice_by_http(
    workspace: Workspace, scripted: ScriptedApp, alice: Person, at_once: bool
) -> None:
    """A request arrives twice, word for word."""
    workspace.faults.add("deliveries", faults.twice(at_once))
    assert alice.command("/order", channel="team").status == "ok"
    first, second = scripted.received
    assert first.payload == second.payload


def test_twice_by_socket(workspace: Workspace, listener: Listener, alice: Person) -> None:
    """An envelope arrives twice, word for word, under two envelope ids."""
    workspace.faults.add("/order", faults.twice())
    assert alice.command("/order", channel="team").status == "ok"
    first, second = listener.received
    assert first.payload == second.payload
    assert first.envelope_id != second.envelope_id


def test_event_without_ack(workspace: Workspace, scripted: ScriptedApp) -> None:
    """An event whose ack was lost comes again, as Slack sends it again."""
    workspace.faults.add("user_change", faults.ack_lost())
    workspace.change_user("carol", tz="Asia/Tokyo")
    workspace.wait_for(lambda: len(scripted.received) == 2)
    first, second = scripted.received
    assert first.payload["event_id"] == second.payload["event_id"]
    assert second.headers["X-Slack-Retry-Reason"] == "ack_lost"


def test_cut_off_by_http(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """The connection goes before the app has answered; it has the request all the same."""
    workspace.faults.add("/order", faults.cut_off())
    assert alice.command("/order", channel="team").status == "dispatch_failed"
    workspace.wait_for(lambda: len(scripted.received) == 1)


@pytest.mark.parametrize("acking", [False, True])
def test_cut_off_by_socket(
    workspace: Workspace, listener: Listener, alice: Person, acking: bool
) -> None:
    """The socket goes with the envelope under way, and with its ack, however quick that is."""
    listener.acking = acking
    workspace.faults.add("/order", faults.cut_off())
    assert alice.command("/order", channel="team").status == "dispatch_failed"
    workspace.wait_for(lambda: len(listener.received) == 1)


def test_delivered_late(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """A delivery takes its time, and its trigger ages."""
    workspace.faults.add("/order", faults.delivered_late(0.1))
    begun = time.monotonic()
    assert alice.command("/order", channel="team").status == "ok"
    assert time.monotonic() - begun >= 0.1
    born = workspace.state.triggers[scripted.last["trigger_id"]].born
    assert time.monotonic() - born >= 0.1


def test_a_chosen_delivery(workspace: Workspace, scripted: ScriptedApp, alice: Person) -> None:
    """A mishap strikes as often as planned, the deliveries that fit, in the order planned."""
    workspace.faults.add(
        "/order", faults.never_delivered(), times=2, when=lambda payload: payload["text"] == "a"
    )
    workspace.faults.add("deliveries", faults.cut_off(), when=lambda p: p.get("text") == "a")
    seen = [alice.command("/order", text, channel="team").status for text in "baaaa"]
    assert seen == ["ok", "operation_timeout", "operation_timeout", "dispatch_failed", "ok"]
    workspace.wait_for(lambda: len(scripted.received) == 3)


def test_every_trouble_by_its_count_and_condition(workspace: Workspace) -> None:
    """Whatever is planned, by whatever name: it meets what fits, as often as planned, no more."""
    for name in ("chat.postMessage", "upload", "response_url", "*"):
        fault = faults.cut_before()
        workspace.faults.add(name, fault, times=2, when=lambda args: args.get("n") == 1)
        asked = "files.info" if name == "*" else name
        met = [workspace.faults.take(asked, {"n": n}) for n in (0, 1, 0, 1, 1)]
        assert met == [None, fault, None, fault, None], name
    for name in ("slash_commands", "view_submission", "app_home_opened", "/vote", "deliveries"):
        mishap = faults.ack_lost()
        workspace.faults.add(name, mishap, times=2, when=lambda args: args.get("n") == 1)
        hit = [workspace.faults.take_mishap({name}, {"n": n}) for n in (0, 1, 0, 1, 1)]
        assert hit == [None, mishap, None, mishap, None], name


def test_mixed_up(workspace: Workspace) -> None:
    """A fault of a request cannot be planned for a delivery, nor the reverse."""
    with pytest.raises(TypeError):
        workspace.faults.add("chat.postMessage", faults.ack_lost())
    with pytest.raises(TypeError):
        workspace.faults.add("view_submission", faults.cut_after())


def test_cleared(workspace: Workspace, client: WebClient) -> None:
    """After `clear` everything works."""
    workspace.faults.add("*", faults.server_error(), times=9)
    workspace.faults.clear()
    assert client.auth_test()["ok"]
