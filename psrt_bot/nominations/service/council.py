"""A passed nomination and the Steering Council: put before it, confirmed or vetoed (R4)."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.council.rules import Recusal
from psrt_bot.council.service.reading import CouncilReading
from psrt_bot.council.service.telling import Matter
from psrt_bot.nominations.messages import council as messages
from psrt_bot.nominations.messages import words
from psrt_bot.nominations.rules import NominationState, is_meant
from psrt_bot.nominations.service.reading import Process, move, nominee_of
from psrt_bot.nominations.service.showing import shown
from psrt_bot.nominations.service.telling import say, send_nominator, tell_nominator, update_card
from psrt_bot.onboarding.service.starting import Newcomer, Starting
from psrt_bot.runtime import outbox
from psrt_bot.runtime.blocks import moment
from psrt_bot.runtime.facts import CouncilDecided, CouncilTold, NewcomerArrived
from storage.nominations import Nomination
from storage.people import Person

TELL = "nominations:tell-council"  # planned by migration 0003 for what passed before it
ONBOARD = "nominations:onboard"  # planned by migration 0007 for what was confirmed before it


def put_before_council(
    session: Session, now: datetime, process: Process, nomination: Nomination
) -> None:
    """Let the council be told of a nomination whose vote passed and whose result is out."""
    view = shown(session, nomination)
    matter = Matter(
        subject=nomination.id,
        title=messages.title(view),
        lines=messages.lines(view),
        recusals=tuple(_recusals(session, nomination)),
        details=words.COUNCIL_DETAILS,
    )
    process.council.begin(session, now, matter)


def _recusals(session: Session, nomination: Nomination) -> Iterator[Recusal]:
    """Tell who takes no part: the nominator, and the nominee, who may not even see it (R12)."""
    yield Recusal(messages.NOMINATOR, person_id=nomination.nominator_id)
    nominee = nominee_of(nomination)
    if nominee.slack_user_id:
        yield Recusal(messages.NOMINEE, slack_user_id=nominee.slack_user_id, blind=True)
    for person in session.scalars(select(Person)):
        if is_meant(nominee, person.slack_user_id, person.github, person.name):
            yield Recusal(messages.NOMINEE, person.id, person.slack_user_id, blind=True)


class CouncilOutcomes:
    """Handlers of what the council's process tells. Each acts in the fact's own transaction."""

    def __init__(self, process: Process, starting: Starting) -> None:
        self._process = process
        self._starting = starting

    def tell_when_due(self, session: Session, now: datetime, nomination_id: str) -> None:
        """Put before the council what passed before the bot knew how (handler)."""
        nomination = session.get(Nomination, nomination_id)
        if nomination is None or nomination.state != NominationState.AWAITING_NOTICE:
            return
        if CouncilReading.of_subject(session, nomination_id) is None:
            put_before_council(session, now, self._process, nomination)

    def council_told(self, session: Session, now: datetime, fact: CouncilTold) -> None:
        """Let the window show on the card, and tell the nominator (handler)."""
        nomination = session.get(Nomination, fact.subject)
        if nomination is None:
            return
        move(session, nomination, NominationState.COUNCIL)
        update_card(session, now, nomination)
        view = shown(session, nomination)
        say(session, now, self._process.policy.channel, nomination, messages.told(view))
        until = f" until {moment(view.veto_until)}" if view.veto_until else ""
        what = f"the Steering Council has been told; it may veto{until}."
        tell_nominator(session, now, nomination, what)

    def council_decided(self, session: Session, now: datetime, fact: CouncilDecided) -> None:
        """Confirm a nomination, or end it by a veto; tell team and nominator (handler)."""
        nomination = session.get(Nomination, fact.subject)
        if nomination is None:
            return
        after = NominationState.CONFIRMED if fact.confirmed else NominationState.VETOED
        move(session, nomination, after, decided_at=now)
        update_card(session, now, nomination)
        view = shown(session, nomination)
        outcome = messages.decided(view, confirmed=fact.confirmed)
        channel = self._process.policy.channel
        outbox.post(session, now, channel, outcome, about=nomination.id)
        decision = CouncilReading.of_subject(session, nomination.id)
        reasons = decision.reasons if decision else ()
        told = messages.decided_to_nominator(view, confirmed=fact.confirmed, reasons=reasons)
        send_nominator(session, now, nomination, told)
        if fact.confirmed:
            self._confirmed(session, now, nomination)

    def _confirmed(self, session: Session, now: datetime, nomination: Nomination) -> None:
        """Begin what follows a confirmation: the nominee's onboarding (R11)."""
        newcomer = Newcomer(
            subject=nomination.id,
            name=nomination.nominee_name,
            github=nomination.nominee_github,
            email=nomination.nominee_email,
            slack_user_id=nomination.nominee_slack_user_id,
        )
        self._starting.start(session, now, newcomer)

    def arrived(self, session: Session, _: datetime, fact: NewcomerArrived) -> None:
        """Know a nominee from outside by their Slack user from now on (handler; R12).

        Under whatever name they join: of their nomination they see nothing, and what was posted
        about it becomes neutral before they come into a channel.
        """
        session.execute(
            update(Nomination)
            .where(
                col(Nomination.id) == fact.subject, col(Nomination.nominee_slack_user_id).is_(None)
            )
            .values(nominee_slack_user_id=fact.slack_user_id)
        )

    def onboard_when_due(self, session: Session, now: datetime, nomination_id: str) -> None:
        """Begin with somebody who was confirmed before the bot knew how (handler)."""
        nomination = session.get(Nomination, nomination_id)
        if nomination is not None and nomination.state == NominationState.CONFIRMED:
            self._confirmed(session, now, nomination)
