"""What the messages of mentoring are made from, and the names of their buttons and forms."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import ButtonElement

from psrt_bot.mentoring.rules import (
    ANSWERABLE,
    MOVABLE,
    TOPIC_WORDS,
    CheckInState,
    MentorshipState,
    Side,
    Topic,
)
from psrt_bot.runtime import blocks
from psrt_bot.runtime.blocks import escape, moment

# Callback and action ids: ``process.act``.
OPEN = "mentoring.open"
VOLUNTEER = "mentoring.volunteer"
PAUSE = "mentoring.pause"
RESUME = "mentoring.resume"
WISHES = "mentoring.wishes"
CONFIRM = "mentoring.confirm"
CHOOSE = "mentoring.choose"
CHECK_IN = "mentoring.check_in"
MOVE = "mentoring.move"
GRADUATE = "mentoring.graduate"
EXTEND = "mentoring.extend"

# Fields of their forms.
ROOM, TOPICS, MENTOR = "room", "topics", "mentor"
GOING, BLOCKED, NEXT_STEP, READY, RAISED = "going", "blocked", "next_step", "ready", "raised"
DAY = "day"

CHECK_IN_WORDS = {
    CheckInState.PLANNED: "planned",
    CheckInState.OPEN: "waits for answers",
    CheckInState.HELD: "took place",
    CheckInState.MISSED: "missed",
    CheckInState.SKIPPED: "left out",
}


@dataclass(frozen=True)
class CheckInShown:
    """A check-in without anything that was said.

    Args:
        of: how many there are.
        answered: who has.
    """

    check_in_id: str
    number: int
    of: int
    due_at: datetime
    state: CheckInState
    answered: frozenset[Side] = frozenset()

    @property
    def title(self) -> str:
        """Which one it is."""
        return f"Check-in {self.number} of {self.of}"

    @property
    def line(self) -> str:
        """When it is, and how it stands, as mrkdwn."""
        return f"{self.title}: {moment(self.due_at)}, {CHECK_IN_WORDS[self.state]}"

    def waits_for(self, side: Side) -> bool:
        """Whether somebody still can answer."""
        return self.state in ANSWERABLE and side not in self.answered


@dataclass(frozen=True)
class Shown:
    """A mentorship as newcomer, mentor and admins may see it.

    Args:
        mentor: empty while there is none.
        proposed: who is proposed to the admins, and for them alone.
        over: the last check-in is over, so the mentor may say the word.
    """

    mentorship_id: str
    newcomer: str
    mentor: str
    proposed: str
    state: MentorshipState
    begun_at: datetime
    mentor_since: datetime | None
    topics: Collection[Topic]
    check_ins: Sequence[CheckInShown] = ()
    over: bool = False
    ended_at: datetime | None = None

    @property
    def next_check_in(self) -> CheckInShown | None:
        """The first that is open or still to come."""
        return next((one for one in self.check_ins if one.state in MOVABLE), None)

    def waiting(self, side: Side) -> list[CheckInShown]:
        """The check-ins that somebody still can answer."""
        return [one for one in self.check_ins if one.waits_for(side)]


def topic_words(topics: Collection[Topic]) -> str:
    """Return topics in a line; empty for none."""
    return "; ".join(words for topic, words in TOPIC_WORDS.items() if topic in topics)


def name(text: str) -> str:
    """Return somebody's name in bold mrkdwn."""
    return f"*{escape(text)}*"


def check_in_button(check_in: CheckInShown) -> ButtonElement:
    """Return the button that opens the short form."""
    return blocks.button("Check in…", CHECK_IN, check_in.check_in_id, style="primary")


def move_button(check_in: CheckInShown) -> ButtonElement:
    """Return the button that opens the choice of another day."""
    return blocks.button("Another day…", MOVE, check_in.check_in_id)


def choose_another_button(mentorship_id: str) -> ButtonElement:
    """Return the button by which an admin takes another mentor for a pair."""
    return blocks.button("Choose another mentor…", CHOOSE, mentorship_id)


def pause_button() -> ButtonElement:
    """Return the button by which a mentor stops for now."""
    return blocks.button(
        "Pause",
        PAUSE,
        confirm=blocks.sure(
            "Pause mentoring?",
            "You get no further newcomers, and those you have get another mentor.",
            "Pause",
        ),
    )


def resume_button() -> ButtonElement:
    """Return the button by which a mentor goes on."""
    return blocks.button("Resume", RESUME, style="primary")
