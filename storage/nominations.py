"""Drafts, nominations, their dated addenda, and what the nominee says of themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, String, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class Draft(SQLModel, table=True):
    """A nomination not yet made: who, and as much of the texts as has been written."""

    __tablename__ = "nomination_draft"

    id: str = Field(default_factory=new_id, primary_key=True)
    nominator_id: str = Field(foreign_key="person.id", index=True)
    nominee_slack_user_id: str | None = None
    nominee_name: str
    nominee_email: str | None = None
    nominee_github: str = ""
    standing: str
    texts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Nomination(SQLModel, table=True):
    """A nomination, from the vote to its decision (R1 to R4, R13)."""

    __tablename__ = "nomination"
    __table_args__ = (
        Index(
            "one_running_nomination_per_nominee",
            "nominee_key",
            unique=True,
            sqlite_where=text("running"),
            postgresql_where=text("running"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    state: str = Field(sa_column=Column(String, nullable=False, index=True))
    # True while nobody else may nominate the same person; the unique index above rests on it.
    running: bool = True
    # "slack:U…" or "mail:…" in lower case: who is meant, whatever name was typed.
    nominee_key: str
    nominator_id: str = Field(foreign_key="person.id", index=True)
    nominee_slack_user_id: str | None = Field(default=None, index=True)
    nominee_name: str
    nominee_email: str | None = None
    nominee_github: str = ""
    standing: str
    texts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    poll_id: str | None = Field(default=None, foreign_key="poll.id", index=True)
    nominated_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None
    end_reason: str | None = None


class Addendum(SQLModel, table=True):
    """A dated addition to a nomination's texts, which themselves never change."""

    __tablename__ = "nomination_addendum"

    id: str = Field(default_factory=new_id, primary_key=True)
    nomination_id: str = Field(foreign_key="nomination.id", index=True)
    author_id: str = Field(foreign_key="person.id")
    text: str
    added_at: datetime = Field(sa_type=UtcDateTime)


class Statement(SQLModel, table=True):
    """The nominee's own words, asked for by the nominator (R13)."""

    __tablename__ = "nomination_statement"

    nomination_id: str = Field(foreign_key="nomination.id", primary_key=True)
    state: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    text: str | None = None
    pasted: bool = False  # by the nominator, of somebody outside the workspace
