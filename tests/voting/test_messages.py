"""What voters are told is what Slack takes, however much there is of it."""

from datetime import UTC, datetime, timedelta

import pytest

from psrt_bot.sandbox.surfaces import check_message_blocks, check_view
from psrt_bot.voting.messages import (
    LISTED_VOTES,
    REMINDED_VOTES,
    PollLine,
    choose_modal,
    reminder,
)

CLOSES = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


def lines(count: int) -> list[PollLine]:
    """So many votes, each of a nominee with the longest name."""
    return [
        PollLine(f"p{number}", f"Nomination of {'N' * 80}", CLOSES + timedelta(hours=number))
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, REMINDED_VOTES, REMINDED_VOTES + 1, 60, 1000])
def test_a_reminder_of_any_number_of_votes(count: int) -> None:
    """It counts them all, names those that close first, and says how many more there are."""
    payload = reminder(lines(count)).payload()
    check_message_blocks(payload["blocks"])
    assert f"missing in {count} vote" in payload["text"]
    assert len(payload["text"]) < 40_000
    buttons = [block["accessory"]["value"] for block in payload["blocks"] if "accessory" in block]
    assert buttons == [f"p{n}" for n in range(min(count, REMINDED_VOTES))]
    assert (f"and {count - REMINDED_VOTES} more" in str(payload)) == (count > REMINDED_VOTES)


@pytest.mark.parametrize("count", [2, LISTED_VOTES, LISTED_VOTES + 1, 1000])
def test_a_list_of_any_number_of_votes(count: int) -> None:
    """The modal to choose from holds as many as fit, and says how many more there are."""
    view = choose_modal(lines(count)).to_dict()
    check_view(view, "modal")
    assert (f"and {count - LISTED_VOTES} more" in str(view)) == (count > LISTED_VOTES)
