"""Whatever people are called, their modals are within Slack's limits."""

from typing import Any

import pytest
from slack_sdk.models.views import View

from psrt_bot.membership import people_forms as forms
from psrt_bot.membership import people_views as views
from psrt_bot.membership.browsing import (
    HISTORY_PER_PAGE,
    MAX_TEXT,
    PER_PAGE,
    Card,
    Filter,
    Held,
    History,
    Line,
    LinkState,
    Page,
    Place,
)
from psrt_bot.membership.rules import MAX_DECISION, MAX_NAME, MAX_REASON, Role
from psrt_bot.runtime.blocks import escape
from tests.conftest import START

LONG = "&" * MAX_NAME  # five characters each, once escaped
LINE = Line(
    person_id="0" * 32,
    name=LONG,
    github="g" * 39,
    notes="&" * 1000,
    roles=frozenset(Role),
    slack_user_id="U0123456789",
    link=LinkState.GONE,
)
PLACE = Place(
    Filter('"' * MAX_TEXT, Role.STEERING_COUNCIL, LinkState.LINKED), 9, "0" * 32, "f" * 16
)
CARD = Card(LINE, listed=True, since=dict.fromkeys(Role, START), place=PLACE)
HELD = Held(
    role=Role.STEERING_COUNCIL,
    since=START,
    by=escape(LONG),
    until=START,
    ended_by=escape(LONG),
    decision="&" * MAX_DECISION,
    reason="&" * MAX_REASON,
    end_reason="&" * MAX_REASON,
)


@pytest.mark.parametrize(
    "view",
    [
        views.list_modal(Page([LINE] * PER_PAGE, PLACE, 20, 400, manages=True)),
        views.list_modal(Page([LINE] * PER_PAGE, PLACE, 20, 400, manages=False)),
        views.person_modal(CARD, forms.ROLES_CHANGED),
        forms.add_modal(PLACE),
        forms.edit_modal(CARD),
        forms.link_modal(CARD),
        forms.roles_modal(CARD, alone=True, decision="&" * MAX_DECISION),
        forms.join_modal(CARD),
        views.history_modal(History(LONG, [HELD] * HISTORY_PER_PAGE, PLACE, 1, 9)),
    ],
    ids=["list", "public", "person", "add", "edit", "link", "roles", "join", "history"],
)
def test_modals_are_within_the_limits(view: View) -> None:
    """A hundred blocks, 3000 characters a text and of metadata; what they remember is read."""
    drawn: dict[str, Any] = view.to_dict()  # slack_sdk checks its own limits here
    assert len(drawn["blocks"]) <= 100
    assert len(drawn["private_metadata"]) <= 3000
    assert Place.read(drawn["private_metadata"]) == PLACE
    assert all(len(text) <= 3000 for text in texts(drawn["blocks"]))


def texts(part: Any) -> list[str]:
    """Every text in blocks."""
    if isinstance(part, list):
        return [text for one in part for text in texts(one)]
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + texts(list(part.values()))
    return []
