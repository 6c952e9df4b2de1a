"""Answers that cannot be built, and refusals that cannot be counted: people are told all the same.

slack_sdk validates what it turns into JSON, and by then the listener has committed.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import BoltRequest
from slack_sdk.models.blocks import Block, PlainTextObject, SectionBlock
from sqlalchemy import event, select
from sqlmodel import col

from commands.answers import Answer, Replace, Say, Show
from psrt_bot.membership.permissions import Permission
from psrt_bot.oversight.service.refusals import REFUSED, Refusals, Refused
from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import Message, actions, button, modal, text_input
from storage.oversight import RefusalCount
from storage.runtime import AuditEntry
from tests.commands.test_strangers import World
from tests.databases import new_database
from tests.journeys.house import House, built_house
from tests.journeys.polling import posted
from tests.runtime.captured_logs import logged

SECRET = "canaryword"
TOLD = re.compile(r"may have been done all the same.*Reference: (\w{4}-\w{2})", re.DOTALL)
OPEN, BAD, FORM = "test.open", "test.bad", "test.form"


def bad_blocks() -> list[Block]:
    """A text that slack_sdk refuses to turn into JSON."""
    return [SectionBlock(text=PlainTextObject(text=SECRET * 1000))]


ANSWERS: dict[str, Callable[[], Answer]] = {
    "say": lambda: Say("Hello", bad_blocks()),
    "show": lambda: Show(modal(FORM, "Title", bad_blocks())),
    "replace": lambda: Replace(modal(FORM, "Title", bad_blocks())),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A bot with a few doors more, in front of the one that answers anything."""
    with built_house(tmp_path_factory.mktemp("unbuildable"), "http") as built:
        surface, listeners = built.bot.surface, built.bot.bolt._listeners
        known, anybody = len(listeners), Permission.HUB_OPEN
        form = modal(
            FORM, "Good", [text_input("word", "Word"), actions(button("Bad", BAD))], submit="Go"
        )
        surface.button(OPEN, anybody, lambda _: Show(form))
        surface.button(BAD, anybody, lambda asked: ANSWERS[asked.value or "show"]())
        surface.form(FORM, anybody, lambda asked: ANSWERS[asked.one("word")]())
        for name, answer in ANSWERS.items():
            surface.command(f"test-{name}", anybody, lambda _, made=answer: made())  # type: ignore[misc]
        listeners[:] = [*listeners[known:], *listeners[:known]]
        buttons = [button("Open", OPEN), *(button(name, BAD, name) for name in ANSWERS)]
        # One a row: ids of actions are unique in a block.
        rows = [actions(made) for made in buttons]
        with built.session() as session:
            now, channel = built.clock.now(), built.settings.team_channel or ""
            outbox.post(session, now, channel, Message("Try these", rows))
        built.work()
        yield built


def referenced(said: str, log: str) -> None:
    """What is said leads to one line of the log: a traceback, and nothing of the answer."""
    found = TOLD.search(said)
    assert found, said
    assert log.count(found[1]) == 1
    for words in ("answer_failed", "SlackObjectFormationError", 'surface.py", line'):
        assert words in log
    assert SECRET not in log
    assert SECRET not in said


@pytest.mark.parametrize("name", ANSWERS)
def test_a_command_is_told_in_its_ack(house: House, name: str) -> None:
    """A 200 with words that only the person sees."""
    body = {
        "command": f"/test-{name}",
        "user_id": house.person("chi").id,
        "trigger_id": "1.1",
        "text": "",
        "response_url": "http://127.0.0.1:1/",
    }
    with logged() as log:
        answer = house.bot.bolt.dispatch(BoltRequest(mode="socket_mode", body=body))
    said = json.loads(answer.body)
    assert (answer.status, said["response_type"]) == (200, "ephemeral")
    referenced(said["text"], log.getvalue())


@pytest.mark.parametrize("name", ANSWERS)
def test_a_click_in_a_message_is_told_beside_it(house: House, name: str) -> None:
    """The click is acknowledged, and the words come where other answers to a message come."""
    chi = house.person("chi")
    before = len(chi.ephemerals)
    with logged() as log:
        assert posted(house, "Try these", reader="chi").click(name, by=chi).status == "ok"
        house.workspace.wait_for(lambda: len(chi.ephemerals) > before)
    referenced(chi.ephemerals[-1].rendered, log.getvalue())


def test_a_click_in_a_modal_is_told_on_top_of_it(house: House) -> None:
    """What was typed below stays."""
    chi = house.person("chi")
    posted(house, "Try these", reader="chi").click("Open", by=chi)
    good = chi.wait_modal(title="Good").fill("Word", "typed")
    with logged() as log:
        assert good.click("Bad").status == "ok"
        note = chi.wait_modal(title="Note")
    referenced(note.text, log.getvalue())
    note.close()
    assert good.is_open
    good.close()


@pytest.mark.parametrize("name", ["show", "replace"])  # of a Say a modal shows the text alone
def test_a_submission_is_told_in_the_place_of_its_form(house: House, name: str) -> None:
    """The form goes: what it asked for may be done, and sending it again would do it again."""
    chi = house.person("chi")
    posted(house, "Try these", reader="chi").click("Open", by=chi)
    good = chi.wait_modal(title="Good").fill("Word", name)
    with logged() as log:
        assert good.submit().status == "ok"
        note = chi.wait_modal(title="Note")
    referenced(note.text, log.getvalue())
    note.close()


# refusals


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The bot's doors, and people who may not pass some."""
    new_database(tmp_path / "psrt.db")
    made = World(tmp_path)
    yield made
    made.surface.close()
    made.database.close()


def test_a_refusal_that_cannot_be_counted_is_still_told(world: World) -> None:
    """Whatever breaks while it is counted: a line with a reference, and the refusal's own words."""

    class Odd(Exception):
        """Neither busy nor an error of the database."""

    def breaks(*args: Any) -> None:
        if "refusal_count" in args[2]:
            raise Odd(SECRET)

    event.listen(world.database.writer, "before_cursor_execute", breaks)
    door = next(d for d in world.surface.doors if d.permission is Permission.NOMINATIONS_CANCEL)
    with logged() as log:
        answer = world.answer(door, "UEMERITUS", world.nomination)
    event.remove(world.database.writer, "before_cursor_execute", breaks)
    assert isinstance(answer, Say)
    assert "This is for members" in answer.text
    assert "refusal_not_counted" in log.getvalue()
    assert "reference=" in re.sub("\x1b\\[[0-9;]*m", "", log.getvalue())
    assert SECRET not in log.getvalue()


def test_a_day_that_another_copy_ends_meanwhile_loses_no_refusal(world: World) -> None:
    """The row goes between the insert that found it and the update: counted anew, told later."""
    with world.database.transaction() as session:
        known = world.services.members.who(session, "UEMERITUS").person_id or ""
        refused = Refused(known, Permission.NOMINATIONS_CANCEL)
        now = world.clock.now()
        Refusals.count(session, now, refused)
        Refusals.count(session, now, refused)

    found: list[str] = []

    def ended(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("INSERT INTO refusal_count") and not found:
            found.append(statement)
            cursor.connection.execute("DELETE FROM refusal_count")

    event.listen(world.database.writer, "after_cursor_execute", ended)
    with world.database.transaction() as session:
        Refusals.count(session, now, refused)
    event.remove(world.database.writer, "after_cursor_execute", ended)
    assert found
    with world.database.transaction() as session:
        (row,) = session.scalars(select(RefusalCount)).all()
        assert row.times == 1
        Refusals.day_ended(session, now, "9999-12-31")
        (entry,) = session.scalars(select(AuditEntry).where(col(AuditEntry.act) == REFUSED)).all()
        assert entry.details == {"day": now.date().isoformat(), "times": 1}
