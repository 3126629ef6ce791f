"""Look up how far the deliveries of campaigns are."""

from collections.abc import Collection
from typing import NamedTuple

from services.redirector.storage.connections import Connection

# By campaign_delivery_pkey.
LIST_DELIVERIES = """
SELECT campaign_id, delivered, queued + submitting + submitted > 0 AS has_more
FROM campaign_delivery
WHERE campaign_id = ANY($1::bigint[])
"""


class Delivery(NamedTuple):
    """How far the delivery of a campaign is.

    Attributes:
        delivered_count: Messages that were delivered; it changes with their status, and grows.
        has_more: Whether more may be.
    """

    delivered_count: int
    has_more: bool


async def list_deliveries(
    connection: Connection, campaign_ids: Collection[int]
) -> dict[int, Delivery]:
    """Return the deliveries of campaigns that have any or may have, by campaign id."""
    rows = await connection.fetch(LIST_DELIVERIES, campaign_ids)
    return {
        campaign_id: Delivery(delivered, has_more) for campaign_id, delivered, has_more in rows
    }
