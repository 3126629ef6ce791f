"""What is told live: batches of events, webhooks, and what was delivered to them.

Recorders and workers of the release before tell of nothing: what they record is in reports alone.

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KINDS = "'click.recorded', 'message.submitted', 'message.delivered', 'message.failed'"


def upgrade() -> None:
    for table in ("campaign_clicks", "campaign_delivery"):
        op.add_column(
            table,
            sa.Column("event_batch_count", sa.BigInteger(), server_default="0", nullable=False),
        )
    _create_event_batch()
    _create_webhook()
    _create_webhook_delivery()


def _create_event_batch() -> None:
    op.create_table(
        "event_batch",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("places", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_due", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "source IN ('clicks', 'deliveries')", name=op.f("event_batch_source_check")
        ),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("event_batch_kind_check")),
        sa.CheckConstraint(
            "num_nulls(journal_id, first_at, last_at) IN (0, 3)",
            name=op.f("event_batch_clicks_check"),
        ),
        sa.PrimaryKeyConstraint("campaign_id", "source", "number", name=op.f("event_batch_pkey")),
    )
    op.create_index(
        op.f("event_batch_account_id_created_at_idx"), "event_batch", ["account_id", "created_at"]
    )
    op.create_index(
        "event_batch_due_idx", "event_batch", ["created_at"], postgresql_where=sa.text("is_due")
    )


def _create_webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("job_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "octet_length(secret) BETWEEN 24 AND 64", name=op.f("webhook_secret_check")
        ),
        sa.CheckConstraint(
            "num_nulls(previous_secret, previous_until) IN (0, 2)",
            name=op.f("webhook_previous_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("webhook_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("webhook_uuid_key")),
    )
    op.create_index(op.f("webhook_account_id_idx"), "webhook", ["account_id"])


def _create_webhook_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("batches", postgresql.JSONB(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("status", sa.Text(collation="C"), server_default="pending", nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=True
        ),
        sa.Column("attempt_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.SmallInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'given_up')",
            name=op.f("webhook_delivery_status_check"),
        ),
        sa.CheckConstraint(
            "(due_at IS NOT NULL) = (status = 'pending')",
            name=op.f("webhook_delivery_due_at_check"),
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("webhook_delivery_webhook_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_delivery_pkey")),
    )
    op.create_index(
        op.f("webhook_delivery_webhook_id_id_idx"), "webhook_delivery", ["webhook_id", "id"]
    )
    op.create_index(
        "webhook_delivery_due_idx",
        "webhook_delivery",
        ["webhook_id", "due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("webhook_delivery_created_at_idx"), "webhook_delivery", ["created_at"])


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    op.drop_table("event_batch")
    for table in ("campaign_delivery", "campaign_clicks"):
        op.drop_column(table, "event_batch_count")
