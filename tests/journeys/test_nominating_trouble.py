"""When something is in the way: a prefix, a locked database, a broken one, a slow Slack."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from commands.surface import BUSY, TOO_SLOW
from psrt_bot.runtime.called import PLACE
from psrt_bot.sandbox import faults
from storage.engine import Database
from tests.journeys.house import TEXTS, House, built_house
from tests.journeys.steps import card, fill_texts, nominations, to_preview, to_texts, whispered
from tests.runtime.captured_logs import logged

WRITTEN = "Handled eleven reports."


@pytest.fixture(params=["socket", "http"])
def prefixed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A workspace in which another app has taken the short names."""
    with built_house(tmp_path, request.param, command_prefix="my-") as built:
        yield built


def test_a_prefix_renames_every_command_and_its_help(prefixed: House) -> None:
    """PSRT_COMMAND_PREFIX: the short names are gone, the renamed ones lead to the same places."""
    chi = prefixed.person("chi")
    assert chi.command("/nominate", channel="team").status == "unknown_command"
    chi.command("/my-nominate", channel="team")
    assert chi.wait_modal().title == "Nominate: who"
    assert "`/my-nominate withdraw`" in (
        chi.command("/my-psrt", "nominate help", channel="team").text or ""
    )
    assert "`/my-nominate`" in (chi.command("/my-psrt", "help", channel="team").text or "")
    prefixed.modal("chi").close()
    chi.command("/my-psrt", channel="team")
    hub = chi.wait_modal(title="What you can do").text
    assert "`/my-vote` opens your ballot" in hub
    assert "`/psrt" not in hub


def test_a_prefix_is_forgotten_nowhere_in_what_nominations_say(prefixed: House) -> None:
    """No message or modal on the way names a command that does not exist here."""
    ana = prefixed.person("ana")
    ana.command("/my-nominate", channel="team")
    ana.wait_modal().fill("Slack user", "nia").fill("Standing", "Triager").submit()
    texts = fill_texts(ana.wait_modal(title="Nominate: texts"))
    read = [texts.text]
    texts.click("Save and go on later")
    read.append(ana.wait_modal(title="Note").text)
    prefixed.modal("ana").close()
    texts.submit()
    preview = ana.wait_modal(title="Nominate: preview")
    read.append(preview.text)
    preview.submit()
    prefixed.work()
    said = [m.rendered for m in [*ana.inbox, *ana.channel("team").everything]]
    assert len(said) == 4
    assert re.findall(r"(?<![\w-])/(?:nominate|vote|psrt)\b", "\n".join(read + said)) == []


def test_a_prefix_is_forgotten_nowhere_in_what_admins_read(prefixed: House) -> None:
    """Answers, modals and messages name the commands as they are called here."""
    ben = prefixed.person("ben")  # an admin
    read = [ben.command("/my-psrt", "publish", channel="team").text or ""]
    ben.command("/my-psrt", "members chi", channel="team")
    ben.wait_modal(title="Members").click("Open")
    ben.wait_modal(title="Person").click("End membership…")
    form = ben.wait_modal(title="End a membership").fill("Reason", "They asked for it.")
    form.fill("Are you sure?", ["End the membership of Chi Chen now"]).submit()
    read.append(ben.wait_modal(title="Person").text)
    prefixed.work()
    told = [m.rendered for m in [*ben.inbox, *ben.channel("admins").everything]]
    said = "\n".join(read + told)
    assert said.count("`/my-psrt publish") >= 3
    assert re.findall(r"(?<![\w-])/(?:nominate|vote|psrt)\b", said) == []
    assert PLACE not in said


def test_a_locked_database_changes_nothing_and_keeps_what_was_typed(house: House) -> None:
    """The answer comes within Slack's three seconds; trying again a moment later does it."""
    preview = to_preview(house)
    url = house.settings.database_url.get_secret_value()
    other = Database(url)
    try:
        with other.transaction():  # somebody else writes, for as long as this block lasts
            outcome = preview.submit()
        assert outcome.status == "ok"
        ana = house.person("ana")
        assert ana.modal is not None
        assert BUSY in ana.modal.text
        assert nominations(house) == []
        ana.modal.close()
        ana.modal.submit()
        ana.wait_modal(title="Nominate: preview").submit()
        assert len(nominations(house)) == 1
    finally:
        other.close()


def test_a_locked_database_is_told_under_the_first_field_of_a_form(house: House) -> None:
    """The modal stays open with every text in it."""
    texts = fill_texts(to_texts(house))
    other = Database(house.settings.database_url.get_secret_value())
    try:
        with other.transaction():
            texts.submit()
    finally:
        other.close()
    assert texts.errors == {"Background": BUSY}
    assert texts.value("Security experience") == WRITTEN
    texts.submit()
    assert house.person("ana").wait_modal(title="Nominate: preview")


def test_a_broken_database_gives_a_reference_and_logs_nothing_that_was_written(
    house: House,
) -> None:
    """The reference the person quotes stands in the log, beside nothing of the form."""
    texts = fill_texts(to_texts(house))
    with house.session() as session:
        session.execute(text("ALTER TABLE nomination_draft RENAME TO nomination_draft_gone"))
    with logged() as log:
        texts.submit()
    said = texts.errors["Background"]
    found = re.search(r"nothing was changed\. Reference: (\w{4}-\w{2})$", said)
    assert found
    assert found[1] in log.getvalue()
    for written in TEXTS.values():
        if written != "none":
            assert written not in log.getvalue()
    assert "Nia" not in log.getvalue()


def test_a_slow_slack_is_told_where_that_is_possible(house: House) -> None:
    """A trigger that died opens nothing; the person hears it instead of waiting."""
    house.workspace.faults.add("views.open", faults.delayed(2.5))
    said = whispered(house, "chi", lambda: house.person("chi").command("/nominate", channel="team"))
    assert said == TOO_SLOW


def test_a_lost_preview_is_found_again(house: House) -> None:
    """Whatever went wrong on the way, the texts are in the draft."""
    to_preview(house)
    house.close()
    house.open()  # a reboot in between; the modal is forgotten
    ana = house.person("ana")
    ana.command("/nominate", channel="team")
    ana.wait_modal(title="Your drafts").click("Continue")
    ana.wait_modal(title="Nominate: who").submit()
    ana.wait_modal(title="Nominate: texts").submit()
    ana.wait_modal(title="Nominate: preview").submit()
    house.work()
    assert card(house)
