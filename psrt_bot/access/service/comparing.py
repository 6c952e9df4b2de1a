"""The bot's list compared with the places, and one-click remedies (R6).

Compared are our own tables, which Slack keeps up to date, so nothing waits for the network.
GitHub's part: ``checking.py``.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.access import rules
from psrt_bot.access.messages import drift as messages
from psrt_bot.access.messages.drift import Report, value_of
from psrt_bot.access.rules import GITHUB, Cause, Difference, Doing, ItemState, Listed, Task, What
from psrt_bot.access.service.checklists import (
    Desk,
    begin,
    open_for,
    open_lists,
    put,
    update_message,
)
from psrt_bot.access.service.placing import Placing
from psrt_bot.membership.permissions import Permission, Role
from psrt_bot.membership.rules import github_key
from psrt_bot.membership.service.people import Actor
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.people import channel_problem, live_users
from psrt_bot.runtime.rules import AlreadyDone
from storage.access import AccessChecklist, AccessItem, TeamCheck
from storage.engine import wake_workers
from storage.people import Person, RoleHeld, SlackChannel, SlackChannelMember, SlackUser
from storage.runtime import OutboxRow


class Comparing:
    """Use cases of admins. Each is one transaction of the caller's.

    Args:
        asks_github: whether there is a token to ask with.
    """

    def __init__(self, desk: Desk, placing: Placing, *, asks_github: bool) -> None:
        self._desk = desk
        self._placing = placing
        self.asks_github = asks_github

    def start(self, session: Session, now: datetime, slack_user_id: str) -> Report:
        """Compare Slack at once, and owe a question to GitHub where there is a token.

        Raises:
            NotAllowed: not an admin.
        """
        self._desk.members.require(session, slack_user_id, Permission.ACCESS_DRIFT)
        if self.asks_github:
            owe_check(session, now, asked_by=slack_user_id)
        return self.of_slack(session)

    def look(self, session: Session, slack_user_id: str) -> Report:
        """Compare Slack once more, without another question to GitHub.

        Raises:
            NotAllowed: not an admin.
        """
        self._desk.members.require(session, slack_user_id, Permission.ACCESS_DRIFT)
        return self.of_slack(session)

    def of_slack(self, session: Session) -> Report:
        """Compare the channels with the list."""
        listed = _listed(session)
        inside, unread = self._inside(session)
        found = rules.channel_differences(listed, self._desk.rooms, inside)
        return Report(
            differences=found,
            under_way=frozenset(one for one in found if _under_way(session, one)),
            unread=unread,
            unlinked=[one.name for one in rules.unlinked(listed)],
        )

    def of_github(self, session: Session, logins: Collection[str]) -> Report:
        """Compare the GitHub team's members with the list."""
        found = rules.github_differences(_listed(session), logins)
        return Report(
            differences=found,
            under_way=frozenset(one for one in found if _on_a_list(session, one)),
            team=self._desk.github_team or "",
            github=True,
        )

    def invite(self, session: Session, now: datetime, slack_user_id: str, value: str) -> str:
        """Invite whoever is missing in a channel; return their name.

        Raises:
            NotAllowed: not an admin. AlreadyDone: they are not missing (any more).
        """
        actor, one = self._remedied(session, slack_user_id, value, What.MISSING)
        self._placing.invite(session, now, one.place, one.key, one.person_id)
        _record(session, now, actor, "access:invite", one)
        return one.name

    def remove(self, session: Session, now: datetime, slack_user_id: str, value: str) -> str:
        """Remove a stranger from a channel; return their name.

        Raises:
            NotAllowed: not an admin. AlreadyDone: they are no stranger there (any more).
        """
        actor, one = self._remedied(session, slack_user_id, value, What.STRANGER)
        outbox.kick(session, now, one.place, one.key)
        _record(session, now, actor, "access:remove", one)
        return one.name

    def put_on_list(self, session: Session, now: datetime, slack_user_id: str, value: str) -> str:
        """Put a difference at GitHub on a checklist; return whose.

        The bot's token only reads there, so a human does it; the checklist reminds them.

        Raises:
            NotAllowed: not an admin. AlreadyDone: the list says otherwise (by now), or it stands
                on a checklist.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.ACCESS_DRIFT)
        one = _at_github(session, value)
        if one is None:
            raise AlreadyDone(messages.NOT_SO)
        _record(session, now, actor, "access:list", one)  # before the checklist: see ticking.py
        if _on_a_list(session, one):
            raise AlreadyDone(messages.NOT_SO)
        task = Task(GITHUB, Doing.ADD if one.what is What.MISSING else Doing.REMOVE)
        person = session.get(Person, one.person_id) if one.person_id else None
        checklist = open_for(session, person.id) if person else None
        if checklist is None:
            begin(session, now, self._desk, Cause.DRIFT, [task], person=person, name=one.name)
        else:
            put(session, now, checklist, [task], person)
            update_message(session, now, self._desk, checklist)
        return one.name

    def _remedied(
        self, session: Session, slack_user_id: str, value: str, what: What
    ) -> tuple[Actor, Difference]:
        """Return who asks and the difference that a button means, as things stand now."""
        actor = self._desk.members.require(session, slack_user_id, Permission.ACCESS_DRIFT)
        report = self.of_slack(session)
        for one in report.differences:
            if one.what is what and value_of(one) == value and one not in report.under_way:
                return actor, one
        raise AlreadyDone(messages.NOT_SO)

    def _inside(self, session: Session) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        """Return who is in each channel that can be read, and why the others cannot."""
        inside: dict[str, dict[str, str]] = {}
        unread: dict[str, str] = {}
        for channel in dict.fromkeys(channel for _, channel in self._desk.rooms):
            known = session.get(SlackChannel, channel)
            if known is None or not known.is_inside:
                unread[channel] = channel_problem(known) or "the bot is not in it"
                continue
            found = session.execute(
                select(col(SlackChannelMember.user_id), SlackUser)
                .join(
                    SlackUser,
                    col(SlackUser.id) == col(SlackChannelMember.user_id),
                    isouter=True,
                )
                .where(col(SlackChannelMember.channel_id) == channel)
                .order_by(col(SlackChannelMember.user_id))
            )
            inside[channel] = {
                user_id: user.real_name or user.name if user else user_id
                for user_id, user in found
                if user is None or not (user.is_bot or user.is_deleted)
            }
        return inside, unread


def owe_check(session: Session, now: datetime, *, asked_by: str | None) -> None:
    """Owe a comparison that asks GitHub as well; one that the same person waits for is enough."""
    same = (
        col(TeamCheck.asked_by).is_(None)
        if asked_by is None
        else col(TeamCheck.asked_by) == asked_by
    )
    waiting = select(col(TeamCheck.id)).where(same, col(TeamCheck.finished_at).is_(None))
    if session.scalar(waiting.limit(1)) is None:
        session.add(TeamCheck(asked_by=asked_by, asked_at=now, try_at=now))
        session.flush()
    wake_workers(session)


def _listed(session: Session) -> list[Listed]:
    """Return everybody the bot knows, by name, with the roles they hold now."""
    roles: dict[str, set[Role]] = {}
    for held in session.scalars(select(RoleHeld).where(col(RoleHeld.until).is_(None))):
        roles.setdefault(held.person_id, set()).add(Role(held.role))
    people = session.scalars(select(Person).order_by(col(Person.name), col(Person.id))).all()
    alive = live_users(session, [one.slack_user_id for one in people if one.slack_user_id])
    return [
        Listed(
            person_id=one.id,
            name=one.name,
            github=one.github,
            user=one.slack_user_id if one.slack_user_id in alive else None,
            roles=frozenset(roles.get(one.id, ())),
        )
        for one in people
    ]


def _under_way(session: Session, one: Difference) -> bool:
    """Whether an invitation or a removal of somebody is owed."""
    waiting = select(col(OutboxRow.seq)).where(
        col(OutboxRow.conversation) == f"place:{one.place}:{one.key}",
        col(OutboxRow.finished_at).is_(None),
    )
    return session.scalar(waiting.limit(1)) is not None


def _on_a_list(session: Session, one: Difference) -> bool:
    """Whether an open checklist asks for what would mend a difference at GitHub."""
    doing = Doing.ADD if one.what is What.MISSING else Doing.REMOVE
    whose = (
        col(AccessChecklist.person_id) == one.person_id
        if one.person_id
        else col(AccessChecklist.name) == one.name
    )
    found = (
        select(col(AccessItem.id))
        .join(AccessChecklist, col(AccessChecklist.id) == col(AccessItem.checklist_id))
        .where(
            col(AccessChecklist.id).in_([checklist.id for checklist in open_lists(session)]),
            whose,
            col(AccessItem.place) == GITHUB,
            col(AccessItem.doing) == doing,
            col(AccessItem.state) == ItemState.OPEN,
        )
    )
    return session.scalar(found.limit(1)) is not None


def _at_github(session: Session, value: str) -> Difference | None:
    """Return the difference that a button means, if the list still agrees with it.

    Whether GitHub does, whoever does it will see there.
    """
    what, _, rest = value.partition("|")
    place, _, login = rest.partition("|")
    key = github_key(login)
    if place != GITHUB or key is None or what not in (What.MISSING, What.STRANGER):
        return None
    person = session.scalar(select(Person).where(col(Person.github_key) == key))
    listed = next((o for o in _listed(session) if person and o.person_id == person.id), None)
    is_member = listed is not None and Role.MEMBER in listed.roles
    if is_member is not (what == What.MISSING):
        return None
    name = person.name if person else login
    return Difference(What(what), GITHUB, login, name, person.id if person else None)


def _record(session: Session, now: datetime, actor: Actor, act: str, one: Difference) -> None:
    audit.append(
        session,
        now,
        actor=actor.audit_name,
        act=act,
        subject=one.person_id or one.key,
        details={"place": one.place, "what": one.what, "who": one.key},
    )
