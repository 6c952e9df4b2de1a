"""What admins read: within Slack's limits, in plain words, and nothing of a name's markup."""

from datetime import UTC, datetime

import pytest

from psrt_bot.access.messages import checklists as messages
from psrt_bot.access.messages.checklists import Row, Shown
from psrt_bot.access.rules import GITHUB, MAILING_LIST, Cause, ChecklistState, Doing, ItemState

WHEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def row(place: str = GITHUB, state: ItemState = ItemState.OPEN, **more: object) -> Row:
    values: dict[str, object] = {"item_id": "1", "doing": Doing.ADD, "called": "#team"} | more
    return Row(place=place, state=state, **values)  # type: ignore[arg-type]


def shown(*rows: Row, name: str = "Nia <!here>", team: str = "python/psrt") -> Shown:
    return Shown("C1", name, Cause.JOINED, ChecklistState.OPEN, WHEN, rows, team)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (row(login="nia"), "☐ Add `@nia` to the GitHub team <"),
        (row(login="nia", doing=Doing.REMOVE), "☐ Remove `@nia` from the GitHub team <"),
        (row(doing=Doing.REMOVE), "their GitHub name is not known"),
        (row(MAILING_LIST), "☐ Add them to the mailing list"),
        (row(MAILING_LIST, doing=Doing.REMOVE), "☐ Take them off the mailing list"),
        (row("C0TEAM", ItemState.OWED), "⏳ Invite them to <#C0TEAM>"),
        (row("C0TEAM", ItemState.OWED, doing=Doing.REMOVE), "⏳ Remove them from <#C0TEAM>"),
        (row("C0TEAM", refusal="no <b>"), "the bot could not: no &lt;b&gt;"),
        (row("C0TEAM", ItemState.DONE, done_by="by the bot", done_at=WHEN), "_by the bot, <!date"),
        (row("C0TEAM", ItemState.DONE, done_by="Ana"), "_Ana_"),
    ],
)
def test_each_row_in_words(one: Row, words: str) -> None:
    """Every place, doing and state says what it is."""
    assert words in str(messages.checklist(shown(one)).payload())


def test_no_team_is_set() -> None:
    """Then the row names the team without an address."""
    text = str(messages.checklist(shown(row(login="nia"), team="")).payload())
    assert "to the GitHub team" in text
    assert "github.com" not in text


def test_a_name_is_no_markup() -> None:
    """Neither in blocks nor in the fallback text, of a checklist in any state and of a reminder."""
    for state in ChecklistState:
        one = Shown("C1", "Nia <!here>", Cause.LEFT, state, WHEN, [row()])
        message = messages.checklist(one)
        assert "<!here>" not in str(message.payload())
    assert "<!here>" not in str(messages.reminder([shown(row())]).payload())


def test_many_rows_and_many_lists_fit() -> None:
    """A message has 50 blocks at most, a modal 100; what is left out is counted."""
    rows = [row(f"C{n}", refusal="no", can_retry=True) for n in range(40)]
    message = messages.checklist(shown(*rows))
    assert len(message.blocks) <= 50
    assert "and 20 more places" in str(message.payload())
    modal = messages.overview([shown(*rows) for _ in range(7)])
    assert modal.blocks is not None
    assert len(modal.blocks) <= 100
    assert "and 5 more; they follow" in str(modal.to_dict())


def test_a_reminder_leads_to_the_lists() -> None:
    """Each with its address, where its message is posted, and what is left of it."""
    posted = Shown(
        "C1",
        "Nia",
        Cause.JOINED,
        ChecklistState.OPEN,
        WHEN,
        [row(called="GitHub team"), row("C0TEAM", ItemState.DONE)],
        link="https://slack.com/archives/C1/p1",
    )
    text = str(messages.reminder([posted]).payload())
    assert "<https://slack.com/archives/C1/p1|Nia> (their membership began): GitHub team" in text
