"""Every door of the bot, with what it takes to go through it (STYLE, house habit 5)."""

from typing import cast

import pytest

from commands.answers import Done
from commands.doors import Kind
from psrt_bot.council.messages import words as council
from psrt_bot.manifest import COMMANDS, EVENTS
from psrt_bot.membership.permissions import Permission
from psrt_bot.nominations.messages import words
from tests.commands.conftest import Built


def test_no_listener_was_registered_beside_the_surface(built: Built) -> None:
    """One listener of Bolt a door: there is no way in without the check."""
    behind_bolt = [door for door in built.surface.doors if door.kind is not Kind.WORD]
    assert len(built.bolt._listeners) == len(behind_bolt)
    assert len({(door.kind, door.name) for door in built.surface.doors}) == len(built.surface.doors)


def test_what_answers_anything_stands_behind_every_other_door(built: Built) -> None:
    """Bolt asks listeners in order: in front, it would answer for all of them."""
    for kind in (Kind.BUTTON, Kind.FORM):
        assert [d.name for d in built.surface.doors if d.kind is kind].index("*") == (
            sum(d.kind is kind for d in built.surface.doors) - 1
        )


def test_no_door_without_a_permission_of_the_table(built: Built) -> None:
    """A listener that names none, or a second one behind one door: the bot does not start."""
    unknown = cast(Permission, "voting:peek")
    with pytest.raises(TypeError, match="no permission"):
        built.surface.button("new.button", unknown, lambda _: Done())
    with pytest.raises(TypeError, match="no permission"):
        built.surface.word("new", cast(Permission, None), lambda _: Done(), "does something")
    with pytest.raises(ValueError, match="two doors"):
        built.surface.command("vote", Permission.VOTING_VOTE, lambda _: Done())
    assert not {"new.button", "new"} & {door.name for door in built.surface.doors}


def test_events_are_for_slack_and_all_else_is_for_people(built: Built) -> None:
    """No person's door asks for what only Slack has, and no event for what people have."""
    for door in built.surface.doors:
        assert (door.kind is Kind.EVENT) == (door.permission is Permission.SLACK_TELLS)


def test_every_button_and_form_that_is_named_leads_somewhere(built: Built) -> None:
    """An id in the messages without a door would be a button that does nothing."""
    ids = {**vars(council), **vars(words)}
    named = {v for k, v in ids.items() if k.isupper() and isinstance(v, str) and "." in v}
    assert len(named) > 10
    assert named <= {door.name for door in built.surface.doors}


def test_the_manifest_names_exactly_the_commands_and_events_that_are_listened_to(
    built: Built,
) -> None:
    """What Slack sends is what the bot answers."""
    listened = built.surface.doors
    assert {door.name for door in listened if door.kind is Kind.COMMAND} == set(COMMANDS)
    assert {door.name for door in listened if door.kind is Kind.EVENT} == set(EVENTS)
