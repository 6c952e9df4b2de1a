"""/psrt publish: the changed lists as files, the difference, and word that they stand (R5)."""

from sqlmodel import select

from psrt_bot.sandbox.seen import SeenMessage
from storage.people import Person, Publication
from tests.journeys.councils import audited, said
from tests.journeys.house import ROSTER, House
from tests.journeys.peoples import becomes, csv, form_boxes, sent, shown
from tests.journeys.steps import STRANGERS_ARE_TOLD, press_anothers, whispered

TO_PUBLISH = "The public list, to be published"


def rename(house: House, github: str, who: str = "chi") -> None:
    """Let the list differ from what is published."""
    edit = becomes(house, shown(house, who), "Edit…", "Edit")
    sent(house, edit.fill("GitHub name", github)).close()


def published(house: House, text: str = "", by: str = "ana") -> str:
    """Type /psrt publish, and return what one is told."""
    answer = house.person(by).command("/psrt", f"publish {text}".strip()).text
    house.work()
    return str(answer)


def given(house: House, by: str = "ana") -> SeenMessage:
    """The newest message with what is to be published."""
    return house.person(by).wait_inbox(lambda m: TO_PUBLISH in m.text)


def files(house: House, by: str = "ana") -> dict[str, bytes]:
    """Every file in the direct messages, the newest of each name."""
    return {f.name: f.download() for m in house.person(by).inbox for f in m.files}


def test_nothing_to_publish(house: House) -> None:
    """What was imported is what stands in public; a word gives the file all the same."""
    assert "Nothing changed since the lists were published or imported" in published(house)
    assert "`psrt.csv`" in published(house, "all")
    assert files(house) == {"psrt.csv": ROSTER}


def test_the_changed_list_with_its_difference(house: House) -> None:
    """A file to the byte as exported, a diff, what changed in words; only the list that did."""
    rename(house, "chi-chen")
    assert "psrt-emeritus.csv" not in published(house)
    message = given(house)
    assert "-Chi Chen,chi," in message.rendered
    assert "+Chi Chen,chi-chen," in message.rendered
    assert "GitHub name 'chi' is now 'chi-chen'" in message.rendered
    assert files(house) == {"psrt.csv": csv(house).encode()}
    assert "Chi" not in said(house, "admins", "ben")


def test_both_lists_when_somebody_left(house: House) -> None:
    """The membership's end changes both files."""
    end = becomes(house, shown(house, "fay"), "End membership…", "End a membership")
    end.fill("Reason", "Moves on").fill("Are you sure?", form_boxes(end))
    sent(house, end).close()
    assert "`psrt.csv` and `psrt-emeritus.csv`" in published(house)
    assert files(house) == {
        "psrt.csv": csv(house).encode(),
        "psrt-emeritus.csv": b"Fay Falk,fay,\n",
    }


def test_published_is_what_an_admin_says(house: House) -> None:
    """Until then it is offered again; then differences are told from this version on."""
    rename(house, "chi-chen")
    published(house)
    assert "`psrt.csv`" in published(house)
    message = given(house)
    rename(house, "dovdahan", "dov")  # after the file was made
    told = whispered(house, "ana", lambda: message.click("Mark as published"))
    assert "Marked" in told
    house.work()
    house.workspace.wait_for(lambda: message.buttons == [])
    assert "Marked as published by Ana Andrade" in message.rendered
    assert "Ana Andrade marked as published: psrt.csv" in said(house, "admins", "ben")
    (entry,) = audited(house, "membership:publish")
    assert set(entry.details) == {"psrt.csv", "psrt-emeritus.csv"}
    published(house)
    after = given(house)
    assert "dovdahan" in after.rendered
    assert "chi-chen" not in after.rendered.split("@@")[0]


def test_published_twice_or_an_older_one(house: House) -> None:
    """A second click says so; an older version never takes the place of a newer."""
    rename(house, "first")
    published(house)
    older = given(house)
    old = list(older.message.blocks)
    house.pass_time(hours=1)
    rename(house, "second")
    published(house)
    newer = given(house)
    new = list(newer.message.blocks)
    whispered(house, "ana", lambda: newer.click("Mark as published"))
    house.work()
    newer.message.blocks, older.message.blocks = new, old
    again = whispered(house, "ana", lambda: newer.click("Mark as published"))
    assert again == "This version was marked as published before."
    late = whispered(house, "ana", lambda: older.click("Mark as published"))
    assert late == "A newer version of the lists is published already; nothing was changed."
    assert len(audited(house, "membership:publish")) == 1


def test_only_admins_publish(house: House) -> None:
    """Neither the word nor a leaked button is for others, and nothing is made of it."""
    assert house.person("oli").command("/psrt", "publish").text == STRANGERS_ARE_TOLD
    assert "Only admins" in (house.person("chi").command("/psrt", "publish").text or "")
    rename(house, "chi-chen")
    published(house)
    assert "Only admins" in press_anothers(house, "chi", given(house), "Mark as published")
    assert press_anothers(house, "oli", given(house), "Mark as published") == STRANGERS_ARE_TOLD
    with house.session() as session:
        marked = session.scalars(
            select(Publication).where(Publication.published_by != "tests")
        ).all()
    assert marked == []


def test_a_long_difference_is_a_file(house: House) -> None:
    """What a message cannot hold comes as a diff beside the csv."""
    from psrt_bot.composition.people import build_people
    from psrt_bot.runtime.facts import Facts

    many = ROSTER + b"".join(b"Xenia Xu %03d,xenia%03d,\n" % (n, n) for n in range(200))
    with house.session() as session:
        lists = build_people(house.settings, Facts()).lists
        lists.import_files(session, house.clock.now(), {"members": many}, "tests")
        session.flush()
        for one in session.scalars(select(Publication)):
            one.members = ROSTER
        assert len(session.scalars(select(Person)).all()) == 206
    published(house)
    assert "The difference is long" in given(house).rendered
    found = files(house)
    assert found["psrt.csv"] == many
    assert found["psrt.csv.diff"].count(b"\n+Xenia") == 200
