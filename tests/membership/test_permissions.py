"""The table of permissions: what each of its lines says, and what must hold of all of them."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psrt_bot.council.rules import TRANSITIONS as COUNCIL
from psrt_bot.council.rules import DecisionState
from psrt_bot.council.rules import is_running as is_undecided
from psrt_bot.membership.permissions import (
    ADMINS,
    MEMBERS,
    OTHERS,
    OWN,
    Permission,
    Role,
    While,
    Whose,
    allowed,
    named,
)
from psrt_bot.mentoring.rules import TRANSITIONS as MENTORSHIP
from psrt_bot.nominations.rules import TRANSITIONS as NOMINATION
from psrt_bot.nominations.rules import NominationState, is_running, may_become
from psrt_bot.onboarding.rules import TRANSITIONS as ONBOARDING
from psrt_bot.onboarding.rules import OnboardingState
from psrt_bot.onboarding.rules import is_running as is_under_way
from psrt_bot.voting.rules import TRANSITIONS as POLL
from psrt_bot.voting.rules import PollState

MACHINES: dict[str, Iterable[StrEnum]] = {
    "nomination": NOMINATION,
    "poll": POLL,
    "council": COUNCIL,
    "onboarding": ONBOARDING,
    "mentorship": MENTORSHIP,
}
# A nominee is a stranger who was asked for a statement, or is confirmed: the use case knows them.
STRANGERS = {
    Permission.HUB_OPEN,
    Permission.CANDIDATE_READ,
    Permission.STATEMENT_GIVE,
    Permission.ONBOARDING_ANSWER,
}


def acts(*roles: Role) -> set[Permission]:
    return {permission for permission in Permission if allowed(permission, roles)}


def during(permission: Permission) -> While:
    assert permission.during is not None
    return permission.during


def test_without_a_role_only_the_way_in_is_left() -> None:
    """Strangers, and who holds a role of the past alone, learn how to join and no more."""
    assert acts() == STRANGERS == acts(Role.EMERITUS)


def test_an_admin_alone_does_not_vote_and_a_member_alone_does_not_manage() -> None:
    """Admins run elections (R6); votes are members' (R2). Roles do not imply each other."""
    for permission in acts(Role.ADMIN):
        assert not permission.startswith("voting:vote")
    assert Permission.VOTING_VOTE in acts(Role.MEMBER)
    assert all(p.audience is not ADMINS for p in acts(Role.MEMBER))
    assert all(p.audience is not MEMBERS for p in acts(Role.ADMIN))


@given(st.sets(st.sampled_from(Role)), st.sets(st.sampled_from(Role)))
def test_roles_add_up(one: set[Role], other: set[Role]) -> None:
    """Who holds several roles may do what each of them permits, no more and no less."""
    assert acts(*one, *other) == acts(*one) | acts(*other)


@pytest.mark.parametrize("permission", Permission)
def test_every_line_says_what_it_permits(permission: Permission) -> None:
    """A permission is called ``process:act``, is found by that name, and is told in words."""
    assert re.fullmatch(r"[a-z]+:[a-z]+(-[a-z]+)*", permission.value)
    assert named(permission.value) is permission
    assert permission.what[0].islower()
    assert not permission.what.endswith(".")
    assert permission.audience.roles <= set(Role)


def test_what_is_no_permission_is_nobodys() -> None:
    """A name that the table does not know is refused to all, not granted to all."""
    assert not allowed(cast(Permission, "voting:peek"), tuple(Role))


def test_what_slack_tells_is_for_no_person() -> None:
    """Events come from Slack, signed; no role lets anybody send one."""
    assert not allowed(Permission.SLACK_TELLS, tuple(Role))


@pytest.mark.parametrize("permission", [p for p in Permission if p.during])
def test_states_are_those_of_the_machine(permission: Permission) -> None:
    """A state that was renamed or never was would refuse for ever without anybody noticing."""
    states = {str(state) for state in MACHINES[during(permission).thing]}
    assert during(permission).states
    assert during(permission).states <= states


def test_states_follow_from_the_arrows() -> None:
    """What a nomination or a vote may become says when the acts that lead there are permitted."""
    for state in NominationState:
        assert Permission.NOMINATIONS_WITHDRAW.fits(state) == (
            NominationState.WITHDRAWN in NOMINATION[state]
        )
        assert Permission.NOMINATIONS_CANCEL.fits(state) == (
            NominationState.CANCELLED in NOMINATION[state]
        )
        assert Permission.NOMINATIONS_ADDENDUM.fits(state) == is_running(state)
        assert Permission.STATEMENT_ASK.fits(state) == is_running(state)
        assert Permission.VOTING_RERUN.fits(state) == (may_become(state, NominationState.WAITING))
    for poll in PollState:
        assert Permission.VOTING_VOID.fits(poll) == (PollState.VOID in POLL[poll])
    for decision in DecisionState:
        assert Permission.COUNCIL_RECORD.fits(decision) == is_undecided(decision)
        assert Permission.COUNCIL_ANSWER.fits(decision) == (
            DecisionState.VETOED in COUNCIL[decision]
        )
    for onboarding in OnboardingState:
        steps = ONBOARDING[onboarding]
        assert Permission.ONBOARDING_ANSWER.fits(onboarding) == (OnboardingState.DECLINED in steps)
        assert Permission.ONBOARDING_TICK.fits(onboarding) == (OnboardingState.DONE in steps)
        assert Permission.ONBOARDING_MANAGE.fits(onboarding) == is_under_way(onboarding)
    assert Permission.NOMINATIONS_READ.fits("whatever")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("about", [True, False])
def test_whose_it_must_be(own: bool, about: bool) -> None:
    """The nominee is refused whatever else they are (R12); the nominator alone may take back."""
    for permission in Permission:
        answer = permission.theirs(own=own, about=about)
        expected = {Whose.ANY: True, OTHERS: not about, OWN: own and not about}
        assert answer is expected[permission.whose]
