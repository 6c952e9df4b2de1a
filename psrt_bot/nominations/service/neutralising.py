"""Before somebody comes into a channel, what the bot said there about them becomes neutral (R12).

Bound to the facts that lead to an invitation, ahead of whoever owes it: so the invitation stands
behind the neutral lines in the channel's queue, whoever began the membership and by which way.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission, Role
from psrt_bot.membership.service.people import roles_of
from psrt_bot.nominations.messages import neutral as messages
from psrt_bot.nominations.rules import is_meant
from psrt_bot.nominations.service.reading import Process, admitted, nominee_of
from psrt_bot.nominations.service.showing import shown
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.facts import MemberJoined, PersonLinked, PostLingers, RolesChanged
from psrt_bot.runtime.neutral import neutralise
from storage.nominations import Nomination
from storage.people import Person, RoleHeld
from storage.runtime import NeutralSubject


class Neutralising:
    """Use cases around what a newcomer must not find.

    Args:
        rooms: the channels to which members are invited, and those of further roles.
    """

    def __init__(self, process: Process, rooms: Iterable[tuple[Role, str | None]]) -> None:
        self._process = process
        self._rooms = [(role, channel) for role, channel in rooms if channel]

    def joined(self, session: Session, now: datetime, fact: MemberJoined) -> None:
        """Make everything about a new member neutral (handler)."""
        self.prepare(session, now, fact.person_id)

    def roles_changed(self, session: Session, now: datetime, fact: RolesChanged) -> None:
        """Do the same in the channels to which another role leads (handler)."""
        self.prepare(session, now, fact.person_id)

    def linked(self, session: Session, now: datetime, fact: PersonLinked) -> None:
        """Do the same for somebody of whom we now know who they are in Slack (handler)."""
        self.prepare(session, now, fact.person_id)

    def sweep(self, session: Session, now: datetime) -> None:
        """Do the same for everybody of whom no fact told: with each look at Slack's people.

        The command line changes roles, links and GitHub names while no bot listens, and admins
        invite by hand. What was made neutral before is left alone: what resisted was told then.
        """
        done = session.execute(select(col(NeutralSubject.about), col(NeutralSubject.conversation)))
        known = {(about, conversation) for about, conversation in done}
        nominations = session.scalars(select(Nomination)).all()
        for person, roles in _everybody(session):
            channels = self._channels(roles)
            for nomination in nominations:
                new = [one for one in channels if (nomination.id, one) not in known]
                if new and _is_of(nomination, person):
                    self._neutralise(session, now, nomination, new, person.slack_user_id)

    def prepare(self, session: Session, now: datetime, person_id: str) -> None:
        """Make neutral what stands about somebody in the channels that their roles lead to.

        Every nomination of theirs counts, also earlier ones. Done again it owes what resisted.
        """
        person = session.get_one(Person, person_id)
        about = [n for n in session.scalars(select(Nomination)) if _is_of(n, person)]
        if not about:
            return
        channels = self._channels(roles_of(session, person_id))
        for nomination in about:
            self._neutralise(session, now, nomination, channels, person.slack_user_id)

    def again(
        self, session: Session, now: datetime, slack_user_id: str, nomination_id: str
    ) -> None:
        """Try again what resisted, once an admin has removed it by hand.

        Raises:
            NotAllowed, NotFound: not an admin, or it is not theirs to see.
        """
        actor, nomination = admitted(
            session,
            self._process,
            slack_user_id,
            Permission.NOMINATIONS_NEUTRALISE,
            nomination_id,
        )
        subjects = session.scalars(
            select(NeutralSubject).where(col(NeutralSubject.about) == nomination_id)
        ).all()
        for subject in subjects:
            user = subject.slack_user_id
            self._neutralise(session, now, nomination, [subject.conversation], user)
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="nominations:neutralise",
            subject=nomination_id,
        )

    def lingers(self, session: Session, now: datetime, fact: PostLingers) -> None:
        """Tell the admins that a post resists (handler)."""
        nomination = session.get(Nomination, fact.about)
        if nomination is not None:
            message = messages.lingers(shown(session, nomination), fact.conversation, fact.code)
            self._tell(session, now, nomination, message)

    def _channels(self, roles: Collection[Role]) -> set[str]:
        return {channel for role, channel in self._rooms if role in roles}

    def _neutralise(
        self,
        session: Session,
        now: datetime,
        nomination: Nomination,
        channels: Collection[str],
        slack_user_id: str | None,
    ) -> None:
        for channel in sorted(channels):
            twice = neutralise(
                session,
                now,
                nomination.id,
                channel,
                messages.line(),
                slack_user_id=slack_user_id or nomination.nominee_slack_user_id,
            )
            if twice:
                message = messages.perhaps_twice(shown(session, nomination), channel)
                self._tell(session, now, nomination, message)

    def _tell(
        self, session: Session, now: datetime, nomination: Nomination, message: Message
    ) -> None:
        """Tell each admin but the nominee, who may be one by now, and may read their channel."""
        for user in self._process.admins.users(session):
            person = session.scalar(select(Person).where(col(Person.slack_user_id) == user))
            if person is None or not _is_of(nomination, person):
                outbox.tell(session, now, user, message)


def _everybody(session: Session) -> Iterable[tuple[Person, set[Role]]]:
    """Return whoever holds a role, with their roles."""
    held = session.execute(
        select(Person, RoleHeld)
        .join(RoleHeld, col(RoleHeld.person_id) == col(Person.id))
        .where(col(RoleHeld.until).is_(None))
    )
    found: dict[str, tuple[Person, set[Role]]] = {}
    for person, one in held:
        found.setdefault(person.id, (person, set()))[1].add(Role(one.role))
    return found.values()


def _is_of(nomination: Nomination, person: Person) -> bool:
    return is_meant(nominee_of(nomination), person.slack_user_id, person.github, person.name)
