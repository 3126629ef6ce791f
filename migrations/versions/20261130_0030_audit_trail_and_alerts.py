"""The whole trail of an account by time; counts of what should not rise, and alerts of it.

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SIGNALS = "signal IN ('unknown_token', 'complaint')"


def upgrade() -> None:
    op.create_index(
        op.f("audit_entry_account_id_occurred_at_id_idx"),
        "audit_entry",
        ["account_id", "occurred_at", "id"],
    )
    op.create_index(
        "audit_entry_changes_idx",
        "audit_entry",
        ["account_id", "occurred_at", "id"],
        postgresql_where=sa.text("action <> 'campaign.send'"),
    )

    op.create_table(
        "signal_count",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("signal", sa.Text(collation="C"), nullable=False),
        sa.Column("quarter", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signal_count", sa.Integer(), nullable=False),
        sa.Column("out_of", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(SIGNALS, name=op.f("signal_count_signal_check")),
        sa.CheckConstraint(
            "signal_count >= 0 AND out_of >= 0", name=op.f("signal_count_counts_check")
        ),
        sa.PrimaryKeyConstraint("account_id", "signal", "quarter", name=op.f("signal_count_pkey")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(op.f("signal_count_quarter_idx"), "signal_count", ["quarter"])
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("signal", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "began_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signal_count", sa.Integer(), nullable=False),
        sa.Column("out_of", sa.Integer(), nullable=False),
        sa.Column("usual_rate", sa.Float(), nullable=False),
        sa.Column("limit_rate", sa.Float(), nullable=False),
        sa.Column("peak_rate", sa.Float(), nullable=False),
        sa.CheckConstraint(SIGNALS, name=op.f("alert_signal_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pkey")),
    )
    op.create_index(op.f("alert_account_id_id_idx"), "alert", ["account_id", "id"])
    op.create_index(
        "alert_open_idx",
        "alert",
        ["account_id", "signal"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    # By which a link's path names an account.
    op.create_index(op.f("sender_id_header_idx"), "sender_id", ["header"])


def downgrade() -> None:
    op.drop_index(op.f("sender_id_header_idx"), "sender_id")
    op.drop_table("alert")
    op.drop_table("signal_count")
    op.drop_index("audit_entry_changes_idx", "audit_entry")
    op.drop_index(op.f("audit_entry_account_id_occurred_at_id_idx"), "audit_entry")
