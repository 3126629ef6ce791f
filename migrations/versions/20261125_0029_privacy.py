"""Numbers that are erased, how visitors' addresses are kept, and for how long texts are.

APIs and workers of the release before show an erased number as 0, and recorders of it store what
comes on its links as ever: erase none before the last of them has been replaced.

Revision: 0029, after 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Constants, so that no row is rewritten.
    op.add_column(
        "account",
        sa.Column("address_policy", sa.Text(), server_default="full", nullable=False),
    )
    op.create_check_constraint(
        op.f("account_address_policy_check"),
        "account",
        "address_policy IN ('full', 'truncated', 'none')",
    )
    op.add_column("account", sa.Column("texts_kept_days", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("account_texts_kept_days_check"), "account", "texts_kept_days BETWEEN 1 AND 36500"
    )
    op.add_column(
        "campaign", sa.Column("text_let_go_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "campaign_text_kept_idx",
        "campaign",
        ["account_id", "id"],
        postgresql_where=sa.text("text_let_go_at IS NULL"),
    )
    op.add_column(
        "recipient_clicks",
        sa.Column("is_erased", sa.Boolean(), server_default="false", nullable=False),
    )
    op.create_index(
        op.f("sandbox_message_account_id_msisdn_idx"), "sandbox_message", ["account_id", "msisdn"]
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("msisdn", sa.BigInteger(), nullable=True),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("keeps_opt_out", sa.Boolean(), nullable=False),
        sa.Column("step", sa.Text(), server_default="messages", nullable=False),
        sa.Column("place", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_place", sa.Integer(), server_default="0", nullable=False),
        sa.Column("key_place", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("carrier_message_ids", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("message_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=True
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nulls(msisdn, due_at) IN (0, 2) AND (finished_at IS NULL) = (msisdn IS NOT NULL)",
            name=op.f("erasure_finished_at_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("erasure_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("erasure_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("erasure_uuid_key")),
    )
    op.create_index(op.f("erasure_account_id_id_idx"), "erasure", ["account_id", "id"])
    op.create_index(
        "erasure_under_way_idx",
        "erasure",
        ["account_id", "msisdn"],
        unique=True,
        postgresql_where=sa.text("msisdn IS NOT NULL"),
    )
    op.create_index(
        "erasure_due_idx", "erasure", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("erasure")
    op.drop_index(op.f("sandbox_message_account_id_msisdn_idx"), table_name="sandbox_message")
    op.drop_column("recipient_clicks", "is_erased")
    op.drop_column("campaign", "text_let_go_at")
    for column in ("texts_kept_days", "address_policy"):
        op.drop_column("account", column)
