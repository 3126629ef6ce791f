"""Hits by month, and what the recorder counts of them.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTITIONS = """
CREATE FUNCTION ensure_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp;
BEGIN
    PERFORM ensure_campaign_partitions('message', months_ahead);
    PERFORM ensure_campaign_partitions('recipient_clicks', months_ahead);
    FOR month IN
        SELECT generate_series(
            date_trunc('month', now() AT TIME ZONE 'UTC'),
            date_trunc('month', now() AT TIME ZONE 'UTC') + months_ahead * interval '1 month',
            interval '1 month'
        )
    LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF hit FOR VALUES FROM (%L) TO (%L)',
            'hit' || to_char(month, '_YYYYMM'),
            month AT TIME ZONE 'UTC',
            (month + interval '1 month') AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "hit",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("journal_offset", sa.BigInteger(), nullable=False),
        sa.Column("click_class", sa.Text(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.Column("browser_version", sa.Text(), nullable=True),
        sa.Column("os", sa.Text(), nullable=True),
        sa.Column("os_version", sa.Text(), nullable=True),
        sa.Column("device_type", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("referrer", sa.Text(), nullable=True),
        sa.Column("request_head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign_id", "occurred_at", "journal_id", "journal_offset", name=op.f("hit_pkey")
        ),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    op.create_index(
        op.f("hit_campaign_id_position_occurred_at_idx"),
        "hit",
        ["campaign_id", "position", "occurred_at"],
        unique=False,
    )
    op.create_table(
        "recipient_clicks",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hit_count", sa.Integer(), nullable=False),
        sa.Column("click_count", sa.Integer(), nullable=False),
        sa.Column("first_click_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_click_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("recipient_clicks_pkey")),
        postgresql_partition_by="RANGE (campaign_id)",
    )
    op.create_table(
        "campaign_clicks",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("hit_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("click_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("clicker_count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("campaign_clicks_pkey")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("recorded_octets", sa.BigInteger(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("journal_pkey")),
        sa.UniqueConstraint("name", name=op.f("journal_name_key")),
    )
    op.execute(PARTITIONS)
    op.execute("SELECT ensure_partitions(12)")


def downgrade() -> None:
    op.execute("DROP FUNCTION ensure_partitions(integer)")
    op.drop_table("journal")
    op.drop_table("campaign_clicks")
    op.drop_table("recipient_clicks")
    op.drop_table("hit")
