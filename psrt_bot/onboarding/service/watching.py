"""People in the middle of it: they come, leave, are linked anew, or lose their account."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from psrt_bot.membership.rules import Role, github_key
from psrt_bot.membership.service.people import roles_of
from psrt_bot.onboarding.messages import checklist, office
from psrt_bot.onboarding.rules import OnboardingState
from psrt_bot.onboarding.service.desk import (
    GO_ON,
    REST,
    Desk,
    absent,
    list_slot,
    record,
    rests,
    running,
)
from psrt_bot.onboarding.service.starting import Starting
from psrt_bot.onboarding.service.ticking import close
from psrt_bot.runtime import audit, outbox
from psrt_bot.runtime.facts import MemberJoined, MemberLeft, PersonLinked
from psrt_bot.runtime.people import live_users
from storage.onboarding import Onboarding
from storage.people import Person, SlackUser


class Watching:
    """Handlers of what Slack tells of users, and of facts, in the caller's transaction."""

    def __init__(self, desk: Desk, starting: Starting) -> None:
        self._desk = desk
        self._starting = starting

    def seen(self, session: Session, now: datetime, users: Iterable[Mapping[str, Any]]) -> None:
        """Take note of users as Slack tells of them, after they are kept (``note_user``)."""
        told = list(users)
        self._starting.seen(session, now, told)
        gone = {user["id"]: bool(user.get("deleted")) for user in told}
        for onboarding in running(session, OnboardingState.ASKED, OnboardingState.CHECKLIST):
            match gone.get(onboarding.slack_user_id or ""):
                case True:
                    self._deactivated(session, now, onboarding)
                case False if self._goes_on(session, now, onboarding):
                    shown = self._desk.shown(session, onboarding)
                    self._desk.admins.tell(session, now, office.back(shown))
                    self._desk.show_progress(session, now, onboarding)

    def member_left(self, session: Session, now: datetime, fact: MemberLeft) -> None:
        """End the onboarding of whose membership ended (handler); offboarding tells them."""
        for onboarding in running(session, OnboardingState.CHECKLIST):
            if onboarding.person_id == fact.person_id:
                close(session, now, self._desk, onboarding, audit.SYSTEM)

    def member_joined(self, session: Session, now: datetime, fact: MemberJoined) -> None:
        """Ask nobody any more who became a member by another way, an import (handler)."""
        self._member_otherwise(session, now, session.get_one(Person, fact.person_id))

    def linked(self, session: Session, now: datetime, fact: PersonLinked) -> None:
        """Let a checklist follow a newcomer to the Slack user they are now (handler).

        Somebody who was asked may be known only now as a member: a list has no Slack users.
        """
        person = session.get_one(Person, fact.person_id, populate_existing=True)
        if Role.MEMBER in roles_of(session, person.id):
            self._member_otherwise(session, now, person)
        for onboarding in running(session, OnboardingState.CHECKLIST):
            if onboarding.person_id == fact.person_id:
                self._follow(session, now, onboarding)

    def _member_otherwise(self, session: Session, now: datetime, person: Person) -> None:
        """End what asks a member whether they accept: known by Slack user, or by GitHub name."""
        for onboarding in running(session, OnboardingState.OUTSIDE, OnboardingState.ASKED):
            user = onboarding.slack_user_id
            key = github_key(onboarding.nominated_github)
            if (user and user == person.slack_user_id) or (key and key == person.github_key):
                close(session, now, self._desk, onboarding, audit.SYSTEM)

    def _follow(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        person = session.get_one(Person, onboarding.person_id, populate_existing=True)
        user = person.slack_user_id
        if user is None or user == onboarding.slack_user_id:
            return
        onboarding.slack_user_id = user
        session.add(onboarding)
        session.flush()
        if not absent(session, [onboarding]):
            self._goes_on(session, now, onboarding)
        if live_users(session, [user]):
            message = checklist.message(self._desk.shown(session, onboarding), now)
            outbox.tell(session, now, user, message, slot=list_slot(onboarding))
        self._desk.homes_changed(session, now, onboarding)

    def _deactivated(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        user = session.get(SlackUser, onboarding.slack_user_id or "", populate_existing=True)
        if user is not None and not user.is_deleted:
            return
        member = onboarding.state == OnboardingState.CHECKLIST
        if member:
            audit.hold(session)  # two may tell of it at once: the admins hear it once
            if rests(session, onboarding):
                return
            record(session, now, audit.SYSTEM, REST, onboarding)
        else:
            close(session, now, self._desk, onboarding, audit.SYSTEM)
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, office.gone(shown, member=member))

    def _goes_on(self, session: Session, now: datetime, onboarding: Onboarding) -> bool:
        """Return whether a checklist rested; then it goes on from now."""
        if not rests(session, onboarding):
            return False
        audit.hold(session)
        if not rests(session, onboarding):
            return False
        record(session, now, audit.SYSTEM, GO_ON, onboarding)
        return True
