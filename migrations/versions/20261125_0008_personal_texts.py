"""Campaigns whose messages each have a text, and maybe a destination, of their own.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PARTITIONS_OF = """
CREATE OR REPLACE FUNCTION ensure_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp;
BEGIN
    {campaign_partitions}
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
BEFORE = ("message", "recipient_clicks")


def _ensure_partitions(*tables: str) -> str:
    calls = [f"PERFORM ensure_campaign_partitions('{table}', months_ahead);" for table in tables]
    return PARTITIONS_OF.format(campaign_partitions="\n    ".join(calls))


def upgrade() -> None:
    op.create_table(
        "personal_text",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body_before", sa.Text(), nullable=False),
        sa.Column("body_after", sa.Text(), nullable=True),
        sa.Column("destination", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("segment_count", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "location ~ '^https?://[!-~]+$'", name=op.f("personal_text_location_check")
        ),
        sa.CheckConstraint(
            "num_nulls(body_after, destination, location) IN (0, 3)",
            name=op.f("personal_text_link_check"),
        ),
        sa.PrimaryKeyConstraint("campaign_id", "position", name=op.f("personal_text_pkey")),
        postgresql_partition_by="RANGE (campaign_id)",
    )
    op.execute(_ensure_partitions(*BEFORE, "personal_text"))
    op.execute("SELECT ensure_partitions(12)")
    op.add_column(
        "campaign", sa.Column("is_personal", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("campaign", sa.Column("segment_total", sa.BigInteger(), nullable=True))
    op.add_column("campaign", sa.Column("segment_price", sa.Numeric(12, 6), nullable=True))
    op.add_column("campaign", sa.Column("currency", sa.Text(), nullable=True))
    op.drop_constraint(op.f("campaign_link_check"), "campaign", type_="check")
    op.create_check_constraint(
        op.f("campaign_link_check"),
        "campaign",
        "num_nulls(link_prefix, token_length, first_link) IN (0, 3)"
        " AND (is_personal OR num_nulls(body_after, destination, first_link) IN (0, 3))",
    )
    op.create_check_constraint(
        op.f("campaign_segment_total_check"),
        "campaign",
        "segment_total IS NOT NULL OR NOT is_personal",
    )
    op.alter_column("link_block", "location", nullable=True)


def downgrade() -> None:
    # What only the newer schema can hold goes with it.
    op.execute("DELETE FROM link_block WHERE location IS NULL")
    op.alter_column("link_block", "location", nullable=False)
    op.drop_constraint(op.f("campaign_segment_total_check"), "campaign", type_="check")
    op.drop_constraint(op.f("campaign_link_check"), "campaign", type_="check")
    op.execute(
        "UPDATE campaign SET link_prefix = NULL, token_length = NULL, first_link = NULL"
        " WHERE is_personal"
    )
    op.create_check_constraint(
        op.f("campaign_link_check"),
        "campaign",
        "num_nulls(body_after, destination, link_prefix, token_length, first_link) IN (0, 5)",
    )
    for column in ("currency", "segment_price", "segment_total", "is_personal"):
        op.drop_column("campaign", column)
    op.execute(_ensure_partitions(*BEFORE))
    op.drop_table("personal_text")
