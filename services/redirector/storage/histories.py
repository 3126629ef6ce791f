"""Look up what came before a hit: its message's delivery, and its recipient's first click."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from services.redirector.storage.hits import Connection
from shared.domain.messages import MessageStatus

# Each recipient costs one descent of message_pkey, of recipient_clicks_pkey, and, once somebody
# clicked, of hit_campaign_id_position_occurred_at_idx in the one partition of that click; without
# OFFSET 0 they would be joins, which may read all of a month.
LIST_HISTORIES = """
SELECT wanted.campaign_id, wanted.position, delivery.settled_at AS delivered_at,
       kept.first_click_at, first.os, first.device, first.country, first.region
FROM unnest($1::bigint[], $2::integer[]) AS wanted (campaign_id, position)
LEFT JOIN LATERAL (
    SELECT message.settled_at
    FROM message
    WHERE message.campaign_id = wanted.campaign_id AND message.position = wanted.position
      AND message.status = $3 AND message.settled_at > $4
    OFFSET 0
) AS delivery ON true
LEFT JOIN LATERAL (
    SELECT recipient_clicks.first_click_at
    FROM recipient_clicks
    WHERE recipient_clicks.campaign_id = wanted.campaign_id
      AND recipient_clicks.position = wanted.position
    OFFSET 0
) AS kept ON true
LEFT JOIN LATERAL (
    SELECT hit.os, hit.device, hit.country, hit.region
    FROM hit
    WHERE hit.campaign_id = wanted.campaign_id AND hit.position = wanted.position
      AND hit.occurred_at = kept.first_click_at AND hit.click_class = 'person'
    LIMIT 1
) AS first ON true
WHERE delivery.settled_at IS NOT NULL OR kept.first_click_at IS NOT NULL
"""


class History(NamedTuple):
    """What is known of a recipient's link before some hits on it.

    Attributes:
        delivered_at: When the network's word of the delivery came; None if it has not, or long
            before the hits.
        first_click_at: None before the first click.
        os: Of the first click, as are the others; None, too, if that hit is not kept any more.
    """

    campaign_id: int
    position: int
    delivered_at: datetime | None
    first_click_at: datetime | None
    os: str | None
    device: str | None
    country: str | None
    region: str | None


async def list_histories(
    connection: Connection, recipients: Collection[tuple[int, int]], *, delivered_after: datetime
) -> dict[tuple[int, int], History]:
    """Return the histories of recipients that have any.

    Args:
        connection: Where to look.
        recipients: Pairs of campaign id and position, each once.
        delivered_after: What was delivered before that is left out, since it tells nothing.
    """
    rows = await connection.fetch(
        LIST_HISTORIES,
        [campaign_id for campaign_id, _ in recipients],
        [position for _, position in recipients],
        MessageStatus.DELIVERED,
        delivered_after,
    )
    return {row[:2]: History(*row) for row in map(tuple, rows)}
