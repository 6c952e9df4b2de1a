"""Reminders of an onboarding: newcomer and mentor in their mornings, admins in their channel."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block
from sqlmodel import Session

from psrt_bot.onboarding.messages import checklist, office, start
from psrt_bot.onboarding.messages.words import Shown
from psrt_bot.onboarding.rules import OnboardingState, Ticker, next_week
from psrt_bot.onboarding.service.desk import EXPANDER, NUDGES, Desk, absent, find, running
from psrt_bot.runtime import blocks, deadlines
from psrt_bot.runtime.blocks import Message
from psrt_bot.runtime.deadlines import Act
from psrt_bot.runtime.people import live_users
from psrt_bot.runtime.waking import remind_when_awake
from storage.onboarding import Onboarding
from storage.people import Person, SlackUser

WHENEVER = timedelta(days=3650)  # there is no close before which the reminder would have to come


def remind(session: Session, now: datetime, users: Collection[str]) -> None:
    """Owe one reminder of onboarding to these, at their next waking hour, once a day."""
    known = [user for user in (session.get(SlackUser, u) for u in sorted(users)) if user]
    alive = [user for user in known if not user.is_deleted]
    remind_when_awake(session, now, alive, EXPANDER, before=now + WHENEVER)


class Reminding:
    """Plans reminders of a checklist when their time comes, and works them out at delivery."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def nudge(self, session: Session, now: datetime, onboarding_id: str, who: Ticker) -> None:
        """Remind one kind of people of their steps that wait, and mark what is late.

        While something of theirs is late it is asked for weekly; of nobody while the newcomer's
        account is gone.
        """
        onboarding = find(session, onboarding_id)
        if onboarding is None or onboarding.state != OnboardingState.CHECKLIST:
            return
        shown = self._desk.shown(session, onboarding)
        waiting = shown.waiting(now, who)
        if absent(session, [onboarding]):
            if waiting:  # looked at again each week, until the account is back or another
                self._next_week(session, now, onboarding, who)
            return
        if waiting and (user := self._user(session, onboarding, who)):
            remind(session, now, [user])
        elif waiting and who is not Ticker.NEWCOMER:
            self._desk.admins.tell(session, now, office.steps_wait(shown, waiting, now))
        if any(step.who is who for step in shown.late(now)):
            self._next_week(session, now, onboarding, who)
        self._desk.show_progress(session, now, onboarding)

    def _next_week(
        self, session: Session, now: datetime, onboarding: Onboarding, who: Ticker
    ) -> None:
        assert onboarding.accepted_at is not None
        at = next_week(onboarding.accepted_at, now)
        deadlines.schedule(session, NUDGES[who], onboarding.id, at)

    def handler(self, who: Ticker) -> Act:
        """Return what is done when a reminder of ``who`` is due (several count as one)."""

        def act(session: Session, now: datetime, onboarding_id: str) -> None:
            self.nudge(session, now, onboarding_id, who)

        return act

    def expand(self, session: Session, now: datetime, users: list[str]) -> dict[str, Message]:
        """Return one message to each of ``users`` for whom something still waits."""
        parts: dict[str, list[Block]] = defaultdict(list)
        under_way = running(session, OnboardingState.ASKED, OnboardingState.CHECKLIST)
        resting = absent(session, under_way)
        under_way = [one for one in under_way if one.id not in resting]
        mentors = self._desk.mentors(session, under_way)
        together = zip(under_way, self._desk.shown_all(session, under_way), strict=True)
        for onboarding, shown in together:
            user = onboarding.slack_user_id
            if user in users and user is not None:
                parts[user] += _to_newcomer(shown, now)
            mentor = _alive(session, mentors.get(onboarding.id))
            if mentor in users and mentor is not None and shown.waiting(now, Ticker.MENTOR):
                parts[mentor] += checklist.mentor_reminder(shown, now)
        text = "A reminder of your onboarding in the team"
        return {
            user: Message(text, [blocks.section(f"*{text}*"), *shown])
            for user, shown in parts.items()
            if shown
        }

    def _user(self, session: Session, onboarding: Onboarding, who: Ticker) -> str | None:
        """Return who is reminded in a message of their own; None where the admins are."""
        if who is Ticker.NEWCOMER:
            return onboarding.slack_user_id
        if who is not Ticker.MENTOR:
            return None
        return _alive(session, self._desk.mentor(session, onboarding))


def _alive(session: Session, mentor: Person | None) -> str | None:
    """Return a mentor's Slack user, if that is alive."""
    if mentor is None or mentor.slack_user_id is None:
        return None
    return next(iter(live_users(session, [mentor.slack_user_id])), None)


def _to_newcomer(shown: Shown, now: datetime) -> list[Block]:
    if shown.state is OnboardingState.ASKED:
        return start.reminder(shown)
    return checklist.reminder(shown, now) if shown.waiting(now, Ticker.NEWCOMER) else []
