"""The tour: the main job and what follows. Each step knows from the workspace how far it has come.

A further step is a further ``TourStep`` in ``steps``, with a sum of its own in ``Seen``.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from psrt_bot.sandbox.demo.seed import CANDIDATE, MENTOR, NOMINEES
from psrt_bot.sandbox.model import Message
from psrt_bot.sandbox.page.config import Go, TourStep
from psrt_bot.sandbox.workspace import Workspace
from psrt_bot.voting.messages import CAST

VOTERS = 3
NOMINATED, DECIDED = "Nomination of ", "Vote on "
ENDED = ("The nomination of ", "The Steering Council vetoed the nomination of ")
WELCOMED = "is a member of the team from today"
"""How cards, results and outcomes in the team channel begin, in their plain text."""


def steps(workspace: Workspace, checked: Callable[[], bool]) -> tuple[TourStep, ...]:
    """The steps of the tour.

    Args:
        checked: whether somebody has checked a receipt with success.
    """
    seen = Seen(workspace)
    ana = Go("Be Ana in #team", "ana", "team")
    return (
        TourStep(
            "Nominate somebody",
            "You are *Ana*, a member of the team. Type `/nominate` below (the `/` button lists all "
            "commands), press Enter, and nominate *Rosa Romero*. Three short windows: who, why, a "
            "preview. Nothing is told before the third.",
            [ana],
            seen.nominations,
        ),
        TourStep(
            "Vote as three people",
            "Press *Vote* on the card of the one you nominated. The receipt is shown once: *copy "
            "it* (one click selects it), you will want one later. Then become somebody else and "
            "vote again, three people in all. Watch that the channel tells nobody how, or "
            "whether, you voted. Type `/vote` as Rosa to see who may not.",
            [
                Go("Be Ben", "ben", "team"),
                Go("Be Chi", "chi", "team"),
                Go("Be Dov", "dov", "team"),
                Go("Be Rosa, who may not", CANDIDATE, "general"),
            ],
            seen.voters,
            VOTERS,
        ),
        TourStep(
            "Let the week pass",
            "A vote is open for a week. Press *To the next deadline* at the top again and again: "
            "who has not voted is reminded; the vote on Nia, which was open before you came, "
            "closes first, then yours, and its result appears in #team. What comes of each move "
            "is told above the messages.",
            [ana],
            seen.results,
        ),
        TourStep(
            "Check your receipt",
            "The result’s thread holds the *bulletin*: every ballot by its receipt, nobody’s name. "
            "Unfold the reply under *your* result and put your receipt into *Check a receipt*: all "
            "is recounted as `psrt-bot verify` does it offline. Or open the file and look.",
            [ana],
            lambda: int(checked()),
        ),
        TourStep(
            "See what the next day brings",
            "Press *+1 day* and look around: the card says where the nomination stands now, and "
            "the bot has written to *Ana*, who nominated. Be *Nia*, who was nominated: she has "
            "seen nothing of it. Then open *Under the hood*: what Slack sent, what the bot "
            "answered, how fast; and make something go wrong.",
            [Go("Read Ana’s messages", "ana", "psrt-bot"), Go("Be Nia", "nia", "general")],
            seen.next_days,
        ),
        TourStep(
            "Let the Steering Council decide",
            "A passed vote takes effect unless the council vetoes it. Be *Sol* in #council: the "
            "card has *Veto…*, *No objection* and *Abstain*, and shows who said what. Press *No "
            "objection* as two of the three, and #team hears of it at once: the third could not "
            "change it any more. Or veto, and see who gets to read your reason.",
            [
                Go("Be Sol", "sol", "council"),
                Go("Be Tam", "tam", "council"),
                Go("Be Ana in #team", "ana", "team"),
            ],
            seen.outcomes,
        ),
        TourStep(
            "Welcome the newcomer",
            "If nobody vetoed, *Rosa* has a message. Be Rosa, press *Begin*, tick what the team "
            "asks of its members, and accept: the channel welcomes her, she gets a checklist (try "
            "its CVSS step) and stands in the public list, and the admins get a list of places "
            "to let her into.",
            [
                Go("Read Rosa’s messages", CANDIDATE, "psrt-bot"),
                Go("Be Ana in #team", "ana", "team"),
                Go("Be Ben in #admins", "ben", "admins"),
            ],
            seen.welcomes,
        ),
        TourStep(
            "Introduce a mentor",
            "A newcomer gets a mentor for the first months. Members volunteer with `/mentor`, as "
            "*Eve* has; the bot proposes, an admin decides. Be *Ben* in #admins and press "
            "*Confirm* under the question about Rosa: she and Eve meet in a direct message of "
            "three, with what a first talk could cover and a calendar file.",
            [
                Go("Be Ben in #admins", "ben", "admins"),
                Go("Read Rosa’s messages", CANDIDATE, "psrt-bot"),
            ],
            seen.pairs,
        ),
        TourStep(
            "Check in",
            "A week later both are asked how it is going, in their waking hours: press *+1 day* "
            "until a week has passed, and *+1 hour* while it is night where Rosa is. Be Rosa and "
            "press *Check in…*. What she writes is posted to the two of them in the direct "
            "message of three, and the bot keeps none of it. Then be Eve: the mentor is asked a "
            "little more.",
            [
                Go("Read Rosa’s messages", CANDIDATE, "psrt-bot"),
                Go("Read Eve’s messages", MENTOR, "psrt-bot"),
            ],
            seen.check_ins,
        ),
    )


class Seen:
    """What has happened in the workspace since the scene was set."""

    def __init__(self, workspace: Workspace) -> None:
        self._state = workspace.state

    def _told(self, beginning: str) -> Iterator[Message]:
        """The bot's posts in #team that begin so and are about nobody of the scene."""
        for message in list(self._state.channel("team").messages.values()):
            about = message.text.removeprefix(beginning)
            if message.app_id and not message.thread_ts and about != message.text:
                known = tuple(self._state.user(login).real_name for login in NOMINEES)
                if not about.startswith(known):
                    yield message

    def nominations(self) -> int:
        """How many nominations there are besides the scene's."""
        return sum(1 for _ in self._told(NOMINATED))

    def results(self) -> int:
        """How many of these have been voted on to the end."""
        return sum(1 for _ in self._told(DECIDED))

    def outcomes(self) -> int:
        """How many of these the council has decided on."""
        return sum(1 for beginning in ENDED for _ in self._told(beginning))

    def welcomes(self) -> int:
        """How many newcomers the team has welcomed."""
        posts = list(self._state.channel("team").messages.values())
        return sum(1 for post in posts if post.app_id and WELCOMED in post.text)

    def pairs(self) -> int:
        """How many newcomers have met their mentor."""
        return sum(1 for post in self._in_groups() if post.text.endswith("your mentor."))

    def check_ins(self) -> int:
        """How many answers have been posted at a check-in."""
        return sum(1 for post in self._in_groups() if post.text.endswith("has answered."))

    def _in_groups(self) -> Iterator[Message]:
        """The bot's posts to a few people together."""
        for channel in list(self._state.channels.values()):
            if channel.kind == "mpim":
                yield from (m for m in list(channel.messages.values()) if m.app_id)

    def next_days(self) -> int:
        """How many days have passed since the first of these results."""
        moments = [datetime.fromtimestamp(float(m.ts), UTC) for m in self._told(DECIDED)]
        return (self._state.now() - min(moments)) // timedelta(days=1) if moments else 0

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
