"""Voting as an elector does it: by command and by button, once and again, and what is said."""

from sqlalchemy import select

from storage.voting import SealedBallot
from tests.journeys.house import House
from tests.journeys.polling import TEAM, card, open_ballot, poll_of, press, receipt_of


def test_no_vote_is_open(house: House) -> None:
    """Without an open poll /vote says so, and where past results are; a slip gets help."""
    said = house.person("chi").command("/vote", channel=TEAM)
    assert "no open vote for you" in (said.text or "")
    assert "/vote results" in (said.text or "")
    slip = house.person("chi").command("/vote", "resluts", channel=TEAM)
    assert "Did you mean `results`?" in (slip.text or "")
    assert house.person("chi").command("/psrt", "vote", channel=TEAM).text == said.text
    house.person("chi").command("/vote", "Results", channel=TEAM)
    assert "No vote has ended yet" in house.person("chi").wait_modal(title="Results").text


def test_the_ballot_says_how_secret_it_is(house: House) -> None:
    """The one open ballot shows whom it is about, until when, and what is kept and published."""
    house.nominate()
    ballot = open_ballot(house, "chi")
    assert ballot.labels == ["Your vote", "Check word"]
    for words in (
        "Nomination of Nia Novak",
        "Open until",
        "How secrecy works.",
        "who cast it is not stored",
        "whoever controls the bot's machine",
        "A unanimous result reveals every vote.",
        "fewer than 3 ballots only passed or not passed",
        "2 to 16 letters or digits, not your name",
        "it is published beside your ballot",
    ):
        assert words in ballot.text, words
    assert "You have voted" not in ballot.text
    assert ballot.value("Your vote") is None
    assert ballot.submit().status == "errors"  # the client itself wants a choice


def test_voting_again_replaces(house: House) -> None:
    """A second ballot says that it replaces, gives a receipt of its own, and alone is counted."""
    house.nominate()
    first = house.vote("chi", "No", check_word="badger")
    again = open_ballot(house, "chi")
    assert "You have voted. Voting again replaces your ballot." in again.text.replace("*", "")
    assert again.value("Your vote") is None
    again.fill("Your vote", "Abstain").fill("Check word", "otter7").submit()
    second = receipt_of(house.person("chi"))
    assert first != second
    for voter in ("ana", "ben"):
        house.vote(voter, "Yes")
    house.pass_time(days=7)
    result = house.person("eve").channel(TEAM).wait(lambda m: "has passed" in m.rendered)
    assert "Yes 2, no 0, abstain 1: 3 ballots of 6 electors." in result.rendered
    house.person("eve").click(result, "Send me the bulletin")
    house.work()
    sent = house.person("eve").wait_inbox(lambda m: bool(m.files)).files[0].download().decode()
    assert second in sent
    assert '"otter7"' in sent
    assert first not in sent
    assert "badger" not in sent


def test_the_vote_button_of_the_card_opens_the_ballot(house: House) -> None:
    """The card's **Vote** does what /vote does; the receipt is shown once and in no message."""
    house.nominate()
    person = house.person("dov")
    card(house).click("Vote", by=person)
    person.wait_modal(title="Vote").fill("Your vote", "Yes").submit()
    shown = person.wait_modal(title="Ballot recorded")
    assert "not stored and not shown again" in shown.text
    assert "Voting again replaces this ballot" in shown.text
    code = receipt_of(person)
    assert person.modal is None
    assert not [m for m in [*person.inbox, *person.ephemerals] if code in m.rendered]
    assert code not in open_ballot(house, "dov").text


def test_several_open_votes_are_offered_in_a_list(house: House) -> None:
    """With two open polls /vote lists both, the first to close at the top; each has its **Vote**.

    The ballot lies on top of the list, and its receipt is for that poll alone.
    """
    house.nominate(by="ana", nominee="nia")
    house.pass_time(hours=2)
    house.nominate(by="ben", nominee="oli")
    newest = poll_of(house)
    person = house.person("chi")
    person.command("/vote", channel=TEAM)
    listed = person.wait_modal(title="Open votes")
    assert listed.text.index("Nia Novak") < listed.text.index("Oli Okoro")
    press(listed, person, 1)
    ballot = person.wait_modal(title="Vote")
    assert "Nomination of Oli Okoro" in ballot.text
    ballot.fill("Your vote", "No").submit()
    receipt_of(person)
    assert person.wait_modal(title="Open votes").is_open
    with house.bot.database.reading() as session:
        assert {row.poll_id for row in session.scalars(select(SealedBallot))} == {newest.id}


def test_a_check_word_that_cannot_be_published_is_refused(house: House) -> None:
    """Too short, too long or part of one's own name: said under its field, and nothing is cast."""
    house.nominate()
    for word, problem in (
        ("x", "2 to 16 letters"),
        ("two words", "without spaces"),
        ("Andrade", "part of your name"),
        ("ANA", "part of your name"),
    ):
        ballot = open_ballot(house, "ana").fill("Your vote", "Yes").fill("Check word", word)
        assert ballot.submit().status == "errors"
        assert problem in ballot.errors["Check word"]
        assert word not in ballot.errors["Check word"]
    assert "You have voted" not in open_ballot(house, "ana").text
    # Seventeen characters do not even leave Slack's client.
    too_long = open_ballot(house, "ana").fill("Your vote", "Yes").fill("Check word", "a" * 17)
    assert too_long.submit().status == "errors"
    assert "at most 16" in too_long.errors["Check word"]
