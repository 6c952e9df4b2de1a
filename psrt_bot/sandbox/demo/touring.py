"""The tour: five steps through the main job. Each knows from the workspace how far it has come."""

from collections.abc import Callable, Iterator

from psrt_bot.sandbox.demo.seed import CANDIDATE
from psrt_bot.sandbox.model import Message
from psrt_bot.sandbox.page.config import Go, TourStep
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting.messages import CAST

VOTERS = 3


def steps(workspace: Workspace, checked: Callable[[], bool]) -> tuple[TourStep, ...]:
    """The steps of the tour.

    Args:
        checked: whether somebody has checked a receipt with success.
    """
    seen = Seen(workspace)
    return (
        TourStep(
            "Nominate somebody",
            "You are *Ana*, a member of the team. Type `/nominate` below (the `/` button lists all "
            "commands), press Enter, and nominate *Rosa Romero*. Three short windows: who, why, a "
            "preview. Nothing is told before the third.",
            [Go("Be Ana in #team", "ana", "team")],
            lambda: (min(seen.nominations(), 1), 1),
        ),
        TourStep(
            "Vote as three people",
            "Press *Vote* on the card in #team. The receipt is shown once: *copy it*, you will "
            "want one later. Then become somebody else and vote again, three people in all. "
            "Watch that the channel tells nobody how, or whether, you voted.",
            [
                Go("Be Ben", "ben", "team"),
                Go("Be Chi", "chi", "team"),
                Go("Be Dov", "dov", "team"),
                Go("Be Rosa, who may not", CANDIDATE, "general"),
            ],
            lambda: (min(seen.voters(), VOTERS), VOTERS),
        ),
        TourStep(
            "Let the week pass",
            "A vote is open for a week. Press *To the next deadline* at the top again and again: "
            "first who has not voted is reminded, then the vote closes, and the result appears in "
            "#team. What comes of each move is told above the messages.",
            [Go("Be Ana in #team", "ana", "team")],
            lambda: (min(seen.results(), 1), 1),
        ),
        TourStep(
            "Check your receipt",
            "The result’s thread holds the *bulletin*: every ballot by its receipt, nobody’s name. "
            "Unfold the reply under the result and put your receipt into *Check a receipt*: all "
            "is recounted as `psrt-bot verify` does it offline. Or open the file and look.",
            [Go("Be Ana in #team", "ana", "team")],
            lambda: (int(checked()), 1),
        ),
        TourStep(
            "See what the next day brings",
            "Press *+1 day* and look around: the card says where the nomination stands now. Be "
            "*Nia*, who was nominated: she has seen nothing of it. Then open *Under the hood*: "
            "what Slack sent, what the bot answered, how fast; and make something go wrong.",
            [Go("Be Nia", "nia", "general"), Go("Be Ben, an admin", "ben", "admins")],
        ),
    )


class Seen:
    """What has happened in the workspace since the scene was set."""

    def __init__(self, workspace: Workspace) -> None:
        self._state = workspace.state

    def _team(self) -> Iterator[Message]:
        team = self._state.channel("team")
        return (m for m in list(team.messages.values()) if m.app_id and not m.thread_ts)

    def nominations(self) -> int:
        """How many nominations there are besides the scene's two."""
        return max(sum(m.text.startswith("Nomination of ") for m in self._team()) - 2, 0)

    def results(self) -> int:
        """How many votes have ended besides the scene's."""
        return max(sum(m.text.startswith("Vote on ") for m in self._team()) - 1, 0)

    def voters(self) -> int:
        """How many people have voted since the scene was set."""
        return len(
            {
                d.payload["user"]["id"]
                for d in self._state.delivered
                if d.payload.get("type") == "view_submission"
                and d.payload["view"]["callback_id"] == CAST
                and d.ack
                and isinstance(d.ack.body, dict)
                and d.ack.body.get("response_action") == "update"
            }
        )
