"""R1 to R6 and R12 as the plan's section 1 has them, in plain Python: what is compared with.

Written from the rules, not from the bot: nothing of the bot is imported here. What the plan leaves
open and the bot decides stands in a comment that begins with "o:", as in the plan.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.model.cast import ADMINS, COUNCIL, GUEST, IN_SLACK, MEMBERS, OUTSIDE

DAY = timedelta(days=1)
WEEK = 7 * DAY
START = datetime(2026, 3, 2, 10)  # noqa: DTZ001 -- only differences count here
ENOUGH = 5  # electors, below whom an admin opens the vote


@dataclass
class Person:
    """Somebody: what they are, and whether their Slack account lives."""

    roles: set[str] = field(default_factory=set)
    alive: bool = True
    guest: bool = False

    def is_(self, role: str) -> bool:
        """Whether they may act as this: a role alone is not enough, the account must be theirs."""
        return self.alive and not self.guest and role in self.roles


@dataclass
class Nomination:
    """One nomination, from the vote to what follows the decision."""

    nominator: str
    nominee: str
    state: str = "waiting"
    electors: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    closes_at: datetime = START
    ballots: dict[str, str] = field(default_factory=dict)
    passed: bool | None = None
    roll: set[str] = field(default_factory=set)  # who decides; the recused are not on it
    answers: dict[str, str] = field(default_factory=dict)
    by_mail: set[str] = field(default_factory=set)
    ends_at: datetime = START
    onboarding: str = ""
    muted: bool = False  # o: the nominee came into the council; its channel tells nothing since
    shared: dict[str, datetime] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether the same person cannot be nominated anew."""
        return self.state in ("waiting", "voting", "awaiting_notice", "council")

    @property
    def tally(self) -> tuple[int, int, int] | None:
        """What is published of a counted vote: nothing but the outcome of fewer than three."""
        if self.passed is None or len(self.ballots) < 3:
            return None
        said = list(self.ballots.values())
        return said.count("yes"), said.count("no"), said.count("abstain")


@dataclass(frozen=True)
class Seen:
    """What somebody finds, by the numbers of nominations; None where they are refused."""

    ballots: frozenset[int] | None
    running: frozenset[int] | None
    results: frozenset[int] | None
    to_answer: frozenset[int] | None
    before_council: frozenset[int] | None


class World:
    """The whole of it.

    Args:
        has_council_channel: else the council is told by mail alone.
    """

    def __init__(self, *, has_council_channel: bool) -> None:
        self.now = START
        self.has_council_channel = has_council_channel
        self.people = {login: Person(guest=login == GUEST) for login in IN_SLACK}
        for login in MEMBERS:
            self.people[login].roles.add("member")
        for login in ADMINS:
            self.people[login].roles.add("admin")
        for login in COUNCIL:
            self.people[login].roles.add("steering-council")
        self.in_team = set(MEMBERS)
        self.in_admins = set(ADMINS)
        self.in_council_room = set(COUNCIL) if has_council_channel else set()
        self.nominations: list[Nomination] = []

    def holders(self, role: str) -> set[str]:
        """Who holds a role, whatever became of their account."""
        return {login for login, person in self.people.items() if role in person.roles}

    def may(self, login: str, role: str) -> bool:
        """Whether somebody may act by this role now."""
        return self.people[login].is_(role)

    def do(self, act: object) -> bool:
        """Do an act; return whether it was allowed. What then happens by itself happens too."""
        name = type(act).__name__
        given = dict(vars(act))
        if "nomination" in given:
            number = given.pop("nomination")
            if number >= len(self.nominations):
                return False
            given["one"] = self.nominations[number]
        allowed = bool(getattr(self, f"_{name}")(**given))
        self._settle()
        return allowed

    # R1, R12, R13: nominating

    def _Nominate(self, by: str, who: str) -> bool:
        if not self.may(by, "member") or by == who:
            return False
        if any(n.running and n.nominee == who for n in self.nominations):
            return False
        if who != OUTSIDE:
            person = self.people[who]
            if not person.alive or "member" in person.roles:
                return False
            if who in self.in_team or who in self.in_admins:
                return False  # they would read it
        self.nominations.append(Nomination(by, who))
        electors, everybody = self._electorate(who)
        if len(electors) >= ENOUGH and everybody:
            self._open(self.nominations[-1])
        return True

    def _electorate(self, nominee: str) -> tuple[set[str], bool]:
        """Who could vote now, and whether every member could."""
        members = self.holders("member")
        live = {m for m in members if self.people[m].is_("member")}
        return live - {nominee}, live == members

    def _open(self, one: Nomination) -> None:
        one.state = "voting"
        one.electors, _ = self._electorate(one.nominee)
        one.closes_at = self.now + WEEK

    def _as_admin(self, by: str, one: Nomination) -> bool:
        return self.may(by, "admin") and by != one.nominee

    def _GoAhead(self, by: str, one: Nomination) -> bool:
        if not self._as_admin(by, one) or one.state != "waiting":
            return False
        if not self._electorate(one.nominee)[0]:
            return False
        self._open(one)
        return True

    def _Withdraw(self, by: str, one: Nomination) -> bool:
        if not self.may(by, "member") or by != one.nominator or not one.running:
            return False
        one.state = "withdrawn"
        return True

    def _Cancel(self, by: str, one: Nomination) -> bool:
        if not self._as_admin(by, one) or not one.running:
            return False
        one.state = "cancelled"
        return True

    def _Share(self, by: str, one: Nomination) -> bool:
        """The nominator may tell them phase and dates; o: the same once a day."""
        if not self.may(by, "member") or by != one.nominator:
            return False
        if one.nominee == OUTSIDE or not self.people[one.nominee].alive:
            return True  # they tell them themselves
        told = one.shared.get(one.state)
        if told is not None and self.now - told <= DAY:
            return False
        one.shared[one.state] = self.now
        return True

    # R2, R3: voting

    def _Vote(self, by: str, one: Nomination, choice: str) -> bool:
        if not self._may_vote(by, one):
            return False
        one.ballots[by] = choice
        return True

    def _may_vote(self, by: str, one: Nomination) -> bool:
        if not self.may(by, "member") or one.state != "voting" or self.now >= one.closes_at:
            return False
        return by in one.electors and by not in one.left

    def _close(self, one: Nomination) -> None:
        said = list(one.ballots.values())
        yes, no = said.count("yes"), said.count("no")
        one.passed = yes >= 1 and 3 * yes >= 2 * (yes + no)
        one.state = "awaiting_notice" if one.passed else "not_passed"
        if one.passed:
            self._tell_council(one)

    # R12: who sees what

    def _Read(self, by: str, one: Nomination) -> bool:
        return self.may(by, "member") and by != one.nominee

    def _ReadResult(self, by: str, one: Nomination) -> bool:
        return self.may(by, "member") and by != one.nominee and one.passed is not None

    def see(self, login: str) -> Seen:
        """What somebody finds now."""
        member, admin = self.may(login, "member"), self.may(login, "admin")
        council = self.may(login, "steering-council")
        told = [(k, n) for k, n in enumerate(self.nominations) if n.nominee != login]
        everything = list(enumerate(self.nominations))
        before = [k for k, n in told if n.state in ("awaiting_notice", "council")]
        answers = [k for k, n in told if n.state == "council" and login in n.roll]
        return Seen(
            ballots=_those(member, [k for k, n in everything if self._may_vote(login, n)]),
            running=_those(member, [k for k, n in told if n.running]),
            results=_those(member, [k for k, n in told if n.passed is not None]),
            to_answer=_those(council, answers),
            before_council=_those(admin, before),
        )

    # R4: the council

    def _tell_council(self, one: Nomination) -> None:
        council = self.holders("steering-council")
        if one.nominee in council | self.in_council_room or one.muted:
            # o: by direct messages to the others; by mail where none of them can be written to.
            others = council - {one.nominee, one.nominator}
            if any(self.people[m].alive and not self.people[m].guest for m in others):
                self._begin_window(one)
        elif self.has_council_channel:
            self._begin_window(one)

    def _begin_window(self, one: Nomination) -> None:
        one.state = "council"
        one.roll = self.holders("steering-council") - {one.nominee, one.nominator}
        one.ends_at = self.now + WEEK

    def _ToldByMail(self, by: str, one: Nomination) -> bool:
        if not self._as_admin(by, one) or by == one.nominator:
            return False
        if one.state != "awaiting_notice":
            return False
        self._begin_window(one)
        return True

    def _Answer(self, by: str, one: Nomination, answer: str, reason: bool) -> bool:
        if not self.may(by, "steering-council") or by == one.nominee:
            return False
        if one.state != "council" or by not in one.roll or self.now >= one.ends_at:
            return False
        if answer == "veto" and not reason:
            return False
        one.answers[by] = answer
        one.by_mail.discard(by)
        return True

    def _RecordAnswer(self, by: str, one: Nomination, member: str, answer: str) -> bool:
        if not self._as_admin(by, one) or by == one.nominator:
            return False
        if one.state != "council" or self.now >= one.ends_at or member not in one.roll:
            return False
        if member in one.answers and member not in one.by_mail:
            return False  # they said it themselves
        if "steering-council" not in self.people[member].roles:
            return False  # o: who left stays silent
        one.answers[member] = answer
        one.by_mail.add(member)
        return True

    def _RecordDecision(self, by: str, one: Nomination, veto: bool) -> bool:
        if not self._as_admin(by, one) or by == one.nominator:
            return False
        if one.state not in ("awaiting_notice", "council"):
            return False
        if one.state == "awaiting_notice":
            self._begin_window(one)  # a council that decides has been told: its roll is frozen now
        self._decide(one, veto=veto)
        return True

    def _count(self, one: Nomination) -> None:
        """Decide early where no answer still missing could change it, else at the end."""
        if not one.roll:
            return  # an admin records what the council decided
        said = list(one.answers.values())
        veto, fine = said.count("veto"), said.count("no_objection")
        silent = len(one.roll) - len(said)
        if veto > fine + silent:
            self._decide(one, veto=True)
        elif veto + silent <= fine:
            self._decide(one, veto=False)
        elif self.now >= one.ends_at:
            self._decide(one, veto=2 * veto > veto + fine + silent)

    def _decide(self, one: Nomination, *, veto: bool) -> None:
        one.state = "vetoed" if veto else "confirmed"
        if veto or one.nominee == OUTSIDE or "member" in self.people[one.nominee].roles:
            return
        if self.people[one.nominee].alive:
            one.onboarding = "asked"

    # R5, R6, R11: who is what

    def _Accept(self, by: str, one: Nomination) -> bool:
        person = self.people[by]
        if by != one.nominee or one.onboarding != "asked" or not person.alive or person.guest:
            return False
        if "member" in person.roles:
            return False
        person.roles.discard("emeritus")
        person.roles.add("member")
        self.in_team.add(by)
        for other in self.nominations:
            if other.nominee == by and other.onboarding == "asked":
                other.onboarding = "over"
        return True

    def _Decline(self, by: str, one: Nomination) -> bool:
        if by != one.nominee or one.onboarding != "asked":
            return False
        one.onboarding = "over"
        return True

    def _Leave(self, by: str, who: str, alone: bool) -> bool:
        person = self.people[who]
        if not self.may(by, "admin") or "member" not in person.roles:
            return False
        if not self._admins_without(who, alone):
            return False
        person.roles -= {"member", "admin"}
        person.roles.add("emeritus")
        self.in_team.discard(who)
        self.in_admins.discard(who)
        for one in self.nominations:
            if one.state == "voting" and who in one.electors:
                one.left.add(who)  # a ballot that was cast counts
        return True

    def _admins_without(self, who: str, confirmed: bool) -> bool:
        admins = self.holders("admin")
        rest = admins - {who}
        return who not in admins or len(rest) >= 2 or (len(rest) == 1 and confirmed)

    def _MakeAdmin(self, who: str, decision: bool) -> bool:
        person = self.people[who]
        if "member" not in person.roles or not decision or "admin" in person.roles:
            return False
        person.roles.add("admin")
        return True

    def _DropAdmin(self, who: str, confirmed: bool) -> bool:
        person = self.people[who]
        if "admin" not in person.roles or not self._admins_without(who, confirmed):
            return False
        person.roles.discard("admin")
        return True

    def _Seat(self, who: str) -> bool:
        held = "steering-council" in self.people[who].roles
        self.people[who].roles.add("steering-council")
        for one in self.nominations:
            if one.nominee == who and not held:
                one.muted = self.has_council_channel
        if self.has_council_channel:
            self.in_council_room.add(who)  # the bot invites them, and removes them again
        return not held

    def _Unseat(self, who: str) -> bool:
        held = "steering-council" in self.people[who].roles
        self.people[who].roles.discard("steering-council")
        self.in_council_room.discard(who)
        return held

    # Slack and time

    def _ComeIn(self, who: str) -> bool:
        self.in_team.add(who)
        return True

    def _Account(self, who: str, alive: bool) -> bool:
        self.people[who].alive = alive
        for one in self.nominations:
            if not alive and one.nominee == who and one.onboarding == "asked":
                one.onboarding = "over"  # o: admins hear of it and ask again
        return True

    def _Wait(self, time: timedelta) -> bool:
        self.now += time
        return True

    def _settle(self) -> None:
        """What happens by itself: votes close, windows are counted."""
        for one in self.nominations:
            if one.state == "voting" and self.now >= one.closes_at:
                self._close(one)
        for one in self.nominations:
            if one.state == "council":
                self._count(one)


def _those(may: bool, found: list[int]) -> frozenset[int] | None:
    return frozenset(found) if may else None
