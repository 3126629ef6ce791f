"""What the sandbox was given, and delivery reports as they came.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sandbox_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("carrier_message_id", sa.Text(collation="C"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("segment_count", sa.SmallInteger(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("receipt_state", sa.Text(), nullable=False),
        sa.Column("receipt_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("sandbox_message_pkey")),
        sa.UniqueConstraint(
            "carrier_message_id", name=op.f("sandbox_message_carrier_message_id_key")
        ),
    )
    op.create_index(
        op.f("sandbox_message_account_id_id_idx"),
        "sandbox_message",
        ["account_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("sandbox_message_receipt_due_at_idx"),
        "sandbox_message",
        ["receipt_due_at"],
        unique=False,
        postgresql_where=sa.text("receipt_sent_at IS NULL"),
    )
    op.create_table(
        "delivery_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_report_pkey")),
    )
    op.create_index(
        op.f("delivery_report_id_idx"),
        "delivery_report",
        ["id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("delivery_report")
    op.drop_table("sandbox_message")
