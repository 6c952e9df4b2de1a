"""Acceptance: every responsibility ticked, who they are confirmed; only then a member (R5, R7)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission, Role
from psrt_bot.membership.rules import (
    email_problem,
    github_key,
    github_name_problem,
    name_problem,
)
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.appointing import add_person
from psrt_bot.membership.service.people import roles_of
from psrt_bot.onboarding.messages import checklist, office, start, words
from psrt_bot.onboarding.messages.words import Shown
from psrt_bot.onboarding.rules import (
    EMAIL,
    GITHUB,
    NAME,
    OnboardingState,
    reminder_moments,
    unticked,
)
from psrt_bot.onboarding.service import accounts
from psrt_bot.onboarding.service.desk import (
    NUDGES,
    Desk,
    ask_slot,
    list_slot,
    move,
    office_slot,
    record,
    running,
    theirs,
)
from psrt_bot.onboarding.service.starting import is_member, is_member_called
from psrt_bot.runtime import deadlines, once, outbox
from psrt_bot.runtime.facts import NewcomerAccepted
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed
from storage.onboarding import Onboarding, OnboardingStep
from storage.people import Person


@dataclass(frozen=True)
class Acceptance:
    """What a newcomer filled in.

    Args:
        promises: the names of those that were ticked.
        listed_name: how their name shall stand in the public list (R5).
    """

    promises: Collection[str]
    github: str
    email: str
    listed_name: str


class Accepting:
    """Use cases of somebody who accepts. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(
        self, session: Session, now: datetime, slack_user_id: str, onboarding_id: str
    ) -> tuple[Shown, str | None]:
        """Return what the form of acceptance is made from, and why it cannot be filled in now.

        What stands in the way is returned, not raised: the admins are told, which would be undone.

        Raises:
            NotFound: nothing is asked of them. AlreadyDone: it is settled.
        """
        onboarding = self._asked(session, slack_user_id, onboarding_id)
        shown = self._desk.shown(session, onboarding)
        problem = self._refusal(session, slack_user_id, onboarding)
        told = f"onboarding:account:{onboarding.id}"
        if problem == start.NO_ACCOUNT and once.first_time(session, now, told):
            self._desk.admins.tell(session, now, office.needs_account(shown))
        return shown, problem

    def _refusal(self, session: Session, slack_user_id: str, onboarding: Onboarding) -> str | None:
        """Return why somebody who is asked cannot accept now, or None."""
        if is_member(session, slack_user_id):
            return start.MEMBER_ALREADY
        if is_member_called(session, onboarding.nominated_github):
            return start.MEMBER_UNLINKED  # under another name they would be two members
        # A guest, or somebody of elsewhere, could not do anything of what members do.
        return None if live_users(session, [slack_user_id]) else start.NO_ACCOUNT

    def accept(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        onboarding_id: str,
        filled: Acceptance,
    ) -> None:
        """Become a member: role and line, steps and deadlines, word to team and admins.

        Raises:
            NotFound: nothing is asked of them. AlreadyDone: it is settled, or they are a member.
            NotAllowed: their account cannot be a member's, or is not theirs on the list.
            FieldProblems: something is not ticked, or wrong. RuleError: the list cannot hold it.
        """
        lines.lock(session)  # before the onboarding's own, as an import takes them (PostgreSQL)
        onboarding = self._asked(session, slack_user_id, onboarding_id)
        if problem := self._refusal(session, slack_user_id, onboarding):
            raise NotAllowed(problem)
        github, email = filled.github.strip(), filled.email.strip()
        name = " ".join(filled.listed_name.split())
        _check(filled.promises, github, email, filled.listed_name)
        person = self._person(session, now, slack_user_id, onboarding, name, github)
        move(
            session,
            onboarding,
            OnboardingState.CHECKLIST,
            person_id=person.id,
            name=name,
            github=github,
            email=email,
            accepted_at=now,
        )
        record(session, now, person.id, "accept", onboarding)
        self._desk.joining.join(session, now, person, person.id, listed_name=name)
        self._begin_steps(session, now, onboarding)
        self._tell(session, now, onboarding)
        if self._desk.asks_github:
            accounts.owe(session, now, onboarding)
        fact = NewcomerAccepted(person.id, onboarding.subject)
        self._desk.facts.announce(session, now, fact)

    def _asked(self, session: Session, slack_user_id: str, onboarding_id: str) -> Onboarding:
        self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_ANSWER)
        onboarding = theirs(session, slack_user_id, onboarding_id)
        if onboarding.accepted_at is not None:
            raise AlreadyDone(start.MEMBER_ALREADY)
        if onboarding.state != OnboardingState.ASKED:
            raise AlreadyDone(words.NOT_NEEDED)
        return onboarding

    def _person(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        onboarding: Onboarding,
        name: str,
        github: str,
    ) -> Person:
        """Return who they are on our list, or add them.

        A former member comes back as themselves: by Slack user, or by the GitHub name with which
        they were nominated. Nobody becomes somebody else by what they type.
        """
        key = github_key(github)
        if key != github_key(onboarding.nominated_github) and _is_expected(session, key):
            raise FieldProblems({GITHUB: start.TAKEN})
        known = session.scalar(select(Person).where(col(Person.github_key) == key))
        linked = _linked(session, slack_user_id)
        if linked is not None:
            if known is not None and known.id != linked.id:
                raise FieldProblems({GITHUB: start.TAKEN})
            linked.github, linked.github_key = github, key
            session.add(linked)
            session.flush()
            return linked
        by = f"slack:{slack_user_id}"
        if known is None:
            person = add_person(session, now, by, name=name, github=github)
        else:
            if Role.MEMBER in roles_of(session, known.id) or github_key(onboarding.github) != key:
                raise FieldProblems({GITHUB: start.TAKEN})
            if known.slack_user_id is not None:
                raise NotAllowed(start.LINKED_OTHERWISE)
            person = known
        self._desk.members.link(session, now, person, slack_user_id, by)
        session.refresh(person)
        return person

    def _begin_steps(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        """Keep the steps as the checklist has them now, and plan their reminders."""
        for position, step in enumerate(self._desk.steps):
            due_at = now + step.due if step.due else None
            remind_at = now + min(step.reminders()) if step.reminders() else None
            session.add(
                OnboardingStep(
                    onboarding_id=onboarding.id,
                    position=position,
                    key=step.key,
                    title=step.title,
                    text=step.text,
                    who=step.who,
                    kind=step.kind,
                    links=[{"text": link.text, "url": link.url} for link in step.links],
                    due_at=due_at,
                    remind_at=remind_at,
                )
            )
        session.flush()
        for who, kind in NUDGES.items():
            for at in reminder_moments(self._desk.steps, now, who):
                deadlines.schedule(session, kind, onboarding.id, at)

    def _tell(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        desk = self._desk
        shown = desk.shown(session, onboarding)
        assert onboarding.slack_user_id is not None
        outbox.change(session, now, ask_slot(onboarding), start.accepted())
        outbox.tell(
            session,
            now,
            onboarding.slack_user_id,
            checklist.message(shown, now),
            slot=list_slot(onboarding),
        )
        desk.admins.tell(session, now, office.accepted(shown), slot=office_slot(onboarding))
        # Not marked as about their nomination: of this they may read in the channel's past.
        outbox.post(session, now, desk.team_channel, start.welcome(shown))
        desk.homes_changed(session, now, onboarding)


def _check(promises: Collection[str], github: str, email: str, name: str) -> None:
    """Raise what is wrong with the form, all of it, by its fields."""
    problems = unticked(promises)
    typed = {
        GITHUB: github_name_problem(github),
        EMAIL: email_problem(email),
        NAME: name_problem(name),
    }
    problems |= start.field_words(typed)
    if problems:
        raise FieldProblems(problems)


def _is_expected(session: Session, key: str | None) -> bool:
    """Return whether somebody who was nominated by a GitHub name has not answered yet."""
    waiting = running(session, OnboardingState.OUTSIDE, OnboardingState.ASKED)
    return key is not None and any(github_key(one.nominated_github) == key for one in waiting)


def _linked(session: Session, slack_user_id: str) -> Person | None:
    return session.scalar(select(Person).where(col(Person.slack_user_id) == slack_user_id))
