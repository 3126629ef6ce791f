"""API keys that are rotated and tell when they were last used, and where they may be used from.

APIs of the release before let in whom a list leaves out: set no list before the last of them has
been replaced.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _allow_list() -> sa.Column[list[str]]:
    # A constant, so that no row is rewritten.
    return sa.Column(
        "ip_allow_list", sa.ARRAY(postgresql.CIDR()), server_default="{}", nullable=False
    )


def upgrade() -> None:
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("last_used_address", postgresql.INET(), nullable=True))
    op.add_column("api_key", sa.Column("replaced_by", sa.Text(collation="C"), nullable=True))
    op.create_foreign_key(
        op.f("api_key_replaced_by_fkey"), "api_key", "api_key", ["replaced_by"], ["prefix"]
    )
    for table in ("account", "api_key"):
        op.add_column(table, _allow_list())
        op.create_check_constraint(
            op.f(f"{table}_ip_allow_list_check"), table, "cardinality(ip_allow_list) <= 200"
        )


def downgrade() -> None:
    for column in ("ip_allow_list", "replaced_by", "last_used_address", "last_used_at"):
        op.drop_column("api_key", column)
    op.drop_column("account", "ip_allow_list")
