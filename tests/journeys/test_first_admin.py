"""PSRT_ADMINS begins an empty installation, and never again overrules it (R6)."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import find_person, roles_of
from storage.people import Person, RoleHeld, RosterLine
from tests.journeys.house import House, built_house
from tests.journeys.peoples import becomes, listed, sent, shown
from tests.journeys.steps import STRANGERS_ARE_TOLD, change_role


def emptied(house: House) -> None:
    """Make it an installation where nobody is known."""
    with house.session() as session:
        for table in (RoleHeld, RosterLine, Person):
            session.execute(delete(table))


@pytest.mark.parametrize("transport", ["socket", "http"])
def test_the_first_admin_begins_and_is_never_again_one_by_the_settings(
    tmp_path: Path, transport: str
) -> None:
    """Oli makes Ana an admin and is none from that moment, also when she is none any more."""
    with built_house(tmp_path, transport) as house:
        first = (house.person("oli").id,)
        house.close()
        house.settings = house.settings.model_copy(update={"first_admins": first})
        house.open()
        # Somebody was admin before: the setting does nothing.
        assert house.person("oli").command("/psrt", "members").text == STRANGERS_ARE_TOLD
        emptied(house)
        assert "0 people" in listed(house, "oli").text
        form = becomes(house, listed(house, "oli"), "Add somebody", "Add somebody", "oli")
        form.fill("Name", "Ana Andrade").fill("GitHub name", "ana").fill("Slack user", "ana")
        form.fill("Roles", ["Member"]).fill("Why without a nomination", "Founded the team")
        roles = becomes(house, sent(house, form, "oli"), "Roles…", "Roles", "oli")
        roles.fill("Roles", ["Admin"])
        roles.fill("The council's decision, for a new admin", "2026-03-01").submit()
        assert "You are no admin any more" in house.modal("oli").text
        house.modal("oli").close()
        assert house.person("oli").command("/psrt", "members").text == STRANGERS_ARE_TOLD
        with house.session() as session:
            ana = find_person(session, "ana")
            assert roles_of(session, ana.id) == {Role.MEMBER, Role.ADMIN}
        history = becomes(house, shown(house, "ana"), "History", "History")
        assert f"by <@{first[0]}>" in history.text
        # Not even when nobody is admin any more, by whatever accident.
        change_role(house, "ana", Role.ADMIN, held=False)
        assert house.person("oli").command("/psrt", "members").text == STRANGERS_ARE_TOLD
        with house.session() as session:
            assert house.bot.services.admins.users(session) == []
