"""How long accounts keep visits and addresses, and what was let go of.

Recorders of the release before store hits that are let go of: set no limit before the last of
them has been replaced.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Run as its owner, so that the worker can drop a month without the right to drop tables. The
# oldest month goes first, so that there is no gap between those that are left.
DROP_MONTH = """
CREATE FUNCTION drop_month_let_go(until timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date;
    following date;
    ends_at timestamptz;
    partition_name text;
    has_others boolean;
BEGIN
    SELECT min(to_date(right(child.relname, 6), 'YYYYMM')) INTO month
    FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = 'hit'::regclass;
    following := month + interval '1 month';
    ends_at := following::timestamp AT TIME ZONE 'UTC';
    partition_name := 'hit' || to_char(month, '_YYYYMM');
    IF ends_at > until
        OR NOT EXISTS (
            SELECT FROM campaign_clicks WHERE campaign_id < first_campaign_id(following)
        )
        OR EXISTS (
            SELECT FROM campaign_clicks
            WHERE campaign_id < first_campaign_id(following)
              AND (hits_kept_from IS NULL OR hits_kept_from < ends_at)
        )
    THEN
        RETURN NULL;
    END IF;
    EXECUTE format('LOCK TABLE ONLY hit, %I IN ACCESS EXCLUSIVE MODE', partition_name);
    -- Where a clock was wrong, a hit may be older than its campaign.
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE campaign_id >= $1)', partition_name)
        INTO has_others USING first_campaign_id(following);
    IF has_others THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DROP TABLE %I', partition_name);
    RETURN partition_name;
END
$$
"""


def upgrade() -> None:
    op.add_column("account", sa.Column("clicks_kept_months", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("addresses_kept_days", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("account_clicks_kept_months_check"),
        "account",
        "clicks_kept_months BETWEEN 1 AND 1200",
    )
    op.create_check_constraint(
        op.f("account_addresses_kept_days_check"),
        "account",
        "addresses_kept_days BETWEEN 0 AND 36500",
    )
    # Constants, so that no row is rewritten.
    op.add_column(
        "campaign_clicks",
        sa.Column("hits_kept_from", sa.DateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "campaign_clicks",
        sa.Column(
            "whole_addresses_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("'-infinity'::timestamptz"),
            nullable=True,
        ),
    )
    op.add_column(
        "campaign_clicks",
        sa.Column("is_letting_go", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_index(
        "campaign_clicks_letting_go_idx",
        "campaign_clicks",
        ["campaign_id"],
        postgresql_where=sa.text("is_letting_go"),
    )
    op.create_table(
        "let_go_hits",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("hit_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("hit_count > 0", name=op.f("let_go_hits_hit_count_check")),
        sa.PrimaryKeyConstraint("campaign_id", "journal_id", name=op.f("let_go_hits_pkey")),
    )
    op.execute(DROP_MONTH)


def downgrade() -> None:
    op.execute("DROP FUNCTION drop_month_let_go(timestamptz)")
    op.drop_table("let_go_hits")
    op.drop_index("campaign_clicks_letting_go_idx", table_name="campaign_clicks")
    for column in ("is_letting_go", "whole_addresses_from", "hits_kept_from"):
        op.drop_column("campaign_clicks", column)
    op.drop_column("account", "addresses_kept_days")
    op.drop_column("account", "clicks_kept_months")
