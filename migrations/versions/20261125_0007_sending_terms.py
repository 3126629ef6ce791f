"""How an account sends: shape of links, encoding, kinds of number, price of a segment.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

IS_LINK_SHAPE = "link_shape IN ('token', 'header')"


def upgrade() -> None:
    op.add_column(
        "account", sa.Column("link_shape", sa.Text(), server_default="token", nullable=False)
    )
    for setting in ("smart_encoding", "accepts_landlines", "accepts_short_codes"):
        op.add_column(
            "account", sa.Column(setting, sa.Boolean(), server_default="false", nullable=False)
        )
    op.add_column("account", sa.Column("segment_price", sa.Numeric(12, 6), nullable=True))
    op.add_column(
        "account", sa.Column("currency", sa.Text(), server_default="INR", nullable=False)
    )
    op.create_check_constraint(op.f("account_link_shape_check"), "account", IS_LINK_SHAPE)
    op.create_check_constraint(
        op.f("account_segment_price_check"), "account", "segment_price >= 0"
    )
    op.create_check_constraint(
        op.f("account_currency_check"), "account", "currency ~ '^[A-Z]{3}$'"
    )
    op.add_column("sender_id", sa.Column("link_shape", sa.Text(), nullable=True))
    op.add_column(
        "sender_id",
        sa.Column("link_domains", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.create_check_constraint(op.f("sender_id_link_shape_check"), "sender_id", IS_LINK_SHAPE)


def downgrade() -> None:
    op.drop_column("sender_id", "link_domains")
    op.drop_column("sender_id", "link_shape")
    for column in (
        "currency",
        "segment_price",
        "accepts_short_codes",
        "accepts_landlines",
        "smart_encoding",
        "link_shape",
    ):
        op.drop_column("account", column)
