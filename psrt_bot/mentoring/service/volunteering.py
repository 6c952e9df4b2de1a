"""Members volunteer as mentors, change that, pause, resume; newcomers say what they want."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.service.people import Actor
from psrt_bot.mentoring.messages import words
from psrt_bot.mentoring.messages.volunteering import OwnOffer
from psrt_bot.mentoring.rules import MentorshipState, Topic, room_problem
from psrt_bot.mentoring.rules import topics as known_topics
from psrt_bot.mentoring.service.candidates import loads
from psrt_bot.mentoring.service.desk import (
    NOT_THERE,
    Desk,
    mentored_by,
    refresh_homes,
    running_of,
    zone_of,
)
from psrt_bot.mentoring.service.pairing import Pairing
from psrt_bot.runtime import audit
from psrt_bot.runtime.called import command
from psrt_bot.runtime.facts import MentorUnavailable
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotFound
from psrt_bot.runtime.sql import insert_ignoring
from storage.mentoring import Mentor, Mentorship

STILL_MENTORED = "You have a mentor yourself just now; you can volunteer once that is over."
NO_MENTOR = f"You do not mentor. {command('mentor')} volunteers."
PAUSED_ALREADY = f"You pause already. Go on with {command('mentor resume')}."
ACTIVE_ALREADY = "You do not pause."
PAIRED_ALREADY = "You have a mentor; tell them what you want to learn."


class Volunteering:
    """Use cases of volunteers and newcomers. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk, pairing: Pairing) -> None:
        self._desk = desk
        self._pairing = pairing

    def offer(self, session: Session, slack_user_id: str) -> tuple[OwnOffer | None, str]:
        """Return how somebody volunteers (None for not at all), and their time zone.

        Raises:
            NotAllowed: they are no member, or have a mentor themselves.
        """
        actor = self._volunteer(session, slack_user_id)
        found = session.get(Mentor, actor.known_id, populate_existing=True)
        zone = zone_of(session, actor.known_id).key
        return (own_offer(session, found) if found else None), zone

    def volunteer(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        room: str,
        topics: Iterable[str],
    ) -> OwnOffer:
        """Volunteer, or change how.

        Raises:
            NotAllowed: they are no member, or have a mentor themselves.
            FieldProblems: the number of mentees cannot be.
        """
        actor = self._volunteer(session, slack_user_id)
        mentees = len(mentored_by(session, actor.known_id))
        if problem := room_problem(room, mentees):
            raise FieldProblems({words.ROOM: problem})
        chosen = sorted(known_topics(topics))
        values = {"room": int(room), "topics": chosen, "paused": False, "since": now}
        audit.hold(session)  # before the row, as of `_held`
        insert_ignoring(session, Mentor, {"person_id": actor.known_id} | values)
        mentor = self._held(session, actor)
        mentor.room, mentor.topics = int(room), list(chosen)
        session.add(mentor)
        session.flush()
        self._pairing.volunteers_changed(session, now)
        refresh_homes(session, now, actor.known_id)
        return own_offer(session, mentor)

    def pause(self, session: Session, now: datetime, slack_user_id: str) -> int:
        """Take no newcomers for now, and hand over those one has; return how many they were.

        Raises:
            NotAllowed: they are no member. AlreadyDone: they do not mentor, or pause already.
        """
        actor = self._member(session, slack_user_id)
        mentor = self._held(session, actor)
        if mentor.paused:
            raise AlreadyDone(PAUSED_ALREADY)
        mentees = len(mentored_by(session, actor.known_id))
        mentor.paused = True
        session.add(mentor)
        session.flush()
        self._desk.facts.announce(session, now, MentorUnavailable(actor.known_id))
        refresh_homes(session, now, actor.known_id)
        return mentees

    def resume(self, session: Session, now: datetime, slack_user_id: str) -> OwnOffer:
        """Take newcomers again.

        Raises:
            NotAllowed: they are no member. AlreadyDone: they do not mentor, or do not pause.
        """
        actor = self._member(session, slack_user_id)
        mentor = self._held(session, actor)
        if not mentor.paused:
            raise AlreadyDone(ACTIVE_ALREADY)
        mentor.paused = False
        session.add(mentor)
        session.flush()
        self._pairing.volunteers_changed(session, now)
        refresh_homes(session, now, actor.known_id)
        return own_offer(session, mentor)

    def wishes(self, session: Session, slack_user_id: str) -> frozenset[Topic]:
        """Return what a newcomer said that they want to learn.

        Raises:
            NotAllowed, NotFound: nobody looks for a mentor for them. AlreadyDone: they have one.
        """
        return known_topics(self._looking(session, slack_user_id).topics)

    def wish(
        self, session: Session, now: datetime, slack_user_id: str, topics: Iterable[str]
    ) -> None:
        """Say what one wants to learn; who is proposed may be another then.

        Raises:
            NotAllowed, NotFound: nobody looks for a mentor for them. AlreadyDone: they have one.
        """
        audit.hold(session)  # as of `desk.locked`
        mentorship = self._looking(session, slack_user_id)
        mentorship.topics = sorted(known_topics(topics))
        session.add(mentorship)
        session.flush()
        self._pairing.reconsider(session, now, mentorship)
        self._pairing.volunteers_changed(session, now)  # whoever was proposed may have room now

    def _member(self, session: Session, slack_user_id: str) -> Actor:
        return self._desk.members.require(session, slack_user_id, Permission.MENTORING_OPEN)

    def _volunteer(self, session: Session, slack_user_id: str) -> Actor:
        actor = self._member(session, slack_user_id)
        if running_of(session, actor.known_id) is not None:
            raise NotAllowed(STILL_MENTORED)
        return actor

    def _held(self, session: Session, actor: Actor) -> Mentor:
        audit.hold(session)  # as of `desk.locked`: pairs change with their mentor
        mentor = session.get(Mentor, actor.known_id, with_for_update=True, populate_existing=True)
        if mentor is None:
            raise AlreadyDone(NO_MENTOR)
        return mentor

    def _looking(self, session: Session, slack_user_id: str) -> Mentorship:
        actor = self._member(session, slack_user_id)
        mentorship = running_of(session, actor.known_id)
        if mentorship is None:
            raise NotFound(NOT_THERE)
        if mentorship.state == MentorshipState.PAIRED:
            raise AlreadyDone(PAIRED_ALREADY)
        return mentorship


def own_offer(session: Session, mentor: Mentor) -> OwnOffer:
    """Return how somebody volunteers, for their own eyes."""
    return OwnOffer(
        room=mentor.room,
        topics=known_topics(mentor.topics),
        paused=mentor.paused,
        mentees=loads(session, proposed=False).get(mentor.person_id, 0),
        zone=zone_of(session, mentor.person_id).key,
    )
