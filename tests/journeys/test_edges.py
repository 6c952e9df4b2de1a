"""Bolt's edges, through the whole bot: errors, acks, refusals, malformed payloads, slow calls."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

import pytest
from slack_bolt import BoltRequest
from sqlalchemy import text

from commands.surface import AFTER_WORKERS
from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.sandbox import courier, faults
from psrt_bot.sandbox.seen import Home
from storage.oversight import RefusalCount
from storage.runtime import DeadlineRow
from tests.journeys.house import MEMBERS, TEXTS, House, built_house
from tests.journeys.polling import (
    TEAM,
    bundle,
    card,
    contents,
    leave,
    open_ballot,
    posted,
    receipt_of,
    said,
    votes,
)
from tests.journeys.steps import (
    STRANGERS_ARE_TOLD,
    fill_texts,
    is_known_inside,
    to_texts,
    whispered,
)
from tests.runtime.captured_logs import logged

REFERENCE = re.compile(r"nothing was changed\. Reference: (\w{4}-\w{2})")
CHECK_WORD = "canaryquokka"
VIEWS = ("views.open", "views.push", "views.update")


@pytest.fixture(scope="module")
def built_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A bot in HTTP mode for what leaves no trace in it."""
    with built_house(tmp_path_factory.mktemp("http"), "http") as built:
        yield built


def asked(house: House, *methods: str) -> list[Any]:
    """The calls of these methods so far."""
    return [call for call in house.workspace.calls if call.method in methods]


@contextmanager
def broken(house: House, table: str) -> Iterator[None]:
    """A table is away, as after a restore that went wrong."""
    with house.session() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
    yield
    with house.session() as session:
        session.execute(text(f"ALTER TABLE {table}_away RENAME TO {table}"))


# errors


def test_an_error_is_answered_with_a_reference_at_every_door(house: House) -> None:
    """Command, button, form, a button in a modal and one in App Home: each acknowledged, each
    telling a reference of its own, which leads to a traceback in the log and to no payload."""
    house.nominate()
    chi, eve = house.person("chi"), house.person("eve")
    ballot = open_ballot(house, "chi").fill("Your vote", "Abstain").fill("Check word", CHECK_WORD)
    texts = fill_texts(to_texts(house, "dov", "oli"))
    eve.open_home(timeout=0)
    house.work()
    home = Home(eve, house.installation.app_id)
    answers: list[str] = []
    with logged(level="debug") as log, broken(house, "poll"), broken(house, "nomination_draft"):
        told_fay = house.person("fay").command("/vote", channel=TEAM)
        assert told_fay.status == "ok"
        answers.append(told_fay.text or "")
        card(house).click("Vote")
        answers.append(chi.wait_ephemeral(lambda m: "Reference" in m.rendered).rendered)
        assert ballot.submit().status == "errors"
        answers.append(ballot.errors["Your vote"])
        assert texts.click("Save and go on later").status == "ok"
        answers.append(house.person("dov").wait_modal(title="Note").text)
        house.modal("dov").close()
        assert home.click("Vote").status == "ok"
        answers.append(eve.wait_modal(title="Note").text)
    told = log.getvalue()
    references = [REFERENCE.search(answer) for answer in answers]
    assert all(references), answers
    found = [match[1] for match in references if match]
    assert len(set(found)) == len(answers)
    for reference in found:
        assert told.count(reference) == 1
    assert told.count("listener_failed") == len(answers)
    assert told.count("OperationalError [SQLITE_ERROR]") >= len(answers)
    assert told.count('surface.py", line') >= len(answers)  # frames, which lead to the line
    for secret in (CHECK_WORD, *(t for t in TEXTS.values() if t != "none"), "Abstain", "Novak"):
        assert secret not in told
    assert "no such table" not in told  # an exception's text can hold anything
    ballot.submit()  # and once it is mended, what was typed is still there
    assert receipt_of(chi)


def hasty(house: House) -> None:
    """Over a socket no ack is all that Slack hears of a refusal; it is not waited for long."""
    if house.transport == "socket":
        house.workspace.courier.ack_seconds = 0.3


def test_an_event_that_failed_comes_again(house: House) -> None:
    """An event is acknowledged once it is committed, and not before: Slack sends it again, and
    then it takes effect once; the log holds a traceback and nobody's name."""
    hasty(house)
    with logged(level="debug") as log, broken(house, "slack_user"):
        house.workspace.change_user("chi", tz="Asia/Tokyo", real_name="Canary Chen")
        house.workspace.wait_for(lambda: bool(house.workspace.courier.unacked))
        house.workspace.wait_for(lambda: log.getvalue().count("event_failed") >= 2)
    assert log.getvalue().count("event_failed") == 2  # at once, and once more
    assert "OperationalError" in log.getvalue()
    assert "Canary" not in log.getvalue()
    house.workspace.courier.ack_seconds = courier.ACK_SECONDS
    zone = text("SELECT time_zone FROM slack_user WHERE id = :id")
    assert [ack.status for ack in house.installation.redeliver_unacked()] == ["ok"]
    with house.session() as session:
        assert session.scalar(zone, {"id": house.person("chi").id}) == "Asia/Tokyo"


# refusals


def told_of_leaving(house: House) -> int:
    """How often the bot has been told, by Slack, that somebody left a channel."""
    events = [d.payload.get("event") or {} for d in house.workspace.state.delivered if d.ack]
    return sum(event.get("type") == "member_left_channel" for event in events)


def test_a_refusal_never_runs_the_later_half(house: House) -> None:
    """Whom the ack half refuses gets words and no window: a stranger, one who left, a late one."""
    house.nominate()
    seen = card(house)
    ballot = open_ballot(house, "eve").fill("Your vote", "Yes")
    leave(house, "eve")
    leave(house, "fay")
    house.work()
    gone = ("eve", "fay")
    house.workspace.wait_for(lambda: told_of_leaving(house) == len(gone))
    house.workspace.add_member(TEAM, "fay")  # somebody let them in again
    house.workspace.wait_for(lambda: is_known_inside(house, "fay"))
    house.work()
    # What is counted of refusals is another story (tests/oversight): by the day, without what.
    counted = (RefusalCount.__tablename__, DeadlineRow.__tablename__)
    before, calls = contents(house, without=counted), len(asked(house, *VIEWS))
    oli = house.person("oli")
    for command in ("/vote", "/nominate", "/psrt vote"):
        name, _, words = command.partition(" ")
        assert STRANGERS_ARE_TOLD in (oli.command(name, words).text or "")
    fay = house.person("fay")
    for button in ("Vote", "Details"):
        told = whispered(house, "fay", partial(fay.click, seen, button))
        assert STRANGERS_ARE_TOLD in told
    assert ballot.submit().status == "errors"
    assert STRANGERS_ARE_TOLD in ballot.errors["Your vote"]
    after = contents(house, without=counted)
    assert (after, len(asked(house, *VIEWS))) == (before, calls)


# acks


def test_no_call_of_ours_overtakes_the_ack(house: House) -> None:
    """A window is asked for once the transport has sent the ack, and not while it is on its way."""
    house.nominate()
    chi, dov = house.person("chi"), house.person("dov")
    first = len(asked(house, *VIEWS))
    chi.command("/vote", channel=TEAM)
    chi.wait_modal(title="Vote").close()
    (command,) = [d for d in house.workspace.state.delivered if d.kind == "slash_commands"][-1:]
    (window,) = asked(house, *VIEWS)[first:]
    if house.transport == "socket":  # over HTTP the sandbox cannot tell (test_afterwards.py can)
        assert command.acked is not None
        assert command.number < command.acked < window.number
    # As if the transport were slow to send: this thread answers, and somebody else is served.
    dov.command("/vote", channel=TEAM)
    dov.wait_modal(title="Vote").close()
    payload = house.installation.last_payload
    answer = house.bot.bolt.dispatch(BoltRequest(mode="socket_mode", body=dict(payload or {})))
    assert answer.status == 200
    house.person("eve").command("/vote", channel=TEAM)
    house.person("eve").wait_modal(title="Vote")
    assert len(asked(house, *VIEWS)) == first + 3
    house.bot.surface.afterwards.release()
    house.workspace.wait_for(lambda: len(asked(house, *VIEWS)) == first + 4)


def test_slow_calls_delay_nobodys_ack(house: House) -> None:
    """While Slack opens no window, takes no message and lists no people, everybody is acknowledged
    and a ballot is counted; no lock is held during a call."""
    house.nominate()
    votes(house, ana="Yes", ben="Yes")
    ballot = open_ballot(house, "chi").fill("Your vote", "No")
    windows, message, people = faults.late(), faults.late(), faults.late()
    house.workspace.faults.add("views.open", windows, times=99)
    house.workspace.faults.add("chat.postMessage", message)
    house.workspace.faults.add("users.list", people)
    with house.session() as session:
        outbox.post(session, house.clock.now(), house.settings.team_channel or "", Message("Hi"))
    working = [Thread(target=house.work), Thread(target=house.bot.refresh_people)]
    for thread in working:
        thread.start()
    message.wait_held()
    people.wait_held()
    statuses = [
        house.person(login).command("/vote", channel=TEAM).status
        for login in ("ben", "dov", "eve", "fay")
        for _ in range(6)
    ]
    windows.wait_held(AFTER_WORKERS)
    assert statuses == ["ok"] * 24
    assert card(house).click("Details", by=house.person("fay")).status == "ok"
    assert ballot.submit().status == "ok"
    receipt = receipt_of(house.person("chi"))
    house.workspace.faults.clear()
    for held in (message, people, windows):
        held.release()
    for thread in working:
        thread.join()
    assert said(house, "Hi")
    house.pass_time(days=7)
    assert receipt in bundle(house, posted(house, "Vote on Nia")).decode()


# malformed payloads

SECRET = "canary-7f3a"
ODD: dict[str, tuple[courier.Kind, Any]] = {
    "no type, no command": ("interactive", {"text": SECRET}),
    "unknown type": ("interactive", {"type": SECRET, "user": {"id": "U1"}}),
    "view without its parts": (
        "interactive",
        {"type": "view_submission", "user": {"id": "U1"}, "view": {"state": SECRET}},
    ),
    "no actions": ("interactive", {"type": "block_actions", "user": {"id": SECRET}, "actions": []}),
    "command of numbers": ("slash_commands", {"command": "/vote", "text": 7, "user_id": SECRET}),
    "event of nothing": ("events_api", {"type": "event_callback", "event": [SECRET]}),
}


def test_a_malformed_payload_gets_a_400_and_one_line(house: House) -> None:
    """Refused in both transports (a socket has no 400: no ack), with one line that names the place
    and nothing that stands there; the next request is answered as ever."""
    hasty(house)
    refused = {"http": "http_error", "socket": "timeout"}[house.transport]
    for kind, payload in ODD.values():
        with logged(level="debug") as log:
            ack = house.workspace.courier.deliver(house.installation.app, kind, payload)
            house.workspace.wait_for(lambda: "malformed_payload" in log.getvalue())
        assert ack.reason == refused, payload
        # The SDK may tell of its connection meanwhile, at INFO.
        (line,) = [told for told in log.getvalue().splitlines() if "[info" not in told]
        assert "malformed_payload" in line
        assert "warning" in line
        assert SECRET not in log.getvalue()
    house.workspace.courier.ack_seconds = courier.ACK_SECONDS
    assert house.person("chi").command("/psrt", channel=TEAM).status == "ok"


@pytest.mark.parametrize(
    "body", [f"payload=%7B{SECRET}", f"payload=[{SECRET}", f"{SECRET}=", f'"{SECRET}"']
)
def test_an_unreadable_body_gets_a_400_and_one_line(built_http: House, body: str) -> None:
    """Over HTTP a body can be no payload at all; signed as it is, it gets 400 and one line."""
    url = built_http.installation.app.deliver_url
    assert url is not None
    for content_type in ("application/x-www-form-urlencoded", "application/json"):
        headers = courier.signature_headers(
            built_http.installation.signing_secret, body.encode()
        ) | {"Content-Type": content_type}
        with logged(level="debug") as log:
            status, _, answer = courier.post(url, body.encode(), headers)
        assert status == 400
        assert SECRET not in answer
        (line,) = log.getvalue().splitlines()
        assert "malformed_payload" in line
        assert SECRET not in line


# logs


def test_the_log_of_a_whole_story_at_debug(house: House) -> None:
    """From nomination to result, with refusals and lost calls on the way, at DEBUG: no text of a
    form, no receipt, no check word, no token, no way to answer, no name."""
    with logged(level="debug") as log:
        house.nominate()
        receipt = house.vote("chi", "Yes", CHECK_WORD)
        open_ballot(house, "dov").fill("Your vote", "No").fill("Check word", "Dov!").submit()
        house.workspace.faults.add("views.open", faults.cut_after())
        house.workspace.faults.add("chat.postMessage", faults.server_error())
        house.workspace.faults.add("response_url", faults.cut_after())
        house.person("eve").command("/vote", channel=TEAM)
        card(house).click("Details")
        house.person("oli").command("/vote")
        house.installation.redeliver_last()
        house.pass_time(days=7)
        house.pass_time(minutes=10)
    told = log.getvalue()
    assert "view_not_opened" in told  # the log was listening
    delivered = house.workspace.state.delivered
    private = {
        receipt,
        CHECK_WORD,
        house.installation.bot_token,
        house.installation.app_token,
        house.installation.signing_secret,
        house.installation.app.verification_token,
        *(value for value in TEXTS.values() if value != "none"),
        *(name.split()[1] for name in [*MEMBERS.values(), "Nia Novak"]),
        *(d.payload.get("trigger_id") or "-" * 99 for d in delivered),
        *(d.payload.get("response_url") or "-" * 99 for d in delivered),
    }
    assert [secret for secret in private if secret in told] == []
    assert not re.search(r"\bdebug\b", told)  # what libraries say at that level is payloads
