"""A member says which GitHub name is theirs; an admin confirms it (R5, R6).

The question is asked again each day until somebody has answered. An answer is taken once: what is
no longer open, because it was answered, replaced or its member left, changes nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session, col

from psrt_bot.membership import notices
from psrt_bot.membership.notices import Claim
from psrt_bot.membership.rules import CLAIM_TRANSITIONS, ClaimState, Permission
from psrt_bot.membership.service import lines
from psrt_bot.membership.service.admins import Admins
from psrt_bot.membership.service.identities import change, github_problem
from psrt_bot.membership.service.people import Actor, Members, with_live_slack
from psrt_bot.runtime import audit, deadlines, outbox
from psrt_bot.runtime.facts import Facts, MemberLeft
from psrt_bot.runtime.rules import AlreadyDone, FieldProblems, NotFound, RuleError
from psrt_bot.runtime.sql import rows
from storage.people import GithubClaim, Person

ASK_AGAIN = "membership:ask-again"
EVERY = timedelta(days=1)


class Claiming:
    """Use cases of claimed GitHub names. Each is one transaction of the caller's."""

    def __init__(self, members: Members, admins: Admins, facts: Facts) -> None:
        self._members = members
        self._admins = admins
        self._facts = facts

    def begin(self, session: Session, slack_user_id: str) -> tuple[str, str]:
        """Return the GitHub name that somebody has in the list, and the one they asked for.

        Raises:
            NotAllowed: not a member.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_CLAIM)
        waiting = _open_claim(session, actor.known_id)
        return actor.github, waiting.github if waiting else ""

    def claim(self, session: Session, now: datetime, slack_user_id: str, github: str) -> None:
        """Ask the admins whether a GitHub name is somebody's; an earlier question is replaced.

        Raises:
            NotAllowed: not a member. FieldProblems: it is no GitHub name, stands already, is
                somebody else's, or was asked for.
        """
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_CLAIM)
        lines.lock(session)
        person = session.get_one(Person, actor.known_id, populate_existing=True)
        asked = github.strip().removeprefix("@")
        waiting = _open_claim(session, person.id)
        if problem := _claim_problem(session, person, asked, waiting):
            raise FieldProblems({notices.GITHUB_FIELD: problem})
        if waiting is not None:
            replace(session, now, person)
        claim = GithubClaim(
            person_id=person.id, github=asked, state=ClaimState.OPEN, claimed_at=now
        )
        session.add(claim)
        session.flush()
        audit.append(
            session, now, actor=actor.audit_name, act="membership:claim", subject=person.id
        )
        self._ask(session, now, claim)

    def confirm(self, session: Session, now: datetime, slack_user_id: str, claim_id: str) -> None:
        """Put a claimed GitHub name into the list.

        Raises:
            NotAllowed: not an admin. NotFound, AlreadyDone: there is no such question, or not any
                more. RuleError: it is somebody else's by now; it stays open.
        """
        actor, claim, person = self._decide(
            session, now, slack_user_id, claim_id, ClaimState.CONFIRMED
        )
        if problem := github_problem(session, claim.github, person):
            raise RuleError(f"{problem}; decline it, or change that first. Nothing was changed.")
        told = _told(claim, person)
        change(session, now, self._facts, person, github=claim.github)
        self._close(session, now, actor, claim, person, told, confirmed=True)

    def decline(self, session: Session, now: datetime, slack_user_id: str, claim_id: str) -> None:
        """Say that a GitHub name is not somebody's; as `confirm`."""
        actor, claim, person = self._decide(
            session, now, slack_user_id, claim_id, ClaimState.DECLINED
        )
        told = _told(claim, person)
        self._close(session, now, actor, claim, person, told, confirmed=False)

    def ask_again(self, session: Session, now: datetime, claim_id: str) -> None:
        """Ask the admins again what nobody has decided for a day (handler of a deadline)."""
        claim = session.get(GithubClaim, claim_id)
        if claim is not None and claim.state == ClaimState.OPEN:
            self._ask(session, now, claim, again=True)

    def _ask(
        self, session: Session, now: datetime, claim: GithubClaim, *, again: bool = False
    ) -> None:
        person = session.get_one(Person, claim.person_id)
        question = notices.claim_request(_told(claim, person))
        if again:
            # The buttons of yesterday's message go: one question has one place to answer it.
            outbox.change(session, now, _slot(claim.id), notices.asked_below())
            question = notices.asked_again(question)
        self._admins.tell(session, now, question, slot=_slot(claim.id))
        deadlines.schedule(session, ASK_AGAIN, claim.id, now + EVERY)

    def _decide(
        self,
        session: Session,
        now: datetime,
        slack_user_id: str,
        claim_id: str,
        state: ClaimState,
    ) -> tuple[Actor, GithubClaim, Person]:
        actor = self._members.require(session, slack_user_id, Permission.MEMBERS_MANAGE)
        lines.lock(session)
        claim = session.get(GithubClaim, claim_id, populate_existing=True)
        if claim is None:
            raise NotFound(notices.CLAIM_GONE)
        if not _move(session, claim_id, state, decided_at=now, decided_by=actor.audit_name):
            raise AlreadyDone(notices.CLAIM_GONE)
        person = session.get_one(Person, claim.person_id, populate_existing=True)
        return actor, claim, person

    def _close(
        self,
        session: Session,
        now: datetime,
        actor: Actor,
        claim: GithubClaim,
        person: Person,
        told: Claim,
        *,
        confirmed: bool,
    ) -> None:
        act = "membership:confirm-claim" if confirmed else "membership:decline-claim"
        audit.append(session, now, actor=actor.audit_name, act=act, subject=person.id)
        deadlines.drop(session, claim.id, [ASK_AGAIN])
        said = notices.claim_decided(told, actor.name, confirmed=confirmed)
        outbox.change(session, now, _slot(claim.id), said)
        live, _ = with_live_slack(session, [person])
        for _, user in live:
            outbox.tell(session, now, user.id, notices.claim_told(told, confirmed=confirmed))


def member_left(session: Session, now: datetime, fact: MemberLeft) -> None:
    """Close the question about somebody who left (handler)."""
    replace(session, now, session.get_one(Person, fact.person_id))


def replace(session: Session, now: datetime, person: Person) -> None:
    """Close what somebody asked for, because it is no longer what they ask; nothing where none."""
    waiting = _open_claim(session, person.id)
    if waiting is None:
        return
    if not _move(session, waiting.id, ClaimState.REPLACED, decided_at=now):
        return
    deadlines.drop(session, waiting.id, [ASK_AGAIN])
    said = notices.claim_replaced(_told(waiting, person))
    outbox.change(session, now, _slot(waiting.id), said)


def _move(session: Session, claim_id: str, after: ClaimState, **values: datetime | str) -> bool:
    """Change a claim's state from one that leads there; say whether it stood in such a one."""
    before = [state for state, ends in CLAIM_TRANSITIONS.items() if after in ends]
    moved = session.execute(
        update(GithubClaim)
        .where(col(GithubClaim.id) == claim_id, col(GithubClaim.state).in_(before))
        .values(state=after, **values)
    )
    return rows(moved) == 1


def _claim_problem(
    session: Session, person: Person, asked: str, waiting: GithubClaim | None
) -> str | None:
    if not asked:
        return "write your GitHub user name"
    if problem := github_problem(session, asked, person):
        return problem
    if asked == person.github:
        return "this name stands in the list already"
    if waiting is not None and waiting.github == asked:
        return "you asked for this name already; an admin will answer"
    return None


def _open_claim(session: Session, person_id: str) -> GithubClaim | None:
    return session.scalar(
        select(GithubClaim).where(
            col(GithubClaim.person_id) == person_id, col(GithubClaim.state) == ClaimState.OPEN
        )
    )


def _told(claim: GithubClaim, person: Person) -> Claim:
    return Claim(claim.id, person.name, person.github, claim.github)


def _slot(claim_id: str) -> str:
    return f"claim:{claim_id}"
