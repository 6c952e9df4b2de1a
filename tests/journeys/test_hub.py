"""/psrt: what one can do, given who one is (R14; DESIGN section 2)."""

from psrt_bot.membership.rules import Role
from tests.journeys.house import House
from tests.journeys.steps import STRANGERS_ARE_TOLD, card, change_role, fill_texts


def test_the_hub_offers_what_one_may_do_and_leads_there(house: House) -> None:
    """A member nominates from it, through all three modals: the first takes the hub's place."""
    chi = house.person("chi")
    chi.command("/psrt", channel="team")
    hub = chi.wait_modal(title="What you can do")
    assert "`/vote` opens your ballot" in hub.text
    assert "`/psrt join`" in hub.text
    hub.click("Vote")
    nothing = chi.wait_modal(title="Note")
    assert "no open vote" in nothing.text
    nothing.close()
    hub.click("Nominate")
    who = chi.wait_modal(title="Nominate: who")
    assert hub.title == who.title  # the same place on the stack
    who.fill("Slack user", "nia").fill("Standing", "Triager").submit()
    fill_texts(chi.wait_modal(title="Nominate: texts")).submit()
    chi.wait_modal(title="Nominate: preview").submit()
    house.work()
    assert "Nominated by Chi Chen" in card(house, reader="ana").rendered


def test_strangers_find_only_how_to_join(house: House) -> None:
    """R14, and nothing else: no word of what members do, in the hub, its help or a suggestion."""
    oli = house.person("oli")
    oli.command("/psrt")
    hub = oli.wait_modal(title="What you can do")
    assert "nominates" not in hub.text
    hub.click("Join")
    joining = oli.wait_modal(title="Note").text
    for told in ("The role", "Who is expected", "Finding a nominator", "Common mistakes"):
        assert told in joining
    assert "`/psrt join`" in (oli.command("/psrt", "help").text or "")
    said = oli.command("/psrt", "nominte").text or ""
    assert "Did you mean `nominate`" not in said
    assert "nominates" not in said


def test_a_hub_from_before_is_refused_what_one_may_no_longer_do(house: House) -> None:
    """Its buttons carry a word each; who left, or forges one, is refused as at the command."""
    fay = house.person("fay")
    fay.command("/psrt", channel="team")
    hub = fay.wait_modal(title="What you can do")
    change_role(house, "fay", Role.MEMBER, held=False)
    hub.click("Vote")
    assert STRANGERS_ARE_TOLD in fay.wait_modal(title="Note").text
