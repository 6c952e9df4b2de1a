"""App Home: asked for when somebody opens it, made at delivery, so that it is never stored."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from psrt_bot.home import messages
from psrt_bot.home.messages import DraftLine, MemberHome
from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.people import Members
from psrt_bot.nominations.service.drafts import Drafts
from psrt_bot.nominations.service.reading import Reading
from psrt_bot.runtime import outbox
from psrt_bot.runtime.facts import MemberLeft
from psrt_bot.voting.messages import PollLine
from psrt_bot.voting.service.voting import Voting
from storage.people import Person


class Homes:
    """Use cases of App Home."""

    def __init__(self, members: Members, voting: Voting, drafts: Drafts, reading: Reading) -> None:
        self._members = members
        self._voting = voting
        self._drafts = drafts
        self._reading = reading

    def opened(self, session: Session, now: datetime, slack_user_id: str) -> None:
        """Owe somebody a fresh App Home."""
        outbox.publish_home(session, now, slack_user_id)

    def member_left(self, session: Session, now: datetime, fact: MemberLeft) -> None:
        """Take what only members see from the App Home of somebody who left (handler)."""
        person = session.get_one(Person, fact.person_id)
        if person.slack_user_id:
            outbox.publish_home(session, now, person.slack_user_id)

    def render(self, session: Session, now: datetime, slack_user_id: str) -> dict[str, Any]:
        """Return somebody's App Home as it is now."""
        if Role.MEMBER not in self._members.who(session, slack_user_id).roles:
            return messages.strangers_home().to_dict()
        polls = self._voting.open_for(session, now, slack_user_id)
        drafts = self._drafts.list(session, slack_user_id)
        facts = MemberHome(
            votes=[PollLine.of(poll) for poll in polls],
            own=self._reading.own(session, slack_user_id),
            drafts=[DraftLine(d.id, d.nominee_name, d.updated_at) for d in drafts],
        )
        return messages.member_home(facts).to_dict()
