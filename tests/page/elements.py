"""What tests of Block Kit elements share."""

from __future__ import annotations

from typing import Any

from psrt_bot.sandbox import posting
from tests.page.conftest import Small


def element(kind: str, **rest: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": "it", **rest}


def values_of(small: Small) -> dict[str, Any]:
    """What the app was told was entered, by block id."""
    state = small.app.last["view"]["state"]["values"]
    return {block: next(iter(actions.values())) for block, actions in state.items()}


def post(small: Small, *blocks: dict[str, Any]) -> None:
    """The app posts blocks in #team."""
    team, app = small.workspace.state.channel("team"), small.installation.app
    posting.post(small.workspace.state, team, app.bot_user_id, "", app=app, blocks=list(blocks))


def chosen_last(small: Small, count: int) -> dict[str, Any]:
    """The newest action, once the app has been told this often."""
    small.workspace.wait_for(lambda: len(small.app.received) >= count)
    assert len(small.app.received) == count
    action: dict[str, Any] = small.app.last["actions"][0]
    return action
