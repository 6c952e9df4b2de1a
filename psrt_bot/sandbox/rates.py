"""Rate limits by tier: how often each method may be called, and when to come back.

Source: https://docs.slack.dev/apis/web-api/rate-limits and each method's page. Slack promises a
rate ("20+ per minute") and no size of a burst: the bursts here are ours, a minute's worth for
tiers 2 to 4. Time is the workspace's, so that a test which moves the clock by hand waits for
nothing; with a clock that runs, it is real.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Tier:
    """So many calls a minute in the long run, `burst` of them at once."""

    per_minute: float
    burst: int


TIER_1 = Tier(1, 3)
TIER_2 = Tier(20, 20)
TIER_3 = Tier(50, 50)
TIER_4 = Tier(100, 100)
POSTING = Tier(60, 5)
"""chat.postMessage: one a second in each channel, with short bursts."""
SPECIAL = Tier(600, 600)
"""auth.test, chat.getPermalink: "hundreds per minute"."""

_NAMES: dict[Tier, str] = {
    TIER_1: "apps.connections.open",
    TIER_2: "conversations.create conversations.list users.list",
    TIER_3: (
        "chat.delete chat.update conversations.history conversations.info conversations.invite "
        "conversations.join conversations.kick conversations.leave conversations.open "
        "conversations.replies files.delete"
    ),
    TIER_4: (
        "chat.postEphemeral conversations.members files.completeUploadExternal "
        "files.getUploadURLExternal files.info users.info "
        "views.open views.publish views.push views.update"
    ),
    POSTING: "chat.postMessage",
    SPECIAL: "auth.test chat.getPermalink",
}
TIERS: dict[str, Tier] = {name: tier for tier, names in _NAMES.items() for name in names.split()}


@dataclass
class _Bucket:
    left: float
    at: datetime


class RateLimits:
    """The calls each app may still make. Off until `enabled`. Safe to use from several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._lock = threading.Lock()
        self.enabled = False

    def retry_after(self, app_id: str, method: str, args: dict[str, Any]) -> int | None:
        """Count a call. None when it may go on, else after how many whole seconds to try again."""
        tier = TIERS.get(method)
        if not self.enabled or tier is None:
            return None
        place = str(args.get("channel") or "") if tier is POSTING else ""
        with self._lock:
            now = self._now()
            bucket = self._buckets.setdefault(
                (app_id, method, place), _Bucket(float(tier.burst), now)
            )
            gained = max((now - bucket.at).total_seconds(), 0.0) * tier.per_minute / 60
            bucket.left, bucket.at = min(bucket.left + gained, float(tier.burst)), now
            if bucket.left >= 1:
                bucket.left -= 1
                return None
            return max(1, math.ceil((1 - bucket.left) * 60 / tier.per_minute))
