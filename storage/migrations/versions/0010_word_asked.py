"""How often a mentor was asked for their word, in vain

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    asked = sa.Column("word_asked", sa.Integer(), nullable=False, server_default="0")
    op.add_column("mentorship", asked)
    with op.batch_alter_table("mentorship") as batch_op:  # as the other numbers: the bot says it
        batch_op.alter_column("word_asked", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("mentorship") as batch_op:
        batch_op.drop_column("word_asked")
