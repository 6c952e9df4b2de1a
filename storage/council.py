"""The Steering Council's decisions: what about, who was told how, and who answered what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, String, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class CouncilDecision(SQLModel, table=True):
    """One thing the council may veto (R4)."""

    __tablename__ = "council_decision"
    __table_args__ = (
        Index(
            "one_running_decision_per_subject",
            "subject",
            unique=True,
            sqlite_where=text("running"),
            postgresql_where=text("running"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    # What the process above calls it, and what the council reads of it.
    subject: str = Field(sa_column=Column(String, nullable=False, index=True))
    title: str
    lines: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    details: str = ""  # the action id of the button that shows more; empty for none
    # [{"reason", "person_id", "slack_user_id", "blind"}]: who takes no part, frozen at the start.
    recusals: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    state: str = Field(sa_column=Column(String, nullable=False, index=True))
    running: bool = True
    window_seconds: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    told: str | None = None
    told_by: str | None = None  # the admin who said so
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Of a decision that came by mail: who recorded it, who wrote it, when, and where it is found.
    recorded_by: str | None = None
    written_by: str | None = None
    received_on: date | None = None
    reference: str | None = None
    reason: str | None = None


class CouncilSeat(SQLModel, table=True):
    """Somebody on a decision's roll, frozen when the council was told."""

    __tablename__ = "council_seat"

    decision_id: str = Field(foreign_key="council_decision.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    recused: str | None = None  # why they take no part
    answer: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None  # of a veto; kept only if the council vetoes
    recorded_by: str | None = None
    received_on: date | None = None
    reference: str | None = None


class CouncilNotice(SQLModel, table=True):
    """A message by which the council is told: the channel's, or one to each of the others."""

    __tablename__ = "council_notice"

    slot: str = Field(primary_key=True)
    decision_id: str = Field(foreign_key="council_decision.id", index=True)
    person_id: str | None = Field(default=None, foreign_key="person.id")  # None: the channel
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed: str | None = None  # Slack's error code, or why it waits
