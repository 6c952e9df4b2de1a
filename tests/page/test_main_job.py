"""The main job, clicked through in the browser by three people."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.page.browser import Windows, rest
from tests.page.conftest import Demo

TEXTS = {
    "Background": "Maintains the fictional parser library.",
    "Security experience": "Handled eleven reports.",
    "Contributions to the ecosystem": "Wrote the fuzzing guide.",
    "How you know them": "Two years of shared reviews.",
    "Conflicts of interest": "none",
}


def type_command(page: Page, command: str) -> None:
    """Type a command that stands there whole, and send it."""
    page.get_by_label(re.compile("^Message ")).fill(command)
    page.keyboard.press("Enter")


def nominate(page: Page, name: str) -> None:
    """Through the three windows."""
    type_command(page, "/nominate")
    dialog = page.get_by_role("dialog", name="Nominate: who")
    dialog.get_by_label("Slack user").select_option(label=name)
    dialog.get_by_label("Standing").select_option(label="Triager")
    dialog.get_by_role("button", name="Next").click()
    dialog = page.get_by_role("dialog", name="Nominate: texts")
    for label, text in TEXTS.items():
        dialog.get_by_label(label).fill(text)
    for box in dialog.get_by_role("checkbox").all():
        box.check()
    dialog.get_by_role("button", name="Preview").click()
    dialog = page.get_by_role("dialog", name="Nominate: preview")
    expect(dialog).to_contain_text("12 members can vote")
    dialog.get_by_role("button", name="Nominate", exact=True).click()
    expect(dialog).to_be_hidden()


def card(page: Page, name: str) -> Locator:
    """The card of a nomination in the channel."""
    return page.locator("#messages .row").filter(has_text=f"Nomination: {name}")


def vote(page: Page, name: str, choice: str, word: str = "") -> str:
    """Vote from the card; return the receipt as it is shown."""
    card(page, name).get_by_role("button", name="Vote", exact=True).click()
    dialog = page.get_by_role("dialog", name="Vote")
    dialog.get_by_label(choice, exact=True).check()
    if word:
        dialog.get_by_label("Check word").fill(word)
    dialog.get_by_role("button", name="Cast ballot").click()
    dialog = page.get_by_role("dialog", name="Ballot recorded")
    receipt = dialog.locator("code").inner_text()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    rest(page)
    return receipt


def be(page: Page, name: str) -> None:
    """Become somebody with one click."""
    page.get_by_role("navigation", name="You are").get_by_role(
        "link", name=re.compile(f"^{name} ")
    ).click()
    expect(page.locator("#you")).to_contain_text(f"You are {name} ")
    rest(page)


def to_the_result(page: Page, name: str) -> None:
    """Move the clock to deadline after deadline, until the vote on somebody is over."""
    result = page.locator("#messages .row").filter(has_text=f"The vote on {name} has")
    button = page.locator("#to-deadline")
    for _ in range(20):
        rest(page)
        expect(result.or_(page.locator("#to-deadline:not([aria-disabled])")).first).to_be_visible()
        if result.count():
            break
        before = page.locator("#now").inner_text()
        last = f"the vote on {name} closes" in (button.get_attribute("title") or "")
        button.click()
        expect(page.locator("#now")).not_to_have_text(before)
        if last:
            break
    expect(result).to_have_count(1)


def test_three_people_do_the_main_job(demo: Demo, demo_window: Windows) -> None:
    """Nominated, voted as three people, closed by the time machine, checked against the bulletin:
    all in one window, with the clicks and words that people see; the tour knows of all of it."""
    page = demo_window("ana", "team")
    nominate(page, "Rosa Romero")
    expect(card(page, "Rosa Romero")).to_be_visible()
    receipts = {}
    for name, choice in (("Ana", "Yes"), ("Ben", "Yes"), ("Chi", "No")):
        be(page, name)
        receipts[name] = vote(page, "Rosa Romero", choice, "kestrel" if name == "Chi" else "")
    to_the_result(page, "Rosa Romero")
    result = page.locator("#messages .row").filter(has_text="The vote on Rosa Romero has")
    expect(result).to_contain_text("Yes 2, no 1, abstain 0: 3 ballots of 12 electors.")
    result.get_by_text("1 reply").click()
    expect(result.get_by_label("Check a receipt")).to_be_in_viewport()
    result.get_by_text("Open bulletin").or_(result.locator(".file summary")).first.click()
    for receipt in receipts.values():
        expect(result.locator(".file pre")).to_contain_text(receipt)
    result.get_by_label("Check a receipt").fill(receipts["Chi"].lower())
    result.get_by_role("button", name="Check").click()
    found = result.locator(".result")
    expect(found).to_contain_text("you voted no, check word kestrel")
    expect(found).to_contain_text("Everything holds.")
    expect(found).to_be_in_viewport()
    with page.expect_download() as download:
        result.get_by_role("link", name="Download").click()
    assert receipts["Ben"].encode() in download.value.path().read_bytes()
    follow_the_tour(page)


def follow_the_tour(page: Page) -> None:
    """After the main job the tour finds all of its steps done; the last one wants another day, and
    leads to what the bot wrote to the nominator."""
    tour = page.get_by_role("complementary", name="Tour")
    for step in range(1, 5):
        expect(tour).to_contain_text(f"Step {step} of 9")
        expect(tour).to_contain_text("✓ Done")
        tour.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("0 of 1 done")
    page.get_by_role("button", name="+1 day").click()
    expect(tour).to_contain_text("✓ Done")
    tour.get_by_role("link", name="Read Ana’s messages").click()
    expect(page.locator("#messages")).to_contain_text("The vote on Rosa Romero has passed.")
    tour.get_by_role("button", name="Next").click()
    for name in ("Sol", "Tam"):
        expect(tour).to_contain_text("0 of 1 done")
        tour.get_by_role("link", name=f"Be {name}").click()
        expect(page.locator("#you")).to_contain_text(f"You are {name} ")
        notice = page.locator("#messages .row").filter(has_text="Rosa Romero as a member")
        notice.get_by_role("button", name="No objection").click()
        expect(page.locator(".row.ephemeral").last).to_contain_text("Your answer is recorded")
    expect(tour).to_contain_text("✓ Done")
    tour.get_by_role("link", name="Be Ana in #team").click()
    expect(page.locator("#messages")).to_contain_text("did not veto")
    tour.get_by_role("button", name="Next").click()
    tour.get_by_role("link", name="Read Rosa’s messages").click()
    expect(page.locator("#you")).to_contain_text("You are Rosa ")
    page.locator("#messages").get_by_role("button", name="Begin").click()
    dialog = page.get_by_role("dialog", name="Joining the team")
    expect(dialog.get_by_role("checkbox")).not_to_have_count(0)
    for box in dialog.get_by_role("checkbox").all():
        box.check()
    dialog.get_by_label("GitHub name").fill("rosa")
    dialog.get_by_label("E-mail").fill("rosa@fictional.example")
    dialog.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("dialog", name="Welcome")).to_contain_text("You are a member")
    page.get_by_role("dialog", name="Welcome").get_by_role("button", name="Close").last.click()
    expect(page.locator("#messages")).to_contain_text("Your checklist: 0 of")
    expect(tour).to_contain_text("✓ Done")
    tour.get_by_role("link", name="Be Ana in #team").click()
    expect(page.locator("#messages")).to_contain_text("is a member of the team from today")
    follow_the_mentor(page)


def follow_the_mentor(page: Page) -> None:
    """The tour goes on with a pair that an admin confirms, and the newcomer's first check-in."""
    tour = page.get_by_role("complementary", name="Tour")
    tour.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("Introduce a mentor")
    tour.get_by_role("link", name="Be Ben in #admins").click()
    question = page.locator("#messages .row").filter(has_text="A mentor for Rosa")
    question.get_by_role("button", name="Confirm").click()
    expect(tour).to_contain_text("✓ Done")
    tour.get_by_role("link", name="Read Rosa’s messages").click()
    conversations = page.get_by_role("navigation", name="Conversations")
    conversations.get_by_role("link", name="Eve Eriksen").click()
    expect(page.locator("#messages")).to_contain_text("What a first talk could cover:")
    expect(page.locator("#messages")).to_contain_text("Download Check-ins")
    tour.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("Read Eve’s messages")
    rest(page)
    tour.get_by_role("link", name="Read Rosa’s messages").click()
    expect(page.locator("#you")).to_contain_text("You are Rosa ")
    rest(page)
    request = page.locator("#messages").get_by_role("button", name="Check in…").last
    for step in ["+1 day"] * 7 + ["+1 hour"] * 24:
        before = page.locator("#now").inner_text()
        page.get_by_role("button", name=step).click()
        expect(page.locator("#now")).not_to_have_text(before)
        rest(page)
        if request.count():
            break
    request.click()
    dialog = page.get_by_role("dialog", name="Check-in")
    dialog.get_by_label("Well", exact=True).check()
    dialog.get_by_label("The next step").fill("Read a finished report")
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog", name="Note")).to_contain_text("Thank you.")
    expect(tour).to_contain_text("✓ Done")


def test_who_is_outside_sees_nothing(demo: Demo, demo_window: Windows) -> None:
    """The nominee has no way to the team's channel, and /vote refuses them alone."""
    page = demo_window("nia", "general")
    expect(page.get_by_role("list", name="Not members", exact=True)).to_contain_text("Nia")
    expect(page.get_by_role("list", name="Members", exact=True)).not_to_contain_text("Nia")
    sidebar = page.get_by_role("navigation", name="Conversations")
    expect(sidebar.get_by_text("team", exact=True)).to_have_count(0)
    type_command(page, "/vote")
    mine = page.locator(".row.ephemeral")
    expect(mine).to_contain_text("Only visible to you")
    team = demo.stage.workspace.state.channel("team")
    demo_window.visit(page, f"as/nia/{team.id}")
    expect(page.locator("#head h1")).to_contain_text("general")
    expect(page.locator("body")).not_to_contain_text("Nomination: Nia Novak")
    other = demo_window("rosa", "general")
    expect(other.locator(".row.ephemeral")).to_have_count(0)


def test_two_windows_are_two_people_live(demo: Demo, demo_window: Windows) -> None:
    """What happens before one person shows before another at once, without a reload."""
    ana, chi = demo_window("ana", "team"), demo_window("chi", "team")
    nominate(ana, "Rosa Romero")
    expect(card(chi, "Rosa Romero")).to_be_visible()
    type_command(chi, "See you in the thread, *Ana*")
    said = ana.locator(".row").filter(has_text="See you in the thread")
    expect(said.locator("strong", has_text="Chi Chukwu")).to_be_visible()
    expect(said.locator(".text strong")).to_have_text("Ana")
    general = demo_window("ben", "general")
    place = general.get_by_role("navigation", name="Conversations")
    expect(place.get_by_role("link", name="team 2 unread")).to_be_visible()


def test_the_time_machine_brings_what_falls_due(demo: Demo, demo_window: Windows) -> None:
    """The clock is shown and moves; what fell due shows at once, also as somebody's unread DM."""
    page = demo_window("lea", "team")
    before = page.locator("#now").inner_text()
    page.get_by_role("button", name="+1 hour").click()
    expect(page.locator("#jump")).to_contain_text("1 hour later. Nothing was said meanwhile.")
    expect(page.locator("#now")).not_to_have_text(before)
    page.get_by_role("button", name="next deadline").click()
    expect(page.locator("#jump")).to_contain_text("1 new in psrt-bot")
    page.locator("#line").fill("Thank you, clock")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Thank you, clock")
    expect(page.locator("#jump")).not_to_contain_text("#team")
    page.locator("#jump").get_by_role("link").click()
    expect(page.locator("#messages")).to_contain_text("Your ballot is missing in 1 vote.")
    page.get_by_role("button", name="Dismiss what time brought").click()
    expect(page.locator("#jump")).to_have_count(0)


def test_the_tour_leads_and_is_dismissed(demo: Demo, demo_window: Windows) -> None:
    """The tour knows how far its steps are done, goes to people and places, and stays dismissed."""
    page = demo_window("ben", "team")
    tour = page.get_by_role("complementary", name="Tour")
    expect(tour).to_contain_text("Step 1 of 9")
    tour.get_by_role("link", name="Be Ana in #team").click()
    expect(page.locator("#you")).to_contain_text("Ana Andrade")
    expect(tour).to_contain_text("0 of 1 done")
    nominate(page, "Rosa Romero")
    expect(tour).to_contain_text("✓ Done")
    tour.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("Vote as three people")
    vote(page, "Rosa Romero", "Yes")
    expect(tour).to_contain_text("1 of 3 done")
    tour.get_by_role("button", name="Dismiss the tour").click()
    expect(tour).to_have_count(0)
    page.reload()
    expect(tour).to_have_count(0)
    page.get_by_role("button", name="Tour").click()
    expect(tour).to_contain_text("Step 2 of 9")
