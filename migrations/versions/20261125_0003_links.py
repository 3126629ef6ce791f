"""Token domains with their keys, and the blocks handed out of them.

Revision: 0003, after 0002
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LENGTHS = (6, 7, 8)
KEY_OCTETS = 32
# One token in ten thousand may be live, so that guessing stays hopeless.
TOKENS_PER_LINK = 10_000


def upgrade() -> None:
    op.create_table(
        "token_domain",
        sa.Column("length", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("next", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length BETWEEN 6 AND 8", name=op.f("token_domain_length_check")),
        sa.CheckConstraint("next BETWEEN 0 AND ceiling", name=op.f("token_domain_next_check")),
        sa.CheckConstraint("octet_length(key) = 32", name=op.f("token_domain_key_check")),
        sa.PrimaryKeyConstraint("length", name=op.f("token_domain_pkey")),
    )
    op.create_table(
        "link_block",
        sa.Column("token_length", sa.SmallInteger(), nullable=False),
        sa.Column("first_link", sa.BigInteger(), nullable=False),
        sa.Column("link_count", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "location ~ '^https?://[!-~]+$'", name=op.f("link_block_location_check")
        ),
        sa.CheckConstraint("link_count > 0", name=op.f("link_block_link_count_check")),
        sa.PrimaryKeyConstraint("token_length", "first_link", name=op.f("link_block_pkey")),
        sa.UniqueConstraint("campaign_id", name=op.f("link_block_campaign_id_key")),
    )
    op.bulk_insert(
        sa.table(
            "token_domain",
            sa.column("length", sa.SmallInteger()),
            sa.column("key", sa.LargeBinary()),
            sa.column("ceiling", sa.BigInteger()),
        ),
        [
            {
                "length": length,
                "key": secrets.token_bytes(KEY_OCTETS),
                "ceiling": 62**length // TOKENS_PER_LINK,
            }
            for length in LENGTHS
        ],
    )


def downgrade() -> None:
    op.drop_table("link_block")
    op.drop_table("token_domain")
