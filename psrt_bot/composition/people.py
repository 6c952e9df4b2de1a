"""The use cases about people, as the bot and the command line need them."""

from dataclasses import dataclass

from psrt_bot.access.service.checklists import Desk
from psrt_bot.access.service.opening import Opening
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.appointing import Appointing
from psrt_bot.membership.service.claiming import Claiming
from psrt_bot.membership.service.directory import Directory
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.lists import Lists
from psrt_bot.membership.service.managing import Managing
from psrt_bot.membership.service.people import Members
from psrt_bot.membership.service.publishing import Publishing
from psrt_bot.offboarding.service import Offboarding
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import Settings


@dataclass(frozen=True)
class PeopleServices:
    """Use cases that need neither a key store nor a channel."""

    members: Members
    admins: Admins
    appointing: Appointing
    joining: Joining
    offboarding: Offboarding
    lists: Lists
    directory: Directory
    managing: Managing
    claiming: Claiming
    publishing: Publishing
    desk: Desk
    opening: Opening


def rooms_of(settings: Settings) -> list[tuple[Role, str]]:
    """Return the channels with the role that leads to each."""
    pairs = [
        *((Role.MEMBER, c) for c in (settings.team_channel, *settings.member_channels)),
        (Role.ADMIN, settings.admin_channel),
        (Role.STEERING_COUNCIL, settings.council_channel),
    ]
    return [(role, channel) for role, channel in dict.fromkeys(pairs) if channel]


def build_people(settings: Settings, announced: Facts) -> PeopleServices:
    """Build the use cases about people; lists end memberships by the one door there is."""
    members = Members(announced, settings.first_admins)
    admins = Admins(settings.admin_channel, settings.first_admins)
    offboarding = Offboarding(members, admins, announced, settings.team_channel)
    joining = Joining(members)
    desk = Desk(members, admins, rooms_of(settings), settings.github_team)
    return PeopleServices(
        members=members,
        admins=admins,
        appointing=Appointing(members),
        joining=joining,
        offboarding=offboarding,
        lists=Lists(announced, offboarding.leave),
        directory=Directory(members),
        managing=Managing(members, admins, joining, announced, settings.team_channel),
        claiming=Claiming(members, admins, announced),
        publishing=Publishing(members, admins),
        desk=desk,
        opening=Opening(desk),
    )
