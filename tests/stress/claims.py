"""What must be true of a vote whatever happened to the processes, read at the edges.

The edges are the database, the key folder, and the workspace of the sandbox.
"""

import base64
import uuid
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import SQLModel, col, func, select

from psrt_bot.mentoring.service import desk
from psrt_bot.nominations.service import forgetting
from psrt_bot.runtime import audit
from psrt_bot.sandbox.model import Channel, Message
from psrt_bot.voting import ballot, bulletin
from psrt_bot.voting.rules import Choice, PollState
from psrt_bot.voting.service.closing import bundle
from storage.runtime import AuditEntry, DeadlineRow, OutboxRow
from storage.voting import BulletinLine, Poll, SealedBallot, SpentSubmission
from tests.stress.nursery import Process
from tests.stress.scene import Scene, Try

ROUNDS = 6
# What comes each day by the calendar: how often, is told by how far the clock was moved at a time.
DAILY = (forgetting.FORGET, desk.WATCH)
PAUSE = timedelta(minutes=2)  # between the looks of a round; a retry waits for at most a few rounds


@dataclass(frozen=True)
class Outcome:
    """What a step left behind, in counts that must be the same however it was disturbed.

    Args:
        acts: of the audit log, by name.
        direct: messages in each person's DM, those with one outbox id counted once.
        posts: different messages in channels.
        deadlines: done deadlines by kind.
    """

    acts: dict[str, int]
    direct: dict[str, int]
    posts: int
    files: int
    deadlines: dict[str, int]


@dataclass
class Messages:
    """What the bot posted since the scene was prepared."""

    direct: Counter[tuple[str, str]] = field(default_factory=Counter)
    posts: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)


def messages(scene: Scene) -> Messages:
    """Read every conversation: DMs by person and outbox id, posts by ``client_msg_id``."""
    found = Messages()
    before, _files = scene.memory
    state = scene.workspace.state
    with state.reading():
        for channel in state.channels.values():
            old = before[channel.id].messages if channel.id in before else {}
            for message in channel.messages.values():
                if message.ts not in old:
                    _sort(found, channel, message)
    return found


def _sort(found: Messages, channel: Channel, message: Message) -> None:
    if message.files:
        found.files[message.files[0].name] += 1
    elif channel.kind == "im":
        person = next(who for who in channel.members if who != message.user_id)
        mark = (message.metadata or {}).get("event_payload", {}).get("id")
        assert mark, "a direct message without its outbox id"
        found.direct[person, mark] += 1
    else:
        assert message.client_msg_id, "a post without its client_msg_id"
        found.posts[message.client_msg_id] += 1


def outcome(this: Try) -> Outcome:
    """Read what has come of everything."""
    posted = messages(this.scene)
    with this.database.reading() as session:
        acts = Counter(session.exec(select(AuditEntry.act)))
        done = Counter(
            session.exec(
                select(DeadlineRow.kind).where(
                    col(DeadlineRow.done_at).is_not(None), col(DeadlineRow.kind).not_in(DAILY)
                )
            )
        )
    return Outcome(
        acts=dict(acts),
        direct=dict(Counter(person for person, _mark in posted.direct)),
        posts=len(posted.posts),
        files=len(posted.files),
        deadlines=dict(done),
    )


def undisturbed(scene: Scene, now: datetime) -> Outcome:
    """Return what the work of a moment leaves behind when nothing goes wrong; run once a scene."""
    key = now.isoformat()
    if key not in scene.outcomes:
        with scene.a_try() as this:
            this.jump(now)
            work_to_the_end(this, now)
            scene.outcomes[key] = outcome(this)
    found = scene.outcomes[key]
    assert isinstance(found, Outcome)
    return found


def uncertain_posts(this: Try) -> set[str]:
    """Return the posts that Slack has and the database does not know of: perhaps sent again."""
    posted = messages(this.scene).posts
    with this.database.reading() as session:
        waiting = session.exec(
            select(OutboxRow.id).where(col(OutboxRow.finished_at).is_(None))
        ).all()
    return {str(uuid.uuid5(uuid.NAMESPACE_OID, row)) for row in waiting} & set(posted)


def work_to_the_end(this: Try, now: datetime) -> Process:
    """Start a process and let it finish what others have left; return it.

    Its first look comes at once, while the leases of a dead one still hold.
    """
    survivor = this.process(now)
    survivor.ask("look")
    this.outwait_leases()
    for _ in range(ROUNDS):
        survivor.ask("move", seconds=PAUSE.total_seconds())
        now += PAUSE  # what it plans by its own clock is due as well
        survivor.ask("look")
        if not owed(this, now):
            return survivor
    raise AssertionError(f"still owed: {owed(this, now)}; {this.logs()}")


def owed(this: Try, now: datetime) -> list[str]:
    """Return what is due and not done."""
    with this.database.reading() as session:
        rows = session.exec(select(OutboxRow).where(col(OutboxRow.finished_at).is_(None)))
        due = session.exec(
            select(DeadlineRow).where(
                col(DeadlineRow.done_at).is_(None), col(DeadlineRow.due_at) <= now
            )
        )
        return [f"{row.kind} to {row.conversation}" for row in rows] + [row.kind for row in due]


def check_messages(this: Try, expected: Outcome, maybe_twice: Set[str] = frozenset()) -> None:
    """Each DM and file once, each post once, or twice where its fate was unknown; nothing died."""
    posted = messages(this.scene)
    assert {key: n for key, n in posted.direct.items() if n != 1} == {}, "a DM came twice"
    assert {key: n for key, n in posted.files.items() if n != 1} == {}, "a file came twice"
    for mark, times in posted.posts.items():
        assert times == 1 or (times == 2 and mark in maybe_twice), f"a post came {times} times"
    found = outcome(this)
    assert found == expected, f"{found} and not {expected}"
    with this.database.reading() as session:
        dead = session.exec(select(OutboxRow.kind).where(col(OutboxRow.outcome) == "dead")).all()
    assert list(dead) == []


def check_chain(this: Try) -> None:
    """The audit log is one chain."""
    with this.database.reading() as session:
        assert audit.verify(session).problem == ""


def check_counted(this: Try, receipts: dict[str, str]) -> None:
    """The vote is closed, exactly these ballots were counted, and nothing is left to open them."""
    with this.database.reading() as session:
        poll = session.get_one(Poll, this.scene.poll)
        lines = session.exec(select(BulletinLine).where(col(BulletinLine.poll_id) == poll.id)).all()
        assert poll.state == PollState.CLOSED
        assert poll.keys_destroyed_at is not None
        assert {line.receipt for line in lines} == set(receipts.values())
        assert len(lines) == len(receipts)
        counted = Counter(line.choice for line in lines)
        assert (poll.yes, poll.no, poll.abstain) == tuple(counted[choice] for choice in Choice)
        verified = bulletin.verify(bundle(session, poll.id), sha256=poll.bundle_sha256)
        assert verified.ok
        assert rows_of(this, SealedBallot) == rows_of(this, SpentSubmission) == 0
    assert this.keys.poll_ids() == []
    check_chain(this)


def check_shredded(this: Try, sealed: list[bytes]) -> None:
    """Nothing is left of these ballots that could be read, nor what would open a copy of them.

    On both databases the key file is gone, under whatever name, and no row of any table holds a
    sealed ballot. On SQLite their bytes have left its files too. PostgreSQL keeps deleted rows in
    its files until it vacuums, and in its log: there it is the lost keys that make them unreadable,
    and nothing is claimed of the disk.
    """
    keys = [path.name for path in (this.folder / "keys").rglob("*")]
    assert [name for name in keys if this.scene.poll in name] == [], "a key file is left"
    assert rows_of(this, SealedBallot) == rows_of(this, SpentSubmission) == 0
    with this.database.reading() as session:
        for name, table in SQLModel.metadata.tables.items():
            held = "\n".join(_as_text(v) for row in session.execute(table.select()) for v in row)
            left = [True for row in sealed if any(form in held for form in _forms(row[:48]))]
            assert left == [], f"a ballot in {name}"
    if not this.database.is_sqlite:
        return
    files = list(this.folder.glob("psrt.db*"))
    assert files, "SQLite's files were not found"
    for path in files:
        data = path.read_bytes()
        assert [True for row in sealed if row[:64] in data] == [], f"a ballot in {path.name}"


def _as_text(value: object) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _forms(data: bytes) -> tuple[str, str]:
    """How bytes may stand in a table, in a column of their own or in a text."""
    return data.hex(), base64.b64encode(data).decode()


def sealed_rows(this: Try) -> list[bytes]:
    """Return the sealed ballots as they are stored."""
    with this.database.reading() as session:
        return list(session.exec(select(SealedBallot.sealed)))


def rows_of(this: Try, table: type[SQLModel]) -> int:
    """Count a table's rows."""
    with this.database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def stored_receipt(this: Try, login: str) -> str | None:
    """Open somebody's ballot with the poll's keys, as the count will; None where there is none."""
    keys = this.keys.get(this.scene.poll)
    mark = ballot.nullifier(keys, this.scene.user(login))
    with this.database.reading() as session:
        row = session.get(SealedBallot, (this.scene.poll, mark))
        return ballot.unseal(keys, this.scene.poll, mark, row.sealed).receipt if row else None
