"""Until when and how links lead on: pause, expiry, what becomes of the visitor's query.

Redirectors are told of changes by NOTIFY, since they answer from what they have cached.

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CHANNEL = "txlink_links"
TELL = f"""
CREATE FUNCTION tell_links_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', NEW.token_length || ' ' || NEW.first_link);
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER link_block_changed
AFTER UPDATE OF location, expires_at, is_paused, query_mode ON link_block
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tell_links_changed()
"""


def upgrade() -> None:
    op.add_column("link_block", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "link_block", sa.Column("is_paused", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "link_block", sa.Column("query_mode", sa.Text(), server_default="off", nullable=False)
    )
    op.create_check_constraint(
        op.f("link_block_query_mode_check"),
        "link_block",
        "query_mode IN ('off', 'add', 'override')",
    )
    op.add_column("account", sa.Column("gone_location", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("account_gone_location_check"), "account", "gone_location ~ '^https?://[!-~]+$'"
    )
    op.execute(TELL)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER link_block_changed ON link_block")
    op.execute("DROP FUNCTION tell_links_changed()")
    op.drop_column("account", "gone_location")
    for column in ("query_mode", "is_paused", "expires_at"):
        op.drop_column("link_block", column)
