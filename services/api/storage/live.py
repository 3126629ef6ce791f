"""How many batches of events campaigns have come to."""

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.event_places import Place, StreamPlace

# By campaign's unique uuid.
FIND_CAMPAIGN_ID = text("SELECT id FROM campaign WHERE account_id = :account_id AND uuid = :uuid")
# By the primary keys of both.
GET_COUNTS = text("""
    SELECT clicks.campaign_id, clicks.event_batch_count AS clicks,
        deliveries.event_batch_count AS deliveries
    FROM campaign_clicks AS clicks
    JOIN campaign_delivery AS deliveries ON deliveries.campaign_id = clicks.campaign_id
    WHERE clicks.campaign_id = ANY(CAST(:campaign_ids AS bigint[]))
""")


async def find_campaign_id(
    connection: AsyncConnection, account_id: int, campaign_uuid: uuid.UUID
) -> int | None:
    """Return the id of a campaign of the account; None if it is not the account's."""
    values = {"account_id": account_id, "uuid": campaign_uuid}
    found: int | None = (await connection.execute(FIND_CAMPAIGN_ID, values)).scalar_one_or_none()
    return found


async def get_ends(
    connection: AsyncConnection, campaign_ids: Sequence[int]
) -> dict[int, StreamPlace]:
    """Return, by campaign, where its events end now."""
    rows = await connection.execute(GET_COUNTS, {"campaign_ids": list(campaign_ids)})
    return {row.campaign_id: StreamPlace(Place(row.clicks), Place(row.deliveries)) for row in rows}
