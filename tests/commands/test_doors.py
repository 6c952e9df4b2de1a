"""Every door of the bot, with what it takes to go through it (STYLE, house habit 5)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from commands.surface import Door, Kind, Surface
from psrt_bot.composition.bindings import wire
from psrt_bot.composition.listeners import listen
from psrt_bot.manifest import COMMANDS, EVENTS
from psrt_bot.membership.rules import GRANTS, Role
from psrt_bot.membership.rules import Permission as P
from psrt_bot.nominations.messages import words
from psrt_bot.runtime.clock import MovableClock
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from storage.engine import Database

MEMBERS_DOORS = {
    (Kind.COMMAND, "nominate", P.NOMINATIONS_NOMINATE),
    (Kind.COMMAND, "vote", P.VOTING_VOTE),
    (Kind.FORM, "voting.cast", P.VOTING_VOTE),
    (Kind.BUTTON, "voting.vote", P.VOTING_VOTE),
    (Kind.FORM, "nominations.who", P.NOMINATIONS_NOMINATE),
    (Kind.FORM, "nominations.texts", P.NOMINATIONS_NOMINATE),
    (Kind.FORM, "nominations.preview", P.NOMINATIONS_NOMINATE),
    (Kind.BUTTON, "nominations.save", P.NOMINATIONS_NOMINATE),
    (Kind.BUTTON, "nominations.continue", P.NOMINATIONS_NOMINATE),
    (Kind.BUTTON, "nominations.discard", P.NOMINATIONS_NOMINATE),
    (Kind.BUTTON, "nominations.start", P.NOMINATIONS_NOMINATE),
    (Kind.BUTTON, "nominations.details", P.NOMINATIONS_READ),
    (Kind.BUTTON, "nominations.addendum", P.NOMINATIONS_ADDENDUM),
    (Kind.FORM, "nominations.addendum", P.NOMINATIONS_ADDENDUM),
    (Kind.FORM, "nominations.withdraw", P.NOMINATIONS_WITHDRAW),
    (Kind.BUTTON, "nominations.bulletin", P.VOTING_RESULT),
}
ADMINS_DOORS = {
    (Kind.BUTTON, "nominations.cancel", P.NOMINATIONS_CANCEL),
    (Kind.FORM, "nominations.cancel", P.NOMINATIONS_CANCEL),
    (Kind.BUTTON, "nominations.go_ahead", P.VOTING_GO_AHEAD),
    (Kind.BUTTON, "nominations.close_now", P.VOTING_GO_AHEAD),
    (Kind.BUTTON, "nominations.extend", P.VOTING_GO_AHEAD),
    (Kind.BUTTON, "nominations.keys_lost", P.VOTING_VOID),
    (Kind.FORM, "nominations.keys_lost", P.VOTING_VOID),
    (Kind.BUTTON, "nominations.rerun", P.VOTING_RERUN),
}
# Behind /psrt, whose listener checks the word's own permission.
WORDS = {
    (Kind.WORD, "nominate", P.NOMINATIONS_NOMINATE),
    (Kind.WORD, "vote", P.VOTING_VOTE),
}
EVERYBODYS_DOORS = {
    (Kind.COMMAND, "psrt", P.HUB_OPEN),
    (Kind.BUTTON, "hub.open", P.HUB_OPEN),
    (Kind.BUTTON, "hub.go", P.HUB_OPEN),  # the word's own permission is checked behind it
    (Kind.WORD, "join", P.CANDIDATE_READ),
    # What nobody listens to (any more) is told so, whoever asks.
    (Kind.BUTTON, "*", P.HUB_OPEN),
    (Kind.FORM, "*", P.HUB_OPEN),
}
# Slack itself tells these; nobody asks for anything.
EVENT_DOORS = {
    (Kind.EVENT, name, None)
    for name in (
        "user_change",
        "team_join",
        "member_joined_channel",
        "member_left_channel",
        "app_home_opened",
    )
}


class Built:
    """All listeners on a Bolt app that reaches nobody."""

    def __init__(self, path: Path, prefix: str = "") -> None:
        settings = Settings(slack_bot_token=SecretStr("xoxb-1"), team_channel="C0TEAM001")
        services = wire(settings, FileKeyStore.open(path / "keys"), Facts())
        client = WebClient(base_url="http://127.0.0.1:1/")
        self.bolt = App(
            client=client,
            signing_secret="0" * 32,
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        )
        self.database = Database(f"sqlite:///{path / 'psrt.db'}")
        clock = MovableClock()
        self.surface = Surface(
            self.bolt, client, self.database, clock, services.members, prefix=prefix
        )
        listen(self.surface, services, prefix)


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    """The bot's listeners."""
    made = Built(tmp_path)
    yield made
    made.surface.close()
    made.database.close()


def doors(built: Built) -> set[tuple[Kind, str, P | None]]:
    """Return the registered doors as plain rows."""
    return {(door.kind, door.name, door.permission) for door in built.surface.doors}


def test_every_door_stands_in_this_table_with_its_permission(built: Built) -> None:
    """A new command, button, form or event fails here until somebody has thought about it."""
    assert doors(built) == (MEMBERS_DOORS | ADMINS_DOORS | WORDS | EVERYBODYS_DOORS | EVENT_DOORS)


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


def test_who_may_go_through_which_door() -> None:
    """Members' doors are open to members, admins' doors to admins alone, one to everybody."""
    for _, name, permission in MEMBERS_DOORS:
        assert GRANTS[permission] == {Role.MEMBER}, name
    for _, name, permission in ADMINS_DOORS:
        assert GRANTS[permission] == {Role.ADMIN}, name


def test_only_events_need_no_permission(built: Built) -> None:
    """Whatever a person does is asked for by a permission."""
    without = {door for door in built.surface.doors if door.permission is None}
    assert {door.kind for door in without} == {Kind.EVENT}
    assert Door(Kind.EVENT, "app_home_opened", None) in without


def test_every_button_and_form_that_is_named_leads_somewhere(built: Built) -> None:
    """An id in the messages without a door would be a button that does nothing."""
    named = {v for k, v in vars(words).items() if k.isupper() and isinstance(v, str)}
    assert len(named) > 10
    assert named <= {door.name for door in built.surface.doors}


def test_the_manifest_names_exactly_the_commands_and_events_that_are_listened_to(
    built: Built,
) -> None:
    """What Slack sends is what the bot answers."""
    listened = doors(built)
    assert {name for kind, name, _ in listened if kind is Kind.COMMAND} == set(COMMANDS)
    assert {name for kind, name, _ in listened if kind is Kind.EVENT} == set(EVENTS)
