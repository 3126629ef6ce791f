"""Opt-outs, what a campaign is for, and contact groups.

Workers of the release before hand messages over to numbers that opted out after the send was
accepted, and APIs of that release send to them: note the first opt-out once all are replaced.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _created_at() -> sa.Column[object]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "suppression",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("msisdn", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("author_kind", sa.Text(collation="C"), nullable=False),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        _created_at(),
        sa.CheckConstraint(
            "source IN ('api', 'file', 'console', 'reply')", name=op.f("suppression_source_check")
        ),
        sa.CheckConstraint("char_length(note) <= 500", name=op.f("suppression_note_check")),
        sa.CheckConstraint(
            "author_kind IN ('user', 'key', 'cli')", name=op.f("suppression_author_kind_check")
        ),
        sa.PrimaryKeyConstraint("account_id", "msisdn", name=op.f("suppression_pkey")),
    )
    # A constant, so that no row is rewritten: what was accepted before counts as marketing.
    op.add_column(
        "campaign", sa.Column("category", sa.Text(), server_default="marketing", nullable=False)
    )
    op.create_check_constraint(
        op.f("campaign_category_check"), "campaign", "category IN ('marketing', 'transactional')"
    )
    op.create_table(
        "contact_group",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(collation="C"), nullable=False),
        sa.Column("columns", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("contact_count", sa.Integer(), server_default="0", nullable=False),
        _created_at(),
        sa.CheckConstraint(
            "char_length(name) BETWEEN 1 AND 100", name=op.f("contact_group_name_check")
        ),
        sa.CheckConstraint("cardinality(columns) <= 50", name=op.f("contact_group_columns_check")),
        sa.CheckConstraint("contact_count >= 0", name=op.f("contact_group_contact_count_check")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("contact_group_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("contact_group_pkey")),
        sa.UniqueConstraint("uuid", name=op.f("contact_group_uuid_key")),
        sa.UniqueConstraint(
            "account_id", "folded_name", name=op.f("contact_group_account_id_folded_name_key")
        ),
    )
    op.create_index(op.f("contact_group_account_id_id_idx"), "contact_group", ["account_id", "id"])
    op.create_table(
        "contact",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("msisdn", sa.BigInteger(), nullable=False),
        sa.Column(
            "columns",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "jsonb_typeof(columns) = 'object' AND octet_length(CAST(columns AS text)) <= 400000",
            name=op.f("contact_columns_check"),
        ),
        sa.PrimaryKeyConstraint("group_id", "msisdn", name=op.f("contact_pkey")),
    )


def downgrade() -> None:
    op.drop_table("contact")
    op.drop_table("contact_group")
    op.drop_column("campaign", "category")
    op.drop_table("suppression")
