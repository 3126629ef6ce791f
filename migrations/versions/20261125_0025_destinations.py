"""Where links may lead: lists of accounts and of the platform, and who is told of a change.

Redirectors hear of changed rules on a channel of their own, since those of the release before
would not understand the notice. APIs and redirectors of the release before let every link lead
on: set no rule before the last of them has been replaced.

Revision: 0025, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None

CHANNEL = "txlink_destinations"
TELL = f"""
CREATE FUNCTION tell_destinations_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', '');
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER destination_rule_changed
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON destination_rule
FOR EACH STATEMENT EXECUTE FUNCTION tell_destinations_changed()
"""


def upgrade() -> None:
    op.create_table(
        "destination_list",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failure_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('allow', 'block')", name=op.f("destination_list_kind_check")),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR kind = 'block'",
            name=op.f("destination_list_account_id_check"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("destination_list_account_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("destination_list_pkey")),
        sa.UniqueConstraint(
            "account_id",
            "kind",
            "source",
            name=op.f("destination_list_account_id_kind_source_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "destination_rule",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("path", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "octet_length(key) BETWEEN 1 AND 500", name=op.f("destination_rule_key_check")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["destination_list.id"],
            name=op.f("destination_rule_list_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", "path", "list_id", name=op.f("destination_rule_pkey")),
    )
    op.create_index(op.f("destination_rule_list_id_idx"), "destination_rule", ["list_id"])
    op.execute(TELL)
    op.execute(TRIGGER)
    # What is done to the platform's own lists belongs to no account.
    op.alter_column("audit_entry", "account_id", nullable=True)


def downgrade() -> None:
    op.execute("DROP TABLE destination_rule, destination_list")
    op.execute("DROP FUNCTION tell_destinations_changed()")
    # Entries of the platform may not be deleted, so the column stays as it is.
