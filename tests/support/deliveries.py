"""Messages on their way, straight in the database."""

from datetime import UTC, datetime, timedelta

import asyncpg

from shared.domain.messages import MessageStatus
from tests.support.links import SeededCampaign

SUBMIT = """
WITH submitted AS (
    UPDATE message SET status = $2 WHERE campaign_id = $1 RETURNING position
)
INSERT INTO campaign_delivery (campaign_id, submitted) SELECT $1, count(*) FROM submitted
"""
DELIVER = """
WITH counted AS (
    INSERT INTO campaign_delivery AS kept (campaign_id, delivered) VALUES ($1, 1)
    ON CONFLICT (campaign_id) DO UPDATE SET
        submitted = kept.submitted - 1, delivered = kept.delivered + 1
)
UPDATE message SET status = $3, settled_at = $4 WHERE campaign_id = $1 AND position = $2
"""


async def submit(connection: asyncpg.Connection, campaign: SeededCampaign) -> None:
    """Have a campaign's messages wait for their reports."""
    await connection.execute(SUBMIT, campaign.id, MessageStatus.SUBMITTED)


async def deliver(
    connection: asyncpg.Connection,
    campaign: SeededCampaign,
    position: int,
    *,
    ago: timedelta = timedelta(0),
    status: int = MessageStatus.DELIVERED,
) -> None:
    """Settle a message, as of some time before now."""
    at = datetime.now(UTC) - ago  # noqa: TID251 - as the network's clock would have it
    await connection.execute(DELIVER, campaign.id, position, status, at)
