"""Access checklists, who ticked what, and questions to GitHub about its team."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class AccessChecklist(SQLModel, table=True):
    """What is to be done in the places where somebody has access, or has it no longer (R6)."""

    __tablename__ = "access_checklist"
    __table_args__ = (
        Index(
            "one_open_checklist",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    # None: somebody in a place who is nobody on the list, called `name`.
    person_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    name: str = ""
    cause: str
    state: str = Field(index=True)
    began_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccessItem(SQLModel, table=True):
    """One row of a checklist: a place, and what is to be done there."""

    __tablename__ = "access_item"
    __table_args__ = (UniqueConstraint("checklist_id", "place"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    checklist_id: str = Field(foreign_key="access_checklist.id")
    position: int
    place: str = Field(index=True)
    doing: str
    state: str
    slack_user_id: str | None = None  # whom the bot invites or removes
    refusal: str | None = None  # why the bot could not do it, as words for admins
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_by: str | None = None  # as the audit log names them; the bot itself: "psrt-bot"


class TeamCheck(SQLModel, table=True):
    """A comparison of all places that is owed; GitHub is asked by a worker, in no transaction."""

    __tablename__ = "team_check"

    id: str = Field(default_factory=new_id, primary_key=True)
    asked_by: str | None = None  # a Slack user, who gets the answer; None: the weekly one
    asked_at: datetime = Field(sa_type=UtcDateTime)
    try_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token: str | None = None
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
