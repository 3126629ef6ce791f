"""Files of recipients, read ahead of the send that uses them.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXTS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("octet_count", sa.BigInteger(), nullable=False),
        sa.Column("octets_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("row_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("valid_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duplicate_count", sa.Integer(), nullable=True),
        sa.Column("columns", TEXTS, server_default="{}", nullable=False),
        sa.Column("mobile_column", sa.SmallInteger(), nullable=True),
        sa.Column("message_column", sa.SmallInteger(), nullable=True),
        sa.Column("warnings", TEXTS, server_default="{}", nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_row", sa.Integer(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'reading', 'ready', 'failed')", name=op.f("upload_status_check")
        ),
        sa.CheckConstraint(
            "(status = 'failed') = (error_code IS NOT NULL AND error IS NOT NULL)",
            name=op.f("upload_error_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("upload_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("upload_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("upload_uuid_key")),
    )
    op.create_index(op.f("upload_account_id_id_idx"), "upload", ["account_id", "id"])
    op.create_table(
        "upload_row",
        sa.Column("upload_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("msisdn", sa.BigInteger(), nullable=True),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.Column("cells", TEXTS, nullable=False),
        sa.CheckConstraint(
            "num_nulls(msisdn, rejection) = 1", name=op.f("upload_row_rejection_check")
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("upload_row_pkey")),
    )
    op.create_index(
        "upload_row_rejected_idx",
        "upload_row",
        ["upload_id", "position"],
        postgresql_where=sa.text("rejection IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("upload_row")
    op.drop_table("upload")
