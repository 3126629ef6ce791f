"""Segments of messages that were cancelled, which cost nothing.

Whoever cancels by the release before does not count segments: what it cancelled still costs.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COUNT_CANCELLED = """
UPDATE campaign_delivery SET cancelled_segments = counted.segments
FROM (
    SELECT c.id, sum(coalesce(p.segment_count, c.segment_count)) AS segments
    FROM campaign_delivery d
    JOIN campaign c ON c.id = d.campaign_id
    JOIN message m ON m.campaign_id = c.id AND m.status = 8
    LEFT JOIN personal_text p ON p.campaign_id = m.campaign_id AND p.position = m.position
    WHERE d.cancelled > 0
    GROUP BY c.id
) AS counted
WHERE campaign_delivery.campaign_id = counted.id
"""


def upgrade() -> None:
    op.add_column(
        "campaign_delivery",
        sa.Column("cancelled_segments", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.execute(COUNT_CANCELLED)


def downgrade() -> None:
    op.drop_column("campaign_delivery", "cancelled_segments")
