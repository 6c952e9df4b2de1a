"""App Home: kept up to date for whoever opened it, drawn at delivery, so that it is never stored.

Whose Home is owed when something changes: ``runtime/homes.py``.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import Block
from sqlmodel import Session

from psrt_bot.home import messages
from psrt_bot.home.messages import DraftLine, MemberHome, TeamLine
from psrt_bot.membership.rules import NOTE_WORDS, Role
from psrt_bot.membership.service.people import Actor, Members, holders
from psrt_bot.nominations.service.drafts import Drafts
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.runtime import homes
from psrt_bot.runtime.facts import PersonChanged, PersonLinked, RolesChanged
from psrt_bot.voting.messages import PollLine
from psrt_bot.voting.service.voting import Voting

# What a process shows somebody on their Home, also people who are no members; empty for nothing.
Part = Callable[[Session, datetime, Actor], Sequence[Block]]


class Homes:
    """Use cases of App Home.

    Args:
        parts: what further processes show, in this order, above the team.
    """

    def __init__(
        self,
        members: Members,
        voting: Voting,
        drafts: Drafts,
        reading: Reading,
        parts: Sequence[Part] = (),
    ) -> None:
        self._members = members
        self._voting = voting
        self._drafts = drafts
        self._reading = reading
        self._parts = parts

    def opened(self, session: Session, now: datetime, slack_user_id: str) -> None:
        """Owe somebody a fresh App Home, now and whenever it changes."""
        homes.opened(session, now, slack_user_id)

    def roles_changed(self, session: Session, now: datetime, _: RolesChanged) -> None:
        """Show everybody the team as it is now; who left loses what members see (handler)."""
        homes.changed(session, now)

    def person_changed(self, session: Session, now: datetime, _: PersonChanged) -> None:
        """Show everybody what somebody in the team is called now (handler)."""
        homes.changed(session, now)

    def person_linked(self, session: Session, now: datetime, fact: PersonLinked) -> None:
        """Draw anew for the Slack users who are, or were, linked to somebody (handler)."""
        homes.changed(session, now, fact.slack_user_ids)

    def render(self, session: Session, now: datetime, slack_user_id: str) -> dict[str, Any]:
        """Return somebody's App Home as it is now."""
        actor = self._members.who(session, slack_user_id)
        shown = [block for part in self._parts for block in part(session, now, actor)]
        if Role.MEMBER not in actor.roles:
            return messages.strangers_home(shown).to_dict()
        polls = self._voting.open_for(session, now, actor)
        drafts = self._drafts.list(session, actor)
        facts = MemberHome(
            votes=[PollLine.of(poll) for poll in polls],
            own=self._reading.own(session, actor),
            drafts=[DraftLine(d.id, d.nominee_name, d.updated_at) for d in drafts],
            parts=shown,
            team=_team(session),
        )
        return messages.member_home(facts).to_dict()


def _team(session: Session) -> list[TeamLine]:
    noted = {
        word: {person.id for person in holders(session, role)} for role, word in NOTE_WORDS.items()
    }
    return [
        TeamLine(person.name, tuple(word for word, them in noted.items() if person.id in them))
        for person in holders(session, Role.MEMBER)
    ]
