"""Who may not nominate: one refusal for everybody and everything (R1, R12)."""

from typing import Any

import pytest

from psrt_bot.membership.rules import Role
from tests.journeys.house import House
from tests.journeys.steps import (
    STRANGERS_ARE_TOLD,
    card,
    change_role,
    forge_value,
    nominations,
    to_preview,
    unlink,
    views_opened,
)

COMMANDS = [
    ("/nominate", ""),
    ("/nominate", "status"),
    ("/nominate", "withdraw"),
    ("/nominate", "cancel"),
    ("/nominate", "help"),
    ("/psrt", "nominate"),
    ("/psrt", "nominate status"),
]


def ask(house: House, login: str, command: str, text: str) -> str:
    """Type a command in the direct message with the bot."""
    return house.person(login).command(command, text).text or ""


@pytest.mark.parametrize("exists", [False, True], ids=["nothing", "a-nomination"])
def test_a_stranger_is_told_the_same_whatever_there_is_and_no_view_opens(
    house: House, exists: bool
) -> None:
    """The refusal leaks nothing: not whether a nomination exists, not even one's own."""
    if exists:
        house.nominate(by="ana", nominee="nia")
    before = views_opened(house)
    for login in ("nia", "oli"):
        for command, text in COMMANDS:
            assert ask(house, login, command, text) == STRANGERS_ARE_TOLD, (command, text)
    house.work()
    assert views_opened(house) == before
    assert [m for login in ("nia", "oli") for m in house.person(login).inbox] == []


def retired(house: House) -> None:
    """Somebody who was a member."""
    change_role(house, "fay", Role.MEMBER, held=False)
    change_role(house, "fay", Role.EMERITUS, held=True)


def deactivated(house: House) -> None:
    """Their account is switched off (a request of theirs can still be on its way)."""
    house.workspace.change_user("fay", deleted=True)


def turned_guest(house: House) -> None:
    """Their account was made a guest's."""
    house.workspace.change_user("fay", is_restricted=True)


def turned_bot(house: House) -> None:
    """A list that names a bot's account as a member's."""
    house.workspace.change_user("fay", is_bot=True)


def unlinked(house: House) -> None:
    """A member whose Slack account is not linked."""
    unlink(house, "fay")


@pytest.mark.parametrize("fate", [retired, deactivated, turned_guest, turned_bot, unlinked])
def test_whoever_is_no_active_member_is_refused_in_the_same_words(house: House, fate: Any) -> None:
    """Emeriti, and accounts that are deactivated, guests', bots' or unlinked, nominate nobody."""
    fate(house)
    house.bot.refresh_people()
    before = views_opened(house)
    assert ask(house, "fay", "/nominate", "") == STRANGERS_ARE_TOLD
    assert views_opened(house) == before


def test_a_form_opened_as_a_member_is_refused_once_one_is_none(house: House) -> None:
    """Every step asks anew who submits: a modal that stayed open gives no right."""
    preview = to_preview(house, by="fay")
    retired(house)
    preview.submit()
    fay = house.person("fay")
    house.workspace.wait_for(lambda: fay.modal is not None and fay.modal.title == "Not possible")
    assert fay.modal is not None
    assert STRANGERS_ARE_TOLD in fay.modal.text
    assert nominations(house) == []


def test_the_buttons_of_a_card_are_nothing_for_who_is_no_member(house: House) -> None:
    """Details of a nomination that is, and of one that never was: the same words."""
    house.nominate(by="ana", nominee="nia")
    posted = card(house, reader="fay")
    retired(house)
    fay = house.person("fay")
    posted.click("Details", by=fay)
    posted.click("Vote", by=fay)
    forge_value(posted, "Details", "no-such-nomination")
    posted.click("Details", by=fay)
    house.workspace.wait_for(lambda: len(fay.ephemerals) == 3)
    assert [m.text for m in fay.ephemerals] == [STRANGERS_ARE_TOLD] * 3
    assert fay.modal is None


def test_a_member_who_is_no_admin_hears_that_it_takes_one(house: House) -> None:
    """/nominate cancel is for admins; a member is not told to have their account linked."""
    said = house.person("chi").command("/nominate", "cancel", channel="team").text
    assert said == "Only admins can do this."
