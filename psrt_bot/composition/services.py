"""Every process's use cases, built from the settings and wired to each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from psrt_bot.access.github_accounts import GitHubAccounts
from psrt_bot.access.github_team import GitHubTeam
from psrt_bot.access.service.comparing import Comparing
from psrt_bot.access.service.placing import Placing
from psrt_bot.access.service.ticking import Ticking as AccessTicking
from psrt_bot.composition.mentoring import Mentoring, build_mentoring
from psrt_bot.composition.people import PeopleServices, build_people, rooms_of
from psrt_bot.council.service.answering import Answering
from psrt_bot.council.service.decisions import Office
from psrt_bot.council.service.reading import CouncilReading
from psrt_bot.council.service.recording import Recording
from psrt_bot.council.service.telling import Telling
from psrt_bot.council.service.watching import Watching
from psrt_bot.home.service import Homes
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.people import Members
from psrt_bot.mentoring.service.reading import mentors_of
from psrt_bot.nominations.service.council import CouncilOutcomes
from psrt_bot.nominations.service.deciding import Deciding
from psrt_bot.nominations.service.drafts import Drafts
from psrt_bot.nominations.service.ending import Ending
from psrt_bot.nominations.service.forgetting import Forgetting
from psrt_bot.nominations.service.neutralising import Neutralising
from psrt_bot.nominations.service.nominating import Nominating
from psrt_bot.nominations.service.outcomes import Outcomes
from psrt_bot.nominations.service.reading import Policy, Process, Reading
from psrt_bot.nominations.service.statements import Statements
from psrt_bot.onboarding.checklist import load
from psrt_bot.onboarding.service.accepting import Accepting
from psrt_bot.onboarding.service.desk import Desk as NewcomersDesk
from psrt_bot.onboarding.service.reminding import Reminding as ChecklistReminding
from psrt_bot.onboarding.service.starting import Starting
from psrt_bot.onboarding.service.summing import steps_done
from psrt_bot.onboarding.service.ticking import Ticking
from psrt_bot.onboarding.service.watching import Watching as NewcomersWatching
from psrt_bot.oversight.service.auditing import Auditing
from psrt_bot.oversight.service.heads import Heads
from psrt_bot.oversight.service.places import Places
from psrt_bot.oversight.service.refusals import Refusals
from psrt_bot.runtime.facts import Facts
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import KeyStore
from psrt_bot.voting.rules import Threshold
from psrt_bot.voting.service.polls import Polls
from psrt_bot.voting.service.reminding import Reminding
from psrt_bot.voting.service.voting import Voting


@dataclass(frozen=True)
class Council:
    """The use cases of the Steering Council's decisions."""

    telling: Telling
    answering: Answering
    recording: Recording
    watching: Watching
    reading: CouncilReading


@dataclass(frozen=True)
class Onboarding:
    """The use cases of newcomers."""

    desk: NewcomersDesk
    starting: Starting
    accepting: Accepting
    ticking: Ticking
    reminding: ChecklistReminding
    watching: NewcomersWatching


@dataclass(frozen=True)
class Access:
    """The use cases that keep the places of members in step.

    Args:
        team: the GitHub team, where there is a token to ask with.
    """

    placing: Placing
    ticking: AccessTicking
    comparing: Comparing
    team: GitHubTeam | None


@dataclass(frozen=True)
class Services:
    """Every process's use cases, wired."""

    people: PeopleServices
    members: Members
    admins: Admins
    polls: Polls
    voting: Voting
    reminding: Reminding
    drafts: Drafts
    nominating: Nominating
    ending: Ending
    deciding: Deciding
    reading: Reading
    outcomes: Outcomes
    statements: Statements
    council: Council
    council_outcomes: CouncilOutcomes
    onboarding: Onboarding
    mentoring: Mentoring
    home: Homes
    refusals: Refusals
    auditing: Auditing
    heads: Heads
    places: Places
    neutralising: Neutralising
    forgetting: Forgetting
    access: Access

    def seen(self, session: Session, now: datetime, users: Iterable[Mapping[str, Any]]) -> None:
        """Let those act who care what Slack says of users, once that is kept."""
        told = list(users)
        self.onboarding.watching.seen(session, now, told)
        self.mentoring.presence.seen(session, now, told)


def build(settings: Settings, keys: KeyStore, announced: Facts) -> Services:
    """Build every process's use cases; who listens to which fact: ``bindings.py``."""
    assert settings.team_channel is not None
    people = build_people(settings, announced)
    members, admins = people.members, people.admins
    secret_polls = Polls(keys, announced, settings.vote_reminders)
    policy = Policy(
        channel=settings.team_channel,
        threshold=Threshold.parse(settings.pass_threshold),
        duration=settings.vote_duration,
        min_electorate=settings.min_electorate,
    )
    council = _council(settings, members, admins, announced)
    process = Process(secret_polls, members, admins, policy, council.telling, council.reading)
    mentoring = build_mentoring(settings, people, announced, steps_done)
    neutralising = Neutralising(process, rooms_of(settings))
    drafts = Drafts(process)
    voting = Voting(secret_polls, members)
    reading = Reading(process)
    onboarding = _onboarding(settings, people, announced)
    return Services(
        people=people,
        members=members,
        admins=admins,
        polls=secret_polls,
        voting=voting,
        reminding=Reminding(secret_polls),
        drafts=drafts,
        nominating=Nominating(process, drafts),
        ending=Ending(process),
        deciding=Deciding(process),
        reading=reading,
        outcomes=Outcomes(process),
        statements=Statements(process),
        council=council,
        council_outcomes=CouncilOutcomes(process, onboarding.starting),
        onboarding=onboarding,
        mentoring=mentoring,
        home=Homes(
            *(members, voting, drafts, reading),
            [onboarding.ticking.home, mentoring.reading.home],
        ),
        refusals=Refusals(members),
        auditing=Auditing(members),
        heads=Heads(admins),
        places=Places(members, admins, [channel for _, channel in rooms_of(settings)]),
        neutralising=neutralising,
        forgetting=Forgetting(settings.retention),
        access=_access(settings, people, neutralising),
    )


def _access(settings: Settings, people: PeopleServices, neutralising: Neutralising) -> Access:
    team = github_team(settings)
    placing = Placing(people.desk, neutralising.prepare)
    return Access(
        placing=placing,
        ticking=AccessTicking(people.desk, placing),
        comparing=Comparing(people.desk, placing, asks_github=team is not None),
        team=team,
    )


def github_accounts(settings: Settings) -> GitHubAccounts | None:
    """Return what asks GitHub for accounts, or None where no token is set."""
    if settings.github_team_token is None:
        return None
    return GitHubAccounts(settings.github_team_token, settings.github_api_url)


def github_team(settings: Settings) -> GitHubTeam | None:
    """Return the GitHub team, or None where no team or no token is set."""
    if settings.github_team is None or settings.github_team_token is None:
        return None
    return GitHubTeam(settings.github_team, settings.github_team_token, settings.github_api_url)


def _council(settings: Settings, members: Members, admins: Admins, announced: Facts) -> Council:
    office = Office(members, admins, announced, settings.council_channel, settings.veto_window)
    telling = Telling(office)
    return Council(
        telling=telling,
        answering=Answering(office),
        recording=Recording(office, telling),
        watching=Watching(office),
        reading=CouncilReading(office),
    )


def _onboarding(settings: Settings, people: PeopleServices, announced: Facts) -> Onboarding:
    """Build the use cases of newcomers.

    Raises:
        ChecklistError: the checklist's file cannot be used.
    """
    assert settings.team_channel is not None
    desk = NewcomersDesk(
        members=people.members,
        admins=people.admins,
        joining=people.joining,
        facts=announced,
        steps=load(settings.checklist),
        team_channel=settings.team_channel,
        asks_github=settings.github_team_token is not None,
        mentors_of=mentors_of,
    )
    starting = Starting(desk)
    return Onboarding(
        desk=desk,
        starting=starting,
        accepting=Accepting(desk),
        ticking=Ticking(desk),
        reminding=ChecklistReminding(desk),
        watching=NewcomersWatching(desk, starting),
    )
