"""Who changed what, and when: a table that is only ever added to.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entry is only ever added to: % is refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$
"""
# Of statements, so that one that would touch no row is refused, too, and so is TRUNCATE.
TRIGGER = """
CREATE TRIGGER audit_entry_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
"""


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("author_kind", sa.Text(collation="C"), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("key_prefix", sa.Text(collation="C"), nullable=True),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("action", sa.Text(collation="C"), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "author_kind IN ('user', 'key', 'cli')", name=op.f("audit_entry_author_kind_check")
        ),
        sa.CheckConstraint(
            "(key_prefix IS NOT NULL) = (author_kind = 'key')",
            name=op.f("audit_entry_key_prefix_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("audit_entry_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_entry_pkey")),
    )
    op.create_index(
        op.f("audit_entry_account_id_subject_id_idx"),
        "audit_entry",
        ["account_id", "subject", "id"],
    )
    op.execute(REFUSE)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.drop_table("audit_entry")
    op.execute("DROP FUNCTION refuse_audit_change()")
