"""Campaigns whose messages another vendor delivers: their links alone are ours.

An API of the release before cannot read such a campaign and answers 500 where it would list one;
workers have nothing to do with them.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CONTROLS = "'scheduled', 'running', 'paused', 'cancelled'"


def upgrade() -> None:
    op.add_column(
        "campaign_delivery",
        sa.Column("external", sa.Integer(), server_default="0", nullable=False),
    )
    _allow(f"{CONTROLS}, 'external'")


def downgrade() -> None:
    # What is left of them are campaigns of which nothing goes out.
    op.execute("UPDATE campaign SET control = 'cancelled' WHERE control = 'external'")
    op.execute("UPDATE campaign_delivery SET cancelled = external WHERE external > 0")
    op.execute("UPDATE message SET status = 8 WHERE status = 9")
    _allow(CONTROLS)
    op.drop_column("campaign_delivery", "external")


def _allow(controls: str) -> None:
    op.drop_constraint(op.f("campaign_control_check"), "campaign")
    op.create_check_constraint(
        op.f("campaign_control_check"), "campaign", f"control IN ({controls})"
    )
