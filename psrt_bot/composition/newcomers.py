"""What onboarding hears of people, wired for the bot and for the command line alike."""

from psrt_bot.composition.people import PeopleServices
from psrt_bot.mentoring.service.reading import mentors_of
from psrt_bot.onboarding.service.desk import Desk
from psrt_bot.onboarding.service.starting import Starting
from psrt_bot.onboarding.service.watching import Watching
from psrt_bot.runtime import facts
from psrt_bot.settings import Settings


def build_watching(settings: Settings, people: PeopleServices, announced: facts.Facts) -> Watching:
    """Build what follows people in the middle of an onboarding, for the command line.

    There nobody accepts: no checklist begins, nobody is welcomed in a channel.
    """
    desk = Desk(
        members=people.members,
        admins=people.admins,
        joining=people.joining,
        facts=announced,
        steps=(),
        team_channel=settings.team_channel or "",
        mentors_of=mentors_of,
    )
    return Watching(desk, Starting(desk))


def bind_watching(announced: facts.Facts, watching: Watching) -> None:
    """Bind what becomes of people in the middle of an onboarding: the command line does it, too."""
    announced.bind(facts.MemberJoined, watching.member_joined)
    announced.bind(facts.MemberLeft, watching.member_left)
    announced.bind(facts.PersonLinked, watching.linked)
