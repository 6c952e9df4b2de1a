"""Mentoring

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mentor",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("room", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "mentorship",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("newcomer_id", sa.String(), nullable=False),
        sa.Column("nominator_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("proposed_id", sa.String(), nullable=True),
        sa.Column("mentor_id", sa.String(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("paired_at", UtcDateTime(), nullable=True),
        sa.Column("mentor_since", UtcDateTime(), nullable=True),
        sa.Column("extended_days", sa.Integer(), nullable=False),
        sa.Column("resting_since", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], ["person.id"])
            for column in ("newcomer_id", "nominator_id", "proposed_id", "mentor_id")
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("newcomer_id", "state", "proposed_id", "mentor_id"):
        op.create_index(op.f(f"ix_mentorship_{column}"), "mentorship", [column])
    op.create_index(
        "one_running_mentorship_per_newcomer",
        "mentorship",
        ["newcomer_id"],
        unique=True,
        sqlite_where=sa.text("running"),
        postgresql_where=sa.text("running"),
    )
    op.create_table(
        "check_in",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mentorship_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("missed_at", UtcDateTime(), nullable=True),
        sa.Column("newcomer_at", UtcDateTime(), nullable=True),
        sa.Column("mentor_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["mentorship_id"], ["mentorship.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mentorship_id", "number"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM deadline WHERE kind LIKE 'mentoring:%'")
    for table in ("check_in", "mentorship", "mentor"):
        op.drop_table(table)
