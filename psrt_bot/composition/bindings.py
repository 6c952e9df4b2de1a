"""Who listens to which fact (``runtime/facts.py``), and whom a deadline or a delivery calls."""

from datetime import datetime

from sqlmodel import Session

from psrt_bot.access.service import checking, checklists, ticking
from psrt_bot.composition.mentoring import (
    EXPANDERS,
    FILES,
    bind_leaving,
    bind_mentoring,
    mentoring_deadlines,
)
from psrt_bot.composition.newcomers import bind_watching
from psrt_bot.composition.people import PeopleServices
from psrt_bot.composition.services import Services, build
from psrt_bot.council.service import decisions, watching
from psrt_bot.membership.messages import delivery_died, direct_messages_held
from psrt_bot.membership.service import claiming, publishing
from psrt_bot.nominations.service import asking, council, forgetting
from psrt_bot.nominations.service.outcomes import BUNDLE
from psrt_bot.onboarding.service import desk
from psrt_bot.oversight.service import refusals
from psrt_bot.runtime import audit, facts, once, outbox
from psrt_bot.runtime.deadlines import Handler
from psrt_bot.runtime.sending import Renderers
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import KeyStore
from psrt_bot.voting.service import polls, reminding
from psrt_bot.voting.service.polls import Polls


def wire(settings: Settings, keys: KeyStore, announced: facts.Facts) -> Services:
    """Build every process's use cases and bind the facts they listen to."""
    services = build(settings, keys, announced)
    bind(announced, services)
    return services


def bind(announced: facts.Facts, services: Services) -> None:
    """Bind every fact to those who listen, in the order in which they act."""
    # First of all: what these facts lead to are invitations, which come after the neutral lines.
    announced.bind(facts.MemberJoined, services.neutralising.joined)
    announced.bind(facts.RolesChanged, services.neutralising.roles_changed)
    announced.bind(facts.PersonLinked, services.neutralising.linked)
    announced.bind(facts.PostLingers, services.neutralising.lingers)
    outcomes = services.outcomes
    announced.bind(facts.PollClosed, outcomes.closed)
    announced.bind(facts.PollKeysDestroyed, outcomes.keys_gone)
    announced.bind(facts.PollKeysLost, outcomes.keys_gone)
    announced.bind(facts.PollKeysMissing, outcomes.keys_missing)
    announced.bind(facts.PollKeysBack, outcomes.keys_back)
    announced.bind(facts.PollDisputed, outcomes.disputed)
    announced.bind(facts.PollVoided, outcomes.voided)
    announced.bind(facts.PollNeedsDecision, outcomes.needs_decision)
    bind_council(announced, services)
    bind_people(announced, services.people)
    placing = services.access.placing
    announced.bind(facts.Invited, placing.invited)
    announced.bind(facts.Removed, placing.removed)
    announced.bind(facts.PlaceRefused, placing.refused)
    bind_onboarding(announced, services)
    bind_mentoring(announced, services.mentoring)
    bind_leaving(announced, services.mentoring)
    announced.bind(facts.RolesChanged, services.home.roles_changed)
    announced.bind(facts.PersonLinked, services.home.person_linked)
    announced.bind(facts.PersonChanged, services.home.person_changed)

    def tell_of_dead(session: Session, now: datetime, fact: facts.DeliveryDied) -> None:
        users = services.admins.users(session)
        if fact.conversation.removeprefix(outbox.DIRECT) in users:
            return  # a message to an admin died; telling admins of it could go on for ever
        message = delivery_died(fact.conversation, fact.code)
        if ":" in fact.conversation:  # direct messages may be what does not work
            services.admins.tell(session, now, message)
        else:
            services.admins.tell_each(session, now, message)

    def tell_of_held(session: Session, now: datetime, fact: facts.DeliveryHeld) -> None:
        if ":" in fact.conversation:  # to people: said where it can be read, once a day
            if once.first_time(session, now, f"held:{now.date()}:{fact.reason}"):
                services.admins.tell(session, now, direct_messages_held(fact.reason))
            return
        services.places.held(session, now, fact)

    announced.bind(facts.ChannelSeen, services.places.seen)
    announced.bind(facts.Invited, services.places.invited)
    announced.bind(facts.DeliveryDied, tell_of_dead)
    announced.bind(facts.DeliveryHeld, tell_of_held)


def bind_council(announced: facts.Facts, services: Services) -> None:
    """Bind what the council's process tells, and what delivery and membership tell it."""
    telling = services.council.telling
    announced.bind(facts.CouncilTold, services.council_outcomes.council_told)
    announced.bind(facts.CouncilDecided, services.council_outcomes.council_decided)
    announced.bind(facts.Delivered, telling.delivered)
    announced.bind(facts.DeliveryDied, telling.died)
    announced.bind(facts.DeliveryHeld, telling.held)
    announced.bind(facts.RolesChanged, services.council.watching.roles_changed)


def bind_people(announced: facts.Facts, people: PeopleServices) -> None:
    """Bind what is announced about people: the command line changes the list as well."""
    announced.bind(facts.MemberLeft, Polls.member_left)
    announced.bind(facts.MemberLeft, claiming.member_left)
    opening = people.opening
    announced.bind(facts.MemberJoined, opening.joined)
    announced.bind(facts.MemberLeft, opening.left)
    announced.bind(facts.RolesChanged, opening.roles_changed)
    announced.bind(facts.PersonLinked, opening.linked)
    announced.bind(facts.PersonChanged, opening.changed)


def bind_onboarding(announced: facts.Facts, services: Services) -> None:
    """Bind what happens to people in the middle of an onboarding."""
    bind_watching(announced, services.onboarding.watching)
    announced.bind(facts.NewcomerArrived, services.council_outcomes.arrived)


def deadline_handlers(services: Services) -> dict[str, Handler]:
    """Return what happens when a deadline of each kind is due."""
    return {
        audit.HEAD_DUE: Handler(services.heads.post_when_due, collapses=True),
        refusals.DAY_ENDS: Handler(services.refusals.day_ended),
        polls.CLOSE: Handler(services.polls.close_when_due),
        asking.ASK_AGAIN: Handler(services.deciding.ask_again, collapses=True),
        polls.REMIND: Handler(services.reminding.plan, collapses=True),
        decisions.END: Handler(services.council.watching.end_when_due),
        decisions.REMIND: Handler(services.council.watching.plan_reminder, collapses=True),
        decisions.CHASE: Handler(services.council.telling.chase, collapses=True),
        watching.TERM: Handler(services.council.watching.new_term, collapses=True),
        council.TELL: Handler(services.council_outcomes.tell_when_due),
        claiming.ASK_AGAIN: Handler(services.people.claiming.ask_again, collapses=True),
        council.ONBOARD: Handler(services.council_outcomes.onboard_when_due),
        desk.REMIND: Handler(services.onboarding.starting.remind, collapses=True),
        desk.SILENT: Handler(services.onboarding.starting.silent),
        desk.CHASE: Handler(services.onboarding.starting.chase, collapses=True),
        checklists.PLACE: Handler(services.access.placing.place),
        checklists.REMIND: Handler(services.access.ticking.plan_reminder, collapses=True),
        forgetting.FORGET: Handler(services.forgetting.forget, collapses=True),
        checking.WEEKLY: Handler(checking.Weekly().due, collapses=True),
        **{
            kind: Handler(services.onboarding.reminding.handler(who), collapses=True)
            for who, kind in desk.NUDGES.items()
        },
        **mentoring_deadlines(services.mentoring),
    }


def plan_what_recurs(session: Session, now: datetime, services: Services) -> None:
    """Plan what comes again and again by the calendar; called at each start, planned once."""
    services.council.watching.arm(session, now)
    services.heads.arm(session, now)
    checking.Weekly.arm(session, now)
    services.forgetting.arm(session, now)
    services.mentoring.presence.arm(session, now)


def renderers(services: Services) -> Renderers:
    """Return what is made at delivery and never stored: files, fanned-out messages, App Homes."""
    return Renderers(
        files={
            BUNDLE: services.outcomes.bundle_file,
            publishing.CSV: services.people.publishing.file,
            publishing.DIFF: services.people.publishing.diff_file,
            **FILES,
        },
        expanders={
            reminding.EXPANDER: services.reminding.expand,
            watching.EXPANDER: services.council.watching.expand_reminder,
            desk.EXPANDER: services.onboarding.reminding.expand,
            ticking.EXPANDER: services.access.ticking.expand_reminder,
            **EXPANDERS,
        },
        home=services.home.render,
    )
