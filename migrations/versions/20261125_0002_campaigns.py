"""Campaigns, messages and delivery totals, partitioned by month.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Bits 32 and up of a campaign's id are its month, counted from year 0; below them stands a
# number of its own. So ids rise with time, and a month of campaigns is a range of ids.
CAMPAIGN_ID = (
    "CREATE SEQUENCE campaign_number AS bigint MAXVALUE 4294967295",
    """
    CREATE FUNCTION first_campaign_id(month date) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        (extract(year FROM month)::bigint * 12 + extract(month FROM month)::bigint - 1) << 32
    """,
    """
    CREATE FUNCTION next_campaign_id() RETURNS bigint
    LANGUAGE sql VOLATILE RETURN
        first_campaign_id((now() AT TIME ZONE 'UTC')::date) | nextval('campaign_number')
    """,
)

# Run as its owner, so that the worker can keep partitions ahead without the right to make tables.
PARTITIONS = """
CREATE FUNCTION ensure_campaign_partitions(parent text, months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date;
BEGIN
    FOR month IN
        SELECT generate_series(
            date_trunc('month', now() AT TIME ZONE 'UTC'),
            date_trunc('month', now() AT TIME ZONE 'UTC') + months_ahead * interval '1 month',
            interval '1 month'
        )::date
    LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)',
            parent || to_char(month, '_YYYYMM'),
            parent,
            first_campaign_id(month),
            first_campaign_id((month + interval '1 month')::date)
        );
    END LOOP;
END
$$
"""


def upgrade() -> None:
    for statement in (*CAMPAIGN_ID, PARTITIONS):
        op.execute(statement)
    op.create_table(
        "campaign",
        sa.Column(
            "id", sa.BigInteger(), server_default=sa.text("next_campaign_id()"), nullable=False
        ),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_id", sa.Text(), server_default="", nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("body_before", sa.Text(), nullable=False),
        sa.Column("body_after", sa.Text(), nullable=True),
        sa.Column("destination", sa.Text(), nullable=True),
        sa.Column("link_prefix", sa.Text(), nullable=True),
        sa.Column("token_length", sa.SmallInteger(), nullable=True),
        sa.Column("first_link", sa.BigInteger(), nullable=True),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("segment_count", sa.SmallInteger(), nullable=False),
        sa.Column("is_flash", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("dlt_entity_id", sa.Text(), nullable=True),
        sa.Column("dlt_template_id", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("message_count > 0", name=op.f("campaign_message_count_check")),
        sa.CheckConstraint(
            "num_nulls(body_after, destination, link_prefix, token_length, first_link) IN (0, 5)",
            name=op.f("campaign_link_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("campaign_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("campaign_pkey")),
        sa.UniqueConstraint("transaction_id", name=op.f("campaign_transaction_id_key")),
        sa.UniqueConstraint("uuid", name=op.f("campaign_uuid_key")),
    )
    op.create_index(
        op.f("campaign_account_id_id_idx"), "campaign", ["account_id", "id"], unique=False
    )
    op.create_table(
        "message",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("msisdn", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempt_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carrier_message_id", sa.Text(collation="C"), nullable=True),
        sa.Column("failure_cause", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("message_pkey")),
        postgresql_partition_by="RANGE (campaign_id)",
    )
    op.create_index(
        op.f("message_carrier_message_id_idx"),
        "message",
        ["carrier_message_id"],
        unique=False,
        postgresql_where=sa.text("carrier_message_id IS NOT NULL"),
    )
    op.create_index(
        op.f("message_msisdn_campaign_id_idx"), "message", ["msisdn", "campaign_id"], unique=False
    )
    op.create_table(
        "campaign_delivery",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("queued", sa.Integer(), server_default="0", nullable=False),
        sa.Column("submitting", sa.Integer(), server_default="0", nullable=False),
        sa.Column("submitted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undelivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expired", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("campaign_delivery_pkey")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("payload_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("idempotency_key_pkey")),
    )
    op.create_index(
        op.f("idempotency_key_created_at_idx"), "idempotency_key", ["created_at"], unique=False
    )
    op.execute("SELECT ensure_campaign_partitions('message', 12)")


def downgrade() -> None:
    op.drop_table("idempotency_key")
    op.drop_table("campaign_delivery")
    op.drop_table("message")
    op.drop_table("campaign")
    op.execute("DROP FUNCTION ensure_campaign_partitions(text, integer)")
    op.execute("DROP FUNCTION next_campaign_id()")
    op.execute("DROP FUNCTION first_campaign_id(date)")
    op.execute("DROP SEQUENCE campaign_number")
