"""Tell what becomes of messages, in the statement that settles them.

These are parts of such a statement. ``NEWS`` goes behind the part ``settled`` (campaign_id,
position, status, failure_cause), ``TOLD`` behind the part ``counted`` (campaign_id,
event_batch_count), which adds to a campaign's count of batches as many as it has in ``news``. That
locks the count until the transaction has committed, so numbers become visible in their order.
"""

from shared.domain.consent import OPTED_OUT
from shared.domain.events import BATCH_EVENTS

# In the order of MessageStatus; what is not settled has no kind, and nothing is told of it. Nor is
# of what was cancelled by whoever sent it, but of what its recipient's opt-out held back.
_KIND = f"""
    CASE
        WHEN status = 2 THEN 'message.submitted'
        WHEN status = 3 THEN 'message.delivered'
        WHEN status BETWEEN 4 AND 7 THEN 'message.failed'
        WHEN status = 8 AND failure_cause = '{OPTED_OUT}' THEN 'message.failed'
    END
"""
NEWS = f"""
    , news AS (
        SELECT
            campaign_id, kind, array_agg(position ORDER BY position) AS places,
            row_number() OVER (PARTITION BY campaign_id ORDER BY kind DESC, part DESC) AS turn
        FROM (
            SELECT campaign_id, position, kind, (row_number() OVER (
                PARTITION BY campaign_id, kind ORDER BY position
            ) - 1) / {BATCH_EVENTS} AS part
            FROM (SELECT campaign_id, position, {_KIND} AS kind FROM settled) AS told
            WHERE kind IS NOT NULL
        ) AS told
        GROUP BY campaign_id, kind, part
    )
"""  # noqa: S608 - nothing but constants
TOLD = """
    , told AS (
        INSERT INTO event_batch (campaign_id, source, number, kind, account_id, places, is_due)
        SELECT
            news.campaign_id, 'deliveries', counted.event_batch_count - news.turn + 1, news.kind,
            campaign.account_id, news.places,
            EXISTS (
                SELECT FROM webhook
                WHERE webhook.account_id = campaign.account_id AND webhook.is_enabled
                AND news.kind = ANY(webhook.kinds)
            )
        FROM news JOIN counted USING (campaign_id)
        JOIN campaign ON campaign.id = news.campaign_id
    )
"""
