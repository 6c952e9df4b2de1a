"""/psrt members: roles, the begin and end of a membership, and the history (R5, R6)."""

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import find_person, roles_of
from storage.people import RoleHeld
from tests.journeys.councils import audited, said, told
from tests.journeys.house import House
from tests.journeys.peoples import (
    PERSON,
    becomes,
    csv,
    everything_audited,
    form_boxes,
    listed,
    roles,
    sent,
    shown,
    wait_text,
)
from tests.journeys.steps import (
    STRANGERS_ARE_TOLD,
    change_role,
    without_checks,
)


def test_an_admin_is_the_councils_choice(house: House) -> None:
    """Without a reference nothing; with one it stands in list, history and audit log."""
    form = becomes(house, shown(house, "chi"), "Roles…", "Roles")
    form.fill("Roles", ["Admin", "Release Manager"]).submit()
    assert "reference" in form.errors["The council's decision, for a new admin"]
    assert roles(house, "chi") == {Role.MEMBER}
    card = sent(house, form.fill("The council's decision, for a new admin", "2026-03-01, 4:1"))
    assert "Admin since" in card.text
    assert 'Chi Chen,chi,"Admin, Release Manager"\n' in csv(house)
    assert {"role": "admin", "decision": "2026-03-01, 4:1"} in [
        e.details for e in audited(house, "membership:grant")
    ]
    past = becomes(house, card, "History", "History")
    assert "The council's decision: 2026-03-01, 4:1" in past.text
    assert "until now" in past.text


def test_nobody_is_admin_who_is_no_member(house: House) -> None:
    """Neither half of such a form happens."""
    form = becomes(house, listed(house), "Add somebody", "Add somebody")
    card = sent(house, form.fill("Name", "Rel Man").fill("Roles", ["Release Manager"]))
    form = becomes(house, card, "Roles…", "Roles")
    form.fill("The council's decision, for a new admin", "2026-03-01")
    form.fill("Roles", ["Admin", "Steering Council"]).submit()
    assert "is no member" in form.errors["Roles"]
    with house.session() as session:
        person = find_person(session, "Rel Man")
        assert roles_of(session, person.id) == {Role.RELEASE_MANAGER}


def test_two_admins(house: House) -> None:
    """The last but one goes after a confirmation, the last does not; what was typed stays."""
    form = becomes(house, shown(house, "ben"), "Roles…", "Roles")
    form.fill("Roles", ["Steering Council"]).submit()
    asked = house.modal("ana")
    assert asked.title == "Roles"
    assert asked.value("Roles") == ["Steering Council"]
    assert roles(house, "ben") == {Role.MEMBER, Role.ADMIN}
    label = next(one for one in asked.labels if one.startswith("One admin only"))
    asked.fill(label, ["Leave one admin alone, though PEP 811 asks for two"])
    sent(house, asked)
    assert roles(house, "ben") == {Role.MEMBER, Role.STEERING_COUNCIL}
    heard = said(house, "admins", "ana")
    assert "Ana Andrade gave Ben Bright Steering Council and took from Ben Bright Admin" in heard
    mine = becomes(house, shown(house, "ana"), "Roles…", "Roles")
    mine.fill("Roles", []).submit()
    assert "last admin" in mine.errors["Roles"]
    assert Role.ADMIN in roles(house, "ana")


def test_an_admin_who_steps_down_sees_no_more_of_it(house: House) -> None:
    """Their own form is answered with a note: what only admins see is closed to them at once."""
    change_role(house, "chi", Role.ADMIN, held=True)
    form = becomes(house, shown(house, "ana"), "Roles…", "Roles")
    form.fill("Roles", []).submit()
    note = house.modal("ana")
    assert "You are no admin any more" in note.text
    assert house.modal("ana").buttons == []


def test_a_membership_ends_by_its_one_door(house: House) -> None:
    """Reason and tick; both lists, team, admins and they themselves; the reason in the history."""
    form = becomes(house, shown(house, "fay"), "End membership…", "End a membership")
    assert "is no member from now on" in form.text
    without_checks(form).submit()
    assert "say why" in form.errors["Reason"]
    assert "tick" in form.errors["Are you sure?"]
    form.fill("Reason", "Asked to leave").fill(
        "Are you sure?", ["End the membership of Fay Falk now"]
    )
    card = sent(house, form)
    assert "Former member since" in card.text
    assert "Make a member…" in card.buttons
    assert "Fay Falk" not in csv(house)
    assert csv(house, "emeriti") == "Fay Falk,fay,\n"
    assert "Fay Falk is no longer a member" in said(house, "team", "chi")
    assert "has ended" in told(house, "fay")
    past = becomes(house, card, "History", "History")
    assert "Why it ended: Asked to leave" in past.text
    assert "Asked to leave" not in everything_audited(house)
    assert "Asked to leave" not in said(house, "admins", "ben")
    assert house.person("fay").command("/psrt", "members").text == STRANGERS_ARE_TOLD


def test_an_end_that_was_asked_of_somebody_else(house: House) -> None:
    """The form spoke of a member; meanwhile they are an admin: it ends nothing, and shows that."""
    form = becomes(house, shown(house, "chi"), "End membership…", "End a membership")
    change_role(house, "chi", Role.ADMIN, held=True)
    form.fill("Reason", "Moves on").fill("Are you sure?", form_boxes(form))
    card = sent(house, form)
    assert "Somebody changed this person meanwhile" in card.text
    assert "Admin since" in card.text
    assert roles(house, "chi") == {Role.MEMBER, Role.ADMIN}


def test_the_membership_of_the_last_but_one_admin(house: House) -> None:
    """It asks once more, keeps the reason, and ends; that of the last is refused."""
    form = becomes(house, shown(house, "ben"), "End membership…", "End a membership")
    form.fill("Reason", "Moves on").fill("Are you sure?", form_boxes(form)).submit()
    asked = house.modal("ana")
    assert asked.value("Reason") == "Moves on"
    sent(house, asked.fill("Are you sure?", form_boxes(asked)))
    assert roles(house, "ben") == {Role.EMERITUS}
    mine = becomes(house, shown(house, "ana"), "End membership…", "End a membership")
    mine.fill("Reason", "Me too").fill("Are you sure?", form_boxes(mine)).submit()
    assert "last admin" in mine.errors["Reason"]


def test_a_former_member_comes_back(house: House) -> None:
    """With a reason, and their notes; a second form for the same finds them a member."""
    form = becomes(house, shown(house, "fay"), "End membership…", "End a membership")
    form.fill("Reason", "A year away").fill("Are you sure?", form_boxes(form))
    card = sent(house, form)
    again = becomes(house, card, "Make a member…", "Make a member")
    without_checks(again).submit()
    assert "say why this one is not" in again.errors["Why without a nomination"]
    card = sent(house, again.fill("Why without a nomination", "Back as agreed"))
    assert "Member since" in card.text
    assert "Fay Falk is a member of the Python Security" in said(house, "team", "chi")
    assert "Fay Falk,fay,\n" in csv(house)
    assert csv(house, "emeriti") == ""
    past = becomes(house, card, "History", "History")
    assert past.text.count("Member* since") == 2
    assert "*Former member*" in past.text


def test_a_long_history_comes_in_pages(house: House) -> None:
    """Somebody who was release manager a dozen times."""
    with house.session() as session:
        chi = find_person(session, "chi").id
        for number in range(12):
            session.add(
                RoleHeld(
                    person_id=chi,
                    role=Role.RELEASE_MANAGER,
                    since=house.clock.now().replace(year=2000 + number),
                    until=house.clock.now().replace(year=2001 + number),
                    granted_by="slack:U0SOMEONE",
                    ended_by="command line",
                )
            )
    past = becomes(house, shown(house, "chi"), "History", "History")
    assert "page 1 of 2" in past.text
    assert "<@U0SOMEONE>" in past.text
    assert "by command line" in past.text
    past.click("Older")
    wait_text(house, "page 2 of 2")
    house.modal("ana").click("Newer")
    wait_text(house, "page 1 of 2")
    becomes(house, house.modal("ana"), "Back", PERSON)
