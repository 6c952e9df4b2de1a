"""The main job: nominate, vote, decide."""

from tests.journeys.house import House


def test_nomination_vote_result(house: House) -> None:
    """A nomination is voted on secretly for a week and its result is published with a bulletin."""
    house.nominate(by="ana", nominee="nia")
    card = house.person("chi").channel("team").wait(lambda m: "Nomination: Nia Novak" in m.rendered)
    assert card.buttons == ["Vote", "Details"]
    receipts = {
        voter: house.vote(voter, choice)
        for voter, choice in (("ana", "Yes"), ("ben", "Yes"), ("chi", "Yes"), ("dov", "No"))
    }
    house.pass_time(days=7)
    result = house.person("chi").channel("team").wait(lambda m: "has passed" in m.rendered)
    assert "Yes 3, no 1, abstain 0: 4 ballots of 6 electors." in result.rendered
    bulletin = house.person("chi").channel("team").thread(result)[-1].files[0].download().decode()
    for receipt in receipts.values():
        assert receipt in bulletin
