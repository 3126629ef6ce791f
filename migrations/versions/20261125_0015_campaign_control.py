"""When campaigns are to go out, and whether they may: scheduled, running, paused, cancelled.

Campaigns of before are running, and so is what an API of the release before stores. Workers of the
release before do not look: they go first, and then the API.

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

IS_SCHEDULED = sa.text("control = 'scheduled'")


def upgrade() -> None:
    op.add_column("campaign", sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "campaign", sa.Column("control", sa.Text(), server_default="running", nullable=False)
    )
    op.create_check_constraint(
        op.f("campaign_control_check"),
        "campaign",
        "control IN ('scheduled', 'running', 'paused', 'cancelled')",
    )
    op.create_check_constraint(
        op.f("campaign_scheduled_at_check"),
        "campaign",
        "scheduled_at IS NOT NULL OR control <> 'scheduled'",
    )
    op.create_index(
        op.f("campaign_scheduled_at_idx"),
        "campaign",
        ["scheduled_at"],
        unique=False,
        postgresql_where=IS_SCHEDULED,
    )
    op.create_index(
        op.f("campaign_account_id_scheduled_at_idx"),
        "campaign",
        ["account_id", "scheduled_at"],
        unique=False,
        postgresql_where=IS_SCHEDULED,
    )


def downgrade() -> None:
    op.drop_index(op.f("campaign_account_id_scheduled_at_idx"), table_name="campaign")
    op.drop_index(op.f("campaign_scheduled_at_idx"), table_name="campaign")
    op.drop_column("campaign", "control")
    op.drop_column("campaign", "scheduled_at")
