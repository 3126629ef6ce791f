"""The whole trail of an account by time; counts of what should not rise, and alerts of it.

Revision: 0030, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("audit_entry_account_id_occurred_at_id_idx"),
        "audit_entry",
        ["account_id", "occurred_at", "id"],
    )
    op.create_index(
        "audit_entry_changes_idx",
        "audit_entry",
        ["account_id", "occurred_at", "id"],
        postgresql_where=sa.text("action <> 'campaign.send'"),
    )


def downgrade() -> None:
    op.drop_index("audit_entry_changes_idx", "audit_entry")
    op.drop_index(op.f("audit_entry_account_id_occurred_at_id_idx"), "audit_entry")
