"""What admins oversee: who was refused how often today, and what was reported of a channel."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime


class RefusalCount(SQLModel, table=True):
    """How often somebody known was refused one act on one day; gone once the audit log has it.

    It holds no time, and SQLite's table no row id: nothing tells when on the day, or in which
    order.
    """

    __tablename__ = "refusal_count"
    __table_args__ = {"sqlite_with_rowid": False}

    day: str = Field(primary_key=True)  # in UTC, as in 2026-03-02
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    permission: str = Field(primary_key=True)
    times: int


class ChannelReport(SQLModel, table=True):
    """Something about a channel that admins have been told, so that they are told once."""

    __tablename__ = "channel_report"

    channel_id: str = Field(primary_key=True)
    what: str = Field(primary_key=True)  # "unfit", or the Slack user who is inside
    reported_at: datetime = Field(sa_type=UtcDateTime)
