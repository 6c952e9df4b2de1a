"""/psrt members: the list, and what admins change of who somebody is (R5)."""

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.sandbox import reading
from storage.people import Person, RoleHeld
from tests.journeys.councils import audited, said, told
from tests.journeys.house import House
from tests.journeys.peoples import (
    PERSON,
    becomes,
    csv,
    everything_audited,
    listed,
    roles,
    sent,
    shown,
    wait_text,
)
from tests.journeys.steps import (
    STRANGERS_ARE_TOLD,
    change_role,
    forge_metadata,
    forge_value,
    make_member,
    unlink,
    without_checks,
)


def test_members_read_the_list_and_change_nothing(house: House) -> None:
    """Names, GitHub names and notes, as they are public; no link, no button, nobody else."""
    make_member(house, "nia", "Nia Novak")
    modal = listed(house, "chi")
    assert "7 people" in modal.text
    assert "Ana Andrade (`ana`), Admin" in modal.text
    assert modal.labels == ["Name or GitHub name contains", "Role"]
    assert modal.buttons == []
    modal.fill("Name or GitHub name contains", "DAHAN").submit()
    narrowed = house.modal("chi")
    assert "Dov Dahan" in narrowed.text
    assert "Ana Andrade" not in narrowed.text
    narrowed.fill("Role", "Steering Council").submit()
    assert "0 people" in house.modal("chi").text


def test_strangers_learn_nothing_of_it(house: House) -> None:
    """Neither list nor help; the refusal is the one for everything."""
    answer = house.person("oli").command("/psrt", "members ana")
    assert answer.text == STRANGERS_ARE_TOLD


def test_a_member_who_forges_an_admins_button_is_refused(house: House) -> None:
    """A leaked id and a button of another modal open nobody."""
    with house.session() as session:
        ben = find_person(session, "ben").id
    modal = listed(house, "ana", "ben")
    forge_value(modal, "Open", ben)
    change_role(house, "ana", Role.ADMIN, held=False)
    modal.click("Open")
    refused = house.person("ana").wait_modal(title="Note")
    assert "Only admins can do this" in refused.text


def test_a_long_list_comes_in_pages(house: House) -> None:
    """Seventy people: four pages, forth and back, and the way back from a person is to theirs."""
    with house.session() as session:
        for number in range(70):
            person = Person(name=f"Xen {number:02}", created_at=house.clock.now())
            session.add(person)
            session.flush()
            session.add(
                RoleHeld(
                    person_id=person.id,
                    role=Role.MEMBER,
                    since=house.clock.now(),
                    granted_by="tests",
                )
            )
    modal = listed(house)
    assert "76 people" in modal.text
    assert "page 1 of 4" in modal.text
    assert "Previous" not in modal.buttons
    for page in (2, 3, 4):
        modal.click("Next")
        wait_text(house, f"page {page} of 4")
        modal = house.modal("ana")
    assert "Xen 69" in modal.text
    assert "Next" not in modal.buttons
    modal.click("Previous")
    wait_text(house, "page 3 of 4")
    third = house.modal("ana")
    block, button = reading.buttons_of(third.view.blocks)[0]
    assert button["accessibility_label"] == "Open Xen 34"
    house.person("ana").press(third.view, block, button, True)
    house.workspace.wait_for(lambda: house.modal("ana").title == PERSON)
    assert "Xen 34" in house.modal("ana").text
    house.modal("ana").click("Back to the list")
    wait_text(house, "page 3 of 4")


def test_an_admin_finds_who_is_not_linked(house: House) -> None:
    """By name without its marks, by role, and by how they stand with Slack."""
    unlink(house, "fay")
    modal = listed(house)
    modal.fill("Slack", "Not linked").submit()
    found = house.modal("ana")
    assert "1 person" in found.text
    assert "Fay Falk" in found.text
    found.fill("Slack", "Any").fill("Role", "Admin").submit()
    admins = house.modal("ana")
    assert "2 people" in admins.text
    admins.fill("Role", "Everybody known").fill("Name or GitHub name contains", "@CHI").submit()
    assert "Chi Chen" in house.modal("ana").text


def test_adding_somebody_of_the_council(house: House) -> None:
    """Council members need not be members: no list changes, and they are known from then on."""
    before = csv(house)
    form = becomes(house, listed(house), "Add somebody", "Add somebody")
    form.fill("Name", "Cyd Crane").fill("Slack user", "oli")
    card = sent(house, form.fill("Roles", ["Steering Council"]))
    assert "Cyd Crane" in card.text
    assert "Steering Council since" in card.text
    assert csv(house) == before
    assert roles(house, house.person("oli").id) == {Role.STEERING_COUNCIL}
    assert "Ana Andrade added Cyd Crane, who is no member" in said(house, "admins", "ben")
    assert "Cyd Crane" not in said(house, "team", "ben")


def test_adding_a_member_needs_a_reason(house: House) -> None:
    """Without one nothing happens; with one the list has a line, and the history the reason."""
    form = becomes(house, listed(house), "Add somebody", "Add somebody")
    form.fill("Name", "Ced Crane").fill("GitHub name", "ced").fill("Roles", ["Member"]).submit()
    assert "say why this one is not" in form.errors["Why without a nomination"]
    assert "Ced" not in csv(house)
    card = sent(house, form.fill("Why without a nomination", "Voted on by mail"))
    assert "Member since" in card.text
    assert "Ced Crane,ced,\n" in csv(house)
    past = becomes(house, card, "History", "History")
    assert "Why: Voted on by mail" in past.text
    assert "by Ana Andrade" in past.text
    assert "Voted on by mail" not in everything_audited(house)
    for channel in ("team", "admins"):
        heard = said(house, channel, "ben")
        assert "Ced Crane is a member of the Python Security Response Team from now on" in heard
        assert "Ana Andrade entered them without a nomination here" in heard
        assert "Voted on by mail" not in heard


def test_nobody_is_added_twice(house: House) -> None:
    """Neither by name, GitHub name nor Slack user; a form that Slack would stop is stopped."""
    form = becomes(house, listed(house), "Add somebody", "Add somebody")
    form.fill("Name", "chi CHEN").submit()
    assert "is known" in form.errors["Name"]
    form.fill("Name", "Chi Other").fill("GitHub name", "CHI").fill("Slack user", "chi").submit()
    assert form.errors == {
        "GitHub name": "Chi Chen has this GitHub name already",
        "Slack user": "this Slack user is linked to Chi Chen; take that link first",
    }
    without_checks(form).fill("Name", "x" * 201).fill("GitHub name", "-no-").submit()
    assert "shorten it to 200" in form.errors["Name"]
    assert "no GitHub user name" in form.errors["GitHub name"]


def test_editing_changes_the_line_and_nothing_else(house: House) -> None:
    """Name, GitHub name and notes; the audit log says what, and no value."""
    house.person("chi").open_home()
    house.work()
    form = becomes(house, shown(house, "chi"), "Edit…", "Edit")
    form.fill("Name", "Chi Cheng").fill("GitHub name", "chicheng")
    card = sent(house, form.fill("Notes in the public list", "on leave"))
    assert "Changed" in card.text
    assert "Chi Cheng,chicheng,on leave\n" in csv(house)
    assert [e.details for e in audited(house, "membership:edit")] == [
        {"changed": "name, github, notes"}
    ]
    assert "chicheng" not in everything_audited(house)
    house.pass_time(seconds=3)
    house.person("chi").open_home().wait(lambda home: "Chi Cheng" in home.rendered)


def test_what_cannot_be_in_the_list_is_said_at_its_field(house: House) -> None:
    """A taken GitHub name, a control character, a role by the back door; and nothing changes."""
    before = csv(house)
    form = becomes(house, shown(house, "chi"), "Edit…", "Edit")
    form.fill("GitHub name", "DOV").fill("Notes in the public list", "Admin").submit()
    assert form.errors["GitHub name"] == "Dov Dahan has this GitHub name already"
    assert "given and taken under Roles" in form.errors["Notes in the public list"]
    form.fill("GitHub name", "chi").fill("Notes in the public list", "a\u202eb").submit()
    assert "U+202E" in form.errors["Notes in the public list"]
    without_checks(form).fill("Notes in the public list", "x" * 1001).submit()
    assert "1001 characters" in form.errors["Notes in the public list"]
    form.fill("Notes in the public list", None).fill("Name", "Chi\tChen").submit()
    assert "U+0009" in form.errors["Name"]
    assert csv(house) == before
    assert "Nothing was to be changed" in sent(house, form.fill("Name", "Chi Chen")).text


def test_a_form_that_is_out_of_date_changes_nothing(house: House) -> None:
    """Ben saves while Ana's form is open: hers shows how it stands now, and nothing is mixed."""
    mine = becomes(house, shown(house, "chi"), "Edit…", "Edit")
    theirs = becomes(house, shown(house, "chi", "ben"), "Edit…", "Edit", "ben")
    sent(house, theirs.fill("Name", "Chi Cheng"), "ben")
    fresh = sent(house, mine.fill("GitHub name", "elsewhere"))
    assert "Somebody changed this person meanwhile" in fresh.text
    assert "Chi Cheng" in fresh.text
    assert "elsewhere" not in csv(house)
    again = sent(house, becomes(house, fresh, "Edit…", "Edit").fill("GitHub name", "elsewhere"))
    assert "Chi Cheng,elsewhere,\n" in csv(house)
    assert "Changed" in again.text


def test_a_forged_form_is_about_nobody(house: House) -> None:
    """Metadata of the client's own making names nobody, and is answered politely."""
    for forged in ("", "[]", "{", '["", "member", "", 0, "no-such-person", ""]', "[" * 5000):
        form = becomes(house, shown(house, "chi"), "Edit…", "Edit")
        forge_metadata(form, forged).submit()
        assert "There is no such person" in form.errors["Name"]
        form.close()


def test_linking_and_unlinking(house: House) -> None:
    """Only to an account that can be theirs; each is audited, and takes effect at once."""
    unlink(house, "fay")
    assert house.person("fay").command("/psrt", "members").text == STRANGERS_ARE_TOLD
    form = becomes(house, shown(house, "fay"), "Slack link…", "Slack link")
    form.fill("Slack user", "chi").submit()
    assert "linked to Chi Chen" in form.errors["Slack user"]
    sent(house, form.fill("Slack user", "fay"))
    assert "6 people" in listed(house, "fay").text
    again = becomes(house, shown(house, "fay"), "Slack link…", "Slack link")
    assert "Nothing was to be changed" in sent(house, again).text
    again = becomes(house, house.modal("ana"), "Slack link…", "Slack link")
    card = sent(house, again.fill("Slack user", None))
    assert "The link is taken" in card.text
    assert house.person("fay").command("/psrt", "members").text == STRANGERS_ARE_TOLD
    assert len(audited(house, "membership:unlink")) == 1
    heard = said(house, "admins", "ben")
    assert f"Ana Andrade linked Fay Falk to the Slack user <@{house.person('fay').id}>" in heard
    assert "Ana Andrade took the Slack link of Fay Falk" in heard
    theirs = told(house, "fay")
    assert "linked your Slack account to Fay Falk" in theirs
    assert "took the link between your Slack account and Fay Falk" in theirs


def test_nobody_is_linked_to_what_is_no_person(house: House) -> None:
    """A deactivated account, a bot, one that Slack has not told of."""
    house.workspace.change_user("oli", deleted=True)
    house.bot.refresh_people()
    form = becomes(house, shown(house, "chi"), "Slack link…", "Slack link")
    block = next(b for b in form.view.blocks if b["type"] == "input")
    field = form.view.values[block["block_id"]][block["element"]["action_id"]]
    field["selected_user"] = house.person("oli").id
    form.submit()
    assert "deactivated" in form.errors["Slack user"]
    field["selected_user"] = "U0UNKNOWN"
    form.submit()
    assert "not told of this user" in form.errors["Slack user"]


def test_the_last_admin_stays_within_reach(house: House) -> None:
    """The link of the only admin who is linked is not taken."""
    unlink(house, "ben")
    form = becomes(house, shown(house, "ana"), "Slack link…", "Slack link")
    form.fill("Slack user", None).submit()
    assert "last admin who can be reached" in form.errors["Slack user"]
