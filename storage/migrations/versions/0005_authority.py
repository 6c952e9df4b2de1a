"""Authority: refusals of a day, reports on channels, whom a post is about

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refusal_count",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("day", "person_id", "permission"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "channel_report",
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "what"),
    )
    op.create_table(
        "neutral_subject",
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("slack_user_id", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("about", "conversation"),
    )
    op.add_column("outbox", sa.Column("about", sa.String(), nullable=True))
    op.create_index("ix_outbox_about", "outbox", ["about"])
    op.drop_index("ix_audit_entry_act", "audit_entry")
    op.drop_index("ix_audit_entry_subject", "audit_entry")
    op.create_index("audit_entry_at", "audit_entry", ["at", "number"])
    for column in ("actor", "subject", "act"):
        op.create_index(f"audit_entry_{column}", "audit_entry", [column, "at", "number"])


def downgrade() -> None:
    for column in ("at", "actor", "subject", "act"):
        op.drop_index(f"audit_entry_{column}", "audit_entry")
    for column in ("act", "subject"):
        op.create_index(f"ix_audit_entry_{column}", "audit_entry", [column])
    op.drop_index("ix_outbox_about", "outbox")
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.drop_column("about")
    op.drop_table("neutral_subject")
    op.drop_table("channel_report")
    op.drop_table("refusal_count")
