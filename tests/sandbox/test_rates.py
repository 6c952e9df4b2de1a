"""Rate limits by tier, in the workspace's time."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from psrt_bot.sandbox.api.dispatch import METHODS
from psrt_bot.sandbox.rates import POSTING, TIER_2, TIER_4, TIERS, RateLimits, Tier
from psrt_bot.sandbox.workspace import Workspace
from tests.sandbox.conftest import Clock


def allowed(rates: RateLimits, method: str, channel: str = "C1") -> int:
    """How many calls go through until one does not."""
    count = 0
    while rates.retry_after("A1", method, {"channel": channel}) is None:
        count += 1
    return count


@pytest.fixture
def rates(clock: Clock) -> RateLimits:
    made = RateLimits(clock.now)
    made.enabled = True
    return made


@pytest.mark.parametrize(
    ("method", "tier"),
    [("conversations.list", TIER_2), ("views.open", TIER_4), ("chat.postMessage", POSTING)],
)
def test_tier(rates: RateLimits, clock: Clock, method: str, tier: Tier) -> None:
    """A burst goes through, then the tier's rate, and Retry-After is right to the second."""
    assert allowed(rates, method) == tier.burst
    seconds = rates.retry_after("A1", method, {"channel": "C1"})
    assert seconds is not None
    clock.forward(seconds=seconds)
    assert allowed(rates, method) == max(1, int(seconds * tier.per_minute / 60))
    clock.forward(minutes=10)
    assert allowed(rates, method) == tier.burst


def test_each_for_itself(rates: RateLimits) -> None:
    """Apps, methods and, for posts, channels do not share a limit."""
    assert allowed(rates, "chat.postMessage", "C1") == POSTING.burst
    assert allowed(rates, "chat.postMessage", "C2") == POSTING.burst
    assert rates.retry_after("A2", "chat.postMessage", {"channel": "C1"}) is None
    assert allowed(rates, "chat.update", "C1") == TIERS["chat.update"].burst
    assert allowed(rates, "chat.update", "C2") == 0


def test_rounded_up(rates: RateLimits, clock: Clock) -> None:
    """Retry-After is never too early: 2.5 seconds are told as 3."""
    allowed(rates, "conversations.list")
    clock.forward(seconds=0.5)
    assert rates.retry_after("A1", "conversations.list", {}) == 3


def test_every_method_has_a_tier() -> None:
    """No method of the sandbox is without a limit, and no limit without a method."""
    assert set(TIERS) == set(METHODS)


def test_over_the_wire(workspace: Workspace, client: WebClient, clock: Clock) -> None:
    """Off at first; switched on, 429 with Retry-After and no effect."""
    for _ in range(POSTING.burst + 1):
        client.chat_postMessage(channel="team", text="x")
    workspace.rate_limits = True
    assert workspace.rate_limits
    for _ in range(POSTING.burst):
        client.chat_postMessage(channel="team", text="x")
    with pytest.raises(SlackApiError) as limited:
        client.chat_postMessage(channel="team", text="too much")
    response = limited.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert response.headers["Retry-After"] == "1"
    assert workspace.calls[-1].status == 429
    clock.forward(seconds=1)
    client.chat_postMessage(channel="team", text="in time")
    shown = [m.text for m in workspace.as_user("alice").channel("team").messages]
    assert shown[-1] == "in time"
    assert "too much" not in shown
