"""What the bot's database says, told as the model tells it."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from psrt_bot.council.rules import DecisionState
from storage.council import CouncilDecision, CouncilSeat
from storage.nominations import Nomination
from storage.people import Person, RoleHeld
from storage.voting import Elector, Poll
from tests.model.rules import World


@dataclass(frozen=True)
class Standing:
    """How a nomination stands: its phase, its vote, its answers."""

    state: str
    electors: frozenset[str]
    may_still_vote: frozenset[str]
    passed: bool | None
    tally: tuple[int, int, int] | None
    roll: frozenset[str]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class State:
    """Everybody's roles, and every nomination in the order in which they were made."""

    roles: dict[str, frozenset[str]]
    nominations: list[Standing]


def of_model(world: World) -> State:
    """What the model says."""
    return State(
        {login: frozenset(p.roles) for login, p in world.people.items() if p.roles},
        [
            Standing(
                state=n.state,
                electors=frozenset(n.electors),
                may_still_vote=frozenset(n.electors - n.left),
                passed=n.passed,
                tally=n.tally,
                roll=frozenset(n.roll),
                answers=tuple(sorted(n.answers.items())),
            )
            for n in world.nominations
        ],
    )


def of_bot(session: Session, ids: list[str], logins: dict[str, str]) -> State:
    """What the bot's tables say.

    Args:
        ids: of the nominations, in the order in which they were made.
        logins: by Slack user.
    """
    people = {p.id: logins[p.slack_user_id or ""] for p in session.scalars(select(Person))}
    roles: dict[str, set[str]] = {}
    for held in session.scalars(select(RoleHeld).where(col(RoleHeld.until).is_(None))):
        roles.setdefault(people[held.person_id], set()).add(held.role)
    rows = {n.id: n for n in session.scalars(select(Nomination))}
    assert set(rows) == set(ids), "nominations that nobody made"
    return State(
        {login: frozenset(held) for login, held in roles.items()},
        [_standing(session, rows[one], people) for one in ids],
    )


def _standing(session: Session, row: Nomination, people: dict[str, str]) -> Standing:
    electors = session.scalars(select(Elector).where(col(Elector.poll_id) == row.poll_id)).all()
    poll = session.get_one(Poll, row.poll_id)
    counted = poll.yes, poll.no, poll.abstain
    seats = _seats(session, row)
    return Standing(
        state=row.state,
        electors=frozenset(people[e.person_id] for e in electors),
        may_still_vote=frozenset(people[e.person_id] for e in electors if e.left_at is None),
        passed=poll.passed,
        tally=None if None in counted else counted,  # type: ignore[arg-type]
        roll=frozenset(people[s.person_id] for s in seats if not s.recused),
        answers=tuple(sorted((people[s.person_id], s.answer) for s in seats if s.answer)),
    )


def _seats(session: Session, row: Nomination) -> list[CouncilSeat]:
    decision = session.scalar(select(CouncilDecision).where(CouncilDecision.subject == row.id))
    if decision is None or decision.state == DecisionState.AWAITING_NOTICE:
        return []
    query = select(CouncilSeat).where(CouncilSeat.decision_id == decision.id)
    return list(session.scalars(query))
