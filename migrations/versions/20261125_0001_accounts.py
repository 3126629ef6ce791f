"""Accounts, their users, API keys and sender IDs.

Revision: 0001, after None
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("default_region", sa.Text(), server_default="IN", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Kolkata", nullable=False),
        sa.Column("carrier", sa.Text(), server_default="sandbox", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "default_region ~ '^[A-Z]{2}$'", name=op.f("account_default_region_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("name", name=op.f("account_name_key")),
    )
    op.create_table(
        "account_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.Text(collation="C"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="owner", nullable=False),
        sa.Column("is_disabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('owner', 'sender', 'analyst', 'read-only')",
            name=op.f("account_user_role_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("account_user_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("account_user_pkey")),
        sa.UniqueConstraint("login", name=op.f("account_user_login_key")),
    )
    op.create_index(
        op.f("account_user_account_id_idx"), "account_user", ["account_id"], unique=False
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(collation="C"), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "octet_length(secret_sha256) = 32", name=op.f("api_key_secret_sha256_check")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("api_key_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pkey")),
        sa.UniqueConstraint("prefix", name=op.f("api_key_prefix_key")),
    )
    op.create_index(op.f("api_key_account_id_idx"), "api_key", ["account_id"], unique=False)
    op.create_table(
        "sender_id",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.Text(collation="C"), nullable=False),
        sa.Column("dlt_entity_id", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("sender_id_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sender_id_pkey")),
        sa.UniqueConstraint("account_id", "header", name=op.f("sender_id_account_id_header_key")),
    )


def downgrade() -> None:
    op.drop_table("sender_id")
    op.drop_table("api_key")
    op.drop_table("account_user")
    op.drop_table("account")
