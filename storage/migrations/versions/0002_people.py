"""People

Why roles began and ended and by which decision, GitHub names that members claim, the public
lists as they were published, and the handles of Slack users.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORDS = ("decision", "reason", "end_reason")


def upgrade() -> None:
    for name in WORDS:
        op.add_column("role_held", sa.Column(name, sa.String(), nullable=True))
    op.add_column("slack_user", sa.Column("handle", sa.String(), nullable=True))
    op.create_table(
        "publication",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("emeriti", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_publication_published_at"), "publication", ["published_at"])
    op.create_table(
        "github_claim",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("github", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_claim",
        "github_claim",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("github_claim")
    op.drop_table("publication")
    op.drop_column("slack_user", "handle")
    for name in reversed(WORDS):
        op.drop_column("role_held", name)
