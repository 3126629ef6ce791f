"""Look up what came before a hit: its message's delivery, and its recipient's first click."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

from services.redirector.storage.connections import Connection
from shared.domain.forwarding import Opening
from shared.domain.messages import MessageStatus

# Each recipient costs one descent of message_pkey, where its campaign has any delivery, one of
# recipient_clicks_pkey, and, once somebody clicked, one of
# hit_campaign_id_position_occurred_at_idx in the one partition of that click; without OFFSET 0
# they would be joins, which may read all of a month.
LIST_HISTORIES = """
SELECT wanted.campaign_id, wanted.position, delivery.settled_at AS delivered_at,
       kept.first_click_at, first.os, first.device, first.country, first.region
FROM unnest($1::bigint[], $2::integer[], $3::boolean[])
    AS wanted (campaign_id, position, has_no_first)
LEFT JOIN campaign_delivery ON campaign_delivery.campaign_id = wanted.campaign_id
LEFT JOIN LATERAL (
    SELECT message.settled_at
    FROM message
    WHERE campaign_delivery.delivered > 0
      AND message.campaign_id = wanted.campaign_id AND message.position = wanted.position
      AND message.status = $4
    OFFSET 0
) AS delivery ON true
LEFT JOIN LATERAL (
    SELECT recipient_clicks.first_click_at
    FROM recipient_clicks
    WHERE wanted.has_no_first
      AND recipient_clicks.campaign_id = wanted.campaign_id
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


class StoredHistory(NamedTuple):
    """What is stored of a recipient's link.

    Attributes:
        recipient: Campaign id and position.
        delivered_at: When the network's word of the delivery came; None if it has not.
        first_click_at: None before the first click, and if it was not asked for.
        first: All None, too, if the hit of the first click is not kept any more.
    """

    recipient: tuple[int, int]
    delivered_at: datetime | None
    first_click_at: datetime | None
    first: Opening


async def list_histories(
    connection: Connection, recipients: Collection[tuple[tuple[int, int], bool]]
) -> Iterator[StoredHistory]:
    """Return the histories of recipients that have any.

    Args:
        connection: Where to look.
        recipients: Pairs of campaign id and position, each once, and whether their first click
            is asked for, too.
    """
    rows = await connection.fetch(
        LIST_HISTORIES,
        [campaign_id for (campaign_id, _), _ in recipients],
        [position for (_, position), _ in recipients],
        [has_no_first for _, has_no_first in recipients],
        MessageStatus.DELIVERED,
    )
    return (
        StoredHistory((campaign_id, position), delivered_at, first_click_at, Opening(*first))
        for campaign_id, position, delivered_at, first_click_at, *first in rows
    )
