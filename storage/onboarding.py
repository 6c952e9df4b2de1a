"""Onboardings: from a decision to a member who can work, and the steps on the way (R11)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, String, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class Onboarding(SQLModel, table=True):
    """Somebody's way into the team. What they wrote in the form of acceptance stands here alone."""

    __tablename__ = "onboarding"
    __table_args__ = (
        Index(
            "one_running_onboarding_per_subject",
            "subject",
            unique=True,
            sqlite_where=text("running"),
            postgresql_where=text("running"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    # What the process above calls the decision: a nomination's id.
    subject: str = Field(sa_column=Column(String, nullable=False, index=True))
    state: str = Field(sa_column=Column(String, nullable=False, index=True))
    running: bool = True
    name: str
    github: str = ""
    nominated_github: str = ""  # what the team voted on; admins compare
    email: str | None = None
    slack_user_id: str | None = Field(default=None, index=True)
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    begun_at: datetime = Field(sa_type=UtcDateTime)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None


class OnboardingStep(SQLModel, table=True):
    """A step as the checklist had it at the acceptance: a replaced file changes nothing here."""

    __tablename__ = "onboarding_step"

    onboarding_id: str = Field(foreign_key="onboarding.id", primary_key=True)
    position: int = Field(primary_key=True)
    key: str
    title: str
    text: str
    who: str
    kind: str
    # [{"text", "url"}]
    links: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    remind_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ticked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ticked_by: str | None = None
    result: str | None = None  # of a scored vector: number and severity, never the vector
