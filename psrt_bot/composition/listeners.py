"""Every listener of the bot, in the order in which Bolt asks them."""

from commands import (
    access,
    audit,
    card,
    council,
    decisions,
    home,
    hub,
    linking,
    members,
    mentor,
    nominate,
    onboarding,
    pairs,
    people,
    publishing,
    results,
    statements,
    vote,
)
from commands.surface import Surface
from psrt_bot.composition.services import Services
from psrt_bot.membership.rules import Permission


def listen(surface: Surface, services: Services, prefix: str) -> None:
    """Register every listener, the hot ones first."""
    shown = results.register(surface, services.reading)
    voting = vote.register(surface, services.voting, shown.show, f"{prefix}vote")
    nominating = nominate.register(
        surface, services.drafts, services.nominating, services.reading, f"{prefix}nominate"
    )
    card.register(surface, services.nominating, services.ending, services.reading)
    statements.register(surface, services.statements, services.reading)
    theirs = services.council
    council.register(surface, theirs.answering, theirs.recording, theirs.telling, theirs.reading)
    begun = services.onboarding
    onboarding.register(surface, begun.starting, begun.accepting, begun.ticking)
    decisions.register(surface, services.deciding, services.reading, services.neutralising)
    access.register(surface, services.access.ticking, services.access.comparing)
    home.register(surface, services.home)
    audit.register(surface, services.auditing)
    surface.word(
        "nominate",
        Permission.NOMINATIONS_NOMINATE,
        nominating.command,
        "nominates somebody; `status`, `withdraw`, `help`",
    )
    surface.word(
        "vote",
        Permission.VOTING_VOTE,
        voting.command,
        "opens your ballot; `results` shows past results",
    )
    first_months = services.mentoring
    mentor.register(surface, first_months.volunteering, first_months.reading, f"{prefix}mentor")
    pairs.register(
        surface,
        first_months.deciding,
        first_months.checking,
        first_months.moving,
        first_months.graduating,
    )
    known = services.people
    members.register(surface, known.directory, known.managing, known.offboarding)
    linking.register(surface, known.claiming)
    publishing.register(surface, known.publishing)
    hub.register(surface, services.members, prefix)
    people.register(surface, services.seen, services.places)
    surface.everything_else()
