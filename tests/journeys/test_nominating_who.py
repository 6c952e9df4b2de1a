"""Step 1 of /nominate: who can be nominated, said under the field that is wrong (R1, R12)."""

import re
from typing import Any

import pytest

from tests.journeys.house import House
from tests.journeys.steps import (
    forge_metadata,
    is_known_inside,
    open_form,
    refused,
    to_preview,
    unlink,
    without_checks,
)


def test_a_member_cannot_be_nominated(house: House) -> None:
    """Found by Slack link, by GitHub name in any case, or (outside the workspace) by name."""
    already = "Chi Chen is a member already."
    assert refused(house, user="chi") == {"Slack user": already}
    assert refused(house, user="nia", github="CHI") == {"GitHub name": already}
    assert refused(house, name="Z", email="z@example.org", github="chi") == {"GitHub name": already}
    by_name = refused(house, name="chi  CHEN", email="z@example.org")
    assert by_name == {"Name": f"{already} If this is somebody else, write the name differently."}


def test_a_member_without_slack_link_is_known_by_their_github_name(house: House) -> None:
    """Who has no live link is a member all the same."""
    unlink(house, "dov")
    assert "Dov Dahan is a member already." in refused(
        house, name="D", email="d@example.org", github="Dov"
    ).get("GitHub name", "")


def test_nobody_nominates_themselves(house: House) -> None:
    """Another member can; the words say so."""
    assert "yourself" in refused(house, by="ana", user="ana")["Slack user"]


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        ({"bot": True}, "This is a bot; choose a person."),
        ({"deleted": True}, "This account is deactivated; leave it empty, give an e-mail."),
    ],
)
def test_bots_and_deactivated_accounts_are_refused(
    house: House, traits: dict[str, Any], says: str
) -> None:
    """Only a living person can be nominated."""
    house.workspace.add_user("odd", real_name="Odd One", **traits)
    house.bot.refresh_people()
    assert refused(house, user="odd") == {"Slack user": says}


@pytest.mark.parametrize("room", ["team", "admins"])
def test_whoever_would_see_the_nomination_is_refused(house: House, room: str) -> None:
    """R12: not nominated is who is in the team's or the admins' channel."""
    house.workspace.add_member(room, "nia")
    house.bot.refresh_people()
    assert "would see the nomination" in refused(house, user="nia")["Slack user"]


def test_who_has_just_left_the_team_channel_can_be_nominated(house: House) -> None:
    """Slack's events keep up with who is in the channel; nobody waits for the hourly refresh."""
    house.workspace.add_member("team", "nia")
    house.workspace.wait_for(lambda: is_known_inside(house, "nia"))
    assert "would see" in refused(house, user="nia")["Slack user"]
    house.workspace.remove_member("team", "nia")
    house.workspace.wait_for(lambda: not is_known_inside(house, "nia"))
    assert refused(house, user="nia") == {}


def test_somebody_slack_has_not_told_of_is_asked_for_again(house: House) -> None:
    """An unknown user is no reason for an error without words."""
    form = open_form(house)
    form.fill("Slack user", "nia").fill("Standing", "Triager")
    form.view.values["nominee"]["nominee"]["selected_user"] = "U0NOBODY"
    form.submit()
    assert "try again in a minute" in form.errors["Slack user"]


def test_neither_user_nor_name_and_email_is_no_nominee(house: House) -> None:
    """One of both ways is needed; half of the second names the missing half."""
    assert "Choose a Slack user" in refused(house)["Slack user"]
    assert set(refused(house, name="Zoë Outside")) == {"E-mail"}
    assert set(refused(house, email="zoe@example.org")) == {"Name"}


@pytest.mark.parametrize("email", ["zoe", "zoe@", "@example.org", "zoe@localhost", "z e@x.org"])
def test_a_malformed_email_is_refused_with_and_without_a_slack_user(
    house: House, email: str
) -> None:
    """Whatever is written down is right."""
    assert "name@example.org" in refused(house, name="Zoë Outside", email=email)["E-mail"]
    assert "name@example.org" in refused(house, user="nia", email=email)["E-mail"]


@pytest.mark.parametrize("github", ["@zoe", "zoë", "-zoe", "zo.e", "z" * 40])
def test_a_malformed_github_name_is_refused(house: House, github: str) -> None:
    """GitHub's own rule for names."""
    assert "no GitHub user name" in refused(house, user="nia", github=github)["GitHub name"]


def test_overlong_fields_are_refused_past_slacks_own_check(house: House) -> None:
    """The server checks what a forged client sends; every field hears of its own problem."""
    form = without_checks(open_form(house))
    form.fill("Name", "x" * 201).fill("E-mail", f"{'x' * 250}@example.org")
    form.fill("GitHub name", "x" * 100).submit()
    assert "201 characters" in form.errors["Name"]
    assert "254 characters" in form.errors["E-mail"]
    assert "no GitHub user name" in form.errors["GitHub name"]
    assert "what they are to Python" in form.errors["Standing"]


def test_a_forged_standing_is_refused(house: House) -> None:
    """Only the four standings that the form offers."""
    form = open_form(house)
    form.fill("Slack user", "nia").fill("Standing", "Triager")
    chosen = form.view.values["standing"]["standing"]["selected_option"]
    form.view.values["standing"]["standing"]["selected_option"] = {**chosen, "value": "king"}
    form.submit()
    assert set(form.errors) == {"Standing"}


def test_a_forged_draft_is_refused(house: House) -> None:
    """Step 1 goes on with one's own drafts alone."""
    form = forge_metadata(open_form(house), "nobodys")
    form.fill("Slack user", "nia").fill("Standing", "Triager").submit()
    assert "used or discarded" in form.errors["Slack user"]


def test_who_is_nominated_already_is_refused_with_the_address_of_the_card(house: House) -> None:
    """The link leads to the message: the sandbox knows it at that channel and moment."""
    house.nominate(by="ana", nominee="nia")
    problem = refused(house, by="ben", user="nia")["Slack user"]
    found = re.fullmatch(
        r"They are nominated already: https://slack\.com/archives/(\w+)/p(\d+)(\d{6})", problem
    )
    assert found
    channel, seconds, rest = found.groups()
    message = house.workspace.state.channels[channel].messages[f"{seconds}.{rest}"]
    assert "Nomination of Nia Novak" in message.text


def test_the_same_person_is_found_under_another_address_by_github_name(house: House) -> None:
    """Nominated as a Slack user, they are not nominated again by name and e-mail."""
    house.nominate(by="ana", nominee="nia")  # with the GitHub name nia
    again = refused(house, by="ben", name="N. Novak", email="n@example.org", github="NIA")
    assert "They are nominated already" in again["E-mail"]
    assert refused(house, by="ben", name="Z. Other", email="n@example.org", github="zo") == {}


def test_before_the_card_is_posted_the_words_name_its_place(house: House) -> None:
    """While Slack is away there is no address yet, but the nomination stands."""
    to_preview(house, by="ana").submit()  # nothing is delivered
    problem = refused(house, by="ben", user="nia")["Slack user"]
    assert problem == "They are nominated already: see the card in the team channel."


def test_after_a_nomination_has_ended_the_same_person_can_be_nominated_anew(house: House) -> None:
    """One running nomination a person; those of the past do not stand in the way."""
    house.nominate(by="ana", nominee="nia")
    house.pass_time(days=7)  # nobody voted: not passed
    assert refused(house, by="ben", user="nia") == {}
