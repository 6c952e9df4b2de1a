"""The checklist of a newcomer: who sees it, who ticks which step, when it is done (R11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block
from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.membership.permissions import Permission, Role
from psrt_bot.membership.service.people import Actor
from psrt_bot.onboarding.messages import checklist, office, start, words
from psrt_bot.onboarding.messages.words import Shown
from psrt_bot.onboarding.rules import OnboardingState, StepKind, Ticker, is_running, may_tick
from psrt_bot.onboarding.service.desk import (
    Desk,
    ask_slot,
    find,
    move,
    record,
    running,
    steps_of,
)
from psrt_bot.onboarding.service.scoring import NotAVector, score
from psrt_bot.onboarding.service.starting import can_be_asked_again
from psrt_bot.runtime import audit, blocks, outbox
from psrt_bot.runtime.facts import ChecklistDone
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotAllowed, NotForYou, NotFound
from psrt_bot.runtime.sql import rows
from storage.onboarding import Onboarding, OnboardingStep
from storage.people import Person

NOT_YOURS = "This step is for somebody else to tick; the checklist says who."
PAST = 10  # of those who declined or ended, the newest


@dataclass(frozen=True)
class Opened:
    """One onboarding as somebody may see it.

    Args:
        mine: whose steps they may tick.
        admin: they see how access is given; of somebody else's, and may end what is under way.
    """

    shown: Shown
    mine: frozenset[Ticker]
    admin: bool

    @property
    def may_end(self) -> bool:
        """Whether they may end it."""
        return self.admin and is_running(self.shown.state)


@dataclass(frozen=True)
class Overview:
    """What ``/psrt onboarding`` shows: everything to admins, else one's mentees and one's own."""

    running: Sequence[Shown]
    past: Sequence[Shown]
    own: Opened | None


class Ticking:
    """Use cases of a checklist. Each is one transaction of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def overview(self, session: Session, slack_user_id: str) -> Overview:
        """Return the onboardings that somebody may see.

        Raises:
            NotAllowed: neither a member nor an admin.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_TICK)
        admin = Role.ADMIN in actor.roles
        under_way = running(session)
        mentors = self._desk.mentors(session, under_way)
        mine = [o for o in under_way if _mine(actor, o, mentors.get(o.id))]
        own = [o for o in mine if o.person_id == actor.person_id and actor.person_id]
        others = [o for o in mine if o not in own]
        return Overview(
            self._desk.shown_all(session, mine if admin else others),
            self._desk.shown_all(session, _past(session)) if admin else [],
            self._opened(session, actor, own[0]) if own else None,
        )

    def open(self, session: Session, slack_user_id: str, onboarding_id: str) -> Opened:
        """Return one onboarding that somebody may see.

        Raises:
            NotAllowed, NotFound: it is not for them.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_TICK)
        return self._opened(session, actor, self._visible(session, actor, onboarding_id))

    def scorable(self, session: Session, slack_user_id: str, value: str) -> str:
        """Return the title of a step whose vector somebody is about to paste.

        Raises:
            NotAllowed, NotFound, AlreadyDone: as of `tick`.
        """
        _, _, step = self._step(session, slack_user_id, value, lock=False)
        return step.title

    def tick(self, session: Session, now: datetime, slack_user_id: str, value: str) -> Opened:
        """Tick a step; the last one ends the checklist.

        Args:
            value: what its button carries.

        Raises:
            NotAllowed, NotFound: it is not for them. AlreadyDone: it is ticked, or all is over.
        """
        actor, onboarding, step = self._step(session, slack_user_id, value)
        if step.kind == StepKind.CVSS:
            raise NotFound(words.NOT_FOR_YOU)  # a forged button: it takes a vector
        self._tick(session, now, actor, onboarding, step, None)
        return self._opened(session, actor, onboarding)

    def score(
        self, session: Session, now: datetime, slack_user_id: str, value: str, vector: str
    ) -> str:
        """Tick a step by a CVSS v4.0 vector, and return its score; the vector is not kept.

        Raises:
            FieldProblems: it is no vector. NotAllowed, NotFound, AlreadyDone: as of `tick`.
        """
        actor, onboarding, step = self._step(session, slack_user_id, value)
        if step.kind != StepKind.CVSS:
            raise NotFound(words.NOT_FOR_YOU)
        try:
            result = score(vector)
        except NotAVector as problem:
            raise FieldProblems({words.VECTOR_FIELD: str(problem)}) from None
        self._tick(session, now, actor, onboarding, step, result)
        return result

    def end(self, session: Session, now: datetime, slack_user_id: str, onboarding_id: str) -> Shown:
        """End an onboarding as an admin; who accepted stays a member.

        Raises:
            NotAllowed: not an admin. NotFound: there is none. AlreadyDone: it is over.
        """
        actor = self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_MANAGE)
        onboarding = find(session, onboarding_id, lock=True)
        if onboarding is None:
            raise NotFound(words.NOT_FOR_YOU)
        close(session, now, self._desk, onboarding, actor.audit_name)
        return self._desk.shown(session, onboarding)

    def home(self, session: Session, now: datetime, actor: Actor) -> Sequence[Block]:
        """Return what App Home shows somebody of onboardings; empty for most."""
        user = actor.slack_user_id
        under_way = running(session)
        theirs = [o for o in under_way if o.slack_user_id == user]
        mentors = self._desk.mentors(session, under_way)
        others = [
            o for o in under_way if o.slack_user_id != user and _mine(actor, o, mentors.get(o.id))
        ]
        parts: list[Block] = []
        for shown in self._desk.shown_all(session, theirs):
            asked = shown.state is OnboardingState.ASKED
            parts += start.home(shown) if asked else checklist.home(shown, now)
        if others:
            parts.append(blocks.header("Onboarding"))
        for shown in self._desk.shown_all(session, others[: office.SHOWN]):
            summary = office.summary(shown, now)
            parts.append(blocks.section(summary, accessory=office.open_button(shown, "Open")))
        return parts

    def _tick(
        self,
        session: Session,
        now: datetime,
        actor: Actor,
        onboarding: Onboarding,
        step: OnboardingStep,
        result: str | None,
    ) -> None:
        ticked = session.execute(
            update(OnboardingStep)
            .where(
                col(OnboardingStep.onboarding_id) == onboarding.id,
                col(OnboardingStep.position) == step.position,
                col(OnboardingStep.ticked_at).is_(None),
            )
            .values(ticked_at=now, ticked_by=actor.audit_name, result=result)
            .execution_options(synchronize_session=False)
        )
        if rows(ticked) == 0:
            raise AlreadyDone(words.NOT_NEEDED)
        audit.append(
            session,
            now,
            actor=actor.audit_name,
            act="onboarding:tick",
            subject=onboarding.id,
            details={"step": step.key},
        )
        if all(step.ticked_at for step in steps_of(session, onboarding)):
            self._finish(session, now, onboarding)
        self._desk.show_progress(session, now, onboarding)

    def _finish(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        move(session, onboarding, OnboardingState.DONE, ended_at=now)
        record(session, now, audit.SYSTEM, "done", onboarding)
        shown = self._desk.shown(session, onboarding)
        self._desk.admins.tell(session, now, office.complete(shown))
        mentor = self._desk.mentor(session, onboarding)
        user = self._desk.live_user(session, mentor) if mentor else None
        if user:
            outbox.tell(session, now, user, office.complete(shown))
        assert onboarding.person_id is not None
        self._desk.facts.announce(session, now, ChecklistDone(onboarding.person_id))

    def _step(
        self, session: Session, slack_user_id: str, value: str, *, lock: bool = True
    ) -> tuple[Actor, Onboarding, OnboardingStep]:
        """Return a step that somebody may tick now, its onboarding locked."""
        actor = self._desk.members.require(session, slack_user_id, Permission.ONBOARDING_TICK)
        onboarding_id, _, key = value.partition(words.DIVIDER)
        onboarding = self._visible(session, actor, onboarding_id, lock=lock)
        step = next((s for s in steps_of(session, onboarding) if s.key == key), None)
        if step is None:
            raise NotFound(words.NOT_FOR_YOU)
        if Ticker(step.who) not in self._mine(session, actor, onboarding):
            raise NotAllowed(NOT_YOURS)
        if not Permission.ONBOARDING_TICK.fits(onboarding.state) or step.ticked_at is not None:
            raise AlreadyDone(words.NOT_NEEDED)
        return actor, onboarding, step

    def _visible(
        self, session: Session, actor: Actor, onboarding_id: str, *, lock: bool = False
    ) -> Onboarding:
        onboarding = find(session, onboarding_id, lock=lock)
        if onboarding is None:
            raise NotFound(words.NOT_FOR_YOU)
        if not self._mine(session, actor, onboarding):
            raise NotForYou(words.NOT_FOR_YOU)
        return onboarding

    def _opened(self, session: Session, actor: Actor, onboarding: Onboarding) -> Opened:
        return Opened(
            self._desk.shown(session, onboarding),
            self._mine(session, actor, onboarding),
            admin=Role.ADMIN in actor.roles,
        )

    def _mine(self, session: Session, actor: Actor, onboarding: Onboarding) -> frozenset[Ticker]:
        """Return whose steps of an onboarding somebody may tick; none if it is not for them."""
        return _mine(actor, onboarding, self._desk.mentor(session, onboarding))


def _mine(actor: Actor, onboarding: Onboarding, mentor: Person | None) -> frozenset[Ticker]:
    own = onboarding.person_id is not None and onboarding.person_id == actor.person_id
    return frozenset(
        who
        for who in Ticker
        if may_tick(
            who,
            newcomer=own,
            mentor=mentor is not None and mentor.id == actor.person_id,
            admin=Role.ADMIN in actor.roles,
        )
    )


def close(session: Session, now: datetime, desk: Desk, onboarding: Onboarding, by: str) -> None:
    """End an onboarding, and let what was asked of the newcomer say so.

    Raises:
        AlreadyDone: it is over.
    """
    asked = onboarding.state == OnboardingState.ASKED
    audit.hold(session)  # as of `find`
    move(session, onboarding, OnboardingState.ENDED, ended_at=now, ended_by=by)
    record(session, now, by, "end", onboarding)
    if asked:
        outbox.change(session, now, ask_slot(onboarding), start.over())
    desk.show_progress(session, now, onboarding)


def _past(session: Session) -> list[Onboarding]:
    ended = session.scalars(
        select(Onboarding)
        .where(col(Onboarding.running).is_(False), col(Onboarding.accepted_at).is_(None))
        .order_by(col(Onboarding.ended_at).desc())
    )
    return [o for o in ended if can_be_asked_again(session, o)][:PAST]
