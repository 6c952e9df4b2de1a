"""What every process stands on: outbox, deadlines, audit log, repeated requests, heartbeat."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class OutboxRow(SQLModel, table=True):
    """A side effect that is owed: written with the state it announces, delivered by a worker."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "outbox_waiting",
            "conversation",
            "seq",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(
            "outbox_in_order",
            "seq",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    seq: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    # Rides in message metadata; random and nothing else.
    id: str = Field(default_factory=new_id, sa_column=Column(String, nullable=False, unique=True))
    conversation: str
    # Another conversation: what was owed to it before this row comes first.
    after: str | None = None
    kind: str
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    slot: str | None = Field(default=None, index=True)
    thread_slot: str | None = None
    # Whom or what it is about, for posts that must become neutral one day (outbox.neutralise).
    about: str | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    try_at: datetime = Field(sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token: str | None = None
    attempts: int = 0  # failures so far
    # Since its own first failure, not since its creation: it may have waited long for its turn.
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Since when its channel is unfit; admins are told once.
    held_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # A call may have taken effect, though nobody heard its answer.
    ambiguous_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    progress: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None


class NeutralSubject(SQLModel, table=True):
    """Whom or what the bot's posts in a conversation are, and stay, neutral about."""

    __tablename__ = "neutral_subject"

    about: str = Field(primary_key=True)
    conversation: str = Field(primary_key=True)
    # For whose coming it is done: they are not invited while a post resists. Empty: nobody is.
    slack_user_id: str = ""
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    since: datetime = Field(sa_type=UtcDateTime)


class Posted(SQLModel, table=True):
    """Where a message that may be updated or answered in a thread stands."""

    __tablename__ = "posted"

    slot: str = Field(primary_key=True)
    channel: str
    ts: str


class HomeViewer(SQLModel, table=True):
    """Somebody who opened their App Home once; it is kept up to date from then on."""

    __tablename__ = "home_viewer"

    slack_user_id: str = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcDateTime)  # of the newest publication owed or made


class DeadlineRow(SQLModel, table=True):
    """Something that is to happen at a moment."""

    __tablename__ = "deadline"
    __table_args__ = (
        # Subject first: what is open of one subject is found by it, and what is due of a kind by
        # the index below, which holds no history.
        UniqueConstraint("subject", "kind", "due_at"),
        Index(
            "deadline_waiting",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str
    subject: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token: str | None = None
    attempts: int = 0
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditEntry(SQLModel, table=True):
    """One governance act, chained to the one before it by its hash."""

    __tablename__ = "audit_entry"
    # Read newest first, page by page, of somebody, of a subject, of an act, of a time: each index
    # gives that order by itself.
    __table_args__ = (
        Index("audit_entry_at", "at", "number"),
        Index("audit_entry_actor", "actor", "at", "number"),
        Index("audit_entry_subject", "subject", "at", "number"),
        Index("audit_entry_act", "act", "at", "number"),
    )

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str
    act: str
    subject: str
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    prev_hash: str
    hash: str


class AuditHead(SQLModel, table=True):
    """The last link of the chain: the one row whose lock keeps the chain unforked."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    number: int
    hash: str


class SeenRequest(SQLModel, table=True):
    """A request already acted upon (an event id, a modal's view id), kept for a day."""

    __tablename__ = "seen_request"

    key: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Heartbeat(SQLModel, table=True):
    """When a bot was last alive."""

    __tablename__ = "heartbeat"

    id: int = Field(default=1, primary_key=True)
    beat_at: datetime = Field(sa_type=UtcDateTime)


class Absence(SQLModel, table=True):
    """A time during which no bot was alive, found at the next start."""

    __tablename__ = "absence"

    id: str = Field(default_factory=new_id, primary_key=True)
    away_from: datetime = Field(sa_type=UtcDateTime)
    away_until: datetime = Field(sa_type=UtcDateTime)
