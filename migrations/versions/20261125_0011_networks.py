"""Whose network a hit came from.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable and without default, so no partition is rewritten.
    op.add_column("hit", sa.Column("asn", sa.BigInteger(), nullable=True))
    op.add_column("hit", sa.Column("as_organisation", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("hit", "as_organisation")
    op.drop_column("hit", "asn")
