"""Mentoring, wired: its use cases, what begins it, what it hears of, what time brings."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from psrt_bot.composition.people import PeopleServices
from psrt_bot.mentoring.service import asking, desk, schedule
from psrt_bot.mentoring.service.checking import Checking
from psrt_bot.mentoring.service.deciding import Deciding
from psrt_bot.mentoring.service.desk import Desk
from psrt_bot.mentoring.service.graduating import Graduating, Steps, no_steps
from psrt_bot.mentoring.service.moving import Moving
from psrt_bot.mentoring.service.pairing import Pairing
from psrt_bot.mentoring.service.presence import Presence
from psrt_bot.mentoring.service.reading import MentoringReading
from psrt_bot.mentoring.service.volunteering import Volunteering
from psrt_bot.runtime import facts
from psrt_bot.runtime.deadlines import Handler
from psrt_bot.runtime.sending import Expander, FileRenderer
from psrt_bot.settings import Settings
from storage.nominations import Nomination


@dataclass(frozen=True)
class Mentoring:
    """The use cases of newcomers and their mentors."""

    pairing: Pairing
    deciding: Deciding
    volunteering: Volunteering
    checking: Checking
    moving: Moving
    graduating: Graduating
    presence: Presence
    reading: MentoringReading


def build_mentoring(
    settings: Settings,
    people: PeopleServices,
    announced: facts.Facts,
    steps: Steps = no_steps,
) -> Mentoring:
    """Build the use cases of mentoring.

    Args:
        steps: what a newcomer has done besides, for their summary.
    """
    where = Desk(
        people.members, people.admins, announced, settings.check_ins, settings.team_channel
    )
    pairing = Pairing(where)
    presence = Presence(where, pairing)
    return Mentoring(
        pairing=pairing,
        deciding=Deciding(where, pairing),
        volunteering=Volunteering(where, pairing),
        checking=Checking(where, presence),
        moving=Moving(where),
        graduating=Graduating(where, pairing, steps),
        presence=presence,
        reading=MentoringReading(where),
    )


def bind_mentoring(announced: facts.Facts, mentoring: Mentoring) -> None:
    """Bind what begins a mentorship."""

    def accepted(session: Session, now: datetime, fact: facts.NewcomerAccepted) -> None:
        # Whoever was put on the list by an import or an admin's hand is no newcomer.
        nomination = session.get(Nomination, fact.subject)
        nominator = nomination.nominator_id if nomination else None
        mentoring.pairing.begin(session, now, fact.person_id, nominator)

    announced.bind(facts.NewcomerAccepted, accepted)


def bind_leaving(announced: facts.Facts, mentoring: Mentoring) -> None:
    """Bind what ends a mentorship, or takes its mentor: the command line ends memberships, too."""
    announced.bind(facts.MemberLeft, mentoring.presence.member_left)
    announced.bind(facts.MentorUnavailable, mentoring.pairing.mentor_unavailable)


def mentoring_deadlines(mentoring: Mentoring) -> dict[str, Handler]:
    """Return what happens when a deadline of mentoring is due."""
    return {
        desk.ASK_ADMINS: Handler(mentoring.pairing.ask_again, collapses=True),
        desk.CHECK_IN: Handler(mentoring.checking.open_when_due, collapses=True),
        desk.MISSED: Handler(mentoring.checking.missed_when_due, collapses=True),
        desk.GRADUATION: Handler(mentoring.graduating.ask_mentor, collapses=True),
        desk.WATCH: Handler(mentoring.presence.look, collapses=True),
    }


FILES: dict[str, FileRenderer] = {schedule.CALENDAR: schedule.calendar_file}
EXPANDERS: dict[str, Expander] = {asking.EXPANDER: asking.expand}
