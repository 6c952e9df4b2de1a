"""Onboarding

From a decision to a member who can work. Nominations that were confirmed before there was an
onboarding are taken up by the next sweep, unless they are members by now: a deadline is due for
each.

Revision ID: 0007
Revises: 0006
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime, new_id

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "onboarding",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("github", sa.String(), nullable=False),
        sa.Column("nominated_github", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("slack_user_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("subject", "state", "slack_user_id", "person_id"):
        op.create_index(op.f(f"ix_onboarding_{column}"), "onboarding", [column])
    op.create_index(
        "one_running_onboarding_per_subject",
        "onboarding",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("running"),
        postgresql_where=sa.text("running"),
    )
    op.create_table(
        "onboarding_step",
        sa.Column("onboarding_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("remind_at", UtcDateTime(), nullable=True),
        sa.Column("ticked_at", UtcDateTime(), nullable=True),
        sa.Column("ticked_by", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["onboarding_id"], ["onboarding.id"]),
        sa.PrimaryKeyConstraint("onboarding_id", "position"),
    )
    _take_up_what_was_confirmed()


def _take_up_what_was_confirmed() -> None:
    connection = op.get_bind()
    confirmed = connection.execute(
        sa.text("SELECT id FROM nomination WHERE state = 'confirmed'")
    ).scalars()
    deadline = sa.table(
        "deadline",
        *(sa.column(name) for name in ("id", "kind", "subject", "attempts")),
        sa.column("due_at", UtcDateTime()),
    )
    rows = [
        {
            "id": new_id(),
            "kind": "nominations:onboard",
            "subject": nomination_id,
            "attempts": 0,
            "due_at": datetime.now(UTC),
        }
        for nomination_id in confirmed
    ]
    if rows:
        op.bulk_insert(deadline, rows)


def downgrade() -> None:
    op.execute(
        "DELETE FROM deadline WHERE kind = 'nominations:onboard' OR kind LIKE 'onboarding:%'"
    )
    for table in ("onboarding_step", "onboarding"):
        op.drop_table(table)
