"""Why messages of a campaign did not arrive, counted as they are settled; first clicks by time.

Workers of the release before settle without counting here: once none is left, what they settled
is missing for good, since a campaign's messages are only counted when they change.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COUNT_BY_CAUSE = """
INSERT INTO campaign_failure (campaign_id, status, cause, message_count)
SELECT campaign_id, status, left(coalesce(failure_cause, ''), 100) COLLATE "C", count(*)
FROM message WHERE status IN (4, 5, 6, 7) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def upgrade() -> None:
    op.create_table(
        "campaign_failure",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("cause", sa.Text(collation="C"), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("char_length(cause) <= 100", name=op.f("campaign_failure_cause_check")),
        sa.PrimaryKeyConstraint(
            "campaign_id", "status", "cause", name=op.f("campaign_failure_pkey")
        ),
    )
    op.execute(COUNT_BY_CAUSE)
    op.create_index(
        op.f("recipient_clicks_campaign_id_first_click_at_idx"),
        "recipient_clicks",
        ["campaign_id", "first_click_at"],
    )


def downgrade() -> None:
    op.drop_index(op.f("recipient_clicks_campaign_id_first_click_at_idx"))
    op.drop_table("campaign_failure")
