"""What accounts may still send: balances with a ledger that is only added to, and daily caps.

Nobody is prepaid or capped by this. APIs and workers of the release before neither charge nor
give back: make no account prepaid, and cap none, before the last of them has been replaced.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

REFUSE = """
CREATE FUNCTION refuse_credit_entry_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'credit_entry is only ever added to: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$
"""
# Of statements, so that one that would touch no row is refused, too, and so is TRUNCATE.
TRIGGER = """
CREATE TRIGGER credit_entry_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_credit_entry_change()
"""


def upgrade() -> None:
    op.create_table(
        "account_credit",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.Column("daily_cap", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("balance >= 0", name=op.f("account_credit_balance_check")),
        sa.CheckConstraint("daily_cap >= 0", name=op.f("account_credit_daily_cap_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("account_credit_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("account_credit_pkey")),
        # Its rows change with every send: room for that without touching the index.
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "daily_use",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("segment_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("segment_count >= 0", name=op.f("daily_use_segment_count_check")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account_credit.account_id"],
            name=op.f("daily_use_account_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("daily_use_pkey")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "campaign_credit",
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("charged_segments", sa.BigInteger(), nullable=False),
        sa.Column("refundable_segments", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_segments", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account_credit.account_id"],
            name=op.f("campaign_credit_account_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("campaign_credit_pkey")),
    )
    op.create_table(
        "credit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=True),
        sa.Column("author_kind", sa.Text(collation="C"), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('top-up', 'charge', 'refund', 'correction')",
            name=op.f("credit_entry_kind_check"),
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'charge' THEN amount < 0 WHEN 'correction' THEN amount <> 0"
            " ELSE amount > 0 END",
            name=op.f("credit_entry_amount_check"),
        ),
        sa.CheckConstraint("balance >= 0", name=op.f("credit_entry_balance_check")),
        sa.CheckConstraint(
            "(campaign_id IS NOT NULL) = (kind IN ('charge', 'refund'))",
            name=op.f("credit_entry_campaign_id_check"),
        ),
        sa.CheckConstraint(
            "num_nulls(author_kind, author_name) = CASE WHEN campaign_id IS NULL THEN 0"
            " ELSE 2 END",
            name=op.f("credit_entry_author_check"),
        ),
        sa.CheckConstraint("char_length(note) <= 200", name=op.f("credit_entry_note_check")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account_credit.account_id"],
            name=op.f("credit_entry_account_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("credit_entry_pkey")),
    )
    op.create_index(op.f("credit_entry_account_id_id_idx"), "credit_entry", ["account_id", "id"])
    op.execute(REFUSE)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.drop_table("credit_entry")
    op.execute("DROP FUNCTION refuse_credit_entry_change()")
    for table in ("campaign_credit", "daily_use", "account_credit"):
        op.drop_table(table)
