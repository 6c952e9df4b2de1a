"""The three steps of /nominate, and drafts (DESIGN section 2)."""

import pytest

from psrt_bot.membership.rules import Role
from tests.journeys.house import PROMISES, TEXTS, House
from tests.journeys.steps import (
    card,
    change_role,
    fill_texts,
    forge_metadata,
    forge_value,
    nominations,
    open_form,
    thread,
    to_preview,
    to_texts,
    without_checks,
)


def test_preview_says_how_many_can_vote_until_when_and_what_is_shown_to_whom(house: House) -> None:
    """Before anything is told, the nominator reads electorate, close, and their own texts."""
    preview = to_preview(house)
    assert "6 members can vote" in preview.text
    assert "2026-03-09 10:00 UTC" in preview.text
    assert TEXTS["Security experience"] in preview.text
    assert "They have agreed to be nominated" in preview.text
    assert nominations(house) == []
    house.work()
    assert house.person("chi").channel("team").messages == []


def test_nominating_posts_card_and_thread_and_tells_the_nominator(house: House) -> None:
    """The team reads names and dates; the texts stand nowhere but behind Details."""
    house.nominate()
    posted = card(house)
    assert posted.buttons == ["Vote", "Details"]
    assert "Core developer (GitHub: nia). Nominated by Ana Andrade." in posted.rendered
    assert "Voting is open until" in posted.rendered
    assert "do not say how you vote" in thread(house)
    for text in TEXTS.values():
        if text != "none":
            assert text not in posted.rendered + thread(house)
    told = house.person("ana").wait_inbox(lambda m: "the vote is open" in m.rendered)
    assert "6 members can vote" in told.rendered
    assert house.person("ana").modal is None  # all three steps are closed


def test_a_nominee_beside_the_expected_standings_is_marked_as_such(house: House) -> None:
    """R1: others than core developers, triagers and PSF staff are possible and marked."""
    form = open_form(house)
    form.fill("Slack user", "nia").fill("Standing", "Other (possible; the card says so)").submit()
    fill_texts(house.person("ana").wait_modal(title="Nominate: texts")).submit()
    house.person("ana").wait_modal(title="Nominate: preview").submit()
    house.work()
    assert "Neither core developer, triager nor PSF staff." in card(house).rendered


def test_somebody_outside_the_workspace_is_nominated_by_name_and_email(house: House) -> None:
    """Without a Slack user, name and e-mail say who is meant; the card tells no e-mail."""
    form = open_form(house)
    form.fill("Name", "Zoë  Outside").fill("E-mail", "Zoe@Example.org").fill("Standing", "Triager")
    form.submit()
    fill_texts(house.person("ana").wait_modal(title="Nominate: texts")).submit()
    house.person("ana").wait_modal(title="Nominate: preview").submit()
    house.work()
    assert "example.org" not in card(house, "Zoë Outside").rendered.lower()
    assert nominations(house)[0].nominee_key == "mail:zoe@example.org"


def test_a_guest_of_the_workspace_can_be_nominated(house: House) -> None:
    """Guests are no members yet; like everybody else they are nominated by their Slack user."""
    house.workspace.add_user("gil", real_name="Gil Guest", guest=True)
    house.bot.refresh_people()
    to_preview(house, nominee="gil").submit()
    house.work()
    assert card(house, "Gil Guest").buttons == ["Vote", "Details"]


def test_an_emeritus_can_be_nominated_again(house: House) -> None:
    """Whoever was a member once and is none now is no member."""
    change_role(house, "fay", Role.MEMBER, held=False)
    change_role(house, "fay", Role.EMERITUS, held=True)
    house.workspace.remove_member("team", "fay")
    house.bot.refresh_people()
    assert "5 members can vote" in to_preview(house, nominee="fay").text


def test_names_cannot_slip_a_mention_into_the_bots_words(house: House) -> None:
    """What the nominator types is text, in the blocks and in the fallback of every message."""
    form = open_form(house)
    form.fill("Name", "<!channel> & Co").fill("E-mail", "co@example.org").fill(
        "Standing", "Triager"
    )
    form.submit()
    fill_texts(house.person("ana").wait_modal(title="Nominate: texts")).submit()
    house.person("ana").wait_modal(title="Nominate: preview").submit()
    house.work()
    said = house.person("chi").channel("team").everything + house.person("ana").inbox
    assert said
    assert all("<!channel>" not in message.rendered for message in said)
    assert any("&lt;!channel&gt; &amp; Co" in message.text for message in said)


# drafts


def test_step_one_is_saved_and_the_direct_message_goes_on_with_it(house: House) -> None:
    """After step 1 a DM offers Continue, which opens step 1 as it was, then the texts as saved."""
    ana = house.person("ana")
    texts = to_texts(house)
    house.work()
    texts.fill("Background", "Half a sentence").click("Save and go on later")
    saved = ana.wait_modal(title="Note")
    assert "Saved" in saved.text
    saved.close()
    texts.close()
    assert ana.modal is not None
    ana.modal.close()

    message = ana.wait_inbox(lambda m: "Your draft of a nomination of Nia Novak" in m.rendered)
    message.click("Continue")
    who = ana.wait_modal(title="Nominate: who")
    assert who.value("Slack user") == house.person("nia").id
    assert who.value("Standing") == "Core developer"
    assert who.value("Name") is None  # Slack's own name would stay if another user were chosen
    who.submit()
    again = ana.wait_modal(title="Nominate: texts")
    assert again.value("Background") == "Half a sentence"


def test_a_draft_is_resumed_from_the_list_and_made_a_nomination(house: House) -> None:
    """/nominate lists drafts; from there all three steps fit on Slack's stack of three modals."""
    ana = house.person("ana")
    to_texts(house)
    ana.command("/nominate", channel="team")
    drafts = ana.wait_modal(title="Your drafts")
    assert "Nia Novak" in drafts.text
    drafts.click("Continue")
    ana.wait_modal(title="Nominate: who").submit()
    fill_texts(ana.wait_modal(title="Nominate: texts")).submit()
    ana.wait_modal(title="Nominate: preview").submit()
    house.work()
    assert card(house)
    ana.command("/nominate", channel="team")
    assert ana.wait_modal().title == "Nominate: who"  # the draft was used


def test_a_new_nomination_begins_beside_a_draft(house: House) -> None:
    """The list leads to a new form as well, with room for its three steps."""
    ana = house.person("ana")
    to_texts(house)
    ana.command("/nominate", channel="team")
    ana.wait_modal(title="Your drafts").click("Start a new one")
    who = ana.wait_modal(title="Nominate: who")
    who.fill("Slack user", "oli").fill("Standing", "PSF staff").submit()
    fill_texts(ana.wait_modal(title="Nominate: texts")).submit()
    ana.wait_modal(title="Nominate: preview").submit()
    house.work()
    assert card(house, "Oli Okoro")
    ana.command("/nominate", channel="team")
    assert "Nia Novak" in ana.wait_modal(title="Your drafts").text


def test_a_discarded_draft_is_gone_everywhere(house: House) -> None:
    """Discard asks first, then deletes; a Continue of earlier says so."""
    ana = house.person("ana")
    to_texts(house)
    house.work()
    ana.command("/nominate", channel="team")
    drafts = ana.wait_modal(title="Your drafts")
    assert drafts.click("Discard", confirm=False).status == "dismissed"
    drafts.click("Discard")
    house.workspace.wait_for(lambda: "no drafts any more" in drafts.text)
    ana.wait_inbox(lambda m: "Your draft" in m.rendered).click("Continue")
    assert "used or discarded" in ana.wait_ephemeral().text
    ana.command("/nominate", channel="team")
    assert ana.wait_modal().title == "Nominate: who"


def test_back_keeps_what_was_typed(house: House) -> None:
    """Back from the preview shows the texts, Back from the texts shows step 1, as typed."""
    ana = house.person("ana")
    preview = to_preview(house)
    preview.close()
    texts = ana.modal
    assert texts is not None
    assert texts.value("Background") == TEXTS["Background"]
    assert texts.value("You have made sure") == PROMISES
    texts.close()
    who = ana.modal
    assert who is not None
    assert who.value("Slack user") == house.person("nia").id
    who.submit()
    again = ana.wait_modal(title="Nominate: texts")
    assert again.value("Background") == TEXTS["Background"]


def test_going_through_step_one_twice_makes_one_draft(house: House) -> None:
    """A draft is one a nominee: the second becomes the first, and its texts stay."""
    ana = house.person("ana")
    texts = to_texts(house)
    texts.fill("Background", "Kept").click("Save and go on later")
    ana.command("/nominate", channel="team")
    ana.wait_modal(title="Your drafts").click("Start a new one")
    who = ana.wait_modal(title="Nominate: who")
    who.fill("Slack user", "nia").fill("Standing", "Triager").submit()
    assert ana.wait_modal(title="Nominate: texts").value("Background") == "Kept"
    house.work()
    assert len([m for m in ana.inbox if "Your draft" in m.rendered]) == 1


def test_another_user_chosen_in_a_draft_brings_their_own_name(house: House) -> None:
    """The card never names one person and means another."""
    ana = house.person("ana")
    to_texts(house)
    ana.command("/nominate", channel="team")
    ana.wait_modal(title="Your drafts").click("Continue")
    ana.wait_modal(title="Nominate: who").fill("Slack user", "oli").submit()
    assert "Nominating *Oli Okoro*" in ana.wait_modal(title="Nominate: texts").text


@pytest.mark.parametrize("label", list(TEXTS))
def test_an_empty_text_is_asked_for_at_its_field_and_the_others_are_kept(
    house: House, label: str
) -> None:
    """R13: every text is needed, also when the client did not check; nothing typed is lost."""
    texts = without_checks(fill_texts(to_texts(house)))
    texts.fill(label, " . ").submit()
    assert texts.errors == {label: f"Please fill in “{label}”; “none” is an answer too."}
    house.person("ana").command("/nominate", channel="team")
    house.person("ana").wait_modal(title="Your drafts").click("Continue")
    house.person("ana").wait_modal(title="Nominate: who").submit()
    again = house.person("ana").wait_modal(title="Nominate: texts")
    others = {name: text for name, text in TEXTS.items() if name != label}
    assert {name: again.value(name) for name in others} == others


def test_an_overlong_text_is_refused_at_its_field_even_past_slacks_own_check(house: House) -> None:
    """What the form could not show again is not saved, by Preview or by Save."""
    texts = without_checks(fill_texts(to_texts(house)))
    texts.fill("Background", "x" * 3001).submit()
    assert texts.errors == {"Background": "This has 3001 characters; 3000 fit. Please shorten it."}
    texts.click("Save and go on later")
    note = house.person("ana").wait_modal(title="Note")
    assert "3000 fit" in note.text
    note.close()
    texts.fill("Background", "x" * 3000).submit()
    assert house.person("ana").wait_modal(title="Nominate: preview")


def test_both_promises_must_be_ticked(house: House) -> None:
    """R13: agreement and the PEP are asked for, each by its words."""
    texts = fill_texts(to_texts(house)).fill("You have made sure", PROMISES[:1])
    texts.submit()
    assert PROMISES[1] in texts.errors["You have made sure"]
    assert PROMISES[0] not in texts.errors["You have made sure"]


# once, and only one's own


def test_a_nomination_submitted_twice_is_made_once(house: House) -> None:
    """Slack may deliver a submission again: one nomination, one card, one poll."""
    to_preview(house).submit()
    house.installation.redeliver_last()
    house.work()
    assert len(nominations(house)) == 1
    cards = house.person("chi").channel("team").messages
    assert len([m for m in cards if "Nomination: Nia Novak" in m.rendered]) == 1


def test_two_members_nominate_the_same_person_and_the_later_hears_of_the_first(
    house: House,
) -> None:
    """One nomination; the other nominator gets the card's address, and no empty hands."""
    theirs = to_preview(house, by="ben")
    to_preview(house, by="ana").submit()
    house.work()
    theirs.submit()
    ben = house.person("ben")
    house.workspace.wait_for(lambda: ben.modal is not None and ben.modal.title == "Not possible")
    assert ben.modal is not None
    assert "They are nominated already: https://slack.com/archives/" in ben.modal.text
    assert len(nominations(house)) == 1
    ben.modal.close()
    assert ben.modal.title == "Nominate: texts"  # what they wrote is still there


def test_nobody_reaches_the_draft_of_somebody_else(house: House) -> None:
    """Ids of drafts in forged metadata and buttons lead nowhere, with the words for "gone"."""
    ana, ben = house.person("ana"), house.person("ben")
    mine = to_texts(house, by="ana")
    draft_id = str(mine.view.source["private_metadata"])
    house.work()
    theirs = to_texts(house, by="ben", nominee="oli")
    house.work()

    button = ben.wait_inbox(lambda m: "Your draft" in m.rendered)
    forge_value(button, "Continue", draft_id)
    button.click("Continue")
    assert "used or discarded" in ben.wait_ephemeral().text

    forge_metadata(fill_texts(theirs), draft_id).submit()
    assert "used or discarded" in next(iter(theirs.errors.values()))
    theirs.close()
    assert ben.modal is not None
    forge_metadata(ben.modal, draft_id).submit()
    assert "used or discarded" in next(iter(ben.modal.errors.values()))

    ben.command("/nominate", channel="team")
    drafts = ben.wait_modal(title="Your drafts")
    forge_value(drafts, "Discard", draft_id)
    drafts.click("Discard")
    ana.command("/nominate", channel="team")
    assert "Nia Novak" in ana.wait_modal(title="Your drafts").text


def test_a_forged_preview_nominates_nobody(house: House) -> None:
    """The preview's metadata names a draft that must be the nominator's own."""
    draft_id = str(to_preview(house, by="ana").view.source["private_metadata"])
    forge_metadata(to_preview(house, by="ben", nominee="oli"), draft_id).submit()
    assert nominations(house) == []


def test_nothing_is_nominated_while_the_team_channel_is_not_fit(house: House) -> None:
    """DESIGN section 2: nothing goes to a channel that is shared; the nominator learns why."""
    preview = to_preview(house)
    house.workspace.share("team")
    house.bot.refresh_people()
    preview.submit()
    ana = house.person("ana")
    house.workspace.wait_for(lambda: ana.modal is not None and ana.modal.title == "Not possible")
    assert ana.modal is not None
    assert "it is shared with another workspace" in ana.modal.text
    assert nominations(house) == []


# words


def test_help_lists_the_words_and_a_slip_gets_the_nearest(house: House) -> None:
    """/nominate help, and a suggestion for what is no word of it."""
    chi = house.person("chi")
    assert "`/nominate withdraw`" in (chi.command("/nominate", "help", channel="team").text or "")
    said = chi.command("/nominate", "statsu", channel="team").text or ""
    assert "Did you mean `status`?" in said
    assert "Did you mean" not in (chi.command("/nominate", "@nia", channel="team").text or "")


def test_psrt_leads_to_the_same_places(house: House) -> None:
    """/psrt nominate and /psrt vote always work, with the words behind them."""
    chi = house.person("chi")
    chi.command("/psrt", "nominate", channel="team")
    assert chi.wait_modal().title == "Nominate: who"
    assert chi.command("/psrt", "nominate status", channel="team").text == (
        "There are no nominations under way."
    )
    assert "no open vote" in (chi.command("/psrt", "vote", channel="team").text or "")
    assert "Did you mean `nominate`?" in (
        chi.command("/psrt", "nomniate", channel="team").text or ""
    )
