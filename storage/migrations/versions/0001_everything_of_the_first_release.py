"""Everything of the first release

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("away_from", UtcDateTime(), nullable=False),
        sa.Column("away_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_act"), ["act"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject"), ["subject"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject", "kind", "due_at"),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index(
            "deadline_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("slot", sa.String(), nullable=True),
        sa.Column("thread_slot", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("try_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("held_since", UtcDateTime(), nullable=True),
        sa.Column("ambiguous_at", UtcDateTime(), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_slot"), ["slot"], unique=False)
        batch_op.create_index(
            "outbox_in_order",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index(
            "outbox_waiting",
            ["conversation", "seq"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("github", sa.String(), nullable=False),
        sa.Column("github_key", sa.String(), nullable=True),
        sa.Column("slack_user_id", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("github_key"),
        sa.UniqueConstraint("slack_user_id"),
    )
    op.create_table(
        "poll",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("threshold", sa.String(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("closes_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_store_id", sa.String(), nullable=True),
        sa.Column("keys_destroyed_at", UtcDateTime(), nullable=True),
        sa.Column("alarmed_at", UtcDateTime(), nullable=True),
        sa.Column("close_confirmed", sa.Boolean(), nullable=False),
        sa.Column("awaits_close_decision", sa.Boolean(), nullable=False),
        sa.Column("electorate_size", sa.Integer(), nullable=False),
        sa.Column("electorate_hash", sa.String(), nullable=False),
        sa.Column("left_during", sa.Integer(), nullable=False),
        sa.Column("yes", sa.Integer(), nullable=True),
        sa.Column("no", sa.Integer(), nullable=True),
        sa.Column("abstain", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("bundle_sha256", sa.String(), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("poll", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_poll_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_poll_subject"), ["subject"], unique=False)

    op.create_table(
        "posted",
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("slot"),
    )
    op.create_table(
        "roster_style",
        sa.Column("listing", sa.String(), nullable=False),
        sa.Column("bom", sa.Boolean(), nullable=False),
        sa.Column("newline", sa.String(), nullable=False),
        sa.Column("final_newline", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("listing"),
    )
    op.create_table(
        "seen_request",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("seen_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_request_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "slack_channel",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("is_inside", sa.Boolean(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "slack_channel_member",
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "user_id"),
    )
    op.create_table(
        "slack_user",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("real_name", sa.String(), nullable=False),
        sa.Column("is_bot", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("is_guest", sa.Boolean(), nullable=False),
        sa.Column("is_foreign", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bulletin_line",
        sa.Column("poll_id", sa.String(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("check_word", sa.String(), nullable=True),
        sa.Column("choice", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["poll.id"],
        ),
        sa.PrimaryKeyConstraint("poll_id", "receipt"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "elector",
        sa.Column("poll_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("slack_user_id", sa.String(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["poll.id"],
        ),
        sa.PrimaryKeyConstraint("poll_id", "person_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("elector", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_elector_slack_user_id"), ["slack_user_id"], unique=False
        )

    op.create_table(
        "nomination",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("nominee_key", sa.String(), nullable=False),
        sa.Column("nominator_id", sa.String(), nullable=False),
        sa.Column("nominee_slack_user_id", sa.String(), nullable=True),
        sa.Column("nominee_name", sa.String(), nullable=False),
        sa.Column("nominee_email", sa.String(), nullable=True),
        sa.Column("nominee_github", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("poll_id", sa.String(), nullable=True),
        sa.Column("nominated_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["nominator_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["poll.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("nomination", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_nomination_nominator_id"), ["nominator_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_nomination_nominee_slack_user_id"),
            ["nominee_slack_user_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_nomination_poll_id"), ["poll_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nomination_state"), ["state"], unique=False)
        batch_op.create_index(
            "one_running_nomination_per_nominee",
            ["nominee_key"],
            unique=True,
            sqlite_where=sa.text("running"),
            postgresql_where=sa.text("running"),
        )

    op.create_table(
        "nomination_draft",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("nominator_id", sa.String(), nullable=False),
        sa.Column("nominee_slack_user_id", sa.String(), nullable=True),
        sa.Column("nominee_name", sa.String(), nullable=False),
        sa.Column("nominee_email", sa.String(), nullable=True),
        sa.Column("nominee_github", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["nominator_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("nomination_draft", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_nomination_draft_nominator_id"), ["nominator_id"], unique=False
        )

    op.create_table(
        "role_held",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("role_held", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_held_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "one_current_role",
            ["person_id", "role"],
            unique=True,
            sqlite_where=sa.text("until IS NULL"),
            postgresql_where=sa.text("until IS NULL"),
        )

    op.create_table(
        "roster_line",
        sa.Column("listing", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("github", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("listing", "position"),
    )
    with op.batch_alter_table("roster_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_line_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sealed_ballot",
        sa.Column("poll_id", sa.String(), nullable=False),
        sa.Column("nullifier", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["poll.id"],
        ),
        sa.PrimaryKeyConstraint("poll_id", "nullifier"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spent_submission",
        sa.Column("poll_id", sa.String(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"],
            ["poll.id"],
        ),
        sa.PrimaryKeyConstraint("poll_id", "mark"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "nomination_addendum",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("nomination_id", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["nomination_id"],
            ["nomination.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("nomination_addendum", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_nomination_addendum_nomination_id"), ["nomination_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("nomination_addendum", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nomination_addendum_nomination_id"))

    op.drop_table("nomination_addendum")
    op.drop_table("spent_submission")
    op.drop_table("sealed_ballot")
    with op.batch_alter_table("roster_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roster_line_person_id"))

    op.drop_table("roster_line")
    with op.batch_alter_table("role_held", schema=None) as batch_op:
        batch_op.drop_index(
            "one_current_role",
            sqlite_where=sa.text("until IS NULL"),
            postgresql_where=sa.text("until IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_role_held_person_id"))

    op.drop_table("role_held")
    with op.batch_alter_table("nomination_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nomination_draft_nominator_id"))

    op.drop_table("nomination_draft")
    with op.batch_alter_table("nomination", schema=None) as batch_op:
        batch_op.drop_index(
            "one_running_nomination_per_nominee",
            sqlite_where=sa.text("running"),
            postgresql_where=sa.text("running"),
        )
        batch_op.drop_index(batch_op.f("ix_nomination_state"))
        batch_op.drop_index(batch_op.f("ix_nomination_poll_id"))
        batch_op.drop_index(batch_op.f("ix_nomination_nominee_slack_user_id"))
        batch_op.drop_index(batch_op.f("ix_nomination_nominator_id"))

    op.drop_table("nomination")
    with op.batch_alter_table("elector", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_elector_slack_user_id"))

    op.drop_table("elector")
    op.drop_table("bulletin_line")
    op.drop_table("slack_user")
    op.drop_table("slack_channel_member")
    op.drop_table("slack_channel")
    with op.batch_alter_table("seen_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_request_seen_at"))

    op.drop_table("seen_request")
    op.drop_table("roster_style")
    op.drop_table("posted")
    with op.batch_alter_table("poll", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_poll_subject"))
        batch_op.drop_index(batch_op.f("ix_poll_state"))

    op.drop_table("poll")
    op.drop_table("person")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "outbox_waiting",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(
            "outbox_in_order",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_outbox_slot"))

    op.drop_table("outbox")
    op.drop_table("heartbeat")
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_index(
            "deadline_waiting",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.drop_table("deadline")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_act"))

    op.drop_table("audit_entry")
    op.drop_table("absence")
