"""App Home stays within Slack's hundred blocks, however much there is."""

from datetime import UTC, datetime

import pytest

from psrt_bot.home.messages import DraftLine, MemberHome, TeamLine, member_home, strangers_home
from psrt_bot.nominations.messages import form
from psrt_bot.nominations.messages.words import Shown
from psrt_bot.nominations.rules import NominationState, Standing
from psrt_bot.runtime import blocks
from psrt_bot.sandbox.surfaces import check_view
from psrt_bot.voting.messages import PollLine

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LONG = "N" * 200  # as long as a name may be


def crowded(count: int) -> MemberHome:
    """Return lists of so many lines."""
    mine = Shown(
        nomination_id="n",
        nominee=LONG,
        nominator=LONG,
        github="",
        standing=Standing.TRIAGER,
        state=NominationState.UNCOUNTED,
        nominated_at=NOW,
        closes_at=NOW,
    )
    return MemberHome(
        votes=[PollLine(str(n), f"Nomination of {LONG}", NOW) for n in range(count)],
        own=[mine] * count,
        drafts=[DraftLine(str(n), LONG, NOW) for n in range(count)],
        parts=[blocks.section(LONG)] * count,
        team=[TeamLine(LONG, ("Admin", "Release Manager"))] * count,
    )


@pytest.mark.parametrize("count", [0, 1, 20, 21, 500])
def test_a_home_of_any_size_is_one_that_slack_takes(count: int) -> None:
    """Twenty lines of each list are shown, and how many more there are."""
    view = member_home(crowded(count)).to_dict()
    check_view(view, "home")
    assert str(view).count(f"and {count - 20} more") == (3 if count > 20 else 0)


def test_the_strangers_home_is_one_that_slack_takes() -> None:
    """R14 in one section."""
    check_view(strangers_home([]).to_dict(), "home")
    check_view(strangers_home([blocks.divider()] * 300).to_dict(), "home")


def test_a_list_of_any_number_of_drafts_is_one_that_slack_takes() -> None:
    """The latest twenty; the others wait until those are used."""
    view = form.drafts_modal([(str(n), LONG, NOW) for n in range(500)]).to_dict()
    check_view(view, "modal")
    assert str(view).count("'Continue'") == 20
