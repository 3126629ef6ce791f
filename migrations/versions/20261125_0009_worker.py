"""Workers beside each other: a lock around partitions, claims that run out, indexes for purging.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# CREATE TABLE IF NOT EXISTS looks first and creates later: of two sessions that both find a month
# missing, one fails. Any number will do for the lock that no other lock of ours has.
LOCK = "PERFORM pg_advisory_xact_lock(7463120);"
PARTITIONS = """
CREATE OR REPLACE FUNCTION ensure_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month timestamp;
BEGIN
    {lock}
    PERFORM ensure_campaign_partitions('message', months_ahead);
    PERFORM ensure_campaign_partitions('recipient_clicks', months_ahead);
    PERFORM ensure_campaign_partitions('personal_text', months_ahead);
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
    op.execute(PARTITIONS.format(lock=LOCK))
    for column in ("first_claimed_at", "claimed_until"):
        op.add_column("message", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    # No statement used it: reports are found by the ids in their jobs.
    op.drop_index(op.f("delivery_report_id_idx"), table_name="delivery_report")
    op.create_index(
        op.f("delivery_report_settled_at_idx"),
        "delivery_report",
        ["settled_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NOT NULL"),
    )
    op.create_index(
        op.f("sandbox_message_receipt_sent_at_idx"),
        "sandbox_message",
        ["receipt_sent_at"],
        unique=False,
        postgresql_where=sa.text("receipt_sent_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("sandbox_message_receipt_sent_at_idx"), table_name="sandbox_message")
    op.drop_index(op.f("delivery_report_settled_at_idx"), table_name="delivery_report")
    op.create_index(
        op.f("delivery_report_id_idx"),
        "delivery_report",
        ["id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    for column in ("claimed_until", "first_claimed_at"):
        op.drop_column("message", column)
    op.execute(PARTITIONS.format(lock=""))
