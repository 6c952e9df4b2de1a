"""Keys that cannot be destroyed since they are lost

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll", sa.Column("keys_lost_at", storage.types.UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("poll") as batch_op:
        batch_op.drop_column("keys_lost_at")
