"""Users of the console and their sessions, second factors, and failures to sign in.

Users that there are stay users of the API. APIs of the release before take userId and password
of users of the console, too, and of accounts that switched such calls off: make no such user,
and switch nothing off, before the last of them has been replaced.

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _change_accounts()
    _change_users()
    _make_sessions()
    _make_known_networks()
    _make_failures()


def _change_accounts() -> None:
    for name, default in (("password_calls", "true"), ("demands_second_factor", "false")):
        op.add_column(
            "account", sa.Column(name, sa.Boolean(), server_default=default, nullable=False)
        )


def _change_users() -> None:
    # The table is small: writing each row anew, with an id of its own, takes no time.
    op.add_column(
        "account_user",
        sa.Column("uuid", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
    )
    op.create_unique_constraint(op.f("account_user_uuid_key"), "account_user", ["uuid"])
    op.add_column(
        "account_user", sa.Column("kind", sa.Text(), server_default="api", nullable=False)
    )
    op.create_check_constraint(
        op.f("account_user_kind_check"), "account_user", "kind IN ('api', 'console')"
    )
    for column in (
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("factor_seed", sa.LargeBinary(), nullable=True),
        sa.Column("factor_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("factor_last_step", sa.BigInteger(), nullable=True),
        sa.Column(
            "recovery_codes", sa.ARRAY(sa.LargeBinary()), server_default="{}", nullable=False
        ),
    ):
        op.add_column("account_user", column)
    op.create_check_constraint(
        op.f("account_user_factor_confirmed_at_check"),
        "account_user",
        "factor_confirmed_at IS NULL OR factor_seed IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("account_user_recovery_codes_check"),
        "account_user",
        "cardinality(recovery_codes) <= 10",
    )


def _make_sessions() -> None:
    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("previous_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(token_sha256) = 32", name=op.f("user_session_token_sha256_check")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("user_session_account_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name=op.f("user_session_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_session_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("user_session_uuid_key")),
        sa.UniqueConstraint("token_sha256", name=op.f("user_session_token_sha256_key")),
        sa.UniqueConstraint("previous_sha256", name=op.f("user_session_previous_sha256_key")),
    )
    for column in ("user_id", "ends_at"):
        op.create_index(op.f(f"user_session_{column}_idx"), "user_session", [column])


def _make_known_networks() -> None:
    op.create_table(
        "user_network",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("network", postgresql.CIDR(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("user_network_account_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name=op.f("user_network_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", "network", name=op.f("user_network_pkey")),
    )
    op.create_index(op.f("user_network_seen_at_idx"), "user_network", ["seen_at"])


def _make_failures() -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("sign_in_failure_pkey")),
    )
    op.create_index(op.f("sign_in_failure_failed_at_idx"), "sign_in_failure", ["failed_at"])


def downgrade() -> None:
    for table in ("sign_in_failure", "user_network", "user_session"):
        op.drop_table(table)
    for column in (
        "recovery_codes",
        "factor_last_step",
        "factor_confirmed_at",
        "factor_seed",
        "signed_in_at",
        "password_set_at",
        "kind",
        "uuid",
    ):
        op.drop_column("account_user", column)
    for column in ("demands_second_factor", "password_calls"):
        op.drop_column("account", column)
