"""What the use cases of onboarding stand on, and how an onboarding is found, moved and shown."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlmodel import Session, col

from psrt_bot.membership.rules import Role
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.joining import Joining
from psrt_bot.membership.service.people import Members, with_live_slack
from psrt_bot.onboarding.messages import checklist, office, words
from psrt_bot.onboarding.messages.words import Shown, StepShown
from psrt_bot.onboarding.rules import (
    Link,
    OnboardingState,
    Step,
    StepKind,
    Ticker,
    is_running,
    may_become,
)
from psrt_bot.runtime import audit, deadlines, homes, outbox
from psrt_bot.runtime.facts import Facts
from psrt_bot.runtime.rules import AlreadyDone, NotForYou, NotFound
from psrt_bot.runtime.sql import rows
from storage.onboarding import Onboarding, OnboardingStep
from storage.people import Person, RoleHeld, SlackUser
from storage.runtime import AuditEntry

REMIND = "onboarding:remind"  # who was asked and has not answered
SILENT = "onboarding:silent"  # that they never did, for admins
CHASE = "onboarding:chase"  # who is still outside, for admins
# Steps that wait, by who ticks them: each hears of their own alone.
NUDGES = {who: f"onboarding:nudge-{who}" for who in Ticker}
KINDS = (REMIND, SILENT, CHASE, *NUDGES.values())
EXPANDER = "onboarding:reminder"
REST, GO_ON = "rest", "go-on"  # acts: the account is gone, and is back or another

MentorsOf = Callable[[Session, Collection[str]], Mapping[str, str]]


def no_mentors(_: Session, __: Collection[str]) -> Mapping[str, str]:
    """Return that nobody has a mentor: the answer without mentoring."""
    return {}


@dataclass(frozen=True)
class Desk:
    """What the use cases of onboarding stand on.

    Args:
        steps: the checklist that begins from now on.
        team_channel: where newcomers are welcomed.
        asks_github: a worker asks GitHub whether a newcomer's name is an account.
        mentors_of: says who mentors some newcomers, by person; ``composition/`` binds it.
    """

    members: Members
    admins: Admins
    joining: Joining
    facts: Facts
    steps: tuple[Step, ...]
    team_channel: str
    asks_github: bool = False
    mentors_of: MentorsOf = no_mentors

    def mentor(self, session: Session, onboarding: Onboarding) -> Person | None:
        """Return a newcomer's mentor, if there is one who is still a member."""
        return self.mentors(session, [onboarding]).get(onboarding.id)

    def mentors(self, session: Session, onboardings: Sequence[Onboarding]) -> Mapping[str, Person]:
        """Return the mentors of some newcomers, by onboarding, read together."""
        newcomers = {o.id: o.person_id for o in onboardings if o.person_id is not None}
        pairs = self.mentors_of(session, set(newcomers.values())) if newcomers else {}
        if not pairs:
            return {}
        held = and_(
            col(RoleHeld.person_id) == col(Person.id),
            col(RoleHeld.role) == Role.MEMBER,
            col(RoleHeld.until).is_(None),
        )
        wanted = col(Person.id).in_(set(pairs.values()))
        people = {
            p.id: p for p in session.scalars(select(Person).join(RoleHeld, held).where(wanted))
        }
        mentors = {one: people.get(pairs.get(newcomer, "")) for one, newcomer in newcomers.items()}
        return {one: mentor for one, mentor in mentors.items() if mentor is not None}

    def shown(self, session: Session, onboarding: Onboarding) -> Shown:
        """Return an onboarding as it is shown."""
        return self.shown_all(session, [onboarding])[0]

    def shown_all(self, session: Session, onboardings: Sequence[Onboarding]) -> list[Shown]:
        """Return onboardings as they are shown, their steps read together."""
        steps, mentors = _steps(session, onboardings), self.mentors(session, onboardings)
        return [_shown(one, steps.get(one.id, []), mentors.get(one.id)) for one in onboardings]

    def show_progress(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        """Owe the newcomer's message, the admins' and the App Homes as they are now."""
        shown = self.shown(session, onboarding)
        outbox.change(session, now, list_slot(onboarding), checklist.message(shown, now))
        outbox.change(session, now, office_slot(onboarding), office.accepted(shown))
        self.homes_changed(session, now, onboarding)

    def homes_changed(self, session: Session, now: datetime, onboarding: Onboarding) -> None:
        """Owe the App Homes that show this onboarding: newcomer's, mentor's, admins'."""
        users = set(self.admins.users(session))
        if onboarding.slack_user_id:
            users.add(onboarding.slack_user_id)
        mentor = self.mentor(session, onboarding)
        if mentor and mentor.slack_user_id:
            users.add(mentor.slack_user_id)
        homes.changed(session, now, users)

    def live_user(self, session: Session, person: Person) -> str | None:
        """Return somebody's Slack user, if that is alive."""
        live, _ = with_live_slack(session, [person])
        return live[0][1].id if live else None


def ask_slot(onboarding: Onboarding) -> str:
    """Return the name under which the question to the newcomer is remembered."""
    return f"onboarding:ask:{onboarding.id}:{onboarding.slack_user_id}"


def list_slot(onboarding: Onboarding) -> str:
    """Return the name under which the newcomer's checklist is remembered."""
    return f"onboarding:list:{onboarding.id}:{onboarding.slack_user_id}"


def office_slot(onboarding: Onboarding) -> str:
    """Return the name under which the admins' message of an onboarding is remembered."""
    return f"onboarding:office:{onboarding.id}"


def find(session: Session, onboarding_id: str, *, lock: bool = False) -> Onboarding | None:
    """Return an onboarding, or None.

    Args:
        lock: until the commit, after the audit log's head: whoever changes a membership or a link
            holds that when they come to the onboarding.
    """
    if lock:
        audit.hold(session)
    return session.get(
        Onboarding, onboarding_id, with_for_update=True if lock else None, populate_existing=lock
    )


def running(session: Session, *states: OnboardingState) -> Sequence[Onboarding]:
    """Return the onboardings under way, the oldest first; only those in ``states``, if any."""
    chosen = select(Onboarding).where(col(Onboarding.running).is_(True))
    if states:
        chosen = chosen.where(col(Onboarding.state).in_(states))
    return session.scalars(chosen.order_by(col(Onboarding.begun_at), col(Onboarding.id))).all()


def absent(session: Session, onboardings: Sequence[Onboarding]) -> set[str]:
    """Return the ids of those whose newcomer has no account: deactivated, or linked to none now.

    Their checklist rests: it keeps its steps, and nobody is reminded of them.
    """
    deactivated = col(SlackUser.is_deleted).is_(True)
    unlinked = and_(col(Person.id).is_not(None), col(Person.slack_user_id).is_(None))
    found = session.scalars(
        select(col(Onboarding.id))
        .outerjoin(SlackUser, col(SlackUser.id) == col(Onboarding.slack_user_id))
        .outerjoin(Person, col(Person.id) == col(Onboarding.person_id))
        .where(col(Onboarding.id).in_([one.id for one in onboardings]), or_(deactivated, unlinked))
    )
    return set(found)


def rests(session: Session, onboarding: Onboarding) -> bool:
    """Return whether the audit log's last word is that a checklist waits for an account."""
    last = session.scalar(
        select(col(AuditEntry.act))
        .where(
            col(AuditEntry.subject) == onboarding.id,
            col(AuditEntry.act).in_([f"onboarding:{act}" for act in (REST, GO_ON)]),
        )
        .order_by(col(AuditEntry.number).desc())
        .limit(1)
    )
    return last == f"onboarding:{REST}"


def theirs(session: Session, slack_user_id: str, onboarding_id: str) -> Onboarding:
    """Return somebody's own onboarding, locked.

    Raises:
        NotFound: there is none, or it is somebody else's; the text is the same.
    """
    onboarding = find(session, onboarding_id, lock=True)
    if onboarding is None:
        raise NotFound(words.NOT_FOR_YOU)
    if onboarding.slack_user_id != slack_user_id:
        raise NotForYou(words.NOT_FOR_YOU)
    return onboarding


def steps_of(session: Session, onboarding: Onboarding) -> list[OnboardingStep]:
    """Return the steps that an onboarding began with, in their order."""
    return _steps(session, [onboarding]).get(onboarding.id, [])


def _steps(
    session: Session, onboardings: Sequence[Onboarding]
) -> Mapping[str, list[OnboardingStep]]:
    """Return the steps of some onboardings, by onboarding, by one query."""
    found: dict[str, list[OnboardingStep]] = defaultdict(list)
    ids = [one.id for one in onboardings if one.accepted_at is not None]
    if ids:
        for step in session.scalars(
            select(OnboardingStep)
            .where(col(OnboardingStep.onboarding_id).in_(ids))
            .order_by(col(OnboardingStep.position))
            .execution_options(populate_existing=True)
        ):
            found[step.onboarding_id].append(step)
    return found


def move(
    session: Session,
    onboarding: Onboarding,
    after: OnboardingState,
    **values: str | datetime | None,
) -> None:
    """Change an onboarding's state, if it is still what it was when it was read.

    What was planned for it is forgotten: each state has plans of its own.

    Raises:
        AlreadyDone: the step is not possible (any more).
    """
    before = OnboardingState(onboarding.state)
    if not may_become(before, after):
        raise AlreadyDone(words.NOT_NEEDED)
    changed = session.execute(
        update(Onboarding)
        .where(col(Onboarding.id) == onboarding.id, col(Onboarding.state) == before)
        .values(state=after, running=is_running(after), **values)
        .execution_options(synchronize_session=False)
    )
    if rows(changed) == 0:
        raise AlreadyDone(words.NOT_NEEDED)
    session.refresh(onboarding)
    deadlines.drop(session, onboarding.id, KINDS)


def record(session: Session, now: datetime, by: str, act: str, onboarding: Onboarding) -> None:
    """Put an act upon an onboarding into the audit log: never what somebody wrote."""
    audit.append(session, now, actor=by, act=f"onboarding:{act}", subject=onboarding.id)


def _shown(onboarding: Onboarding, steps: Sequence[OnboardingStep], mentor: Person | None) -> Shown:
    return Shown(
        onboarding_id=onboarding.id,
        name=onboarding.name,
        github=onboarding.github,
        nominated_github=onboarding.nominated_github,
        email=onboarding.email,
        slack_user_id=onboarding.slack_user_id,
        state=OnboardingState(onboarding.state),
        begun_at=onboarding.begun_at,
        asked_at=onboarding.asked_at,
        accepted_at=onboarding.accepted_at,
        steps=[_step_shown(step) for step in steps],
        mentor=mentor.name if mentor else None,
    )


def _step_shown(step: OnboardingStep) -> StepShown:
    return StepShown(
        key=step.key,
        title=step.title,
        text=step.text,
        who=Ticker(step.who),
        kind=StepKind(step.kind),
        links=[Link(link["text"], link["url"]) for link in step.links],
        due_at=step.due_at,
        remind_at=step.remind_at,
        ticked_at=step.ticked_at,
        result=step.result,
    )
