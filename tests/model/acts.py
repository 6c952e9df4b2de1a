"""What people do in a run, and how a run is drawn: mostly what could matter, sometimes anything.

An act names people by their logins and nominations by the order in which they were made, so that
the model and both drivers understand it alike.
"""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from tests.model.cast import EVERYBODY, IN_SLACK, OUTSIDE, OUTSIDERS
from tests.model.rules import DAY, World


@dataclass(frozen=True)
class Act:
    """Something somebody does."""


@dataclass(frozen=True)
class Nominate(Act):
    """A member nominates somebody in Slack, or from outside of it."""

    by: str
    who: str


@dataclass(frozen=True)
class GoAhead(Act):
    """An admin opens a vote that waits."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Vote(Act):
    """Somebody casts a ballot, or another one."""

    by: str
    nomination: int
    choice: str


@dataclass(frozen=True)
class Withdraw(Act):
    """A nominator takes a nomination back."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Cancel(Act):
    """An admin ends a nomination."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Share(Act):
    """A nominator lets the nominee know how it stands."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Read(Act):
    """Somebody opens Details, as by a button that leaked."""

    by: str
    nomination: int


@dataclass(frozen=True)
class ReadResult(Act):
    """Somebody asks for the bulletin of a vote, perhaps much later."""

    by: str
    nomination: int


@dataclass(frozen=True)
class ToldByMail(Act):
    """An admin says that the council was told by mail."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Answer(Act):
    """One of the council answers."""

    by: str
    nomination: int
    answer: str
    reason: bool = True


@dataclass(frozen=True)
class RecordAnswer(Act):
    """An admin records an answer that came by mail."""

    by: str
    nomination: int
    member: str
    answer: str


@dataclass(frozen=True)
class RecordDecision(Act):
    """An admin records what the council as a whole decided."""

    by: str
    nomination: int
    veto: bool


@dataclass(frozen=True)
class Accept(Act):
    """Somebody who was confirmed accepts, and is a member."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Decline(Act):
    """Somebody who was confirmed declines."""

    by: str
    nomination: int


@dataclass(frozen=True)
class Leave(Act):
    """An admin ends a membership."""

    by: str
    who: str
    alone: bool


@dataclass(frozen=True)
class MakeAdmin(Act):
    """Somebody becomes admin, with the council's decision or without."""

    who: str
    decision: bool


@dataclass(frozen=True)
class DropAdmin(Act):
    """Somebody is admin no more."""

    who: str
    confirmed: bool


@dataclass(frozen=True)
class Seat(Act):
    """Somebody comes into the council."""

    who: str


@dataclass(frozen=True)
class Unseat(Act):
    """Somebody leaves the council."""

    who: str


@dataclass(frozen=True)
class ComeIn(Act):
    """Somebody is added to the team's channel by hand."""

    who: str


@dataclass(frozen=True)
class Account(Act):
    """Somebody's Slack account is deactivated, or is alive again."""

    who: str
    alive: bool


@dataclass(frozen=True)
class Wait(Act):
    """Time passes."""

    time: timedelta


CHOICES = ("yes", "no", "abstain")
ANSWERS = ("veto", "no_objection", "abstain")
WAITS = (timedelta(hours=5), timedelta(hours=30), 4 * DAY, 7 * DAY + timedelta(hours=1))
SOMEBODY = st.sampled_from(sorted(EVERYBODY))
IN_WORKSPACE = st.sampled_from(sorted(IN_SLACK))


def anything(world: World) -> list[st.SearchStrategy[Act]]:
    """Any act by anybody, however pointless."""
    which = st.integers(0, max(0, len(world.nominations) - 1))
    of_one = (GoAhead, Withdraw, Cancel, Share, Read, ReadResult, ToldByMail, Accept, Decline)
    acts = [
        st.builds(Nominate, by=IN_WORKSPACE, who=SOMEBODY),
        st.builds(Leave, by=IN_WORKSPACE, who=IN_WORKSPACE, alone=st.booleans()),
        st.builds(MakeAdmin, who=IN_WORKSPACE, decision=st.booleans()),
        st.builds(DropAdmin, who=IN_WORKSPACE, confirmed=st.booleans()),
        st.builds(Seat, who=IN_WORKSPACE),
        st.builds(Unseat, who=IN_WORKSPACE),
        st.builds(ComeIn, who=st.sampled_from(OUTSIDERS)),
        st.builds(Account, who=IN_WORKSPACE, alive=st.booleans()),
        st.builds(Wait, time=st.sampled_from(WAITS)),
    ]
    if world.nominations:
        acts += [st.builds(kind, by=IN_WORKSPACE, nomination=which) for kind in of_one]
        acts += [
            st.builds(Vote, by=IN_WORKSPACE, nomination=which, choice=st.sampled_from(CHOICES)),
            st.builds(
                Answer,
                by=IN_WORKSPACE,
                nomination=which,
                answer=st.sampled_from(ANSWERS),
                reason=st.booleans(),
            ),
            st.builds(
                RecordAnswer,
                by=IN_WORKSPACE,
                nomination=which,
                member=IN_WORKSPACE,
                answer=st.sampled_from(ANSWERS),
            ),
            st.builds(RecordDecision, by=IN_WORKSPACE, nomination=which, veto=st.booleans()),
        ]
    return acts


def telling(world: World) -> list[st.SearchStrategy[Act]]:
    """An act that leads on from where things stand, mostly by somebody who may."""
    acts: list[st.SearchStrategy[Act]] = []
    members, admins = sorted(world.holders("member")), sorted(world.holders("admin"))
    council = sorted(world.holders("steering-council"))
    newcomers = st.sampled_from([*OUTSIDERS, OUTSIDE, *sorted(world.holders("emeritus"))])
    if members and sum(n.running for n in world.nominations) < 2:
        acts.append(st.builds(Nominate, by=st.sampled_from(members), who=newcomers))
    for number, one in enumerate(world.nominations):
        this = st.just(number)
        owner = st.sampled_from([one.nominator, *members])
        if one.state == "waiting" and admins:
            acts.append(st.builds(GoAhead, by=st.sampled_from(admins), nomination=this))
        if one.state == "voting":
            voter, choice = st.sampled_from(sorted(one.electors)), st.sampled_from(CHOICES)
            lean = st.sampled_from(("yes", "yes", "no"))  # close to what passes
            acts += [st.builds(Vote, by=voter, nomination=this, choice=choice)]
            acts += [st.builds(Vote, by=voter, nomination=this, choice=lean)] * 4
            if len(one.ballots) >= 3:
                acts += [st.just(Wait(WAITS[-1]))] * 2
        if one.state == "awaiting_notice" and admins:
            acts += [st.builds(ToldByMail, by=st.sampled_from(admins), nomination=this)] * 2
        if one.state == "council" and council:
            seat = st.sampled_from([*council, *sorted(one.roll)])
            answer = st.sampled_from(ANSWERS)
            acts += [st.builds(Answer, by=seat, nomination=this, answer=answer)] * 4
            acts += [st.just(Wait(WAITS[-1]))]
            if admins:
                admin = st.sampled_from(admins)
                acts += [
                    st.builds(RecordAnswer, by=admin, nomination=this, member=seat, answer=answer),
                    st.builds(RecordDecision, by=admin, nomination=this, veto=st.booleans()),
                ]
        if one.state == "confirmed" and one.onboarding == "asked":
            acts += [st.just(Accept(one.nominee, number))] * 3
            acts += [st.just(Decline(one.nominee, number))]
        if one.state in ("not_passed", "vetoed", "confirmed"):
            acts.append(
                st.just(ReadResult(one.nominee, number))
                if one.nominee != OUTSIDE
                else st.builds(ReadResult, by=IN_WORKSPACE, nomination=this)
            )
        acts.append(st.builds(Share, by=owner, nomination=this))
        if one.nominee != OUTSIDE:
            leaked = [Vote(one.nominee, number, "yes"), Read(one.nominee, number)]
            acts.append(st.sampled_from(leaked))
    return acts


@st.composite
def next_act(draw: st.DrawFn, world: World) -> Act:
    """An act: six of seven lead on from where things stand."""
    acts = telling(world) if draw(st.integers(0, 6)) else []
    acts = acts or anything(world)  # drawn by number: one_of would weigh each part of its parts
    return draw(acts[draw(st.integers(0, len(acts) - 1))])
