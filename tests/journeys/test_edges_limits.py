"""Slack's limits and refusals where they touch the bot: all reads as meant, and waits in order."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from websockets.sync.client import connect

from psrt_bot.runtime.slack import new_client
from psrt_bot.sandbox import faults
from psrt_bot.sandbox.model import RecordedCall
from psrt_bot.sandbox.sockets import MOST_SOCKETS
from psrt_bot.socket_mode import SocketMode
from tests.journeys.house import MEMBERS, House, built_house
from tests.journeys.polling import TEAM, card, open_ballot, posted, votes
from tests.journeys.steps import nominations

REFUSED = ("invalid_blocks", "invalid_arguments", "msg_too_long", "missing_scope", "no_text")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Calls to Slack are the same in both transports."""
    with built_house(tmp_path, "socket") as built:
        yield built


def plain_texts(part: Any) -> Iterator[str]:
    """Every text in a call that Slack shows to the letter."""
    if isinstance(part, dict):
        if part.get("type") == "plain_text":
            yield part["text"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from plain_texts(inner)


def named(house: House, method: str) -> list[RecordedCall]:
    """The calls of a method."""
    return [call for call in house.workspace.calls if call.method == method]


def test_all_that_is_sent_reads_as_meant(house: House) -> None:
    """Over a whole story: Slack refuses no call for its shape or a scope; no date, mention or link
    stands in a text that Slack shows to the letter; each update brings its blocks, since Slack
    keeps the old ones of one that brings none; nothing is shown without a text beside it."""
    house.workspace.rate_limits = True
    house.nominate()
    for login in MEMBERS:
        house.person(login).open_home(timeout=0)
        house.work()
    card(house).click("Details")
    house.person("chi").wait_modal()
    open_ballot(house, "dov").close()
    votes(house, ana="Yes", ben="Yes", chi="No")
    house.pass_time(days=4)
    house.pass_time(days=3)
    for _ in range(3):
        house.pass_time(minutes=1)
    assert posted(house, "Vote on Nia")
    calls = house.workspace.calls
    assert [c.answer for c in calls if c.answer and c.answer.get("error") in REFUSED] == []
    assert named(house, "chat.update")
    assert all(call.args.get("blocks") for call in named(house, "chat.update"))
    assert all(call.args.get("text") for call in named(house, "chat.postMessage"))
    said = [text for call in calls for text in plain_texts(call.args)]
    assert len(said) > 20
    assert [text for text in said if "<!" in text or "<@" in text or "<#" in text] == []


def test_the_longest_of_everything(house: House) -> None:
    """Names and texts as long as Slack lets people type: every window opens, every post arrives."""
    house.workspace.change_user("nia", real_name="N" * 80, display_name="&" * 80)
    house.workspace.change_user("ana", real_name="A" * 80)
    house.bot.refresh_people()
    ana = house.person("ana")
    ana.command("/nominate", channel=TEAM)
    who = ana.wait_modal(title="Nominate: who").fill("Slack user", "nia")
    who.fill("Standing", "Core developer").submit()
    texts = ana.wait_modal(title="Nominate: texts")
    for label in texts.labels:
        if label != "You have made sure":
            texts.fill(label, "<&>" * 1000)
    texts.fill(
        "You have made sure",
        [
            "They have agreed to be nominated",
            "They have read PEP 811, including review and removal",
        ],
    ).submit()
    ana.wait_modal(title="Nominate: preview").submit()
    house.work()
    assert len(nominations(house)) == 1
    shown = house.person("chi").channel(TEAM).messages[0]
    shown.click("Details")
    assert house.person("chi").wait_modal()
    open_ballot(house, "chi").close()
    house.pass_time(days=7)
    house.pass_time(minutes=1)
    errors = [c.answer["error"] for c in house.workspace.calls if c.answer and not c.answer["ok"]]
    assert errors == []


def test_a_scope_that_is_taken_away_loses_nothing(house: House) -> None:
    """Without chat:write what is owed waits, however long; with it again it follows, in order."""
    app = house.installation.app
    scopes = app.scopes
    app.scopes = scopes - {"chat:write"}
    house.nominate()
    house.pass_time(days=4)
    assert house.person("chi").channel(TEAM).messages == []
    app.scopes = scopes
    house.pass_time(minutes=15)
    assert "Nomination: Nia Novak" in house.person("chi").channel(TEAM).messages[0].rendered


def test_no_command_in_a_thread(house: House) -> None:
    """Slack's client refuses a command in a thread; the bot, which hears nothing, asks nobody to
    type one there: the button on the card does it."""
    house.nominate()
    before = len(house.workspace.state.delivered)
    refused = house.person("chi").command("/vote", channel=TEAM, thread=card(house))
    assert refused.status == "not_in_thread"
    assert len(house.workspace.state.delivered) == before
    thread = house.person("chi").channel(TEAM).thread(card(house))
    assert [m.rendered for m in thread if "`/" in m.rendered] == []


def test_an_eleventh_connection_waits_its_turn(house: House) -> None:
    """Where the app has its ten connections, ours does not ask without a pause; when one goes, it
    comes in and answers."""
    house.close()
    web = WebClient(base_url=house.workspace.server.api_url)
    client = new_client(house.installation.bot_token, house.workspace.server.api_url)
    house.bot = type(house.bot)(house.settings, clock=house.clock)
    with ExitStack() as stack:
        for _ in range(MOST_SOCKETS):
            opened = web.apps_connections_open(app_token=house.installation.app_token)
            last = stack.enter_context(connect(opened["url"]))
            last.recv(timeout=3)
        house.installation.wait_connected(connections=MOST_SOCKETS)
        before = len(named(house, "apps.connections.open"))
        begun = time.monotonic()
        transport = SocketMode(
            house.bot.bolt,
            house.installation.app_token,
            client,
            house.bot.surface.afterwards.release,
            turned_away_for=0.2,
        )
        transport.start()
        house.workspace.wait_for(lambda: len(named(house, "apps.connections.open")) >= before + 3)
        asked = len(named(house, "apps.connections.open")) - before
        assert asked <= 2 + (time.monotonic() - begun) / 0.2
    house.installation.wait_connected()
    assert house.person("chi").command("/psrt", channel=TEAM).status == "ok"
    transport.stop()


def test_the_monitor_ends_before_the_socket_that_it_pings(house: House) -> None:
    """A ping at the moment of the end would be an error in the log of a bot that is well."""
    transport = house.bot._transport
    assert isinstance(transport, SocketMode)
    client = transport._client
    assert client.current_app_monitor.is_alive()
    client.auto_reconnect_enabled = False
    client.hang_up()
    assert not client.current_app_monitor.is_alive()


def test_slack_away_for_a_while(house: House) -> None:
    """Twenty calls in a row fail, each in another way: the story goes on as if they had not."""
    ways = [
        faults.server_error(),
        faults.cut_after(),
        faults.refused("fatal_error"),
        faults.rate_limited(30),
        faults.cut_before(),
    ]
    house.nominate()
    votes(house, ana="Yes", ben="Yes", chi="No")
    house.pass_time(days=6, hours=23)
    for _ in range(4):
        for way in ways:
            house.workspace.faults.add("*", way)
    house.pass_time(hours=1)
    for _ in range(30):
        house.pass_time(minutes=5)
    result = [m for m in house.person("ana").channel(TEAM).everything if "Vote on" in m.text]
    assert result
    assert {m.text for m in result} == {result[0].text}
    told = [m.text for m in house.person("ana").inbox if "Vote on" in m.text]
    assert len(told) == 1
