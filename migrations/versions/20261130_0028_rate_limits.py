"""Limits of calls a minute of accounts and API keys, and the counts that processes share.

APIs of the release before limit nothing, and read nothing of this.

Revision: 0028, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

LIMITS = ("calls_per_minute", "sends_per_minute")


def upgrade() -> None:
    for table in ("account", "api_key"):
        for limit in LIMITS:
            op.add_column(table, sa.Column(limit, sa.Integer(), nullable=True))
            op.create_check_constraint(
                op.f(f"{table}_{limit}_check"), table, f"{limit} BETWEEN 0 AND 1000000"
            )
    op.create_table(
        "rate_level",
        sa.Column("bucket", sa.Text(collation="C"), nullable=False),
        sa.Column("empty_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("rate_level_pkey")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": 50},
    )


def downgrade() -> None:
    op.drop_table("rate_level")
    for table in ("api_key", "account"):
        for limit in LIMITS:
            op.drop_column(table, limit)
