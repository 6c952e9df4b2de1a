"""The bot's use cases as they are wired, without Slack: what is owed is taken for delivered.

One bench serves many runs, since compiling SQLAlchemy's statements is what costs: before each run
every table is put back to how it was once everybody was known.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import update
from sqlmodel import Session, col, select

from psrt_bot.composition.bindings import deadline_handlers, wire
from psrt_bot.council.rules import Answer as Said
from psrt_bot.council.service.recording import Mail
from psrt_bot.council.service.rolls import latest
from psrt_bot.membership.permissions import Role
from psrt_bot.membership.service.people import find_person
from psrt_bot.nominations.messages.words import Who
from psrt_bot.nominations.rules import FIELDS, PROMISES
from psrt_bot.offboarding.service import Asked
from psrt_bot.onboarding.rules import PROMISES as TO_PROMISE
from psrt_bot.onboarding.service.accepting import Acceptance
from psrt_bot.runtime import once, people
from psrt_bot.runtime.deadlines import Sweep
from psrt_bot.runtime.facts import Delivered, Facts, Invited, Removed
from psrt_bot.runtime.outbox import Kind
from psrt_bot.runtime.rules import Outcome, RuleError
from psrt_bot.settings import Settings
from psrt_bot.voting.keystore import FileKeyStore
from psrt_bot.voting.service.closing import Closing
from storage.engine import Database, prepare_storage
from storage.nominations import Nomination
from storage.onboarding import Onboarding
from storage.runtime import OutboxRow
from storage.schema import upgrade
from storage.voting import Poll
from tests.model import acts, watch
from tests.model.cast import ADMINS, COUNCIL, EVERYBODY, GUEST, IN_SLACK, MEMBERS, OUTSIDE
from tests.model.rules import START, Seen, World

TEAM, ADMIN_ROOM, COUNCIL_ROOM = "C0TEAM", "C0ADMINS", "C0COUNCIL"
ROSTER = "".join(f"{n},{k},{'Admin' if k in ADMINS else ''}\n" for k, n in MEMBERS.items())
TEXTS = {field.name: "Well known." for field in FIELDS}
BY_HAND = "command line"
NONE = "0" * 32  # an id that nothing has


WAITING = """
SELECT EXISTS (SELECT 1 FROM deadline WHERE done_at IS NULL AND due_at <= ?),
       EXISTS (SELECT 1 FROM poll WHERE keys_destroyed_at IS NULL
               AND state NOT IN ('waiting', 'open', 'cancelled')),
       EXISTS (SELECT 1 FROM outbox WHERE finished_at IS NULL)
"""


def _as_kept(moment: datetime) -> str:
    """A moment as SQLite keeps it."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


class Watch:
    """A clock that shows what it is told to, also an earlier time: each run begins anew."""

    moment = START.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """What it shows."""
        return self.moment


def slack_id(login: str) -> str:
    """The Slack user of somebody."""
    return f"U0{login.upper()}"


LOGINS = {slack_id(login): login for login in IN_SLACK}


def seat(session: Session, now: datetime, services: Any, user: str, login: str) -> None:
    """Let somebody into the council, known or not."""
    grant = services.people.appointing.grant
    grant(session, now, user, Role.STEERING_COUNCIL, BY_HAND, name=EVERYBODY[login])


class Bench:
    """A database and everything on it.

    Args:
        path: a folder, best in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Watch()
        self.keys = FileKeyStore.open(path / "keys")
        self.database = Database(f"sqlite:///{path / 'psrt.db'}")
        prepare_storage(self.database)
        upgrade(self.database)
        # Whether anything waits at all is asked after each act, so it is asked the short way.
        self._looked = sqlite3.connect(path / "psrt.db", isolation_level=None)
        self.ways = {has: self._wired(has) for has in (True, False)}
        self._people()
        with sqlite3.connect(path / "psrt.db") as source:
            source.execute("VACUUM INTO ?", (str(path / "begin.db"),))
            tables = source.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            self.tables = [name for (name,) in tables if name != "alembic_version"]

    def _wired(self, has_council_channel: bool) -> tuple[Any, Facts]:
        settings = Settings(
            slack_bot_token=SecretStr("xoxb-1"),
            team_channel=TEAM,
            admin_channel=ADMIN_ROOM,
            council_channel=COUNCIL_ROOM if has_council_channel else None,
        )
        facts = Facts()
        return wire(settings, self.keys, facts), facts

    def _people(self) -> None:
        services, _ = self.ways[True]
        now = self.clock.now()
        rooms = {TEAM: MEMBERS, ADMIN_ROOM: ADMINS, COUNCIL_ROOM: COUNCIL}
        with self.database.transaction() as session:
            for login in IN_SLACK:
                self.note(session, login, alive=True)
            services.people.lists.import_files(session, now, {"members": ROSTER.encode()}, BY_HAND)
            for login in MEMBERS:
                person = find_person(session, login)
                services.members.link(session, now, person, slack_id(login), BY_HAND)
            for login in COUNCIL:
                seat(session, now, services, slack_id(login), login)
            for room, inside in rooms.items():
                told = {"id": room, "name": room, "is_private": True, "is_member": True}
                people.note_channel(session, now, told)
                for login in inside:
                    people.note_joined(session, room, slack_id(login))
        self.settle(*self.ways[True])

    def note(self, session: Session, login: str, *, alive: bool) -> dict[str, Any]:
        """Keep what Slack says of somebody."""
        profile = {"real_name": EVERYBODY[login]}
        told = {"id": slack_id(login), "name": login, "profile": profile, "deleted": not alive}
        told["is_restricted"] = login == GUEST
        people.note_user(session, self.clock.now(), told)
        return told

    def close(self) -> None:
        """Close every connection."""
        self._looked.close()
        self.database.close()

    def reset(self) -> None:
        """Put every table back."""
        begin = sqlite3.connect(self.path / "psrt.db", isolation_level=None)
        begin.execute("PRAGMA synchronous=OFF")
        begin.execute("ATTACH ? AS begin", (str(self.path / "begin.db"),))
        begin.execute("BEGIN IMMEDIATE")
        for table in self.tables:
            begin.execute(f"DELETE FROM main.{table}")  # noqa: S608 -- our own tables' names
            begin.execute(f"INSERT INTO main.{table} SELECT * FROM begin.{table}")  # noqa: S608
        begin.execute("COMMIT")
        begin.close()
        self.clock.moment = START.replace(tzinfo=UTC)

    def settle(self, services: Any, facts: Facts) -> None:
        """Do what falls due until nothing more does, as ``Bot.look`` does; messages arrive."""
        for _ in range(5):
            due, ended, owed = self._looked.execute(
                WAITING, (_as_kept(self.clock.now()),)
            ).fetchone()
            if due:
                Sweep(self.database, self.clock, deadline_handlers(services)).run()
            if due or ended:
                Closing(self.database, self.clock, services.polls).run()
            if due or ended or owed:
                self._arrive(facts)
            else:
                return
        raise AssertionError("what is owed does not come to an end")

    def _arrive(self, facts: Facts) -> None:
        now = self.clock.now()
        with self.database.transaction() as session:
            owed = session.scalars(
                select(OutboxRow)
                .where(col(OutboxRow.finished_at).is_(None))
                .order_by(col(OutboxRow.seq))
            ).all()
            session.execute(
                update(OutboxRow)
                .where(col(OutboxRow.seq).in_([row.seq for row in owed]))
                .values(finished_at=now, outcome=Outcome.SENT)
                .execution_options(synchronize_session=False)
            )
            for row in owed:
                if row.kind == Kind.MESSAGE and row.slot:
                    facts.announce(session, now, Delivered(row.slot))
                elif row.kind in (Kind.INVITE, Kind.KICK):
                    self._moved(session, facts, row)

    def _moved(self, session: Session, facts: Facts, row: OutboxRow) -> None:
        channel, user = row.payload["channel"], row.payload["user"]
        came = row.kind == Kind.INVITE
        (people.note_joined if came else people.note_left)(session, channel, user)
        fact: object = Invited(channel, user) if came else Removed(channel, user)
        facts.announce(session, self.clock.now(), fact)


class Services:
    """One run through the use cases."""

    def __init__(self, bench: Bench, world: World) -> None:
        self.bench = bench
        self.database = bench.database
        self.services, self.facts = bench.ways[world.has_council_channel]
        self.ids: list[str] = []
        self.views = 0
        self.user, self.logins = slack_id, LOGINS

    def do(self, act: acts.Act) -> bool:
        """Do an act; return whether it was allowed. What then happens by itself happens too."""
        given = dict(vars(act))
        number = given.pop("nomination", None)
        if number is not None:
            if number >= len(self.ids):
                return False
            given["one"] = self.ids[number]
        try:
            getattr(self, f"_{type(act).__name__}")(**given)
        except RuleError:
            allowed = False
        else:
            allowed = True
        self._settle()
        return allowed

    def _settle(self) -> None:
        self.bench.settle(self.services, self.facts)

    def state(self) -> watch.State:
        """How everything stands."""
        with self.database.reading() as session:
            return watch.of_bot(session, self.ids, self.logins)

    def see(self, login: str) -> Seen:
        """What somebody finds now."""
        user, now, s = self.user(login), self.now, self.services
        number = {one: k for k, one in enumerate(self.ids)}
        with self.database.reading() as session:

            def found(ask: Callable[[], list[str]]) -> frozenset[int] | None:
                try:
                    return frozenset(number[one] for one in ask())
                except RuleError:
                    return None

            admins = found(
                lambda: [d.subject for d in s.council.reading.for_admin(session, user) or ()]
            )
            is_admin = Role.ADMIN in s.members.who(session, user).roles
            return Seen(
                ballots=found(lambda: [p.subject for p in s.voting.open_for(session, now, user)]),
                running=found(
                    lambda: [n.nomination_id for n in s.reading.status(session, user)[0]]
                ),
                results=found(
                    lambda: [_subject(session, r.poll_id) for r in s.reading.results(session, user)]
                ),
                to_answer=found(
                    lambda: [d.subject for d in s.council.reading.for_member(session, user)]
                ),
                before_council=admins if is_admin else None,
            )

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        return self.bench.clock.now()

    def _person(self, session: Session, login: str) -> str:
        """Somebody's id; of nobody known one that is none."""
        try:
            return find_person(session, self.user(login)).id
        except RuleError:
            return NONE

    def _use(self, use_case: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with self.database.transaction() as session:
            return use_case(session, self.now, *given, **named)

    def _Nominate(self, by: str, who: str) -> None:
        outside = who == OUTSIDE
        asked = Who(
            slack_user_id=None if outside else self.user(who),
            name=EVERYBODY[who] if outside else "",
            email=f"{who}@example.org" if outside else "",
            github="" if outside else who,
            standing="triager",
        )
        s, user = self.services, self.user(by)
        draft = self._use(s.drafts.save_who, user, asked, "")
        self._use(s.drafts.save_texts, user, draft.id, TEXTS, frozenset(PROMISES))
        self.ids.append(self._use(s.nominating.nominate, user, draft.id).id)

    def _GoAhead(self, by: str, one: str) -> None:
        self._use(self.services.deciding.go_ahead, self.user(by), one)

    def _Withdraw(self, by: str, one: str) -> None:
        self._use(self.services.ending.withdraw, self.user(by), one, "")

    def _Cancel(self, by: str, one: str) -> None:
        self._use(self.services.ending.cancel, self.user(by), one, "A reason.")

    def _Share(self, by: str, one: str) -> None:
        self._use(self.services.statements.share, self.user(by), one)

    def _Read(self, by: str, one: str) -> None:
        with self.database.reading() as session:
            self.services.reading.details(session, self.user(by), one)

    def _ReadResult(self, by: str, one: str) -> None:
        with self.database.reading() as session:
            poll = session.get_one(Nomination, one).poll_id
            self.services.reading.result(session, self.user(by), poll)

    def _Vote(self, by: str, one: str, choice: str) -> None:
        with self.database.reading() as session:
            poll = session.get_one(Nomination, one).poll_id
        self.views += 1
        with self.database.glancing() as connection:
            sealed = self.services.voting.seal(
                connection,
                self.now,
                self.user(by),
                poll_id=poll,
                view_id=f"V{self.views}",
                choice=choice,
                check_word="",
            )
        with self.database.writing() as connection:
            self.services.voting.record(connection, self.now, sealed)

    def _decision(self, one: str) -> str:
        with self.database.reading() as session:
            decision = latest(session, one)
        if decision is None:
            return NONE  # nobody was shown a button: a forged one
        return str(decision.id)

    def _ToldByMail(self, by: str, one: str) -> None:
        use = self.services.council.telling.told_by_mail
        self._use(use, self.user(by), self._decision(one))

    def _Answer(self, by: str, one: str, answer: str, reason: bool) -> None:
        self._use(
            self.services.council.answering.answer,
            self.user(by),
            self._decision(one),
            Said(answer),
            reason="Not now." if reason else "",
            sure=True,
        )

    def _mail(self, answer: str, **more: str) -> Mail:
        return Mail(
            answer=answer,
            received=self.now.date().isoformat(),
            reference="mail of today",
            reason="Not now.",
            **more,
        )

    def _RecordAnswer(self, by: str, one: str, member: str, answer: str) -> None:
        with self.database.reading() as session:
            seat = self._person(session, member)
        mail = self._mail(answer, member=seat)
        use = self.services.council.recording.record_answer
        self._use(use, self.user(by), self._decision(one), mail)

    def _RecordDecision(self, by: str, one: str, veto: bool) -> None:
        mail = self._mail("veto" if veto else "no_objection", written_by="The council")
        use = self.services.council.recording.record_decision
        self._use(use, self.user(by), self._decision(one), mail)

    def _onboarding(self, one: str) -> str:
        with self.database.reading() as session:
            found = session.scalar(select(Onboarding).where(Onboarding.subject == one))
        return found.id if found else NONE

    def _Accept(self, by: str, one: str) -> None:
        filled = Acceptance(
            promises=[promise.name for promise in TO_PROMISE],
            github=by,
            email=f"{by}@example.org",
            listed_name=EVERYBODY[by],
        )
        accept = self.services.onboarding.accepting.accept
        self._use(accept, self.user(by), self._onboarding(one), filled)
        self._ComeIn(by)

    def _Decline(self, by: str, one: str) -> None:
        decline = self.services.onboarding.starting.decline
        self._use(decline, self.user(by), self._onboarding(one))

    def _Leave(self, by: str, who: str, alone: bool) -> None:
        with self.database.reading() as session:
            person = self._person(session, who)
        asked = Asked(reason="They asked for it.", sure=True, alone=alone)
        self._use(self.services.people.offboarding.end, self.user(by), person, asked)
        self._out(who)

    def _out(self, who: str) -> None:
        """An admin removes them by hand."""
        for room in (TEAM, ADMIN_ROOM):
            self._use(lambda session, _, room=room: people.note_left(session, room, self.user(who)))

    def _MakeAdmin(self, who: str, decision: bool) -> None:
        grant = self.services.people.appointing.grant
        council = "minutes of today" if decision else None
        user = self.user(who)
        self._use(grant, user, Role.ADMIN, BY_HAND, name=None, decision=council)

    def _DropAdmin(self, who: str, confirmed: bool) -> None:
        revoke = self.services.people.appointing.revoke
        self._use(revoke, self.user(who), Role.ADMIN, BY_HAND, confirmed=confirmed)

    def _Seat(self, who: str) -> None:
        self._use(seat, self.services, self.user(who), who)

    def _Unseat(self, who: str) -> None:
        revoke = self.services.people.appointing.revoke
        self._use(revoke, self.user(who), Role.STEERING_COUNCIL, BY_HAND)

    def _ComeIn(self, who: str) -> None:
        self._use(lambda session, _: people.note_joined(session, TEAM, self.user(who)))

    def _Account(self, who: str, alive: bool) -> None:
        def told(session: Session, now: datetime) -> None:
            user = self.bench.note(session, who, alive=alive)
            self.services.onboarding.watching.seen(session, now, [user])

        self._use(told)

    def _Wait(self, time: Any) -> None:
        self.bench.clock.moment += time
        self._use(once.forget_old)


def _subject(session: Session, poll_id: str) -> str:
    return session.get_one(Poll, poll_id).subject
