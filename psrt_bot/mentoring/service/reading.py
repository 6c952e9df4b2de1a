"""What people see of their own mentoring, and who mentors whom, for other processes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block
from sqlmodel import Session, col, select

from psrt_bot.membership.permissions import Permission, allowed
from psrt_bot.membership.service.people import Actor
from psrt_bot.mentoring.messages import volunteering as messages
from psrt_bot.mentoring.messages.volunteering import OwnOffer
from psrt_bot.mentoring.messages.words import Shown
from psrt_bot.mentoring.rules import MentorshipState
from psrt_bot.mentoring.service.desk import Desk, mentored_by, running_of, shown
from psrt_bot.mentoring.service.volunteering import own_offer
from storage.mentoring import Mentor, Mentorship


@dataclass(frozen=True)
class Own:
    """What concerns somebody: how they volunteer, who mentors them, whom they mentor."""

    offer: OwnOffer | None
    mentored: Shown | None
    mentees: Sequence[Shown]


class MentoringReading:
    """Queries; nobody sees another pair's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def own(self, session: Session, slack_user_id: str) -> Own:
        """Return what concerns whoever asks.

        Raises:
            NotAllowed: they are no member.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.MENTORING_OPEN)
        return _own(session, actor.known_id)

    def home(self, session: Session, _: datetime, actor: Actor) -> Sequence[Block]:
        """Return what App Home shows of somebody's mentoring (part of ``home/``)."""
        if actor.person_id is None or not allowed(Permission.MENTORING_OPEN, actor.roles):
            return []
        own = _own(session, actor.person_id)
        return messages.home(own.mentored, own.mentees)


def mentors_of(session: Session, newcomer_ids: Collection[str]) -> Mapping[str, str]:
    """Return the ids of who mentors some newcomers now, by newcomer; by one query."""
    pairs = session.scalars(
        select(Mentorship)
        .where(
            col(Mentorship.newcomer_id).in_(list(newcomer_ids)),
            col(Mentorship.state) == MentorshipState.PAIRED,
        )
        .execution_options(populate_existing=True)
    )
    return {pair.newcomer_id: pair.mentor_id for pair in pairs if pair.mentor_id}


def _own(session: Session, person_id: str) -> Own:
    mentor = session.get(Mentor, person_id, populate_existing=True)
    mentored = running_of(session, person_id)
    return Own(
        offer=own_offer(session, mentor) if mentor else None,
        mentored=shown(session, mentored) if mentored else None,
        mentees=[shown(session, one) for one in mentored_by(session, person_id)],
    )
