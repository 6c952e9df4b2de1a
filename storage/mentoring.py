"""Who mentors, who is mentored by whom, and which check-ins took place; never what was said."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class Mentor(SQLModel, table=True):
    """A member who volunteered; gone with their membership."""

    __tablename__ = "mentor"

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    room: int  # mentees at a time
    topics: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    paused: bool = False
    since: datetime = Field(sa_type=UtcDateTime)


class Mentorship(SQLModel, table=True):
    """A newcomer's time with a mentor, from its beginning to graduation."""

    __tablename__ = "mentorship"
    __table_args__ = (
        Index(
            "one_running_mentorship_per_newcomer",
            "newcomer_id",
            unique=True,
            sqlite_where=text("running"),
            postgresql_where=text("running"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    newcomer_id: str = Field(foreign_key="person.id", index=True)
    nominator_id: str | None = Field(default=None, foreign_key="person.id")
    state: str = Field(sa_column=Column(String, nullable=False, index=True))
    running: bool = True
    topics: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    # Who is proposed, until an admin confirms; then who it is.
    proposed_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    mentor_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    begun_at: datetime = Field(sa_type=UtcDateTime)
    paired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # first of all
    mentor_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    extended_days: int = 0
    # How often this mentor was asked for their word since the last check-in, in vain.
    word_asked: int = 0
    # Since when the newcomer cannot be reached in Slack; admins are told once.
    resting_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CheckIn(SQLModel, table=True):
    """One check-in: when, whether it took place, who answered; what was said stands nowhere."""

    __tablename__ = "check_in"
    __table_args__ = (UniqueConstraint("mentorship_id", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)  # of the calendar entry, too
    mentorship_id: str = Field(foreign_key="mentorship.id")
    number: int
    due_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    # The calendar entry's version (RFC 5545, SEQUENCE), and since when it is this one.
    sequence: int = 0
    changed_at: datetime = Field(sa_type=UtcDateTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    newcomer_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    mentor_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
