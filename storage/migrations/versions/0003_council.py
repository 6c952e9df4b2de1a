"""Council

The council's decisions, and the nominee's statement. Nominations that passed their vote before
there was a council are taken up by the next sweep: a deadline is due for each.

Revision ID: 0003
Revises: 0002
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime, new_id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "council_decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("recusals", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("window_seconds", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("told", sa.String(), nullable=True),
        sa.Column("told_by", sa.String(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("written_by", sa.String(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_council_decision_state"), "council_decision", ["state"])
    op.create_index(op.f("ix_council_decision_subject"), "council_decision", ["subject"])
    op.create_index(
        "one_running_decision_per_subject",
        "council_decision",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("running"),
        postgresql_where=sa.text("running"),
    )
    op.create_table(
        "council_seat",
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("recused", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["council_decision.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("decision_id", "person_id"),
    )
    op.create_table(
        "council_notice",
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("failed", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["council_decision.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("slot"),
    )
    op.create_index(op.f("ix_council_notice_decision_id"), "council_notice", ["decision_id"])
    op.create_table(
        "nomination_statement",
        sa.Column("nomination_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("pasted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["nomination_id"], ["nomination.id"]),
        sa.PrimaryKeyConstraint("nomination_id"),
    )
    _take_up_what_waits()


def _take_up_what_waits() -> None:
    connection = op.get_bind()
    waiting = connection.execute(
        sa.text(
            "SELECT nomination.id FROM nomination JOIN poll ON poll.id = nomination.poll_id "
            "WHERE nomination.state = 'awaiting_notice' AND poll.keys_destroyed_at IS NOT NULL"
        )
    ).scalars()
    deadline = sa.table(
        "deadline",
        *(sa.column(name) for name in ("id", "kind", "subject", "attempts")),
        sa.column("due_at", UtcDateTime()),
    )
    rows = [
        {
            "id": new_id(),
            "kind": "nominations:tell-council",
            "subject": nomination_id,
            "attempts": 0,
            "due_at": datetime.now(UTC),
        }
        for nomination_id in waiting
    ]
    if rows:
        op.bulk_insert(deadline, rows)


def downgrade() -> None:
    op.execute("DELETE FROM deadline WHERE kind = 'nominations:tell-council'")
    for table in ("nomination_statement", "council_notice", "council_seat", "council_decision"):
        op.drop_table(table)
