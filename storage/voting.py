"""Polls, electors, sealed ballots and published bulletins (DESIGN section 5).

Nothing here says who cast which ballot, when, or in which order: a ballot's row holds a nullifier
that only the key store can compute, and the sealed bytes. SQLite's tables have no row id, whose
order would betray the order of casting.
"""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, String
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class Poll(SQLModel, table=True):
    """A secret poll, from its opening to the destruction of its keys."""

    __tablename__ = "poll"

    id: str = Field(default_factory=new_id, primary_key=True)
    subject: str = Field(sa_column=Column(String, nullable=False, index=True))
    title: str
    state: str = Field(sa_column=Column(String, nullable=False, index=True))
    threshold: str
    duration_seconds: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    public_key: bytes | None = None
    key_store_id: str | None = None
    keys_destroyed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # An admin gave them up for lost, so that the poll's end could be told all the same.
    keys_lost_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    alarmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Set when an admin confirmed the close after a long absence of the bot (DESIGN section 4).
    close_confirmed: bool = False
    awaits_close_decision: bool = False
    electorate_size: int = 0
    electorate_hash: str = ""
    left_during: int = 0
    yes: int | None = None
    no: int | None = None
    abstain: int | None = None
    passed: bool | None = None
    bundle_sha256: str | None = None
    void_reason: str | None = None


class Elector(SQLModel, table=True):
    """Somebody who may vote in a poll, frozen when it opened."""

    __tablename__ = "elector"
    __table_args__ = {"sqlite_with_rowid": False}

    poll_id: str = Field(foreign_key="poll.id", primary_key=True)
    person_id: str = Field(primary_key=True)
    slack_user_id: str = Field(index=True)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SealedBallot(SQLModel, table=True):
    """One ballot: a nullifier and sealed bytes, nothing else."""

    __tablename__ = "sealed_ballot"
    __table_args__ = {"sqlite_with_rowid": False}

    poll_id: str = Field(foreign_key="poll.id", primary_key=True)
    nullifier: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    sealed: bytes


class SpentSubmission(SQLModel, table=True):
    """The mark of a submission already counted, against replay; gone at the close."""

    __tablename__ = "spent_submission"
    __table_args__ = {"sqlite_with_rowid": False}

    poll_id: str = Field(foreign_key="poll.id", primary_key=True)
    mark: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))


class BulletinLine(SQLModel, table=True):
    """One published ballot, named by its receipt alone."""

    __tablename__ = "bulletin_line"
    __table_args__ = {"sqlite_with_rowid": False}

    poll_id: str = Field(foreign_key="poll.id", primary_key=True)
    receipt: str = Field(primary_key=True)
    check_word: str | None = None
    choice: str
