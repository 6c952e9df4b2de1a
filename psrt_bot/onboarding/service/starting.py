"""How an onboarding begins, in Slack or by an invitation, and how it ends before a yes (R11)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission
from psrt_bot.membership.rules import Role, github_key
from psrt_bot.membership.service.people import roles_of
from psrt_bot.onboarding.messages import office, start, words
from psrt_bot.onboarding.messages.words import Shown
from psrt_bot.onboarding.rules import (
    ASK_AGAIN,
    REMIND_AFTER,
    SILENT_AFTER,
    OnboardingState,
    same_address,
)
from psrt_bot.onboarding.service.desk import (
    CHASE,
    REMIND,
    SILENT,
    Desk,
    ask_slot,
    find,
    move,
    record,
    running,
    theirs,
)
from psrt_bot.onboarding.service.reminding import remind
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.facts import NewcomerArrived
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotFound
from psrt_bot.runtime.sql import insert_ignoring
from storage.onboarding import Onboarding
from storage.people import Person, SlackUser
from storage.types import new_id

NOBODY = "Please choose who it is."
NO_PERSON = "This is a bot, a deactivated account, or one of another workspace; choose a person."
SOMEBODY_ELSE = "This is a member of the team already; choose the newcomer."


@dataclass(frozen=True)
class Newcomer:
    """Somebody whose membership was decided.

    Args:
        subject: what led to it, a nomination's id.
        slack_user_id: None for somebody who is not in the workspace; then ``email`` is known.
    """

    subject: str
    name: str
    github: str = ""
    email: str | None = None
    slack_user_id: str | None = None


class Starting:
    """Use cases before somebody accepts. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def start(self, session: Session, now: datetime, newcomer: Newcomer) -> None:
        """Ask somebody, or have the admins invite them; once for each decision.

        Whoever is a member already is not asked: they were taken in by another way.
        """
        if _is_member_already(session, newcomer):
            return
        user = in_workspace(session, newcomer.slack_user_id)
        values = {
            "id": new_id(),
            "subject": newcomer.subject,
            "state": OnboardingState.OUTSIDE,
            "running": True,
            "name": newcomer.name,
            "github": newcomer.github,
            "nominated_github": newcomer.github,
            "email": newcomer.email,
            "begun_at": now,
        }
        if not insert_ignoring(session, Onboarding, values):
            return
        onboarding = session.get_one(Onboarding, values["id"])
        record(session, now, audit.SYSTEM, "start", onboarding)
        if user is not None:
            self._ask(session, now, onboarding, user)
            return
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, office.invitation(shown))
        deadlines.schedule(session, CHASE, onboarding.id, now + ASK_AGAIN)
        self._desk.homes_changed(session, now, onboarding)

    def seen(self, session: Session, now: datetime, users: Iterable[Mapping[str, Any]]) -> None:
        """Ask whoever is expected and has come, known by the address of their account.

        Needs the scope ``users:read.email``; without it Slack leaves the address out, and an admin
        says who came (``here``). Called with what Slack tells of users, at once and hourly, so that
        nobody is missed who came while the bot was away.
        """
        expected = [o for o in running(session, OnboardingState.OUTSIDE) if o.email]
        if not expected:
            return
        for user in users:
            address = (user.get("profile") or {}).get("email")
            for onboarding in expected:
                if not same_address(onboarding.email, address):
                    continue
                if in_workspace(session, user["id"]) and not is_member(session, user["id"]):
                    self._arrived(session, now, onboarding, user["id"], audit.SYSTEM)
                    expected.remove(onboarding)
                    break

    def expected(self, session: Session, slack_user_id: str, onboarding_id: str) -> Shown:
        """Return an onboarding of somebody outside, for the form that says who came.

        Raises:
            NotAllowed: not an admin. NotFound, AlreadyDone: it is over, or they came.
        """
        _, onboarding = self._managed(session, slack_user_id, onboarding_id, lock=False)
        if onboarding.state != OnboardingState.OUTSIDE:
            raise AlreadyDone(words.NOT_NEEDED)
        return self._desk.shown(session, onboarding)

    def here(
        self, session: Session, now: datetime, slack_user_id: str, onboarding_id: str, who: str
    ) -> None:
        """Say, as an admin, which Slack user somebody is who was outside; they are asked.

        Raises:
            NotAllowed: not an admin. NotFound, AlreadyDone: it is over, or they came.
            FieldProblems: nobody was chosen, or nobody who can be it.
        """
        by, onboarding = self._managed(session, slack_user_id, onboarding_id)
        if onboarding.state != OnboardingState.OUTSIDE:
            raise AlreadyDone(words.NOT_NEEDED)
        if not who:
            raise FieldProblems({words.USER_FIELD: NOBODY})
        if in_workspace(session, who) is None:
            raise FieldProblems({words.USER_FIELD: NO_PERSON})
        if is_member(session, who):
            raise FieldProblems({words.USER_FIELD: SOMEBODY_ELSE})
        self._arrived(session, now, onboarding, who, by)

    def decline(
        self, session: Session, now: datetime, slack_user_id: str, onboarding_id: str
    ) -> None:
        """Decline one's own invitation; the admins are told, nobody else.

        Raises:
            NotFound: there is none for them. AlreadyDone: it is settled.
        """
        self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_ANSWER)
        onboarding = theirs(session, slack_user_id, onboarding_id)
        if onboarding.state != OnboardingState.ASKED:
            raise AlreadyDone(words.NOT_NEEDED)
        by = f"slack:{slack_user_id}"
        move(session, onboarding, OnboardingState.DECLINED, ended_at=now, ended_by=by)
        record(session, now, by, "decline", onboarding)
        outbox.change(session, now, ask_slot(onboarding), start.declined())
        self._desk.admins.tell(session, now, office.declined(self._desk.shown(session, onboarding)))
        self._desk.homes_changed(session, now, onboarding)

    def ask_again(
        self, session: Session, now: datetime, slack_user_id: str, onboarding_id: str
    ) -> None:
        """Begin anew with somebody who declined, or whose onboarding was ended before a yes.

        Raises:
            NotAllowed: not an admin. NotFound: there is none.
            AlreadyDone: it is under way again, or they are a member.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_MANAGE)
        old = find(session, onboarding_id, lock=True)
        if old is None:
            raise NotFound(words.NOT_FOR_YOU)
        if not can_be_asked_again(session, old):
            raise AlreadyDone(words.NOT_NEEDED)
        record(session, now, actor.audit_name, "ask-again", old)
        self.start(
            session,
            now,
            Newcomer(old.subject, old.name, old.github, old.email, old.slack_user_id),
        )

    def remind(self, session: Session, now: datetime, onboarding_id: str) -> None:
        """Remind somebody who was asked, in their own morning (handler; several count as one)."""
        onboarding = find(session, onboarding_id)
        if onboarding and onboarding.state == OnboardingState.ASKED and onboarding.slack_user_id:
            remind(session, now, [onboarding.slack_user_id])

    def silent(self, session: Session, now: datetime, onboarding_id: str) -> None:
        """Tell the admins that somebody has not answered (handler)."""
        onboarding = find(session, onboarding_id)
        if onboarding is None or onboarding.state != OnboardingState.ASKED:
            return
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, office.silent(shown, now))

    def chase(self, session: Session, now: datetime, onboarding_id: str) -> None:
        """Ask the admins weekly about somebody who has not come (handler)."""
        onboarding = find(session, onboarding_id)
        if onboarding is None or onboarding.state != OnboardingState.OUTSIDE:
            return
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, office.not_here_yet(shown, now))
        deadlines.schedule(session, CHASE, onboarding.id, now + ASK_AGAIN)

    def _arrived(
        self, session: Session, now: datetime, onboarding: Onboarding, user: str, by: str
    ) -> None:
        record(session, now, by, "arrived", onboarding)
        fact = NewcomerArrived(onboarding.subject, user)
        self._desk.facts.announce(session, now, fact)
        self._ask(session, now, onboarding, user)
        arrived = office.arrived(
            self._desk.shown(session, onboarding), by_address=by == audit.SYSTEM
        )
        self._desk.admins.tell(session, now, arrived)

    def _ask(self, session: Session, now: datetime, onboarding: Onboarding, user: str) -> None:
        move(session, onboarding, OnboardingState.ASKED, slack_user_id=user, asked_at=now)
        question = start.question(self._desk.shown(session, onboarding))
        outbox.tell(session, now, user, question, slot=ask_slot(onboarding))
        for after in REMIND_AFTER:
            deadlines.schedule(session, REMIND, onboarding.id, now + after)
        deadlines.schedule(session, SILENT, onboarding.id, now + SILENT_AFTER)
        self._desk.homes_changed(session, now, onboarding)

    def _managed(
        self, session: Session, slack_user_id: str, onboarding_id: str, *, lock: bool = True
    ) -> tuple[str, Onboarding]:
        actor = self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_MANAGE)
        onboarding = find(session, onboarding_id, lock=lock)
        if onboarding is None:
            raise NotFound(words.NOT_FOR_YOU)
        return actor.audit_name, onboarding


def in_workspace(session: Session, slack_user_id: str | None) -> str | None:
    """Return a Slack user who can be written to and is a person of ours; a guest is."""
    user = session.get(SlackUser, slack_user_id) if slack_user_id else None
    if user is None or user.is_deleted or user.is_bot or user.is_foreign:
        return None
    return user.id


def is_member(session: Session, slack_user_id: str) -> bool:
    """Return whether a Slack user is linked to a member."""
    person = session.scalar(select(Person).where(col(Person.slack_user_id) == slack_user_id))
    return person is not None and Role.MEMBER in roles_of(session, person.id)


def is_member_called(session: Session, github: str) -> bool:
    """Return whether a GitHub name is a member's; whether they are linked does not matter."""
    key = github_key(github)
    person = session.scalar(select(Person).where(col(Person.github_key) == key)) if key else None
    return person is not None and Role.MEMBER in roles_of(session, person.id)


def _is_member_already(session: Session, newcomer: Newcomer) -> bool:
    user = newcomer.slack_user_id
    return bool(user and is_member(session, user)) or is_member_called(session, newcomer.github)


def can_be_asked_again(session: Session, onboarding: Onboarding) -> bool:
    """Return whether somebody did not become a member, and is not being asked anew."""
    if onboarding.running or onboarding.accepted_at is not None:
        return False
    newer = session.scalar(
        select(col(Onboarding.id))
        .where(
            col(Onboarding.subject) == onboarding.subject,
            col(Onboarding.id) != onboarding.id,
            or_(
                col(Onboarding.running).is_(True),
                col(Onboarding.begun_at) > onboarding.begun_at,
                col(Onboarding.accepted_at).is_not(None),
            ),
        )
        .limit(1)
    )
    return newer is None
