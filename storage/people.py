"""People and their roles, the public list, and what Slack says of users and places."""

from datetime import datetime

from sqlalchemy import Column, Index, String, text
from sqlmodel import Field, SQLModel

from storage.types import UtcDateTime, new_id


class Person(SQLModel, table=True):
    """Somebody the bot knows: a member, an emeritus, or a council member who is neither."""

    __tablename__ = "person"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str
    github: str = ""
    # Lower case; absent where the GitHub name is empty, so that empty names never collide (R5).
    github_key: str | None = Field(default=None, sa_column=Column(String, unique=True))
    slack_user_id: str | None = Field(default=None, sa_column=Column(String, unique=True))
    created_at: datetime = Field(sa_type=UtcDateTime)


class RoleHeld(SQLModel, table=True):
    """A role somebody holds (``until`` empty) or held; the history of R5 and R6."""

    __tablename__ = "role_held"
    __table_args__ = (
        Index(
            "one_current_role",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    role: str
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    granted_by: str
    ended_by: str | None = None
    # The council's decision on an admin: a reference, an address or a date (R6).
    decision: str | None = None
    # Why it was given without a nomination, and why it ended. People's words stand here alone,
    # never in the audit log.
    reason: str | None = None
    end_reason: str | None = None


class RosterLine(SQLModel, table=True):
    """One line of a public list, kept to the letter so that an export changes nothing (R5)."""

    __tablename__ = "roster_line"

    listing: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    raw: str
    name: str
    github: str
    notes: str


class RosterStyle(SQLModel, table=True):
    """How a public list's file is written: byte order mark, line ending, last line."""

    __tablename__ = "roster_style"

    listing: str = Field(primary_key=True)
    bom: bool
    newline: str
    final_newline: bool


class Publication(SQLModel, table=True):
    """Both public lists as they were at a moment: given to an admin, then published, or imported.

    What was published last is what the lists are compared with (issue 5 item 2).
    """

    __tablename__ = "publication"

    id: str = Field(default_factory=new_id, primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    made_by: str
    members: bytes
    emeriti: bytes
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    published_by: str | None = None


class GithubClaim(SQLModel, table=True):
    """A member says which GitHub name is theirs; an admin confirms it."""

    __tablename__ = "github_claim"
    __table_args__ = (
        Index(
            "one_open_claim",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id")
    github: str
    state: str
    claimed_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: str | None = None


class SlackUser(SQLModel, table=True):
    """What Slack says of a user, kept so that no rule needs the network before an ack."""

    __tablename__ = "slack_user"

    id: str = Field(primary_key=True)
    team_id: str
    name: str  # shown: the display name, or the handle of whoever has none
    handle: str | None = None  # the one they log in by; null until Slack tells of them again
    real_name: str
    is_bot: bool
    is_deleted: bool
    is_guest: bool
    is_foreign: bool = False  # of another workspace, met in a shared channel
    time_zone: str
    seen_at: datetime = Field(sa_type=UtcDateTime)


class SlackChannel(SQLModel, table=True):
    """What Slack says of one of the team's channels, and whether the bot may post there."""

    __tablename__ = "slack_channel"

    id: str = Field(primary_key=True)
    name: str
    is_private: bool
    is_shared: bool
    is_archived: bool
    is_inside: bool
    seen_at: datetime = Field(sa_type=UtcDateTime)


class SlackChannelMember(SQLModel, table=True):
    """Somebody in one of the team's channels."""

    __tablename__ = "slack_channel_member"

    channel_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
